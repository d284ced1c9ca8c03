from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import BillingCommon

START = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingDunningAction(BillingCommon):
    def _late_invoice(self, partner=None, debit=False, **values):
        contract = self._contract(partner, debit=debit, date_start=START, date_end=date(2026, 9, 30), **values)
        contract._start(START)
        run = self._bill(START)
        return run.line_ids.filtered(lambda line: line.contract_id == contract).invoice_id

    def _remind(self, today):
        return self.env['billing.dunning.action']._remind(self.company, today)

    def test_one_message_lists_all_late_invoices_of_a_customer(self):
        late = self._late_invoice() | self._late_invoice(price=50.0)
        reminder = self._remind(date(2026, 9, 10))
        self.assertEqual((reminder.move_ids, reminder.amount), (late, 180.0))
        for invoice in late:
            self.assertIn(invoice.name, reminder.body)
            self.assertIn("Reminder sent", invoice.message_ids[0].body)

    def test_nobody_is_reminded_within_the_days_of_grace(self):
        self._late_invoice()
        self.assertFalse(self._remind(date(2026, 9, 6)))
        self.assertTrue(self._remind(date(2026, 9, 7)))

    def test_a_customer_is_not_reminded_again_too_soon(self):
        self._late_invoice()
        self.assertTrue(self._remind(date(2026, 9, 10)))
        self.assertFalse(self._remind(date(2026, 9, 19)))
        self.assertTrue(self._remind(date(2026, 9, 20)))

    def test_a_debit_under_way_silences_and_a_returned_one_does_not(self):
        self._late_invoice(debit=True)
        debit = self._collect(date(2026, 9, 21), date(2026, 9, 17)).debit_ids
        self.assertFalse(self._remind(date(2026, 9, 20)))
        self._settle(date(2026, 9, 21))
        debit._return(date(2026, 9, 24), 'AC04')
        self.assertTrue(self._remind(date(2026, 9, 25)))

    def test_an_announced_debit_silences_until_its_day_has_passed(self):
        invoice = self._late_invoice(debit=True)
        self._announce(invoice, date(2026, 9, 21))
        self.assertFalse(self._remind(date(2026, 9, 21)))
        self.assertEqual(self._remind(date(2026, 9, 22)).move_ids, invoice)

    def test_paid_and_blocked_invoices_are_left_alone(self):
        paid, blocked = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        self._register_payment(paid)
        blocked.action_toggle_block_payment()
        self.assertFalse(self._remind(date(2026, 9, 20)))

    def test_a_customer_without_address_becomes_an_activity_not_a_silence(self):
        invoice = self._late_invoice(self._customer("Sans Adresse", email=False))
        self.assertFalse(self._remind(date(2026, 9, 20)))
        self._remind(date(2026, 9, 21))
        self.assertEqual(len(invoice.activity_ids), 1)
        self.assertIn("Sans Adresse", invoice.activity_ids.summary)

    def test_a_message_that_fails_for_one_customer_stops_nobody_else(self):
        broken, fine = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        template = self.env.ref('recurring_billing.mail_template_reminder')
        template.subject = "{{ object.partner_id.name[12] }}"  # too short a name fails
        with mute_logger('odoo.addons.recurring_billing.models.billing_dunning_action', 'odoo.addons.mail'):
            reminders = self._remind(date(2026, 9, 20))
        self.assertEqual(reminders.partner_id, self.customer)
        self.assertFalse(broken.activity_ids)
        self.assertIn("could not be written", fine.activity_ids.summary)

    def test_a_reminder_is_proof_and_not_typed_over(self):
        self._late_invoice()
        reminder = self._remind(date(2026, 9, 20))
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            reminder.body = "something friendlier"

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
        reminder = self._remind(date(2026, 9, 20))
        self.assertIn("Bonjour", reminder.body)
        self.assertIn("factures en attente de règlement", reminder.subject)
        self.assertIn("01/09/2026", reminder.body)
