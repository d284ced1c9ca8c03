from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.proration import CONVENTIONS, Days, Share, overlap, part, prorate, share

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")
LAW = settings(max_examples=100, deadline=None, database=None)
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=4)
PARTS = st.fractions(0, 1, max_denominator=366)
# Yen, euro, cash in Swiss francs, Tunisian dinar.
ROUNDINGS = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.05"), Decimal("0.001")])
BY_DAYS = st.sampled_from(["actual", "thirty"])


def days(first, last):
    return Days(date.fromisoformat(first), date.fromisoformat(last))


def month(year, number):
    return Days(date(year, number, 1), date(year, number, monthrange(year, number)[1]))


JUNE = month(2026, 6)


@st.composite
def ranges(draw, longest=400):
    first = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    return Days(first, first + timedelta(days=draw(st.integers(0, longest - 1))))


@st.composite
def cut_periods(draw):
    """A period and the pieces into which it is cut, in any order: each bills by itself, whatever was billed before."""
    whole = draw(ranges())
    length = (whole.last - whole.first).days + 1
    cuts = draw(st.sets(st.integers(1, length - 1), max_size=8)) if length > 1 else ()
    edges = [0, *sorted(cuts), length]
    pieces = [
        Days(whole.first + timedelta(days=begin), whole.first + timedelta(days=end - 1))
        for begin, end in pairwise(edges)
    ]
    return whole, draw(st.permutations(pieces))


def has_days(whole, convention):
    """Whether a period is worth anything: months of 30 days have no 31st."""
    return convention != "thirty" or whole.first != whole.last or whole.first.day != 31


