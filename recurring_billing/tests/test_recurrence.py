from datetime import date
from fractions import Fraction
from itertools import islice

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.recurrence import Period, Recurrence, Slot, per_month

JANUARY, APRIL, JULY, OCTOBER = 1, 4, 7, 10
MONDAY, TUESDAY, WEDNESDAY, SUNDAY = 0, 1, 2, 6


def starts(recurrence, count):
    return [recurrence.period(index).start for index in range(count)]


def first_slot(recurrence):
    return next(recurrence.slots(recurrence.start))


class TestRecurrence(BaseCase):
    def test_the_31st_returns_after_a_short_month(self):
        cases = {
            Recurrence(date(2026, 1, 31), "month", 1): [
                (1, 31),
                (2, 28),
                (3, 31),
                (4, 30),
                (5, 31),
            ],
            Recurrence(date(2026, 1, 30), "month", 1): [
                (1, 30),
                (2, 28),
                (3, 30),
                (4, 30),
                (5, 30),
            ],
            Recurrence(date(2026, 2, 10), "month", 1, 31): [(2, 28), (3, 31), (4, 30), (5, 31)],
        }
        for recurrence, days in cases.items():
            with self.subTest(recurrence=recurrence):
                expected = [date(2026, month, day) for month, day in days]
                self.assertEqual(starts(recurrence, len(days)), expected)

    def test_the_29th_of_february_returns_in_leap_years(self):
        yearly = Recurrence(date(2024, 2, 29), "year", 1)
        expected = [(2024, 29), (2025, 28), (2026, 28), (2027, 28), (2028, 29)]
        self.assertEqual(starts(yearly, 5), [date(year, 2, day) for year, day in expected])

    def test_a_period_that_began_on_the_29th_of_february_ends_on_the_day_before_the_next(self):
        yearly = Recurrence(date(2024, 2, 29), "year", 1)
        cases = (
            (0, date(2025, 2, 27), 365),
            (1, date(2026, 2, 27), 365),
            (3, date(2028, 2, 28), 366),
            (4, date(2029, 2, 27), 365),
            (-1, date(2024, 2, 28), 366),
        )
        for index, end, days in cases:
            with self.subTest(index=index):
                self.assertEqual((yearly.period(index).end, yearly.period(index).days), (end, days))

    def test_the_last_day_of_each_month_is_the_31st_at_most(self):
        cases = (
            (Recurrence(date(2024, 1, 31), "month", 1), [(1, 31), (2, 29), (3, 31), (4, 30)]),
            (Recurrence(date(2024, 1, 1), "month", 1, 31), [(1, 31), (2, 29), (3, 31), (4, 30)]),
            (Recurrence(date(2024, 1, 1), "month", 1, 30), [(1, 30), (2, 29), (3, 30), (4, 30)]),
            (Recurrence(date(2024, 1, 1), "month", 1, 29), [(1, 29), (2, 29), (3, 29), (4, 29)]),
            (Recurrence(date(2024, 1, 1), "month", 3, 31), [(1, 31), (4, 30), (7, 31), (10, 31)]),
        )
        for recurrence, days in cases:
            with self.subTest(recurrence=recurrence):
                self.assertEqual(starts(recurrence, 4), [date(2024, month, day) for month, day in days])

    def test_a_contract_aligned_with_the_calendar_begins_with_a_part_of_a_whole_period(self):
        def day(text):
            return date.fromisoformat(text)

        november = day("2026-11-10")
        cases = (
            ("months from the 1st", Recurrence(november, "month", 1, 1), "2026-11-01", "2026-11-30"),
            ("months from the 5th", Recurrence(november, "month", 1, 5), "2026-11-05", "2026-12-04"),
            ("months from the 15th", Recurrence(november, "month", 1, 15), "2026-10-15", "2026-11-14"),
            ("months from their last day", Recurrence(november, "month", 1, 31), "2026-10-31", "2026-11-29"),
            ("two months from January", Recurrence(november, "month", 2, 1, JANUARY), "2026-11-01", "2026-12-31"),
            ("quarters from January", Recurrence(november, "month", 3, 1, JANUARY), "2026-10-01", "2026-12-31"),
            ("quarters from February", Recurrence(november, "month", 3, 1, 2), "2026-11-01", "2027-01-31"),
            ("quarters from December", Recurrence(november, "month", 3, 1, 12), "2026-09-01", "2026-11-30"),
            ("half-years from April", Recurrence(november, "month", 6, 1, APRIL), "2026-10-01", "2027-03-31"),
            ("years from 1 July", Recurrence(november, "year", 1, 1, JULY), "2026-07-01", "2027-06-30"),
            ("years from 1 January", Recurrence(november, "year", 1, 1, JANUARY), "2026-01-01", "2026-12-31"),
            ("years from 1 December", Recurrence(november, "year", 1, 1, 12), "2025-12-01", "2026-11-30"),
            ("years from 11 November", Recurrence(november, "year", 1, 11, 11), "2025-11-11", "2026-11-10"),
            ("weeks from Monday", Recurrence(november, "week", 1, weekday=MONDAY), "2026-11-09", "2026-11-15"),
            ("weeks from Wednesday", Recurrence(november, "week", 1, weekday=WEDNESDAY), "2026-11-04", "2026-11-10"),
            ("weeks from Sunday", Recurrence(november, "week", 1, weekday=SUNDAY), "2026-11-08", "2026-11-14"),
            ("fortnights from Monday", Recurrence(november, "week", 2, weekday=MONDAY), "2026-11-09", "2026-11-22"),
        )
        for name, recurrence, first, last in cases:
            with self.subTest(name):
                slot = first_slot(recurrence)
                self.assertEqual((slot.whole.start, slot.whole.end), (day(first), day(last)))
                self.assertEqual((slot.start, slot.end), (november, day(last)))
                self.assertTrue(slot.is_short)

    def test_a_contract_that_begins_on_a_day_of_the_calendar_has_no_short_period(self):
        cases = (
            Recurrence(date(2026, 11, 1), "month", 1, 1),
            Recurrence(date(2026, 11, 30), "month", 1, 31),
            Recurrence(date(2026, 10, 1), "month", 3, 1, JANUARY),
            Recurrence(date(2026, 7, 1), "year", 1, 1, JULY),
            Recurrence(date(2024, 2, 29), "year", 1, 31, 2),
            Recurrence(date(2026, 11, 9), "week", 1, weekday=MONDAY),
            Recurrence(date(2026, 11, 10), "week", 4, weekday=TUESDAY),
            Recurrence(date(2026, 11, 15), "week", 1, weekday=SUNDAY),
        )
        for recurrence in cases:
            with self.subTest(recurrence=recurrence):
                self.assertEqual(first_slot(recurrence).start, recurrence.start)
                self.assertFalse(first_slot(recurrence).is_short)

    def test_after_its_short_period_a_contract_follows_the_calendar(self):
        slots = list(Recurrence(date(2026, 11, 10), "month", 1, 1).slots(date(2026, 11, 10), date(2027, 2, 14)))
        self.assertEqual(
            [(slot.start, slot.end, slot.whole.days, slot.is_short) for slot in slots],
            [
                (date(2026, 11, 10), date(2026, 11, 30), 30, True),
                (date(2026, 12, 1), date(2026, 12, 31), 31, False),
                (date(2027, 1, 1), date(2027, 1, 31), 31, False),
                (date(2027, 2, 1), date(2027, 2, 14), 28, True),
            ],
        )

    def test_a_slot_is_short_where_one_end_is_cut(self):
        june = Period(0, date(2026, 6, 1), date(2026, 6, 30))
        cases = (
            (date(2026, 6, 1), date(2026, 6, 30), False),
            (date(2026, 6, 2), date(2026, 6, 30), True),
            (date(2026, 6, 1), date(2026, 6, 29), True),
            (date(2026, 6, 2), date(2026, 6, 29), True),
        )
        for start, end, is_short in cases:
            with self.subTest(start=start, end=end):
                self.assertEqual(Slot(june, start, end).is_short, is_short)

    def test_quarters_from_january_begin_in_january_april_july_and_october(self):
        for month in range(1, 13):
            with self.subTest(month=month):
                quarters = Recurrence(date(2026, month, 20), "month", 3, 1, JANUARY)
                days = [(first.day, first.month) for first in starts(quarters, 8)]
                self.assertEqual(days, [(1, JANUARY), (1, APRIL), (1, JULY), (1, OCTOBER)] * 2)
                self.assertEqual(quarters.index_of(quarters.start), (month - 1) // 3)

    def test_an_aligned_grid_without_a_day_keeps_the_day_of_the_start(self):
        cases = (
            (Recurrence(date(2026, 11, 10), "month", 3, month=JANUARY), date(2026, 10, 10), date(2027, 1, 9)),
            (Recurrence(date(2026, 3, 31), "year", 1, month=2), date(2026, 2, 28), date(2027, 2, 27)),
            (Recurrence(date(2024, 3, 31), "year", 1, month=2), date(2024, 2, 29), date(2025, 2, 27)),
            (Recurrence(date(2024, 2, 29), "year", 1, month=5), date(2023, 5, 29), date(2024, 5, 28)),
        )
        for recurrence, first, last in cases:
            with self.subTest(recurrence=recurrence):
                whole = first_slot(recurrence).whole
                self.assertEqual((whole.start, whole.end), (first, last))

    def test_both_ends_belong_to_a_period(self):
        cases = (
            (Recurrence(date(2026, 1, 1), "month", 1), 1, date(2026, 2, 1), date(2026, 2, 28), 28),
            (Recurrence(date(2026, 1, 1), "month", 3), 1, date(2026, 4, 1), date(2026, 6, 30), 91),
            (Recurrence(date(2024, 1, 1), "year", 1), 0, date(2024, 1, 1), date(2024, 12, 31), 366),
            (Recurrence(date(2026, 1, 7), "week", 2), 1, date(2026, 1, 21), date(2026, 2, 3), 14),
            (Recurrence(date(2026, 1, 7), "day", 10), -1, date(2025, 12, 28), date(2026, 1, 6), 10),
        )
        for recurrence, index, start, end, days in cases:
            with self.subTest(recurrence=recurrence, index=index):
                period = recurrence.period(index)
                self.assertEqual(period, Period(index, start, end))
                self.assertEqual(period.days, days)

    def test_a_start_beside_the_grid_lies_in_a_period_that_began_earlier(self):
        cases = (
            (date(2026, 1, 20), 15, 0, date(2026, 1, 15), date(2026, 2, 14)),
            (date(2026, 1, 10), 15, -1, date(2025, 12, 15), date(2026, 1, 14)),
            (date(2026, 1, 15), 15, 0, date(2026, 1, 15), date(2026, 2, 14)),
            (date(2026, 2, 10), 31, -1, date(2026, 1, 31), date(2026, 2, 27)),
        )
        for start, day, index, first, last in cases:
            with self.subTest(start=start, day=day):
                recurrence = Recurrence(start, "month", 1, day)
                self.assertEqual(recurrence.index_of(start), index)
                self.assertEqual(recurrence.period(index), Period(index, first, last))

    def test_slots_cut_a_range_of_days_at_the_ends_of_its_periods(self):
        monthly = Recurrence(date(2026, 1, 15), "month", 1)
        cases = (
            (date(2026, 2, 14), date(2026, 2, 14), [(0, date(2026, 2, 14), date(2026, 2, 14), True)]),
            (
                date(2026, 2, 10),
                date(2026, 3, 20),
                [
                    (0, date(2026, 2, 10), date(2026, 2, 14), True),
                    (1, date(2026, 2, 15), date(2026, 3, 14), False),
                    (2, date(2026, 3, 15), date(2026, 3, 20), True),
                ],
            ),
            (date(2026, 2, 20), date(2026, 2, 19), []),
        )
        for first, last, expected in cases:
            with self.subTest(first=first, last=last):
                slots = [(s.whole.index, s.start, s.end, s.is_short) for s in monthly.slots(first, last)]
                self.assertEqual(slots, expected)

    def test_slots_without_an_end_go_on(self):
        monthly = Recurrence(date(2026, 1, 31), "month", 1)
        days = [slot.start for slot in islice(monthly.slots(date(2026, 1, 31)), 3)]
        self.assertEqual(days, [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)])

    def test_a_recurrence_that_makes_no_sense_is_refused(self):
        start = date(2026, 1, 1)
        cases = (
            ("fortnight", 1, 0),
            ("month", 0, 0),
            ("month", -1, 0),
            ("month", 1, 32),
            ("month", 1, -1),
            ("day", 1, 15),
            ("week", 1, 15),
        )
        for unit, interval, day in cases:
            with self.subTest(unit=unit, interval=interval, day=day), self.assertRaises(ValueError):
                Recurrence(start, unit, interval, day)

    def test_an_alignment_that_makes_no_sense_is_refused(self):
        cases = (
            ("month", {"month": 13}),
            ("year", {"month": -1}),
            ("week", {"month": 1}),
            ("day", {"month": 1}),
            ("week", {"weekday": 7}),
            ("week", {"weekday": -1}),
            ("day", {"weekday": MONDAY}),
            ("month", {"weekday": MONDAY}),
            ("year", {"weekday": SUNDAY}),
            ("week", {"weekday": MONDAY, "day": 1}),
        )
        for unit, alignment in cases:
            with self.subTest(unit=unit, **alignment), self.assertRaises(ValueError):
                Recurrence(date(2026, 1, 1), unit, 1, **alignment)

    def test_the_first_and_the_last_day_month_and_weekday_are_accepted(self):
        cases = (
            ("month", {"day": 1}),
            ("month", {"day": 31}),
            ("year", {"month": 1}),
            ("year", {"month": 12, "day": 31}),
            ("week", {"weekday": MONDAY}),
            ("week", {"weekday": SUNDAY}),
        )
        for unit, alignment in cases:
            with self.subTest(unit=unit, **alignment):
                slot = first_slot(Recurrence(date(2026, 1, 1), unit, 1, **alignment))
                self.assertLessEqual(slot.whole.start, date(2026, 1, 1))

    def test_a_refusal_names_what_is_wrong(self):
        cases = (
            ("unknown unit: fortnight", {"unit": "fortnight"}),
            ("interval below 1: 0", {"interval": 0}),
            ("day of the month out of range: 32", {"day": 32}),
            ("month out of range: 13", {"month": 13}),
            ("a period counted in weeks has no day of the month", {"unit": "week", "month": 3}),
            ("weekday 0 for a period counted in months", {"weekday": 0}),
        )
        for message, wrong in cases:
            values = {"start": date(2026, 1, 1), "unit": "month", "interval": 1, **wrong}
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                Recurrence(**values)

    def test_periods_in_an_average_month(self):
        cases = {
            ("month", 1): Fraction(1),
            ("month", 3): Fraction(1, 3),
            ("year", 1): Fraction(1, 12),
            ("year", 2): Fraction(1, 24),
            ("week", 1): Fraction(52, 12),
            ("week", 2): Fraction(26, 12),
            ("day", 1): Fraction(365, 12),
            ("day", 30): Fraction(365, 360),
        }
        for (unit, interval), expected in cases.items():
            with self.subTest(unit=unit, interval=interval):
                self.assertEqual(per_month(unit, interval), expected)
        for unit, interval in (("month", 0), ("quarter", 1)):
            with self.subTest(unit=unit, interval=interval), self.assertRaises(ValueError):
                per_month(unit, interval)
