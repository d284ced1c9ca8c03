from odoo import fields, models


class MailMail(models.Model):
    """The post office of our notices."""

    _inherit = 'mail.mail'

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """EXTENDS mail: a notice of a debit counts from the day on which its mail left."""
        reached = self.env['res.partner'].union(*success_pids)
        failure = failure_type and (failure_reason or self.env._("The mail server refused it (%s).", failure_type))
        self.env['billing.notice']._mail_went(self.mail_message_id, reached, failure, fields.Date.context_today(self))
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
