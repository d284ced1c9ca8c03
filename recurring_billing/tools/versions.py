"""What is agreed of a contract, by days: the fold of all changes, whenever they were decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .owing import subtract
from .proration import Days

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """From ``day`` on, ``values`` hold instead of those before, and the others stay; None: then on nothing is owed.

    A value that is a function is called with all values before: one that follows from what was agreed until then.
    """

    day: date
    values: Mapping[str, Any] | None

    def after(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What holds from the day on, where ``before`` held until then."""
        changed = {name: value(before) if callable(value) else value for name, value in self.values.items()}
        return {**before, **changed}


@dataclass(frozen=True)
class Version:
    """``values`` hold from ``first`` to ``last``, both included; None: from the beginning, without end."""

    first: date | None
    last: date | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Pause:
    """The contract rests from ``first`` to ``last``, both included; None: until it is resumed.

    ``is_billed`` where its days are owed all the same.
    """

    first: date
    last: date | None = None
    is_billed: bool = False


@dataclass(frozen=True)
class Resumption:
    """The pauses that hold ``day`` end on the day before."""

    day: date


def versions(values: Mapping[str, Any], changes: Iterable[Change]) -> list[Version]:
    """The versions of what was first agreed as ``values``: in the order of their days, without gap or overlap.

    :param changes: in the order in which they were decided, for whatever day. A value holds until a change of the same
        value for a later day, and of two for the same day the one decided last wins: a change for the past leaves alone
        what was already agreed otherwise for a later day.
    """
    result = [Version(None, None, dict(values))]
    for change in sorted(changes, key=lambda change: change.day):
        if change.values is None:
            return _before(result, change.day)
        result = _from(result, change.day, change.after(result[-1].values))
    return result


def paused(steps: Iterable[Pause | Resumption]) -> list[tuple[Days, bool]]:
    """[(days, whether they are owed all the same)] on which a contract rests, in order, without overlap.

    The last range ends on `date.max` where nobody resumed it.

    :param steps: in the order in which they were decided; of two pauses on one day the one decided last wins
    """
    pauses: list[tuple[Days, bool]] = []
    for step in steps:
        if isinstance(step, Pause):
            pauses.append((Days(step.first, step.last or date.max), step.is_billed))
        else:
            pauses = [(left, is_billed) for days, is_billed in pauses if (left := _until(days, step.day))]
    result: list[tuple[Days, bool]] = []
    for rest, is_billed in pauses:
        earlier = [(piece, was_billed) for days, was_billed in result for piece in subtract([days], [rest])]
        result = [*earlier, (rest, is_billed)]
    return sorted(result)


def _from(result: list[Version], day: date, values: Mapping[str, Any]) -> list[Version]:
    before = _before(result, day)
    if before and before[-1].values == values:
        return [*before[:-1], Version(before[-1].first, None, values)]
    return [*before, Version(day if before else None, None, values)]


def _before(result: list[Version], day: date) -> list[Version]:
    """``result`` until the day before ``day``; a version that began on that day is gone."""
    *earlier, last = result
    return earlier if last.first == day else [*earlier, Version(last.first, day - _ONE_DAY, last.values)]


def _until(rest: Days, day: date) -> Days | None:
    if not rest.first <= day <= rest.last:
        return rest
    return Days(rest.first, day - _ONE_DAY) if rest.first < day else None
