"""Payment plans: instalments that sum to a debt, what payments leave of them, and whether they are kept."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")
STEPS = ("week", "fortnight", "month")


@dataclass(frozen=True)
class Instalment:
    """What is to be paid until the end of ``day``."""

    day: date
    amount: Decimal


@dataclass(frozen=True)
class Payment:
    """What lowered the debt after the agreement.

    :param is_money: False for a credit note, which pays no instalment but makes the debt smaller
    """

    amount: Decimal
    is_money: bool = True


def propose(
    total: Decimal, count: int, first: date, step: str, *, day_of_month: int | None = None, rounding: Decimal = CENT
) -> list[Instalment]:
    """``count`` equal instalments of ``total``, the first on ``first``; what does not divide is on the last.

    :param step: between them: 'week', 'fortnight' or 'month'. Months keep the day of the first, or ``day_of_month``
        from the second on, and end with a shorter month
    :raises ValueError: nothing to divide, or less than one unit of the currency for each
    """
    if step not in STEPS:
        raise ValueError(f"unknown step: {step}")
    if count < 1 or total < count * rounding:
        raise ValueError(f"{total} cannot be paid in {count} instalments")
    part = (total / count / rounding).quantize(Decimal(1), ROUND_DOWN) * rounding
    days = [first, *(_following(first, step, number, day_of_month) for number in range(1, count))]
    amounts = [part] * (count - 1) + [total - part * (count - 1)]
    return [Instalment(day, amount) for day, amount in zip(days, amounts, strict=True)]


def fault(instalments: Sequence[Instalment], total: Decimal, today: date) -> tuple[str, int | None] | None:
    """What is wrong with a plan that is to be agreed on ``today``, or None.

    :return: ('empty', None), ('amount', number), ('past', number), ('order', number) or ('sum', None); numbers from 1
    """
    if not instalments:
        return "empty", None
    for number, instalment in enumerate(instalments, 1):
        if instalment.amount <= 0:
            return "amount", number
        if instalment.day < today:
            return "past", number
        if number > 1 and instalment.day <= instalments[number - 2].day:
            return "order", number
    return None if sum(one.amount for one in instalments) == total else ("sum", None)


def remaining(
    instalments: Sequence[Instalment], payments: Sequence[Payment], rule: str, *, rounding: Decimal = CENT
) -> list[Decimal]:
    """What is left of each instalment after ``payments``, in the order in which they came.

    Money pays the first open instalment; what exceeds it, and what a credit note takes off, goes by the rule.

    :param rule: 'last': the last instalments become smaller first; 'spread': all open ones, by equal parts of the rest
    :raises ValueError: more was paid than the plan asks for
    """
    left = [one.amount for one in instalments]
    for payment in payments:
        rest = payment.amount
        if rest > sum(left):
            raise ValueError(f"{rest} paid of {sum(left)}")
        if payment.is_money and (position := _first_open(left)) is not None:
            own = min(rest, left[position])
            left[position] -= own
            rest -= own
        left = _lowered(left, rest, rule, rounding) if rest else left
    return left


def missed(
    instalments: Sequence[Instalment], left: Sequence[Decimal], today: date, grace: int, excused: Sequence[bool] = ()
) -> int:
    """How many instalments were not paid in full, ``grace`` days after their day.

    :param excused: for each whether its debit is still under way or planned again
    """
    excuses = excused or [False] * len(instalments)
    return sum(
        rest > 0 and not excuse and today > one.day + timedelta(days=grace)
        for one, rest, excuse in zip(instalments, left, excuses, strict=True)
    )


def shares(debts: Sequence[Decimal], left: Sequence[Decimal]) -> list[list[Decimal]]:
    """What each instalment's rest pays of each debt, the first debt first: a row for each instalment.

    :param debts: what is still open of each debt; their sum is that of ``left``
    """
    rows, open_debts = [], list(debts)
    for rest in left:
        row = []
        for position, debt in enumerate(open_debts):
            part = min(rest, debt)
            open_debts[position] -= part
            rest -= part
            row.append(part)
        rows.append(row)
    return rows


def _following(first: date, step: str, number: int, day_of_month: int | None) -> date:
    if step != "month":
        return first + timedelta(weeks=number * (1 if step == "week" else 2))
    months = first.year * 12 + first.month - 1 + number
    year, month = divmod(months, 12)
    day = min(day_of_month or first.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def _first_open(left: Sequence[Decimal]) -> int | None:
    return next((position for position, rest in enumerate(left) if rest > 0), None)


def _lowered(left: list[Decimal], amount: Decimal, rule: str, rounding: Decimal) -> list[Decimal]:
    if rule == "last":
        for position in reversed(range(len(left))):
            part = min(amount, left[position])
            left[position] -= part
            amount -= part
        return left
    if rule != "spread":
        raise ValueError(f"unknown rule: {rule}")
    positions = [position for position, rest in enumerate(left) if rest > 0]
    total = sum(left) - amount
    part = (total / len(positions) / rounding).quantize(Decimal(1), ROUND_DOWN) * rounding if positions else Decimal()
    for position in positions:
        left[position] = part
    if positions:
        left[positions[-1]] = total - part * (len(positions) - 1)
    return left
