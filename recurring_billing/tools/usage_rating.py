"""What a metered quantity costs: tiers, included quantity, minimum commitment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from .proration import Days, prorate

_NOTHING = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True)
class Tier:
    """The quantities above the tier before it and up to ``up_to``, which belongs to it; None is open.

    ``price`` is that of one unit (of one package), ``flat`` a fee due once when the tier is entered.
    """

    up_to: Decimal | None
    price: Decimal
    flat: Decimal = _NOTHING


class Row(NamedTuple):
    """What is printed: ``quantity`` times ``price``, rounded once. ``kind`` is "included", "usage" or "flat"."""

    kind: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


_Priced = Iterator[tuple[str, Decimal, Decimal]]


def rate(
    quantity: Decimal,
    tiers: Sequence[Tier],
    rounding: Decimal,
    scheme: str = "graduated",
    *,
    included: Decimal = _NOTHING,
    package_size: Decimal = _ONE,
) -> list[Row]:
    """What ``quantity`` costs; the whole is the sum of the rows, each of which is right by itself.

    The included quantity is used up first and costs nothing: tiers and packages count what exceeds it. Where nothing
    exceeds it, no tier is entered and no flat fee is due.

    :param scheme: "graduated" prices each slice by its own tier, "volume" the whole by the tier that it reaches;
        "package" each started block of ``package_size`` units, by the price of its only tier
    :param rounding: the smallest unit of the currency, such as Decimal("0.01")
    :raises ValueError: a negative quantity; tiers that do not rise or whose last one is not open; a package of several
        tiers or of no size; unknown scheme
    """
    _check_quantities(quantity, included, package_size)
    _check_tiers(tiers, scheme)
    free = min(quantity, included)
    rows = [("included", free, _NOTHING)] if free else []
    if quantity > free:
        rows += _SCHEMES[scheme](quantity - free, tiers, package_size)
    return [Row(*row, prorate(row[2], Fraction(row[1]), rounding)) for row in rows]


def true_up(committed: Decimal, billed: Iterable[Decimal]) -> Decimal:
    """What is missing at the end of a term to the minimum ``committed`` amount, never below zero.

    :param billed: the amounts of the same term, in the same currency and equally without tax; credits are negative
    :raises ValueError: a negative commitment
    """
    if committed < 0:
        raise ValueError(f"negative commitment: {committed}")
    return max(committed - sum(billed), 0 * committed)


def contract_year(start: date, day: date) -> Days:
    """The year, of a contract that began on ``start``, which holds ``day``; it ends the day before an anniversary.

    :raises ValueError: ``day`` lies before ``start``
    """
    if day < start:
        raise ValueError(f"{day} lies before {start}")
    years = relativedelta(day, start).years
    return Days(start + relativedelta(years=years), start + relativedelta(years=years + 1, days=-1))


def _graduated(quantity: Decimal, tiers: Sequence[Tier], _size: Decimal) -> _Priced:
    below = _NOTHING
    for tier in tiers:
        if quantity <= below:
            return
        until = quantity if tier.up_to is None else min(quantity, tier.up_to)
        yield from _priced(until - below, tier)
        below = until


def _volume(quantity: Decimal, tiers: Sequence[Tier], _size: Decimal) -> _Priced:
    return _priced(quantity, next(tier for tier in tiers if tier.up_to is None or quantity <= tier.up_to))


def _package(quantity: Decimal, tiers: Sequence[Tier], size: Decimal) -> _Priced:
    started = -(-Fraction(quantity) // Fraction(size))
    return _priced(Decimal(started), tiers[0])


def _priced(quantity: Decimal, tier: Tier) -> _Priced:
    yield "usage", quantity, tier.price
    if tier.flat:
        yield "flat", _ONE, tier.flat


_SCHEMES: dict[str, Callable[[Decimal, Sequence[Tier], Decimal], _Priced]] = {
    "graduated": _graduated,
    "volume": _volume,
    "package": _package,
}
SCHEMES = tuple(_SCHEMES)


def _check_quantities(quantity: Decimal, included: Decimal, package_size: Decimal) -> None:
    if quantity < 0:
        raise ValueError(f"negative quantity: {quantity}")
    if included < 0:
        raise ValueError(f"negative included quantity: {included}")
    if package_size <= 0:
        raise ValueError(f"a package must hold something: {package_size}")


def _check_tiers(tiers: Sequence[Tier], scheme: str) -> None:
    if scheme not in SCHEMES:
        raise ValueError(f"unknown scheme: {scheme}")
    if not tiers or tiers[-1].up_to is not None:
        raise ValueError("the last tier must be open")
    ends = [_NOTHING, *(tier.up_to for tier in tiers[:-1])]
    if None in ends:
        raise ValueError("only the last tier may be open")
    for before, end in pairwise(ends):
        if end <= before:
            raise ValueError(f"tiers must rise: {end} after {before}")
    if scheme == "package" and len(tiers) > 1:
        raise ValueError(f"a package has one price, not {len(tiers)} tiers")
