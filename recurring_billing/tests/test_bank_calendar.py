from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import bank_calendar

ONE_DAY = timedelta(days=1)
LAW = settings(max_examples=100, deadline=None, database=None)
DAYS = st.dates(date(2002, 1, 1), date(2080, 12, 31))


class TestBankCalendar(BaseCase):
    def test_t2_is_closed_at_weekends_and_on_its_six_holidays(self):
        closed = (
            date(2026, 11, 28),
            date(2026, 11, 29),
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 4, 6),
            date(2027, 3, 26),
            date(2027, 3, 29),
            date(2026, 5, 1),
            date(2026, 12, 25),
            date(2028, 12, 26),
        )
        for day in closed:
            with self.subTest(day=day):
                self.assertFalse(bank_calendar.is_open(day))

    def test_other_french_holidays_are_open_days(self):
        for month, day in ((5, 8), (5, 14), (5, 25), (7, 14), (11, 11), (12, 24), (12, 31)):
            with self.subTest(month=month, day=day):
                self.assertTrue(bank_calendar.is_open(date(2026, month, day)))

    def test_the_nearest_open_day_is_the_day_itself_where_it_is_open(self):
        cases = (
            (date(2026, 11, 26), date(2026, 11, 26), date(2026, 11, 26)),
            (date(2026, 11, 28), date(2026, 11, 27), date(2026, 11, 30)),
            (date(2026, 4, 4), date(2026, 4, 2), date(2026, 4, 7)),
            (date(2026, 12, 25), date(2026, 12, 24), date(2026, 12, 28)),
            (date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 4)),
        )
        for day, before, after in cases:
            with self.subTest(day=day):
                self.assertEqual(bank_calendar.previous_open(day), before)
                self.assertEqual(bank_calendar.next_open(day), after)

    def test_open_days_are_counted_after_the_day(self):
        cases = (
            (date(2026, 11, 23), 2, date(2026, 11, 25)),
            (date(2026, 11, 27), 1, date(2026, 11, 30)),
            (date(2026, 11, 28), 1, date(2026, 11, 30)),
            (date(2026, 4, 2), 2, date(2026, 4, 8)),
            (date(2026, 11, 27), 0, date(2026, 11, 27)),
            (date(2026, 11, 28), 0, date(2026, 11, 30)),
        )
        for day, count, expected in cases:
            with self.subTest(day=day, count=count):
                self.assertEqual(bank_calendar.add_open_days(day, count), expected)

    def test_open_days_are_counted_before_the_day(self):
        cases = (
            (date(2026, 11, 25), 2, date(2026, 11, 23)),
            (date(2026, 11, 30), 1, date(2026, 11, 27)),
            (date(2026, 11, 29), 1, date(2026, 11, 27)),
            (date(2026, 4, 8), 2, date(2026, 4, 2)),
            (date(2026, 11, 27), 0, date(2026, 11, 27)),
            (date(2026, 11, 28), 0, date(2026, 11, 27)),
        )
        for day, count, expected in cases:
            with self.subTest(day=day, count=count):
                self.assertEqual(bank_calendar.subtract_open_days(day, count), expected)

    def test_a_count_of_open_days_is_not_negative(self):
        for count_open_days in (bank_calendar.add_open_days, bank_calendar.subtract_open_days):
            with self.assertRaises(ValueError):
                count_open_days(date(2026, 11, 23), -1)

    def test_the_bank_takes_a_file_up_to_its_last_minute_before_the_lead_time(self):
        cases = (
            (date(2026, 11, 27), 1, time(16), datetime(2026, 11, 26, 16)),
            (date(2026, 11, 30), 2, time(11, 30), datetime(2026, 11, 26, 11, 30)),
            (date(2026, 4, 7), 1, time(16), datetime(2026, 4, 2, 16)),
            (date(2026, 11, 27), 0, time.max, datetime.combine(date(2026, 11, 27), time.max)),
        )
        for day, lead_days, cutoff, expected in cases:
            with self.subTest(day=day, lead_days=lead_days):
                self.assertEqual(bank_calendar.file_deadline(day, lead_days, cutoff), expected)

    def test_the_earliest_day_is_later_behind_the_last_minute_and_on_closed_days(self):
        cases = (
            (datetime(2026, 11, 26, 15), 1, date(2026, 11, 27)),
            (datetime(2026, 11, 26, 16), 1, date(2026, 11, 27)),
            (datetime(2026, 11, 26, 16, 1), 1, date(2026, 11, 30)),
            (datetime(2026, 11, 26, 16, 1), 2, date(2026, 12, 1)),
            (datetime(2026, 11, 28, 9), 1, date(2026, 12, 1)),
            (datetime(2026, 11, 28, 9), 0, date(2026, 11, 30)),
            (datetime(2026, 4, 2, 17), 1, date(2026, 4, 8)),
        )
        for now, lead_days, expected in cases:
            with self.subTest(now=now, lead_days=lead_days):
                found = bank_calendar.earliest(now.date(), now.time(), lead_days, time(16))
                self.assertEqual(found, expected)

    def test_hours_since_midnight_are_a_time_of_day(self):
        cases = ((0, time()), (16.5, time(16, 30)), (9 + 1 / 3, time(9, 20)), (23.999, time.max), (24, time.max))
        for hours, expected in cases:
            with self.subTest(hours=hours):
                self.assertEqual(bank_calendar.clock(hours), expected)
        for hours in (-0.1, 24.1):
            with self.subTest(hours=hours), self.assertRaises(ValueError):
                bank_calendar.clock(hours)

    @LAW
    @given(DAYS, st.times(), st.integers(0, 10), st.times())
    def test_the_earliest_day_is_the_first_whose_deadline_is_not_over(self, today, now, lead_days, cutoff):
        earliest = bank_calendar.earliest(today, now, lead_days, cutoff)
        before = bank_calendar.previous_open(earliest - ONE_DAY)
        self.assertTrue(bank_calendar.is_open(earliest))
        self.assertGreaterEqual(bank_calendar.file_deadline(earliest, lead_days, cutoff), datetime.combine(today, now))
        self.assertLess(bank_calendar.file_deadline(before, lead_days, cutoff), datetime.combine(today, now))

    @LAW
    @given(DAYS, st.integers(0, 30))
    def test_counting_back_undoes_counting_on(self, day, count):
        day = bank_calendar.next_open(day)
        self.assertEqual(bank_calendar.subtract_open_days(bank_calendar.add_open_days(day, count), count), day)

    @LAW
    @given(DAYS)
    def test_no_open_day_is_skipped(self, day):
        before, after = bank_calendar.previous_open(day), bank_calendar.next_open(day)
        self.assertLessEqual(before, day)
        self.assertGreaterEqual(after, day)
        open_days = [
            before + timedelta(days=offset)
            for offset in range((after - before).days + 1)
            if bank_calendar.is_open(before + timedelta(days=offset))
        ]
        self.assertEqual(open_days, sorted({before, after}))

    @LAW
    @given(DAYS, st.integers(1, 30))
    def test_a_count_of_open_days_lies_between_the_two_days(self, day, count):
        last = bank_calendar.add_open_days(day, count)
        between = (day + timedelta(days=offset) for offset in range(1, (last - day).days + 1))
        self.assertEqual(sum(map(bank_calendar.is_open, between)), count)
        self.assertTrue(bank_calendar.is_open(last))
