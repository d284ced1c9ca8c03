import json
from datetime import date
from unittest import SkipTest

from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common import BillingCommon
from .common_receiver import Receiver

START = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingDunningMessage(BillingCommon):
    """Reminders on the customer's phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({'phone': "06 12 34 56 78", 'ref': "C42", 'country_id': cls.env.ref('base.fr').id})

    def _late_invoice(self, **channels):
        """An invoice of 120.00 due on 1 September whose first reminder goes by ``channels`` alone."""
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 5).write({'by_email': False, **channels})
        draft.action_put_in_force()
        contract = self._contract(debit=False, date_start=START, date_end=date(2026, 9, 30))
        contract._start(START)
        return self._bill(START).line_ids.filtered(lambda line: line.contract_id == contract).invoice_id

    def _platform(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        values = {'name': "Platform", 'url': receiver.url, 'may_be_private': True, 'company_id': self.company.id}
        return receiver, self.env['billing.webhook'].create(values)

    def test_the_platform_gets_the_text_the_phone_and_the_language(self):
        receiver, _hook = self._platform()
        invoice = self._late_invoice(by_gateway=True)
        action = self._run_reminders(date(2026, 9, 20))
        self.assertEqual((action.channel, action.state, action.phone), ('message', 'done', "+33612345678"))
        self.assertFalse(receiver.received, "it is sent once the reminder is committed")
        action.delivery_id._deliver_one(Transaction())
        data = json.loads(receiver.received[0][1])['data']
        self.assertEqual((data['phone'], data['language'], data['invoices']), ("+33612345678", 'en_US', [invoice.name]))
        self.assertEqual(data['customer'], {'name': self.customer.name, 'reference': "C42"})
        self.assertIn(f"{invoice.name} (120.00", data['text'])
        self.assertEqual((data['text'], action.body), (action.text, False))

    def test_a_platform_that_takes_nothing_makes_a_task_of_the_reminder(self):
        receiver, _hook = self._platform()
        self._late_invoice(by_gateway=True)
        action = self._run_reminders(date(2026, 9, 20))
        receiver.answers = [(500, {})] * 10
        moment = '2026-09-20'
        while action.delivery_id.state == 'waiting':
            with freeze_time(moment):
                action.delivery_id._deliver_one(Transaction())
            moment = action.delivery_id.next_try
        self.assertEqual((action.state, action.failure[:3]), ('failed', "500"))
        self.assertIn("did not take the reminder", action.case_id.activity_ids.mapped('summary')[0])

    def test_without_a_platform_or_a_phone_a_person_is_asked(self):
        for name, phone, with_platform, reason in (
            ("no platform", "06 12 34 56 78", False, "No messaging platform"),
            ("no phone", "ask Bob", True, "No phone number that can be dialled"),
        ):
            with self.subTest(name), self.cr.savepoint(flush=True) as savepoint:
                self.customer.phone = phone
                if with_platform:
                    self._platform()
                self._late_invoice(by_gateway=True)
                action = self._run_reminders(date(2026, 9, 20))
                self.assertEqual(action.state, 'todo')
                self.assertIn(reason, action.failure)
                self.assertEqual(action.activity_id.summary, "Message: First reminder")
                savepoint.rollback()

    def test_a_text_goes_by_odoos_sms_where_it_is_installed(self):
        if 'sms.sms' not in self.env.registry:
            raise SkipTest("the SMS module is not installed")
        invoice = self._late_invoice(by_sms=True)
        action = self._run_reminders(date(2026, 9, 20))
        self.assertEqual((action.channel, action.state), ('sms', 'done'))
        sms = self.env['sms.sms'].search([('number', '=', "+33612345678")])
        self.assertEqual((len(sms), sms.state), (1, 'outgoing'))
        self.assertIn(invoice.name, sms.body)

    def test_without_odoos_sms_a_person_is_asked(self):
        if 'sms.sms' in self.env.registry:
            raise SkipTest("the SMS module is installed")
        self._late_invoice(by_sms=True)
        action = self._run_reminders(date(2026, 9, 20))
        self.assertEqual(action.state, 'todo')
        self.assertIn("not installed", action.failure)
        self.assertFalse(action.level_id.is_sms_installed)

    def test_a_text_that_the_provider_refuses_asks_for_another_way(self):
        self._platform()
        self._late_invoice(by_gateway=True)
        action = self._run_reminders(date(2026, 9, 20))
        message = action.case_id.message_post(body="Late")
        action._unguarded().text_message_id = message  # as Odoo's SMS module leaves it
        notification = (
            self.env['mail.notification']
            .sudo()
            .create({'mail_message_id': message.id, 'res_partner_id': self.customer.id})
        )
        notification.write({'notification_status': 'sent'})
        self.assertEqual(action.state, 'done')
        notification.write({'notification_status': 'exception', 'failure_reason': "Wrong number"})
        self.assertEqual((action.state, action.failure), ('failed', "Wrong number"))
        self.assertEqual(action.activity_id.summary, "The text did not arrive: reach the customer otherwise")

    def test_a_name_with_markup_is_text_in_a_text(self):
        self._platform()
        self.customer.name = "<img src=x onerror=alert(1)>"
        level = self.env.ref('recurring_billing.dunning_policy_business').level_ids.filtered(lambda one: one.days == 5)
        self._late_invoice(by_gateway=True, short_text="{customer}: {invoices}" if level else "")
        action = self._run_reminders(date(2026, 9, 20))
        self.assertIn("<img", action.text)
        self.assertFalse(action.body, "what stands here is shown as a page")

    def test_the_invoice_address_is_written_to_and_phoned(self):
        self._platform()
        self.env['res.partner'].create(
            {
                **{'parent_id': self.customer.id, 'type': 'invoice', 'name': "Accounts"},
                **{'email': "accounts@customer.example", 'phone': "06 98 76 54 32", 'street': "2 rue Basse"},
            }
        )
        self._late_invoice(by_gateway=True, by_email=True, by_letter=True)
        actions = self._run_reminders(date(2026, 9, 20)).grouped('channel')
        self.assertEqual(actions['message'].phone, "+33698765432")
        self.assertIn("accounts@customer.example", actions['email'].mail_id.email_to)
        report = self.env['ir.actions.report']
        page, _kind = report._render_qweb_html('recurring_billing.billing_dunning_letter', actions['letter'].ids)
        self.assertIn("2 rue Basse", page.decode())

    def test_so_many_mails_leave_in_an_hour(self):
        self.company.billing_reminders_an_hour = 2
        invoices = self._late_invoice(by_email=True)
        for name in ("Garage Noel", "Hotel Rivage", "Atelier Bois"):
            contract = self._contract(self._customer(name), debit=False, date_start=START, date_end=date(2026, 9, 30))
            contract._start(START)
        self._bill(START)
        mails = self._run_reminders(date(2026, 9, 20)).mail_id.sorted('id')
        self.assertEqual(len(mails), 4, invoices)
        self.assertEqual(
            [str(mail.scheduled_date or "") for mail in mails], ["", "", "2026-09-20 01:00:00", "2026-09-20 01:00:00"]
        )

    def test_a_clerk_reminds_where_mails_are_spread(self):
        self.company.billing_reminders_an_hour = 1
        invoice = self._late_invoice(by_email=True)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        case = invoice.billing_dunning_case_id
        case.with_user(clerk).action_remind()
        self.assertFalse(case.error)
        self.assertEqual(case.action_ids.user_id, clerk)
