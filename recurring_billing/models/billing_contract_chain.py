from odoo import api, fields, models
from odoo.exceptions import UserError

from .billing_worker import BLOCKED


class BillingContract(models.Model):
    """What came of a contract: its invoices, their debits, what is late, what is blocked."""

    _inherit = 'billing.contract'

    invoice_count = fields.Integer(compute='_compute_chain')
    debit_count = fields.Integer(compute='_compute_chain')
    late_amount = fields.Monetary(compute='_compute_chain')
    parked_reason = fields.Text(compute='_compute_parked_reason')
    missed_accepted_until = fields.Date(
        "Missed Periods Accepted Until",
        readonly=True,
        copy=False,
        help="A person has looked at the many periods that were due at once until this day, and wants them billed.",
    )
    is_missing_many = fields.Boolean(compute='_compute_parked_reason')

    def _compute_chain(self):
        today = fields.Date.context_today(self)
        invoices = self.env['account.move.line']._read_group(
            [('billing_contract_id', 'in', self.ids)],
            ['billing_contract_id'],
            ['move_id:recordset'],
        )
        invoices = dict(invoices)
        late = self.env['account.move'].union(*invoices.values())._billing_late(today)
        for contract in self:
            moves = invoices.get(contract, self.env['account.move'])
            contract.invoice_count = len(moves)
            contract.debit_count = len(moves.billing_debit_ids)
            contract.late_amount = sum((moves & late).mapped('amount_residual'))

    @api.depends('period_ids.error', 'period_ids.state', 'missed_accepted_until')
    def _compute_parked_reason(self):
        today = fields.Date.context_today(self)
        for contract in self:
            contract.parked_reason = contract.period_ids.filtered('error')[:1].error
            contract.is_missing_many = bool(contract._due_periods(today)._missed_too_many())

    def _due_periods(self, today):
        return self.period_ids.filtered(lambda period: period.state == 'planned' and period.planned_date <= today)

    def _responsible(self):
        """Who is told where something of this contract is blocked."""
        self.ensure_one()
        return self.user_id or self.create_uid

    def action_bill_missed(self):
        """Ask before the many missed periods of this contract are billed: how many, how much, which dates."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_missed_action')
        return {**action, 'context': {'default_contract_id': self.id}}

    def _forget_blocks(self):
        """Take back the activity that tells of blocked periods from those of these contracts that have none left."""
        blocked = self.env['billing.period'].search([('contract_id', 'in', self.ids), ('error', '!=', False)])
        (self - blocked.contract_id).activity_unlink([BLOCKED])

    def action_accept_missed(self):
        """Have the many missed periods of these contracts billed: by the next run, or the next night."""
        today = fields.Date.context_today(self)
        for contract in self:
            missed = contract._due_periods(today)
            if not contract.is_missing_many:
                raise UserError(self.env._("Contract %s has no missed periods that wait for you.", contract.name))
            contract._unguarded().missed_accepted_until = today
            missed.action_retry()
            contract.message_post(body=self.env._("%s missed periods are to be billed.", len(missed)))
        return True

    def action_preview(self):
        """Show the invoices that are due on this contract, or its next one, without writing any."""
        self.ensure_one()
        until = max(fields.Date.context_today(self), self.next_invoice_date or fields.Date.context_today(self))
        run = self.env['billing.run'].create(
            {'company_id': self.company_id.id, 'date_until': until, 'contract_id': self.id},
        )
        return run._get_records_action(name=self.env._("Preview"))

    def action_invoices(self):
        self.ensure_one()
        moves = self._invoices()
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_move_out_invoice_type')
        return {**action, 'domain': [('id', 'in', moves.ids)], 'context': {'create': False}}

    def action_late_invoices(self):
        self.ensure_one()
        late = self._invoices()._billing_late(fields.Date.context_today(self))
        return late._get_records_action(name=self.env._("Late Invoices"))

    def action_periods(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_period_action')
        return {**action, 'domain': [('contract_id', '=', self.id)], 'context': {}}

    def action_debits(self):
        self.ensure_one()
        return self._invoices().billing_debit_ids._get_records_action(name=self.env._("Direct Debits"))

    def _invoices(self):
        return self.env['account.move.line'].search([('billing_contract_id', 'in', self.ids)]).move_id