class TestProration(BaseCase):
    def test_a_share_counts_the_days_of_both_ends(self):
        cases = (
            ("the whole", days("2026-06-01", "2026-06-30"), 30),
            ("its second half", days("2026-06-16", "2026-06-30"), 15),
            ("its first day", days("2026-06-01", "2026-06-01"), 1),
            ("its last day", days("2026-06-30", "2026-06-30"), 1),
            ("days that began before", days("2026-05-01", "2026-06-10"), 10),
            ("days that end after", days("2026-06-21", "2026-07-15"), 10),
            ("days around it", days("2026-05-01", "2026-07-10"), 30),
            ("days until the day before", days("2026-05-01", "2026-05-31"), 0),
            ("days from the day after", days("2026-07-01", "2026-07-31"), 0),
            ("days that end before they begin", days("2026-06-11", "2026-06-10"), 0),
            ("days that end long before they begin", days("2026-06-20", "2026-06-10"), 0),
        )
        for name, some_days, expected in cases:
            with self.subTest(name):
                self.assertEqual(share(some_days, JUNE), Share(expected, 30))

    def test_a_share_is_of_the_days_that_the_period_really_has(self):
        cases = (
            ("22 of 31 days of August", days("2026-08-10", "2026-08-31"), month(2026, 8), Share(22, 31)),
            ("21 of 30 days of November", days("2026-11-10", "2026-11-30"), month(2026, 11), Share(21, 30)),
            ("half of February", days("2026-02-15", "2026-02-28"), month(2026, 2), Share(14, 28)),
            ("the same in a leap year", days("2024-02-15", "2024-02-29"), month(2024, 2), Share(15, 29)),
            ("February of a year", month(2026, 2), days("2026-01-01", "2026-12-31"), Share(28, 365)),
            ("February of a leap year", month(2024, 2), days("2024-01-01", "2024-12-31"), Share(29, 366)),
            ("February of a quarter", month(2026, 2), days("2026-01-01", "2026-03-31"), Share(28, 90)),
            (
                "days over the turn of the year",
                days("2026-12-20", "2027-01-14"),
                days("2026-12-15", "2027-01-14"),
                (26, 31),
            ),
            ("a day of a week", days("2026-11-10", "2026-11-10"), days("2026-11-09", "2026-11-15"), Share(1, 7)),
        )
        for name, some_days, whole, expected in cases:
            with self.subTest(name):
                self.assertEqual(share(some_days, whole), expected)
                self.assertEqual(share(some_days, whole, "actual"), expected)

    def test_a_share_is_printed_as_it_is_counted(self):
        """Not reduced: 20 of 30 days are not 2/3 days."""
        printed = share(days("2026-06-11", "2026-06-30"), JUNE)
        self.assertEqual(f"{printed.days}/{printed.whole}", "20/30")
        self.assertEqual(Fraction(*printed), Fraction(2, 3))

    def test_months_of_30_days(self):
        cases = (
            ("January", month(2026, 1), month(2026, 1), 30, 30),
            ("January without the 31st", days("2026-01-01", "2026-01-30"), month(2026, 1), 30, 30),
            ("the 30th", days("2026-01-30", "2026-01-30"), month(2026, 1), 1, 30),
            ("the 30th and the 31st", days("2026-01-30", "2026-01-31"), month(2026, 1), 1, 30),
            ("the 31st adds nothing", days("2026-01-31", "2026-01-31"), month(2026, 1), 0, 30),
            ("from the 10th", days("2026-08-10", "2026-08-31"), month(2026, 8), 21, 30),
            ("until the 10th", days("2026-08-01", "2026-08-10"), month(2026, 8), 10, 30),
            ("April", month(2026, 4), month(2026, 4), 30, 30),
            ("30 April", days("2026-04-30", "2026-04-30"), month(2026, 4), 1, 30),
            ("February", month(2026, 2), month(2026, 2), 30, 30),
            ("1 to 14 February", days("2026-02-01", "2026-02-14"), month(2026, 2), 14, 30),
            ("15 to 28 February", days("2026-02-15", "2026-02-28"), month(2026, 2), 16, 30),
            ("27 February", days("2026-02-27", "2026-02-27"), month(2026, 2), 1, 30),
            ("28 February, the month's last day", days("2026-02-28", "2026-02-28"), month(2026, 2), 3, 30),
            ("February of a leap year", month(2024, 2), month(2024, 2), 30, 30),
            ("28 February of a leap year", days("2024-02-28", "2024-02-28"), month(2024, 2), 1, 30),
            ("29 February", days("2024-02-29", "2024-02-29"), month(2024, 2), 2, 30),
            ("15 to 29 February", days("2024-02-15", "2024-02-29"), month(2024, 2), 16, 30),
            ("January of a quarter", month(2026, 1), days("2026-01-01", "2026-03-31"), 30, 90),
            ("February of a quarter", month(2026, 2), days("2026-01-01", "2026-03-31"), 30, 90),
            ("the end of a year", days("2026-12-16", "2026-12-31"), days("2026-01-01", "2026-12-31"), 15, 360),
            ("over the turn of a year", days("2026-12-20", "2027-01-14"), days("2026-12-15", "2027-01-14"), 25, 30),
            ("outside", month(2026, 7), JUNE, 0, 30),
        )
        for name, some_days, whole, expected, length in cases:
            with self.subTest(name):
                self.assertEqual(share(some_days, whole, "thirty"), Share(expected, length))

    def test_each_quarter_has_90_days_and_each_year_360_in_months_of_30_days(self):
        for year in (2024, 2026):
            whole = Days(date(year, 1, 1), date(year, 12, 31))
            self.assertEqual(share(whole, whole, "thirty"), Share(360, 360))
            for first in (1, 4, 7, 10):
                with self.subTest(year=year, first=first):
                    quarter = Days(date(year, first, 1), month(year, first + 2).last)
                    self.assertEqual(share(quarter, whole, "thirty"), Share(90, 360))

    def test_without_proration_one_shared_day_is_the_whole(self):
        cases = (
            ("the whole", JUNE, 1),
            ("its first day", days("2026-06-01", "2026-06-01"), 1),
            ("its last day", days("2026-06-30", "2026-06-30"), 1),
            ("days that reach into it", days("2026-05-01", "2026-06-01"), 1),
            ("days around it", days("2026-05-01", "2026-07-31"), 1),
            ("days before it", days("2026-05-01", "2026-05-31"), 0),
            ("days after it", days("2026-07-01", "2026-07-31"), 0),
            ("no days", days("2026-06-11", "2026-06-10"), 0),
        )
        for name, some_days, expected in cases:
            with self.subTest(name):
                self.assertEqual(share(some_days, JUNE, "none"), Share(expected, 1))

    def test_a_period_of_which_there_is_no_share_is_refused(self):
        reversed_days = days("2026-06-02", "2026-06-01")
        the_31st = days("2026-08-31", "2026-08-31")
        cases = [
            ("the whole ends before it begins: 2026-06-02 to 2026-06-01", JUNE, reversed_days, convention)
            for convention in CONVENTIONS
        ]
        cases += [
            ("no days by the convention: 2026-08-31 to 2026-08-31", the_31st, the_31st, "thirty"),
            ("no days by the convention", JUNE, the_31st, "thirty"),
            ("unknown convention: fortnight", JUNE, JUNE, "fortnight"),
            ("unknown convention", month(2026, 7), JUNE, ""),
        ]
        for message, some_days, whole, convention in cases:
            with self.subTest(message, convention=convention), self.assertRaisesRegex(ValueError, message):
                share(some_days, whole, convention)

    def test_the_31st_is_a_whole_day_by_the_other_conventions(self):
        the_31st = days("2026-08-31", "2026-08-31")
        for convention in ("actual", "none"):
            with self.subTest(convention=convention):
                self.assertEqual(share(the_31st, the_31st, convention), Share(1, 1))

    def test_the_conventions_that_a_plan_may_choose(self):
        self.assertEqual(CONVENTIONS, ("actual", "thirty", "none"))

    def test_a_part_of_a_price(self):
        year, leap_year = days("2026-01-01", "2026-12-31"), days("2024-01-01", "2024-12-31")
        august, february = month(2026, 8), month(2026, 2)
        cases = (
            ("22/31 of 49.90", "49.90", days("2026-08-10", "2026-08-31"), august, "actual", "35.41"),
            ("the other 9/31", "49.90", days("2026-08-01", "2026-08-09"), august, "actual", "14.49"),
            ("21/30 of 49.90", "49.90", days("2026-08-10", "2026-08-31"), august, "thirty", "34.93"),
            ("all of 49.90", "49.90", days("2026-08-10", "2026-08-31"), august, "none", "49.90"),
            ("14/28 of 300", "300.00", days("2026-02-15", "2026-02-28"), february, "actual", "150.00"),
            ("16/30 of 300", "300.00", days("2026-02-15", "2026-02-28"), february, "thirty", "160.00"),
            ("0/30 of 300", "300.00", days("2026-08-31", "2026-08-31"), august, "thirty", "0.00"),
            ("1/31 of 300", "300.00", days("2026-08-31", "2026-08-31"), august, "actual", "9.68"),
            ("29/366 of a year", "366.00", month(2024, 2), leap_year, "actual", "29.00"),
            ("28/365 of a year", "365.00", february, year, "actual", "28.00"),
            ("a twelfth of a year", "360.00", february, year, "thirty", "30.00"),
            ("days around the period", "49.90", days("2026-07-15", "2026-09-15"), august, "actual", "49.90"),
            ("days that began before it", "31.00", days("2026-07-15", "2026-08-04"), august, "actual", "4.00"),
            ("days that end after it", "31.00", days("2026-08-28", "2026-09-15"), august, "actual", "4.00"),
            ("days before it", "49.90", month(2026, 7), august, "actual", "0.00"),
            ("days after it", "49.90", month(2026, 9), august, "thirty", "0.00"),
            ("days after it", "49.90", month(2026, 9), august, "none", "0.00"),
            ("a rebate", "-49.90", days("2026-08-10", "2026-08-31"), august, "actual", "-35.41"),
            ("nothing", "0.00", days("2026-08-10", "2026-08-31"), august, "actual", "0.00"),
            ("a price of three decimals", "49.905", august, august, "actual", "49.91"),
        )
        for name, amount, some_days, whole, convention, expected in cases:
            with self.subTest(name, convention=convention):
                result = part(Decimal(amount), some_days, whole, CENT, convention)
                self.assertEqual(str(result), expected)

    def test_a_part_is_counted_in_calendar_days_where_nothing_else_is_said(self):
        self.assertEqual(part(Decimal("28"), days("2026-02-28", "2026-02-28"), month(2026, 2), CENT), Decimal("1"))

    def test_each_part_bears_the_cent_that_the_parts_until_then_lack(self):
        """A third of 100.00 is 33.33, and yet the thirds make 100.00."""
        thirds = [
            days("2026-06-01", "2026-06-10"),
            days("2026-06-11", "2026-06-20"),
            days("2026-06-21", "2026-06-30"),
        ]
        cases = (
            ("100.00", "0.01", ["33.33", "33.34", "33.33"]),
            ("-100.00", "0.01", ["-33.33", "-33.34", "-33.33"]),
            ("0.01", "0.01", ["0.00", "0.01", "0.00"]),
            ("0.02", "0.01", ["0.01", "0.00", "0.01"]),
            ("100", "1", ["33", "34", "33"]),
            ("1", "1", ["0", "1", "0"]),
            ("100.00", "0.05", ["33.35", "33.30", "33.35"]),
            ("100.000", "0.001", ["33.333", "33.334", "33.333"]),
        )
        for amount, rounding, expected in cases:
            with self.subTest(amount=amount, rounding=rounding):
                parts = [part(Decimal(amount), third, JUNE, Decimal(rounding)) for third in thirds]
                self.assertEqual([str(third) for third in parts], expected)
                self.assertEqual(sum(parts), Decimal(amount))

    def test_a_part_of_a_period_that_makes_no_sense_is_refused(self):
        the_31st = days("2026-08-31", "2026-08-31")
        cases = (
            (JUNE, JUNE, CENT, "fortnight"),
            (the_31st, the_31st, CENT, "thirty"),
            (JUNE, JUNE, Decimal(0), "actual"),
            (JUNE, JUNE, -CENT, "actual"),
        )
        for some_days, whole, rounding, convention in cases:
            with self.subTest(whole=whole, rounding=rounding, convention=convention), self.assertRaises(ValueError):
                part(Decimal(1), some_days, whole, rounding, convention)

    def test_the_days_that_two_ranges_share(self):
        cases = (
            (
                "one day",
                days("2026-06-01", "2026-06-10"),
                days("2026-06-10", "2026-06-20"),
                ("2026-06-10", "2026-06-10"),
            ),
            (
                "some days",
                days("2026-06-01", "2026-06-10"),
                days("2026-06-05", "2026-06-20"),
                ("2026-06-05", "2026-06-10"),
            ),
            ("all days of one", days("2026-05-01", "2026-07-31"), JUNE, ("2026-06-01", "2026-06-30")),
            ("all days of both", JUNE, JUNE, ("2026-06-01", "2026-06-30")),
            ("neighbours share none", days("2026-06-01", "2026-06-10"), days("2026-06-11", "2026-06-20"), None),
            ("nor do those apart", month(2026, 1), JUNE, None),
            ("nor does one without days", days("2026-06-11", "2026-06-10"), JUNE, None),
        )
        for name, one, other, expected in cases:
            with self.subTest(name):
                shared = days(*expected) if expected else None
                self.assertEqual(overlap(one, other), shared)
                self.assertEqual(overlap(other, one), shared)

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
            ("1", Fraction(1, 2), "0.001", "0.500"),
            # 0.00499... rounds down, although a first rounding to 3 places would make it 0.005.
            ("0.02", Fraction(2499, 10000), "0.01", "0.00"),
        )
        for amount, fraction, rounding, expected in cases:
            with self.subTest(amount=amount, fraction=fraction, rounding=rounding):
                result = prorate(Decimal(amount), fraction, Decimal(rounding))
                self.assertEqual(str(result), expected)

    def test_a_rounding_must_be_positive(self):
        for rounding in ("0", "-0.01"):
            with self.subTest(rounding=rounding), self.assertRaises(ValueError):
                prorate(Decimal("1"), Fraction(1), Decimal(rounding))

    @LAW
    @given(cut_periods(), BY_DAYS)
    def test_the_days_of_the_pieces_sum_to_those_of_the_period(self, cut, convention):
        whole, pieces = cut
        assume(has_days(whole, convention))
        shares = [share(piece, whole, convention) for piece in pieces]
        self.assertEqual({piece.whole for piece in shares}, {share(whole, whole, convention).days})
        self.assertEqual(sum(piece.days for piece in shares), shares[0].whole)
        for piece, its_share in zip(pieces, shares, strict=True):
            # A single 31st alone is worth nothing.
            self.assertEqual(its_share.days > 0, has_days(piece, convention))

    @LAW
    @given(AMOUNTS, cut_periods(), ROUNDINGS, BY_DAYS)
    @example(
        Decimal("100"), (JUNE, [Days(date(2026, 6, day), date(2026, 6, day)) for day in range(1, 31)]), CENT, "actual"
    )
    @example(
        Decimal("-1"),
        (month(2026, 2), [Days(date(2026, 2, d), date(2026, 2, d)) for d in range(1, 29)]),
        CENT,
        "thirty",
    )
    def test_the_parts_of_a_period_sum_to_its_price_to_the_cent(self, amount, cut, rounding, convention):
        whole, pieces = cut
        assume(has_days(whole, convention))
        parts = [part(amount, piece, whole, rounding, convention) for piece in pieces]
        self.assertEqual(sum(parts), prorate(amount, Fraction(1), rounding))
        self.assertEqual(sum(parts), part(amount, whole, whole, rounding, convention))

    @LAW
    @given(AMOUNTS, cut_periods(), ROUNDINGS)
    def test_without_proration_each_piece_costs_the_whole(self, amount, cut, rounding):
        """So that such a period is billed once, whatever days of it are owed: its pieces do not sum to it."""
        whole, pieces = cut
        for piece in pieces:
            self.assertEqual(share(piece, whole, "none"), Share(1, 1))
            self.assertEqual(part(amount, piece, whole, rounding, "none"), prorate(amount, Fraction(1), rounding))

    @LAW
    @given(AMOUNTS, ranges(), ranges(), ROUNDINGS, BY_DAYS)
    def test_a_part_is_within_one_unit_of_the_exact_share(self, amount, some_days, whole, rounding, convention):
        assume(has_days(whole, convention))
        result = part(amount, some_days, whole, rounding, convention)
        exact = Fraction(amount) * Fraction(*share(some_days, whole, convention))
        self.assertEqual(result % rounding, 0)
        self.assertLessEqual(abs(Fraction(result) - exact), Fraction(rounding))
        # A price never turns into a rebate, nor a rebate into a price.
        self.assertGreaterEqual(result * amount, 0)
        self.assertEqual(part(-amount, some_days, whole, rounding, convention), -result)

    @LAW
    @given(AMOUNTS, ranges(), ranges(), ROUNDINGS, st.sampled_from(CONVENTIONS))
    def test_only_the_days_inside_the_period_count(self, amount, some_days, whole, rounding, convention):
        assume(has_days(whole, convention))
        inside = overlap(some_days, whole)
        if inside:
            self.assertEqual(share(some_days, whole, convention), share(inside, whole, convention))
            expected = part(amount, inside, whole, rounding, convention)
        else:
            self.assertEqual(share(some_days, whole, convention).days, 0)
            expected = 0
        self.assertEqual(part(amount, some_days, whole, rounding, convention), expected)

    @LAW
    @given(st.dates(date(2000, 1, 1), date(2040, 12, 31)), st.integers(1, 24))
    def test_months_from_any_day_until_the_28th_have_30_days_each(self, first, months):
        assume(first.day <= 28)
        year, number = divmod(first.year * 12 + first.month - 1 + months, 12)
        whole = Days(first, date(year, number + 1, first.day) - ONE_DAY)
        self.assertEqual(share(whole, whole, "thirty").whole, 30 * months)

    @LAW
    @given(ranges(longest=10), st.integers(-12, 12), st.integers(0, 9))
    def test_the_overlap_holds_the_days_that_lie_in_both(self, one, offset, length):
        first = one.first + timedelta(days=offset)
        other = Days(first, first + timedelta(days=length))
        in_both = [
            day
            for day in (one.first + timedelta(days=count) for count in range((one.last - one.first).days + 1))
            if other.first <= day <= other.last
        ]
        self.assertEqual(overlap(one, other), Days(in_both[0], in_both[-1]) if in_both else None)

    @LAW
    @given(AMOUNTS, PARTS, ROUNDINGS)
    def test_a_prorated_amount_is_the_nearest_multiple(self, amount, fraction, rounding):
        result = prorate(amount, fraction, rounding)
        self.assertEqual(result % rounding, 0)
        error = abs(Fraction(result) - Fraction(amount) * fraction)
        self.assertLessEqual(error, Fraction(rounding) / 2)
        self.assertEqual(prorate(-amount, fraction, rounding), -result)
