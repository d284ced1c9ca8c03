from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common_notice import NoticeCommon, words

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingNoticeSchedule(NoticeCommon):
    """A year of debits announced at once."""

    def setUp(self):
        super().setUp()
        self.contract = self._started(date_start=date(2027, 1, 1), frequency='quarterly', price=300.0)

    def _wizard(self, **values):
        action = self.contract.action_schedule()
        wizard = self.env['billing.notice.schedule'].browse(action['res_id'])
        wizard.write(values)
        return wizard

    def _quarter(self, day=date(2027, 1, 1)):
        """The due item of the invoice of ``day``."""
        with freeze_time(day):
            return self._due_item(self._billed_on(day, self.contract))

    def test_it_lists_the_debits_of_the_coming_year(self):
        rows = self.contract._schedule(TODAY)
        self.assertEqual(
            [(row.slot.start, row.day, row.amount) for row in rows],
            [
                (date(2027, 1, 1), date(2027, 1, 6), 360.0),
                (date(2027, 4, 1), date(2027, 4, 5), 360.0),
                (date(2027, 7, 1), date(2027, 7, 5), 360.0),
                (date(2027, 10, 1), date(2027, 10, 5), 360.0),
            ],
        )

    def test_the_first_days_are_announced_early_enough_too(self):
        with freeze_time('2026-12-28'):
            first = self.contract._schedule(date(2026, 12, 28))[0]
        self.assertEqual((first.invoice_date, first.day), (date(2027, 1, 1), date(2027, 1, 11)))

    def test_a_schedule_recorded_as_a_letter_is_the_notice_of_each_invoice(self):
        self._wizard(note="Letter with the contract").action_letter()
        notices = self.contract.notice_ids
        self.assertEqual(set(notices.mapped('state')), {'sent'})
        self.assertEqual((len(notices), notices.head_id), (4, notices.sorted('id')[0]))
        line = self._quarter()
        self.assertEqual(line._billing_announced_days()[line], date(2027, 1, 6))
        self.assertIsNone(self._notice_fault(line, date(2027, 1, 6), 360.0))
        self.assertRegex(self._notice_fault(line, date(2027, 1, 7), 360.0), "announced for 01/06/2027")
        self.assertRegex(self._notice_fault(line, date(2027, 1, 6), 400.0), r"360\.00\D* were announced")
        self.assertEqual(self.contract.debit_notice_count, 4)

    def test_the_invoice_names_the_day_of_the_schedule(self):
        self._wizard(note="Letter").action_letter()
        line = self._quarter()
        self.assertEqual(line.move_id._billing_debit_day(date(2027, 1, 1)), date(2027, 1, 6))
        self.assertTrue(line._billing_well_announced(date(2027, 1, 1)))

    def test_a_price_that_rises_needs_a_notice_of_its_own(self):
        self._wizard(note="Letter").action_letter()
        self.contract.line_ids._unguarded().price_unit = 310.0
        line = self._quarter()
        self.assertEqual(line.amount_residual, 372.0)
        self.assertFalse(line._billing_well_announced(date(2027, 1, 1)))
        self.assertEqual(line.move_id._billing_debit_day(date(2027, 1, 1)), date(2027, 1, 15))

    def test_a_schedule_told_again_replaces_the_first(self):
        self._wizard(note="Letter").action_letter()
        with freeze_time('2026-12-24'):
            self._wizard(note="Second letter", sent_on=date(2026, 12, 24)).action_letter()
        line = self._quarter()
        self.assertEqual(line._billing_announced_days()[line], date(2027, 1, 7))

    def test_the_mail_tells_each_debit_and_counts_once_it_left(self):
        self.customer.lang = 'en_US'
        with freeze_time(TODAY):
            self.patch(type(self.contract), '_can_make_pdf', lambda _self: True)
            self._wizard().action_mail()
        notices = self.contract.notice_ids
        self.assertEqual(set(notices.mapped('state')), {'waiting'})
        with freeze_time('2026-12-07'):
            self._empty_post_office()
        self.assertEqual(set(notices.mapped('sent_on')), {date(2026, 12, 7)})
        text = words(notices[0].message_body)
        for part in ("01/06/2027", "10/05/2027", "360.00", self.mandate.name, "FR72ZZZ123456"):
            self.assertIn(part, text)
        self.assertEqual(len(notices.message_id.attachment_ids), 1, "the schedule itself")

    def test_the_printed_schedule_tells_each_debit(self):
        html, _kind = self.env['ir.actions.report']._render_qweb_html(
            'recurring_billing.billing_schedule_document', self.contract.ids
        )
        text = words(html.decode())
        for part in ("Schedule of Direct Debits", "01/06/2027", "360.00", self.mandate.name, "FR72ZZZ123456"):
            self.assertIn(part, text)

    def test_the_dialog_shows_what_is_announced(self):
        self.assertIn("01/06/2027", words(self._wizard().preview))

    def test_where_amounts_are_not_fixed_there_is_no_schedule(self):
        cases = [
            ("only a running contract", self._contract()),
            ("not paid by direct debit", self._started(debit=False)),
        ]
        for reason, contract in cases:
            with self.subTest(reason), self.assertRaisesRegex(UserError, f"{contract.name}: .*{reason}"):
                contract.action_schedule()
        term = self.env['account.payment.term'].create(
            {
                'name': "Two parts",
                'line_ids': [
                    Command.create({'value': 'percent', 'value_amount': 50, 'nb_days': days}) for days in (0, 30)
                ],
            },
        )
        self.contract.payment_term_id = term
        with self.assertRaisesRegex(UserError, "paid in several parts"):
            self.contract.action_schedule()

    def test_a_record_of_a_letter_says_how_and_lies_not_ahead(self):
        with self.assertRaisesRegex(UserError, "“How It Was Told”"):
            self._wizard().action_letter()
        with self.assertRaisesRegex(UserError, "“Told On”: 12/06/2026 lies ahead"):
            self._wizard(note="Letter", sent_on=date(2026, 12, 6)).action_letter()
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "has no e-mail address"):
            self._wizard().action_mail()
