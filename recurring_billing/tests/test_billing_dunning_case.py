import base64
from datetime import date
from hashlib import sha256
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import LOGGER
from .common_late import LateCommon

START = date(2026, 9, 1)


def _plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingDunningCase(LateCommon):
    """Invoices of 120.00 due on 1 September, on the ladder that is usual in France."""

    def _steps(self, *days):
        """What each night of September or October does: [(day, names of the levels and channels)]."""
        made = []
        for day in days:
            actions = self._run_reminders(day)
            made.append((day, sorted(f"{action.level_id.name}/{action.channel}" for action in actions)))
        return made

    def test_an_invoice_climbs_one_level_at_a_time(self):
        invoice = self._late_invoice()
        nights = [date(2026, 9, day) for day in (5, 6, 7, 15, 16, 17, 26)]
        self.assertEqual(
            [names for _day, names in self._steps(*nights)],
            [
                [],
                ["First reminder/email"],
                [],
                [],
                ["Second reminder/call", "Second reminder/email"],
                [],
                ["Last reminder/email"],
            ],
        )
        item = invoice.billing_dunning_item_ids
        self.assertEqual((item.level, item.last_action), (4, date(2026, 9, 26)))
        self.assertEqual(item.case_id.stage, 'further')

    def test_a_month_without_a_run_skips_no_level_and_does_one_a_night(self):
        self._late_invoice()
        made = self._steps(date(2026, 10, 20), date(2026, 10, 20), date(2026, 10, 21), date(2026, 10, 27))
        self.assertEqual([[name.split("/")[0] for name in names[:1]] for _day, names in made],
            [["First reminder"], [], [], ["Second reminder"]])  # fmt: skip

    def test_the_second_reminder_of_a_business_computes_interest_and_indemnity(self):
        invoice = self._late_invoice()
        self._steps(date(2026, 9, 6))
        mail = self._run_reminders(date(2026, 9, 16)).filtered(lambda action: action.channel == 'email')
        # C. com. L441-10, D441-5: 15 days from 2 to 16 September at 2.40 + 10 points, and 40 EUR
        self.assertIn(f"{invoice.name}: 120.00 € × 12.40 % × 15 days / 365 = 0.61 €", _plain(mail.body))
        self.assertIn(f"{invoice.name}: indemnity for recovery costs 40.00 €", _plain(mail.body))
        self.assertIn("to this day: 40.61 €", _plain(mail.body))

    def test_a_consumer_is_told_of_no_fee_before_the_formal_notice_is_received(self):
        person = self._customer("Paul Petit", is_company=False)
        self._late_invoice(person)
        for day in (date(2026, 9, 6), date(2026, 9, 16), date(2026, 9, 26)):
            for action in self._run_reminders(day):
                self.assertEqual(action._late_fees(), [])
                self.assertNotIn("/ 365", action.body or "")

    def test_a_half_year_without_its_rate_blocks_the_case_and_says_what_to_enter(self):
        invoice = self._late_invoice()
        self._steps(date(2026, 9, 6))
        self.env['billing.interest.rate'].sudo().search([('date_from', '=', date(2026, 7, 1))]).unlink()
        with mute_logger(LOGGER, 'odoo.addons.mail'):
            self.assertFalse(self._run_reminders(date(2026, 9, 16)))
        self.assertIn("Interest Rates", invoice.billing_dunning_case_id.error)

    def test_a_formal_notice_waits_for_a_person_who_may_send_it(self):
        invoice = self._late_invoice()
        self._steps(*(date(2026, 9, day) for day in (6, 16, 26)))
        self.assertFalse(self._run_reminders(date(2026, 10, 2)))
        item = invoice.billing_dunning_item_ids
        self.assertEqual((item.step, item.next_level_id.name), ('due', "Formal notice"))
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        manager = new_test_user(self.env, 'boss', 'recurring_billing.group_dunning', company_id=self.company.id)
        with freeze_time('2026-10-02'):
            with self.assertRaisesRegex(AccessError, "formal notice"):
                item.with_user(clerk).action_remind()
            item.with_user(manager).action_remind()
        letter = item.case_id.action_ids.filtered(lambda action: action.channel == 'letter')
        self.assertEqual((letter.state, letter.user_id, letter.amount), ('todo', manager, 120.0))
        self.assertIn("FORMAL NOTICE", letter.body)
        self.assertEqual(len(letter.fingerprint), 64)
        self.assertEqual(item.case_id.stage, 'notice')
        self.assertIn("Letter: Formal notice", item.case_id.activity_ids.mapped('summary'))
        letter = letter.with_user(manager)
        letter.tracking_number = "1A 234 567"
        with self.assertRaisesRegex(UserError, "once the letter is posted"), self.cr.savepoint():
            letter.received_on = date(2026, 10, 2)
        with freeze_time('2026-10-02'):
            letter.action_done()
            with self.assertRaisesRegex(UserError, "lies in the future"), self.cr.savepoint():
                letter.received_on = date(2026, 10, 5)
        with freeze_time('2026-10-06'):
            letter.received_on = date(2026, 10, 5)
        self.assertEqual(letter.state, 'done')
        self.assertIn("received on 10/05/2026", letter.case_id.message_ids[0].body)
        posted = base64.b64decode(letter.document)
        self.assertEqual(sha256(posted).hexdigest(), letter.document_fingerprint)
        if letter.document_name.endswith(".html"):  # this server makes no PDF
            for text in ("FORMAL NOTICE", "1A 234 567", invoice.name):
                self.assertIn(text, posted.decode())

    def test_only_the_role_confirms_a_level_that_suspends_or_ends_by_itself(self):
        invoice = self._late_invoice()
        self._steps(*(date(2026, 9, day) for day in (6, 16, 26)))
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        item = invoice.billing_dunning_item_ids
        for effect in ('suspend', 'terminate'):
            level = item.next_level_id
            level._write({'effect': effect, 'effect_mode': 'do', 'is_formal_notice': False})
            level.invalidate_recordset()
            with (
                self.subTest(effect),
                freeze_time('2026-10-02'),
                self.assertRaisesRegex(AccessError, "suspend a service or end a contract"),
            ):
                item._decisions(date(2026, 10, 2))
                item.with_user(clerk).action_remind()

    def test_one_message_lists_all_late_invoices_of_a_customer(self):
        late = self._late_invoice() | self._late_invoice(price=50.0)
        reminder = self._run_reminders(date(2026, 9, 10))
        self.assertEqual((reminder.move_ids, reminder.amount), (late, 180.0))
        self.assertEqual((reminder.mail_id.email_to, reminder.channel), (self.customer.email_formatted, 'email'))
        for invoice in late:
            self.assertIn(invoice.name, reminder.body)
            self.assertIn("First reminder by E-mail", invoice.message_ids[0].body)

    def test_what_is_not_due_yet_is_not_claimed_beside_what_is_late(self):
        late, early = self._late_invoice(), self._late_invoice(price=50.0)
        self._due_item(early).date_maturity = date(2026, 9, 27)
        [first] = self._run_reminders(date(2026, 9, 20))
        self.assertEqual((first.move_ids, first.amount), (late, 120.0))
        [second] = self._run_reminders(date(2026, 9, 21))
        self.assertEqual((second.move_ids, second.level_id.days), (early, -7))

    def test_open_credits_are_taken_off_and_silence_what_they_cover(self):
        invoice = self._late_invoice()
        other = self._late_invoice(price=25.0)
        credit = self._reverse(other)
        credit.action_post()
        (credit.line_ids | other.line_ids).remove_move_reconcile()
        reminder = self._run_reminders(date(2026, 9, 10))
        self.assertEqual((reminder.amount, reminder.move_ids), (120.0, invoice | other))
        self.assertIn("Reversal of", reminder.body)
        self.assertIn("-30.00", reminder.body.replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))

    def test_nothing_is_said_where_open_credits_cover_the_debt(self):
        invoice = self._late_invoice()
        payment = self.env['account.payment'].create(
            {'partner_id': self.customer.id, 'amount': 120.0, 'payment_type': 'inbound', 'partner_type': 'customer'}
        )
        payment.action_post()
        self.assertTrue(payment.move_id)
        self.assertFalse(self._run_reminders(date(2026, 9, 10)))
        item = invoice.billing_dunning_item_ids
        self.assertEqual((item.level, item.step), (0, 'covered'))
        self.assertIn("match them", item.reason)

    def test_open_credits_are_held_against_all_that_is_late_however_many_are_looked_at_together(self):
        invoices = self._late_invoice() | self._late_invoice()
        payment = self.env['account.payment'].create(
            {'partner_id': self.customer.id, 'amount': 120.0, 'payment_type': 'inbound', 'partner_type': 'customer'}
        )
        payment.action_post()
        with patch('odoo.addons.recurring_billing.models.billing_dunning_case_run.PLANNED_AT_ONCE', 1):
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        self.assertEqual(invoices.billing_dunning_item_ids.mapped('step'), ['due', 'due'])

    def test_a_case_is_open_as_soon_as_it_has_an_open_invoice(self):
        cases = self.env['billing.dunning.case']
        key = (self.company, self.customer)
        self.assertFalse(cases._of([key])[key].is_open)
        invoice = self._late_invoice()
        cases.with_company(self.company).action_prepare_all()
        item = invoice.billing_dunning_item_ids
        self.assertEqual((item.case_id.is_open, item.is_open, item.case_id), (True, True, cases._of([key])[key]))
        self.assertEqual((item.company_id, item.partner_id, item.date_due), (self.company, self.customer, START))

    def test_before_the_due_date_a_debit_is_announced_and_not_reminded(self):
        invoice = self._late_invoice(debit=True) | self._late_invoice(self._customer("Garage Noel"))
        invoice.line_ids.filtered('date_maturity').date_maturity = date(2026, 9, 30)
        reminder = self._run_reminders(date(2026, 9, 23))
        self.assertEqual((reminder.move_ids, reminder.level_id.days), (invoice[1], -7))
        self.assertEqual(invoice[0].billing_dunning_item_ids.reason, "silent: its debit is announced instead")

    def test_a_debit_under_way_silences_and_a_returned_one_goes_on(self):
        invoice = self._late_invoice(debit=True)
        debit = self._collect(date(2026, 9, 21), date(2026, 9, 17)).debit_ids
        self.assertFalse(self._run_reminders(date(2026, 9, 20)))
        item = invoice.billing_dunning_item_ids
        self.assertEqual(item.step, 'silent')
        self.assertIn("debit of 09/21/2026 under way", item.reason)
        self._settle(date(2026, 9, 21))
        self.assertFalse(item.case_id.is_open)
        with freeze_time('2026-09-24'):
            debit._return(date(2026, 9, 24), 'AC04')
        self.assertTrue(item.case_id.is_open)
        self.assertEqual(item.anchor, date(2026, 9, 24))
        self.assertFalse(self._run_reminders(date(2026, 9, 24)))
        self.assertTrue(self._run_reminders(date(2026, 9, 25)))

    def test_a_debit_that_comes_back_after_the_first_reminder_goes_on_with_the_second(self):
        invoice = self._late_invoice(debit=True)
        invoice.preferred_payment_method_line_id = False
        self.assertEqual(self._steps(date(2026, 9, 6))[0][1], ["First reminder/email"])
        with freeze_time('2026-09-08'):
            payment = self._register_payment(invoice)
        item = invoice.billing_dunning_item_ids
        self.assertFalse(item.is_open or item.case_id.is_open)
        with freeze_time('2026-09-20'):
            (payment.move_id.line_ids | invoice.line_ids).remove_move_reconcile()
            payment.action_cancel()
        self.assertTrue(item.is_open and item.case_id.is_open)
        self.assertEqual((item.level, item.anchor), (2, date(2026, 9, 20)))
        waited = self._steps(date(2026, 9, 29), date(2026, 9, 30))
        self.assertEqual([bool(names) for _day, names in waited], [False, True])

    def test_a_partial_payment_counts_the_wait_anew(self):
        invoice = self._late_invoice()
        self._steps(date(2026, 9, 6))
        with freeze_time('2026-09-14'):
            self._register_payment(invoice, amount=20.0)
        made = self._steps(date(2026, 9, 16), date(2026, 9, 23), date(2026, 9, 24))
        self.assertEqual([bool(names) for _day, names in made], [False, False, True])
        amounts = invoice.billing_dunning_case_id.action_ids.sorted('id').mapped('amount')
        self.assertEqual(amounts, [120.0, 100.0, 100.0])

    def test_paid_credited_and_blocked_invoices_are_left_alone(self):
        paid, blocked = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        credited = self._late_invoice(self._customer("Hotel Rivage"))
        self._register_payment(paid)
        blocked.action_toggle_block_payment()
        self._reverse(credited).action_post()
        self.assertFalse(self._run_reminders(date(2026, 9, 20)))

    def test_a_personal_word_stands_in_the_next_message_alone(self):
        invoice = self._late_invoice()
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        item = invoice.billing_dunning_item_ids
        item.word = "Thank you for your call & the <b>cheque</b>."
        beside = self._late_invoice(price=50.0)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        listed = beside.billing_dunning_item_ids
        listed._unguarded().write({'level': 2, 'last_action': date(2026, 9, 19)})
        listed.word = "This one as well."
        first = self._run_reminders(date(2026, 9, 20))
        self.assertEqual(first.move_ids, invoice | beside)
        self.assertIn("Thank you for your call &amp; the &lt;b&gt;cheque", first.body)
        self.assertIn("This one as well.", first.body)
        self.assertFalse(item.word or listed.word)
        second = self._run_reminders(date(2026, 9, 27)).filtered(lambda action: action.channel == 'email')
        self.assertNotIn("Thank you for your call", second.body)

    def test_each_message_says_to_which_account_to_pay_and_what_to_quote(self):
        bank = self.env['res.partner.bank'].create(
            {
                **{'acc_number': "FR76 3000 4000 0300 0000 0000 143", 'partner_id': self.company.partner_id.id},
                'allow_out_payment': True,
            }
        )
        invoice = self._late_invoice()
        invoice.partner_bank_id = bank
        invoice.line_ids.filtered('date_maturity').date_maturity = date(2026, 9, 30)
        before = self._run_reminders(date(2026, 9, 23))
        self.assertEqual(before.level_id.days, -7)
        reference = invoice.payment_reference
        self.assertIn(f"transfer to FR76 3000 4000 0300 0000 0000 143, and quote {reference}.", before.body)

    def test_the_invoices_are_attached_also_where_no_pdf_was_kept(self):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 5).attaches_invoices = True
        draft.action_put_in_force()
        invoice = self._late_invoice()
        report = self.env['ir.actions.report']
        self.patch(type(report), 'get_wkhtmltopdf_state', lambda _self: 'install')
        reminder = self._run_reminders(date(2026, 9, 20))
        self.assertEqual((reminder.state, reminder.mail_id.attachment_ids.ids), ('done', []))
        self.assertIn(f"Sent without {invoice.name}", reminder.note)
        other = self._late_invoice(self._customer("Garage Noel"))
        self.patch(type(report), 'get_wkhtmltopdf_state', lambda _self: 'ok')
        self.patch(type(report), '_render_qweb_pdf', lambda *_args, **_kwargs: (b"%PDF-1.7", 'pdf'))
        reminder = self._run_reminders(date(2026, 9, 20))
        attached = reminder.mail_id.attachment_ids
        self.assertEqual((attached.raw, attached.name), (b"%PDF-1.7", other._get_invoice_report_filename()))

    def test_a_call_is_noted_from_the_case(self):
        self.customer.write({'phone': "06 12 34 56 78", 'country_id': self.env.ref('base.fr').id})
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        call = self.env['billing.dunning.action'].browse(case.action_call()['res_id'])
        self.assertEqual((call.channel, call.state, call.phone), ('call', 'todo', "+33612345678"))
        with self.assertRaisesRegex(UserError, "say what came of the call"), self.cr.savepoint():
            call.action_done()
        call.write({'result': 'reached', 'note': "Pays on Friday"})
        call.action_done()
        self.assertIn("Pays on Friday", case.message_ids[0].body)
        self.assertEqual(invoice.billing_dunning_item_ids.level, 2, "a call outside the ladder is no level")

    def test_suspension_and_write_off_are_opened_from_the_case(self):
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        context = case.action_write_off()['context']
        self.assertEqual(context, {'default_move_id': invoice.id})
        contract = case.contract_ids
        suspended = case.action_suspend()
        self.assertEqual(suspended['context'], {'default_contract_id': contract.id})
        contract._suspend(date(2026, 9, 20), "unpaid")
        with self.assertRaisesRegex(UserError, "no contract whose service could be suspended"):
            case.action_suspend()

    def test_of_several_levels_confirmed_together_each_has_its_effect(self):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 5).write({'effect': 'hold_contracts', 'effect_mode': 'do'})
        draft.action_put_in_force()
        old, new = self._late_invoice(), self._late_invoice(day=date(2026, 9, 10))
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        old.billing_dunning_item_ids._unguarded().write({'level': 2, 'last_action': date(2026, 9, 6)})
        self._run_reminders(date(2026, 9, 20))
        case = old.billing_dunning_case_id
        self.assertEqual((old.billing_dunning_item_ids.level, new.billing_dunning_item_ids.level), (3, 2))
        self.assertEqual(case.contracts_held_on, date(2026, 9, 20))

    def test_what_is_left_out_by_hand_stays_out(self):
        left, other = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        left.billing_dunning_item_ids.action_leave_out()
        self.assertEqual(self._run_reminders(date(2026, 9, 20)).move_ids, other)
        self.assertIn("Left out of the reminders", left.message_ids[0].body)
        left.billing_dunning_item_ids.action_let_in()
        self.assertEqual(self._run_reminders(date(2026, 9, 20)).move_ids, left)

    def test_nothing_due_says_why(self):
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        with self.assertRaisesRegex(UserError, "Second reminder on 09/27/2026 at the earliest"):
            invoice.billing_dunning_case_id.action_remind()

    def test_a_customer_without_address_gets_the_letter_and_a_person_is_asked(self):
        invoice = self._late_invoice(self._customer("Sans Adresse", email=False))
        letter = self._run_reminders(date(2026, 9, 20))
        self.assertEqual((letter.channel, letter.state), ('letter', 'todo'))
        self.assertIn("No e-mail address", letter.failure)
        self.assertIn(invoice.name, letter.body)
        self.assertEqual(letter.case_id.activity_ids.summary, "Letter: First reminder")

    def test_a_bounced_mail_asks_for_the_letter(self):
        self._late_invoice()
        reminder = self._run_reminders(date(2026, 9, 20))
        reminder.mail_id._postprocess_sent_message([], [], "unknown user", 'mail_bounce')
        self.assertEqual((reminder.state, reminder.failure), ('failed', "unknown user"))
        letter = reminder.case_id.action_ids - reminder
        self.assertEqual((letter.channel, letter.state, letter.move_ids), ('letter', 'todo', reminder.move_ids))
        self.assertIn("Unless we are mistaken", letter.body)
        self.assertIn("did not arrive", letter.activity_id.summary)
        letter.action_done()
        self.assertFalse(reminder.case_id.activity_ids)

    def test_a_mail_that_comes_back_after_the_payment_asks_for_nothing(self):
        invoice = self._late_invoice()
        reminder = self._run_reminders(date(2026, 9, 20))
        self._register_payment(invoice)
        reminder.mail_id._postprocess_sent_message([], [], "unknown user", 'mail_email_invalid')
        self.assertEqual((reminder.state, reminder.failure), ('void', "unknown user"))
        self.assertEqual(reminder.case_id.action_ids, reminder)

    def test_a_mail_that_comes_back_later_asks_for_the_letter(self):
        self._late_invoice()
        reminder = self._run_reminders(date(2026, 9, 20))
        reminder.mail_id.write({'state': 'sent'})
        bounce = f"""Return-Path: <>
From: Mail Delivery <MAILER-DAEMON@mx.example>
To: bounce@company.example
Subject: Undelivered Mail
Message-Id: <bounce-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=utf-8

Unknown mailbox.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {self.customer.email}
Action: failed
Status: 5.1.1

--part
Content-Type: message/rfc822

Message-Id: {reminder.mail_id.message_id}
Subject: late
From: company@company.example
To: {self.customer.email}

late
--part--
"""
        with mute_logger('odoo.addons.mail.models.mail_thread'):
            self.env['mail.thread'].message_process('res.partner', bounce)
        self.assertEqual(reminder.state, 'failed')
        self.assertIn("Unknown mailbox", reminder.failure)
        self.assertEqual((reminder.case_id.action_ids - reminder).channel, 'letter')

    def test_a_mail_server_out_of_order_writes_no_letters_and_the_mails_are_sent_again(self):
        self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        reminders = self._run_reminders(date(2026, 9, 20))
        mails = reminders.mail_id
        mails.write({'state': 'exception', 'failure_reason': "Connection refused"})
        mails._postprocess_sent_message([], [], failure_type='mail_smtp')
        self.assertEqual(reminders.mapped('state'), ['failed', 'failed'])
        self.assertEqual({*reminders.mapped('failure')}, {"Connection refused"})
        self.assertEqual(reminders.case_id.action_ids, reminders, "a letter is no remedy")
        [task] = reminders.case_id.activity_ids
        self.assertIn("Send Again", task.summary)
        reminders.action_send_again()
        self.assertEqual({*mails.mapped('state')}, {'outgoing'})
        mails._postprocess_sent_message([self.customer], [], failure_type=None)
        self.assertEqual(reminders.mapped('state'), ['done', 'done'])
        self.assertFalse(reminders.case_id.activity_ids)

    def test_what_is_to_be_done_of_settled_invoices_falls_away(self):
        paid = self._late_invoice(self._customer("Sans Adresse", email=False))
        reset = self._late_invoice(self._customer("Sans Adresse Non Plus", email=False))
        letters = self._run_reminders(date(2026, 9, 20))
        own = letters.case_id[0].activity_schedule('mail.mail_activity_data_todo', summary="Ring", automated=False)
        self._register_payment(paid)
        reset.button_draft()
        self.assertEqual(letters.mapped('state'), ['void', 'void'])
        self.assertEqual(letters.case_id.activity_ids, own, "what a person noted stays")

    def test_an_unknown_rate_that_is_entered_frees_the_cases(self):
        invoice = self._late_invoice()
        self._steps(date(2026, 9, 6))
        rates = self.env['billing.interest.rate'].sudo()
        rates.search([('date_from', '=', date(2026, 7, 1))]).unlink()
        with mute_logger(LOGGER, 'odoo.addons.mail'):
            self._run_reminders(date(2026, 9, 16))
        case = invoice.billing_dunning_case_id
        self.assertTrue(case.error)
        rates.create({'date_from': date(2026, 7, 1), 'ecb_refi': 2.4})
        self.assertFalse(case.error)

    def test_a_task_that_a_person_added_stays_when_a_letter_is_done(self):
        self._late_invoice(self._customer("Sans Adresse", email=False))
        letter = self._run_reminders(date(2026, 9, 20))
        own = letter.case_id.activity_schedule('mail.mail_activity_data_todo', summary="Ask the boss")
        letter.action_done()
        self.assertEqual(letter.case_id.activity_ids, own)

    def test_a_message_that_fails_for_one_customer_stops_nobody_else(self):
        broken, fine = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        template = self.env.ref('recurring_billing.mail_template_dunning_first')
        template.subject = "{{ object.partner_id.name[12] }}"  # too short a name fails
        with mute_logger(LOGGER, 'odoo.addons.mail'):
            reminders = self._run_reminders(date(2026, 9, 20))
        self.assertEqual(reminders.partner_id, self.customer)
        self.assertFalse(broken.billing_dunning_case_id.error)
        self.assertTrue(fine.billing_dunning_case_id.error)
        self.assertEqual(fine.billing_dunning_item_ids.level, 0)
        template.subject = "Late"
        fine.billing_dunning_case_id.action_retry()
        self.assertEqual(self._run_reminders(date(2026, 9, 20)).partner_id, fine.partner_id)

    def test_an_invoice_ends_under_the_version_with_which_it_began(self):
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        policy = invoice.billing_dunning_item_ids.policy_id
        new = self.env[policy._name].browse(policy.action_new_version()['res_id'])
        new.action_put_in_force()
        other = self._late_invoice(self._customer("Garage Noel"))
        self._run_reminders(date(2026, 9, 27))
        self.assertEqual(invoice.billing_dunning_item_ids.policy_id, policy)
        self.assertEqual(other.billing_dunning_item_ids.policy_id, new)

    def test_who_turns_out_to_be_a_consumer_is_reminded_as_one(self):
        invoice = self._late_invoice()
        self._steps(date(2026, 9, 6))
        self.customer.billing_party_kind = 'consumer'
        second = self._run_reminders(date(2026, 9, 16)).filtered(lambda action: action.channel == 'email')
        item = invoice.billing_dunning_item_ids
        consumer = self.env.ref('recurring_billing.dunning_policy_consumer')
        self.assertEqual((item.policy_id, second.level_id.policy_id), (consumer, consumer))
        self.assertNotIn("40 EUR", second.body)
        self.assertEqual(second.level_id, consumer.level_ids.filtered(lambda level: level.days > 5).sorted()[0])

    def test_a_reminder_is_proof_and_not_typed_over(self):
        self._late_invoice()
        reminder = self._run_reminders(date(2026, 9, 20))
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            reminder.body = "something friendlier"
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            reminder.sudo().unlink()

    def test_the_cron_reminds(self):
        invoice = self._late_invoice()
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_remind').method_direct_trigger()
        self.assertEqual(len(invoice.billing_reminder_ids), 1)

    def test_the_message_speaks_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        self.customer.lang = 'fr_FR'
        self._late_invoice()
        reminder = self._run_reminders(date(2026, 9, 20))
        self.assertIn("Bonjour", reminder.body)
        self.assertIn("01/09/2026", reminder.body)
