from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

UNITS = ("day", "week", "month", "year")

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A period of the grid; ``start`` and ``end`` both belong to it."""

    index: int
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Slot:
    """The days of the period ``whole`` that a contract fills, from ``start`` to ``end`` included."""

    whole: Period
    start: date
    end: date

    @property
    def is_short(self) -> bool:
        return (self.start, self.end) != (self.whole.start, self.whole.end)


@dataclass(frozen=True)
class Recurrence:
    """The grid of periods of a contract that begins on ``start``.

    ``day`` is the wanted first day of a period within its month, 1 to 31 (31: the month's last
    day), or 0 for the day of ``start``; it has no meaning for days and weeks. Every period is
    counted from the wanted day in the month of ``start``, so a short month never shifts the
    later ones. Where ``start`` lies beside the grid, the period that holds it begins earlier
    (index 0 or -1): the caller clips it.

    :raises ValueError: unknown unit, interval below 1, day outside 0..31 or given for days, weeks
    """

    start: date
    unit: str
    interval: int
    day: int = 0

    def __post_init__(self):
        _check_step(self.unit, self.interval)
        if not 0 <= self.day <= 31:
            raise ValueError(f"day of the month out of range: {self.day}")
        if self.day and self.unit in _DAYS:
            raise ValueError(f"a period counted in {self.unit}s has no day of the month")

    def period(self, index: int) -> Period:
        """The whole grid period number ``index``; negative ones lie before the origin."""
        return Period(index, self._first_day(index), self._first_day(index + 1) - _ONE_DAY)

    def index_of(self, day: date) -> int:
        """The index of the period that holds ``day``."""
        if self.unit in _DAYS:
            return (day - self.start).days // (self.interval * _DAYS[self.unit])
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        index = months // (self.interval * _MONTHS[self.unit])
        # Only the month was compared: a day before the wanted one belongs to the period before.
        return index if self._first_day(index) <= day else index - 1

    def slots(self, first: date, last: date | None = None) -> Iterator[Slot]:
        """The days from ``first`` to ``last``, both included, cut at the ends of the periods.

        Without ``last`` they never end.
        """
        index = self.index_of(first)
        while last is None or first <= last:
            whole = self.period(index)
            yield Slot(whole, first, min(whole.end, last or whole.end))
            first = whole.end + _ONE_DAY
            index += 1

    def _first_day(self, index: int) -> date:
        if self.unit in _DAYS:
            return self.start + timedelta(days=index * self.interval * _DAYS[self.unit])
        months = index * self.interval * _MONTHS[self.unit]
        return self.start + relativedelta(months=months, day=self.day or self.start.day)


def per_month(unit: str, interval: int) -> Fraction:
    """How many such periods an average month holds: a year has 12 months, 52 weeks, 365 days.

    :raises ValueError: unknown unit or interval below 1
    """
    _check_step(unit, interval)
    in_a_year = {"day": 365, "week": 52, "month": 12, "year": 1}
    return Fraction(in_a_year[unit], 12 * interval)


def _check_step(unit: str, interval: int) -> None:
    if unit not in UNITS:
        raise ValueError(f"unknown unit: {unit}")
    if interval < 1:
        raise ValueError(f"interval below 1: {interval}")
