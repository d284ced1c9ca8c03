from odoo import fields, models
from odoo.exceptions import UserError

from ..models.billing_debit_return import RETURN_REASONS


class BillingDebitReturn(models.TransientModel):
    _name = 'billing.debit.return'
    _description = "Return a Direct Debit"

    debit_id = fields.Many2one('billing.debit', required=True, readonly=True)
    partner_id = fields.Many2one(related='debit_id.partner_id')
    reference = fields.Char(related='debit_id.reference')
    currency_id = fields.Many2one(related='debit_id.currency_id')
    amount = fields.Monetary(related='debit_id.amount')
    collection_date = fields.Date("Collected On", related='debit_id.date')
    date = fields.Date(
        "Returned On", required=True, default=fields.Date.context_today, help="Date on the bank's statement."
    )
    reason = fields.Selection(RETURN_REASONS, required=True)
    note = fields.Char("Bank's Text")

    def action_confirm(self):
        """Book the return as the bank reports it.

        :raises UserError: for a day to come, and for what `_return` refuses
        """
        self.ensure_one()
        if self.date > fields.Date.context_today(self):
            raise UserError(
                self.env._("The field “Returned On” lies in the future: enter the date of the bank's statement."),
            )
        self.debit_id._return(self.date, self.reason, self.note)
        return True
