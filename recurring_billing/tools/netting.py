"""Which open items make one debit: invoices less credit notes, within what a bank takes in one file."""

from collections.abc import Hashable, Iterator, Sequence
from decimal import Decimal

Item = tuple[Hashable, Decimal]


def net(invoices: Sequence[Item], credits: Sequence[Item], *, together: bool) -> list[list[Item]]:
    """The items of each debit of one debtor; each debit takes more than nothing.

    Credit notes are not split: all of them go off the oldest invoices, as many as are needed for a total above zero.

    :param invoices: oldest first, amounts above zero
    :param credits: amounts below zero
    :param together: whether all items make one debit, instead of one for each invoice
    :return: empty where the credit notes reach the invoices: nothing can be debited then
    """
    if not invoices or sum(amount for _key, amount in (*invoices, *credits)) <= 0:
        return []
    if together:
        return [[*invoices, *credits]]
    left = sum((amount for _key, amount in credits), Decimal())
    taken = 0
    while credits and (left <= 0 or not taken):
        left += invoices[taken][1]
        taken += 1
    first = [[*invoices[:taken], *credits]] if taken else []
    return [*first, *([item] for item in invoices[taken:])]


def packed(amounts: Sequence[Decimal], largest_count: int, largest_total: Decimal) -> Iterator[slice]:
    """Slices of ``amounts``, in their order, each within the limits; an amount beyond the limit stands alone.

    :param largest_count: 0 for no limit, as ``largest_total``
    """
    start, total = 0, Decimal()
    for number, amount in enumerate(amounts):
        is_full = largest_count and number - start >= largest_count
        is_too_much = largest_total and total + amount > largest_total
        if number > start and (is_full or is_too_much):
            yield slice(start, number)
            start, total = number, Decimal()
        total += amount
    if amounts:
        yield slice(start, len(amounts))
