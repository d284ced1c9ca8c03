from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingDebit(BillingCommon):
    def _sent_debit(self):
        contract = self._contract(date_start=TODAY)
        contract._start(TODAY)
        self._bill(TODAY)
        return self._collect(date(2026, 9, 3), TODAY).debit_ids

    def _settled_debit(self):
        debit = self._sent_debit()
        self._settle(date(2026, 9, 3))
        return debit

    def test_a_return_opens_the_invoice_and_matches_settlement_and_return(self):
        debit = self._settled_debit()
        debit._return(date(2026, 9, 8), 'AM04', "PROVISION INSUFFISANTE")
        self.assertEqual((debit.state, debit.move_ids.amount_residual), ('returned', 120.0))
        self.assertTrue(debit.settlement_line_id.reconciled)
        self.assertEqual(debit.return_move_id.ref, f"AM04 {debit.end_to_end_id}")
        self.assertEqual(debit.return_move_id.journal_id.code, 'PRLV')
        self.assertIn("returned on 09/08/2026: AM04", debit.move_ids.billing_debit_note)

    def test_one_of_many_debits_returns_alone(self):
        other = self._customer("Garage Noel")
        self._mandate(other, 'FR7610278487575797543231912')
        self._contract(other, date_start=TODAY)._start(TODAY)
        debit = self._settled_debit()
        kept = debit[1:] or debit.collection_id.debit_ids.filtered(lambda row: row.partner_id == other)
        returned = debit.collection_id.debit_ids - kept
        returned._return(date(2026, 9, 8), 'MS03')
        self.assertEqual(kept.move_ids.amount_residual, 0.0)
        self.assertEqual(returned.move_ids.amount_residual, 120.0)
        self.assertEqual(self._balance('511600', date(2026, 9, 30)), 120.0)

    def test_a_debit_rejected_before_settlement_leaves_no_entry_and_is_not_settled(self):
        debit = self._sent_debit()
        debit._return(date(2026, 9, 2), 'AC01')
        self._settle(date(2026, 9, 3))
        self.assertEqual((debit.state, debit.collection_id.state), ('returned', 'settled'))
        self.assertFalse(debit.collection_id.move_id)
        self.assertEqual(debit.move_ids.amount_residual, 120.0)

    def test_a_rejected_debit_is_not_in_the_entry_to_be(self):
        other = self._customer("Garage Noel")
        self._mandate(other, 'FR7610278487575797543231912')
        self._contract(other, date_start=TODAY, price=41.65)._start(TODAY)
        collection = self._sent_debit().collection_id
        self.assertEqual(str(collection.entry_preview).count("169.98"), 4)
        collection.debit_ids.filtered(lambda debit: debit.partner_id == other)._return(date(2026, 9, 2), 'AC01')
        self.assertEqual(str(collection.entry_preview).count("120.00"), 4, "both sides of the entry and their totals")

    def test_a_return_before_the_collection_date_is_refused(self):
        debit = self._settled_debit()
        with self.assertRaisesRegex(UserError, rf"{debit.move_ids.name}.*collected on 09/03/2026"):
            debit._return(date(2026, 9, 2), 'AM04')
        self.assertEqual(debit.state, 'settled')

    def test_a_return_in_a_locked_period_is_refused_with_the_first_open_day(self):
        debit = self._settled_debit()
        self.company.fiscalyear_lock_date = date(2026, 9, 30)
        with self.assertRaisesRegex(UserError, r"09/08/2026 lies in a locked period. Choose 10/01/2026"):
            debit._return(date(2026, 9, 8), 'AM04')
        self.assertEqual((debit.state, debit.move_ids.amount_residual), ('settled', 0.0))

    def test_a_debit_returns_once(self):
        debit = self._settled_debit()
        debit._return(date(2026, 9, 8), 'AM04')
        with self.assertRaisesRegex(UserError, "cannot become “Returned”"):
            debit._return(date(2026, 9, 9), 'AM04')

    def test_the_return_wizard_books_what_the_accountant_enters(self):
        debit = self._settled_debit()
        wizard = self.env['billing.debit.return'].create(
            {'debit_id': debit.id, 'date': date(2026, 9, 9), 'reason_id': self._reason('AC04').id}
        )
        wizard.action_confirm()
        self.assertEqual(debit.return_move_id.date, date(2026, 9, 9))

    def test_a_return_in_the_future_is_refused(self):
        debit = self._settled_debit()
        wizard = self.env['billing.debit.return'].create(
            {'debit_id': debit.id, 'date': date(2030, 1, 1), 'reason_id': self._reason('AM04').id}
        )
        with self.assertRaisesRegex(UserError, "Returned On.*future"):
            wizard.action_confirm()

    def test_returns_work_in_a_hash_locked_journal(self):
        self.company.billing_settlement_journal_id.restrict_mode_hash_table = True
        debit = self._settled_debit()
        debit._return(date(2026, 9, 8), 'AM04')
        self.assertTrue(debit.return_move_id.inalterable_hash)
        self.assertEqual(debit.move_ids.amount_residual, 120.0)

    def test_a_returned_invoice_is_not_collected_again_by_itself(self):
        self._settled_debit()._return(date(2026, 9, 8), 'AC04')
        lines = self.env['account.move.line']._billing_collectable_lines(self.company, date(2026, 9, 30))
        self.assertFalse(lines)
