"""Revision of prices: by a published index or by a fixed percentage, and when."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from .proration import prorate
from .recurrence import Recurrence


class Revision(NamedTuple):
    """The new ``price`` is the old one times ``ratio``, rounded; ``limit`` is what bounded it: "cap", "floor" or ""."""

    price: Decimal
    ratio: Fraction
    limit: str = ""


class MissingIndexValueError(LookupError):
    """The index has no value for ``month``, the first day of the month (or of the quarter)."""

    def __init__(self, month: date):
        super().__init__(f"no index value for {month:%Y-%m}")
        self.month = month


def revise_by_index(
    price: Decimal,
    base: Decimal,
    now: Decimal,
    rounding: Decimal,
    *,
    cap: Decimal | None = None,
    floor: Decimal | None = None,
) -> Revision:
    """``price`` times the index ``now`` over the index at ``base``.

    :param cap: the change in percent that is not exceeded: Decimal("3") is at most 3 % more; None knows no bound
    :param floor: the change in percent that is reached at least: Decimal("0") is never a lower price, Decimal("-2") at
        most 2 % less
    :param rounding: the smallest step of a price, which may be finer than the currency's: halves away from zero
    :raises ValueError: an index value that is not positive, a floor above the cap, or a bound of -100 % or less
    """
    if base <= 0 or now <= 0:
        raise ValueError(f"an index value must be positive: {base} at base, {now} now")
    if cap is not None and floor is not None and floor > cap:
        raise ValueError(f"the floor of {floor} % lies above the cap of {cap} %")
    ratio = Fraction(now) / Fraction(base)
    highest = ratio if cap is None else _growth(cap)
    lowest = ratio if floor is None else _growth(floor)
    if ratio > highest:
        return _revision(price, highest, rounding, "cap")
    if ratio < lowest:
        return _revision(price, lowest, rounding, "floor")
    return _revision(price, ratio, rounding)


def revise_by_percent(price: Decimal, percent: Decimal, rounding: Decimal) -> Revision:
    """``price`` changed by a fixed ``percent``, which may be negative; rounded as by `revise_by_index`.

    :raises ValueError: a change of -100 % or less
    """
    return _revision(price, _growth(percent), rounding)


def reference_month(revision_day: date, lag: int, every: int = 1) -> date:
    """The first day of the month whose value counts for a revision on ``revision_day``: ``lag`` months before its own.

    :param lag: months by which an index is behind when it is published
    :param every: months that one value stands for: 1, or 3 for a quarterly index (ILC, ICC) of which the value of the
        quarter that holds the month counts, named by the quarter's first day
    :raises ValueError: a negative lag, or ``every`` that does not divide a year
    """
    if lag < 0:
        raise ValueError(f"negative lag: {lag}")
    if every < 1 or 12 % every:
        raise ValueError(f"the months of a value must divide a year: {every}")
    month = revision_day.replace(day=1) - relativedelta(months=lag)
    return month.replace(month=month.month - (month.month - 1) % every)


def value_of(values: Mapping[date, Decimal], month: date) -> Decimal:
    """The value of ``month``; ``values`` has the first day of each month (or quarter) as its key.

    :raises MissingIndexValueError: the month has none; no other one takes its place
    """
    if month not in values:
        raise MissingIndexValueError(month)
    return values[month]


def next_revision(years: Recurrence, after: date) -> date:
    """The first revision date after the day ``after``, and after the start of the contract.

    :param years: the grid whose periods begin on revision dates: ``Recurrence(start, "year", 1)`` for the anniversaries
        of ``start``, ``Recurrence(start, "year", 1, day, month)`` for a fixed day of the year
    """
    return years.period(years.index_of(max(after, years.start)) + 1).start


def _growth(percent: Decimal) -> Fraction:
    if percent <= -100:
        raise ValueError(f"a price cannot fall by 100 % or more: {percent} %")
    return 1 + Fraction(percent) / 100


def _revision(price: Decimal, ratio: Fraction, rounding: Decimal, limit: str = "") -> Revision:
    return Revision(prorate(price, ratio, rounding), ratio, limit)
