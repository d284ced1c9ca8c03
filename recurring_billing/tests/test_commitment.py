from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.commitment import (
    Commitment,
    Notice,
    earliest_end,
    early_termination_fee,
    notice_window,
)
from odoo.addons.recurring_billing.tools.proration import Days
from odoo.addons.recurring_billing.tools.recurrence import Period, Recurrence

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")


def on(text):
    return date.fromisoformat(text)


def days(first, last):
    return Days(on(first), on(last))


def ends(commitment, count):
    return [str(commitment.term(index).end) for index in range(count)]


class TestCommitment(BaseCase):
    def test_a_commitment_ends_on_the_day_before_the_anniversary(self):
        cases = (
            ("12 months from 1 January", "2026-01-01", 12, "2026-12-31"),
            ("12 months from 10 November", "2026-11-10", 12, "2027-11-09"),
            ("12 months from 29 February: the year after has no 29th", "2024-02-29", 12, "2025-02-27"),
            ("48 months from 29 February", "2024-02-29", 48, "2028-02-28"),
            ("1 month from 31 January: February has no 31st", "2026-01-31", 1, "2026-02-27"),
            ("2 months from 31 January", "2026-01-31", 2, "2026-03-30"),
            ("24 months from 31 August", "2026-08-31", 24, "2028-08-30"),
        )
        for name, start, months, end in cases:
            with self.subTest(name):
                self.assertEqual(Commitment(on(start), months).term(0), Period(0, on(start), on(end)))

    def test_renewals_are_counted_from_the_start(self):
        cases = (
            (
                "12 months, then 12 each",
                Commitment(date(2026, 11, 10), 12, 12),
                ["2027-11-09", "2028-11-09", "2029-11-09"],
            ),
            (
                "24 months, then 6 each",
                Commitment(date(2026, 1, 1), 24, 6),
                ["2027-12-31", "2028-06-30", "2028-12-31"],
            ),
            (
                "months from the 31st",
                Commitment(date(2026, 1, 31), 1, 1),
                ["2026-02-27", "2026-03-30", "2026-04-29", "2026-05-30"],
            ),
            (
                "years from 29 February",
                Commitment(date(2024, 2, 29), 12, 12),
                ["2025-02-27", "2026-02-27", "2027-02-27", "2028-02-28", "2029-02-27"],
            ),
        )
        for name, commitment, expected in cases:
            with self.subTest(name):
                self.assertEqual(ends(commitment, len(expected)), expected)

    def test_the_term_that_holds_a_day(self):
        renewed = Commitment(date(2026, 11, 10), 24, 12)
        plain = Commitment(date(2026, 11, 10), 24)
        cases = (
            ("the day before the start", renewed, "2026-11-09", None),
            ("the first day", renewed, "2026-11-10", 0),
            ("the last day of the commitment", renewed, "2028-11-09", 0),
            ("the first day of the first renewal", renewed, "2028-11-10", 1),
            ("the last day of the first renewal", renewed, "2029-11-09", 1),
            ("the first day of the third renewal", renewed, "2030-11-10", 3),
            ("the last day of a commitment without renewal", plain, "2028-11-09", 0),
            ("the day after it", plain, "2028-11-10", None),
        )
        for name, commitment, day, index in cases:
            with self.subTest(name):
                expected = None if index is None else commitment.term(index)
                self.assertEqual(commitment.term_on(on(day)), expected)

    def test_a_pause_pushes_the_end_by_its_days(self):
        start = date(2026, 1, 1)
        cases = (
            ("none", (), ["2026-12-31", "2027-12-31"]),
            ("30 days of June", (days("2026-06-01", "2026-06-30"),), ["2027-01-30", "2028-01-30"]),
            ("1 day", (days("2026-06-01", "2026-06-01"),), ["2027-01-01", "2028-01-01"]),
            ("the last day", (days("2026-12-31", "2026-12-31"),), ["2027-01-01", "2028-01-01"]),
            (
                "31 days from the day after the end: the renewal's",
                (days("2027-01-01", "2027-01-31"),),
                [
                    "2026-12-31",
                    "2028-01-31",
                ],
            ),
            ("10 days over the last one", (days("2026-12-31", "2027-01-09"),), ["2027-01-10", "2028-01-10"]),
            (
                "30 + 31 days, the second after the planned end but before the pushed one",
                (days("2027-01-30", "2027-03-01"), days("2026-06-01", "2026-06-30")),
                ["2027-03-02", "2028-03-01"],
            ),
            (
                "June and 15 June to 15 July share 16 days: 45 days",
                (days("2026-06-01", "2026-06-30"), days("2026-06-15", "2026-07-15")),
                ["2027-02-14", "2028-02-14"],
            ),
            ("5 of 10 days since the start", (days("2025-12-27", "2026-01-05"),), ["2027-01-05", "2028-01-05"]),
            ("until the first day: 1 day", (days("2025-12-01", "2026-01-01"),), ["2027-01-01", "2028-01-01"]),
            ("before the start", (days("2025-12-01", "2025-12-31"),), ["2026-12-31", "2027-12-31"]),
        )
        for name, pauses, expected in cases:
            with self.subTest(name):
                self.assertEqual(ends(Commitment(start, 12, 12, pauses), 2), expected)

    def test_a_commitment_that_makes_no_sense_is_refused(self):
        start = date(2026, 1, 1)
        cases = (
            ("a commitment lasts 1 month at least: 0", lambda: Commitment(start, 0)),
            ("negative renewal: -1", lambda: Commitment(start, 12, -1)),
            ("there is no term -1", lambda: Commitment(start, 12, 12).term(-1)),
            ("there is no term 1", lambda: Commitment(start, 12).term(1)),
            ("negative notice: -1", lambda: Notice(-1)),
            ("unknown unit: year", lambda: Notice(1, "year")),
        )
        for message, make_wrongly in cases:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                make_wrongly()

    def test_the_latest_day_for_a_notice(self):
        cases = (
            ("30 days before 31 December", 30, "day", "2026-12-31", "2026-12-01"),
            ("1 day", 1, "day", "2026-12-31", "2026-12-30"),
            ("none: on the last day itself", 0, "day", "2026-12-31", "2026-12-31"),
            ("none, in months", 0, "month", "2026-12-31", "2026-12-31"),
            ("3 months before 9 November", 3, "month", "2027-11-09", "2027-08-09"),
            ("3 months before 31 December: September has 30", 3, "month", "2026-12-31", "2026-09-30"),
            ("3 months before the end of February: 30 November runs until it", 3, "month", "2027-02-28", "2026-11-30"),
            ("3 months before the last but one of February", 3, "month", "2027-02-27", "2026-11-27"),
            ("3 months before 28 February of a leap year", 3, "month", "2028-02-28", "2027-11-28"),
            ("1 month before 30 March: February has 28", 1, "month", "2026-03-30", "2026-02-28"),
            ("1 month before 30 April, a month's end", 1, "month", "2026-04-30", "2026-03-31"),
            ("12 months before 28 February after a leap year", 12, "month", "2025-02-28", "2024-02-29"),
        )
        for name, count, unit, end, expected in cases:
            with self.subTest(name):
                notice = Notice(count, unit)
                self.assertEqual(notice.latest(on(end)), on(expected))
                self.assertLessEqual(notice.ends(on(expected)), on(end))
                self.assertGreater(notice.ends(on(expected) + ONE_DAY), on(end))

    def test_the_window_of_the_notice_of_renewal(self):
        """Code de la consommation L215-1: 3 months to 1 month before the deadline to refuse the renewal."""
        cases = (
            ("no notice period: the term's last day", "2026-12-31", "2026-09-30", "2026-11-30"),
            ("the deadline of 1 month for 31 December", "2026-11-30", "2026-08-30", "2026-10-30"),
            ("the deadline of 3 months for 9 November", "2027-08-09", "2027-05-09", "2027-07-09"),
            ("months without the date", "2027-05-31", "2027-02-28", "2027-04-30"),
            ("over the turn of the year", "2027-01-15", "2026-10-15", "2026-12-15"),
        )
        for name, deadline, first, last in cases:
            with self.subTest(name):
                self.assertEqual(notice_window(on(deadline)), days(first, last))

    def test_the_earliest_end_by_the_rule_of_the_plan(self):
        monthly = Recurrence(date(2026, 1, 15), "month", 1)
        renewed, plain = Commitment(date(2026, 1, 15), 12, 12), Commitment(date(2026, 1, 15), 12)
        none, month, quarter = Notice(0), Notice(30), Notice(3, "month")
        cases = (
            ("at once", "2026-06-10", "at_once", none, plain, "2026-06-10"),
            ("at once, after 30 days", "2026-06-10", "at_once", month, plain, "2026-07-10"),
            ("given before the start: on the first day", "2026-01-01", "at_once", none, plain, "2026-01-15"),
            ("the period that holds the day", "2026-06-10", "period", none, plain, "2026-06-14"),
            ("the period that begins on the day", "2026-06-15", "period", none, plain, "2026-07-14"),
            ("the period's last day", "2026-06-14", "period", none, plain, "2026-06-14"),
            ("10 June + 30 days = 10 July", "2026-06-10", "period", month, plain, "2026-07-14"),
            ("the commitment", "2026-06-10", "commitment", none, renewed, "2027-01-14"),
            ("on the latest day for 3 months", "2026-10-14", "commitment", quarter, renewed, "2027-01-14"),
            ("a day too late: the renewed term", "2026-10-15", "commitment", quarter, renewed, "2028-01-14"),
            ("in the first renewal", "2027-06-01", "commitment", quarter, renewed, "2028-01-14"),
            ("too late in the first renewal", "2027-12-01", "commitment", quarter, renewed, "2029-01-14"),
            ("a commitment that is not renewed", "2026-10-14", "commitment", quarter, plain, "2027-01-14"),
            ("too late: 15 October + 3 months = 15 January", "2026-10-15", "commitment", quarter, plain, "2027-02-14"),
            ("after it: 1 June + 30 days = 1 July", "2027-06-01", "commitment", month, plain, "2027-07-14"),
            ("no commitment", "2026-06-10", "commitment", month, None, "2026-07-14"),
            ("given before the start: bound all the same", "2026-01-01", "commitment", none, plain, "2027-01-14"),
        )
        for name, given_on, rule, notice, commitment, expected in cases:
            with self.subTest(name):
                self.assertEqual(earliest_end(on(given_on), rule, notice, monthly, commitment), on(expected))
        with self.assertRaisesRegex(ValueError, "unknown rule: never"):
            earliest_end(date(2026, 6, 10), "never", none, monthly)

    def test_a_pause_pushes_the_earliest_end(self):
        monthly = Recurrence(date(2026, 1, 1), "month", 1)
        paused = Commitment(date(2026, 1, 1), 12, 12, (days("2026-06-01", "2026-06-30"),))
        cases = (("2026-12-31", "2027-01-30"), ("2027-01-30", "2027-01-30"), ("2027-01-31", "2028-01-30"))
        for given_on, expected in cases:
            with self.subTest(given_on=given_on):
                self.assertEqual(earliest_end(on(given_on), "commitment", Notice(0), monthly, paused), on(expected))

    def test_the_fee_of_an_early_end(self):
        autumn = [
            (days("2026-09-01", "2026-09-30"), Decimal("60.00")),
            (days("2026-10-01", "2026-10-31"), Decimal("62.00")),
            (days("2026-11-01", "2026-11-30"), Decimal("60.00")),
        ]
        rebate = [*autumn, (days("2026-09-01", "2026-11-30"), Decimal("-200.00"))]
        all_left, from_mid = days("2026-09-01", "2026-11-30"), days("2026-09-16", "2026-11-30")
        cases = (
            ("25 % of 60 + 62 + 60", autumn, all_left, {"percent": "25"}, "45.50"),
            ("100 %", autumn, all_left, {"percent": "100"}, "182.00"),
            ("0 %", autumn, all_left, {"percent": "0"}, "0.00"),
            ("25 % of 15/30 x 60 + 62 + 60 = 152", autumn, from_mid, {"percent": "25"}, "38.00"),
            ("33 % of 1/30 x 60 = 0.66", autumn, days("2026-11-30", "2026-11-30"), {"percent": "33"}, "0.66"),
            ("50 % of 10/31 x 62", autumn, days("2026-10-22", "2026-10-31"), {"percent": "50"}, "10.00"),
            (
                "50 % of 2/31 x 62 = 4, not rounded before",
                autumn,
                days("2026-10-30", "2026-10-31"),
                {"percent": "50"},
                "2.00",
            ),
            ("7.5 % of 182 = 13.65", autumn, all_left, {"percent": "7.5"}, "13.65"),
            ("a fixed amount", autumn, all_left, {"fixed": "100"}, "100.00"),
            ("a fixed amount, one day left", autumn, days("2026-11-30", "2026-11-30"), {"fixed": "100"}, "100.00"),
            ("nothing left", autumn, days("2026-12-01", "2026-11-30"), {"percent": "25"}, "0.00"),
            ("nothing left, fixed", autumn, days("2026-12-01", "2026-11-30"), {"fixed": "100"}, "0.00"),
            ("no amounts left", [], all_left, {"percent": "25"}, "0.00"),
            ("182 - 200 is below zero", rebate, all_left, {"percent": "25"}, "0.00"),
            ("a fixed amount below zero", autumn, all_left, {"fixed": "-1"}, "0.00"),
        )
        for name, remaining, left, rule, expected in cases:
            with self.subTest(name):
                rule = {key: Decimal(value) for key, value in rule.items()}
                self.assertEqual(str(early_termination_fee(remaining, left, CENT, **rule)), expected)

    def test_the_fee_counts_days_as_the_contract_does(self):
        august = [(days("2026-08-01", "2026-08-31"), Decimal("300.00"))]
        left = days("2026-08-10", "2026-08-31")
        for convention, expected in (("actual", "106.45"), ("thirty", "105.00"), ("none", "150.00")):
            with self.subTest(convention=convention):
                fee = early_termination_fee(august, left, CENT, percent=Decimal(50), convention=convention)
                self.assertEqual(str(fee), expected)

    def test_a_fee_is_either_a_percentage_or_fixed(self):
        for rule in ({}, {"percent": Decimal(1), "fixed": Decimal(1)}):
            with self.subTest(rule=rule), self.assertRaisesRegex(ValueError, "either a percentage or a fixed amount"):
                early_termination_fee([], days("2026-09-01", "2026-11-30"), CENT, **rule)
