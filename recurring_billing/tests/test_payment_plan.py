from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.payment_plan import (
    Instalment,
    Payment,
    fault,
    missed,
    propose,
    remaining,
    shares,
)

TODAY = date(2026, 10, 1)
MONTHS = [date(2026, 10, 5), date(2026, 11, 5), date(2026, 12, 5)]


def plan(*amounts):
    return [Instalment(day, D(amount)) for day, amount in zip(MONTHS, amounts, strict=False)]


def amounts(*texts):
    return [D(text) for text in texts]


class TestPaymentPlan(BaseCase):
    """Instalments: how they are made, what payments leave of them, whether they are kept."""

    def test_a_debt_is_divided_into_equal_parts_and_the_rest_is_on_the_last(self):
        for total, count, expected in (
            ("120.00", 3, ["40.00", "40.00", "40.00"]),
            ("100.00", 3, ["33.33", "33.33", "33.34"]),
            ("0.05", 3, ["0.01", "0.01", "0.03"]),
            ("99.99", 1, ["99.99"]),
        ):
            with self.subTest(total, count=count):
                found = propose(D(total), count, MONTHS[0], 'month')
                self.assertEqual([one.amount for one in found], amounts(*expected))

    def test_whole_units_of_a_currency_without_cents(self):
        found = propose(D("1000"), 3, MONTHS[0], 'month', rounding=D("1"))
        self.assertEqual([one.amount for one in found], amounts("333", "333", "334"))

    def test_days_follow_each_other(self):
        for first, step, day, expected in (
            (date(2026, 10, 5), 'week', None, [(10, 5), (10, 12), (10, 19), (10, 26)]),
            (date(2026, 10, 5), 'fortnight', None, [(10, 5), (10, 19), (11, 2), (11, 16)]),
            (date(2026, 10, 31), 'month', None, [(10, 31), (11, 30), (12, 31), (1, 31)]),
            (date(2026, 11, 30), 'month', None, [(11, 30), (12, 30), (1, 30), (2, 28)]),
            (date(2026, 10, 3), 'month', 31, [(10, 3), (11, 30), (12, 31), (1, 31)]),
            (date(2026, 10, 20), 'month', 5, [(10, 20), (11, 5), (12, 5), (1, 5)]),
        ):
            with self.subTest(first, step=step, day=day):
                found = propose(D("100"), 4, first, step, day_of_month=day)
                self.assertEqual([(one.day.month, one.day.day) for one in found], expected)

    def test_what_cannot_be_divided_is_refused(self):
        for total, count, step in (("0", 1, 'month'), ("0.02", 3, 'month'), ("10", 0, 'month'), ("10", 2, 'year')):
            with self.subTest(total, count=count, step=step), self.assertRaises(ValueError):
                propose(D(total), count, TODAY, step)

    def test_a_plan_that_makes_no_sense_is_told(self):
        for name, instalments, total, expected in (
            ("sound", plan("40", "40", "40"), "120", None),
            ("one today", [Instalment(TODAY, D("5"))], "5", None),
            ("none", [], "120", ("empty", None)),
            ("too little", plan("40", "40", "39.99"), "120", ("sum", None)),
            ("too much", plan("40", "40", "40.01"), "120", ("sum", None)),
            ("nothing", plan("40", "0", "80"), "120", ("amount", 2)),
            ("below zero", plan("-1", "41", "80"), "120", ("amount", 1)),
            ("yesterday", [Instalment(date(2026, 9, 30), D("5"))], "5", ("past", 1)),
            ("backwards", [*plan("40", "40"), Instalment(MONTHS[0], D("40"))], "120", ("order", 3)),
            ("twice a day", [Instalment(TODAY, D("5")), Instalment(TODAY, D("5"))], "10", ("order", 2)),
        ):
            with self.subTest(name):
                self.assertEqual(fault(instalments, D(total), TODAY), expected)

    def test_payments_are_taken_into_account(self):
        credit = Payment(D("30"), is_money=False)
        for name, payments, last, spread in (
            ("nothing", [], ["40", "40", "40"], ["40", "40", "40"]),
            ("the first", [Payment(D("40"))], ["0", "40", "40"], ["0", "40", "40"]),
            ("a part of it", [Payment(D("15"))], ["25", "40", "40"], ["25", "40", "40"]),
            ("in two parts", [Payment(D("15")), Payment(D("25"))], ["0", "40", "40"], ["0", "40", "40"]),
            ("more than it", [Payment(D("50"))], ["0", "40", "30"], ["0", "35", "35"]),
            ("two at once", [Payment(D("80"))], ["0", "40", "0"], ["0", "20", "20"]),
            ("all", [Payment(D("120"))], ["0", "0", "0"], ["0", "0", "0"]),
            ("a credit note", [credit], ["40", "40", "10"], ["30", "30", "30"]),
            ("both", [Payment(D("40")), credit], ["0", "40", "10"], ["0", "25", "25"]),
            ("a cent too many", [Payment(D("40.01"))], ["0", "40", "39.99"], ["0", "39.99", "40.00"]),
        ):
            for rule, expected in (('last', last), ('spread', spread)):
                with self.subTest(name, rule=rule):
                    self.assertEqual(remaining(plan("40", "40", "40"), payments, rule), amounts(*expected))

    def test_more_than_the_plan_is_refused(self):
        with self.assertRaises(ValueError):
            remaining(plan("40"), [Payment(D("41"))], 'last')
        with self.assertRaises(ValueError):
            remaining(plan("40", "40"), [Payment(D("41"))], 'first')

    def test_an_instalment_is_missed_once_its_days_of_grace_are_over(self):
        for today, left, excused, expected in (
            (date(2026, 10, 5), ["40", "40", "40"], [], 0),
            (date(2026, 10, 10), ["40", "40", "40"], [], 0),
            (date(2026, 10, 11), ["40", "40", "40"], [], 1),
            (date(2026, 10, 11), ["0.01", "40", "40"], [], 1),
            (date(2026, 10, 11), ["0", "40", "40"], [], 0),
            (date(2026, 11, 11), ["40", "40", "40"], [], 2),
            (date(2026, 11, 11), ["40", "40", "40"], [True, False, False], 1),
        ):
            with self.subTest(today, left=left, excused=excused):
                self.assertEqual(missed(plan("40", "40", "40"), amounts(*left), today, 5, excused), expected)

    def test_instalments_pay_the_oldest_debt_first(self):
        self.assertEqual(
            shares(amounts("50", "70"), amounts("40", "40", "40")),
            [amounts("40", "0"), amounts("10", "30"), amounts("0", "40")],
        )

    @given(
        st.integers(1, 10**7), st.integers(1, 24), st.sampled_from(['week', 'fortnight', 'month']),
        st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.one_of(st.none(), st.integers(1, 31)),
    )  # fmt: skip
    def test_every_proposal_sums_up_and_goes_forward(self, cents, count, step, first, day):
        total = D(cents) / 100
        if cents < count:
            return
        found = propose(total, count, first, step, day_of_month=day)
        self.assertIsNone(fault(found, total, first))
        self.assertLess(found[-1].amount - found[0].amount, D(count) / 100)

    @given(st.lists(st.integers(1, 500), min_size=1, max_size=6), st.sampled_from(['last', 'spread']), st.data())
    def test_nothing_is_lost_whatever_is_paid(self, parts, rule, data):
        instalments = [Instalment(date(2026, number, 1), D(part)) for number, part in enumerate(parts, 1)]
        payments, rest = [], sum(parts)
        while rest and data.draw(st.booleans()):
            amount = data.draw(st.integers(1, rest))
            payments.append(Payment(D(amount), data.draw(st.booleans())))
            rest -= amount
        left = remaining(instalments, payments, rule)
        self.assertEqual(sum(left), rest)
        self.assertTrue(all(one >= 0 for one in left))
