from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.dunning_ladder import Debt, Decision, Level, Silence, decide, fault

LAW = settings(max_examples=200, deadline=None, database=None)
DUE = date(2026, 3, 31)
FRENCH = [Level(-7), Level(5), Level(15, 7), Level(25, 7), Level(30, 5, Decimal("50")), Level(45, 10)]


def day(offset):
    """The day ``offset`` days after the due date."""
    return DUE + timedelta(days=offset)


def debt(level=0, last=None, residual="1200", **values):
    return Debt(DUE, Decimal(residual), level, None if last is None else day(last), **values)


class TestDunningLadder(BaseCase):
    """The French ladder: 7 days before the due date, then 5, 15, 25, 30 (formal notice) and 45 days after it."""

    def assertDecided(self, cases):
        """Assert (name, debt, days after the due date, reason, level due, next level, its day after the due date)."""
        for name, owed, offset, reason, level, next_level, next_on in cases:
            with self.subTest(name):
                decision = decide(owed, FRENCH, day(offset))
                found = decision.next_on and (decision.next_on - DUE).days
                self.assertEqual(
                    (decision.reason, decision.level, decision.next_level, found), (reason, level, next_level, next_on)
                )

    def test_each_level_comes_on_its_day(self):
        self.assertDecided(
            [
                ("eight days before", debt(), -8, "early", None, 1, -7),
                ("seven days before", debt(), -7, "due", 1, 1, -7),
                ("told late, still in time", debt(), 0, "due", 1, 1, -7),
                ("told, due today", debt(1, -7), 0, "early", None, 2, 5),
                ("four days late", debt(1, -7), 4, "early", None, 2, 5),
                ("five days late", debt(1, -7), 5, "due", 2, 2, 5),
                ("second reminder", debt(2, 5), 15, "due", 3, 3, 15),
                ("last reminder", debt(3, 15), 25, "due", 4, 4, 25),
                ("formal notice", debt(4, 25), 30, "due", 5, 5, 30),
                ("hand-over", debt(5, 30), 45, "due", 6, 6, 45),
                ("nothing is left", debt(6, 45), 400, "finished", None, None, None),
            ]
        )

    def test_what_comes_before_the_due_date_lapses_with_it(self):
        self.assertDecided(
            [
                ("one day late, never told", debt(), 1, "early", None, 2, 5),
                ("five days late, never told", debt(), 5, "due", 2, 2, 5),
            ]
        )
        silent = debt(silence=Silence("promise", day(0)))
        self.assertDecided([("silent until the due date", silent, -7, "silent", None, 2, 5)])
        courtesy = [Level(-7)]
        self.assertEqual(decide(debt(), courtesy, day(0)).level, 1)
        self.assertEqual(decide(debt(), courtesy, day(1)).reason, "finished")

    def test_an_old_invoice_begins_with_the_first_reminder(self):
        self.assertDecided(
            [
                ("imported, 200 days late", debt(), 200, "due", 2, 2, 5),
                ("the same day again", debt(2, 200), 200, "waiting", None, 3, 207),
                ("six days later", debt(2, 200), 206, "waiting", None, 3, 207),
                ("seven days later", debt(2, 200), 207, "due", 3, 3, 207),
            ]
        )

    def test_a_month_without_a_run_skips_nothing(self):
        self.assertDecided(
            [
                ("last run at five days", debt(2, 5), 36, "due", 3, 3, 15),
                ("then", debt(3, 36), 37, "waiting", None, 4, 43),
            ]
        )

    def test_two_actions_never_fall_on_one_day(self):
        eager = [Level(0), Level(1), Level(2)]
        self.assertEqual(decide(debt(1, 50), eager, day(50)).reason, "waiting")
        self.assertEqual(decide(debt(1, 50), eager, day(51)).level, 2)

    def test_a_partial_payment_counts_the_wait_anew(self):
        self.assertDecided(
            [
                ("paid in part ten days late", debt(2, 5, "600", anchor=day(10)), 15, "waiting", None, 3, 20),
                ("ten days after it", debt(2, 5, "600", anchor=day(10)), 20, "due", 3, 3, 20),
                ("before the last action", debt(3, 15, "600", anchor=day(3)), 25, "due", 4, 4, 25),
                ("paid in part in time", debt(1, -7, "600", anchor=day(-3)), 5, "due", 2, 2, 5),
                ("before any reminder", debt(0, None, "600", anchor=day(4)), 5, "due", 2, 2, 5),
                ("on the day of the first one", debt(0, None, "600", anchor=day(5)), 5, "waiting", None, 2, 6),
            ]
        )

    def test_a_debit_that_comes_back_goes_on_where_the_ladder_stood(self):
        back = debt(2, 5, anchor=day(60))
        self.assertDecided(
            [
                ("on the day of the return", back, 60, "waiting", None, 3, 70),
                ("ten days later", back, 70, "due", 3, 3, 70),
            ]
        )

    def test_silence_holds_until_its_day(self):
        promise = Silence("promise", day(20))
        self.assertDecided(
            [
                ("promised for today", debt(2, 5, silence=promise), 20, "silent", None, 3, 21),
                ("promise over", debt(2, 5, silence=promise), 21, "due", 3, 3, 21),
                (
                    "promised for before the level",
                    debt(2, 5, silence=Silence("promise", day(9))),
                    10,
                    "early",
                    None,
                    3,
                    15,
                ),
                ("disputed without end", debt(2, 5, silence=Silence("dispute")), 99, "silent", None, 3, 15),
                ("handed over at the end", debt(6, 45, silence=Silence("court")), 99, "silent", None, None, None),
                ("promised at the end", debt(6, 45, silence=promise), 20, "silent", None, None, None),
            ]
        )

    def test_what_is_settled_is_silent_whatever_else_holds(self):
        for residual in ("0", "-20"):
            self.assertEqual(decide(debt(6, 45, residual), FRENCH, day(60)).reason, "settled")
            owed = debt(2, 5, residual, silence=Silence("dispute"))
            self.assertEqual(decide(owed, FRENCH, day(60)).reason, "settled")

    def test_a_small_rest_is_not_worth_a_formal_notice(self):
        self.assertDecided(
            [
                ("a cent below", debt(4, 25, "49.99"), 30, "small", None, 5, 30),
                ("as much", debt(4, 25, "50"), 30, "due", 5, 5, 30),
                ("last reminder", debt(3, 15, "49.99"), 25, "due", 4, 4, 25),
            ]
        )

    def test_the_reason_comes_with_its_days(self):
        self.assertEqual(
            decide(debt(2, 8), FRENCH, day(17)),
            Decision(level=3, reason="due", next_level=3, next_on=day(15), days_late=17, days_since=9),
        )
        self.assertEqual(
            decide(debt(), FRENCH, day(-10)),
            Decision(level=None, reason="early", next_level=1, next_on=day(-7), days_late=-10, days_since=None),
        )

    def test_an_unknown_level_is_refused(self):
        for level in (-1, 7):
            with self.assertRaisesRegex(ValueError, f"level {level} of 6"):
                decide(debt(level), FRENCH, DUE)

    def test_ladders_that_make_no_sense_are_told(self):
        cases = (
            ("the French one", FRENCH, None),
            ("none", [], None),
            ("backwards", [Level(5), Level(15), Level(10)], (3, "backwards")),
            ("twice the same day", [Level(5), Level(5)], (2, "backwards")),
            ("a wait below zero", [Level(5, -1)], (1, "min_days")),
            ("an amount below zero", [Level(5), Level(6, 0, Decimal("-0.01"))], (2, "min_amount")),
        )
        for name, levels, expected in cases:
            with self.subTest(name):
                self.assertEqual(fault(levels), expected)


