from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_receiver import Receiver


@tagged('post_install', '-at_install')
class TestBillingWebhookWorkers(TransactionCase):
    """What is committed is delivered once, whoever sends it and whenever the server dies."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        with self.registry.cursor() as cr:
            env = self._env(cr)
            hook = env['billing.webhook'].create(
                {'name': "Two workers", 'url': self.receiver.url, 'may_be_private': True}
            )
            self.delivery = hook._emit('contract.started', hook.company_id, {}).id
            self.addCleanup(self._remove, hook.id)

    def _env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _remove(self, hook):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM billing_webhook_delivery WHERE webhook_id = %s", [hook])
            cr.execute("DELETE FROM billing_webhook WHERE id = %s", [hook])

    def _row(self, cr):
        return self._env(cr)['billing.webhook.delivery'].browse(self.delivery)

    def test_two_workers_deliver_an_event_once(self):
        with self.registry.cursor() as one, self.registry.cursor() as two:
            self.assertTrue(self._row(one)._deliver_one(Transaction()))
            self.assertFalse(self._row(two)._deliver_one(Transaction()), "the first has it")
            one.commit()
            two.rollback()
            self.assertFalse(self._row(two)._deliver_one(Transaction()), "it is done")
        self.assertEqual(len(self.receiver.received), 1)

    def test_an_event_survives_a_server_that_dies_before_and_while_it_is_sent(self):
        with self.registry.cursor() as cr:  # another process, after the one that wrote the event is gone
            self.assertEqual(self._row(cr).state, 'waiting')
            self._row(cr)._deliver_one(Transaction())
            cr.rollback()  # it dies after the answer, and before it could write it down
        with self.registry.cursor() as cr:
            self.assertTrue(self._row(cr)._deliver_one(Transaction()))
        ids = {headers['webhook-id'] for headers, _body in self.receiver.received}
        self.assertEqual((len(self.receiver.received), len(ids)), (2, 1), "the receiver knows it by its id")
        with self.registry.cursor() as cr:
            self.assertEqual(self._row(cr).state, 'delivered')
