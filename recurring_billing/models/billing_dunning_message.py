from odoo import fields, models

from ..tools import short_text


class BillingDunningAction(models.Model):
    """Reminders on the customer's phone: by Odoo's SMS where it is installed, or by the messaging platform."""

    _inherit = 'billing.dunning.action'

    phone = fields.Char("Sent To Phone", readonly=True)
    delivery_id = fields.Many2one(
        'billing.webhook.delivery', readonly=True, index='btree_not_null', ondelete='restrict'
    )
    text_message_id = fields.Many2one('mail.message', readonly=True, index='btree_not_null', ondelete='set null')

    def _channel_fault(self, case, level, channel):
        """EXTENDS recurring_billing"""
        if channel == 'sms' and not level._is_sms_installed():
            return self.env._("Odoo's SMS module is not installed: install it, or send the text by hand.")
        if channel == 'message' and not self._platforms(case.company_id):
            return self.env._("No messaging platform is set under Configuration › Webhooks: send the text by hand.")
        if channel in ('sms', 'message') and not case._phone():
            return self.env._("No phone number that can be dialled: correct it on the customer, then send the text.")
        return super()._channel_fault(case, level, channel)

    def _send_messages(self):
        """Hand the short texts to who sends them: Odoo's SMS queue, or the outbox of the messaging platform."""
        for action in self.filtered(lambda action: action.state == 'done' and action.channel in ('sms', 'message')):
            phone = action.case_id._phone()
            action._unguarded().phone = phone
            if action.channel == 'message':
                platforms = action._platforms(action.company_id)
                deliveries = platforms._emit('reminder.message', action.case_id, action._message())
                action._unguarded().delivery_id = deliveries[:1]
            else:
                action._unguarded().text_message_id = action.case_id._message_sms(
                    action.text, partner_ids=action.partner_id.ids, sms_numbers=[phone], put_in_queue=True
                )

    def _message(self):
        """What the messaging platform is told."""
        self.ensure_one()
        return {
            'reminder': self.id,
            'level': self.level_id.name,
            'phone': self.phone,
            'language': self.partner_id.lang or self.env.lang,
            'text': self.text,
            'customer': {'name': self.partner_id.name, 'reference': self.partner_id.ref or None},
            'invoices': self.move_ids.mapped('name'),
        }

    def _short_text(self):
        """The level's short text with its facts, in the customer's language."""
        self.ensure_one()
        action = self.with_context(lang=self.partner_id.lang or self.env.lang)
        facts = {
            'company': action.company_id.name,
            'customer': action.partner_id.name,
            'amount': action._total(),
            'invoices': ", ".join(action.move_ids.mapped('name')),
            'days': str(max((action.date - min(action.item_ids.mapped('date_due'))).days, 0)),
        }
        return short_text.fill(action.level_id.short_text, facts)

    def _platforms(self, company):
        return self.env['billing.webhook']._of(company, 'messages')


class BillingDunningLevel(models.Model):
    _inherit = 'billing.dunning.level'

    is_sms_installed = fields.Boolean(compute='_compute_is_sms_installed')

    def _compute_is_sms_installed(self):
        self.is_sms_installed = self._is_sms_installed()

    def _is_sms_installed(self):
        return 'sms.sms' in self.env.registry
