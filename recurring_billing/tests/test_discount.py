from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.discount import Coverage, Discount, LoyaltyRule, reductions, seniority
from odoo.addons.recurring_billing.tools.proration import Days
from odoo.addons.recurring_billing.tools.recurrence import Recurrence

CENT = Decimal("0.01")


def on(text):
    return date.fromisoformat(text)


def days(first, last):
    return Days(on(first), on(last))


def percent(text):
    return Discount(percent=Decimal(text))


def amount(text):
    return Discount(amount=Decimal(text))


class TestDiscount(BaseCase):
    def test_a_discount_covers_whole_periods_from_the_first_that_it_touches(self):
        monthly = Recurrence(date(2026, 1, 31), "month", 1)
        aligned = Recurrence(date(2026, 11, 10), "month", 1, 1)
        quarters = Recurrence(date(2026, 11, 10), "month", 3, 1, 1)
        cases = (
            ("once, from a period's first day", monthly, "2026-01-31", 1, "2026-01-31", "2026-02-27"),
            ("once, from the midst of a period", monthly, "2026-02-10", 1, "2026-01-31", "2026-02-27"),
            ("once, from a period's last day", monthly, "2026-02-27", 1, "2026-01-31", "2026-02-27"),
            ("once, from the next day", monthly, "2026-02-28", 1, "2026-02-28", "2026-03-30"),
            ("3 periods", monthly, "2026-01-31", 3, "2026-01-31", "2026-04-29"),
            ("12 periods", monthly, "2026-01-31", 12, "2026-01-31", "2027-01-30"),
            ("the short first period counts as one", aligned, "2026-11-10", 2, "2026-11-01", "2026-12-31"),
            ("2 quarters", quarters, "2026-11-10", 2, "2026-10-01", "2027-03-31"),
            ("2 fortnights", Recurrence(date(2026, 1, 7), "week", 2), "2026-01-07", 2, "2026-01-07", "2026-02-03"),
        )
        for name, periods, first, count, begin, end in cases:
            with self.subTest(name):
                self.assertEqual(Coverage.of_periods(periods, on(first), count), Coverage(on(begin), on(end)))
        self.assertEqual(
            Coverage.of_periods(monthly, date(2026, 2, 10)), Coverage(date(2026, 1, 31), date(2026, 2, 27))
        )

    def test_the_days_that_are_covered_between_two_dates(self):
        june = days("2026-06-01", "2026-06-30")
        first, last = date(2026, 6, 10), date(2026, 6, 20)
        cases = (
            ("for ever", Coverage(), june),
            ("from a day on", Coverage(first), days("2026-06-10", "2026-06-30")),
            ("until a day", Coverage(last=last), days("2026-06-01", "2026-06-20")),
            ("between two days", Coverage(first, last), days("2026-06-10", "2026-06-20")),
            ("on one day", Coverage(first, first), days("2026-06-10", "2026-06-10")),
            ("around the month", Coverage(date(2026, 1, 1), date(2026, 12, 31)), june),
            ("from its last day on", Coverage(date(2026, 6, 30)), days("2026-06-30", "2026-06-30")),
            ("until its first day", Coverage(last=date(2026, 6, 1)), days("2026-06-01", "2026-06-01")),
            ("from the day after it", Coverage(date(2026, 7, 1)), None),
            ("until the day before it", Coverage(last=date(2026, 5, 31)), None),
        )
        for name, coverage, expected in cases:
            with self.subTest(name):
                self.assertEqual(coverage.among(june), expected)

    def test_percentages_follow_each_other_and_amounts_come_last(self):
        cases = (
            ("none", "100", [], []),
            ("10 % of 100", "100", [percent("10")], ["10.00"]),
            ("10 % of 100, 5 % of 90", "100", [percent("10"), percent("5")], ["10.00", "4.50"]),
            ("5 % of 100, 10 % of 95: the same sum", "100", [percent("5"), percent("10")], ["5.00", "9.50"]),
            ("20 off", "100", [amount("20")], ["20.00"]),
            ("10 % of 100 before 20 off, in the order given", "100", [amount("20"), percent("10")], ["20.00", "10.00"]),
            ("20 and 15 off", "100", [amount("20"), amount("15")], ["20.00", "15.00"]),
            ("at most what is left: 100 - 70", "100", [amount("70"), amount("50")], ["70.00", "30.00"]),
            ("at most the price", "15", [amount("20")], ["15.00"]),
            ("10 % of 15, then what is left", "15", [amount("20"), percent("10")], ["13.50", "1.50"]),
            (
                "a free month leaves nothing",
                "100",
                [percent("100"), percent("5"), amount("9")],
                ["100.00", "0.00", "0.00"],
            ),
            (
                "33 % of 49.90 = 16.467, 5 % of 33.43 = 1.6715",
                "49.90",
                [percent("33"), percent("5")],
                ["16.47", "1.67"],
            ),
            ("50 % of 0.01 = 0.005", "0.01", [percent("50")], ["0.01"]),
            ("a price of three decimals: 0.005 is 0.01", "0.005", [amount("1")], ["0.01"]),
            ("0 %", "100", [percent("0")], ["0.00"]),
            ("nothing to reduce", "0", [percent("10"), amount("5")], ["0.00", "0.00"]),
            ("a rebate: 10 % of -20, no amount", "-20", [percent("10"), amount("5")], ["-2.00", "0.00"]),
        )
        for name, price, discounts, expected in cases:
            with self.subTest(name):
                self.assertEqual([str(taken) for taken in reductions(Decimal(price), discounts, CENT)], expected)

    def test_a_discount_that_makes_no_sense_is_refused(self):
        monthly = Recurrence(date(2026, 1, 1), "month", 1)
        cases = (
            (
                "it ends before it begins: 2026-06-02 to 2026-06-01",
                lambda: Coverage(date(2026, 6, 2), date(2026, 6, 1)),
            ),
            ("a discount covers 1 period at least: 0", lambda: Coverage.of_periods(monthly, date(2026, 6, 1), 0)),
            ("either a percentage or an amount", lambda: Discount()),
            ("either a percentage or an amount", lambda: Discount(Decimal(1), Decimal(1))),
            ("percentage out of range: 101", lambda: percent("101")),
            ("percentage out of range: -1", lambda: percent("-1")),
            ("negative amount: -1", lambda: amount("-1")),
            ("negative seniority: -1", lambda: LoyaltyRule(-1, percent=Decimal(5))),
            ("either a percentage or free months", lambda: LoyaltyRule(12)),
            ("either a percentage or free months", lambda: LoyaltyRule(12, Decimal(5), 1)),
            ("percentage out of range: 0", lambda: LoyaltyRule(12, Decimal(0))),
            ("percentage out of range: 101", lambda: LoyaltyRule(12, Decimal(101))),
            ("free months out of range: 0", lambda: LoyaltyRule(12, free_months_per_year=0)),
            ("free months out of range: 13", lambda: LoyaltyRule(12, free_months_per_year=13)),
        )
        for message, make_wrongly in cases:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                make_wrongly()

    def test_seniority_is_counted_from_the_start(self):
        cases = (
            ("on the first day", "2026-11-10", "2026-11-10", 0),
            ("on the last day of the first month", "2026-11-10", "2026-12-09", 0),
            ("on the first day of the second month", "2026-11-10", "2026-12-10", 1),
            ("on the last day of the first year", "2026-11-10", "2027-11-09", 11),
            ("on the anniversary", "2026-11-10", "2027-11-10", 12),
            ("of the 31st, in February", "2026-01-31", "2026-02-28", 1),
            ("of the 31st, on 30 March", "2026-01-31", "2026-03-30", 1),
            ("of the 31st, on 31 March", "2026-01-31", "2026-03-31", 2),
            ("of 29 February, a year later", "2024-02-29", "2025-02-28", 12),
            ("of 29 February, four years later", "2024-02-29", "2028-02-28", 47),
            ("before the start", "2026-11-10", "2026-11-09", -1),
        )
        for name, start, day, expected in cases:
            with self.subTest(name):
                self.assertEqual(seniority(on(start), on(day)), expected)

    def test_a_percentage_by_seniority_covers_all_days_from_its_first(self):
        start, rule = date(2026, 11, 10), LoyaltyRule(12, percent=Decimal(5))
        cases = (
            ("the month before", days("2027-10-10", "2027-11-09"), []),
            ("the first month", days("2027-11-10", "2027-12-09"), [days("2027-11-10", "2027-12-09")]),
            ("a calendar month", days("2027-11-01", "2027-11-30"), [days("2027-11-10", "2027-11-30")]),
            ("years later", days("2033-01-01", "2033-12-31"), [days("2033-01-01", "2033-12-31")]),
            ("over many years", days("2026-11-10", "2033-12-31"), [days("2027-11-10", "2033-12-31")]),
        )
        for name, some_days, expected in cases:
            with self.subTest(name):
                self.assertEqual(rule.covered(start, some_days), expected)
        self.assertEqual(rule.discount, percent("5"))
        self.assertEqual(LoyaltyRule(12, percent=Decimal("0.5")).discount, percent("0.5"))

    def test_free_months_are_the_first_of_each_contract_year(self):
        start = date(2026, 11, 10)
        third_year = LoyaltyRule(24, free_months_per_year=1)
        cases = (
            ("the second year", third_year, days("2027-11-10", "2028-11-09"), []),
            ("the third year", third_year, days("2028-11-10", "2029-11-09"), [days("2028-11-10", "2028-12-09")]),
            ("a calendar month", third_year, days("2028-11-01", "2028-11-30"), [days("2028-11-10", "2028-11-30")]),
            (
                "the calendar month after",
                third_year,
                days("2028-12-01", "2028-12-31"),
                [days("2028-12-01", "2028-12-09")],
            ),
            ("the rest of the year", third_year, days("2028-12-10", "2029-11-09"), []),
            (
                "three years",
                third_year,
                days("2026-11-10", "2030-12-31"),
                [
                    days("2028-11-10", "2028-12-09"),
                    days("2029-11-10", "2029-12-09"),
                    days("2030-11-10", "2030-12-09"),
                ],
            ),
            (
                "2 months each year from the first",
                LoyaltyRule(0, free_months_per_year=2),
                days("2026-11-10", "2028-11-09"),
                [days("2026-11-10", "2027-01-09"), days("2027-11-10", "2028-01-09")],
            ),
            (
                "after 18 months: from the year that begins then, the third",
                LoyaltyRule(18, free_months_per_year=1),
                days("2026-11-10", "2029-01-31"),
                [days("2028-11-10", "2028-12-09")],
            ),
            ("before the start", LoyaltyRule(0, free_months_per_year=1), days("2025-11-10", "2026-11-09"), []),
        )
        for name, rule, some_days, expected in cases:
            with self.subTest(name):
                self.assertEqual(rule.covered(start, some_days), expected)
        self.assertEqual(third_year.discount, percent("100"))

    def test_free_months_of_a_contract_begun_on_the_last_day_of_a_month_never_drift(self):
        rule = LoyaltyRule(12, free_months_per_year=1)
        cases = (
            ("2026-01-31", "2027", days("2027-01-31", "2027-02-27")),
            ("2026-01-31", "2028", days("2028-01-31", "2028-02-28")),
            ("2024-02-29", "2025", days("2025-02-28", "2025-03-28")),
            ("2024-02-29", "2028", days("2028-02-29", "2028-03-28")),
        )
        for start, year, expected in cases:
            with self.subTest(start=start, year=year):
                self.assertEqual(rule.covered(on(start), days(f"{year}-01-01", f"{year}-12-31")), [expected])

    def test_the_day_on_which_the_next_offer_begins(self):
        start = date(2026, 11, 10)
        five, free = LoyaltyRule(12, percent=Decimal(5)), LoyaltyRule(24, free_months_per_year=1)
        cases = (
            ("-5 %, from the start", five, "2026-11-10", "2027-11-10"),
            ("-5 %, the day before", five, "2027-11-09", "2027-11-10"),
            ("-5 %, on the day: it is there for ever", five, "2027-11-10", None),
            ("-5 %, years later", five, "2033-01-01", None),
            ("a free month, from the start", free, "2026-11-10", "2028-11-10"),
            ("a free month, the day before", free, "2028-11-09", "2028-11-10"),
            ("a free month, on the day: the next year's", free, "2028-11-10", "2029-11-10"),
            ("a free month, in the midst of a year", free, "2030-05-01", "2030-11-10"),
            ("a free month, before the start", free, "2020-01-01", "2028-11-10"),
            (
                "from the first year on, before the start",
                LoyaltyRule(0, free_months_per_year=1),
                "2026-11-09",
                "2026-11-10",
            ),
        )
        for name, rule, after, expected in cases:
            with self.subTest(name):
                self.assertEqual(rule.next_start(start, on(after)), expected and on(expected))
