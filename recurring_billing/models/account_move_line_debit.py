from odoo import models

from .billing_debit import UNDER_WAY


class AccountMoveLine(models.Model):
    """Due items that a direct debit collects: why they may not, and what follows where they change meanwhile."""

    _inherit = 'account.move.line'

    def _billing_refusals(self, mandates, day):
        """Why these invoices may not be debited on ``day``, as {line: text} of those that may not.

        :param mandates: {line: mandate or empty}
        """
        of_mandates = {mandate: mandate._refusal(day) for mandate in {*mandates.values()} if mandate}
        refused = {}
        for line in self:
            mandate = mandates[line]
            if text := line._billing_refusal(mandate) or of_mandates.get(mandate):
                refused[line] = text
        rest = self - self.browse().concat(*refused)
        amounts = {line: float(amount) for line, amount in rest._billing_debit_amounts(day).items()}
        return refused | self.env['billing.notice']._faults(amounts, day)

    def write(self, vals):
        """EXTENDS account: what is due later, or left alone, is no longer debited."""
        result = super().write(vals)
        if {'date_maturity', 'no_followup'} & vals.keys():
            self._billing_follow()
        return result

    def _billing_follow(self):
        """Have the debits under way of these items look at them again: what is paid or credited meanwhile is no longer
        debited, and what is due again is no longer to be recalled."""
        due = self.filtered(lambda line: line.parent_state == 'posted' and line.account_type == 'asset_receivable')
        if due:
            # whoever registers a payment need not be of the direct debit role
            items = self.env['billing.debit.item'].sudo()
            items.search([('move_line_id', 'in', due.ids), ('state', 'in', UNDER_WAY)]).debit_id._follow()


class AccountMove(models.Model):
    _inherit = 'account.move'

    def write(self, vals):
        """EXTENDS account: what is to be paid another way is no longer debited."""
        result = super().write(vals)
        if 'preferred_payment_method_line_id' in vals:
            self.line_ids._billing_follow()
        return result

    def action_toggle_block_payment(self):
        """EXTENDS account: what is disputed is no longer debited."""
        result = super().action_toggle_block_payment()
        self.line_ids._billing_follow()
        return result
