from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.usage_rating import SCHEMES, Row, Tier, contract_year, rate, true_up

CENT = Decimal("0.01")
LAW = settings(max_examples=100, deadline=None, database=None)
# Yen, euro, cash in Swiss francs, Tunisian dinar.
ROUNDINGS = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.05"), Decimal("0.001")])
QUANTITIES = st.decimals(0, 100_000, places=3)
PRICES = st.decimals(0, 1_000, places=4)


def tier(up_to, price, flat="0"):
    return Tier(up_to and Decimal(up_to), Decimal(price), Decimal(flat))


def printed(rows):
    return [(row.kind, str(row.quantity), str(row.price), str(row.amount)) for row in rows]


def total(rows):
    return sum(row.amount for row in rows)


# The first 100 at 0.50, the next 900 at 0.40, the rest at 0.30; entering the second costs 10, the third 25.
TIERS = [tier("100", "0.50"), tier("1000", "0.40", "10"), tier(None, "0.30", "25")]
PACKAGE = [tier(None, "9.90")]


@st.composite
def tiers(draw):
    ends = sorted(draw(st.sets(st.decimals("0.001", 50_000, places=3), max_size=4)))
    return [Tier(end, draw(PRICES), draw(PRICES)) for end in [*ends, None]]


class TestUsageRating(BaseCase):
    def test_graduated_each_slice_has_the_price_of_its_own_tier(self):
        cases = (
            ("nothing used", "0", [], "0"),
            ("100 x 0.50: the end belongs to the tier", "100", [("usage", "100", "0.50", "50.00")], "50.00"),
            (
                "100 x 0.50 + 1 x 0.40 + 10",
                "101",
                [("usage", "100", "0.50", "50.00"), ("usage", "1", "0.40", "0.40"), ("flat", "1", "10", "10.00")],
                "60.40",
            ),
            (
                "100 x 0.50 + 900 x 0.40 + 10 + 500 x 0.30 + 25",
                "1500",
                [
                    ("usage", "100", "0.50", "50.00"),
                    ("usage", "900", "0.40", "360.00"),
                    ("flat", "1", "10", "10.00"),
                    ("usage", "500", "0.30", "150.00"),
                    ("flat", "1", "25", "25.00"),
                ],
                "595.00",
            ),
            ("0.005 x 0.50 = 0.0025", "0.005", [("usage", "0.005", "0.50", "0.00")], "0.00"),
            ("0.01 x 0.50 = 0.005", "0.01", [("usage", "0.01", "0.50", "0.01")], "0.01"),
        )
        for name, quantity, expected, whole in cases:
            with self.subTest(name):
                rows = rate(Decimal(quantity), TIERS, CENT)
                self.assertEqual(printed(rows), expected)
                self.assertEqual(total(rows), Decimal(whole))

    def test_volume_all_has_the_price_of_the_tier_that_it_reaches(self):
        cases = (
            ("nothing used", "0", []),
            ("100 x 0.50", "100", [("usage", "100", "0.50", "50.00")]),
            ("101 x 0.40 + 10", "101", [("usage", "101", "0.40", "40.40"), ("flat", "1", "10", "10.00")]),
            ("1000 x 0.40 + 10", "1000", [("usage", "1000", "0.40", "400.00"), ("flat", "1", "10", "10.00")]),
            ("1500 x 0.30 + 25", "1500", [("usage", "1500", "0.30", "450.00"), ("flat", "1", "25", "25.00")]),
        )
        for name, quantity, expected in cases:
            with self.subTest(name):
                self.assertEqual(printed(rate(Decimal(quantity), TIERS, CENT, "volume")), expected)

    def test_each_started_package_costs_its_price(self):
        cases = (
            ("nothing used", "0", "100", []),
            ("1 of 100 starts 1", "1", "100", [("usage", "1", "9.90", "9.90")]),
            ("100 of 100 fill 1", "100", "100", [("usage", "1", "9.90", "9.90")]),
            ("100.001 of 100 start 2", "100.001", "100", [("usage", "2", "9.90", "19.80")]),
            ("250 of 100 start 3", "250", "100", [("usage", "3", "9.90", "29.70")]),
            ("0.6 of 0.25 start 3", "0.6", "0.25", [("usage", "3", "9.90", "29.70")]),
            ("0.3 of 0.1 fill 3", "0.3", "0.1", [("usage", "3", "9.90", "29.70")]),
        )
        for name, quantity, size, expected in cases:
            with self.subTest(name):
                rows = rate(Decimal(quantity), PACKAGE, CENT, "package", package_size=Decimal(size))
                self.assertEqual(printed(rows), expected)

    def test_the_included_quantity_is_used_up_first_and_costs_nothing(self):
        fee = [tier(None, "0.50", "3")]
        cases = (
            ("nothing used", "0", fee, "graduated", []),
            ("30 of 50 included: no fee", "30", fee, "graduated", [("included", "30", "0", "0.00")]),
            ("50 of 50 included", "50", fee, "volume", [("included", "50", "0", "0.00")]),
            (
                "50 free, 10 x 0.50 + 3",
                "60",
                fee,
                "graduated",
                [("included", "50", "0", "0.00"), ("usage", "10", "0.50", "5.00"), ("flat", "1", "3", "3.00")],
            ),
            (
                "50 free, tiers count the other 100: 100 x 0.50",
                "150",
                TIERS,
                "graduated",
                [("included", "50", "0", "0.00"), ("usage", "100", "0.50", "50.00")],
            ),
            (
                "50 free, the other 101 reach the second tier: 101 x 0.40 + 10",
                "151",
                TIERS,
                "volume",
                [("included", "50", "0", "0.00"), ("usage", "101", "0.40", "40.40"), ("flat", "1", "10", "10.00")],
            ),
            (
                "50 free, the other 101 start 2 packages of 100",
                "151",
                PACKAGE,
                "package",
                [("included", "50", "0", "0.00"), ("usage", "2", "9.90", "19.80")],
            ),
        )
        for name, quantity, some_tiers, scheme, expected in cases:
            with self.subTest(name):
                rows = rate(
                    Decimal(quantity),
                    some_tiers,
                    CENT,
                    scheme,
                    included=Decimal(50),
                    package_size=Decimal(100),
                )
                self.assertEqual(printed(rows), expected)

    def test_amounts_are_rounded_as_the_currency_is(self):
        cases = (
            ("7 x 0.0123 = 0.0861 euro", "0.01", "0.09"),
            ("in dinars", "0.001", "0.086"),
            ("in yen", "1", "0"),
            ("in Swiss cash", "0.05", "0.10"),
        )
        for name, rounding, expected in cases:
            with self.subTest(name):
                (row,) = rate(Decimal(7), [tier(None, "0.0123")], Decimal(rounding))
                self.assertEqual(row, Row("usage", Decimal(7), Decimal("0.0123"), Decimal(expected)))

    def test_a_tariff_that_makes_no_sense_is_refused(self):
        one, open_tier = tier("1", "1"), tier(None, "1")
        cases = (
            ("negative quantity: -1", {"quantity": Decimal(-1)}),
            ("negative included quantity: -1", {"included": Decimal(-1)}),
            ("a package must hold something: 0", {"package_size": Decimal(0)}),
            ("the last tier must be open", {"tiers": []}),
            ("the last tier must be open", {"tiers": [one]}),
            ("only the last tier may be open", {"tiers": [open_tier, open_tier]}),
            ("tiers must rise: 1 after 2", {"tiers": [tier("2", "1"), one, open_tier]}),
            ("tiers must rise: 1 after 1", {"tiers": [one, one, open_tier]}),
            ("tiers must rise: 0 after 0", {"tiers": [tier("0", "1"), open_tier]}),
            ("a package has one price, not 2 tiers", {"tiers": [one, open_tier], "scheme": "package"}),
            ("unknown scheme: stairs", {"scheme": "stairs"}),
        )
        for message, wrong in cases:
            values = {"quantity": Decimal(1), "tiers": [open_tier], "rounding": CENT, **wrong}
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                rate(**values)

    def test_the_schemes_that_a_line_may_choose(self):
        self.assertEqual(SCHEMES, ("graduated", "volume", "package"))

    def test_a_true_up_is_what_is_missing_to_the_commitment(self):
        cases = (
            ("1200 - (300 + 250 + 400)", "1200.00", ["300.00", "250.00", "400.00"], "250.00"),
            ("1200 - 0", "1200.00", [], "1200.00"),
            ("met to the cent", "1200.00", ["1199.99", "0.01"], "0.00"),
            ("exceeded", "1200.00", ["1500.00"], "0.00"),
            ("1200 - (1000 - 100): a credit is missing too", "1200.00", ["1000.00", "-100.00"], "300.00"),
            ("no commitment", "0.00", [], "0.00"),
        )
        for name, committed, billed, expected in cases:
            with self.subTest(name):
                result = true_up(Decimal(committed), [Decimal(amount) for amount in billed])
                self.assertEqual(str(result), expected)
        with self.assertRaisesRegex(ValueError, "negative commitment: -1"):
            true_up(Decimal(-1), [])

    @LAW
    @given(QUANTITIES, QUANTITIES, tiers(), ROUNDINGS, st.sampled_from(["graduated", "volume"]))
    def test_the_rows_tell_the_whole_quantity_and_each_is_right_by_itself(
        self,
        quantity,
        included,
        some_tiers,
        rounding,
        scheme,
    ):
        rows = rate(quantity, some_tiers, rounding, scheme, included=included)
        self.assertEqual(sum(row.quantity for row in rows if row.kind != "flat"), quantity)
        for row in rows:
            self.assertEqual(row.amount % rounding, 0)
            exact = Fraction(row.quantity) * Fraction(row.price)
            self.assertLessEqual(abs(Fraction(row.amount) - exact), Fraction(rounding) / 2)

    @LAW
    @given(QUANTITIES, QUANTITIES, tiers(), ROUNDINGS)
    def test_graduated_more_never_costs_less(self, one, other, some_tiers, rounding):
        less, more = sorted((one, other))
        self.assertLessEqual(
            total(rate(less, some_tiers, rounding)),
            total(rate(more, some_tiers, rounding)),
        )

    @LAW
    @given(QUANTITIES, QUANTITIES, PRICES, PRICES, ROUNDINGS)
    def test_a_tariff_of_one_tier_is_graduated_and_volume_alike(self, quantity, included, price, flat, rounding):
        only = [Tier(None, price, flat)]
        self.assertEqual(
            rate(quantity, only, rounding, "graduated", included=included),
            rate(quantity, only, rounding, "volume", included=included),
        )

    @LAW
    @given(QUANTITIES, st.decimals("0.001", 1_000, places=3), PRICES)
    def test_the_packages_hold_the_quantity_and_the_last_one_is_started(self, quantity, size, price):
        rows = rate(quantity, [Tier(None, price)], CENT, "package", package_size=size)
        packages = sum(row.quantity for row in rows)
        self.assertGreaterEqual(packages * size, quantity)
        self.assertLess((packages - 1) * size, quantity or 1)

    @LAW
    @given(st.decimals(0, 100_000, places=2), st.lists(st.decimals(-1_000, 50_000, places=2), max_size=12))
    def test_with_its_true_up_a_term_bills_the_commitment_or_more(self, committed, billed):
        missing = true_up(committed, billed)
        self.assertEqual(sum(billed) + missing, max(sum(billed), committed))

    def test_the_year_of_a_contract_ends_before_its_anniversary(self):
        cases = [  # start, day -> first and last day
            ("2026-09-16", "2026-09-16", "2026-09-16", "2027-09-15"),
            ("2026-09-16", "2027-09-15", "2026-09-16", "2027-09-15"),
            ("2026-09-16", "2027-09-16", "2027-09-16", "2028-09-15"),
            ("2024-02-29", "2025-02-27", "2024-02-29", "2025-02-27"),
            ("2024-02-29", "2025-02-28", "2025-02-28", "2026-02-27"),
            ("2024-02-29", "2028-02-29", "2028-02-29", "2029-02-27"),
        ]
        for case in cases:
            start, day, first, last = map(date.fromisoformat, case)
            with self.subTest(start=start, day=day):
                self.assertEqual(contract_year(start, day), (first, last))
        with self.assertRaisesRegex(ValueError, "lies before"):
            contract_year(date(2026, 9, 16), date(2026, 9, 15))
