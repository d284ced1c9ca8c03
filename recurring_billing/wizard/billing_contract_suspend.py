from odoo import api, fields, models
from odoo.exceptions import UserError


class BillingContractSuspend(models.TransientModel):
    """Announces that a service is suspended, or suspends it."""

    _name = 'billing.contract.suspend'
    _description = "Suspend a Service"

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    service_state = fields.Selection(related='contract_id.service_state')
    suspension_note = fields.Char(related='contract_id.suspension_note')
    date = fields.Date("Suspended From", compute='_compute_date', store=True, readonly=False, precompute=True)
    reason = fields.Char(required=True, default=lambda self: self.env._("unpaid invoices"))
    fault = fields.Char(compute='_compute_fault')
    told_fault = fields.Char(compute='_compute_fault')

    @api.depends('contract_id')
    def _compute_date(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            days = wizard.contract_id.company_id.billing_suspension_days
            wizard.date = wizard.contract_id.suspension_on or fields.Date.add(today, days=days)

    @api.depends('contract_id')
    def _compute_fault(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            wizard.fault = wizard.contract_id._suspension_fault()
            wizard.told_fault = wizard.contract_id._told_fault(today)

    def action_announce(self):
        """Tell the customer of the day."""
        self._require()
        if self.date <= fields.Date.context_today(self):
            raise UserError(
                self.env._("“Suspended From” must lie in the future: the customer has time to pay until then.")
            )
        self.contract_id._announce_suspension(self.date, self.reason)
        return {'type': 'ir.actions.act_window_close'}

    def action_suspend(self):
        """Suspend the service today."""
        self._require()
        self.contract_id._suspend(fields.Date.context_today(self), self.reason)
        return {'type': 'ir.actions.act_window_close'}

    def _require(self):
        self.ensure_one()
        self.contract_id.check_access('write')
        self.contract_id._require_suspender()
