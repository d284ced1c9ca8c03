"""Whether a debtor was told of a SEPA direct debit early enough: of its day and of its amount.

The creditor announces each debit at least 14 calendar days before its day, unless both agreed on another delay (EPC
rulebook of SEPA direct debit); one announcement may cover a whole schedule.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from . import bank_calendar


@dataclass(frozen=True)
class Told:
    """A debit as its debtor was told of it: when it comes, how much it takes, and on which day that was said."""

    day: date
    amount: Decimal
    sent_on: date


def latest(told: list[Told]) -> Told | None:
    """What the debtor was told last, and therefore expects; of one day, the last in ``told``."""
    return max(reversed(told), key=lambda one: one.sent_on, default=None)


def fault(told: list[Told], day: date, amount: Decimal, days: int, *, accepts_lower: bool) -> str | None:
    """Why ``amount`` may not be debited on ``day``, or None.

    :param told: what the debtor was told of this debit, in any order
    :param days: calendar days that must lie between the announcement and ``day``
    :param accepts_lower: whether less than was announced may be debited
    :return: 'missing', 'other_day', 'higher', 'lower' or 'too_short'
    """
    last = latest(told)
    if last is None:
        return 'missing'
    if last.day != day:
        return 'other_day'
    if amount > last.amount:
        return 'higher'
    if amount < last.amount and not accepts_lower:
        return 'lower'
    if (day - said_on(told, day, amount, accepts_lower=accepts_lower)).days < days:
        return 'too_short'
    return None


def said_on(told: list[Told], day: date, amount: Decimal, *, accepts_lower: bool) -> date | None:
    """The first day on which the debtor was told of ``day`` with an amount that covers ``amount``, or None."""
    return min((one.sent_on for one in told if one.day == day and _covers(one, amount, accepts_lower)), default=None)


def debit_day(due: date, told_on: date, days: int, earliest: date) -> date:
    """The first open bank day that is announced early enough, if it is announced on ``told_on``.

    :param due: nothing is debited before it
    :param days: calendar days between the announcement and the debit
    :param earliest: the first day that a bank file can still reach
    """
    return bank_calendar.next_open(max(due, told_on + timedelta(days=days), earliest))


def _covers(one: Told, amount: Decimal, accepts_lower: bool) -> bool:
    return one.amount >= amount if accepts_lower else one.amount == amount
