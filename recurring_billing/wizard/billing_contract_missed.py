from odoo import api, fields, models

from ..models.billing_run_line import in_words
from ..models.billing_transaction import Transaction


class BillingContractMissed(models.TransientModel):
    _name = 'billing.contract.missed'
    _description = "Bill Missed Periods"

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    invoice_count = fields.Integer("Invoices", compute='_compute_invoices')
    amount_total = fields.Monetary("Total with Taxes", compute='_compute_invoices')
    dates = fields.Char("Dated", compute='_compute_invoices')
    periods = fields.Char(compute='_compute_invoices')
    faults = fields.Text("Blocked", compute='_compute_invoices')
    is_sent = fields.Boolean(related='contract_id.company_id.billing_send_invoices')

    @api.depends('contract_id')
    def _compute_invoices(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            missed = wizard.contract_id._due_periods(today)
            plans, faults = missed._plan_isolated(today, Transaction())
            days = [plan.date for plan in plans]
            starts, ends = missed.mapped('date_start'), missed.mapped('date_end')
            wizard.invoice_count = len(plans)
            wizard.amount_total = sum(plan.totals()[2] for plan in plans)
            wizard.dates = in_words(self.env, min(days, default=None), max(days, default=None))
            wizard.periods = in_words(self.env, min(starts, default=None), max(ends, default=None))
            wizard.faults = "\n".join(missed._reason(error) for error in faults.values())

    def action_confirm(self):
        """Accept the missed periods and bill them: at once, or in the background where they are many.

        :return: the run, whose lines lead to their invoices; a preview where each of them is blocked
        """
        self.ensure_one()
        contract = self.contract_id
        contract.action_accept_missed()
        values = {'company_id': contract.company_id.id, 'contract_id': contract.id}
        run = self.env['billing.run'].create({**values, 'date_until': fields.Date.context_today(self)})
        if run.invoice_count:
            run.action_post()
        return run._get_records_action(name=self.env._("Missed Periods"))
