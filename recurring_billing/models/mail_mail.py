from odoo import fields, models


class MailMail(models.Model):
    """The post office of our notices and reminders."""

    _inherit = 'mail.mail'

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """EXTENDS mail: a notice counts from the day on which its mail left; a failed reminder asks for help."""
        reached = self.env['res.partner'].union(*success_pids)
        told = failure_reason or self[:1].failure_reason
        failure = failure_type and (told or self.env._("The mail server refused it (%s).", failure_type))
        self.env['billing.notice']._mail_went(self.mail_message_id, reached, failure, fields.Date.context_today(self))
        reminders = self.env['billing.dunning.action']
        if failure:
            reminders._mail_failed(self.mail_message_id, failure_type, failure)
        else:
            reminders._mail_went(self)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
