"""What is agreed of a contract, told day by day from all that was decided (`life_owed` says what it owes then).

Written apart from the addon, whose tools it judges: it knows no bills, no versions and no credits, only what holds on
each day. Slow and simple.
"""

from bisect import bisect_right
from calendar import monthrange
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import prod

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    start: date
    end: date | None
    unit: str  # "week" or "month"
    interval: int
    timing: str = "advance"
    proration: str = "actual"
    is_calendar: bool = False
    commitment: int = 0  # months
    fee_percent: Decimal = Decimal(0)


@dataclass(frozen=True)
class Item:
    """A line: ``values`` has its price, quantity, discount (in percent), product and tax as first agreed."""

    first: date
    values: dict
    is_once: bool = False
    step: int | None = None  # which step added it


@dataclass(frozen=True)
class Offer:
    """A discount; ``item`` None is off all lines, an amount then shared by those in effect."""

    first: date
    last: date | None
    percent: Decimal | None = None
    amount: Decimal | None = None
    item: int | None = None
    step: int | None = None


@dataclass(frozen=True)
class Step:
    """Something agreed, on whatever day, that holds from ``day`` on."""

    kind: str
    day: date
    changes: dict = field(default_factory=dict)  # {item: {name: value}}
    item: int | None = None  # the one that ends
    added: Item | None = None
    offers: tuple = ()
    ended: tuple = ()  # numbers of offers that end before the day
    until: date | None = None  # last day of a pause
    is_billed: bool = False
    grid: tuple | None = None  # unit, interval
    factor: Fraction | None = None  # what a period of that grid costs in former ones
    undoes: int | None = None


