from odoo import api, fields, models
from odoo.tools import groupby, html2plaintext


class AccountMoveSend(models.AbstractModel):
    """An invoice that was mailed is the notice of its direct debit."""

    _inherit = 'account.move.send'

    @api.model
    def _link_invoice_documents(self, invoices_data):
        """EXTENDS account: the PDF is kept as it is; which day it names is remembered."""
        result = super()._link_invoice_documents(invoices_data)
        today = fields.Date.context_today(self)
        for invoice, data in invoices_data.items():
            if data.get('pdf_attachment_values'):
                invoice.billing_printed_day = invoice._billing_debit_day(today)
        return result

    @api.model
    def _send_mails(self, moves_data):
        """EXTENDS account: keep what the mails announce; they count once they really left."""
        today = fields.Date.context_today(self)
        moves = self.env['account.move'].union(*moves_data)
        announcements = moves.line_ids._billing_announcements(today)
        all_messages = self.env['mail.message'].sudo()  # whose they are does not matter: only their order does
        last = all_messages.search([], order='id desc', limit=1).id or 0
        result = super()._send_mails(moves_data)
        messages = all_messages.search(
            [('model', '=', 'account.move'), ('res_id', 'in', moves.ids), ('id', '>', last)],
        )
        by_move = messages.grouped('res_id')
        for move, mine in groupby(announcements, lambda announcement: announcement.line.move_id):
            self._keep_announcements(mine, by_move.get(move.id, ()), moves_data[move], today)
        return result

    @api.model
    def _keep_announcements(self, announcements, messages, data, today):
        for message in messages:
            borne = [one for one in announcements if self._bears(message, one, data)]
            if borne:
                self.env['billing.notice']._write_down_invoice(borne, message, today)

    @api.model
    def _bears(self, message, announcement, data):
        """Whether ``message`` says what is announced: in its text, which a person may have changed, or in its PDF."""
        move = announcement.line.move_id
        if message.attachment_ids and move.billing_printed_day == announcement.day:
            return True
        texts = move.with_context(lang=data.get('mail_lang'))._billing_announced_texts(announcement)
        body = " ".join(html2plaintext(message.body or "").split())
        return all(" ".join(texts[name].split()) in body for name in ('day', 'amount', 'mandate', 'creditor'))
