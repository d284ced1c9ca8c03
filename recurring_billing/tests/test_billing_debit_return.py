from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.recurring_billing.models.billing_debit_return import Return

from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY, TODAY


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingDebitReturn(BankMessageCommon):
    """The ledger of returns, line by line: before and after the bank's credit, whole or in part, in any journal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.billing_tell_returns = False

    def _take_back(self, debit, day=RETURNED, code='AM04', **values):
        entry = Return(debit, day, self._reason(code), **values)
        self.env['billing.debit']._take_back([entry], first_open_day=True)
        return debit.return_move_id

    def _rows(self, amount=120.0, fee=0.0, partner=None):
        name = (partner or self.customer).name
        rows = [('411100', name, amount, 0.0), ('511600', name, 0.0, amount + fee)]
        return rows + ([('627800', name, fee, 0.0)] if fee else [])

    def _vat(self, until):
        """(VAT waiting for its receipt, VAT due) at the end of ``until``."""
        return self._balance('445740', until), self._balance('445710', until)

    def assertVatOnReceipts(self, invoice, expected):
        """Assert the movements of VAT on receipts of ``invoice``: (date, taken from 445740 to 445710)."""
        found = []
        for move in self._cash_basis_entries(invoice):
            waiting = move.line_ids.filtered(lambda line: line.account_id.code == '445740')
            found.append((move.date, sum(waiting.mapped('balance'))))
        self.assertEqual(found, expected)

    # === entries === #

    def test_before_the_banks_credit(self):
        first, _second = self._debits(self._settled_collection())
        self.assertEntry(self._take_back(first), RETURNED, self._rows())
        self.assertEqual(first.move_ids.amount_residual, 120.0)
        self.assertEqual(self._balance('511600', RETURNED), 60.0)
        self.assertVatOnReceipts(first.move_ids, [(DAY, 20.0), (RETURNED, -20.0)])
        self.assertEqual(self._vat(date(2026, 9, 7)), (0.0, -30.0))
        self.assertEqual(self._vat(RETURNED), (-20.0, -10.0))

    def test_after_the_banks_credit(self):
        collection = self._settled_collection()
        collection._book_credit(DAY, 180.0)
        self.assertEqual(self._balance('511600', DAY), 0.0)
        first, _second = self._debits(collection)
        self.assertEntry(self._take_back(first), RETURNED, self._rows())
        self.assertEqual(self._balance('511600', RETURNED), -120.0, "what the bank takes back")

    def test_a_fee_and_interest_pass_through_the_outstanding_account(self):
        first, _second = self._debits(self._settled_collection())
        move = self._take_back(first, fee=15.0, interest=0.8)
        rows = [
            ('411100', self.customer.name, 120.0, 0.0),
            ('627800', self.customer.name, 15.0, 0.0),
            ('627800', self.customer.name, 0.8, 0.0),
            ('511600', self.customer.name, 0.0, 135.8),
        ]
        self.assertEntry(move, RETURNED, rows)

    def test_a_fee_of_a_debit_that_was_not_booked_is_booked_alone(self):
        first, _second = self._debits(self._sent_collection())
        move = self._take_back(first, date(2026, 9, 2), fee=3.0)
        name = self.customer.name
        self.assertEntry(move, date(2026, 9, 2), [('627800', name, 3.0, 0.0), ('511600', name, 0.0, 3.0)])
        self.assertEqual(first.move_ids.amount_residual, 120.0)

    def test_a_part_opens_the_invoice_for_that_part(self):
        first, _second = self._debits(self._settled_collection())
        move = self._take_back(first, amount=48.0)
        self.assertEntry(move, RETURNED, self._rows(48.0))
        self.assertEqual(first.move_ids.amount_residual, 48.0)
        self.assertEqual(self._vat(date(2026, 9, 7)), (0.0, -30.0))
        self.assertEqual(self._vat(RETURNED), (-8.0, -22.0))
        self.assertTrue(first.settlement_line_id.reconciled, "with the return, and with what is still paid")

    def test_a_batch_is_one_entry_for_each_debit(self):
        first, second = self._debits(self._settled_collection())
        returns = [Return(debit, RETURNED, self._reason('AM04')) for debit in (first, second)]
        self.env['billing.debit']._take_back(returns)
        self.assertEntry(first.return_move_id, RETURNED, self._rows())
        self.assertEntry(second.return_move_id, RETURNED, self._rows(60.0, partner=second.partner_id))
        self.assertEqual(self._balance('511600', RETURNED), 0.0)
        self.assertEqual(self._vat(RETURNED), (-30.0, 0.0))

    def test_a_batch_costs_few_queries_for_each_return(self):
        """Without VAT on receipts, whose entries core takes back one by one."""
        self.service.taxes_id = False
        invoices = self.env['account.move'].create(
            [self._move_values('out_invoice', 10.0 + number, self.customer) for number in range(40)]
        )
        invoices.action_post()
        debits = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        counts = []
        for some in (debits[:10], debits[10:40]):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['billing.debit']._take_back([Return(debit, RETURNED, self._reason('AM04')) for debit in some])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess((counts[1] - counts[0]) / 20, 12, counts)

    def test_a_second_return_of_the_retried_debit(self):
        first, _second = self._debits(self._settled_collection())
        invoice = first.move_ids
        self._take_back(first)
        day = date(2026, 9, 24)
        first._unguarded().retry_on = day
        again = self._collect(day, date(2026, 9, 21)).debit_ids
        self._settle(day)
        self.assertEqual((again.attempt, invoice.amount_residual), (2, 0.0))
        move = self._take_back(again, date(2026, 9, 28))
        self.assertEntry(move, date(2026, 9, 28), self._rows())
        self.assertEqual(invoice.amount_residual, 120.0)
        self.assertVatOnReceipts(invoice, [(DAY, 20.0), (RETURNED, -20.0), (day, 20.0), (date(2026, 9, 28), -20.0)])

    def test_a_refund_after_seven_weeks(self):
        first, _second = self._debits(self._settled_collection())
        day = date(2026, 10, 22)
        self.assertEntry(self._take_back(first, day, 'MD06'), day, self._rows())
        self.assertEqual(first.return_kind, 'refunded')
        self.assertVatOnReceipts(first.move_ids, [(DAY, 20.0), (day, -20.0)])

    def test_an_unauthorised_debit_comes_back_after_twelve_months_and_the_closed_year_stays(self):
        first, _second = self._debits(self._settled_collection())
        self.company.fiscalyear_lock_date = date(2026, 12, 31)
        self.company.tax_lock_date = date(2027, 7, 31)
        day = date(2027, 9, 1)
        with freeze_time('2027-09-02'):
            self.assertEntry(self._take_back(first, day, 'MD01'), day, self._rows())
        self.assertVatOnReceipts(first.move_ids, [(DAY, 20.0), (day, -20.0)])
        self.assertEqual(self._vat(date(2026, 12, 31)), (0.0, -30.0))
        self.assertEqual(self._vat(day), (-20.0, -10.0))

    def test_in_a_locked_period_all_of_it_takes_the_first_open_day(self):
        first, _second = self._debits(self._settled_collection())
        self.company.fiscalyear_lock_date = date(2026, 9, 30)
        opened = date(2026, 10, 1)
        self.assertEntry(self._take_back(first), opened, self._rows())
        self.assertEqual(first.return_date, RETURNED, "the bank's own day is kept")
        self.assertVatOnReceipts(first.move_ids, [(DAY, 20.0), (opened, -20.0)])

    def test_in_hash_locked_journals(self):
        self.company.billing_settlement_journal_id.restrict_mode_hash_table = True
        self.bank_journal.restrict_mode_hash_table = True
        collection = self._settled_collection()
        collection._book_credit(DAY, 180.0)
        first, _second = self._debits(collection)
        move = self._take_back(first, fee=2.0)
        self.assertEntry(move, RETURNED, self._rows(fee=2.0))
        self.assertTrue(move.inalterable_hash)
        line = self._bank_line(first, RETURNED, 122.0, "R1")
        self.assertTrue(line.move_id.inalterable_hash)
        self.assertEqual(self._balance('511600', RETURNED), 0.0)

    def test_the_books_balance_at_every_day(self):
        collection = self._settled_collection()
        collection._book_credit(date(2026, 9, 4), 180.0)
        first, second = self._debits(collection)
        self._take_back(first, fee=15.0)
        self._take_back(second, date(2026, 9, 9), amount=24.0)
        self._bank_line(first, RETURNED, 135.0)
        for day, expected in (
            (TODAY, (180.0, 0.0, 0.0, 0.0)),
            (DAY, (0.0, 180.0, 0.0, 0.0)),
            (date(2026, 9, 4), (0.0, 0.0, 180.0, 0.0)),
            (RETURNED, (120.0, 0.0, 45.0, 15.0)),
            (date(2026, 9, 9), (144.0, -24.0, 45.0, 15.0)),
        ):
            accounts = ('411100', '511600', self.bank_journal.default_account_id.code, '627800')
            found = tuple(self._balance(code, day) for code in accounts)
            self.assertEqual(found, expected, day)

    # === the fee, recharged === #

    def test_the_fee_is_recharged_to_a_business_where_the_company_wants_it_and_never_to_a_consumer(self):
        account = self.env['account.chart.template'].with_company(self.company).ref('pcg_7088')
        product = self._create_product(
            name="Bank's fee",
            type='service',
            taxes_id=[Command.set(self.vat_on_receipts.ids)],
            property_account_income_id=account.id,
        )
        for kind, wanted, recharged in (
            ('business', True, True),
            ('business', False, False),
            ('consumer', True, False),
            ('nonpro', True, False),
        ):
            self.company.billing_fee_product_id = product if wanted else False
            self.customer.billing_party_kind = kind
            self._plain_invoice()
            debit = self._collect(DAY, TODAY).debit_ids
            self._settle(DAY)
            self._take_back(debit, code='AC01', fee=15.0)
            with self.subTest(kind, wanted=wanted):
                self.assertEqual(bool(debit.recharge_move_id), recharged)
            if recharged:
                rows = [
                    ('411100', self.customer.name, 18.0, 0.0),
                    ('708800', self.customer.name, 0.0, 15.0),
                    ('445740', self.customer.name, 0.0, 3.0),
                ]
                self.assertEntry(debit.recharge_move_id, RETURNED, rows)
            self.mandate._resume("again")

    # === refused === #

    def test_what_cannot_be(self):
        first, second = self._debits(self._settled_collection())
        for values, words in (
            ({'amount': 121.0}, "took.*120.00.*not more"),
            ({'amount': 0.0}, "above zero"),
            ({'fee': -1.0}, "fee of zero or more"),
            ({'day': date(2026, 9, 2)}, "collected on 09/03/2026"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self._take_back(first, **values)
        waiting = self._collect(date(2026, 9, 17), date(2026, 9, 10)) if self._invoice(price=10.0) else None
        with self.assertRaisesRegex(UserError, "comes back as a whole"):
            self._take_back(waiting.debit_ids, date(2026, 9, 11), amount=1.0)
        self.assertEqual((first | second).mapped('state'), ['settled', 'settled'])
