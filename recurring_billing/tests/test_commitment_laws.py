from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.commitment import (
    Commitment,
    Notice,
    earliest_end,
    early_termination_fee,
)
from odoo.addons.recurring_billing.tools.proration import Days
from odoo.addons.recurring_billing.tools.recurrence import Recurrence

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")
LAW = settings(max_examples=100, deadline=None, database=None)
STARTS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
NOTICES = st.builds(Notice, st.integers(0, 120), st.just("day")) | st.builds(
    Notice,
    st.integers(0, 18),
    st.just("month"),
)


@st.composite
def commitments(draw, renewals=None):
    start = draw(STARTS)
    renewals = st.integers(0, 24) if renewals is None else renewals
    begins = draw(st.lists(st.tuples(st.integers(-60, 1_200), st.integers(0, 90)), max_size=4))
    pauses = [Days(start + timedelta(first), start + timedelta(first + more)) for first, more in begins]
    return Commitment(start, draw(st.integers(1, 36)), draw(renewals), tuple(pauses))


class TestCommitmentLaws(BaseCase):
    @LAW
    @given(commitments(st.integers(1, 24)))
    @example(Commitment(date(2026, 1, 31), 1, 1))
    @example(Commitment(date(2024, 2, 29), 12, 12))
    def test_terms_follow_each_other_without_gap_and_hold_their_days(self, commitment):
        terms = [commitment.term(index) for index in range(12)]
        self.assertEqual(terms[0].start, commitment.start)
        for before, after in pairwise(terms):
            self.assertEqual(after.start, before.end + ONE_DAY)
        for term in terms:
            self.assertEqual(commitment.term_on(term.start), term)
            self.assertEqual(commitment.term_on(term.end), term)
            self.assertEqual(commitment.term_on(term.start + timedelta(term.days // 2)), term)

    @LAW
    @given(commitments())
    def test_a_term_has_outside_of_its_pauses_all_the_days_that_it_would_have_without(self, commitment):
        unbroken = Commitment(commitment.start, commitment.months, commitment.renewal)
        for index in range(4 if commitment.renewal else 1):
            term = commitment.term(index)
            every = (term.start + timedelta(offset) for offset in range(term.days))
            served = [day for day in every if not any(p.first <= day <= p.last for p in commitment.pauses)]
            self.assertEqual(len(served), unbroken.term(index).days)
            self.assertEqual(served[-1], term.end)

    @LAW
    @given(NOTICES, STARTS, st.integers(-3, 600))
    def test_notice_is_in_time_until_its_latest_day_and_never_after(self, notice, end, ahead):
        given_on = end - timedelta(ahead)
        self.assertEqual(notice.ends(given_on) <= end, given_on <= notice.latest(end))

    @LAW
    @given(commitments(), NOTICES, st.integers(0, 1_500), st.sampled_from(["month", "year"]), st.integers(1, 6))
    def test_a_later_end_is_never_earlier_and_every_notice_is_served(self, commitment, notice, day, unit, interval):
        periods = Recurrence(commitment.start, unit, interval)
        given_on = commitment.start + timedelta(day)
        at_once, period, bound = (
            earliest_end(given_on, rule, notice, periods, commitment) for rule in ("at_once", "period", "commitment")
        )
        self.assertEqual(at_once, notice.ends(given_on))
        self.assertLessEqual(at_once, min(period, bound))
        self.assertGreaterEqual(bound, commitment.term(0).end)
        self.assertLessEqual(given_on, notice.latest(bound))
        next_day = earliest_end(given_on + ONE_DAY, "commitment", notice, periods, commitment)
        self.assertGreaterEqual(next_day, bound)

    @LAW
    @given(
        st.lists(st.decimals(-1_000, 10_000, places=2), max_size=12),
        st.integers(-10, 365),
        st.integers(0, 100),
    )
    def test_a_fee_is_never_below_zero_and_a_later_end_never_costs_more_at_positive_prices(self, amounts, day, percent):
        monthly = Recurrence(date(2026, 1, 1), "month", 1)
        rows = [
            (Days(monthly.period(index).start, monthly.period(index).end), amount)
            for index, amount in enumerate(amounts)
        ]

        def fee(some_rows, offset):
            left = Days(date(2026, 1, 1) + timedelta(offset), date(2026, 12, 31))
            return early_termination_fee(some_rows, left, CENT, percent=Decimal(percent))

        self.assertGreaterEqual(fee(rows, day), 0)
        rows = [(some_days, abs(amount)) for some_days, amount in rows]
        self.assertLessEqual(fee(rows, day + 1), fee(rows, day))
