"""The days on which T2, the settlement system of the euro, is open (ECB calendar since 2002).

National holidays such as 14 July are open days.
"""

from datetime import date, datetime, time, timedelta
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


def subtract_open_days(day: date, count: int) -> date:
    """The ``count``-th open day before ``day``; with 0, the last open day up to ``day``.

    :raises ValueError: count is negative
    """
    if count < 0:
        raise ValueError(f"negative count of open days: {count}")
    for _step in range(count):
        day = previous_open(day - _ONE_DAY)
    return previous_open(day)


def file_deadline(day: date, lead_days: int, cutoff: time = time.max) -> datetime:
    """Until when the bank takes a file of debits for ``day``, an open day, in its local time.

    :param lead_days: open days that the bank needs between the file and ``day``
    :param cutoff: the bank's last minute on an open day, inclusive
    """
    return datetime.combine(subtract_open_days(day, lead_days), cutoff)


def earliest(today: date, now: time, lead_days: int, cutoff: time = time.max) -> date:
    """The first open day for which a file that goes to the bank at this moment is in time; as ``file_deadline``."""
    is_taken_today = is_open(today) and now <= cutoff
    return add_open_days(today if is_taken_today else next_open(today + _ONE_DAY), lead_days)


def clock(hours: float) -> time:
    """The time of day that a number of hours since midnight means: 16.5 is half past four.

    :raises ValueError: hours is negative or beyond 24; 24 is the day's last moment
    """
    if not 0 <= hours <= 24:
        raise ValueError(f"no time of day: {hours}")
    minutes = round(hours * 60)
    return time.max if minutes == 24 * 60 else time(*divmod(minutes, 60))


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
