from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.discount import Coverage, Discount, LoyaltyRule, reductions, seniority, spread
from odoo.addons.recurring_billing.tools.proration import Days
from odoo.addons.recurring_billing.tools.recurrence import UNITS, Recurrence

ONE_DAY = timedelta(days=1)
LAW = settings(max_examples=100, deadline=None, database=None)
STARTS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
# Yen, euro, cash in Swiss francs, Tunisian dinar.
ROUNDINGS = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.05"), Decimal("0.001")])
AMOUNTS = st.decimals(0, 10_000, places=3)
DISCOUNTS = st.builds(Discount, percent=st.decimals(0, 100, places=2)) | st.builds(Discount, amount=AMOUNTS)
RULES = st.builds(LoyaltyRule, st.integers(0, 60), percent=st.just(Decimal(5))) | st.builds(
    LoyaltyRule,
    st.integers(0, 60),
    free_months_per_year=st.integers(1, 12),
)


class TestDiscountLaws(BaseCase):
    @LAW
    @given(STARTS, st.sampled_from(UNITS), st.integers(1, 6), st.integers(0, 2_000), st.integers(1, 24))
    def test_as_many_periods_are_covered_as_were_given(self, start, unit, interval, offset, count):
        periods = Recurrence(start, unit, interval)
        first = start + timedelta(offset)
        coverage = Coverage.of_periods(periods, first, count)
        whole = [slot.whole for slot in periods.slots(start, coverage.last + timedelta(400))]
        covered = [period for period in whole if coverage.among(Days(period.start, period.end))]
        self.assertEqual(len(covered), count)
        self.assertTrue(covered[0].start <= first <= covered[0].end)
        for period in covered:
            self.assertEqual(coverage.among(Days(period.start, period.end)), (period.start, period.end))

    @LAW
    @given(AMOUNTS, st.lists(DISCOUNTS, max_size=6), ROUNDINGS)
    def test_discounts_never_take_more_than_the_price(self, price, discounts, rounding):
        taken = reductions(price, discounts, rounding)
        self.assertEqual(len(taken), len(discounts))
        for part in taken:
            self.assertGreaterEqual(part, 0)
            self.assertEqual(part % rounding, 0)
        (whole,) = reductions(price, [Discount(percent=Decimal(100))], rounding)
        self.assertLessEqual(sum(taken), whole)

    @LAW
    @given(AMOUNTS, st.lists(DISCOUNTS, max_size=6), ROUNDINGS)
    def test_a_percentage_takes_the_same_wherever_amounts_stand(self, price, discounts, rounding):
        percentages = [discount for discount in discounts if discount.percent is not None]
        amounts = [discount for discount in discounts if discount.percent is None]
        in_order = reductions(price, [*percentages, *amounts], rounding)
        mixed = reductions(price, discounts, rounding)
        self.assertEqual(
            [taken for taken, discount in zip(mixed, discounts, strict=True) if discount.percent is not None],
            in_order[: len(percentages)],
        )
        self.assertEqual(sum(mixed), sum(in_order))

    @LAW
    @given(st.lists(AMOUNTS, min_size=1, max_size=6), AMOUNTS, ROUNDINGS)
    def test_an_amount_off_several_prices_is_shared_to_the_last_cent(self, prices, amount, rounding):
        everything, off = Discount(percent=Decimal(100)), Discount(amount=amount)
        [whole] = spread(prices, [(everything, None)], rounding)
        [alone] = reductions(sum(whole), [off], rounding)
        [parts] = spread(prices, [(off, None)], rounding)
        self.assertEqual(sum(parts), alone)
        for part, price in zip(parts, whole, strict=True):
            self.assertTrue(0 <= part <= price, (part, price))
            self.assertEqual(part % rounding, 0)

    @LAW
    @given(STARTS, RULES, st.integers(-400, 4_000))
    def test_an_offer_covers_its_first_day_and_not_the_day_before(self, start, rule, offset):
        after = start + timedelta(offset)
        begin = rule.next_start(start, after)
        if begin is None:
            self.assertEqual(rule.covered(start, Days(after, after)), [Days(after, after)])
            return
        self.assertGreater(begin, after)
        self.assertGreaterEqual(seniority(start, begin), rule.after_months)
        self.assertEqual(rule.covered(start, Days(begin, begin)), [Days(begin, begin)])
        if rule.free_months_per_year != 12:
            before = begin - ONE_DAY
            self.assertEqual(rule.covered(start, Days(before, before)), [])

    @LAW
    @given(STARTS, RULES, st.integers(-400, 2_000), st.integers(0, 1_500))
    def test_days_are_covered_alike_one_by_one_and_together(self, start, rule, offset, length):
        first = start + timedelta(offset)
        some_days = [first + timedelta(count) for count in range(length + 1)]
        together = rule.covered(start, Days(first, some_days[-1]))
        one_by_one = [day for day in some_days if rule.covered(start, Days(day, day))]
        counted = [day for day in some_days if any(piece.first <= day <= piece.last for piece in together)]
        self.assertEqual(counted, one_by_one)
