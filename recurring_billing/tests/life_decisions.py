"""From what somebody decides to the step that a contract agrees: on which day, which line, at which price."""

from datetime import date
from decimal import Decimal

from .life_oracle import DAY, Item, Offer, Step, cents, length, months_after


class Decider:
    """Makes the `Step` of a decision on a `Life`; None where it would change nothing."""

    def __init__(self, life, percent):
        self.life = life
        self.percent = percent

    def step(self, kind, *values):
        return getattr(self, kind)(*values)

    def _begin_of_period(self, day):
        """``day``, or the first day of its period where the contract knows whole ones alone."""
        return max(self.life.period(max(day, self.life.terms.start))[0], self.life.terms.start)

    def _day(self, day):
        day = max(day, self.life.terms.start)
        return self._begin_of_period(day) if self.life.terms.proration == 'none' else day

    def _recurring(self, number):
        numbers = [index for index, item in enumerate(self.life.items) if not item.is_once]
        return numbers[number % len(numbers)]

    def _change(self, day, number, wanted, kind):
        day, number = self._day(day), self._recurring(number)
        agreed = self.life.values(number, max(day, self.life.items[number].first))
        changes = {name: value for name, value in wanted.items() if value != agreed[name]}
        return Step(kind, day, {number: changes}) if changes else None

    def quantity(self, day, number, quantity):
        return self._change(day, number, {'quantity': quantity}, 'quantity')

    def price(self, day, number, price):
        return self._change(day, number, {'price': price}, 'price')

    def discount(self, day, number, percent):
        return self._change(day, number, {'discount': percent}, 'discount')

    def swap(self, day, number, price, product):
        return self._change(day, number, {'product': product, 'tax': product, 'price': price}, 'product')

    def end(self, day, number):
        return Step('end', self._day(day), item=self._recurring(number))

    def add(self, day, values, is_once):
        day = self._day(day)
        return Step('add', day, added=Item(day, values, is_once))

    def pause(self, day, lasts, is_billed):
        day = self._day(day)
        return Step('pause', day, until=day + lasts if lasts is not None else None, is_billed=is_billed)

    def resume(self, day):
        return Step('resume', self._day(day))

    def offer(self, day, lasts, off, number):
        day, (percent, amount) = self._day(day), off
        item = None if number is None else self._recurring(number)
        last = None if lasts is None else day + lasts
        return Step('offer', day, offers=(Offer(day, last, percent, amount, item),))

    def end_offer(self, day, number):
        day = self._day(day)
        numbers = [index for index, offer in enumerate(self.life.offers) if offer.first <= day]
        return Step('end_offer', day, ended=(numbers[number % len(numbers)],)) if numbers else None

    def frequency(self, day, grid):
        day = self._begin_of_period(day)
        factor = length(*grid) / length(*self.life.grid(day)[1:])
        return Step('frequency', day, grid=grid, factor=factor)

    def revision(self, day):
        day = self._day(day)
        factor = 1 + self.percent / 100
        numbers = [n for n, item in enumerate(self.life.items) if not item.is_once and self.life.is_in_effect(n, day)]
        prices = {number: cents(self.life.values(number, day)['price'] * factor) for number in numbers}
        return Step('revision', day, {number: {'price': price} for number, price in prices.items()})

    def termination(self, day, has_fee):
        day = max(self._day(day), self.life.terms.start + DAY)
        fee = self.life.fee(day - DAY) if has_fee else 0
        values = {'price': fee, 'quantity': Decimal(1), 'discount': Decimal(0)}
        values |= {'product': 'standard', 'tax': 'standard'}
        return Step('termination', day, added=Item(day - DAY, values, True) if fee else None, is_billed=has_fee)

    def withdrawal(self):
        terminations = self.life.applied('termination')
        return Step('undo', terminations[-1][1].day, undoes=terminations[-1][0]) if terminations else None

    def undo(self, number):
        steps = self.life.applied()
        steps = [(index, step) for index, step in steps if step.kind != 'undo']
        if not steps:
            return None
        index, step = steps[number % len(steps)]
        return Step('undo', step.day, undoes=index)


def offers_of(loyalty, terms):
    """The offers that the seniority of a contract earns within a year of its start, as the oracle counts them."""
    horizon = min(filter(None, (terms.end, terms.start + 366 * DAY)))
    senior = sorted(months for kind, months, _value in loyalty if kind == 'percent')
    offers = []
    for kind, months, value in loyalty:
        if kind == 'percent':
            later = [months_after(terms.start, other) - DAY for other in senior if other > months]
            offers.append(Offer(months_after(terms.start, months), min(later, default=None), percent=value))
            continue
        for year in range(-(-months // 12), 2):
            first = months_after(terms.start, 12 * year)
            offers.append(Offer(first, months_after(terms.start, 12 * year + value) - DAY, percent=100))
    offers = [offer for offer in offers if offer.first <= horizon]
    return sorted(offers, key=lambda offer: (offer.first, offer.last or date.max))
