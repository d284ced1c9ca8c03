from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.indexation import (
    MissingIndexValueError,
    Revision,
    next_revision,
    reference_month,
    revise_by_index,
    revise_by_percent,
    value_of,
)
from odoo.addons.recurring_billing.tools.recurrence import Recurrence

CENT = Decimal("0.01")
LAW = settings(max_examples=100, deadline=None, database=None)
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
PRICES = st.decimals(0, 100_000, places=2)
VALUES = st.decimals("0.1", 10_000, places=1)
BOUNDS = st.none() | st.decimals(-50, 50, places=2)


def on(text):
    return date.fromisoformat(text)


def decimal(text):
    return text and Decimal(text)


class TestIndexation(BaseCase):
    def test_a_price_follows_its_index_within_cap_and_floor(self):
        cases = (
            ("100 x 321.4 / 310.0 = 103.677", "100", "310.0", "321.4", None, None, "103.68", "3214/3100", ""),
            ("100 x 310 / 310", "100", "310", "310", "3", "0", "100.00", "1", ""),
            ("+3.68 % within 4 %", "100", "310.0", "321.4", "4", None, "103.68", "3214/3100", ""),
            ("+3.68 % above 3 %: 100 x 1.03", "100", "310.0", "321.4", "3", None, "103.00", "103/100", "cap"),
            ("+3 % on the cap of 3 %", "100", "100", "103", "3", None, "103.00", "103/100", ""),
            ("-5 % without floor", "100", "120", "114", "3", None, "95.00", "19/20", ""),
            ("-5 % below -2 %: 100 x 0.98", "100", "120", "114", None, "-2", "98.00", "49/50", "floor"),
            ("-5 % where it never falls", "100", "120", "114", "3", "0", "100.00", "1", "floor"),
            ("-2 % on the floor of -2 %", "100", "100", "98", None, "-2", "98.00", "49/50", ""),
            ("+0.5 % below +1 %: 100 x 1.01", "100", "200", "201", "3", "1", "101.00", "101/100", "floor"),
            ("a cap below zero: 100 x 0.99", "100", "100", "100", "-1", None, "99.00", "99/100", "cap"),
            ("cap and floor alike: 49.90 x 1.02 = 50.898", "49.90", "100", "110", "2", "2", "50.90", "51/50", "cap"),
            ("a rebate: -10 x 1.05", "-10", "100", "105", None, None, "-10.50", "21/20", ""),
            ("nothing", "0", "100", "105", None, None, "0.00", "21/20", ""),
        )
        for name, price, base, now, cap, floor, expected, ratio, limit in cases:
            with self.subTest(name):
                result = revise_by_index(
                    Decimal(price),
                    Decimal(base),
                    Decimal(now),
                    CENT,
                    cap=decimal(cap),
                    floor=decimal(floor),
                )
                self.assertEqual(result, Revision(Decimal(expected), Fraction(ratio), limit))
                self.assertEqual(str(result.price), expected)

    def test_a_price_is_rounded_once_to_its_own_precision(self):
        cases = (
            ("0.0123 x 1.05 = 0.012915", "0.0123", "0.0001", "0.0129"),
            ("0.30 x 1.05 = 0.315, half up", "0.30", "0.01", "0.32"),
            ("-0.30 x 1.05 = -0.315, half away from zero", "-0.30", "0.01", "-0.32"),
            ("1234 x 1.05 = 1295.7", "1234", "1", "1296"),
            ("19.99 x 1.05 = 20.9895", "19.99", "0.001", "20.990"),
        )
        for name, price, rounding, expected in cases:
            with self.subTest(name):
                result = revise_by_index(Decimal(price), Decimal(100), Decimal(105), Decimal(rounding))
                self.assertEqual(str(result.price), expected)

    def test_a_fixed_percentage(self):
        cases = (
            ("49.90 x 1.02 = 50.898", "49.90", "2", "50.90", "51/50"),
            ("50.90 x 1.02 = 51.918: from the price in force", "50.90", "2", "51.92", "51/50"),
            ("100 x 1.025", "100", "2.5", "102.50", "41/40"),
            ("100 x 0.95", "100", "-5", "95.00", "19/20"),
            ("100 x 1", "100", "0", "100.00", "1"),
        )
        for name, price, percent, expected, ratio in cases:
            with self.subTest(name):
                result = revise_by_percent(Decimal(price), Decimal(percent), CENT)
                self.assertEqual(result, Revision(Decimal(expected), Fraction(ratio)))

    def test_a_revision_that_makes_no_sense_is_refused(self):
        def revise(base="100", now="100", **bounds):
            return revise_by_index(Decimal(100), Decimal(base), Decimal(now), CENT, **bounds)

        cases = (
            ("must be positive: 0 at base, 100 now", lambda: revise(base="0")),
            ("must be positive: 100 at base, 0 now", lambda: revise(now="0")),
            ("must be positive: 100 at base, -1 now", lambda: revise(now="-1")),
            ("the floor of 3 % lies above the cap of 2 %", lambda: revise(cap=Decimal(2), floor=Decimal(3))),
            ("cannot fall by 100 % or more: -100 %", lambda: revise(cap=Decimal(-100))),
            ("cannot fall by 100 % or more: -100 %", lambda: revise(floor=Decimal(-100))),
            ("cannot fall by 100 % or more: -100 %", lambda: revise_by_percent(Decimal(1), Decimal(-100), CENT)),
        )
        for message, revise_wrongly in cases:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                revise_wrongly()

    def test_the_month_whose_value_counts(self):
        cases = (
            ("that of the revision", "2026-11-15", 0, 1, "2026-11-01"),
            ("3 months before", "2026-11-15", 3, 1, "2026-08-01"),
            ("from a month's last day", "2026-05-31", 3, 1, "2026-02-01"),
            ("over the turn of the year", "2026-01-01", 2, 1, "2025-11-01"),
            ("13 months before", "2026-01-31", 13, 1, "2024-12-01"),
            ("the quarter that holds August", "2026-11-15", 3, 3, "2026-07-01"),
            ("the quarter that holds July, its first month", "2026-07-01", 0, 3, "2026-07-01"),
            ("the quarter that holds September, its last month", "2026-11-15", 2, 3, "2026-07-01"),
            ("the last quarter of the year before", "2026-01-10", 1, 3, "2025-10-01"),
            ("a yearly value", "2026-11-15", 12, 12, "2025-01-01"),
        )
        for name, day, lag, every, expected in cases:
            with self.subTest(name):
                self.assertEqual(reference_month(on(day), lag, every), on(expected))

    def test_an_index_has_a_value_for_each_month_where_nothing_else_is_said(self):
        self.assertEqual(reference_month(date(2026, 11, 15), 3), date(2026, 8, 1))

    def test_a_month_that_makes_no_sense_is_refused(self):
        for message, lag, every in (
            ("negative lag: -1", -1, 1),
            ("must divide a year: 0", 0, 0),
            ("must divide a year: 5", 0, 5),
            ("must divide a year: -3", 0, -3),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                reference_month(date(2026, 1, 1), lag, every)

    def test_a_missing_value_names_its_month_and_no_other_takes_its_place(self):
        values = {date(2026, 7, 1): Decimal("318.9"), date(2026, 9, 1): Decimal("320.1")}
        self.assertEqual(value_of(values, date(2026, 7, 1)), Decimal("318.9"))
        with self.assertRaisesRegex(MissingIndexValueError, "no index value for 2026-08") as caught:
            value_of(values, date(2026, 8, 1))
        self.assertEqual(caught.exception.month, date(2026, 8, 1))
        self.assertNotIsInstance(caught.exception, (ValueError, KeyError))

    def test_the_next_anniversary_never_drifts(self):
        leap, plain = Recurrence(date(2024, 2, 29), "year", 1), Recurrence(date(2026, 3, 15), "year", 1)
        cases = (
            ("after the start", plain, "2026-03-15", "2027-03-15"),
            ("before the start", plain, "2025-01-01", "2027-03-15"),
            ("the day before", plain, "2027-03-14", "2027-03-15"),
            ("on the day: the next one", plain, "2027-03-15", "2028-03-15"),
            ("of 29 February, in a year without", leap, "2024-02-29", "2025-02-28"),
            ("of 29 February, the third", leap, "2026-02-28", "2027-02-28"),
            ("of 29 February, back in a leap year", leap, "2027-02-28", "2028-02-29"),
            ("every second year", Recurrence(date(2026, 3, 15), "year", 2), "2026-12-31", "2028-03-15"),
        )
        for name, years, after, expected in cases:
            with self.subTest(name):
                self.assertEqual(next_revision(years, on(after)), on(expected))

    def test_the_next_fixed_day_of_the_year(self):
        start = date(2026, 11, 10)
        january, february = Recurrence(start, "year", 1, 1, 1), Recurrence(start, "year", 1, 29, 2)
        cases = (
            ("the first 1 January after the start", january, "2026-11-10", "2027-01-01"),
            ("not the one before the start", january, "2025-06-01", "2027-01-01"),
            ("the day before", january, "2026-12-31", "2027-01-01"),
            ("on the day: the next one", january, "2027-01-01", "2028-01-01"),
            ("29 February", february, "2026-11-10", "2027-02-28"),
            ("29 February of a leap year", february, "2027-02-28", "2028-02-29"),
            ("a start on the day", Recurrence(date(2027, 1, 1), "year", 1, 1, 1), "2027-01-01", "2028-01-01"),
        )
        for name, years, after, expected in cases:
            with self.subTest(name):
                self.assertEqual(next_revision(years, on(after)), on(expected))

    @LAW
    @given(PRICES, VALUES, VALUES, BOUNDS, BOUNDS)
    def test_a_revised_price_keeps_its_bounds(self, price, base, now, cap, floor):
        assume(cap is None or floor is None or floor <= cap)
        result = revise_by_index(price, base, now, CENT, cap=cap, floor=floor)
        change = (result.ratio - 1) * 100
        self.assertTrue(cap is None or change <= Fraction(cap))
        self.assertTrue(floor is None or change >= Fraction(floor))
        self.assertEqual(result.limit == "", result.ratio == Fraction(now) / Fraction(base))
        self.assertLessEqual(abs(Fraction(result.price) - Fraction(price) * result.ratio), Fraction(CENT) / 2)

    @LAW
    @given(DAYS, st.integers(0, 40), st.sampled_from([1, 2, 3, 4, 6, 12]))
    def test_the_value_that_counts_is_the_last_one_begun_by_the_month_of_the_lag(self, day, lag, every):
        month = reference_month(day, lag, every)
        self.assertEqual((month.day, (month.month - 1) % every), (1, 0))
        behind = (day.year - month.year) * 12 + day.month - month.month
        self.assertIn(behind - lag, range(every))

    @LAW
    @given(DAYS, DAYS, st.integers(0, 31), st.integers(0, 12))
    def test_the_next_revision_follows_within_a_year(self, start, after, day, month):
        years = Recurrence(start, "year", 1, day, month)
        revision = next_revision(years, after)
        self.assertGreater(revision, max(start, after))
        self.assertLessEqual((revision - max(start, after)).days, 366)
        self.assertGreater(next_revision(years, revision), revision)
        self.assertEqual(years.period(years.index_of(revision)).start, revision)
