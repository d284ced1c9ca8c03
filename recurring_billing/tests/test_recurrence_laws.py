from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import recurrence as grid
from odoo.addons.recurring_billing.tools.recurrence import UNITS, Recurrence

ONE_DAY = timedelta(days=1)
LAW = settings(max_examples=100, deadline=None, database=None)
STARTS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
# 600 periods of 13 years, the longest here, still end before the year 9999.
INDEXES = st.integers(-100, 600)
JANUARY, JULY = 1, 7
WEDNESDAY = 2


@st.composite
def recurrences(draw):
    unit = draw(st.sampled_from(UNITS))
    start = draw(STARTS)
    interval = draw(st.integers(1, 40 if unit in ("day", "week") else 13))
    has_months = unit in ("month", "year")
    day = draw(st.integers(0, 31)) if has_months else 0
    month = draw(st.integers(0, 12)) if has_months else 0
    weekday = draw(st.none() | st.integers(0, 6)) if unit == "week" else None
    return Recurrence(start, unit, interval, day, month, weekday)


def first_slot(recurrence):
    return next(recurrence.slots(recurrence.start))


def counted_start(recurrence, index):
    """The first day of a period of months, counted by hand: the month from its number, then the day, at most its last.

    It shares nothing with the code under test, which leaves months and their ends to a library.
    """
    months = index * recurrence.interval * (12 if recurrence.unit == "year" else 1)
    year, month = divmod(recurrence.start.year * 12 + (recurrence.month or recurrence.start.month) - 1 + months, 12)
    wanted = recurrence.day or recurrence.start.day
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


class TestRecurrenceLaws(BaseCase):
    """What holds for each calendar, however far its days are."""

    @LAW
    @given(recurrences())
    @example(Recurrence(date(2026, 1, 31), "month", 1))
    @example(Recurrence(date(2024, 2, 29), "year", 1))
    @example(Recurrence(date(2026, 11, 10), "month", 3, 31, JANUARY))
    @example(Recurrence(date(2024, 2, 29), "year", 1, 0, JULY))
    @example(Recurrence(date(2026, 11, 10), "week", 2, weekday=WEDNESDAY))
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

    @LAW
    @given(recurrences(), INDEXES)
    def test_a_period_of_months_begins_on_the_wanted_day_of_the_counted_month(self, recurrence, index):
        if recurrence.unit in ("month", "year"):
            self.assertEqual(recurrence.period(index).start, counted_start(recurrence, index))

    @LAW
    @given(recurrences(), INDEXES)
    def test_a_period_of_days_or_weeks_has_always_as_many_days(self, recurrence, index):
        if recurrence.unit in ("day", "week"):
            days = recurrence.interval * (7 if recurrence.unit == "week" else 1)
            self.assertEqual(recurrence.period(index).days, days)
            if recurrence.weekday is None:
                self.assertEqual(recurrence.period(0).start, recurrence.start)
            else:
                self.assertEqual(recurrence.period(index).start.weekday(), recurrence.weekday)

    @LAW
    @given(STARTS, st.integers(1, 8), st.integers(0, 6))
    def test_the_first_week_begins_on_the_wanted_weekday_on_or_before_the_start(self, start, interval, weekday):
        slot = first_slot(Recurrence(start, "week", interval, weekday=weekday))
        self.assertEqual(slot.whole.index, 0)
        self.assertEqual(slot.whole.start.weekday(), weekday)
        self.assertIn((start - slot.whole.start).days, range(7))

    @LAW
    @given(
        STARTS,
        st.sampled_from([("month", 1), ("month", 2), ("month", 3), ("month", 4), ("month", 6), ("year", 1)]),
        st.integers(1, 31),
        st.integers(1, 12),
        st.integers(-40, 40),
    )
    def test_a_grid_that_fits_into_the_year_begins_in_the_same_months_each_year(self, start, step, day, month, index):
        unit, interval = step
        months = interval * (12 if unit == "year" else 1)
        first = Recurrence(start, unit, interval, day, month).period(index).start
        self.assertIn(first.month, [(month - 1 + months * count) % 12 + 1 for count in range(12 // months)])

    @LAW
    @given(
        STARTS,
        STARTS,
        st.sampled_from([("month", 1), ("month", 2), ("month", 3), ("month", 4), ("month", 6), ("year", 1)]),
        st.integers(1, 31),
        st.integers(1, 12),
    )
    def test_contracts_aligned_alike_share_their_periods_whenever_they_began(self, one, other, step, day, month):
        def whole(start):
            recurrence = Recurrence(start, *step, day, month)
            period = recurrence.period(recurrence.index_of(one))
            return period.start, period.end

        self.assertEqual(whole(one), whole(other))

    @LAW
    @given(recurrences(), st.integers(0, 2000), st.integers(0, 2000))
    def test_slots_hold_each_day_of_a_range_once(self, recurrence, offset, length):
        first = recurrence.start + timedelta(days=offset)
        last = first + timedelta(days=length)
        slots = list(recurrence.slots(first, last))
        self.assertEqual((slots[0].start, slots[-1].end), (first, last))
        for before, after in pairwise(slots):
            self.assertEqual(after.start, before.end + ONE_DAY)
        for slot in slots:
            self.assertLessEqual(slot.whole.start, slot.start)
            self.assertLessEqual(slot.start, slot.end)
            self.assertLessEqual(slot.end, slot.whole.end)
        # Only the range cuts a period: all between the first and the last slot are whole.
        self.assertFalse(any(slot.is_short for slot in slots[1:-1]))

    @LAW
    @given(recurrences(), INDEXES)
    def test_both_ends_of_a_period_lie_in_it_and_its_neighbours_begin_outside(self, recurrence, index):
        period = recurrence.period(index)
        self.assertEqual(recurrence.index_of(period.start), index)
        self.assertEqual(recurrence.index_of(period.end), index)
        self.assertEqual(recurrence.index_of(period.start - ONE_DAY), index - 1)
        self.assertEqual(recurrence.index_of(period.end + ONE_DAY), index + 1)

    @LAW
    @given(recurrences(), INDEXES)
    def test_the_n_th_period_costs_as_much_as_the_first(self, recurrence, index):
        first = self._cost(lambda: recurrence.period(0))
        self.assertEqual(self._cost(lambda: recurrence.period(index)), first)
        self.assertEqual(first[0], 2, "a period is computed from its own first day and from that of the next one")

    @LAW
    @given(recurrences(), st.integers(-20_000, 20_000))
    def test_looking_up_the_period_of_a_far_day_costs_as_much_as_of_a_near_one(self, recurrence, offset):
        day = recurrence.start + timedelta(days=offset)
        near = self._cost(lambda: recurrence.index_of(recurrence.start))
        self.assertEqual(self._cost(lambda: recurrence.index_of(day)), near)
        self.assertLessEqual(near[0], 1)

    def _cost(self, compute):
        """How many first days and additions of months ``compute`` takes: its time would depend on the machine."""
        first_day = patch.object(Recurrence, "_first_day", autospec=True, side_effect=Recurrence._first_day)
        add_months = patch.object(grid, "relativedelta", wraps=grid.relativedelta)
        with first_day as first_days, add_months as additions:
            compute()
        return first_days.call_count, additions.call_count
