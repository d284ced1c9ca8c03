from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.owing import subtract
from odoo.addons.recurring_billing.tools.proration import Days, part, prorate, share

from .common_owing import CENT, JUNE, Ledger, each_day, june

LAW = settings(max_examples=100, deadline=None, database=None)
ROUNDINGS = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.05"), Decimal("0.001")])
PRICES = st.decimals(0, 5_000, places=3)


@st.composite
def wholes(draw):
    """A month, a quarter, a year or any other days."""
    first = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    months = draw(st.sampled_from([0, 1, 3, 12]))
    if not months:
        return Days(first, first + timedelta(days=draw(st.integers(0, 60))))
    first = first.replace(month=(first.month - 1) // months * months + 1, day=1)
    month = first.month + months - 1
    return Days(first, date(first.year, month, monthrange(first.year, month)[1]))


@st.composite
def histories(draw, longest=7):
    """A period and the days that are owed of it, as a contract changes: it ends, goes on, starts later, is dropped."""
    whole = draw(wholes())
    length = (whole.last - whole.first).days + 1

    def owed(edges):
        first, last = sorted(edge % length for edge in edges)
        return Days(whole.first + timedelta(days=first), whole.first + timedelta(days=last))

    edges = st.tuples(st.integers(0, 366), st.integers(0, 366))
    steps = draw(st.lists(st.none() | st.just((0, length - 1)) | edges, min_size=1, max_size=longest))
    return whole, [owed(step) if step else None for step in steps]


class TestOwingLaws(BaseCase):
    """What holds for each bill and each history of it."""

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    @example((JUNE, [JUNE, june(11, 20), None, JUNE]), [CENT] * 7, CENT, "actual")
    @example((JUNE, [june(11, 20), JUNE, june(15, 15), None]), [Decimal("100")] * 7, CENT, "thirty")
    def test_what_is_billed_once_is_settled(self, history, prices, rounding, convention):
        whole, steps = history
        assume(convention == "actual" or whole.first != whole.last)
        ledger = Ledger(whole, rounding, convention)
        for owed, price in zip(steps, prices, strict=False):
            ledger.settle(owed, price)
            self.assertEqual(ledger.due(owed), ([], []), "a second run bills nothing")
            self.assertGreaterEqual(ledger.kept, 0)
            for line in ledger.lines:
                self.assertGreaterEqual(line.credited, 0)
                self.assertLessEqual(line.credited, line.amount)
            if not owed:
                self.assertEqual(ledger.kept, 0, "no stray cent stays with the bills")
            self.assertEqual(len(ledger.covered), len(set(ledger.covered)), "no day is billed twice")
        ledger.settle(None, prices[-1])
        self.assertEqual(ledger.kept, 0)

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS)
    def test_the_covered_days_are_the_owed_ones(self, history, prices, rounding):
        """Where each day is worth a unit of the currency: days worth nothing are not credited, so they stay covered."""
        whole, steps = history
        days = (whole.last - whole.first).days + 1
        ledger = Ledger(whole, rounding)
        for owed, price in zip(steps, prices, strict=False):
            ledger.settle(owed, days * rounding + price)
            self.assertEqual(sorted(ledger.covered), each_day([owed] if owed else []))

    @LAW
    @given(histories(), PRICES, ROUNDINGS)
    def test_days_worth_nothing_stay_covered(self, history, price, rounding):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        for owed in steps:
            ledger.settle(owed, price)
            owed_days = each_day([owed] if owed else [])
            self.assertLessEqual(set(owed_days), set(ledger.covered))
            for line in ledger.lines:
                for days in subtract(line.covered, [owed] if owed else []):
                    self.assertIn(0, (part(line.amount, days, line.days, rounding), line.creditable))

    @LAW
    @given(histories(), PRICES, ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    def test_at_one_price_the_money_kept_is_the_share_of_the_owed_days(self, history, price, rounding, convention):
        """To one unit for each line that was charged or credited: each is rounded, and none by more."""
        whole, steps = history
        assume(convention == "actual" or whole.first != whole.last)
        ledger = Ledger(whole, rounding, convention)
        for owed in steps:
            ledger.settle(owed, price)
            exact = Fraction(price) * Fraction(*share(owed, whole, convention)) if owed else 0
            self.assertLessEqual(abs(Fraction(ledger.kept) - exact), Fraction(rounding) * ledger.entries)

    @LAW
    @given(histories(longest=1), PRICES, ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    def test_an_end_known_after_the_bill_costs_as_much_as_one_known_before(self, history, price, rounding, convention):
        whole, (owed,) = history
        assume(convention == "actual" or whole.first != whole.last)
        assume(owed)
        price = prorate(price, Fraction(1), rounding)
        before, after = Ledger(whole, rounding, convention), Ledger(whole, rounding, convention)
        before.settle(owed, price)
        after.settle(whole, price)
        after.settle(owed, price)
        self.assertEqual(after.kept, before.kept)

    @LAW
    @given(histories(), PRICES, ROUNDINGS, st.fractions(0, 1, max_denominator=100))
    def test_money_given_away_is_neither_charged_again_nor_credited_twice(self, history, price, rounding, given_away):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        ledger.settle(whole, price)
        (line,) = ledger.lines
        gift = prorate(line.amount, given_away, rounding)
        ledger.lines = [replace(line, credited=gift)]
        self.assertEqual(ledger.due(whole), ([], []))
        for owed in steps:
            ledger.settle(owed, price)
            self.assertEqual(ledger.due(owed), ([], []))
            for line in ledger.lines:
                self.assertLessEqual(line.credited, line.amount)
        ledger.settle(None, price)
        self.assertEqual(ledger.kept, 0)

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS)
    def test_a_whole_credit_takes_back_the_line_as_it_was_billed(self, history, prices, rounding):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        for owed, price in zip(steps, prices, strict=False):
            for credit in ledger.settle(owed, price)[1]:
                is_all = credit.days == credit.billed.days and not credit.billed.credited
                self.assertEqual(credit.is_whole, is_all)
                if credit.is_whole:
                    self.assertEqual(credit.amount, credit.billed.amount)
                    self.assertEqual(ledger.lines[credit.billed.key].creditable, 0)
