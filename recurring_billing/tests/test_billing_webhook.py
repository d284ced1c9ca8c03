import json
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from odoo.addons.recurring_billing.models.billing_transaction import Transaction
from odoo.addons.recurring_billing.tools import http_post
from odoo.addons.recurring_billing.tools import webhook as rules

from .common_receiver import Receiver

NOW = datetime(2026, 9, 20, 12, 0)


@tagged('post_install', '-at_install')
@freeze_time(NOW)
class TestBillingWebhook(TransactionCase):
    """Events in the outbox, sent to a real server on this machine."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.hook = self.env['billing.webhook'].create(
            {'name': "Platform", 'url': self.receiver.url, 'may_be_private': True}
        )
        self.outbox = self.env['billing.webhook.delivery']
        self.one, self.two = self.env['res.partner'].create([{'name': "One"}, {'name': "Two"}])

    def _deliver(self):
        """What the job does, without its commits; the ids of what it looked at."""
        seen = []
        while due := self.outbox._next_ones(datetime.now()):
            seen += due.ids
            for delivery in due:
                delivery._deliver_one(Transaction())
        return seen

    def test_an_event_arrives_signed_with_its_id(self):
        delivery = self.hook._emit('contract.started', self.one, {'name': "Été"})
        self.assertEqual((delivery.state, self.receiver.received), ('waiting', []))
        self._deliver()
        [(headers, body)] = self.receiver.received
        self.assertTrue(rules.is_genuine(self.hook.secret, headers, body, NOW))
        event = json.loads(body)
        self.assertEqual(
            (event['event'], event['id'], event['data']), ('contract.started', headers['webhook-id'], {'name': "Été"})
        )
        self.assertEqual((delivery.state, delivery.status, delivery.attempts), ('delivered', 200, 1))

    def test_what_is_rolled_back_was_never_told(self):
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            self.hook._emit('contract.started', self.one, {})
            1 / 0  # noqa: B018 - what happened is undone
        self.assertFalse(self._deliver())

    def test_an_answer_of_500_is_tried_again_later_and_rarer(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        self.receiver.answers = [(500, {}), (503, {})]
        self._deliver()
        self.assertEqual(
            (delivery.state, delivery.failure[:3], delivery.next_try), ('waiting', "500", datetime(2026, 9, 20, 12, 1))
        )
        with freeze_time('2026-09-20 12:01:00'):
            self._deliver()
            self.assertEqual(delivery.next_try, datetime(2026, 9, 20, 12, 6))
        with freeze_time('2026-09-20 12:06:00'):
            self._deliver()
        self.assertEqual((delivery.state, delivery.attempts, delivery.failure), ('delivered', 3, False))
        self.assertEqual(len({headers['webhook-id'] for headers, _body in self.receiver.received}), 1)

    def test_events_of_one_subject_keep_their_order(self):
        first, second = (self.hook._emit(name, self.one, {}) for name in ('contract.suspended', 'contract.resumed'))
        other = self.hook._emit('contract.started', self.two, {})
        self.receiver.answers = [(500, {})]
        self._deliver()
        self.assertEqual((first | second | other).mapped('state'), ['waiting', 'waiting', 'delivered'])
        with freeze_time('2026-09-20 12:01:00'):
            self._deliver()
        events = [json.loads(body)['event'] for _headers, body in self.receiver.received]
        self.assertEqual(events, ['contract.suspended', 'contract.started', 'contract.suspended', 'contract.resumed'])

    def test_after_a_day_an_event_is_given_up_and_somebody_is_told(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        self.receiver.answers = [(500, {})] * 10
        moment = NOW
        while delivery.state == 'waiting':
            with freeze_time(moment):
                self._deliver()
            moment = delivery.next_try
        self.assertEqual((delivery.state, delivery.attempts), ('failed', 7))
        self.assertIn("Events do not arrive", self.hook.activity_ids.summary)
        self.receiver.answers = []
        delivery.action_retry()
        self._deliver()
        self.assertEqual(delivery.state, 'delivered')

    def test_a_redirect_is_not_followed(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        self.receiver.answers = [(302, {'location': 'http://127.0.0.1:1/inside'})]
        self._deliver()
        self.assertIn("302: redirected to http://127.0.0.1:1/inside, which is not followed", delivery.failure)
        self.assertEqual(len(self.receiver.received), 1)

    def test_a_private_address_is_refused_before_anything_is_sent(self):
        self.hook.write({'url': self.receiver.url.replace('http:', 'https:'), 'may_be_private': False})
        delivery = self.hook._emit('contract.started', self.one, {})
        self._deliver()
        self.assertIn("127.0.0.1 is no address of the internet", delivery.failure)
        self.assertFalse(self.receiver.received)

    def test_a_bad_certificate_and_a_closed_door_are_reported(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        self.hook.url = self.receiver.url.replace('http:', 'https:')  # it does not speak TLS
        self._deliver()
        self.assertIn("SSL", delivery.failure)
        other = self.hook._emit('contract.started', self.two, {})
        self.hook.url = 'http://127.0.0.1:1/'
        self._deliver()
        self.assertIn("refused", other.failure)

    def test_a_system_that_hangs_is_left_after_a_while(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        self.receiver.delay = 12  # a test waits at least ten
        with patch.object(http_post, '_TIMEOUT', 1):
            self._deliver()
        self.assertIn("timed out", delivery.failure)
        self.assertEqual(delivery.state, 'waiting')

    def test_the_test_button_says_what_the_other_side_answers(self):
        answer = self.hook.action_test()['params']
        self.assertEqual((answer['type'], answer['message']), ('success', "The other side answered 200."))
        self.receiver.answers = [(404, {})]
        answer = self.hook.action_test()['params']
        self.assertEqual((answer['type'], answer['message']), ('danger', "404:"))
        self.assertFalse(self._deliver(), "a test is not tried again")

    def test_an_address_that_is_none_is_refused(self):
        for url, private in (
            ("platform.example", True),
            ("ftp://platform.example", True),
            ("https://", True),
            ("http://platform.example", False),
            ("https://platform.example:port", True),
        ):
            with self.subTest(url), self.assertRaisesRegex(ValidationError, "no address to post to"):
                self.hook.write({'url': url, 'may_be_private': private})

    def test_an_event_of_a_record_that_is_deleted_meanwhile_still_arrives(self):
        delivery = self.hook._emit('contract.ended', self.two, {'name': "Two"})
        self.two.unlink()
        self._deliver()
        self.assertEqual(delivery.state, 'delivered')

    def test_secrets_are_for_administrators_and_the_log_for_managers(self):
        manager = new_test_user(self.env, 'chief', 'recurring_billing.group_manager')
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user')
        self.hook._emit('contract.started', self.one, {})
        self.assertTrue(self.hook.with_user(manager).delivery_ids.read(['event']))
        with self.assertRaises(AccessError):
            self.hook.with_user(manager).read(['secret'])
        with self.assertRaises(AccessError):
            self.hook.with_user(manager).write({'url': 'https://elsewhere.example'})
        with self.assertRaises(AccessError):
            self.hook.with_user(manager).action_test()
        with self.assertRaises(AccessError):
            self.hook.with_user(clerk).delivery_ids.read(['event'])
        with self.assertRaises(UserError):
            self.hook.delivery_ids.write({'body': "{}"})
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.hook.unlink()

    def test_a_secret_of_another_form_is_refused(self):
        with self.assertRaisesRegex(ValidationError, f"{self.hook.name}: its secret begins with whsec_"):
            self.hook.secret = "open sesame"

    def test_the_job_sends_what_waits(self):
        delivery = self.hook._emit('contract.started', self.one, {})
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_deliver').method_direct_trigger()
        self.assertEqual(delivery.state, 'delivered')
