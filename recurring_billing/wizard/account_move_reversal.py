from odoo import api, fields, models

from ..models.billing_guard_mixin import DOOR


class AccountMoveReversal(models.TransientModel):
    _inherit = 'account.move.reversal'

    billing_has_periods = fields.Boolean(compute='_compute_billing_has_periods')
    billing_bill_again = fields.Boolean(
        "Bill These Periods Again",
        help="The next billing run invoices the credited days anew. Leave it empty where the credit is for good.",
    )

    @api.depends('move_ids')
    def _compute_billing_has_periods(self):
        for wizard in self:
            wizard.billing_has_periods = bool(wizard.move_ids.line_ids.billing_period_id)

    def _prepare_default_reversal(self, move):
        """EXTENDS account: the credit note knows whether its periods are owed again."""
        return {**super()._prepare_default_reversal(move), 'billing_bill_again': self.billing_bill_again}

    def reverse_moves(self, is_modify=False):
        """EXTENDS account: the invoice made anew after a credit note takes over what the first one billed."""
        return super(AccountMoveReversal, self.with_context(billing_door=DOOR)).reverse_moves(is_modify)
