from odoo import models


class AccountMoveLine(models.Model):
    """The only arrow backwards: what was paid, credited, written off or came back changes what is done about it."""

    _inherit = 'account.move.line'

    def _reconcile_post_hook(self, data):
        """EXTENDS account, whose `_invoice_paid_hook` is silent where a credit note took part."""
        result = super()._reconcile_post_hook(data)
        self._billing_on_clearing()
        return result

    def _billing_on_clearing(self):
        """Have everything look at these items that hangs on what is still due of them.

        Debits under way come first: whether they still stand is part of why a ladder is silent. Then the ladders, with
        what ends with the debt: the case, promises and plans, suspensions.
        """
        self._billing_follow()
        self._billing_count_anew()


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    def unlink(self):
        """EXTENDS account: what is due again, as after a bounced cheque, is no longer to be recalled, and its ladder
        goes on where it stood."""
        lines = self.debit_move_id | self.credit_move_id
        result = super().unlink()
        lines.exists()._billing_on_clearing()
        return result
