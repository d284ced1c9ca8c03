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
    (``credited``) but no days.
    """

    key: Hashable
    days: Days
    amount: Decimal
    reopened: tuple[Days, ...] = ()
    credited: Decimal = Decimal(0)

    @property
    def covered(self) -> list[Days]:
        return subtract([self.days], self.reopened)

    @property
    def creditable(self) -> Decimal:
        """What a credit may still take back: never more than was billed."""
        return max(self.amount - self.credited, 0 * self.amount)


@dataclass(frozen=True)
class Credit:
    """``amount`` to give back for ``days`` of what ``billed`` charged; ``is_whole`` where it takes the line back."""

    billed: Billed
    days: Days
    amount: Decimal
    is_whole: bool


def to_charge(owed: Days | None, billed: Iterable[Billed]) -> list[Days]:
    """The owed days that no invoice line covers."""
    return subtract([owed] if owed else [], [days for line in billed for days in line.covered])


def to_credit(
    owed: Days | None,
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
        unowed = subtract(line.covered, [owed] if owed else [])
        keeps_days = bool(subtract(line.covered, unowed))
        left = line.creditable
        for index, days in enumerate(unowed):
            is_last = index == len(unowed) - 1 and not keeps_days
            amount = left if is_last else min(part(line.amount, days, line.days, rounding, convention), left)
            left -= amount
            if amount:
                credits.append(Credit(line, days, amount, is_whole=amount == line.amount and days == line.days))
    return credits


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
    pieces = Days(whole.first, shared.first - _ONE_DAY), Days(shared.last + _ONE_DAY, whole.last)
    return [piece for piece in pieces if piece.first <= piece.last]
