from odoo import fields, models
from odoo.tools import format_date


class ResCompany(models.Model):
    """When the bank was heard of last: who reminds without its news reminds customers who have paid."""

    _inherit = 'res.company'

    billing_bank_news_days = fields.Integer(
        "Bank's News at Most Days Old",
        default=7,
        help="Where the last bank statement, bank file or registered payment is older, nobody is reminded by itself, "
        "and a person who prepares reminders is warned. Zero: never mind.",
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
        """The bank statement line, payment or bank file that came into the books last, or None."""
        found = []
        for model, extra in (
            ('account.bank.statement.line', []),
            ('account.payment', [('payment_type', '=', 'inbound')]),
            ('billing.bank.message', []),
        ):
            # whoever prepares reminders need not read the bank's messages
            found += self.env[model].sudo().search([('company_id', '=', self.id), *extra], order='id desc', limit=1)
        return max(found, key=lambda record: record.create_date, default=None)
