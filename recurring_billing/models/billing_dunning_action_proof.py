import base64
from hashlib import sha256

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingDunningAction(models.Model):
    """Papers that go with a reminder or prove it: invoices as attachments, the letter as it was posted, its receipt."""

    _inherit = 'billing.dunning.action'

    document = fields.Binary("Letter as Posted", attachment=True, readonly=True)
    document_name = fields.Char(readonly=True)
    document_fingerprint = fields.Char(
        "Fingerprint of the Letter", readonly=True, help="SHA-256 of the letter as it was posted."
    )

    def write(self, vals):
        """EXTENDS recurring_billing: the day of the receipt, from which interest may run, is logged.

        :raises UserError: the letter was not posted yet, or would be received in the future
        """
        result = super().write(vals)
        if 'received_on' in vals:
            for letter in self:
                letter._log_receipt()
        return result

    def _log_receipt(self):
        day = self.received_on
        if day and self.state != 'done':
            raise UserError(
                self.env._("%s: press “Done” once the letter is posted, then enter its receipt.", self.display_name)
            )
        if day and day > fields.Date.context_today(self):
            raise UserError(self.env._("%s: the day of the receipt lies in the future.", self.display_name))
        text = self.env._("%(letter)s: received on %(day)s.", letter=self.display_name, day=format_date(self.env, day))
        self.case_id.message_post(body=text if day else self.env._("%s: no receipt any more.", self.display_name))

    def action_done(self):
        """EXTENDS recurring_billing: the letter is kept as it was posted."""
        letters = self.filtered(lambda action: action.channel == 'letter' and action.state == 'todo' and action.body)
        result = super().action_done()
        for letter in letters:
            name, content = letter.case_id._print(
                'recurring_billing.billing_dunning_letter', letter, letter._letter_name()
            )
            letter._unguarded().write(
                {
                    'document': base64.b64encode(content),
                    'document_name': name,
                    'document_fingerprint': sha256(content).hexdigest(),
                }
            )
        return result

    def _attach_invoices(self):
        """Have the e-mail carry the invoices: the kept PDF of each, else one that is made now.

        A server that makes no PDF keeps nobody from being reminded: the reminder says what it left without.
        """
        self.ensure_one()
        kept = self.move_ids.invoice_pdf_report_id
        missing = self.move_ids.filtered(lambda move: not move.invoice_pdf_report_id)
        files = []
        if missing and not self.env['billing.contract']._can_make_pdf():
            self.note = self.env._(
                "Sent without %s: this server makes no PDF. Have wkhtmltopdf installed.",
                ", ".join(missing.mapped('name')),
            )
            missing = missing.browse()
        for move in missing:
            name = move._get_invoice_report_filename().removesuffix('.pdf')
            name, content = self.case_id._print('account.account_invoices', move, name)
            files.append({'name': name, 'raw': content, 'res_model': 'mail.mail', 'res_id': self.mail_id.id})
        # users may not read mails
        self.mail_id.sudo().attachment_ids |= kept.sudo() | self.env['ir.attachment'].sudo().create(files)
