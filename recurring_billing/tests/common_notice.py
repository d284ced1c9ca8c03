from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import html2plaintext

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from .common import BillingCommon


def words(html):
    """The text of ``html`` on one line, with plain blanks."""
    return " ".join(html2plaintext(html).replace("*", "").split())


class NoticeCommon(BillingCommon):
    """A post office that takes each mail, and leaves none of them: Odoo's own sends nothing in tests."""

    def setUp(self):
        super().setUp()
        servers = type(self.env['ir.mail_server'])
        self.enterContext(patch.object(servers, '_disable_send', lambda *_args: False))
        self.enterContext(patch.object(servers, '_connect__', lambda *_args, **_kwargs: None))
        self.post_office = self.enterContext(patch.object(servers, 'send_email', side_effect=self._take_mail))

    def _notice_fault(self, line, day, amount):
        """Why ``amount`` of one due item may not be debited on ``day``, or None."""
        return self.env['billing.notice']._faults({line: amount}, day).get(line)

    @staticmethod
    def _take_mail(message, *_args, **_kwargs):
        return message['Message-Id']

    @contextmanager
    def _broken_post_office(self):
        self.post_office.side_effect = MailDeliveryException("Mailbox unavailable")
        yield
        self.post_office.side_effect = self._take_mail

    def _send_in_background(self):
        """Core's sending, which leaves the mails to the post office."""
        with self.enter_registry_test_mode():
            self.env.ref('account.ir_cron_account_move_send').method_direct_trigger()
        self._empty_post_office()

    def _empty_post_office(self):
        self.env['mail.mail'].sudo().process_email_queue()

    def _due_item(self, invoice):
        return invoice.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')
