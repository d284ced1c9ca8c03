from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from odoo.addons.recurring_billing.tools.owing import Billed, to_charge, to_credit
from odoo.addons.recurring_billing.tools.proration import Days, part, share

CENT = Decimal("0.01")


def june(first, last):
    return Days(date(2026, 6, first), date(2026, 6, last))


JUNE = june(1, 30)


def billed(amount="30.00", days=JUNE, *, key="line", reopened=(), credited="0"):
    return Billed(key, days, Decimal(amount), tuple(reopened), Decimal(credited))


def ranges(owed):
    """The days of a case as the tools take them: a list, here of one range or none."""
    return [owed] if owed else []


def each_day(ranges):
    return [days.first + timedelta(days=count) for days in ranges for count in range((days.last - days.first).days + 1)]


class Ledger:
    """The invoice lines of one contract line in one period, charged and credited as its owed days change."""

    def __init__(self, whole, rounding, convention="actual"):
        self.whole = whole
        self.rounding = rounding
        self.convention = convention
        self.lines = []
        self.entries = 0

    def settle(self, owed, price):
        """Invoice what ``owed`` makes due at the current ``price`` of the period; the entries made."""
        charges, credits = self.due(owed)
        for credit in credits:
            line = self.lines[credit.billed.key]
            self.lines[credit.billed.key] = replace(
                line,
                reopened=(*line.reopened, credit.days),
                credited=line.credited + credit.amount,
            )
        for days in charges:
            amount = part(price, days, self.whole, self.rounding, self.convention)
            self.lines.append(Billed(len(self.lines), days, amount))
        self.entries += len(charges) + len(credits)
        return charges, credits

    def due(self, owed):
        # The 31st of a month of 30 days is worth nothing: nobody bills it.
        charges = [
            days for days in to_charge(ranges(owed), self.lines) if share(days, self.whole, self.convention).days
        ]
        return charges, to_credit(ranges(owed), self.lines, self.rounding, self.convention)

    @property
    def kept(self):
        return sum((line.amount - line.credited for line in self.lines), 0 * self.rounding)

    @property
    def covered(self):
        return each_day(days for line in self.lines for days in line.covered)
