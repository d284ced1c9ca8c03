from odoo import fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Documents that charge late fees: only a logged waiver takes them back."""

    _inherit = 'account.move'

    billing_late_fee_ids = fields.One2many('billing.late.fee', 'document_id', "Late Fees Charged")

    def _post(self, soft=True):
        """EXTENDS account

        :raises UserError: a credit note takes late fees back by another way than their waiver
        """
        credits_ = self.filtered(lambda move: move.move_type == 'out_refund' and move.reversed_entry_id)
        charging = credits_.filtered(lambda move: move.reversed_entry_id.billing_late_fee_ids)
        waived = charging and self.env['billing.late.fee'].search([('credit_id', 'in', charging.ids)]).credit_id
        for move in charging - (waived or charging.browse()):
            raise UserError(
                self.env._(
                    "%(document)s charges late fees: who gives them up, and why, is kept. Use “Waive…” under Reminders "
                    "› Late Fees instead of this credit note.",
                    document=move.reversed_entry_id.name,
                )
            )
        return super()._post(soft)

    def button_draft(self):
        """EXTENDS account

        :raises UserError: the document charges late fees, or is the credit note of their waiver
        """
        documents = self.filtered('billing_late_fee_ids')
        waivers = self.env['billing.late.fee'].search([('credit_id', 'in', self.ids)]).credit_id
        for move in documents | waivers:
            raise UserError(
                self.env._(
                    "%s charges late fees or gives them up: it stays as it was posted. Use “Waive…” under Reminders › "
                    "Late Fees to take late fees back.",
                    move.name,
                )
            )
        return super().button_draft()
