from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import webhook as rules


class BillingWebhook(models.Model):
    """The address of another system that hears of events: signed, in order, and none lost."""

    _name = 'billing.webhook'
    _description = "Webhook"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'name, id'

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    purpose = fields.Selection(
        [('messages', "Messages to customers"), ('service', "Delivery of the service")],
        required=True,
        default='messages',
        tracking=True,
        help="Messages to customers: a messaging platform sends the text of a reminder on to the customer's phone. "
        "Delivery of the service: the system that delivers it hears when a contract starts, changes, is suspended, "
        "resumed or ends, and when a debit is settled or fails.",
    )
    url = fields.Char(
        "Address",
        required=True,
        tracking=True,
        help="Each event is posted here as JSON. A platform behind a private address needs the box below.",
    )
    secret = fields.Char(
        required=True,
        copy=False,
        groups='base.group_system',
        default=lambda self: rules.new_secret(),
        help="Both sides know it: the headers sign each message with it (Standard Webhooks, HMAC-SHA256). It begins "
        "with whsec_.",
    )
    may_be_private = fields.Boolean(
        "Inside Our Network",
        tracking=True,
        help="Allows private addresses, and http without encryption. Only for a platform on your own machines.",
    )
    delivery_ids = fields.One2many('billing.webhook.delivery', 'webhook_id', "Deliveries")
    waiting = fields.Integer(compute='_compute_counts')
    failed = fields.Integer(compute='_compute_counts')

    def _compute_counts(self):
        rows = self.env['billing.webhook.delivery']._read_group(
            [('webhook_id', 'in', self.ids)], ['webhook_id', 'state'], ['__count']
        )
        counts = {(webhook, state): count for webhook, state, count in rows}
        for webhook in self:
            webhook.waiting = counts.get((webhook, 'waiting'), 0)
            webhook.failed = counts.get((webhook, 'failed'), 0)

    @api.constrains('url', 'may_be_private')
    def _check_url(self):
        for webhook in self:
            try:
                parts = urlsplit(webhook.url)
                host, _port = parts.hostname, parts.port
            except ValueError:
                parts, host = None, None
            schemes = ('https', 'http') if webhook.may_be_private else ('https',)
            if not host or parts.scheme not in schemes:
                raise ValidationError(
                    self.env._(
                        "%(name)s: “%(url)s” is no address to post to. Enter one that begins with https://, or tick "
                        "“Inside Our Network” for a platform on your own machines.",
                        name=webhook.name,
                        url=webhook.url,
                    )
                )

    @api.constrains('secret')
    def _check_secret(self):
        for webhook in self.sudo():  # whoever writes another field need not read it
            if not rules.is_secret(webhook.secret):
                raise ValidationError(
                    self.env._(
                        "%s: its secret begins with whsec_, and goes on with 24 to 64 bytes in base64. Take that of "
                        "the other side, or leave the one that was proposed.",
                        webhook.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        for webhook in self:
            if webhook.delivery_ids:
                raise UserError(
                    self.env._("%s has sent events, which are kept as a log: archive it instead.", webhook.name)
                )

    @api.model
    def _of(self, company, purpose):
        """The addresses of ``company`` for ``purpose``."""
        # whoever sends a reminder or starts a contract need not be an administrator
        return self.sudo().search([('company_id', '=', company.id), ('purpose', '=', purpose)])

    def _emit(self, event, subject, data):
        """Tell these addresses of ``event``, in the transaction of what happened; it is sent once that is committed.

        :param event: its name, such as 'reminder.message'
        :param subject: a record; events of one subject arrive in their order
        :param data: what can be written as JSON
        :return: the deliveries
        """
        deliveries = self.env['billing.webhook.delivery'].sudo()
        return deliveries._queue([(webhook, event, subject, data) for webhook in self])

    def action_test(self):
        """Send a test event now, and say what the other side answered."""
        self.ensure_one()
        self.check_access('write')
        delivery = self._emit('test', self, {'text': self.env._("This is a test of Recurring Billing.")})
        delivery._send()
        delivered = delivery.state == 'delivered'
        answer = self.env._("The other side answered %s.", delivery.status) if delivered else delivery.failure
        if not delivered:
            delivery._unguarded().write({'state': 'failed', 'next_try': False})  # a test is not tried again
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success' if delivered else 'danger',
                'title': self.env._("Delivered") if delivered else self.env._("Not delivered"),
                'message': answer,
                'sticky': not delivered,
            },
        }

    def action_deliveries(self):
        """Open the log."""
        return self.delivery_ids._get_records_action(name=self.env._("Deliveries"))
