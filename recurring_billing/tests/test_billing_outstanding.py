from datetime import date

from odoo.tests import freeze_time, tagged

from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY, TODAY


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingOutstanding(BankMessageCommon):
    """The outstanding account explained line by line, at any day."""

    def _report(self, day):
        report = self.env['billing.outstanding'].create({'date': day})
        self.assertEqual(report.balance, self._balance('511600', day))
        self.assertEqual(round(sum(report.line_ids.mapped('amount')), 2), report.balance, "the rows explain all of it")
        return [(line.kind, line.amount) for line in report.line_ids]

    def test_each_day_is_explained_as_it_was_then(self):
        collection = self._settled_collection()
        collection._book_credit(date(2026, 9, 4), 100.0)
        first, _second = self._debits(collection)
        first._return(RETURNED, 'AM04')
        self._bank_line(first, date(2026, 9, 9), 120.0)
        for day, expected in (
            (TODAY, []),
            (DAY, [('remittance', 180.0)]),
            (date(2026, 9, 4), [('remittance', 80.0)]),
            (RETURNED, [('return', -120.0), ('remittance', 80.0)]),
            (date(2026, 9, 9), [('remittance', 80.0)]),
        ):
            with self.subTest(day):
                self.assertEqual(sorted(self._report(day)), sorted(expected))
