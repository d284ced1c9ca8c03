"""Owed minus invoiced, by days: what is billed is known by its days, so that a new price never bills them again."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from .proration import Days, overlap, part

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Billed:
    """A line of an invoice: the days it bills, its amount, and what credit notes took back of it.

    ``reopened`` are the days whose credit lets them be billed again; a credit that was given away takes back money
    (``credited``) but no days. ``credits`` are the keys of those credits.

    Where it bills a part of a period, ``full`` is the price of that ``whole`` period: shares taken of it in turn sum to
    what the kept days owe, as shares of a share would not.
    """

    key: Hashable
    days: Days
    amount: Decimal
    reopened: tuple[Days, ...] = ()
    credited: Decimal = Decimal(0)
    credits: tuple[Hashable, ...] = ()
    full: Decimal | None = None
    whole: Days | None = None

    @property
    def covered(self) -> list[Days]:
        return subtract([self.days], self.reopened)

    @property
    def creditable(self) -> Decimal:
        """What a credit may still take back: never more than was billed. Below zero for a discount."""
        left = self.amount - self.credited
        return left if left * self.amount > 0 else 0 * abs(left)


@dataclass(frozen=True)
class Credit:
    """``amount`` to give back for ``days`` of what ``billed`` charged; ``is_whole`` where it takes the line back.

    ``is_last`` where no billed day is left after it: whatever of the line was not given back goes with it.
    """

    billed: Billed
    days: Days
    amount: Decimal
    is_whole: bool
    is_last: bool


def to_charge(owed: Iterable[Days], billed: Iterable[Billed]) -> list[Days]:
    """The owed days that no invoice line covers."""
    return subtract(owed, [days for line in billed for days in line.covered])


def to_credit(
    owed: Sequence[Days],
    billed: Sequence[Billed],
    rounding: Decimal,
    convention: str = "actual",
) -> list[Credit]:
    """What is to be given back for billed days that are not owed, at the price that was billed.

    Whoever takes back the last days of a line takes back its last cent.

    :param convention: how days are counted (see `part`): as they were where they were billed
    """
    credits = []
    for line in billed:
        unowed = subtract(line.covered, owed)
        takes_all = not subtract(line.covered, unowed)
        total, whole = (line.amount, line.days) if line.full is None else (line.full, line.whole)
        amounts = shares(unowed, whole, total, line.creditable, takes_all, rounding, convention)
        for days, amount in zip(unowed, amounts, strict=True):
            if amount:
                is_whole = amount == line.amount and days == line.days
                credits.append(Credit(line, days, amount, is_whole, is_last=takes_all and days == unowed[-1]))
    return credits


def shares(
    pieces: Sequence[Days],
    whole: Days,
    total: Decimal,
    left: Decimal,
    takes_all: bool,
    rounding: Decimal,
    convention: str = "actual",
) -> list[Decimal]:
    """What each of ``pieces``, in order, takes back of ``total``, billed for ``whole``: its price, or one of its taxes.

    :param left: what of ``total`` was not given back yet, of the same sign; no more is taken
    :param takes_all: whether the last piece takes all that is left, so that no cent stays with the bill
    """
    sign = -1 if total < 0 else 1
    left = max(sign * left, 0 * left)
    amounts = []
    for index, days in enumerate(pieces):
        is_last = takes_all and index == len(pieces) - 1
        amount = left if is_last else min(part(sign * total, days, whole, rounding, convention), left)
        left -= amount
        amounts.append(sign * amount)
    return amounts


def subtract(days: Iterable[Days], taken: Iterable[Days]) -> list[Days]:
    """The ranges that remain of ``days`` without those of ``taken``, in order."""
    rest = sorted(days)
    for gap in taken:
        rest = [piece for whole in rest for piece in _without(whole, gap)]
    return rest


def _without(whole: Days, gap: Days) -> list[Days]:
    shared = overlap(whole, gap)
    if not shared:
        return [whole]
    # compared before a day is added or taken: there is none beyond those of what has no end
    before = [Days(whole.first, shared.first - _ONE_DAY)] if whole.first < shared.first else []
    return before + ([Days(shared.last + _ONE_DAY, whole.last)] if shared.last < whole.last else [])