@st.composite
def ladders(draw):
    days = sorted(draw(st.sets(st.integers(-20, 60), min_size=1, max_size=7)))
    return [Level(one, draw(st.integers(0, 12))) for one in days]


@st.composite
def histories(draw):
    """A ladder and the days, after the due date, on which somebody runs it: some twice, after long silences or late."""
    gaps = draw(st.lists(st.integers(0, 40), min_size=1, max_size=25))
    offset, runs = draw(st.integers(-30, 90)), []
    for gap in gaps:
        offset += gap
        runs.append(offset)
    payments = draw(st.sets(st.sampled_from(runs), max_size=3))
    return draw(ladders()), runs, payments


def played(levels, runs, payments=()):
    """[(level, day after the due date)] of the actions that ``runs`` make; a partial payment comes before its run."""
    owed, actions = debt(), []
    for offset in runs:
        if offset in payments:
            owed = replace(owed, anchor=day(offset))
        if level := decide(owed, levels, day(offset)).level:
            actions.append((level, offset))
            owed = replace(owed, level=level, last_action=day(offset))
    return actions


class TestDunningLadderLaws(BaseCase):
    """What holds for each ladder and however it is run."""

    @LAW
    @given(histories())
    def test_no_level_is_skipped_and_none_comes_twice_or_too_early(self, history):
        levels, runs, payments = history
        reached, last = 0, None
        for level, offset in played(levels, runs, payments):
            passed = levels[reached : level - 1]
            self.assertTrue(all(one.days < 0 < offset for one in passed), "only announcements lapse")
            self.assertGreater(level, reached)
            self.assertGreaterEqual(offset, levels[level - 1].days)
            if last is not None:
                self.assertGreaterEqual(offset - last, max(1, levels[level - 1].min_days))
            reached, last = level, offset

    @LAW
    @given(ladders())
    def test_run_every_day_each_level_comes_on_its_day_unless_it_must_wait(self, levels):
        actions = dict(played(levels, range(-21, 200)))
        previous = None
        for number, level in enumerate(levels, 1):
            expected = level.days if previous is None else max(level.days, previous + max(1, level.min_days))
            if level.days < 0 < expected:
                self.assertNotIn(number, actions, "the wait went beyond the due date: nothing is announced afterwards")
                continue
            self.assertEqual(actions[number], expected)
            previous = expected

    @LAW
    @given(histories())
    def test_the_day_that_is_named_is_the_day_on_which_it_comes(self, history):
        levels, runs, payments = history
        owed = debt()
        for level, offset in played(levels, runs, payments):
            owed = replace(owed, level=level, last_action=day(offset))
        today = day(runs[-1])
        decision = decide(owed, levels, today)
        if decision.next_level:
            comes = max(decision.next_on, today)
            self.assertEqual(decide(owed, levels, comes).level, decision.next_level)
            self.assertEqual(decision.level is None, comes > today)
            for early in range((comes - today).days):
                self.assertIsNone(decide(owed, levels, today + timedelta(days=early)).level)

    @LAW
    @given(histories(), st.integers(0, 300))
    def test_silence_says_nothing_and_loses_nothing(self, history, until):
        levels, runs, _payments = history
        silent = replace(debt(), silence=Silence("dispute", day(until)))
        for offset in runs:
            decision = decide(silent, levels, day(offset))
            if offset <= until:
                self.assertIsNone(decision.level)
            else:
                self.assertEqual(decision.level, decide(debt(), levels, day(offset)).level)
