from decimal import Decimal

from odoo import api, models
from odoo.tools import format_date

from ..tools import prenotification
from ..tools.prenotification import Told


class BillingNotice(models.Model):
    """Whether a debit was announced: its day, its amount, early enough."""

    _inherit = 'billing.notice'

    @api.model
    def _faults(self, amounts, day):
        """Why these due items may not be debited on ``day`` for want of a notice.

        :param amounts: {account.move.line: amount to be debited, in the item's currency}
        :return: {line: text that names invoice, customer and remedy} of those that may not
        """
        lines = self.env['account.move.line'].concat(*amounts)
        told, days = self._told(lines), lines._billing_notice_days()
        faults = {}
        for line, amount in amounts.items():
            exact = self._exact(line.currency_id, amount)
            accepts_lower = line.company_id.billing_notice_lower
            code = prenotification.fault(told[line], day, exact, days[line], accepts_lower=accepts_lower)
            if code:
                faults[line] = self._fault_text(code, line, day, amount, told[line], days[line])
        return faults

    @api.model
    def _told(self, lines):
        """{line: list of `Told`}: what their debtors were told of these due items, by themselves and in schedules."""
        told = {line: [] for line in lines}
        for notice in self.search([('move_line_id', 'in', lines.ids), ('sent_on', '!=', False)], order='sent_on, id'):
            told[notice.move_line_id].append(notice._as_told())
        for line, scheduled in self._told_by_schedule(lines).items():
            told[line] = sorted([*scheduled, *told[line]], key=lambda one: one.sent_on)
        return told

    @api.model
    def _told_by_schedule(self, lines):
        """{line: list of `Told`} of invoices whose periods were announced by a yearly schedule.

        An invoice for several contracts is covered where the latest schedule of each names the same day.
        """
        periods = lines.move_id.line_ids.billing_period_id
        notices = self.search(
            [('kind', '=', 'schedule'), ('contract_id', 'in', periods.contract_id.ids), ('sent_on', '!=', False)],
            order='sent_on, id',
        )
        rows = notices.grouped(lambda notice: (notice.contract_id, notice.period_start))
        told = {}
        for line in lines if rows else ():
            keys = [(period.contract_id, period.date_start) for period in line.move_id.line_ids.billing_period_id]
            if len(keys) == 1:
                told[line] = [notice._as_told() for notice in rows.get(keys[0], ())]
            elif keys and all(key in rows for key in keys):
                told[line] = self._told_at_once([rows[key][-1]._as_told() for key in keys])
        return told

    @staticmethod
    def _told_at_once(parts):
        """The parts of one debit as one, where they name one day."""
        if len({part.day for part in parts}) > 1:
            return []
        return [Told(parts[0].day, sum(part.amount for part in parts), max(part.sent_on for part in parts))]

    def _as_told(self):
        return Told(self.date, self._exact(self.currency_id, self.amount), self.sent_on)

    @staticmethod
    def _exact(currency, amount):
        return Decimal(f"{amount:.{currency.decimal_places}f}")

    @api.model
    def _fault_text(self, code, line, day, amount, told, days):
        """The sentence for what `prenotification.fault` found."""
        last = prenotification.latest(told)
        texts = {
            'invoice': line.move_id.name,
            'customer': line.move_id.commercial_partner_id.display_name,
            'day': format_date(self.env, day),
            'amount': line.currency_id.format(amount),
            'days': days,
            'told_day': last and format_date(self.env, last.day),
            'told_amount': last and line.currency_id.format(float(last.amount)),
            'sent_on': last and format_date(self.env, last.sent_on),
        }
        return {
            'missing': self.env._(
                "Invoice %(invoice)s of %(customer)s: no notice of its debit was sent. Press “Send Notices”, or send "
                "the invoice; it can be debited %(days)s days later.",
                **texts,
            ),
            'other_day': self.env._(
                "Invoice %(invoice)s of %(customer)s: its debit was announced for %(told_day)s, not for %(day)s. "
                "Collect it on the announced day, or send a new notice.",
                **texts,
            ),
            'higher': self.env._(
                "Invoice %(invoice)s of %(customer)s: %(told_amount)s were announced, but %(amount)s would be debited. "
                "Send a new notice, or debit what was announced.",
                **texts,
            ),
            'lower': self.env._(
                "Invoice %(invoice)s of %(customer)s: %(told_amount)s were announced, but only %(amount)s would be "
                "debited. Send a new notice, or accept lower amounts in the settings.",
                **texts,
            ),
            'too_short': self.env._(
                "Invoice %(invoice)s of %(customer)s: its debit of %(day)s was announced on %(sent_on)s only, less "
                "than %(days)s days before. Send a new notice for a later day.",
                **texts,
            ),
        }[code]
