from odoo import api, models


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    @api.model_create_multi
    def create(self, vals_list):
        journals = super().create(vals_list)
        journals.filtered(lambda journal: journal.type == 'bank')._billing_add_direct_debit()
        return journals

    def _billing_add_direct_debit(self):
        """Offer SEPA direct debit on these bank journals, where they are kept in euros and do not offer it yet."""
        method = self.env.ref('recurring_billing.account_payment_method_sdd', raise_if_not_found=False)
        if not method:
            return  # our own data is not loaded yet: post_init_hook comes back
        for journal in self:
            currency = journal.currency_id or journal.company_id.currency_id
            lines = journal.inbound_payment_method_line_ids
            if currency.name == 'EUR' and 'billing_sdd' not in lines.mapped('code'):
                self.env['account.payment.method.line'].create(
                    {'name': method.name, 'payment_method_id': method.id, 'journal_id': journal.id},
                )
