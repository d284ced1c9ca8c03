from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.billing_debit_return import Return


class BillingDebitReturn(models.TransientModel):
    _name = 'billing.debit.return'
    _description = "Return a Direct Debit"

    debit_id = fields.Many2one('billing.debit', required=True, readonly=True)
    partner_id = fields.Many2one(related='debit_id.partner_id')
    reference = fields.Char(related='debit_id.reference')
    currency_id = fields.Many2one(related='debit_id.currency_id')
    debited_amount = fields.Monetary("Debited", related='debit_id.amount')
    collection_date = fields.Date("Collected On", related='debit_id.date')
    date = fields.Date(
        "Returned On", required=True, default=fields.Date.context_today, help="Date on the bank's statement."
    )
    reason_id = fields.Many2one('billing.return.reason', required=True, help="As the bank's paper or message says.")
    note = fields.Char("Bank's Text")
    amount = fields.Monetary(
        "Taken Back",
        compute='_compute_amount',
        store=True,
        readonly=False,
        help="Of the debit, without the bank's fee.",
    )
    fee = fields.Monetary("Bank's Fee", help="What the bank charges for the return, in the same line or another.")

    @api.depends('debit_id')
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.debit_id.amount

    def action_confirm(self):
        """Book the return as the bank reports it.

        :raises UserError: for a day to come, and for what `_take_back` refuses
        """
        self.ensure_one()
        if self.date > fields.Date.context_today(self):
            raise UserError(
                self.env._("The field “Returned On” lies in the future: enter the date of the bank's statement."),
            )
        entry = Return(self.debit_id, self.date, self.reason_id, self.note or "", self.amount, self.fee)
        self.debit_id._take_back([entry])
        return True
