import json
from uuid import uuid4

from odoo import api, fields, models

from ..tools import webhook
from ..tools.http_post import PostError, post
from .billing_transaction import CronTransaction

_AT_ONCE = 100  # events that one look at the outbox takes


class BillingWebhookDelivery(models.Model):
    """An event in the outbox: written with what happened, sent after it, tried again for about a day.

    The other side may get one twice, where the server dies between its answer and our note of it: each has an id.
    """

    _name = 'billing.webhook.delivery'
    _description = "Webhook Delivery"
    _inherit = ['billing.guard.mixin']
    _order = 'id desc'
    _guarded = frozenset(
        {
            *('webhook_id', 'event', 'event_id', 'res_model', 'res_id', 'body', 'state', 'attempts', 'next_try'),
            *('status', 'failure', 'delivered_on'),
        }
    )

    webhook_id = fields.Many2one('billing.webhook', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='webhook_id.company_id', store=True, index=True)
    event = fields.Char(required=True, readonly=True)
    event_id = fields.Char("Event ID", required=True, readonly=True, index=True)
    res_model = fields.Char("Subject's Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Subject", model_field='res_model', required=True, readonly=True)
    body = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [('waiting', "Waiting"), ('delivered', "Delivered"), ('failed', "Failed")],
        "Status",
        required=True,
        readonly=True,
        default='waiting',
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    status = fields.Integer("Answer", readonly=True, help="The HTTP status of the last answer.")
    failure = fields.Char(readonly=True)
    delivered_on = fields.Datetime(readonly=True)

    _in_order = models.Index("(webhook_id, res_model, res_id, id) WHERE state = 'waiting'")

    @api.depends('event', 'res_id')
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = f"{delivery.event} · {delivery.res_model}/{delivery.res_id}"

    # === OUTBOX === #

    @api.model
    def _queue(self, events):
        """Put events into the outbox, and wake up who sends them.

        :param events: list of (webhook, name, subject, data)
        """
        now = fields.Datetime.now()
        values = []
        for hook, event, subject, data in events:
            event_id = str(uuid4())
            body = {
                'id': event_id,
                'event': event,
                'created_at': f"{now.isoformat()}Z",
                'company': hook.company_id.name,
                'data': data,
            }
            values.append(
                {
                    'webhook_id': hook.id,
                    'event': event,
                    'event_id': event_id,
                    'res_model': subject._name,
                    'res_id': subject.id,
                    'body': json.dumps(body, ensure_ascii=False, sort_keys=True),
                    'next_try': now,
                }
            )
        deliveries = self._unguarded().create(values).with_env(self.env)
        if deliveries:
            self.env.ref('recurring_billing.ir_cron_deliver').sudo()._trigger()  # for administrators only
        return deliveries

    @api.model
    def _cron_deliver(self):
        """Send what waits, event by event; each is committed at once, so that none is sent again."""
        transaction = CronTransaction(self.env)
        while due := self._next_ones(fields.Datetime.now()):
            transaction.expect(len(due))
            is_moving = False
            for id_ in due.ids:
                is_moving |= transaction.attempt(lambda id_=id_: self.browse(id_)._deliver_one(transaction))
                if transaction.is_over:
                    return
            if not is_moving:
                return  # another worker has them all

    @api.model
    def _next_ones(self, now):
        """What may be sent: of each subject the oldest event that waits, if its time has come."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT id
              FROM (SELECT DISTINCT ON (webhook_id, res_model, res_id) id, next_try
                      FROM billing_webhook_delivery
                     WHERE state = 'waiting'
                  ORDER BY webhook_id, res_model, res_id, id) oldest
             WHERE next_try <= %s
          ORDER BY id
             LIMIT %s
            """,
            [now, _AT_ONCE],
        )
        return self.browse(id_ for [id_] in self.env.cr.fetchall())

    def _deliver_one(self, transaction):
        """Send this event, unless another worker does so or did; tell whether it was sent."""
        free = self.try_lock_for_update()
        is_ours = bool(free) and free.state == 'waiting' and free.next_try <= fields.Datetime.now()
        if is_ours:
            free._send()
        transaction.commit(1)
        return is_ours

    def _send(self):
        """Send this event, and write down what the other side answered."""
        self.ensure_one()
        now = fields.Datetime.now()
        # the secret is for administrators; the job signs with it
        hook = self.webhook_id.sudo()
        headers = webhook.headers(hook.secret, self.event_id, now, self.body)
        attempts = self.attempts + 1
        values = {'attempts': attempts}
        try:
            status = post(hook.url, self.body, headers, may_be_private=hook.may_be_private)
            values |= {'state': 'delivered', 'status': status, 'delivered_on': now, 'failure': False, 'next_try': False}
        except PostError as error:
            again = webhook.next_try(attempts, now)
            values |= {'failure': str(error), 'next_try': again, 'state': 'waiting' if again else 'failed'}
        self._unguarded().write(values)
        if values['state'] == 'failed':
            self._give_up()
        elif values['state'] == 'waiting':
            self.env.ref('recurring_billing.ir_cron_deliver').sudo()._trigger(at=values['next_try'])

    def _give_up(self):
        """Tell a person of an event that did not arrive in a day."""
        hook = self.webhook_id.sudo()
        summary = self.env._("Events do not arrive: %s", self.failure)
        if summary not in hook.activity_ids.mapped('summary'):
            hook.activity_schedule('mail.mail_activity_data_todo', summary=summary, user_id=hook.create_uid.id)

    def action_retry(self):
        """Send given-up events again; what came after them meanwhile has arrived before them."""
        self._unguarded().filtered(lambda delivery: delivery.state == 'failed').write(
            {'state': 'waiting', 'attempts': 0, 'next_try': fields.Datetime.now()}
        )
        self.env.ref('recurring_billing.ir_cron_deliver').sudo()._trigger()
        return True
