from datetime import date

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from odoo.addons.recurring_billing.tools.debit_retry import next_try, on_payday

RETURNED = date(2026, 9, 8)  # a Tuesday


@tagged('post_install', '-at_install')
class TestDebitRetry(BaseCase):
    def test_by_policy_and_count(self):
        for retry, limit, attempt, days, expected in (
            ('automatic', 2, 1, 5, date(2026, 9, 15)),
            ('automatic', 2, 2, 5, date(2026, 9, 15)),
            ('automatic', 2, 3, 5, None),
            ('automatic', 1, 1, 2, date(2026, 9, 10)),
            ('automatic', 1, 2, 2, None),
            ('automatic', 0, 1, 2, None),
            ('automatic', 2, 1, 0, RETURNED),
            ('by_hand', 1, 1, 2, None),
            ('never', 2, 1, 2, None),
        ):
            with self.subTest(retry=retry, limit=limit, attempt=attempt):
                self.assertEqual(next_try(RETURNED, attempt, retry=retry, limit=limit, days=days), expected)

    def test_it_waits_for_an_open_bank_day(self):
        self.assertEqual(next_try(date(2026, 12, 23), 1, retry='automatic', limit=1, days=1), date(2026, 12, 24))
        self.assertEqual(next_try(date(2026, 12, 24), 1, retry='automatic', limit=1, days=1), date(2026, 12, 28))

    def test_near_payday(self):
        for earliest, payday, expected in (
            (date(2026, 9, 15), 5, date(2026, 10, 5)),
            (date(2026, 9, 5), 5, date(2026, 9, 7)),  # a Saturday
            (date(2026, 9, 3), 5, date(2026, 9, 7)),
            (date(2026, 9, 7), 5, date(2026, 9, 7)),
            (date(2026, 9, 8), 5, date(2026, 10, 5)),
            (date(2027, 2, 1), 31, date(2027, 3, 1)),  # the end of February is a Sunday
            (date(2026, 12, 28), 28, date(2026, 12, 28)),
            (date(2026, 12, 29), 28, date(2027, 1, 28)),
        ):
            with self.subTest(earliest=earliest, payday=payday):
                self.assertEqual(on_payday(earliest, payday), expected)
