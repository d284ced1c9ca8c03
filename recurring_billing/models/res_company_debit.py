from odoo import fields, models


class ResCompany(models.Model):
    """What follows the settlement of debits: the bank's fees, and the word to the customer."""

    _inherit = 'res.company'

    billing_bank_fee_account_id = fields.Many2one(
        'account.account',
        "Bank Fees",
        check_company=True,
        help="Where fees on direct debits are booked. Empty: 627800 in a French chart.",
    )
    billing_confirm_payments = fields.Boolean(
        "Confirm Payments to Customers",
        help="An e-mail tells the customer that a debit was paid, once the bank can no longer send it back: after five "
        "bank working days (CORE) or three (B2B). Customers who were reminded are thanked, with a receipt, once the "
        "bank has all they owed.",
    )

    billing_tell_returns = fields.Boolean(
        "Tell Customers of Returned Debits",
        default=True,
        help="An e-mail says what failed and what happens next; where the debit is tried again, it announces the new "
        "one.",
    )
    billing_payday = fields.Integer(
        "Payday",
        default=5,
        help="Day of the month on which consumers' accounts are fullest: debits that failed for want of money are "
        "tried again from it on. 1 to 31.",
    )

    _billing_payday_in_month = models.Constraint(
        'CHECK (billing_payday BETWEEN 1 AND 31)', "The payday is a day of the month: enter 1 to 31."
    )

    def _billing_bank_fee_account(self):
        """The account of the bank's fees on debits, or empty where neither settings nor chart name one."""
        self.ensure_one()
        root = self.root_id  # a branch keeps its books in its root's chart
        account = self.billing_bank_fee_account_id or root.billing_bank_fee_account_id
        chart = self.env['account.chart.template'].with_company(root)
        return account or chart.ref('pcg_6278', raise_if_not_found=False) or self.env['account.account']
