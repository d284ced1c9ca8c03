import json
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_late import LateCommon
from .common_receiver import Receiver

START = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingSuspension(LateCommon):
    """A contract of 120.00 a month, billed in advance and unpaid since 1 September."""

    def setUp(self):
        super().setUp()
        self.contract = self._contract(debit=False, date_start=START)
        self.contract._start(START)
        self.invoice = self._bill(START).line_ids.filtered(lambda line: line.contract_id == self.contract).invoice_id
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        self.case = self.invoice.billing_dunning_case_id
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.env['billing.webhook'].create(
            {
                **{'name': "Provisioning", 'url': self.receiver.url, 'may_be_private': True},
                **{'purpose': 'service', 'company_id': self.company.id},
            }
        )

    def _deliver(self):
        """The events that wait, as the other system hears them: [(event, data)]."""
        outbox = self.env['billing.webhook.delivery']
        while due := outbox._next_ones(self.env.cr.now().replace(year=2099)):
            for delivery in due:
                with freeze_time('2026-12-31'):
                    delivery._deliver_one(Transaction())
        events = [json.loads(body) for _headers, body in self.receiver.received]
        self.receiver.received.clear()
        return [(event['event'], event['data']) for event in events]

    def _mails(self):
        domain = [('model', '=', 'billing.contract'), ('res_id', '=', self.contract.id)]
        return self.env['mail.mail'].search(domain, order='id').mapped('subject')

    def _night(self, day):
        with freeze_time(day):
            self._run_reminders(day)

    def _billed(self, until):
        """(first, last, amount) of what the runs until ``until`` bill from now on."""
        before = self.env['account.move.line'].search([('billing_contract_id', '=', self.contract.id)])
        with freeze_time(until):
            self._bill(until)
        lines = self.env['account.move.line'].search([('billing_contract_id', '=', self.contract.id)]) - before
        return sorted(
            (line.billing_date_start, line.billing_date_end, -line.balance)
            for line in lines
            if line.parent_state == 'posted'
        )

    def test_an_announced_suspension_comes_on_its_day_and_payment_lifts_it(self):
        self.contract._announce_suspension(date(2026, 10, 5), "unpaid invoices")
        self.assertEqual(self.contract.service_state, 'announced')
        self.assertIn("announced for 10/05/2026: unpaid invoices", self.contract.suspension_note)
        self._night(date(2026, 10, 4))
        self.assertEqual(self.contract.service_state, 'announced')
        self._night(date(2026, 10, 5))
        self.assertEqual((self.contract.service_state, self.contract.suspension_on), ('suspended', date(2026, 10, 5)))
        self.assertIn("suspended since 10/05/2026", self.contract.suspension_note)
        with freeze_time('2026-10-12'):
            self._pay_by_bank(self.invoice, date(2026, 10, 12), 120.0)
        self.assertEqual((self.contract.service_state, self.contract.resumed_on), ('active', date(2026, 10, 12)))
        self.assertEqual(
            self._mails(),
            [
                "company_1_data: your service ends on 10/05/2026 unless you pay",
                "company_1_data: your service is suspended",
                "company_1_data: your service is resumed",
            ],
        )
        events = self._deliver()
        self.assertEqual(
            [event for event, _data in events],
            ['contract.changed', 'contract.suspended', 'contract.changed', 'contract.resumed'],
        )
        self.assertEqual(
            (events[1][1]['contract'], events[1][1]['since'], events[1][1]['reason']),
            (self.contract.name, '2026-10-05', "unpaid invoices"),
        )

    def test_paid_before_the_day_the_announcement_is_void(self):
        self.contract._announce_suspension(date(2026, 10, 5), "unpaid invoices")
        self._pay_by_bank(self.invoice, date(2026, 9, 25), 120.0)
        self.assertEqual((self.contract.service_state, self.contract.resumed_on), ('active', False))
        self._night(date(2026, 10, 5))
        self.assertEqual(self.contract.service_state, 'active')

    def test_suspended_time_is_not_billed_billed_later_or_billed_as_settings_say(self):
        cases = (
            ('none', [], [(date(2026, 10, 12), date(2026, 10, 31), 64.52)]),
            ('later', [], [(date(2026, 10, 1), date(2026, 10, 31), 100.0)]),
            ('bill', [(date(2026, 10, 1), date(2026, 10, 31), 100.0)], []),
        )
        for way, during, after in cases:
            with self.subTest(way), self.cr.savepoint(flush=True) as savepoint:
                self.company.billing_suspension_billing = way
                with freeze_time('2026-10-01'):
                    self.contract._suspend(date(2026, 10, 1), "unpaid invoices")
                self.assertEqual(self._billed(date(2026, 10, 10)), during)
                with freeze_time('2026-10-12'):
                    self.contract._resume_service(date(2026, 10, 12), "by hand")
                self.assertEqual(self._billed(date(2026, 10, 12)), after)
                savepoint.rollback()

    def test_days_that_were_billed_before_the_suspension_are_given_back(self):
        with freeze_time('2026-09-20'):
            self.contract._suspend(date(2026, 9, 21), "unpaid invoices")
        self.assertEqual(self._billed(date(2026, 9, 22)), [(date(2026, 9, 21), date(2026, 9, 30), -33.33)])

    def test_an_essential_service_is_never_suspended(self):
        self.service.billing_is_essential = True
        with self.assertRaisesRegex(UserError, "Hosting is an essential service"):
            self.contract._announce_suspension(date(2026, 10, 5), "unpaid")
        wizard = self.env['billing.contract.suspend'].create({'contract_id': self.contract.id})
        self.assertIn("essential", wizard.fault)
        draft = self._contract(debit=False, date_start=START)
        with self.assertRaisesRegex(UserError, "is not running"):
            draft._suspend(date(2026, 9, 20), "unpaid")

    def test_a_consumer_is_told_in_time_and_suspended_by_a_persons_click(self):
        self.customer.billing_party_kind = 'consumer'
        with self.assertRaisesRegex(UserError, "Announce it first"):
            self.contract._suspend(date(2026, 9, 20), "unpaid")
        self.contract._announce_suspension(date(2026, 10, 5), "unpaid invoices")
        with self.assertRaisesRegex(UserError, "Announce it first"):
            self.contract._suspend(date(2026, 10, 4))
        self._night(date(2026, 10, 5))
        self.assertEqual(self.contract.service_state, 'announced')
        self.assertIn(f"Suspension of {self.contract.name}", " ".join(self.case.activity_ids.mapped('summary')))
        with freeze_time('2026-10-05'):
            self.env['billing.contract.suspend'].create({'contract_id': self.contract.id}).action_suspend()
        self.assertEqual(self.contract.service_state, 'suspended')

    def test_only_the_role_suspends_and_resumes_by_hand(self):
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env['billing.contract.suspend'].with_user(clerk).create({'contract_id': self.contract.id})
        self.contract._suspend(date(2026, 9, 20), "unpaid")
        with self.assertRaisesRegex(AccessError, "may suspend a service or resume"):
            self.contract.with_user(clerk).action_resume_service()
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"), self.cr.savepoint():
            self.contract.service_state = 'active'
        self.contract.action_resume_service()
        with self.assertRaisesRegex(UserError, "is not suspended"):
            self.contract.action_resume_service()

    def test_the_dialog_announces_a_day_to_come(self):
        wizard = self.env['billing.contract.suspend'].create({'contract_id': self.contract.id})
        self.assertEqual((wizard.date, wizard.reason), (date(2026, 10, 5), "unpaid invoices"))
        wizard.date = date(2026, 9, 20)
        with self.assertRaisesRegex(UserError, "must lie in the future"):
            wizard.action_announce()
        wizard.date = date(2026, 9, 25)
        wizard.action_announce()
        self.assertEqual((self.contract.service_state, self.contract.suspension_on), ('announced', date(2026, 9, 25)))

    def test_a_written_off_debt_resumes_no_service(self):
        self.contract._suspend(date(2026, 9, 20), "unpaid")
        loss = self.env['account.account'].search(
            [('account_type', '=', 'expense'), ('company_ids', '=', self.company.id)], limit=1
        )
        self._clear_by_entry(self.invoice, loss, date(2026, 9, 22))
        self._night(date(2026, 9, 23))
        self.assertEqual(self.contract.service_state, 'suspended')

    def test_a_plan_or_a_promise_resumes_where_the_settings_let_it(self):
        for setting, by_plan, by_promise in (
            ('paid', 'suspended', 'suspended'),
            ('plan', 'active', 'suspended'),
            ('promise', 'active', 'active'),
        ):
            for agreement, expected in (('plan', by_plan), ('promise', by_promise)):
                with self.subTest(setting, agreement=agreement), self.cr.savepoint(flush=True) as savepoint:
                    self.company.billing_resume_at = setting
                    self.contract._suspend(date(2026, 9, 20), "unpaid")
                    if agreement == 'plan':
                        plan = self.env['billing.payment.plan'].create({'case_id': self.case.id, 'consent': 'mail'})
                        plan.action_propose()
                        plan.action_agree()
                    else:
                        self.env['billing.promise'].create({'case_id': self.case.id, 'date': date(2026, 9, 30)})
                    self.assertEqual(self.contract.service_state, expected)
                    savepoint.rollback()

    def test_what_is_promised_or_disputed_meanwhile_lets_the_announced_day_pass(self):
        self.contract._announce_suspension(date(2026, 9, 25), "unpaid invoices")
        promise = self.env['billing.promise'].create({'case_id': self.case.id, 'date': date(2026, 9, 30)})
        self._night(date(2026, 9, 25))
        self.assertEqual(self.contract.service_state, 'announced')
        self._night(date(2026, 10, 1))
        self.assertEqual((promise.state, self.contract.service_state), ('broken', 'suspended'))

    def test_a_level_announces_the_suspension_by_itself_after_a_formal_notice(self):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        court = draft.level_ids.filtered(lambda level: level.effect == 'hand_over')
        court.write({'effect': 'suspend', 'effect_mode': 'do', 'by_email': False, 'by_call': True, 'is_manual': False})
        draft.action_put_in_force()
        other = self._contract(self._customer("Garage Noel"), debit=False, date_start=START)
        other._start(START)
        invoice = self._bill(START).line_ids.filtered(lambda line: line.contract_id == other).invoice_id
        for day in (6, 16, 26):
            self._night(date(2026, 9, day))
        with freeze_time('2026-10-02'):
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            invoice.billing_dunning_item_ids.action_remind()
        with freeze_time('2026-10-17'):
            self._run_reminders(date(2026, 10, 17))
        self.assertEqual((other.service_state, other.suspension_on), ('announced', date(2026, 11, 1)))

    def test_a_level_terminates_the_contract_for_unpaid_invoices(self):
        self.case._do_effect('terminate', date(2026, 9, 20))
        self.assertEqual(self.contract.date_end, date(2026, 10, 5))
        self.assertEqual(
            self.contract.termination_reason_id, self.env.ref('recurring_billing.termination_reason_unpaid')
        )

    def test_starts_and_ends_are_told(self):
        contract = self._contract(debit=False, date_start=date(2026, 9, 20))
        contract.action_start()
        contract._set_state('closed')
        events = [(event, data['contract']) for event, data in self._deliver()]
        self.assertEqual(events, [('contract.started', contract.name), ('contract.ended', contract.name)])

    @mute_logger('odoo.addons.recurring_billing.models.billing_worker')
    def test_a_service_that_cannot_be_resumed_keeps_nobody_from_paying(self):
        self.contract._suspend(date(2026, 9, 20), "unpaid")
        with patch.object(type(self.contract), '_amend', side_effect=UserError("not today")):
            self._pay_by_bank(self.invoice, date(2026, 9, 25), 120.0)
        self.assertEqual((self.invoice.amount_residual, self.contract.service_state), (0.0, 'suspended'))
        self.assertIn("not today", self.contract.activity_ids.note)
        self._night(date(2026, 9, 26))
        self.assertEqual(self.contract.service_state, 'active')

    def test_a_suspension_that_fails_stops_no_other(self):
        other = self._contract(self._customer("Garage Noel"), debit=False, date_start=START)
        other._start(START)
        self._bill(START)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        (self.contract | other)._announce_suspension(date(2026, 9, 25), "unpaid invoices")
        with patch.object(type(self.contract), '_suspension_fault', autospec=True) as fault:
            fault.side_effect = lambda contract: "Water is essential" if contract == self.contract else None
            self._night(date(2026, 9, 25))
        self.assertEqual((self.contract.service_state, other.service_state), ('announced', 'suspended'))
        self.assertIn("Water", self.contract.activity_ids.note)

    def test_a_service_is_resumed_although_the_next_invoice_is_not_due_yet(self):
        self.company.billing_suspension_billing = 'bill'
        self.contract._suspend(date(2026, 9, 20), "unpaid")
        with freeze_time('2026-10-01'):
            following = self._bill(date(2026, 10, 1)).line_ids.invoice_id
            following.line_ids.filtered('date_maturity').date_maturity = date(2026, 10, 31)
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            self._pay_by_bank(self.invoice, date(2026, 10, 1), 120.0)
        self.assertTrue(self.case.is_open)
        self.assertEqual(self.contract.service_state, 'active')

    def test_an_ended_contract_is_not_resumed(self):
        self.company.billing_suspension_billing = 'bill'
        self.contract._suspend(date(2026, 9, 20), "unpaid")
        self.contract._set_state('closed')
        self._deliver()
        self._pay_by_bank(self.invoice, date(2026, 9, 25), 120.0)
        self.assertNotIn('contract.resumed', [event for event, _data in self._deliver()])
