from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY, TODAY

RETRY = date(2026, 9, 22)  # fourteen days after the word of the return


@tagged('post_install', '-at_install')
@freeze_time(RETURNED)
class TestBillingDebitRetry(BankMessageCommon):
    """What follows a return by its reason: a new debit with its own notice, a mandate on hold, a person's hand."""

    def _mails(self):
        return self.env['mail.mail'].search([('model', '=', 'billing.debit')], order='id')

    def _sent_mails(self):
        """What the post office has taken."""
        mails = self._mails()
        partners = mails.recipient_ids
        mails._postprocess_sent_message(partners, [])
        return mails

    def _collectable(self, day):
        return self.env['account.move.line']._billing_collectable_lines(self.company, day).move_id

    def test_a_failed_debit_is_tried_again_with_a_notice_and_an_id_of_its_own(self):
        first, _second = self._debits(self._settled_collection())
        invoice = first.move_ids
        first._return(RETURNED, 'AM04')
        self.assertEqual((first.retry_on, first.needs_hand), (RETRY, False))
        self.assertEqual(first.next_step, "New debit on 09/22/2026 (1 of 2)")
        self._sent_mails()
        notice = invoice.billing_notice_ids.sorted('id')[-1:]
        self.assertEqual((notice.kind, notice.date, notice.amount, notice.sent_on), ('return', RETRY, 120.0, RETURNED))
        self.assertFalse(self._collectable(date(2026, 9, 21)))
        self.assertEqual(self._collectable(RETRY), invoice)
        again, refusals = self.env['billing.collection']._prepare_debits(self.company, RETRY, date(2026, 9, 18))
        self.assertFalse(refusals)
        again._generate(date(2026, 9, 18))
        again.action_confirm_sent()
        debit = again.debit_ids
        self.assertEqual((debit.move_ids, debit.attempt, debit.sequence_type), (invoice, 2, 'RCUR'))
        self.assertNotEqual(debit.end_to_end_id, first.end_to_end_id)
        self._settle(RETRY)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_the_attempts_are_counted_and_end(self):
        first, _second = self._debits(self._settled_collection())
        invoice, debit, told = first.move_ids, first, RETURNED
        for number, expected in ((1, True), (2, True), (3, False)):
            with freeze_time(told):
                debit._return(told, 'AM04')
            self.assertEqual((debit.attempt, bool(debit.retry_on)), (number, expected))
            if not expected:
                break
            self._sent_mails()
            day = debit.retry_on
            collection = self._collect(day, date.fromordinal(day.toordinal() - 4))
            self._settle(day)
            debit, told = collection.debit_ids, date.fromordinal(day.toordinal() + 2)
        self.assertTrue(debit.needs_hand)
        self.assertEqual(invoice.amount_residual, 120.0)

    def test_each_reason_has_its_effect(self):
        for code, kept, retried, actor in (
            ('AM04', 'active', True, 'nobody'),
            ('MS03', 'active', True, 'nobody'),
            ('AC01', 'on_hold', False, 'customer'),
            ('AC04', 'on_hold', False, 'customer'),
            ('AG01', 'on_hold', False, 'customer'),
            ('AG02', 'active', False, 'accountant'),
            ('MD01', 'revoked', False, 'accountant'),
            ('MD06', 'on_hold', False, 'accountant'),
            ('MD07', 'revoked', False, 'accountant'),
            ('MS02', 'on_hold', False, 'accountant'),
            ('SL01', 'on_hold', False, 'customer'),
            ('907', 'on_hold', False, 'accountant'),
        ):
            customer = self._customer(f"Client {code}")
            mandate = self._mandate(customer, 'FR7610278487575797543231912')
            self._plain_invoice(partner=customer)
            debit = self._collect(DAY, TODAY).debit_ids
            self._settle(DAY)
            debit._return(RETURNED, code)
            with self.subTest(code):
                self.assertEqual((mandate.state, bool(debit.retry_on), debit.actor), (kept, retried, actor))
                self.assertEqual(debit.needs_hand, not retried)
            mandate.filtered(lambda one: one.state != 'revoked')._revoke(RETURNED)

    def test_a_mandate_on_hold_stops_its_collections_visibly(self):
        first, _second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AC04')
        self.assertIn("AC04 Account closed", self.mandate.state_reason)
        self._plain_invoice()
        _collections, refusals = self.env['billing.collection']._prepare_debits(self.company, RETRY, date(2026, 9, 18))
        texts = "\n".join(refusals)
        self.assertIn("Atelier Durand has no active mandate", texts)
        self.assertIn("came back (AC04). Press “Collect Again”", texts)

    def test_a_person_collects_again_once_the_mandate_is_mended(self):
        first, _second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AC04')
        with self.assertRaisesRegex(UserError, "is on hold: resume it first"):
            first.action_collect_again()
        self.mandate._resume("new account")
        first.action_collect_again()
        self.assertEqual((first.retry_on, first.needs_hand), (RETRY, False))
        notice = first.move_ids.billing_notice_ids.sorted('id')[-1:]
        self.assertEqual((notice.kind, notice.date), ('mail', RETRY))

    def test_the_reason_of_unknown_codes_stays(self):
        with self.assertRaisesRegex(UserError, "NARR stands for all"):
            self._reason('907').unlink()

    def test_a_reason_is_found_by_its_code_and_by_its_name(self):
        reasons = self.env['billing.return.reason']
        for text in ('AM04', "Insufficient"):
            self.assertEqual([id_ for id_, _name in reasons.name_search(text)], self._reason('AM04').ids)

    def test_what_is_given_up_is_left_to_the_reminders(self):
        first, _second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AM04')
        late = date(2026, 9, 20)
        self.assertEqual(
            first.move_ids._billing_covered(late), first.move_ids, "a planned debit silences the reminders"
        )
        first.action_give_up()
        self.assertFalse(first.move_ids._billing_covered(late))
        self.assertFalse(self._collectable(date(2026, 12, 31)))
        self.assertEqual((first.needs_hand, first.next_step), (False, "Left to the reminders"))

    def test_a_disputed_invoice_is_not_tried_again(self):
        first, _second = self._debits(self._sent_collection())
        first.move_ids.action_toggle_block_payment()
        first._return(date(2026, 9, 2), 'AM04')
        self.assertFalse(first.retry_on)

    def test_debits_that_need_a_hand_are_found(self):
        first, second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AC04')
        second._return(RETURNED, 'AM04')
        found = self.env['billing.debit'].search([('needs_hand', '=', True), ('company_id', '=', self.company.id)])
        self.assertEqual(found, first)

    # === the customer hears of it once === #

    def test_the_customer_hears_once_in_plain_words(self):
        first, second = self._debits(self._settled_collection())
        (first | second)._return(RETURNED, 'AM04')
        mails = self._mails()
        self.assertEqual(mails.recipient_ids, first.partner_id | second.partner_id)
        mail = mails.filtered(lambda one: one.recipient_ids == first.partner_id)
        for words in ("There was not enough money", "09/22/2026", self.mandate.name, 'FR72ZZZ123456', "120.00"):
            self.assertIn(words, mail.body_html)
        self.assertEqual(first.return_message_id, mail.mail_message_id)
        self.assertEqual(first.return_told_to, first.partner_id.email_formatted)

    def test_several_returns_of_one_customer_are_one_message(self):
        self._plain_invoice()
        self._plain_invoice(price=70.0)
        debits = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        debits._return(RETURNED, 'AM04')
        self.assertEqual(len(self._mails()), 1)
        self.assertEqual(len(debits.return_head_id), 1)
        for debit in debits:
            self.assertIn(debit.reference, self._mails().body_html)

    def test_who_is_not_told(self):
        for code, setting, email, told in (
            ('AM04', True, "a@customer.example", True),
            ('AM04', False, "a@customer.example", False),
            ('AM04', True, False, False),
            ('MD07', True, "a@customer.example", False),
        ):
            customer = self._customer("Client Un", email=email)
            mandate = self._mandate(customer, 'FR7610278487575797543231912')
            invoice = self._plain_invoice(partner=customer)
            debit = self._collect(DAY, TODAY).debit_ids
            self._settle(DAY)
            self.company.billing_tell_returns = setting
            debit._return(RETURNED, code)
            with self.subTest(code, setting=setting, email=email):
                self.assertEqual(bool(debit.return_message_id), told)
                self.assertEqual(len(invoice.activity_ids), 0 if email else 1)
            if mandate.state != 'revoked':
                mandate._revoke(RETURNED)

    def test_the_message_says_that_a_confirmed_payment_no_longer_holds(self):
        first, _second = self._debits(self._settled_collection())
        first._unguarded().confirmed_on = RETURNED
        first._return(RETURNED, 'MD06')
        self.assertIn("that no longer holds", self._mails().body_html)

    def test_the_message_is_in_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        first, _second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AM04')
        self.assertIn("Bonjour", self._mails().body_html)
        self.assertIn("22/09/2026", self._mails().body_html)

    # === the mandate's sequence === #

    def test_a_first_debit_that_is_rejected_is_a_first_one_again(self):
        self.bank_journal.billing_uses_frst = True
        self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self.assertEqual(debit.sequence_type, 'FRST')
        debit._return(date(2026, 9, 2), 'AM04')
        self.assertEqual(self.mandate._sequence(self.bank_journal), 'FRST')
        self.assertEqual(self.mandate.last_presentation_date, DAY, "its 36 months count from it all the same")

    def test_a_first_debit_that_is_returned_later_is_followed_by_recurrent_ones(self):
        self.bank_journal.billing_uses_frst = True
        self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        debit._return(RETURNED, 'AM04')
        self.assertEqual(self.mandate._sequence(self.bank_journal), 'RCUR')

    def test_a_one_off_mandate_is_used_up_by_a_settled_debit_and_not_by_a_rejected_one(self):
        for settle, code, state in ((False, 'AM04', 'active'), (False, 'AC04', 'on_hold'), (True, 'AM04', 'consumed')):
            customer = self._customer("Client Un")
            mandate = self._mandate(customer, 'FR7610278487575797543231912', mandate_type='OOFF')
            invoice = self._plain_invoice(partner=customer, billing_mandate_id=mandate.id)
            debit = self._collect(DAY, TODAY).debit_ids
            self.assertEqual((debit.move_ids, mandate.state), (invoice, 'consumed'))
            if settle:
                self._settle(DAY)
            debit._return(RETURNED if settle else date(2026, 9, 2), code)
            self.assertEqual((mandate.state, bool(debit.retry_on)), (state, state == 'active'), (settle, code))
            invoice.action_toggle_block_payment()