class Agreement:
    """A contract with all its steps, in the order in which they were decided."""

    def __init__(self, terms, items, offers=()):
        self.terms = terms
        self.items = list(items)
        self.offers = list(offers)
        self.steps = []
        self.undone = set()
        self._starts = {}
        self.given = {}  # {(item, day): what was agreed of it when it was billed and given away}

    def snapshot(self):
        other = copy(self)
        for name in ("items", "offers", "steps", "undone", "given"):
            setattr(other, name, copy(getattr(self, name)))
        return other

    # what is agreed

    def agree(self, step):
        number = len(self.steps)
        if step.kind == "termination":  # a contract ends once
            self.undone |= {index for index, _former in self.applied("termination")}
        self.steps.append(step)
        if step.undoes is not None:
            self.undone.add(step.undoes)
        if step.added:
            self.items.append(Item(step.added.first, step.added.values, step.added.is_once, number))
        self.offers += [
            Offer(offer.first, offer.last, offer.percent, offer.amount, offer.item, number) for offer in step.offers
        ]

    def applied(self, *kinds):
        return [
            (number, step)
            for number, step in enumerate(self.steps)
            if number not in self.undone and (step.kind in kinds or not kinds)
        ]

    def end(self):
        """The last day, or None."""
        terminations = self.applied("termination")
        return terminations[-1][1].day - DAY if terminations else self.terms.end

    def is_in_effect(self, number, day):
        item, end = self.items[number], self.end()
        stops = [step.day for _number, step in self.applied("end") if step.item == number]
        return (
            item.step not in self.undone
            and max(item.first, self.terms.start) <= day
            and (end is None or day <= end)
            and not any(stop <= day for stop in stops)
        )

    def values(self, number, day):
        """What is agreed of an item on a day: of each value what holds since the latest day, and was decided last."""
        values, since = dict(self.items[number].values), {}
        for _number, step in self.applied():
            for name, value in step.changes.get(number, {}).items():
                if step.day <= day and step.day >= since.get(name, step.day):
                    values[name], since[name] = value, step.day
        return {**values, "price": self.price(number, day)}

    def price(self, number, day):
        """The price of an item on a day: the one that was agreed last for it, followed by each frequency since then."""
        item = self.items[number]
        agreed = [
            (step.day, index, step.changes[number]["price"])
            for index, step in self.applied()
            if step.day <= day and "price" in step.changes.get(number, {})
        ]
        since, decided, price = max(agreed, default=(date.min, self.decided(item), item.values["price"]))
        grids = sorted((step.day, index, step.factor) for index, step in self.applied("frequency") if step.day <= day)
        if agreed:
            price = cents(
                Fraction(price) * prod(factor for first, index, factor in grids if first < since and index > decided)
            )
        for first, index, factor in grids:
            if (first > since or (first == since and index > decided)) if agreed else self.follows(item, first, index):
                price = cents(Fraction(price) * factor)
        return price

    @staticmethod
    def decided(found):
        """The number of the step that agreed an item or an offer, -1 for the start."""
        return -1 if found.step is None else found.step

    def follows(self, found, first, index):
        """Whether an item or an offer follows the frequency that was agreed by a step for the day ``first``."""
        return first > found.first or index > self.decided(found)

    def amount(self, offer, day):
        """The amount that an offer takes off a period of a day."""
        followed = [
            step.factor
            for index, step in self.applied("frequency")
            if step.day <= day and self.follows(offer, step.day, index)
        ]
        return cents(Fraction(offer.amount) * prod(followed))

    def offers_on(self, number, day):
        """The numbers of the offers off an item on a day, in the order in which they are taken off."""
        if self.items[number].is_once:
            return []
        found = []
        for index, offer in enumerate(self.offers):
            if offer.item in (None, number) and offer.first <= day <= self.last_day(index):
                found.append(index)
        return sorted(found, key=self.order)

    def order(self, index):
        """Percentages first, each kind in the order of their days."""
        return self.offers[index].amount is not None, self.offers[index].first, index

    def last_day(self, index):
        """The last day of an offer; before its first one where it was taken back."""
        offer = self.offers[index]
        if offer.step in self.undone:
            return date.min
        stops = [step.day - DAY for _number, step in self.applied() if index in step.ended]
        return min([*stops, offer.last or date.max])

    def rests(self, day):
        """Whether a pause that is not billed holds on a day."""
        pauses = []
        for _number, step in self.applied("pause", "resume"):
            if step.kind == "pause":
                pauses.append([step.day, step.until or date.max, step.is_billed])
            for pause in pauses if step.kind == "resume" else ():
                if pause[0] <= step.day <= pause[1]:
                    pause[1] = step.day - DAY
        held = [is_billed for first, last, is_billed in pauses if first <= day <= last]
        return bool(held) and not held[-1]

    # periods: anchor + n × interval

    def grid(self, day):
        """(first day, unit, interval) of the grid that holds on a day."""
        grids = [(self.terms.start, -1, self.terms.unit, self.terms.interval)]
        grids += [(step.day, number, *step.grid) for number, step in self.applied("frequency")]
        first, _number, unit, interval = max(grid for grid in grids if grid[0] <= max(day, self.terms.start))
        return first, unit, interval

    def period(self, day):
        """(first, last) day of the whole period that holds a day."""
        begin, unit, interval = self.grid(day)
        starts = self._starts.get((begin, unit, interval))
        if not starts:
            starts = self._starts[begin, unit, interval] = self.starts(begin, unit, interval)
        place = bisect_right(starts, day)
        return starts[place - 1], starts[place] - DAY

    def starts(self, begin, unit, interval):
        is_calendar = self.terms.is_calendar
        if unit == "week":
            origin = begin - begin.weekday() * DAY if is_calendar else begin
            return [origin + 7 * interval * index * DAY for index in range(-1, 210)]
        anchor = begin.day
        if self.terms.unit == "month":  # the day of the start stays
            anchor = 1 if is_calendar else self.terms.start.day
        origin = begin.replace(month=1, day=1) if is_calendar and interval > 1 else begin
        return [months_after(origin, interval * index, anchor) for index in range(-1, 49)]

    def planned(self, day):
        """When the period of a day is invoiced."""
        first, last = self.period(day)
        if self.terms.timing == "arrears":
            return min(filter(None, (last, self.end())))
        return max(first, self.terms.start, self.grid(day)[0])


def months_after(day, months, anchor=None):
    """The day ``months`` later, on the day ``anchor`` of the month or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(anchor or day.day, monthrange(year, month + 1)[1]))


def thirty(day):
    """Days until a day where each month has 30."""
    is_last = (day + DAY).day == 1
    return (day.year * 12 + day.month) * 30 + (30 if is_last else min(day.day, 30))


def cents(amount):
    """``amount`` in whole cents, halves away from zero."""
    exact = Fraction(amount) * 100
    units = int(abs(exact) + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units) / 100


def length(unit, interval):
    """Months of a period: a year has 52 weeks."""
    return Fraction(interval * 12, 52) if unit == "week" else Fraction(interval)
