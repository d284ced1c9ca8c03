from odoo import fields, models


class BillingContract(models.Model):
    """How long before a debit the customer of a contract is told, as agreed."""

    _name = 'billing.contract'
    _inherit = ['billing.contract', 'billing.notice.mixin']

    notice_debit_days = fields.Integer(compute='_compute_plan_terms', store=True, readonly=False, precompute=True)
    notice_ids = fields.One2many('billing.notice', 'contract_id', "Schedule of Debits", readonly=True)
    debit_notice_count = fields.Integer(compute='_compute_debit_notice_count')

    def _compute_debit_notice_count(self):
        for contract in self:
            contract.debit_notice_count = self.env['billing.notice'].search_count(contract._notices_domain())

    def action_debit_notices(self):
        self.ensure_one()
        notices = self.env['billing.notice'].search(self._notices_domain())
        return notices._get_records_action(name=self.env._("Notices of Debits"))

    def _notices_domain(self):
        return [
            '|',
            ('contract_id', '=', self._origin.id),
            ('move_id.line_ids.billing_contract_id', '=', self._origin.id),
        ]

    def _notice_days(self):
        """Calendar days between the notice of a debit and its day: agreed here, else the company's."""
        self.ensure_one()
        return self.notice_debit_days or self.company_id.billing_notice_days

    def _document_payment(self):
        yield from super()._document_payment()
        if self.is_direct_debit:
            yield (
                self.env._("Notice of debits"),
                self.env._("at least %s days before each debit, with its day and amount", self._notice_days()),
            )
