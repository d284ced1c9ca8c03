from odoo import api, fields, models
from odoo.exceptions import UserError


class BillingContractEnd(models.TransientModel):
    _name = 'billing.contract.end'
    _description = "End a Contract"

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True)
    billed_until = fields.Date("Invoiced Until", compute='_compute_billed_until')
    date_end = fields.Date(
        "Last Day",
        required=True,
        compute='_compute_date_end',
        store=True,
        readonly=False,
        precompute=True,
        help="Last day that is invoiced. A period that is cut short is billed by days.",
    )

    @api.depends('contract_id')
    def _compute_billed_until(self):
        for wizard in self:
            wizard.billed_until = wizard.contract_id._billed_until()

    @api.depends('contract_id')
    def _compute_date_end(self):
        for wizard in self:
            today = fields.Date.context_today(wizard)
            wizard.date_end = wizard.billed_until or max(today, wizard.contract_id.date_start or today)

    def action_confirm(self):
        """Set the contract's last day; it closes once that day has passed and is invoiced."""
        self.ensure_one()
        if self.contract_id.state != 'running':
            raise UserError(self.env._("Contract %s is not running: there is nothing to end.", self.contract_id.name))
        self.contract_id._unguarded().date_end = self.date_end
        self.contract_id._close_finished(fields.Date.context_today(self))
        return True
