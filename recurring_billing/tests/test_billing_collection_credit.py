from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common_collection import DAY, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-08')
class TestBillingCollectionCredit(CollectionCommon):
    def _settled(self):
        with freeze_time(TODAY):
            self._plain_invoice()
            self._plain_invoice(50.0)
            collection = self._collect(DAY, TODAY)
        self._settle(DAY)
        return collection

    def _wizard(self, collection, **values):
        return self.env['billing.collection.credit'].create({'collection_id': collection.id, **values})

    def test_the_banks_credit_clears_the_outstanding_account(self):
        collection = self._settled()
        wizard = self._wizard(collection)
        self.assertEqual((wizard.date, wizard.amount, wizard.fee), (DAY, 180.0, 0.0))
        wizard.action_confirm()
        self.assertEntry(collection.bank_move_id, DAY, [('512001', None, 180.0, 0.0), ('511600', None, 0.0, 180.0)])
        self.assertEqual((collection.uncredited_amount, self._balance('511600', DAY)), (0.0, 0.0))
        self.assertTrue(collection.bank_move_id.statement_line_id.is_reconciled)

    def test_a_fee_that_the_bank_kept_is_booked_apart(self):
        collection = self._settled()
        wizard = self._wizard(collection, date=date(2026, 9, 4), fee=1.5)
        self.assertEqual((wizard.amount, wizard.fee_account_id.code), (178.5, '627800'))
        wizard.action_confirm()
        self.assertEntry(
            collection.bank_move_id,
            date(2026, 9, 4),
            [('512001', None, 178.5, 0.0), ('627800', None, 1.5, 0.0), ('511600', None, 0.0, 180.0)],
        )
        self.assertEqual(collection.uncredited_amount, 0.0)

    def test_an_imported_bank_line_is_matched_instead_of_making_another(self):
        collection = self._settled()
        imported = self.env['account.bank.statement.line'].create(
            {'journal_id': self.bank_journal.id, 'date': date(2026, 9, 4), 'payment_ref': "REMISE", 'amount': 178.5},
        )
        wizard = self._wizard(collection, statement_line_id=imported.id, fee=1.5)
        self.assertEqual((wizard.date, wizard.amount, wizard.rest), (date(2026, 9, 4), 178.5, 0.0))
        wizard.action_confirm()
        self.assertEqual(collection.bank_move_id, imported.move_id)
        self.assertTrue(imported.is_reconciled)
        self.assertEntry(
            imported.move_id,
            date(2026, 9, 4),
            [('512001', None, 178.5, 0.0), ('627800', None, 1.5, 0.0), ('511600', None, 0.0, 180.0)],
        )
        with self.assertRaisesRegex(UserError, "is matched already"):
            self._wizard(collection, statement_line_id=imported.id).action_confirm()

    def test_a_smaller_credit_leaves_the_rest_for_its_return(self):
        collection = self._settled()
        self._wizard(collection, amount=120.0).action_confirm()
        self.assertEqual(collection.uncredited_amount, 60.0)

    def test_what_cannot_be_is_refused(self):
        collection = self._settled()
        for values, words in (
            ({'date': date(2026, 9, 9)}, "lies in the future"),
            ({'date': date(2026, 9, 2)}, "credits it on that day at the earliest"),
            ({'amount': 200.0}, "180.00 are still announced|still announced"),
            ({'amount': 0.0}, "amount above zero"),
            ({'fee': -1.0}, "zero or more"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, words):
                self._wizard(collection, **values).action_confirm()

    def test_the_direct_debit_role_may_record_it(self):
        collection = self._settled()
        user = new_test_user(
            self.env,
            'credit_recorder',
            'recurring_billing.group_debit',
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.env['billing.collection.credit'].with_user(user).create({'collection_id': collection.id}).action_confirm()
        self.assertEqual(collection.uncredited_amount, 0.0)
