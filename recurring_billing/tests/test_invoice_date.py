from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.bank_calendar import is_open
from odoo.addons.recurring_billing.tools.invoice_date import issued, planned

ONE_DAY = timedelta(days=1)
LAW = settings(max_examples=100, deadline=None, database=None)
DAYS = st.dates(date(2002, 1, 1), date(2080, 12, 31))
JUNE = date(2026, 6, 1), date(2026, 6, 30)


def on(text):
    return date.fromisoformat(text)


def is_month_end(day):
    return (day + ONE_DAY).month != day.month


class TestInvoiceDate(BaseCase):
    def test_a_period_is_invoiced_on_its_first_day_or_in_arrears_on_its_last(self):
        self.assertEqual(planned(*JUNE, in_arrears=False), date(2026, 6, 1))
        self.assertEqual(planned(*JUNE, in_arrears=True), date(2026, 6, 30))

    def test_the_invoice_comes_some_days_before_or_after(self):
        cases = (
            ("10 days ahead", False, -10, "2026-05-22"),
            ("the day before", False, -1, "2026-05-31"),
            ("on the day", False, 0, "2026-06-01"),
            ("the day after", False, 1, "2026-06-02"),
            ("at the middle of the period", False, 14, "2026-06-15"),
            ("in arrears, 5 days before the end", True, -5, "2026-06-25"),
            ("in arrears, the day after", True, 1, "2026-07-01"),
            ("in arrears, 10 days after", True, 10, "2026-07-10"),
        )
        for name, in_arrears, offset, expected in cases:
            with self.subTest(name):
                self.assertEqual(planned(*JUNE, in_arrears=in_arrears, offset=offset), on(expected))

    def test_a_day_is_kept_although_banks_are_closed_where_nobody_asked_for_open_days(self):
        for day in ("2026-01-01", "2026-05-01", "2026-05-31", "2026-08-01", "2026-12-25"):
            with self.subTest(day=day):
                self.assertEqual(planned(on(day), on(day), in_arrears=False), on(day))

    def test_a_day_on_which_banks_are_closed_moves_to_the_next_open_one(self):
        cases = (
            ("a Monday stays", "2026-06-01", "2026-06-01"),
            ("a Friday stays", "2026-06-05", "2026-06-05"),
            ("a Saturday", "2026-08-01", "2026-08-03"),
            ("a Sunday", "2026-11-01", "2026-11-02"),
            ("New Year on a Friday", "2027-01-01", "2027-01-04"),
            ("1 May on a Friday", "2026-05-01", "2026-05-04"),
            ("1 May on a Saturday", "2027-05-01", "2027-05-03"),
            ("Good Friday", "2026-04-03", "2026-04-07"),
            ("the Saturday before Easter", "2026-04-04", "2026-04-07"),
            ("Easter Monday", "2026-04-06", "2026-04-07"),
            ("Christmas on a Friday", "2026-12-25", "2026-12-28"),
            ("Christmas on a Saturday", "2027-12-25", "2027-12-27"),
            ("26 December on a Tuesday", "2028-12-26", "2028-12-27"),
            ("14 July stays: banks transfer money on it", "2026-07-14", "2026-07-14"),
            ("the day before a month's last one", "2026-05-30", "2026-06-01"),
            ("28 February of a leap year is not the last", "2032-02-28", "2032-03-01"),
        )
        for name, day, expected in cases:
            with self.subTest(name):
                result = planned(on(day), on(day), in_arrears=False, on_open_days=True)
                self.assertEqual(result, on(expected))

    def test_the_last_day_of_a_month_moves_back_so_that_its_invoice_stays_in_the_month(self):
        cases = (
            ("a Tuesday stays", "2026-06-30", "2026-06-30"),
            ("a Saturday", "2026-01-31", "2026-01-30"),
            ("a Sunday", "2026-05-31", "2026-05-29"),
            ("28 February on a Saturday", "2026-02-28", "2026-02-27"),
            ("29 February on a Sunday", "2032-02-29", "2032-02-27"),
            ("Easter Sunday on 31 March", "2024-03-31", "2024-03-28"),
            ("the end of a year on a Sunday", "2028-12-31", "2028-12-29"),
        )
        for name, day, expected in cases:
            with self.subTest(name):
                first = on(day).replace(day=1)
                self.assertEqual(planned(first, on(day), in_arrears=True, on_open_days=True), on(expected))

    def test_it_is_the_day_after_the_offset_that_moves(self):
        cases = (
            ("the first, less 1 day: a Sunday, the month's last day", False, -1, "2026-05-29"),
            ("the first, less 2 days: a Saturday", False, -2, "2026-06-01"),
            ("the first, 5 days later: a Saturday", False, 5, "2026-06-08"),
            ("the last, 4 days later: a Saturday", True, 4, "2026-07-06"),
            ("the last, 1 day later: a Wednesday, no longer the last", True, 1, "2026-07-01"),
            ("the last, 31 days later: Friday, the last of July", True, 31, "2026-07-31"),
            ("the last, 32 days later: Saturday, the first of August", True, 32, "2026-08-03"),
            ("the last, 62 days later: Monday, the last of August", True, 62, "2026-08-31"),
        )
        for name, in_arrears, offset, expected in cases:
            with self.subTest(name):
                result = planned(*JUNE, in_arrears=in_arrears, offset=offset, on_open_days=True)
                self.assertEqual(result, on(expected))

    def test_an_invoice_keeps_its_planned_date_while_that_is_not_too_old(self):
        cases = (
            ("on the day", 3, "2026-06-10", "2026-06-10"),
            ("1 day late", 3, "2026-06-11", "2026-06-10"),
            ("3 days late, as many as are tolerated", 3, "2026-06-13", "2026-06-10"),
            ("4 days late", 3, "2026-06-14", "2026-06-14"),
            ("three months late", 3, "2026-09-10", "2026-09-10"),
            ("on the day, none tolerated", 0, "2026-06-10", "2026-06-10"),
            ("1 day late, none tolerated", 0, "2026-06-11", "2026-06-11"),
            ("30 days late, 30 tolerated", 30, "2026-07-10", "2026-06-10"),
        )
        for name, tolerance, today, expected in cases:
            with self.subTest(name):
                result = issued(date(2026, 6, 10), on(today), latest=None, tolerance=tolerance)
                self.assertEqual(result, on(expected))

    def test_an_invoice_is_dated_today_where_its_journal_holds_a_later_one(self):
        cases = (
            ("no invoice yet", None, "2026-06-10"),
            ("one of the month before", "2026-05-31", "2026-06-10"),
            ("one of the day before", "2026-06-09", "2026-06-10"),
            ("one of the same day", "2026-06-10", "2026-06-10"),
            ("one of the day after", "2026-06-11", "2026-06-12"),
            ("one of today", "2026-06-12", "2026-06-12"),
            ("one dated ahead by hand", "2026-06-20", "2026-06-12"),
        )
        for name, latest, expected in cases:
            with self.subTest(name):
                result = issued(date(2026, 6, 10), date(2026, 6, 12), latest=latest and on(latest), tolerance=3)
                self.assertEqual(result, on(expected))

    def test_an_invoice_made_ahead_of_its_plan_is_dated_today(self):
        for latest in (None, date(2026, 5, 1), date(2026, 6, 9), date(2026, 6, 10)):
            with self.subTest(latest=latest):
                result = issued(date(2026, 6, 10), date(2026, 6, 9), latest=latest, tolerance=3)
                self.assertEqual(result, date(2026, 6, 9))

    @LAW
    @given(DAYS, st.integers(0, 400), st.booleans(), st.integers(-60, 60))
    def test_the_offset_counts_from_one_end_of_the_period(self, first, length, in_arrears, offset):
        last = first + timedelta(days=length)
        day = planned(first, last, in_arrears=in_arrears, offset=offset)
        self.assertEqual((day - (last if in_arrears else first)).days, offset)

    @LAW
    @given(DAYS, st.integers(0, 400), st.booleans(), st.integers(-60, 60))
    def test_an_open_day_is_reached_by_the_shortest_way_that_is_allowed(self, first, length, in_arrears, offset):
        last = first + timedelta(days=length)
        wish = planned(first, last, in_arrears=in_arrears, offset=offset)
        day = planned(first, last, in_arrears=in_arrears, offset=offset, on_open_days=True)
        self.assertTrue(is_open(day))
        between = [min(day, wish) + timedelta(days=count) for count in range(abs((day - wish).days) + 1)]
        self.assertEqual([step for step in between if is_open(step)], [day])
        if is_month_end(wish):
            self.assertLessEqual(day, wish)
            self.assertEqual(day.month, wish.month)
        else:
            self.assertGreaterEqual(day, wish)

    @LAW
    @given(DAYS, st.integers(-30, 30), st.none() | st.integers(-30, 30), st.integers(0, 20))
    def test_an_invoice_bears_its_planned_date_or_that_of_today(self, today, ahead, latest, tolerance):
        planned_day = today + timedelta(days=ahead)
        latest = None if latest is None else today + timedelta(days=latest)
        day = issued(planned_day, today, latest=latest, tolerance=tolerance)
        self.assertIn(day, (planned_day, today))
        self.assertLessEqual(day, today)
        self.assertLessEqual((today - day).days, tolerance)
        keeps_order = latest is None or latest <= planned_day
        if -tolerance <= ahead <= 0 and keeps_order:
            self.assertEqual(day, planned_day)

    @LAW
    @given(
        DAYS,
        st.lists(st.tuples(st.integers(0, 6), st.integers(-10, 3)), max_size=12),
        st.integers(0, 8),
    )
    def test_numbers_follow_dates_whatever_is_issued_when(self, today, steps, tolerance):
        latest = None
        for pause, ahead in steps:
            today += timedelta(days=pause)
            day = issued(today + timedelta(days=ahead), today, latest=latest, tolerance=tolerance)
            if latest:
                self.assertGreaterEqual(day, latest)
            latest = day
