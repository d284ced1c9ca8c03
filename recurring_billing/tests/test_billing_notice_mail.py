from datetime import date

from psycopg2.errors import ForeignKeyViolation

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_notice import NoticeCommon, words

TODAY = date(2026, 9, 1)
DAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingNoticeMail(NoticeCommon):
    """How customers are told of their debits: with the invoice, or by an e-mail of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.lang = 'en_US'
        cls.company.billing_send_invoices = True

    def setUp(self):
        super().setUp()
        self.contract, self.invoice = self._september()

    def _second_invoice(self, **values):
        contract = self._started(date_start=TODAY, price=50.0, **values)
        return self._billed_on(TODAY, contract)

    # === WITH THE INVOICE === #

    def test_the_invoice_sent_in_the_background_is_the_notice(self):
        self._send_in_background()
        notice = self.invoice.billing_notice_ids
        self.assertEqual((notice.kind, notice.state, notice.sent_on), ('invoice', 'sent', TODAY))
        self.assertEqual((notice.date, notice.amount, notice.days_before), (DAY, 120.0, 14))
        self.assertEqual((notice.mandate_reference, notice.creditor_identifier), (self.mandate.name, 'FR72ZZZ123456'))
        self.assertEqual((notice.partner_id, notice.email_to), (self.customer, self.customer.email_formatted))
        self.assertIsNone(self._notice_fault(self._due_item(self.invoice), DAY, 120.0))

    def test_the_mail_tells_day_amount_mandate_and_creditor_and_asks_for_no_transfer(self):
        self._send_in_background()
        text = words(self.invoice.billing_notice_ids.message_body)
        for part in ("09/15/2026", "120.00", self.mandate.name, "FR72ZZZ123456", "FR76 •••• •••• 1893"):
            self.assertIn(part, text)
        self.assertNotIn("communication", text)

    def test_a_french_customer_reads_it_in_french(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        self._send_in_background()
        text = words(self.invoice.billing_notice_ids.message_body)
        self.assertIn("prélèvement SEPA", text)
        self.assertIn("15/09/2026", text)
        self.assertIn("120,00 €", text)

    def test_the_printed_invoice_tells_the_same(self):
        html, _kind = self.env['ir.actions.report']._render_qweb_html('account.account_invoices', self.invoice.ids)
        text = words(html.decode())
        self.assertRegex(text, r"120\.00\D* debited on 09/15/2026")
        self.assertIn(f"Mandate reference (RUM): {self.mandate.name}", text)

    def test_the_send_button_gives_notice_too(self):
        wizard = self.env['account.move.send.wizard'].create({'move_id': self.invoice.id})
        self.assertEqual(wizard.template_id, self.env.ref('recurring_billing.mail_template_invoice_debit'))
        wizard.action_send_and_print()
        self.assertEqual(self.invoice.billing_notice_ids.mapped('state'), ['sent'])

    def test_a_mail_to_somebody_else_is_no_notice(self):
        accountant = self.env['res.partner'].create({'name': "Accountant", 'email': "a@office.example"})
        wizard = self.env['account.move.send.wizard'].create({'move_id': self.invoice.id})
        wizard.mail_partner_ids = accountant
        wizard.action_send_and_print()
        self.assertFalse(self.invoice.billing_notice_ids)

    def test_a_text_without_the_debit_is_no_notice_unless_the_pdf_tells_it(self):
        wizard = self.env['account.move.send.wizard'].create({'move_id': self.invoice.id})
        wizard.body = "<p>Please see attached.</p>"
        wizard.action_send_and_print()
        self.assertEqual(self.invoice.billing_notice_ids.mapped('date'), [DAY], "the PDF tells it")
        self.assertEqual(self.invoice.billing_printed_day, DAY)
        with freeze_time('2026-09-20'):
            wizard = self.env['account.move.send.wizard'].create({'move_id': self.invoice.id})
            wizard.body = "<p>Please see attached.</p>"
            wizard.action_send_and_print()
        self.assertEqual(len(self.invoice.billing_notice_ids), 1, "the PDF names a day that has passed")

    @mute_logger('odoo.addons.mail.models.mail_mail')
    def test_a_mail_that_did_not_leave_is_no_notice_until_it_does(self):
        with self._broken_post_office():
            self._send_in_background()
        notice = self.invoice.billing_notice_ids
        self.assertEqual((notice.state, notice.sent_on), ('failed', False))
        self.assertIn("Mailbox unavailable", notice.failure)
        self.assertTrue(self._notice_fault(self._due_item(self.invoice), DAY, 120.0))
        with freeze_time('2026-09-04'):
            mails = self.env['mail.mail'].sudo().search([('mail_message_id', '=', notice.message_id.id)])
            mails.mark_outgoing()
            mails.send()
        self.assertEqual((notice.state, notice.sent_on, notice.failure), ('sent', date(2026, 9, 4), False))
        self.assertRegex(self._notice_fault(self._due_item(self.invoice), DAY, 120.0), "on 09/04/2026 only")

    def test_an_invoice_sent_again_keeps_its_day(self):
        self._send_in_background()
        with freeze_time('2026-09-08'):
            self.env['account.move.send.wizard'].create({'move_id': self.invoice.id}).action_send_and_print()
            self.assertEqual(self.invoice.billing_notice_ids.mapped('date'), [DAY, DAY])
            self.assertIsNone(self._notice_fault(self._due_item(self.invoice), DAY, 120.0), "told on the first")

    def test_an_invoice_sent_late_tells_which_day_its_pdf_no_longer_names(self):
        self._send_in_background()
        with freeze_time('2026-09-20'):
            wizard = self.env['account.move.send.wizard'].create({'move_id': self.invoice.id})
            text = words(wizard.body)
        self.assertIn("10/05/2026", text)
        self.assertIn("This day replaces the one that the invoice names, 09/15/2026", text)

    def test_an_invoice_paid_by_transfer_is_sent_as_ever(self):
        transfer = self._billed_on(TODAY, self._started(date_start=TODAY, debit=False))
        self.assertEqual(transfer._get_mail_template(), self.env.ref('account.email_template_edi_invoice'))
        self._send_in_background()
        self.assertFalse(transfer.billing_notice_ids)

    # === BY AN E-MAIL OF ITS OWN === #

    def _night(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_notices').method_direct_trigger()

    def test_the_night_leaves_invoices_that_wait_to_be_sent(self):
        self._night(TODAY)
        self.assertFalse(self.invoice.billing_notice_ids)

    def test_the_night_announces_what_nobody_was_told_of(self):
        second = self._second_invoice()
        (self.invoice + second).sending_data = False
        self._night(TODAY)
        notices = (self.invoice + second).billing_notice_ids.sorted('id')
        self.assertEqual(notices.mapped('kind'), ['mail', 'mail'])
        self.assertEqual(notices.mapped('state'), ['waiting', 'waiting'])
        self.assertEqual(len(notices.message_id), 1, "one mail for one debtor and day")
        self._night(TODAY)
        self.assertEqual(len((self.invoice + second).billing_notice_ids), 2, "they wait, and are not written again")
        with freeze_time('2026-09-02'):
            self._empty_post_office()
        self.assertEqual(notices.mapped('sent_on'), [date(2026, 9, 2)] * 2)
        text = words(notices[0].message_body)
        for part in ("On 09/15/2026", "180.00", self.invoice.name, second.name, self.mandate.name, "FR72ZZZ123456"):
            self.assertIn(part, text)
        self.assertIn("180.00", notices.message_id.subject)

    def test_a_notice_that_left_a_day_late_is_told_again_for_a_later_day(self):
        self.invoice.sending_data = False
        self._night(TODAY)
        with freeze_time('2026-09-02'):
            self._empty_post_office()
        self._night('2026-09-03')
        with freeze_time('2026-09-03'):
            self._empty_post_office()
        latest = self.invoice.billing_notice_ids.sorted('id')[-1]
        self.assertEqual((latest.date, latest.sent_on), (date(2026, 9, 17), date(2026, 9, 3)))
        self._night('2026-09-04')
        self.assertEqual(len(self.invoice.billing_notice_ids), 2)

    def test_a_day_that_has_passed_is_announced_anew(self):
        self._send_in_background()
        self._night('2026-09-10')
        self.assertEqual(len(self.invoice.billing_notice_ids), 1)
        self._night('2026-09-14')
        self.assertEqual(self.invoice.billing_notice_ids.sorted('id')[-1].date, date(2026, 9, 28))

    def test_a_customer_without_address_is_left_to_a_person_once(self):
        self.invoice.sending_data = False
        self.customer.email = False
        for _night in range(2):
            self._night(TODAY)
        self.assertFalse(self.invoice.billing_notice_ids)
        self.assertEqual(
            self.invoice.activity_ids.mapped('summary'), ["Announce the debit by letter: no e-mail address"]
        )

    def test_a_payer_is_told_by_a_mail_of_its_own(self):
        """The invoice goes to the customer; who is debited is the head office."""
        payer = self._customer("Siège Durand")
        self._mandate(payer, 'FR7610278487575797543231912')
        self.mandate.action_revoke()
        self.customer.billing_payer_id = payer
        self._send_in_background()
        self.assertFalse(self.invoice.billing_notice_ids)
        self._night(TODAY)
        self._empty_post_office()
        notice = self.invoice.billing_notice_ids
        self.assertEqual((notice.partner_id, notice.recipient_id), (self.customer, payer))
        self.assertEqual((notice.kind, notice.state, notice.date), ('mail', 'sent', DAY))

    def test_the_night_sends_nothing_where_the_company_says_so(self):
        self.invoice.sending_data = False
        self.company.billing_notice_auto = False
        self._night(TODAY)
        self.assertFalse(self.invoice.billing_notice_ids)

    def test_a_message_that_proves_a_notice_stays(self):
        self.invoice.sending_data = False
        self._night(TODAY)
        message = self.invoice.billing_notice_ids.message_id
        with self.assertRaises(ForeignKeyViolation), self.cr.savepoint(), mute_logger('odoo.sql_db'):
            message.sudo().unlink()
            self.env.flush_all()
        self.assertTrue(message.exists())
