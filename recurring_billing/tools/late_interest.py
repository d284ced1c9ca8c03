"""Statutory interest on late payments in France, and the fixed indemnity for recovery costs.

Businesses owe it from the day after the due date, without a reminder: the main refinancing rate of the European
Central Bank plus 10 points, one rate for each half-year in which it accrues, or the contract's own rate (C. com.
L441-10). Public buyers owe that rate plus 8 points, as it was in the half-year in which interest began (R2192-31).
Consumers and non-professionals owe the legal rate, and only from the formal notice on (C. civ. 1231-6). Interest is
simple, on amounts with VAT, over 365 days also in leap years; each segment is rounded half up, and the total is the
sum of what is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

CENT = Decimal("0.01")
INDEMNITY = Decimal("40")  # EUR for each late invoice, in full even where a part was paid in time (D441-5)
BUSINESS_POINTS, PUBLIC_POINTS = Decimal("10"), Decimal("8")
FLOOR_FACTOR = 3
_ONE_DAY = timedelta(days=1)
_YEAR = 365 * 100  # days, and the rates are percentages


class MissingRate(ValueError):
    """A half-year in which interest accrues has no rate yet: ``name`` ('refi' or 'legal') of the one from ``first``."""

    def __init__(self, first: date, name: str):
        super().__init__(f"no {name} rate for the half-year from {first}")
        self.first = first
        self.name = name


@dataclass(frozen=True)
class HalfYear:
    """The rates of a half-year in percent; None: not known. ``is_sure`` once somebody has confirmed them.

    ``refi`` is the European Central Bank's on its first day, ``legal`` the one for professional creditors.
    """

    refi: Decimal | None
    legal: Decimal | None = None
    is_sure: bool = True


@dataclass(frozen=True)
class Payment:
    """What lowered a claim on ``day``; that day still bears interest on it."""

    day: date
    amount: Decimal


@dataclass(frozen=True)
class Claim:
    """An invoice as its lateness sees it.

    :param kind: 'business', 'public', 'consumer' or 'nonpro': who owes it
    :param arose: day of the invoice. A judgment that opens an insolvency concerns the claims from before it
    :param due: the last day to pay in time
    :param amount: with VAT
    :param contract_rate: percent, of businesses alone
    :param notice: day on which the formal notice was received
    :param insolvency: day of the judgment, which stops the interest (C. com. L622-28): it bears none any more
    """

    kind: str
    arose: date
    due: date
    amount: Decimal
    payments: tuple[Payment, ...] = ()
    contract_rate: Decimal | None = None
    notice: date | None = None
    insolvency: date | None = None


@dataclass(frozen=True)
class Segment:
    """Interest from ``first`` to ``last``, both included, on ``base`` at ``rate`` percent a year."""

    first: date
    last: date
    days: int
    base: Decimal
    rate: Decimal
    amount: Decimal
    is_sure: bool = True


@dataclass(frozen=True)
class LateInterest:
    """What lateness costs, with its computation."""

    segments: tuple[Segment, ...]
    indemnity: Decimal

    @property
    def interest(self) -> Decimal:
        return sum((segment.amount for segment in self.segments), Decimal())

    @property
    def total(self) -> Decimal:
        return self.interest + self.indemnity

    @property
    def is_sure(self) -> bool:
        return all(segment.is_sure for segment in self.segments)


def half_year(day: date) -> date:
    """The first day of the half-year of ``day``: 1 January or 1 July."""
    return date(day.year, 1 if day.month < 7 else 7, 1)


def late_interest(
    claim: Claim, rates: Mapping[date, HalfYear], until: date, *, rounding: Decimal = CENT
) -> LateInterest:
    """The interest on ``claim`` to the end of ``until``, and the indemnity.

    :param rates: by the first day of their half-year
    :param rounding: the smallest unit of the currency
    :raises MissingRate: interest accrues in a half-year whose rate is not known
    :raises ValueError: unknown kind; payments of nothing, or of more than the claim
    """
    _check(claim)
    first, last = _first_day(claim), _last_day(claim, until)
    segments = [] if first is None or last < first else _segments(claim, rates, first, last, rounding)
    return LateInterest(tuple(segments), INDEMNITY if _owes_indemnity(claim, until) else Decimal())


def floor(rates: Mapping[date, HalfYear], day: date) -> Decimal:
    """The lowest rate that a contract with a business may name on ``day``: three times the legal one (L441-10).

    It binds a contract's rate alone: the rate that holds without one may be lower.

    :raises MissingRate: the legal rate of that half-year is not known
    """
    return FLOOR_FACTOR * _known(rates, day, "legal")


def _check(claim: Claim) -> None:
    if claim.kind not in ("business", "public", "consumer", "nonpro"):
        raise ValueError(f"unknown kind of debtor: {claim.kind}")
    if any(payment.amount <= 0 for payment in claim.payments):
        raise ValueError("a payment is more than zero")
    if sum(payment.amount for payment in claim.payments) > claim.amount:
        raise ValueError(f"more was paid than the claim of {claim.amount}")


def _owes_points(claim: Claim) -> bool:
    return claim.kind in ("business", "public")


def _first_day(claim: Claim) -> date | None:
    """The first day that bears interest; None where none does yet."""
    if _owes_points(claim):
        return claim.due + _ONE_DAY
    return claim.notice and max(claim.due, claim.notice) + _ONE_DAY


def _last_day(claim: Claim, until: date) -> date:
    return min(until, claim.insolvency - _ONE_DAY) if _is_stopped(claim) else until


def _is_stopped(claim: Claim) -> bool:
    """Whether an insolvency concerns the claim: one that arose later is paid, and bears interest, as any other."""
    return claim.insolvency is not None and claim.arose < claim.insolvency


def _owes_indemnity(claim: Claim, until: date) -> bool:
    """Whether something was open after the due date, in a trade that owes the indemnity.

    It is not owed where an insolvency forbade to pay on the due date (L441-10 II, last sentence).
    """
    is_forbidden = _is_stopped(claim) and claim.due >= claim.insolvency
    return _owes_points(claim) and not is_forbidden and until > claim.due and _base(claim, claim.due + _ONE_DAY) > 0


def _base(claim: Claim, day: date) -> Decimal:
    """What bears interest on ``day``."""
    return claim.amount - sum(payment.amount for payment in claim.payments if payment.day < day)


def _segments(claim, rates, first, last, rounding) -> list[Segment]:
    segments = []
    for begin, after in pairwise(_cuts(claim, first, last)):
        if base := _base(claim, begin):
            rate, is_sure = _rate(claim, rates, begin, first)
            days = (after - begin).days
            amount = (base * rate * days / _YEAR / rounding).quantize(Decimal(1), ROUND_HALF_UP) * rounding
            segments.append(Segment(begin, after - _ONE_DAY, days, base, rate, amount, is_sure))
    return segments


def _cuts(claim: Claim, first: date, last: date) -> list[date]:
    """The days from which base or rate may differ, and the day after the last."""
    days = {payment.day + _ONE_DAY for payment in claim.payments}
    if claim.kind != "public" and _contract_rate(claim) is None:
        days |= {date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 7)}
    return [first, *sorted(day for day in days if first < day <= last), last + _ONE_DAY]


def _contract_rate(claim: Claim) -> Decimal | None:
    return claim.contract_rate if claim.kind == "business" else None


def _rate(claim: Claim, rates: Mapping[date, HalfYear], day: date, first: date) -> tuple[Decimal, bool]:
    """The rate that ``day`` bears where interest began on ``first``, and whether it is confirmed."""
    agreed = _contract_rate(claim)
    if agreed is not None:
        return agreed, True
    if claim.kind == "public":
        return _known(rates, first, "refi") + PUBLIC_POINTS, rates[half_year(first)].is_sure
    name, points = ("refi", BUSINESS_POINTS) if claim.kind == "business" else ("legal", Decimal())
    return _known(rates, day, name) + points, rates[half_year(day)].is_sure


def _known(rates: Mapping[date, HalfYear], day: date, name: str) -> Decimal:
    start = half_year(day)
    value = getattr(rates.get(start), name, None)
    if value is None:
        raise MissingRate(start, name)
    return value
