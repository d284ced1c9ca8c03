from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

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

    ``day`` is the wanted first day of a period within its month, 1 to 31 (31: the month's last day), or 0 for the day
    of ``start``. Without alignment the grid is counted from ``start``: from the wanted day in its month. Aligned with
    the calendar it is counted from ``month`` (1 to 12) of its year, or from the ``weekday`` (0 Monday to 6) on or
    before it.

    Every period is counted from that origin, so a short month never shifts the later ones. Where ``start`` lies beside
    the grid, the period that holds it begins earlier: the caller clips it.

    :raises ValueError: unknown unit, interval below 1, or a day, month or weekday out of range or of no meaning for the
        unit
    """

    start: date
    unit: str
    interval: int
    day: int = 0
    month: int = 0
    weekday: int | None = None

    def __post_init__(self):
        _check_step(self.unit, self.interval)
        if not 0 <= self.day <= 31:
            raise ValueError(f"day of the month out of range: {self.day}")
        if not 0 <= self.month <= 12:
            raise ValueError(f"month out of range: {self.month}")
        if (self.day or self.month) and self.unit in _DAYS:
            raise ValueError(f"a period counted in {self.unit}s has no day of the month")
        if self.weekday is not None and (self.unit != "week" or not 0 <= self.weekday <= 6):
            raise ValueError(f"weekday {self.weekday} for a period counted in {self.unit}s")

    def period(self, index: int) -> Period:
        """The whole grid period number ``index``; negative ones lie before the origin."""
        return Period(index, self._first_day(index), self._first_day(index + 1) - _ONE_DAY)

    def index_of(self, day: date) -> int:
        """The index of the period that holds ``day``."""
        if self.unit in _DAYS:
            return (day - self._origin).days // (self.interval * _DAYS[self.unit])
        months = (day.year - self._origin.year) * 12 + day.month - self._origin.month
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

    @cached_property
    def _origin(self) -> date:
        if self.weekday is not None:
            return self.start - timedelta(days=(self.start.weekday() - self.weekday) % 7)
        return self.start.replace(month=self.month, day=1) if self.month else self.start

    def _first_day(self, index: int) -> date:
        if self.unit in _DAYS:
            return self._origin + timedelta(days=index * self.interval * _DAYS[self.unit])
        months = index * self.interval * _MONTHS[self.unit]
        return self._origin + relativedelta(months=months, day=self.day or self.start.day)


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
