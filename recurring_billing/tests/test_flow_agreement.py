import json
from datetime import date, datetime, timedelta

from odoo.tests import freeze_time, tagged

from odoo.addons.recurring_billing.models.billing_transaction import Transaction
from odoo.addons.recurring_billing.tools import webhook

from .common_late import LateCommon
from .common_receiver import Receiver


@tagged('post_install', '-at_install')
class TestFlowAgreement(LateCommon):
    """A contract of 120.00 a month from 1 September 2026, paid by transfer, whose customer runs out of money.

    September is late, and agreed to be paid in two instalments by debit. The first is collected; the second comes back,
    the plan breaks, the suspension is announced and comes; the customer pays, and the service is resumed.
    """

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.hook = self.env['billing.webhook'].create(
            {
                **{'name': "Provisioning", 'url': self.receiver.url, 'may_be_private': True},
                **{'purpose': 'service', 'company_id': self.company.id},
            }
        )

    def _heard(self, day):
        """What the other system hears until ``day``: names of events; each is signed."""
        outbox = self.env['billing.webhook.delivery']
        with freeze_time(day):
            while due := outbox._next_ones(datetime.now()):
                for delivery in due:
                    delivery._deliver_one(Transaction())
        received, self.receiver.received = self.receiver.received, []
        for headers, body in received:
            sent = datetime(1970, 1, 1) + timedelta(seconds=int(headers['webhook-timestamp']))
            self.assertTrue(webhook.is_genuine(self.hook.secret, headers, body, sent))
        return [json.loads(body)['event'] for _headers, body in received]

    def _night(self, day):
        with freeze_time(day):
            return sorted(action.level_id.name for action in self._run_reminders(day))

    def assertBooks(self, day, **balances):
        accounts = {
            **{'receivable': '411100', 'outstanding': '511600', 'sales': '706000'},
            **{'waiting_vat': '445740', 'due_vat': '445710', 'bank': self.bank_journal.default_account_id.code},
        }
        found = {name: self._balance(code, day) for name, code in accounts.items()}
        self.assertEqual({name: value for name, value in found.items() if value}, balances, day)

    def _collected(self, day, today):
        with freeze_time(today):
            collection, refusals = self.env['billing.collection']._prepare_debits(self.company, day, today)
            self.assertFalse(refusals)
            collection._generate(today)
            collection.action_confirm_sent()
        with freeze_time(day):
            self._settle(day)
        return collection.debit_ids

    def test_from_a_plan_that_breaks_to_the_suspension_and_back(self):
        with freeze_time('2026-09-01'):
            contract = self._contract(debit=False, date_start=date(2026, 9, 1))
            contract.action_start()
            september = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        self.assertBooks(date(2026, 9, 1), receivable=120.0, sales=-100.0, waiting_vat=-20.0)
        self.assertEqual(self._heard(date(2026, 9, 1)), ['contract.started'])

        with self.subTest("it is late"):
            self.assertEqual(self._night(date(2026, 9, 6)), ["First reminder"])
        case, item = september.billing_dunning_case_id, september.billing_dunning_item_ids

        with self.subTest("two instalments by debit are agreed: the reminders are silent"), freeze_time('2026-09-08'):
            plan = self.env['billing.payment.plan'].create(
                {
                    **{'case_id': case.id, 'count': 2, 'first_on': date(2026, 9, 15), 'consent': 'mail'},
                    **{'method': 'debit', 'mandate_id': self.mandate.id},
                }
            )
            plan.action_propose()
            plan.action_agree()
        self.assertEqual(self._night(date(2026, 9, 16)), [])
        self.assertIn(f"payment plan {plan.name}", item.reason)

        with self.subTest("the first is collected"):
            self._collected(date(2026, 9, 15), date(2026, 9, 10))
            self.assertBooks(
                date(2026, 9, 15), receivable=60.0, sales=-100.0, waiting_vat=-10.0, due_vat=-10.0, outstanding=60.0
            )
            self.assertEqual([line.rest for line in plan.line_ids.sorted()], [0.0, 60.0])
            self.assertEqual(self._heard(date(2026, 9, 15)), ['payment.settled'])

        with freeze_time('2026-10-01'):
            october = self._bill(date(2026, 10, 1)).line_ids.invoice_id
        with self.subTest("the second comes back: the plan is broken, and the ladder goes on where it stood"):
            second = self._collected(date(2026, 10, 15), date(2026, 10, 12))
            with freeze_time('2026-10-17'):
                second._return(date(2026, 10, 17), 'AC04')
            self.assertBooks(
                date(2026, 10, 17), receivable=180.0, sales=-200.0, waiting_vat=-30.0, due_vat=-10.0, outstanding=60.0
            )
            self.assertEqual((plan.state, item.level), ('agreed', 2))
            with freeze_time('2026-10-19'):
                self._run_reminders(date(2026, 10, 19))
            self.assertEqual((plan.state, plan.ended_on), ('broken', date(2026, 10, 19)))
            self.assertEqual(self._heard(date(2026, 10, 19)), ['payment.settled', 'payment.failed'])
            self.assertIn("is broken", " ".join(case.activity_ids.mapped('summary')))
            self.assertEqual(self._night(date(2026, 10, 27))[:1], ["Second reminder"])

        with self.subTest("the suspension is announced, and comes on its day"):
            with freeze_time('2026-10-28'):
                wizard = self.env['billing.contract.suspend'].create({'contract_id': contract.id})
                wizard.date = date(2026, 11, 12)
                wizard.action_announce()
            self.assertEqual(contract.service_state, 'announced')
            with freeze_time('2026-11-01'):
                november = self._bill(date(2026, 11, 1)).line_ids.invoice_id
            self._night(date(2026, 11, 11))
            self.assertEqual(contract.service_state, 'announced')
            self._night(date(2026, 11, 12))
            self.assertEqual((contract.service_state, contract.state), ('suspended', 'paused'))
            self.assertEqual(self._heard(date(2026, 11, 12)), ['contract.changed', 'contract.suspended'])

        with self.subTest("the suspended days of November are given back, and December is not billed"):
            with freeze_time('2026-12-01'):
                runs = self._bill(date(2026, 12, 1))
            credit = runs.line_ids.invoice_id
            # 19 of 30 days, 12 to 30 November
            self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 63.33))

        with self.subTest("everything is paid: the service is resumed, and told"):
            with freeze_time('2026-12-11'):
                for invoice in (september, october, november):
                    if invoice.amount_residual:
                        self._pay_by_bank(invoice, date(2026, 12, 11), invoice.amount_residual)
            self.assertFalse(case.is_open)
            self.assertEqual(
                (contract.service_state, contract.state, contract.resumed_on), ('active', 'running', date(2026, 12, 11))
            )
            self.assertEqual(self._heard(date(2026, 12, 11)), ['contract.changed', 'contract.resumed'])
            mails = self.env['mail.mail'].search(
                [('model', '=', 'billing.contract'), ('res_id', '=', contract.id)], order='id'
            )
            self.assertEqual(
                [mail.subject.split(": ")[1] for mail in mails],
                [
                    "your service ends on 11/12/2026 unless you pay",
                    "your service is suspended",
                    "your service is resumed",
                ],
            )

        with self.subTest("December is billed from the day of the resumption on"):
            with freeze_time('2026-12-11'):
                december = self._bill(date(2026, 12, 11)).line_ids.invoice_id
            line = december.invoice_line_ids.filtered('billing_date_start')
            self.assertEqual(
                (line.billing_date_start, line.billing_date_end, december.amount_untaxed),
                (date(2026, 12, 11), date(2026, 12, 31), 67.74),
            )
