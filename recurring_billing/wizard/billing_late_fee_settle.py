from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class BillingLateFeeSettle(models.TransientModel):
    _name = 'billing.late.fee.settle'
    _description = "Charge or Waive Late Fees"

    case_id = fields.Many2one('billing.dunning.case', required=True, readonly=True)
    date = fields.Date(
        "Up To", required=True, default=fields.Date.context_today, help="The last day that bears interest."
    )
    reason = fields.Char("Waived Because", help="Kept with your name where fees are waived.")
    line_ids = fields.One2many(
        'billing.late.fee.settle.line', 'settle_id', compute='_compute_line_ids', store=True, readonly=False
    )

    @api.depends('date', 'case_id')
    def _compute_line_ids(self):
        for settle in self:
            owed = settle.case_id.item_ids._late_fees_owed(settle.date) if settle.date else {}
            rows = [
                {
                    'item_id': item.id,
                    'interest': fee.interest,
                    'indemnity': fee.indemnity,
                    'computation': "\n".join(fee.texts),
                }
                for item, fee in owed.items()
            ]
            settle.line_ids = [Command.clear(), *map(Command.create, rows)]

    def action_charge(self):
        """Post what is chosen as a document without VAT, and open it."""
        documents = self.env['billing.late.fee']._charge(self._chosen(), self.date)
        return documents._get_records_action(name=self.env._("Late Fees Charged"))

    def action_waive(self):
        """Give up what is chosen."""
        self.env['billing.late.fee']._waive_owed(self._chosen(), self.date, self.reason)
        return {'type': 'ir.actions.act_window_close'}

    def _chosen(self):
        self.ensure_one()
        if self.date > fields.Date.context_today(self):
            raise UserError(self.env._("“Up To” lies in the future: interest is charged for days that are over."))
        chosen = self.line_ids.filtered('is_chosen').item_id
        if not chosen:
            raise UserError(self.env._("No late fee is chosen: tick at least one invoice."))
        return chosen


class BillingLateFeeSettleLine(models.TransientModel):
    _name = 'billing.late.fee.settle.line'
    _description = "Late Fee to Settle"

    settle_id = fields.Many2one('billing.late.fee.settle', required=True, ondelete='cascade')
    item_id = fields.Many2one('billing.dunning.item', required=True, readonly=True, ondelete='cascade')
    move_id = fields.Many2one(related='item_id.move_id')
    date_due = fields.Date(related='item_id.date_due')
    residual = fields.Monetary(related='item_id.residual')
    currency_id = fields.Many2one(related='item_id.currency_id')
    interest = fields.Monetary(readonly=True)
    indemnity = fields.Monetary(readonly=True)
    computation = fields.Text(readonly=True)
    is_chosen = fields.Boolean("Settle", default=True)


class BillingLateFeeWaive(models.TransientModel):
    _name = 'billing.late.fee.waive'
    _description = "Waive Charged Late Fees"

    fee_ids = fields.Many2many('billing.late.fee', required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_waive(self):
        """Credit the chosen fees, with the reason."""
        self.fee_ids._waive(self.reason)
        return {'type': 'ir.actions.act_window_close'}
