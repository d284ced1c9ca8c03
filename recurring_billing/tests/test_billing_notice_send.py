from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_notice import NoticeCommon, words

TODAY = date(2026, 9, 1)
DAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingNoticeSendDialog(NoticeCommon):
    """The dialog by which a person tells customers of debits, or records that it was done."""

    def setUp(self):
        super().setUp()
        self.contract, self.invoice = self._september()
        self.invoice.sending_data = False

    def _dialog(self, invoices=None):
        action = (invoices or self.invoice).action_billing_send_notices()
        return self.env['billing.notice.send'].browse(action['res_id'])

    def _other_invoice(self, name="Boulangerie Été & Fils"):
        other = self._customer(name)
        self._mandate(other, 'FR7610278487575797543231912')
        return self._billed_on(TODAY, self._started(partner=other, date_start=TODAY, price=50.0))

    def test_it_shows_each_debit_with_its_day_and_what_was_told_until_now(self):
        line = self._dialog().line_ids
        self.assertEqual((line.move_id, line.date, line.amount), (self.invoice, DAY, 120.0))
        self.assertEqual((line.reason, line.email), ("not told yet", self.customer.email))
        self._announce(self.invoice, date(2026, 9, 10), sent_on=date(2026, 8, 31))
        self.assertRegex(self._dialog().line_ids.reason, r"^told on 08/31/2026: \D*120\.00\D* on 09/10/2026")

    def test_it_sends_one_mail_for_each_customer_and_day(self):
        other = self._other_invoice()
        other.sending_data = False
        second = self._billed_on(TODAY, self._started(date_start=TODAY, price=30.0))
        self._dialog(self.invoice + other + second).action_confirm()
        notices = (self.invoice + other + second).billing_notice_ids
        self.assertEqual((len(notices), len(notices.message_id)), (3, 2))
        self._empty_post_office()
        self.assertEqual(set(notices.mapped('sent_on')), {TODAY})
        self.assertIn("156.00", words(self.invoice.billing_notice_ids.message_body))

    def test_the_fault_of_one_notice_does_not_keep_the_night_from_the_others(self):
        other = self._other_invoice()
        other.sending_data = False
        notices = self.env['billing.notice']
        send = type(notices)._send

        def faulty(self, announcements):
            if any(one.line.move_id == other for one in announcements):
                raise ValueError("unreadable")
            return send(self, announcements)

        with (
            patch.object(type(notices), '_send', faulty),
            self.assertLogs('odoo.addons.recurring_billing.models.billing_notice_mail', 'ERROR') as logs,
        ):
            notices._announce_missing(self.company, TODAY, transaction=Transaction())
        self.assertEqual((len(self.invoice.billing_notice_ids), len(other.billing_notice_ids)), (1, 0))
        self.assertIn(other.name, logs.output[0])

    def test_a_person_chooses_a_later_day_and_leaves_some_out(self):
        other = self._other_invoice()
        dialog = self._dialog(self.invoice + other)
        mine = dialog.line_ids.filtered(lambda line: line.move_id == self.invoice)
        mine.date = date(2026, 9, 30)
        (dialog.line_ids - mine).is_selected = False
        dialog.action_confirm()
        self.assertEqual(self.invoice.billing_notice_ids.date, date(2026, 9, 30))
        self.assertFalse(other.billing_notice_ids)
        dialog.line_ids.is_selected = False
        with self.assertRaisesRegex(UserError, "Tick the debits"):
            dialog.action_confirm()

    def test_a_day_too_early_or_closed_is_refused_with_the_first_one(self):
        dialog = self._dialog()
        for day, first in ((date(2026, 9, 14), "09/15/2026"), (date(2026, 9, 19), "09/21/2026")):
            dialog.line_ids.date = day
            with (
                self.subTest(day),
                self.assertRaisesRegex(UserError, rf"{self.invoice.name}, .*on {first} at the earl"),
            ):
                dialog.action_confirm()

    def test_a_letter_is_recorded_with_its_day_and_how(self):
        form = Form(self._dialog())
        form.means = 'letter'
        form.sent_on = date(2026, 8, 28)
        form.note = "Letter handed over at the counter"
        dialog = form.save()
        self.assertEqual(dialog.line_ids.date, date(2026, 9, 11))
        dialog.action_confirm()
        notice = self.invoice.billing_notice_ids
        self.assertEqual((notice.kind, notice.state, notice.sent_on), ('letter', 'sent', date(2026, 8, 28)))
        self.assertEqual((notice.note, notice.user_id), ("Letter handed over at the counter", self.env.user))
        self.assertIsNone(self._notice_fault(self._due_item(self.invoice), date(2026, 9, 11), 120.0))

    def test_the_letter_is_printed_in_the_words_of_the_mail(self):
        notice = self._announce(self.invoice, DAY, recipient_id=self.customer.id)
        html, _kind = self.env['ir.actions.report']._render_qweb_html(
            'recurring_billing.billing_notice_letter', notice.ids
        )
        text = words(html.decode())
        for part in ("Notice of a Direct Debit", "On 09/15/2026", "120.00", self.mandate.name, "FR72ZZZ123456"):
            self.assertIn(part, text)

    def test_who_has_no_address_is_named_and_left_to_a_letter(self):
        self.customer.email = False
        other = self._other_invoice()
        dialog = self._dialog(self.invoice + other)
        self.assertEqual(dialog.silent_names, "Atelier Durand")
        dialog.action_confirm()
        self.assertFalse(self.invoice.billing_notice_ids)
        self.assertTrue(other.billing_notice_ids)
        with self.assertRaisesRegex(UserError, "^Atelier Durand: enter an e-mail address"):
            self._dialog().action_confirm()

    def test_from_the_menu_it_lists_what_nobody_was_told_of(self):
        other = self._other_invoice()
        other.sending_data = False
        self._announce(other, DAY, sent_on=TODAY)
        dialog = self.env['billing.notice.send'].browse(self.env['billing.notice.send'].action_open()['res_id'])
        self.assertEqual(dialog.line_ids.move_id, self.invoice)
        self._announce(self.invoice, DAY, sent_on=TODAY)
        with self.assertRaisesRegex(UserError, "no debit to announce"):
            self.env['billing.notice.send'].action_open()

    def test_the_invoice_shows_its_notices_and_the_customer_too(self):
        self._announce(self.invoice, DAY, sent_on=TODAY)
        self.assertEqual((self.invoice.billing_notice_count, self.customer.billing_notice_count), (1, 1))
        self.assertEqual(self.contract.debit_notice_count, 1)

    def test_an_invoice_tells_what_its_customer_was_told(self):
        notice = self._announce(self.invoice, DAY, sent_on=TODAY)
        self.assertRegex(self.invoice.billing_notice_note, r"of \D*120\.00\D* announced on 09/01/2026 for 09/15/2026")
        notice.sudo()._unguarded().sent_on = False
        self.assertEqual(self.invoice.billing_notice_note, "The notice of the debit of 09/15/2026 waits to be sent")
        notice.sudo()._unguarded().failure = "Mailbox unavailable"
        self.assertTrue(self.invoice.billing_notice_failed)
        self.assertIn("not told of the debit of 09/15/2026: Mailbox", self.invoice.billing_notice_note)

    def test_a_debit_under_way_is_not_announced_for_another_day(self):
        self._collect(date(2026, 9, 3), TODAY)
        dialog = self._dialog()
        self.assertEqual(dialog.line_ids.date, date(2026, 9, 3))
        dialog.line_ids.date = DAY
        with self.assertRaisesRegex(UserError, "its debit of 09/03/2026 is under way"):
            dialog.action_confirm()

    def test_who_only_reads_invoices_tells_nobody(self):
        company = {'company_id': self.company.id, 'company_ids': [(6, 0, self.company.ids)]}
        reader = new_test_user(self.env, 'reader', 'account.group_account_invoice', **company)
        with self.assertRaises(AccessError):
            self.invoice.with_user(reader).action_billing_send_notices()
        user = new_test_user(self.env, 'billing_user', 'recurring_billing.group_user', **company)
        action = self.invoice.with_user(user).action_billing_send_notices()
        self.env['billing.notice.send'].with_user(user).browse(action['res_id']).action_confirm()
        self.assertEqual(self.invoice.billing_notice_ids.user_id, user)
