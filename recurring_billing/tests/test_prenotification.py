from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.recurring_billing.tools.prenotification import Told, debit_day, fault, latest, said_on

DAY, OTHER = date(2026, 9, 15), date(2026, 9, 21)


def told(day, amount, sent_on):
    return Told(day, Decimal(amount), sent_on)


@tagged('post_install', '-at_install')
class TestPrenotification(BaseCase):
    def test_a_debit_is_lawful_where_its_day_and_amount_were_told_early_enough(self):
        first = date(2026, 9, 1)
        cases = [
            ("nobody was told", [], '120.00', 'missing'),
            ("14 days before", [told(DAY, '120.00', first)], '120.00', None),
            ("13 days before", [told(DAY, '120.00', date(2026, 9, 2))], '120.00', 'too_short'),
            ("for another day", [told(OTHER, '120.00', first)], '120.00', 'other_day'),
            ("less than the debit", [told(DAY, '119.99', first)], '120.00', 'higher'),
            ("more than the debit", [told(DAY, '120.01', first)], '120.00', None),
            (
                "told again of the same, too late alone",
                [told(DAY, '120.00', first), told(DAY, '120.00', date(2026, 9, 10))],
                '120.00',
                None,
            ),
            (
                "told of another day later on",
                [told(DAY, '120.00', first), told(OTHER, '120.00', date(2026, 9, 3))],
                '120.00',
                'other_day',
            ),
            (
                "told of another day before",
                [told(OTHER, '120.00', date(2026, 8, 1)), told(DAY, '120.00', first)],
                '120.00',
                None,
            ),
            (
                "a higher amount, told too late",
                [told(DAY, '100.00', first), told(DAY, '120.00', date(2026, 9, 10))],
                '120.00',
                'too_short',
            ),
            (
                "a lower amount, told late, which the first one covers",
                [told(DAY, '120.00', first), told(DAY, '100.00', date(2026, 9, 10))],
                '100.00',
                None,
            ),
            (
                "more than the last one, which the first one would cover",
                [told(DAY, '120.00', first), told(DAY, '100.00', date(2026, 9, 2))],
                '120.00',
                'higher',
            ),
        ]
        for name, notices, amount, expected in cases:
            with self.subTest(name):
                self.assertEqual(fault(notices, DAY, Decimal(amount), 14, accepts_lower=True), expected)

    def test_where_lower_amounts_need_a_notice_they_are_refused(self):
        notices = [told(DAY, '120.00', date(2026, 9, 1))]
        self.assertEqual(fault(notices, DAY, Decimal('100.00'), 14, accepts_lower=False), 'lower')
        notices.append(told(DAY, '100.00', date(2026, 9, 2)))
        self.assertEqual(fault(notices, DAY, Decimal('100.00'), 14, accepts_lower=False), 'too_short')
        self.assertIsNone(fault(notices, DAY, Decimal('100.00'), 13, accepts_lower=False))

    def test_of_two_notices_of_one_day_the_later_one_holds(self):
        one, two = told(DAY, '120.00', date(2026, 9, 1)), told(OTHER, '120.00', date(2026, 9, 1))
        self.assertEqual(latest([one, two]), two)
        self.assertIsNone(latest([]))

    def test_the_first_notice_that_covers_the_amount_counts(self):
        notices = [told(DAY, '90.00', date(2026, 8, 1)), told(DAY, '120.00', date(2026, 9, 1))]
        self.assertEqual(said_on(notices, DAY, Decimal('100.00'), accepts_lower=True), date(2026, 9, 1))
        self.assertIsNone(said_on(notices, OTHER, Decimal('100.00'), accepts_lower=True))

    def test_the_announced_day_is_due_told_early_enough_reachable_and_open(self):
        near = date(2026, 9, 3)
        cases = [
            ("told 14 days before", date(2026, 9, 1), date(2026, 9, 1), 14, near, date(2026, 9, 15)),
            ("due later", date(2026, 9, 30), date(2026, 9, 1), 14, near, date(2026, 9, 30)),
            ("moved off the weekend", date(2026, 9, 1), date(2026, 9, 5), 14, near, date(2026, 9, 21)),
            ("the bank needs its time", date(2026, 9, 1), date(2026, 9, 1), 1, near, near),
            ("over Christmas", date(2026, 12, 25), date(2026, 12, 1), 14, near, date(2026, 12, 28)),
        ]
        for name, due, today, days, earliest, expected in cases:
            with self.subTest(name):
                self.assertEqual(debit_day(due, today, days, earliest), expected)
