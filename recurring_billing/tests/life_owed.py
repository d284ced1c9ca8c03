"""What a contract owes, in cents and day by day, from what is agreed of it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from .life_oracle import DAY, Agreement, cents, months_after, thirty


class Life(Agreement):
    """A contract with all that was decided of it, and what it owes."""

    def offers_day(self, day):
        """The day whose offers count: of whole periods the first one."""
        return max(self.period(day)[0], self.terms.start) if self.terms.proration == "none" else day

    def sharing(self, number, day):
        """The items among which an amount off the contract is shared on a day; only ``number`` where there is none."""
        shared = [self.offers[index] for index in self.offers_on(number, self.offers_day(day))]
        if not any(offer.item is None and offer.percent is None for offer in shared):
            return [number]
        days = [day]
        if self.terms.proration == "none":
            first, last = self.period(day)
            days = [first + index * DAY for index in range((last - first).days + 1)]
            days = [other for other in days if not self.rests(other)]
        others = [index for index, item in enumerate(self.items) if not item.is_once]
        return [index for index in others if index == number or any(self.is_in_effect(index, other) for other in days)]

    def agreed(self, number, day):
        """What decides on the amounts of an item for a day, comparable: values and offers, of all that share them."""
        return [
            (index, self.values(index, day), self.offers_on(index, self.offers_day(day)))
            for index in self.sharing(number, day)
        ]

    def full(self, number, day):
        """The amounts of a whole period at what is agreed for a day: the price, and less than zero each offer."""
        agreed = self.agreed(number, day)
        left = {index: cents(full_price(values)) for index, values, _offers in agreed}
        amounts = [left[number]]
        offers = {index for _number, _values, offers in agreed for index in offers}
        for offer in map(self.offers.__getitem__, sorted(offers, key=self.order)):
            for index, off in self.off(offer, left, day).items():
                left[index] -= off
                amounts += [-off] if index == number else []
        return amounts

    def off(self, offer, left, day):
        """{item: what an offer takes off it}, where ``left`` is what the offers before it left of each."""
        mine = {index: price for index, price in left.items() if offer.item in (None, index)}
        if offer.percent is not None:
            return {index: cents(Fraction(price) * Fraction(offer.percent) / 100) for index, price in mine.items()}
        total, reached, parts = sum(mine.values()), 0, {}
        amount = min(self.amount(offer, day), total)
        for index, price in sorted(mine.items()):
            before = cents(Fraction(amount) * Fraction(reached) / Fraction(total)) if total else 0
            reached += price
            parts[index] = cents(Fraction(amount) * Fraction(reached) / Fraction(total)) - before if total else 0
        return parts

    def owes(self, number, day):
        return (
            self.is_in_effect(number, day)
            and not self.rests(day)
            and self.given.get((number, day)) != self.agreed(number, day)
        )

    def worth(self, number, day):
        """What an item owes for a day, in cents: what is owed until then less what was owed until the day before."""
        item = self.items[number]
        if item.is_once:
            is_owed = day == item.first and self.is_in_effect(number, day)
            return self.full(number, day)[0] if is_owed and self.given.get((number, day)) is None else Decimal(0)
        if not self.owes(number, day):
            return Decimal(0)
        first, last = self.period(day)
        if self.terms.proration == "none":
            before = (first + index * DAY for index in range((day - first).days))
            return Decimal(0) if any(self.owes(number, other) for other in before) else sum(self.full(number, day))
        count = {"actual": date.toordinal, "thirty": thirty}[self.terms.proration]
        length = count(last) - count(first - DAY)
        until, before = (Fraction(count(end) - count(first - DAY), length) for end in (day, day - DAY))
        return sum(cents(amount * until) - cents(amount * before) for amount in map(Fraction, self.full(number, day)))

    def owed(self, until):
        """{(item, tax): what is owed} of the periods that are invoiced until a day."""
        sums = {}
        for number in range(len(self.items)):
            day, planned = self.terms.start, self.planned(self.terms.start)
            while planned <= until:
                if worth := self.worth(number, day):
                    key = number, self.values(number, day)["tax"]
                    sums[key] = sums.get(key, 0) + worth
                day += DAY
                planned = self.planned(day) if self.end() is None or day <= self.end() else date.max
        return {key: amount for key, amount in sums.items() if amount}

    def fee(self, last):
        """What an end on ``last``, for which notice is given today, costs of the commitment that it breaks."""
        bound = min(filter(None, (months_after(self.terms.start, self.terms.commitment) - DAY, self.terms.end)))
        free = self.snapshot()
        free.given = {}
        free.undone = self.undone | {number for number, _step in self.applied("termination")}
        days = [last + index * DAY for index in range(1, (bound - last).days + 1)]
        if self.terms.proration == "none":
            days = [day for day in days if self.period(day)[0] > last]
        numbers = [number for number, item in enumerate(self.items) if not item.is_once]
        rest = sum(free.worth(number, day) for number in numbers for day in days)
        return cents(Fraction(rest) * Fraction(self.terms.fee_percent) / 100)


def full_price(values):
    return values["quantity"] * values["price"] * (1 - values["discount"] / 100)
