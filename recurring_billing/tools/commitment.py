"""How long a contract binds: its commitment, tacit renewals and notice, and what an early end costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from dateutil.relativedelta import relativedelta

from .owing import subtract
from .proration import Days, prorate, share
from .recurrence import Period, Recurrence

NOTICE_UNITS = ("day", "month")
END_RULES = ("at_once", "period", "commitment")

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Commitment:
    """The terms of a contract: ``months`` from ``start``, then tacit renewals of ``renewal`` months each (0: none).

    Term 0 is the commitment, term n the n-th renewal. Each is counted from ``start``, so that a short month shifts no
    later one. ``pauses`` are those that push the end: a term lasts until it has had all its days outside of them.

    :raises ValueError: a commitment below 1 month or a renewal below 0
    """

    start: date
    months: int
    renewal: int = 0
    pauses: tuple[Days, ...] = ()

    def __post_init__(self):
        if self.months < 1:
            raise ValueError(f"a commitment lasts 1 month at least: {self.months}")
        if self.renewal < 0:
            raise ValueError(f"negative renewal: {self.renewal}")

    def term(self, index: int) -> Period:
        """The days of term number ``index``, both ends included.

        :raises ValueError: a negative index, or a renewal of a contract that has none
        """
        if index < 0 or (index and not self.renewal):
            raise ValueError(f"there is no term {index}")
        first = self._pushed(self._planned_last(index - 1)) + _ONE_DAY if index else self.start
        return Period(index, first, self._pushed(self._planned_last(index)))

    def term_on(self, day: date) -> Period | None:
        """The term that holds ``day``; None before the start, and after a commitment that is not renewed."""
        if day < self.start:
            return None
        planned = day - timedelta(days=self._paused_before(day))
        if planned < self._first_renewal:
            return self.term(0)
        return self.term(1 + self._renewals.index_of(planned)) if self.renewal else None

    @cached_property
    def _first_renewal(self) -> date:
        return self.start + relativedelta(months=self.months)

    @cached_property
    def _renewals(self) -> Recurrence:
        return Recurrence(self._first_renewal, "month", self.renewal, self.start.day)

    @cached_property
    def _breaks(self) -> list[Days]:
        """The pauses since the start, in order; what they share counts once."""
        before = Days(date.min, self.start - _ONE_DAY)
        breaks: list[Days] = []
        for pause in sorted(self.pauses):
            breaks += subtract([pause], [before, *breaks])
        return breaks

    def _planned_last(self, index: int) -> date:
        """The last day of a term if there were no pause."""
        return self._renewals.period(index - 1).end if index else self._first_renewal - _ONE_DAY

    def _pushed(self, last: date) -> date:
        for pause in self._breaks:
            if pause.first <= last:
                last += pause.last - pause.first + _ONE_DAY
        return last

    def _paused_before(self, day: date) -> int:
        return sum((min(pause.last + _ONE_DAY, day) - pause.first).days for pause in self._breaks if pause.first < day)


@dataclass(frozen=True)
class Notice:
    """A notice period of ``count`` days or months, which begins on the day after the notice was given.

    Months run from date to date, in a month without that date until its last day (as in art. 641 CPC).

    :raises ValueError: a negative count, or a unit that is neither "day" nor "month"
    """

    count: int
    unit: str = "day"

    def __post_init__(self):
        if self.count < 0:
            raise ValueError(f"negative notice: {self.count}")
        if self.unit not in NOTICE_UNITS:
            raise ValueError(f"unknown unit: {self.unit}")

    def ends(self, given: date) -> date:
        """The last day of the notice period, if notice is given on ``given``."""
        if self.unit == "day":
            return given + timedelta(days=self.count)
        return given + relativedelta(months=self.count)

    def latest(self, end: date) -> date:
        """The latest day on which notice can be given for a contract's end on its last day ``end``."""
        if self.unit == "day":
            return end - timedelta(days=self.count)
        # A notice of 30 November, 3 months, ends on 28 February as that of the 28th does: a month's end holds both.
        is_month_end = (end + _ONE_DAY).day == 1
        return end - relativedelta(months=self.count, day=31 if is_month_end else end.day)


def notice_window(deadline: date) -> Days:
    """When a consumer or non-professional is to be told that a renewal can be refused (Code de la consommation L215-1).

    :param deadline: the latest day on which the customer can refuse it, from which the law counts: that of
        `Notice.latest`, not the end of the term
    :return: from 3 months to 1 month before it, both days included
    """
    return Days(deadline - relativedelta(months=3), deadline - relativedelta(months=1))


def earliest_end(
    given: date,
    rule: str,
    notice: Notice,
    periods: Recurrence,
    commitment: Commitment | None = None,
) -> date:
    """The last day of a contract, if notice is given on ``given``; never before the notice period has ended.

    :param rule: "at_once" ends with the notice period, "period" with the billing period in which that ends (neither
        looks at the commitment: a fee may take its place), "commitment" with the term in which it ends; after a
        commitment that is not renewed, or without any, with the billing period
    :param periods: the grid of billing periods, from the start of the contract
    :raises ValueError: unknown rule
    """
    if rule not in END_RULES:
        raise ValueError(f"unknown rule: {rule}")
    reached = max(notice.ends(given), periods.start)
    if rule == "at_once":
        return reached
    term = commitment.term_on(reached) if commitment and rule == "commitment" else None
    return term.end if term else periods.period(periods.index_of(reached)).end


def early_termination_fee(
    remaining: Iterable[tuple[Days, Decimal]],
    left: Days,
    rounding: Decimal,
    *,
    percent: Decimal | None = None,
    fixed: Decimal | None = None,
    convention: str = "actual",
) -> Decimal:
    """What ends a commitment early: a ``percent`` of its remaining amounts, or a ``fixed`` amount; never below zero.

    :param remaining: days of billing periods and what they owe, without tax; of days that begin before ``left`` or end
        after it, only the share inside counts
    :param left: from the day after the contract's end to the last day of the commitment; it ends before it begins where
        nothing is left, and nothing is due then
    :param rounding: the smallest unit of the currency: the fee is rounded once
    :param convention: how days are counted (see `share`); by "none" a period of which one day is left counts whole, so
        that one already owed is to be left out
    :raises ValueError: both or neither of ``percent`` and ``fixed``
    """
    if (percent is None) == (fixed is None):
        raise ValueError("either a percentage or a fixed amount")
    if left.last < left.first:
        return 0 * rounding
    if fixed is not None:
        return max(prorate(fixed, Fraction(1), rounding), 0 * rounding)
    parts = (Fraction(amount) * Fraction(*share(left, days, convention)) for days, amount in remaining)
    owed = sum(parts, Fraction(0))
    return max(prorate(percent, owed / 100, rounding), 0 * rounding)
