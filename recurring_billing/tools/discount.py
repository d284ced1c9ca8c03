"""Discounts: which days they cover and what they take off, and loyalty offers by seniority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .proration import Days, overlap, prorate
from .recurrence import Recurrence


@dataclass(frozen=True)
class Coverage:
    """The days from ``first`` to ``last`` that a discount covers, both included; None is without that bound.

    Neither bound: for ever.

    :raises ValueError: it ends before it begins
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self):
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"it ends before it begins: {self.first} to {self.last}")

    @classmethod
    def of_periods(cls, periods: Recurrence, first: date, count: int = 1) -> "Coverage":
        """``count`` whole periods of the grid, the first of which holds the day ``first``; 1 is a discount given once.

        The short period of a contract that begins beside its grid counts as one.

        :raises ValueError: a count below 1
        """
        if count < 1:
            raise ValueError(f"a discount covers 1 period at least: {count}")
        index = periods.index_of(first)
        return cls(periods.period(index).start, periods.period(index + count - 1).end)

    def among(self, days: Days) -> Days | None:
        """Those of ``days`` that are covered."""
        return overlap(days, Days(self.first or days.first, self.last or days.last))


@dataclass(frozen=True)
class Discount:
    """Either a ``percent`` of the price, 0 to 100, or an ``amount`` per whole period.

    :raises ValueError: both or neither, a percentage out of range, a negative amount
    """

    percent: Decimal | None = None
    amount: Decimal | None = None

    def __post_init__(self):
        if (self.percent is None) == (self.amount is None):
            raise ValueError("either a percentage or an amount")
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise ValueError(f"percentage out of range: {self.percent}")
        if self.amount is not None and self.amount < 0:
            raise ValueError(f"negative amount: {self.amount}")


def reductions(price: Decimal, discounts: Sequence[Discount], rounding: Decimal) -> list[Decimal]:
    """What each of the ``discounts`` takes off the one ``price``, in their order (see `spread`)."""
    return [taken for [taken] in spread([price], [(discount, None) for discount in discounts], rounding)]


def spread(
    prices: Sequence[Decimal],
    discounts: Sequence[tuple[Discount, int | None]],
    rounding: Decimal,
) -> list[list[Decimal]]:
    """What each of the ``discounts``, in their order, takes off each of ``prices``: what they leave is to be paid.

    Percentages come first, one after the other, each of what those before it left; then the amounts, each at most what
    is left (nothing of a price below zero). An amount off several prices is spread in proportion to what is left of
    them, and its parts sum to the whole. Prices and reductions are rounded once, as they are printed.

    :param prices: of a whole period, since amounts are: a shorter one owes its share of the price and of each reduction
    :param discounts: each with the index of the price that it is taken off; None: off all of them
    :param rounding: the smallest unit of the currency
    """
    left = [prorate(price, Fraction(1), rounding) for price in prices]
    taken = [[0 * rounding] * len(left) for _discount in discounts]
    for index, (discount, only) in sorted(enumerate(discounts), key=lambda entry: entry[1][0].percent is None):
        off = range(len(left)) if only is None else [only]
        for price, part in zip(off, _parts_off([left[price] for price in off], discount, rounding), strict=True):
            taken[index][price] = part
            left[price] -= part
    return taken


def _parts_off(left: Sequence[Decimal], discount: Discount, rounding: Decimal) -> list[Decimal]:
    if discount.percent is not None:
        return [prorate(price, Fraction(discount.percent) / 100, rounding) for price in left]
    weights = [max(price, 0 * rounding) for price in left]
    total = sum(weights)
    amount = min(prorate(discount.amount, Fraction(1), rounding), total)
    shares = [Fraction(sum(weights[: end + 1])) / Fraction(total) if total else 0 for end in range(len(weights))]
    until = [0 * rounding, *(prorate(amount, Fraction(reached), rounding) for reached in shares)]
    return [after - before for before, after in pairwise(until)]


def seniority(start: date, day: date) -> int:
    """Whole months that a contract begun on ``start`` has lasted when ``day`` begins: 1 on its monthly anniversary.

    Counted from the start, clamped to a month's last day; negative before the start.
    """
    return _months(start).index_of(day)


@dataclass(frozen=True)
class LoyaltyRule:
    """What a contract earns once it has lasted ``after_months`` whole months.

    Either ``percent`` off for ever, or the first ``free_months_per_year`` months free of each contract year that begins
    from then on (24: from the third year).

    :raises ValueError: both or neither, or a value out of range
    """

    after_months: int
    percent: Decimal | None = None
    free_months_per_year: int | None = None

    def __post_init__(self):
        if self.after_months < 0:
            raise ValueError(f"negative seniority: {self.after_months}")
        if (self.percent is None) == (self.free_months_per_year is None):
            raise ValueError("either a percentage or free months")
        if self.percent is not None and not 0 < self.percent <= 100:
            raise ValueError(f"percentage out of range: {self.percent}")
        if self.free_months_per_year is not None and not 1 <= self.free_months_per_year <= 12:
            raise ValueError(f"free months out of range: {self.free_months_per_year}")

    @property
    def discount(self) -> Discount:
        """What it takes off the days that it covers."""
        return Discount(percent=Decimal(100) if self.percent is None else self.percent)

    def covered(self, start: date, days: Days) -> list[Days]:
        """Those of ``days`` that it covers in a contract begun on ``start``, in order."""
        offers = range(self._offer_of(start, days.first), self._offer_of(start, days.last) + 1)
        return [covered for offer in offers if (covered := self._coverage(start, offer).among(days))]

    def next_start(self, start: date, after: date) -> date | None:
        """The first day after ``after`` on which it begins to be earned; None where it is earned for ever."""
        offer = self._offer_of(start, after)
        begins = (self._coverage(start, number).first for number in (offer, offer + 1))
        return next((begin for begin in begins if begin > after), None)

    def _offer_of(self, start: date, day: date) -> int:
        """The contract year of ``day``, or the first one that has free months; a percentage is one single offer."""
        if self.percent is not None:
            return 0
        first_year = -(-self.after_months // 12)
        return max(first_year, seniority(start, day) // 12)

    def _coverage(self, start: date, offer: int) -> Coverage:
        months = _months(start)
        if self.percent is not None:
            return Coverage(months.period(self.after_months).start)
        return Coverage.of_periods(months, months.period(12 * offer).start, self.free_months_per_year)


def _months(start: date) -> Recurrence:
    return Recurrence(start, "month", 1)
