from datetime import date

from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from ..tools.dunning_ladder import Silence
from .common import BillingCommon

START, TODAY = date(2026, 9, 1), date(2026, 9, 20)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestAccountMoveSilence(BillingCommon):
    """Why an open invoice is not reminded."""

    def _invoice(self, **values):
        _contract, invoice = self._september(**values)
        return invoice

    def _silence(self, invoice, day=TODAY):
        return invoice._billing_silence_reason(day).get(invoice)

    def _remind(self, day=TODAY):
        return self._run_reminders(day)

    def test_nothing_silences_an_open_invoice(self):
        invoice = self._invoice(debit=False)
        self.assertIsNone(self._silence(invoice))
        self.assertFalse(invoice.billing_silence)

    def test_a_debit_under_way_silences_without_end(self):
        invoice = self._invoice()
        self._collect(date(2026, 9, 21), date(2026, 9, 17))
        self.assertEqual(self._silence(invoice), Silence("debit of 09/21/2026 under way"))
        self.assertEqual(invoice.billing_silence, "debit of 09/21/2026 under way")

    def test_an_announced_debit_silences_until_its_day(self):
        invoice = self._invoice()
        self._announce(invoice, date(2026, 9, 21))
        expected = Silence("debit announced for 09/21/2026", date(2026, 9, 21))
        self.assertEqual(self._silence(invoice), expected)
        self.assertEqual(self._silence(invoice, date(2026, 9, 21)), expected, "its last day is included")
        self.assertIsNone(self._silence(invoice, date(2026, 9, 22)))

    def test_a_planned_retry_silences_until_its_day(self):
        invoice = self._invoice()
        debit = self._collect(date(2026, 9, 21), date(2026, 9, 17)).debit_ids
        self._settle(date(2026, 9, 21))
        debit._return(date(2026, 9, 24), 'AC04')
        self.assertIsNone(self._silence(invoice, date(2026, 9, 25)), "a closed account is not tried again")
        debit._unguarded().retry_on = date(2026, 9, 30)
        self.assertEqual(self._silence(invoice, date(2026, 9, 30)).until, date(2026, 9, 30))
        self.assertIsNone(self._silence(invoice, date(2026, 10, 1)))

    def test_a_debit_or_a_plan_of_one_part_leaves_the_other_to_be_reminded(self):
        halves = self.env['account.payment.term'].create(
            {
                'name': "Two halves",
                'line_ids': [
                    Command.create({'value': 'percent', 'value_amount': 50.0, 'nb_days': 0}),
                    Command.create({'value': 'percent', 'value_amount': 50.0, 'nb_days': 5}),
                ],
            }
        )
        self.customer.property_payment_term_id = halves
        invoice = self._invoice(debit=False)
        first, second = invoice.line_ids.filtered('date_maturity').sorted('date_maturity')
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        form = Form(self.env['billing.payment.plan'].with_context(default_case_id=invoice.billing_dunning_case_id.id))
        form.debt_ids.remove(id=second.id)
        form.consent = 'mail'
        form.save().action_agree()
        silences = (first | second)._billing_silences(TODAY)
        self.assertEqual(list(silences), [first])
        reminder = self._remind()
        self.assertEqual((reminder.item_ids.move_line_id, reminder.amount), (second, 60.0))
        self.assertTrue(invoice.billing_silence, "the invoice tells of its silent part")

    def test_a_blocked_invoice_is_silent(self):
        invoice = self._invoice(debit=False)
        invoice.action_toggle_block_payment()
        self.assertEqual(self._silence(invoice), Silence("its payment is blocked"))

    def test_an_invoice_without_follow_up_is_silent(self):
        invoice = self._invoice(debit=False)
        invoice.line_ids.no_followup = True
        self.assertEqual(self._silence(invoice), Silence("marked “No Follow-Up”"))
        self.assertFalse(self._remind())

    def test_an_insolvency_silences_what_was_invoiced_before_the_judgment(self):
        invoice = self._invoice(debit=False)
        for judgment, expected in (
            (date(2026, 9, 2), Silence("insolvency opened on 09/02/2026")),
            (date(2026, 9, 1), None),  # the day of the judgment itself: a later claim
        ):
            with self.subTest(judgment=judgment):
                self.customer.billing_insolvency_date = judgment
                self.assertEqual(self._silence(invoice), expected)
                self.assertEqual(bool(self._remind()), not expected)

    def test_a_judgment_outlasts_a_debit(self):
        invoice = self._invoice()
        self._announce(invoice, date(2026, 9, 21))
        self.customer.billing_insolvency_date = date(2026, 9, 10)
        self.assertIsNone(self._silence(invoice).until)

    def test_contacts_follow_their_company(self):
        contact = self.env['res.partner'].create(
            {'name': "Accounts", 'parent_id': self.customer.id, 'email': "accounts@customer.example"}
        )
        invoice = self._invoice(partner=contact, debit=False)
        self.customer.billing_insolvency_date = date(2026, 9, 10)
        self.assertTrue(self._silence(invoice))
