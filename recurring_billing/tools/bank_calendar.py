"""The days on which T2, the settlement system of the euro, is open (ECB calendar since 2002).

National holidays such as 14 July are open days.
"""

from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


def is_open(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in _closing_days(day.year)


def next_open(day: date) -> date:
    """The first open day from ``day`` on: the day itself where it is open."""
    while not is_open(day):
        day += _ONE_DAY
    return day


def previous_open(day: date) -> date:
    """The last open day up to ``day``: the day itself where it is open."""
    while not is_open(day):
        day -= _ONE_DAY
    return day


def add_open_days(day: date, count: int) -> date:
    """The ``count``-th open day after ``day``; with 0, the first open day from ``day`` on.

    :raises ValueError: count is negative
    """
    if count < 0:
        raise ValueError(f"negative count of open days: {count}")
    for _step in range(count):
        day = next_open(day + _ONE_DAY)
    return next_open(day)


@lru_cache(maxsize=64)
def _closing_days(year: int) -> frozenset[date]:
    """The closing days of a year besides Saturdays and Sundays."""
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (12, 25), (12, 26))
    return frozenset(
        (
            sunday - timedelta(days=2),
            sunday + _ONE_DAY,
            *(date(year, month, day) for month, day in fixed),
        ),
    )
