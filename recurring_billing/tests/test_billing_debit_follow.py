from datetime import date

from odoo.tests import freeze_time, tagged

from .common_collection import DAY, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingDebitFollow(CollectionCommon):
    def test_a_part_paid_meanwhile_reduces_the_debit(self):
        invoice = self._plain_invoice()
        collection = self._prepared()
        collection.action_check()
        self._register_payment(invoice, amount=50.0, payment_difference_handling='open')
        self.assertEqual((collection.state, collection.debit_ids.amount), ('draft', 70.0))
        collection.action_generate()
        self.assertEqual(collection.file_total, 70.0)

    def test_an_invoice_paid_meanwhile_leaves_a_debit_of_several(self):
        self.bank_journal.billing_debit_grouping = 'mandate'
        paid, other = self._plain_invoice(), self._plain_invoice(50.0)
        debit = self._prepared().debit_ids
        self._register_payment(paid)
        self.assertEqual((debit.state, self._items(debit)), ('planned', [(other, 60.0)]))
        self.assertFalse(paid.billing_debit_state)

    def test_an_invoice_credited_meanwhile_is_not_debited(self):
        invoice = self._plain_invoice()
        collection = self._prepared()
        self._reverse(invoice).action_post()
        self.assertEqual(collection.debit_ids.state, 'dropped')

    def test_a_disputed_invoice_is_not_debited(self):
        blocked, left_alone = self._plain_invoice(), self._plain_invoice(50.0)
        collection = self._prepared()
        blocked.action_toggle_block_payment()
        self.assertEqual(blocked.billing_debit_ids.state, 'dropped')
        self._due_item(left_alone).no_followup = True
        self.assertEqual(left_alone.billing_debit_ids.state, 'dropped')
        self.assertEqual(collection.amount_total, 0.0)

    def test_an_invoice_put_off_is_not_debited_before_it_is_due(self):
        invoice = self._plain_invoice()
        self._prepared()
        invoice.invoice_date_due = date(2026, 10, 1)
        self.assertEqual(invoice.billing_debit_ids.state, 'dropped')

    def test_what_is_paid_once_the_file_is_made_is_recalled(self):
        invoice = self._plain_invoice()
        collection = self._prepared()
        collection.action_generate()
        debit = collection.debit_ids
        self._register_payment(invoice)
        self.assertEqual((debit.state, debit.amount), ('in_file', 120.0))
        self.assertIn(f"cancel collection {collection.name}", debit.recall_text)
        self.assertEqual((collection.recall_count, len(collection.activity_ids)), (1, 1))

    def test_what_is_sent_all_the_same_is_to_be_recalled_at_the_bank(self):
        invoice = self._plain_invoice()
        collection = self._prepared()
        collection.action_generate()
        self._register_payment(invoice)
        collection.action_confirm_sent()
        self.assertIn("Ask the bank, until 09/02/2026", collection.debit_ids.recall_text)

    def test_one_activity_says_all_that_the_bank_is_to_be_told_until_the_collection_is_over(self):
        first, second = self._plain_invoice(), self._plain_invoice(50.0)
        collection = self._prepared()
        collection.action_generate()
        for invoice in (first, second):
            self._register_payment(invoice)
        [activity] = collection.activity_ids
        self.assertEqual(activity.user_id, collection.file_user_id)
        for invoice in (first, second):
            self.assertIn(invoice.name, activity.note)
        collection.action_confirm_sent()
        self.assertNotIn("Do not send", collection.activity_ids.note)
        self._settle(DAY)
        self.assertEqual((collection.state, len(collection.activity_ids)), ('settled', 0))

    def test_what_is_paid_once_the_bank_has_it_is_recalled_and_ends_as_a_credit(self):
        invoice = self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._register_payment(invoice)
        self.assertRegex(debit.recall_text, rf"{invoice.name} is paid or credited. Ask the bank, until 09/02/2026")
        self.assertIn(debit.end_to_end_id, debit.recall_text)
        self._settle(DAY)
        self.assertEqual((debit.state, debit.settlement_line_id.amount_residual), ('settled', -120.0))
        self.assertEqual(debit.settlement_line_id.partner_id, self.customer)

    def test_what_is_due_again_is_not_recalled(self):
        invoice = self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._register_payment(invoice)
        self.assertTrue(debit.recall_text)
        self._due_item(invoice).remove_move_reconcile()
        self.assertFalse(debit.recall_text)
        self._settle(DAY)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_what_is_to_be_paid_another_way_is_not_debited(self):
        planned, sent = self._plain_invoice(), self._plain_invoice(50.0, self._second_customer())
        self._prepared()
        planned.preferred_payment_method_line_id = False
        self.assertEqual(planned.billing_debit_ids.state, 'dropped')
        collection = sent.billing_debit_ids.collection_id
        collection._generate(TODAY)
        sent.preferred_payment_method_line_id = False
        self.assertIn(f"{sent.name} is to be paid another way", sent.billing_debit_ids.recall_text)

    def test_a_credit_note_used_elsewhere_is_not_taken_off_any_more(self):
        first, second = self._plain_invoice(), self._plain_invoice(50.0)
        credit = self._credit(20.0)
        self._prepared()
        debit = first.billing_debit_ids
        self.assertEqual(debit.amount, 96.0)
        second.billing_debit_ids.action_drop()
        (self._due_item(second) + self._due_item(credit)).reconcile()
        self.assertEqual((debit.state, self._items(debit)), ('planned', [(first, 120.0)]))
