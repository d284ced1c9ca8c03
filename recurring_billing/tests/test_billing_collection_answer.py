from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common_bank import camt, entry, tx
from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingCollectionAnswer(BankMessageCommon):
    """The bank's lines of collections and returns, told by its messages: booked once, matched at once."""

    def _bank(self, day):
        return self._balance(self.bank_journal.default_account_id.code, day)

    def test_a_credit_becomes_a_bank_transaction_matched_with_the_collection(self):
        collection = self._settled_collection()
        item = self._import(camt(self._credit_entry(collection, '180.00', ref='C1'))).item_ids
        self.assertEqual((item.state, item.collection_id), ('done', collection))
        move = collection.bank_move_id
        rows = [(self.bank_journal.default_account_id.code, None, 180.0, 0.0), ('511600', None, 0.0, 180.0)]
        self.assertEntry(move, DAY, rows)
        self.assertTrue(move.statement_line_id.is_reconciled)
        self.assertEqual((collection.credited_on, collection.uncredited_amount), (DAY, 0.0))

    def test_an_imported_bank_line_is_matched_and_none_is_made_beside_it(self):
        collection = self._settled_collection()
        line = self.env['account.bank.statement.line'].create(
            {'journal_id': self.bank_journal.id, 'date': DAY, 'payment_ref': f"REM {collection.name}", 'amount': 180.0}
        )
        self._import(camt(self._credit_entry(collection, '180.00')))
        self.assertEqual(collection.bank_move_id, line.move_id)
        self.assertEqual((line.is_reconciled, self._bank(DAY)), (True, 180.0))

    def test_an_imported_line_that_names_nothing_is_left_to_a_person_and_none_is_made_beside_it(self):
        collection = self._settled_collection()
        first, _second = self._debits(collection)
        lines = self.env['account.bank.statement.line'].create(
            [
                {'journal_id': self.bank_journal.id, 'date': day, 'payment_ref': "DIVERS", 'amount': amount}
                for day, amount in ((DAY, 180.0), (RETURNED, -120.0))
            ]
        )
        self._import(camt(self._credit_entry(collection, '180.00')), self._returning(first, number='N2'))
        self.assertEqual(lines.mapped('is_reconciled'), [False, False])
        self.assertEqual(self._bank(RETURNED), 60.0, "the two lines, and no others")
        self.assertEqual([bool(line.billing_proposal) for line in lines], [True, True])

    def test_where_statements_are_kept_elsewhere_nothing_is_written(self):
        self.bank_journal.billing_books_bank_lines = False
        collection = self._settled_collection()
        self._import(camt(self._credit_entry(collection, '180.00')))
        self.assertEqual((collection.credited_on, collection.bank_move_id.id), (DAY, False))
        self.assertEqual((self._bank(DAY), self._balance('511600', DAY)), (0.0, 180.0))

    def test_a_credit_settles_where_the_journal_waits_for_it(self):
        for writes in (True, False):
            self.bank_journal.write({'billing_settle_on': 'bank', 'billing_books_bank_lines': writes})
            collection = self._sent_collection()
            item = self._import(camt(self._credit_entry(collection, '180.00'), number=collection.name)).item_ids
            self.assertEqual((item.state, collection.state, collection.move_id.date), ('done', 'settled', DAY))
            self.assertEqual(collection.debit_ids.mapped('state'), ['settled', 'settled'])

    def test_more_than_was_collected_or_twice_asks_a_person(self):
        collection = self._settled_collection()
        too_much = self._import(camt(self._credit_entry(collection, '181.00'))).item_ids
        self.assertEqual(too_much.state, 'to_decide')
        self.assertIn("180.00", too_much.explanation)
        self._import(camt(self._credit_entry(collection, '180.00'), number='N2'))
        again = self._import(camt(self._credit_entry(collection, '180.00', ref='OTHER'), number='N3')).item_ids
        self.assertEqual(again.state, 'to_decide')
        self.assertEqual(self._bank(DAY), 180.0)

    def test_a_credit_told_twice_is_noted_once_where_nothing_is_written(self):
        self.bank_journal.billing_books_bank_lines = False
        collection = self._settled_collection()
        for number, state in (('N1', 'done'), ('N2', 'to_decide')):
            item = self._import(camt(self._credit_entry(collection, '180.00', ref=number), number=number)).item_ids
            self.assertEqual(item.state, state)
        self.assertEqual(collection.credited_amount, 180.0)

    def test_a_credit_of_an_unknown_block_waits(self):
        batch = '<Btch><PmtInfId>NOBODY-1</PmtInfId></Btch>'
        item = self._import(camt(entry(batch=batch, sign='CRDT', code='PMNT-RDDT-PMDD', amount='9.00'))).item_ids
        self.assertEqual(
            (item.state, item.explanation),
            ('to_decide', "No collection goes by “NOBODY-1”: choose it, or ignore this."),
        )

    def test_two_returns_in_one_line_are_one_bank_transaction_with_the_fee_inside(self):
        collection = self._settled_collection()
        first, second = self._debits(collection)
        details = [tx(one.end_to_end_id, amount=f"{one.amount:.2f}", reason='AM04') for one in (first, second)]
        message = self._import(camt(entry(*details, amount='180.00', ref='R1')))
        self.assertEqual(message.state, 'done')
        line = self.env['account.bank.statement.line'].search([('amount', '=', -180.0)])
        rows = [(self.bank_journal.default_account_id.code, None, 0.0, 180.0), ('511600', None, 180.0, 0.0)]
        self.assertEntry(line.move_id, RETURNED, rows)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self._balance('511600', RETURNED), 180.0, "the credit of the collection is still awaited")

    def test_a_line_of_two_returns_is_written_once_both_are_decided(self):
        collection = self._settled_collection()
        first, second = self._debits(collection)
        details = [
            tx(first.end_to_end_id, amount='120.00', reason='AM04'),
            tx("NOTPROVIDED", amount='60.00', reason='AM04'),
        ]
        message = self._import(camt(entry(*details, amount='180.00', ref='R1')))
        lines = self.env['account.bank.statement.line']
        self.assertFalse(lines.search([('amount', '=', -180.0)]))
        second.with_context(billing_item_id=message.decide_ids.id).action_answer()
        self.assertTrue(lines.search([('amount', '=', -180.0)]).is_reconciled)

    def test_in_a_locked_period_no_bank_line_is_written(self):
        collection = self._settled_collection()
        first, _second = self._debits(collection)
        self.company.fiscalyear_lock_date = date(2026, 9, 9)
        item = self._import(self._returning(first)).item_ids
        self.assertEqual((item.state, first.return_move_id.date), ('done', date(2026, 9, 10)))
        self.assertFalse(self.env['account.bank.statement.line'].search([('amount', '=', -120.0)]))

    # === hash === #

    def test_a_bank_journal_with_unmatched_lines_is_not_secured(self):
        self.env['account.bank.statement.line'].create(
            {'journal_id': self.bank_journal.id, 'date': DAY, 'payment_ref': "CB 1234", 'amount': -9.0}
        )
        with self.assertRaisesRegex(ValidationError, "not matched yet .CB 1234"):
            self.bank_journal.restrict_mode_hash_table = True

    # === matching by hand === #

    def test_lines_of_the_statement_are_matched_as_proposed(self):
        self.bank_journal.billing_books_bank_lines = False
        collection = self._settled_collection()
        first, second = self._debits(collection)
        (first | second)._return(RETURNED, 'AM04')
        lines = self.env['account.bank.statement.line'].create(
            [
                {'journal_id': self.bank_journal.id, 'date': day, 'payment_ref': text, 'amount': amount}
                for day, text, amount in (
                    (DAY, f"REMISE {collection.name}", 180.0),
                    (RETURNED, "IMPAYES", -180.0),
                    (RETURNED, "FRAIS", -9.0),
                )
            ]
        )
        self.assertEqual([bool(line.billing_proposal) for line in lines], [True, True, False])
        lines.action_billing_match()
        self.assertEqual(lines.mapped('is_reconciled'), [True, True, False])
        self.assertEqual(self._balance('511600', RETURNED), 0.0)

    def test_a_difference_is_the_banks_fee_where_a_person_says_so(self):
        self.bank_journal.billing_books_bank_lines = False
        collection = self._settled_collection()
        line = self.env['account.bank.statement.line'].create(
            {'journal_id': self.bank_journal.id, 'date': DAY, 'payment_ref': "REMISE", 'amount': 178.0}
        )
        action = line.action_billing_choose()
        wizard = self.env['billing.bank.line.match'].with_context(**action['context']).create({})
        self.assertFalse(wizard.item_ids)
        wizard.write({'item_ids': collection._outstanding_item().ids, 'is_fee': True})
        self.assertEqual(wizard.difference, 2.0)
        wizard.action_confirm()
        bank = self.bank_journal.default_account_id.code
        rows = [(bank, None, 178.0, 0.0), ('627800', None, 2.0, 0.0), ('511600', None, 0.0, 180.0)]
        self.assertEntry(line.move_id, DAY, rows)
