from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.proration import Days
from odoo.addons.recurring_billing.tools.versions import Change, Pause, Resumption, Version, paused, versions

LAW = settings(max_examples=200, deadline=None, database=None)
BASE = {'quantity': 1, 'price': 100}
FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 60).map(lambda days: FIRST + timedelta(days=days))
CHANGES = st.lists(
    st.builds(Change, DAYS, st.dictionaries(st.sampled_from(['quantity', 'price']), st.integers(1, 3), min_size=1))
    | st.builds(Change, DAYS, st.none()),
    max_size=6,
)


def june(day):
    return date(2026, 6, day)


def values_on(day, base, changes):
    """What holds on ``day``, the slow way: each value is that of its latest change until that day."""
    if any(change.values is None and change.day <= day for change in changes):
        return None
    values = dict(base)
    for change in sorted(changes, key=lambda change: change.day):
        if change.day <= day and change.values:
            values.update(change.values)
    return values


class TestVersions(BaseCase):
    def test_changes_make_versions(self):
        cases = (
            ("none", [], [(None, None, 1, 100)]),
            ("one", [Change(june(10), {'quantity': 2})], [(None, june(9), 1, 100), (june(10), None, 2, 100)]),
            ("of nothing", [Change(june(10), {'quantity': 1})], [(None, None, 1, 100)]),
            (
                "of two values on two days",
                [Change(june(10), {'quantity': 2}), Change(june(20), {'price': 90})],
                [(None, june(9), 1, 100), (june(10), june(19), 2, 100), (june(20), None, 2, 90)],
            ),
            (
                "for an earlier day, decided later: what was agreed for later stays",
                [Change(june(20), {'price': 90}), Change(june(10), {'price': 95, 'quantity': 2})],
                [(None, june(9), 1, 100), (june(10), june(19), 2, 95), (june(20), None, 2, 90)],
            ),
            (
                "twice for one day: the one decided last wins",
                [Change(june(10), {'quantity': 2}), Change(june(10), {'quantity': 3})],
                [(None, june(9), 1, 100), (june(10), None, 3, 100)],
            ),
            (
                "that follows the value before, also where that is decided later",
                [Change(june(20), {'price': lambda before: 12 * before['price']}), Change(june(10), {'price': 95})],
                [(None, june(9), 1, 100), (june(10), june(19), 1, 95), (june(20), None, 1, 1140)],
            ),
            (
                "and back for the same day",
                [Change(june(10), {'quantity': 2}), Change(june(10), {'quantity': 1})],
                [(None, None, 1, 100)],
            ),
            (
                "and back later",
                [Change(june(10), {'quantity': 2}), Change(june(20), {'quantity': 1})],
                [(None, june(9), 1, 100), (june(10), june(19), 2, 100), (june(20), None, 1, 100)],
            ),
            ("an end", [Change(june(10), None)], [(None, june(9), 1, 100)]),
            (
                "an end before a change that was agreed for later",
                [Change(june(20), {'price': 90}), Change(june(10), None)],
                [(None, june(9), 1, 100)],
            ),
            (
                "an end on the day of a change",
                [Change(june(10), {'quantity': 2}), Change(june(10), None)],
                [(None, june(9), 1, 100)],
            ),
        )
        for name, changes, expected in cases:
            with self.subTest(name):
                self.assertEqual(
                    versions(BASE, changes),
                    [Version(first, last, {'quantity': q, 'price': p}) for first, last, q, p in expected],
                )

    @LAW
    @given(CHANGES)
    def test_each_day_has_the_values_agreed_for_it(self, changes):
        found = versions(BASE, changes)
        for offset in range(-1, 62):
            day = FIRST + timedelta(days=offset)
            held = [v for v in found if (v.first or date.min) <= day <= (v.last or date.max)]
            self.assertLessEqual(len(held), 1, "no overlap")
            self.assertEqual(held[0].values if held else None, values_on(day, BASE, changes))

    @LAW
    @given(CHANGES)
    def test_neighbours_differ(self, changes):
        found = versions(BASE, changes)
        for one, other in pairwise(found):
            self.assertEqual(one.last + timedelta(days=1), other.first)
            self.assertNotEqual(one.values, other.values)

    def test_a_pause_rests_until_it_ends_or_is_resumed(self):
        cases = (
            ("planned to its end", [Pause(june(5), june(10))], [(5, 10)]),
            ("open", [Pause(june(5))], [(5, None)]),
            ("open, then resumed", [Pause(june(5)), Resumption(june(11))], [(5, 10)]),
            ("resumed on its first day", [Pause(june(5)), Resumption(june(5))], []),
            ("resumed before its planned end", [Pause(june(5), june(20)), Resumption(june(11))], [(5, 10)]),
            ("resumed after its end: nothing to resume", [Pause(june(5), june(10)), Resumption(june(11))], [(5, 10)]),
            ("resumed before it began", [Pause(june(5)), Resumption(june(1))], [(5, None)]),
            ("two", [Pause(june(20), june(25)), Pause(june(5), june(10))], [(5, 10), (20, 25)]),
            ("two that overlap count once", [Pause(june(5), june(10)), Pause(june(8), june(15))], [(5, 7), (8, 15)]),
            ("two without end", [Pause(june(5)), Pause(june(8))], [(5, 7), (8, None)]),
            ("one inside another", [Pause(june(5), june(20)), Pause(june(8), june(10))], [(5, 7), (8, 10), (11, 20)]),
            (
                "one inside another, resumed: both end",
                [Pause(june(5), june(20)), Pause(june(8), june(10)), Resumption(june(9))],
                [(5, 7), (8, 8)],
            ),
        )
        for name, steps, expected in cases:
            with self.subTest(name):
                days = [(Days(june(first), june(last) if last else date.max), False) for first, last in expected]
                self.assertEqual(paused(steps), days)

    def test_of_a_billed_and_an_unbilled_pause_the_one_decided_last_wins(self):
        free, billed = Pause(june(5), june(20)), Pause(june(8), june(10), is_billed=True)
        cases = (
            ("billed alone", [billed], [(8, 10, True)]),
            ("billed inside unbilled", [free, billed], [(5, 7, False), (8, 10, True), (11, 20, False)]),
            ("unbilled over billed", [billed, free], [(5, 20, False)]),
            ("billed on the same days", [free, Pause(june(5), june(20), is_billed=True)], [(5, 20, True)]),
            ("both resumed", [free, billed, Resumption(june(9))], [(5, 7, False), (8, 8, True)]),
            ("resumed before the billed one", [free, billed, Resumption(june(6))], [(5, 5, False), (8, 10, True)]),
            ("paused once more", [free, Resumption(june(9)), billed], [(5, 7, False), (8, 10, True)]),
        )
        for name, steps, expected in cases:
            with self.subTest(name):
                days = [(Days(june(first), june(last)), is_billed) for first, last, is_billed in expected]
                self.assertEqual(paused(steps), days)
