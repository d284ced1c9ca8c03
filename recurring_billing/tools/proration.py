from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

_ONE_DAY = timedelta(days=1)


class Days(NamedTuple):
    """A range of days; both ends belong to it."""

    first: date
    last: date


class Share(NamedTuple):
    """``days`` of ``whole`` days, as they are printed: 22/31."""

    days: int
    whole: int


WHOLE = Share(1, 1)


def _actual(day: date) -> int:
    return day.toordinal()


def _thirty(day: date) -> int:
    """Days until ``day`` where each month has 30: the last day of a month is its 30th, the 31st adds nothing."""
    is_last = (day + _ONE_DAY).day == 1
    return (day.year * 12 + day.month) * 30 + (30 if is_last else min(day.day, 30))


_COUNTS: dict[str, Callable[[date], int]] = {"actual": _actual, "thirty": _thirty}
CONVENTIONS = (*_COUNTS, "none")


def share(days: Days, whole: Days, convention: str = "actual") -> Share:
    """The days of ``days`` inside ``whole``, and those of ``whole``.

    :param convention: "actual" counts calendar days, "thirty" months of 30 days; "none" knows whole periods alone, so
        that one shared day is the whole
    :raises ValueError: the whole ends before it begins, or has no days by the convention; unknown convention
    """
    if whole.last < whole.first:
        raise ValueError(f"the whole ends before it begins: {whole.first} to {whole.last}")
    inside = overlap(days, whole)
    if convention == "none":
        return Share(1 if inside else 0, 1)
    count = _COUNTS.get(convention)
    if not count:
        raise ValueError(f"unknown convention: {convention}")
    length = _length(whole, count)
    if not length:
        raise ValueError(f"no days by the convention: {whole.first} to {whole.last}")
    return Share(_length(inside, count) if inside else 0, length)


def part(amount: Decimal, days: Days, whole: Days, rounding: Decimal, convention: str = "actual") -> Decimal:
    """What ``days`` owe of ``amount``, the price of ``whole``.

    It is the rounded amount until their last day less the rounded amount until the day before them: so the parts of a
    period sum to the whole to the cent, however it is cut.

    :param rounding: the smallest unit of the currency, such as Decimal("0.01")
    """
    inside = overlap(days, whole)
    if not inside:
        return 0 * rounding
    until = share(Days(whole.first, inside.last), whole, convention)
    result = prorate(amount, Fraction(*until), rounding)
    if inside.first > whole.first and convention != "none":
        before = share(Days(whole.first, inside.first - _ONE_DAY), whole, convention)
        result -= prorate(amount, Fraction(*before), rounding)
    return result


def prorate(amount: Decimal, fraction: Fraction, rounding: Decimal) -> Decimal:
    """``fraction`` of ``amount``, rounded once to a multiple of ``rounding``, halves away from zero.

    :raises ValueError: rounding is zero or negative
    """
    if rounding <= 0:
        raise ValueError(f"rounding must be positive: {rounding}")
    exact = Fraction(amount) * fraction / Fraction(rounding)
    # Half up on the absolute value, in whole numbers: a division of Decimals would round before.
    units = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return (units if exact >= 0 else -units) * rounding


def overlap(one: Days, other: Days) -> Days | None:
    """The days that both ranges share."""
    days = Days(max(one.first, other.first), min(one.last, other.last))
    return days if days.first <= days.last else None


def _length(days: Days, count: Callable[[date], int]) -> int:
    return count(days.last) - count(days.first - _ONE_DAY)
