from odoo import api, models


class AccountPaymentMethod(models.Model):
    _inherit = 'account.payment.method'

    @api.model
    def _get_payment_method_information(self):
        information = super()._get_payment_method_information()
        information['billing_sdd'] = {
            'mode': 'multi',
            'type': ('bank',),
            'currency_ids': self.env['res.currency'].with_context(active_test=False).search([('name', '=', 'EUR')]).ids,
        }
        return information

    @api.model
    def _get_sdd_payment_method_code(self):
        return [*super()._get_sdd_payment_method_code(), 'billing_sdd']


class AccountPaymentMethodLine(models.Model):
    _inherit = 'account.payment.method.line'

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        for line in lines:
            if line.code == 'billing_sdd':
                language = line.company_id.partner_id.lang or self.env.lang
                line.name = line.with_context(lang=language).env._("SEPA Direct Debit")
                line.payment_account_id = line.payment_account_id or line.company_id._billing_outstanding_account()
        return lines
