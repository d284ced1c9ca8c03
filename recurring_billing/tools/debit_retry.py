"""When a debit that came back is tried again.

No rule of the SEPA scheme limits new presentations; customers' patience and the banks' fees do.
"""

from calendar import monthrange
from datetime import date, timedelta

from . import bank_calendar


def next_try(
    returned_on: date, attempt: int, *, retry: str, limit: int, days: int, payday: int | None = None
) -> date | None:
    """The first day on which the debit may be tried again by itself, or None.

    :param returned_on: the bank's day of the return
    :param attempt: which attempt came back, from 1
    :param retry: 'automatic', else nothing is tried by itself
    :param limit: new debits after the first
    :param days: open bank days after the return, at least
    :param payday: day of the month (1 to 31, clamped to its end) on or after which the account is fullest, or None
    """
    if retry != 'automatic' or attempt > limit:
        return None
    earliest = bank_calendar.add_open_days(returned_on, days)
    return on_payday(earliest, payday) if payday else earliest


def on_payday(earliest: date, payday: int) -> date:
    """The first open bank day on or after ``payday`` of a month, not before ``earliest``."""
    month = earliest.replace(day=1)
    while True:
        day = bank_calendar.next_open(month.replace(day=min(payday, monthrange(month.year, month.month)[1])))
        if day >= earliest:
            return day
        month = (month + timedelta(days=31)).replace(day=1)
