"""Which open items a line of the bank's statement pays: by their references, or by an amount that leaves no choice."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """An open item of the outstanding account."""

    key: Hashable
    amount: Decimal  # above zero where the bank owes us, below where it takes back
    day: date
    references: tuple[str, ...] = ()  # numbers by which the bank may name it


def propose(amount: Decimal, text: str, items: Sequence[Item]) -> list[Hashable]:
    """The keys of the items that a statement's line over ``amount`` pays; empty where that is not certain.

    First those that ``text`` names, where they sum to the amount, or one alone is larger; then the only item, or the
    only day's items, of exactly this amount.

    :param amount: above zero for a credit
    """
    same_side = [item for item in items if (item.amount > 0) == (amount > 0)]
    named = [item for item in same_side if is_named(item.references, text)]
    if named and (sum(item.amount for item in named) == amount or len(named) == 1):
        return [item.key for item in named]
    groups = [[item] for item in same_side if item.amount == amount]
    if not groups:
        groups = [group for group in _by_day(same_side) if sum(item.amount for item in group) == amount]
    return [item.key for item in groups[0]] if len(groups) == 1 else []


def is_named(references: Iterable[str], text: str) -> bool:
    """Whether ``text`` names one of ``references``, whatever its blanks and capitals."""
    spaced = "".join(text.split()).casefold()
    return any(reference and "".join(reference.split()).casefold() in spaced for reference in references)


def _by_day(items: Sequence[Item]) -> list[list[Item]]:
    days: dict[date, list[Item]] = {}
    for item in items:
        days.setdefault(item.day, []).append(item)
    return [group for group in days.values() if len(group) > 1]
