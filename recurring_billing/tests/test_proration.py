from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.proration import prorate, share

CENT = Decimal("0.01")
JUNE = (date(2026, 6, 1), date(2026, 6, 30))
LAW = settings(max_examples=100, deadline=None, database=None)
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=4)
PARTS = st.fractions(0, 1, max_denominator=366)
ROUNDINGS = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.001"), Decimal("1")])


class TestProration(BaseCase):
    def test_a_share_counts_the_days_of_both_ends(self):
        cases = (
            (date(2026, 6, 1), date(2026, 6, 30), Fraction(1)),
            (date(2026, 6, 16), date(2026, 6, 30), Fraction(1, 2)),
            (date(2026, 6, 30), date(2026, 6, 30), Fraction(1, 30)),
            (date(2026, 5, 1), date(2026, 6, 10), Fraction(1, 3)),
            (date(2026, 5, 1), date(2026, 7, 10), Fraction(1)),
            (date(2026, 5, 1), date(2026, 5, 31), Fraction(0)),
            (date(2026, 7, 1), date(2026, 7, 31), Fraction(0)),
            (date(2026, 6, 11), date(2026, 6, 10), Fraction(0)),
            (date(2026, 6, 20), date(2026, 6, 10), Fraction(0)),
        )
        for first, last, expected in cases:
            with self.subTest(first=first, last=last):
                self.assertEqual(share(first, last, *JUNE), expected)

    def test_a_whole_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(ValueError):
            share(*JUNE, date(2026, 6, 2), date(2026, 6, 1))

    def test_an_amount_is_rounded_once_with_halves_away_from_zero(self):
        cases = (
            ("100.00", Fraction(1, 3), "0.01", "33.33"),
            ("100.00", Fraction(2, 3), "0.01", "66.67"),
            ("0.05", Fraction(1, 2), "0.01", "0.03"),
            ("-0.05", Fraction(1, 2), "0.01", "-0.03"),
            ("0.01", Fraction(1, 2), "0.01", "0.01"),
            ("49.90", Fraction(1), "0.01", "49.90"),
            ("49.90", Fraction(0), "0.01", "0.00"),
            ("10.00", Fraction(1, 3), "0.05", "3.35"),
            ("1000", Fraction(1, 3), "1", "333"),
            # 0.00499... rounds down, although a first rounding to 3 places would make it 0.005.
            ("0.02", Fraction(2499, 10000), "0.01", "0.00"),
        )
        for amount, part, rounding, expected in cases:
            with self.subTest(amount=amount, part=part, rounding=rounding):
                result = prorate(Decimal(amount), part, Decimal(rounding))
                self.assertEqual(str(result), expected)

    def test_a_rounding_must_be_positive(self):
        for rounding in ("0", "-0.01"):
            with self.subTest(rounding=rounding), self.assertRaises(ValueError):
                prorate(Decimal("1"), Fraction(1), Decimal(rounding))

    @LAW
    @given(st.integers(1, 400), st.sets(st.integers(1, 399), max_size=6))
    def test_the_shares_of_the_parts_sum_to_the_whole(self, days, cuts):
        first = JUNE[0]
        last = first + timedelta(days=days - 1)
        edges = [0, *sorted(cut for cut in cuts if cut < days), days]
        parts = [
            share(first + timedelta(days=begin), first + timedelta(days=end - 1), first, last)
            for begin, end in pairwise(edges)
        ]
        self.assertEqual(sum(parts), 1)
        self.assertTrue(all(parts))

    @LAW
    @given(AMOUNTS, PARTS, ROUNDINGS)
    def test_a_prorated_amount_is_the_nearest_multiple(self, amount, part, rounding):
        result = prorate(amount, part, rounding)
        self.assertEqual(result % rounding, 0)
        error = abs(Fraction(result) - Fraction(amount) * part)
        self.assertLessEqual(error, Fraction(rounding) / 2)
        self.assertEqual(prorate(-amount, part, rounding), -result)

    @LAW
    @given(AMOUNTS, PARTS)
    def test_two_parts_of_a_price_differ_from_it_by_one_cent_at_most(self, amount, part):
        price = prorate(amount, Fraction(1), CENT)
        parts = prorate(price, part, CENT) + prorate(price, 1 - part, CENT)
        self.assertLessEqual(abs(parts - price), CENT)
