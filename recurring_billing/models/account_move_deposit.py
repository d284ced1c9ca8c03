from decimal import Decimal

from odoo import fields, models


class AccountMove(models.Model):
    """Invoices that ask, deduct or give back deposits."""

    _inherit = 'account.move'

    def _post(self, soft=True):
        """EXTENDS account: an advance is deducted once, and only while it is collected."""
        for move in self:
            deducting = move.line_ids.filtered(lambda line: line._billing_is_deduction())
            deducting.billing_deposit_id._refuse_overdrawn(move)
        return super()._post(soft=soft)

    def _billing_share_collected(self, deposit):
        """The share of this invoice that has come in, from 0 to 1; what credit notes of ``deposit`` clear has not."""
        self.ensure_one()
        if self.state != 'posted' or not self.amount_total:
            return Decimal(0)
        lines = self.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
        credited = sum(
            partial.debit_amount_currency
            for partial in lines.matched_credit_ids
            if partial.credit_move_id.move_id.move_type == 'out_refund'
            and deposit in partial.credit_move_id.move_id.line_ids.billing_deposit_id
        )
        open_amount = Decimal(str(self.amount_residual)) + Decimal(str(credited))
        return 1 - open_amount / Decimal(str(self.amount_total))


class AccountMoveLine(models.Model):
    """What an invoice line says of a deposit: asked, deducted, given back or kept."""

    _inherit = 'account.move.line'

    billing_deposit_id = fields.Many2one(
        'billing.deposit', "Deposit", readonly=True, copy=False, index='btree_not_null', ondelete='restrict'
    )

    def _copy_data_extend_business_fields(self, values):
        """EXTENDS account: a credit note gives back the deposit that its invoice asks or deducts."""
        result = super()._copy_data_extend_business_fields(values)
        if self.billing_deposit_id:
            values.update({'billing_deposit_id': self.billing_deposit_id.id, 'billing_kind': self.billing_kind})
        return result

    def _billing_is_asked(self):
        """Whether this line asks a deposit."""
        return self.billing_kind == 'deposit' and self.move_id.move_type == 'out_invoice' and self.quantity > 0

    def _billing_is_given_back(self):
        """Whether this line gives a deposit back."""
        return self.billing_kind == 'deposit' and self.move_id.move_type == 'out_refund' and self.quantity > 0

    def _billing_is_deduction(self):
        """Whether this line deducts an advance, or is the credit note of one that does."""
        return self.billing_kind == 'deposit' and self.quantity < 0

    def _billing_deposit_sign(self):
        """-1 where a credit note takes a deduction back, else 1."""
        return -1 if self.quantity < 0 and self.move_id.move_type == 'out_refund' else 1
