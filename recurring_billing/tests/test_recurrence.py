from datetime import date, timedelta
from fractions import Fraction
from itertools import islice, pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.recurrence import UNITS, Period, Recurrence, per_month

ONE_DAY = timedelta(days=1)
LAW = settings(max_examples=100, deadline=None, database=None)


@st.composite
def recurrences(draw):
    unit = draw(st.sampled_from(UNITS))
    start = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    interval = draw(st.integers(1, 40 if unit in ("day", "week") else 13))
    day = draw(st.integers(0, 31)) if unit in ("month", "year") else 0
    return Recurrence(start, unit, interval, day)


def starts(recurrence, count):
    return [recurrence.period(index).start for index in range(count)]


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

    @LAW
    @given(recurrences())
    @example(Recurrence(date(2026, 1, 31), "month", 1))
    @example(Recurrence(date(2024, 2, 29), "year", 1))
    def test_fifty_years_have_no_gap_no_overlap_and_no_drift(self, recurrence):
        last = date(recurrence.start.year + 50, 12, 31)
        slots = list(recurrence.slots(recurrence.start, last))
        self.assertEqual((slots[0].start, slots[-1].end), (recurrence.start, last))
        periods = [slot.whole for slot in slots]
        self.assertLessEqual(periods[0].start, recurrence.start)
        self.assertGreaterEqual(periods[-1].end, last)
        for before, after in pairwise(periods):
            self.assertEqual(after.index, before.index + 1)
            self.assertEqual(after.start, before.end + ONE_DAY)
        if recurrence.unit in ("month", "year"):
            wanted = recurrence.day or recurrence.start.day
            for period in periods:
                is_last_of_month = (period.start + ONE_DAY).day == 1
                self.assertTrue(
                    period.start.day == wanted or (period.start.day < wanted and is_last_of_month),
                )

    @LAW
    @given(recurrences(), st.integers(-700, 20_000))
    def test_the_index_of_a_day_agrees_with_counting(self, recurrence, offset):
        day = recurrence.start + timedelta(days=offset)
        counted = 0
        while recurrence.period(counted).start > day:
            counted -= 1
        while recurrence.period(counted).end < day:
            counted += 1
        self.assertEqual(recurrence.index_of(day), counted)
