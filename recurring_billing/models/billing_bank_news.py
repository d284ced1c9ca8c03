from odoo import fields, models
from odoo.tools import format_date

_STATEMENTS = ('camt.052', 'camt.053', 'camt.054')  # files that tell who has paid


class ResCompany(models.Model):
    """When the bank was heard of last: who reminds without its news reminds customers who have paid."""

    _inherit = 'res.company'

    billing_bank_news_days = fields.Integer(
        "Bank's News at Most Days Old",
        default=7,
        help="Where the last statement or file of the bank account that customers pay to is older, nobody is reminded "
        "by itself, and a person who reminds is warned. Zero: never mind.",
    )
    _billing_bank_news_days_positive = models.Constraint(
        'CHECK (billing_bank_news_days >= 0)', "The age of the bank's news is zero or more days."
    )

    def _billing_bank_silence(self, today):
        """Why the bank's news are too old to remind anybody on ``today``, or None; also where there never were any."""
        self.ensure_one()
        last = self._billing_last_bank_news()
        day = last and fields.Datetime.context_timestamp(self, last.create_date).date()
        days = day and (today - day).days
        if not self.billing_bank_news_days or not days or days <= self.billing_bank_news_days:
            return None
        return self.env._(
            "The last news of the bank are %(days)s days old (%(day)s): import its statements first, or customers who "
            "have paid are reminded.",
            days=days,
            day=format_date(self.env, day),
        )

    def _billing_last_bank_news(self):
        """The statement line or bank file of the account that customers pay to which came last, or None.

        What somebody registered by hand, and the bank's answer to our own file, say nothing of who has paid.
        """
        banks = self.billing_bank_journal_id or self.env['account.journal'].search(
            [('company_id', '=', self.id), ('type', '=', 'bank')]
        )
        # whoever prepares reminders need not read the bank's messages
        lines, messages = self.env['account.bank.statement.line'].sudo(), self.env['billing.bank.message'].sudo()
        told = [('journal_id', 'in', banks.ids)]
        found = [
            *lines.search(told, order='id desc', limit=1),
            *messages.search([*told, ('kind', 'in', _STATEMENTS)], order='id desc', limit=1),
        ]
        return max(found, key=lambda record: record.create_date, default=None)
