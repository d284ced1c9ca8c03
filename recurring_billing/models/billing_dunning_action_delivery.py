"""What becomes of a reminder after it left: what did not arrive is told, and another way is proposed."""

from odoo import api, fields, models
from odoo.tools import html2plaintext

_OUR_FAULTS = ('mail_smtp', 'mail_from_invalid', 'mail_from_missing')  # of our mail server: a letter is no remedy


class BillingDunningAction(models.Model):
    _inherit = 'billing.dunning.action'

    @api.model
    def _mail_went(self, mails):
        """Note that the reminders of ``mails``, which had failed, left after all."""
        # the post office works for whoever wrote the mail
        held = self.sudo().search([('mail_id', 'in', mails.ids), ('state', '=', 'failed')])
        held._unguarded().write({'state': 'done', 'failure': False})
        held._end_tasks()

    @api.model
    def _mail_failed(self, messages, kind, reason):
        """The e-mails of ``messages`` did not arrive: a person is asked to send the letter instead.

        Where our own mail server failed, one person is told once a company, and the e-mails wait to be sent again.

        :param kind: the failure type of core, such as 'mail_smtp' or 'mail_bounce'
        """
        sent = [('mail_id.mail_message_id', 'in', messages.ids), ('state', '=', 'done')]
        actions = self.sudo().search(sent)
        actions._unguarded().write({'state': 'failed', 'failure': reason})
        if kind not in _OUR_FAULTS:
            for action in actions:
                action._write_letter_instead()
            return
        summary = self.env._("The mail server refuses the reminders: mend it, then press “Send Again” on them")
        for some in actions.grouped('company_id').values():
            some[0]._ask_for(summary)

    def _write_letter_instead(self):
        """Prepare the letter for what an e-mail could not bring, and ask a person to send it; none where all is paid by
        now."""
        self.ensure_one()
        self._void_settled()
        items = self.item_ids.filtered('is_open')
        if not items:
            return
        failure = self.env._("The e-mail of the reminder did not arrive: send the letter instead")
        values = self._values(self.case_id, self.level_id, items, 'letter', fields.Date.context_today(self))
        letter = self._unguarded().create({**values, 'failure': failure}).with_env(self.env)
        letter._write_texts()
        letter._ask_for(failure)

    @api.model
    def _text_failed(self, messages, reason):
        """The texts of ``messages`` did not arrive: a person is asked to reach the customer otherwise."""
        actions = self.sudo().search([('text_message_id', 'in', messages.ids), ('state', '=', 'done')])
        for action in actions:
            action._unguarded().write({'state': 'failed', 'failure': reason})
            action._ask_for(self.env._("The text did not arrive: reach the customer otherwise"))

    def action_send_again(self):
        """Hand the e-mails that our mail server refused to the post office once more."""
        self.check_access('write')
        mails = self.filtered(lambda action: action.state == 'failed').mail_id.sudo()  # for administrators only
        mails.filtered(lambda mail: mail.state == 'exception').mark_outgoing()
        self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()
        return True


class MailThread(models.AbstractModel):
    _inherit = 'mail.thread'

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """EXTENDS mail: a reminder that came back later asks for help as one that was refused at once."""
        result = super()._routing_handle_bounce(email_message, message_dict)
        if bounced := message_dict['bounced_message']:
            reason = html2plaintext(message_dict.get('body') or "").strip()[:500]
            reason = reason or self.env._("The mail came back.")
            self.env['billing.dunning.action']._mail_failed(bounced, 'mail_bounce', reason)
        return result


class MailNotification(models.Model):
    _inherit = 'mail.notification'

    def write(self, vals):
        """EXTENDS mail: a text that the provider refused asks for help."""
        result = super().write(vals)
        if vals.get('notification_status') in ('exception', 'bounce'):
            kind = vals.get('failure_type')
            labels = dict(self._fields['failure_type']._description_selection(self.env))
            reason = vals.get('failure_reason') or labels.get(kind) or self.env._("The provider refused it.")
            self.env['billing.dunning.action']._text_failed(self.mail_message_id, reason)
        return result
