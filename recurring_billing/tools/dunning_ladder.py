"""Which reminder a late invoice gets today, or why none: one step at a time, whatever happened before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Level:
    """One step of a ladder.

    :param days: after the due date, or before it where negative. A step before the due date lapses with it: what was
        not announced in time is not announced afterwards
    :param min_days: that must lie between the last action and this one; two actions never fall on one day
    :param min_amount: less than this is not worth the step
    """

    days: int
    min_days: int = 0
    min_amount: Decimal = Decimal()


@dataclass(frozen=True)
class Silence:
    """Why nothing is said to the customer, up to and including ``until``; None: until the cause is gone."""

    reason: str
    until: date | None = None


@dataclass(frozen=True)
class Debt:
    """An invoice, or an instalment of one, as its ladder sees it.

    :param due: the last day to pay in time
    :param residual: what is still open
    :param level: how many steps were reached, counted from the first of the ladder; 0: none
    :param last_action: day of the step reached last
    :param anchor: day of the last partial payment, or of the return of a debit that had paid it. The wait for the next
        step is counted anew from it
    :param silence: what silences it, if anything does
    """

    due: date
    residual: Decimal
    level: int = 0
    last_action: date | None = None
    anchor: date | None = None
    silence: Silence | None = None


@dataclass(frozen=True)
class Decision:
    """What happens today.

    :param level: the step to take, counted from 1; None: none
    :param reason: 'due', or why nothing happens: 'settled', 'silent', 'finished', 'early' (the step's days are not
        over), 'waiting' (too soon after the last action, or after what set the clock anew) or 'small'
    :param next_level: the step that comes next, today or later; None: none is left
    :param next_on: the first day on which it may come, as things stand
    :param days_late: from the due date to today, negative before it
    :param days_since: from the last action to today
    """

    level: int | None
    reason: str
    next_level: int | None
    next_on: date | None
    days_late: int
    days_since: int | None


def decide(debt: Debt, levels: Sequence[Level], today: date) -> Decision:
    """The one step that ``debt`` gets on ``today``: the first that it has not reached yet, never a later one.

    A month without a run and an import of old invoices therefore begin where the ladder stood, and go on step by step
    with the days that each step asks for since the last one.

    :param levels: in order, without `fault`
    :raises ValueError: the debt is said to have reached more steps than there are
    """
    if not 0 <= debt.level <= len(levels):
        raise ValueError(f"level {debt.level} of {len(levels)}")
    number, begins, may_come = _next(debt, levels, today)
    reason = _reason(debt, levels, today, number, begins, may_come)
    return Decision(
        level=number if reason == "due" else None,
        reason=reason,
        next_level=number,
        next_on=may_come and max(may_come, _after_silence(debt)),
        days_late=(today - debt.due).days,
        days_since=(today - debt.last_action).days if debt.last_action else None,
    )


def fault(levels: Sequence[Level]) -> tuple[int, str] | None:
    """The first level, counted from 1, that makes no sense, and why; or None.

    :return: 'backwards' (not later than the level before), 'min_days' or 'min_amount' (below zero)
    """
    for number, level in enumerate(levels, 1):
        if number > 1 and level.days <= levels[number - 2].days:
            return number, "backwards"
        if level.min_days < 0:
            return number, "min_days"
        if level.min_amount < 0:
            return number, "min_amount"
    return None


def _next(debt: Debt, levels: Sequence[Level], today: date) -> tuple[int, date, date] | tuple[None, None, None]:
    """The first step not yet reached, with its `_days`; without those that cannot come before the due date any more."""
    for number in range(debt.level + 1, len(levels) + 1):
        begins, may_come = _days(debt, levels, number)
        if begins >= debt.due or max(may_come, _after_silence(debt), today) <= debt.due:
            return number, begins, may_come
    return None, None, None


def _days(debt: Debt, levels: Sequence[Level], number: int) -> tuple[date, date]:
    """The day on which the step begins by the due date, and the first one on which it may come by all rules."""
    level = levels[number - 1]
    begins = debt.due + timedelta(days=level.days)
    waits = [begins]
    if debt.last_action:
        waits.append(debt.last_action + timedelta(days=max(1, level.min_days)))
    if debt.anchor and debt.anchor > debt.due:
        spacing = level.days - levels[debt.level - 1].days if debt.level else 0
        waits.append(debt.anchor + timedelta(days=max(1, level.min_days, spacing)))
    return begins, max(waits)


def _reason(debt, levels, today, number, begins, may_come) -> str:
    if debt.residual <= 0:
        return "settled"
    if debt.silence and (debt.silence.until is None or today <= debt.silence.until):
        return "silent"
    if number is None:
        return "finished"
    if today < begins:
        return "early"
    if today < may_come:
        return "waiting"
    return "small" if debt.residual < levels[number - 1].min_amount else "due"


def _after_silence(debt: Debt) -> date:
    """The first day on which the silence is over, as far as it is known."""
    known = debt.silence and debt.silence.until
    return known + timedelta(days=1) if known else date.min
