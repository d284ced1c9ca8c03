from odoo import fields, models
from odoo.tools import format_date

from .billing_notice import Announcement


class BillingDebit(models.Model):
    """The word to the customer that debits came back: once, in plain words, with what happens next.

    Where debits are tried again, it is their announcement as well.
    """

    _inherit = 'billing.debit'

    return_head_id = fields.Many2one(
        'billing.debit',
        "Told Together With",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
        help="The first of the returned debits that one message tells of.",
    )
    return_message_id = fields.Many2one('mail.message', readonly=True, copy=False, ondelete='restrict')
    return_told_to = fields.Char("Customer Told At", readonly=True, copy=False)

    def action_return_message(self):
        """Show what the customer was told."""
        self.ensure_one()
        return {
            **self.return_message_id._get_records_action(name=self.env._("What the Customer Was Told")),
            'target': 'new',
        }

    def _tell_customers(self, today):
        """Write one e-mail to each customer of these returned debits whose reason asks for it; who has no address
        becomes an activity."""
        wanted = self.filtered(
            lambda debit: debit.return_reason_id.tells_customer and debit.company_id.billing_tell_returns
        )
        mute = wanted.filtered(lambda debit: not debit._return_recipient().email)
        for debit in mute:
            debit._ask_to_tell()
        groups = (wanted - mute).grouped(lambda debit: (debit.company_id, debit._return_recipient()))
        heads = self.browse()
        for debits in groups.values():
            debits._unguarded().return_head_id = debits[0]
            heads |= debits[0]
        if heads:
            heads._mail_returns(today)

    def _return_recipient(self):
        """Whom to tell: the debtor, else who is invoiced where that one alone has an address."""
        self.ensure_one()
        debtor = self.mandate_id.partner_id
        return debtor if debtor.email or not self.partner_id.email else self.partner_id

    def _mail_returns(self, today):
        """Hand the e-mail of each of these heads to the post office, and keep it as proof."""
        template = self.env.ref('recurring_billing.mail_template_debit_returned').sudo()  # not readable to users
        mails = template.send_mail_batch(self.ids)
        self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()  # for administrators only
        for head, mail in zip(self, mails, strict=True):
            recipient = head._return_recipient()
            values = {'return_message_id': mail.mail_message_id.id, 'return_told_to': recipient.email_formatted}
            head._told_together()._unguarded().write(values)
            head._announce_retries(mail, recipient)

    def _told_together(self):
        """The returned debits that the message of this head tells of."""
        self.ensure_one()
        return self.search([('return_head_id', '=', self.id)], order='date, id')

    def _announce_retries(self, mail, recipient):
        """Keep that ``mail`` announces the new debits of what it says came back."""
        announcements = [
            Announcement(line, debit.mandate_id, debit.retry_on, line.amount_residual_currency)
            for debit in self._told_together()
            for line in (debit._due_items() if debit.retry_on else ())
        ]
        if announcements:
            notices = self.env['billing.notice']._write_down(announcements, 'return', recipient_id=recipient.id)
            notices._take_message(mail.mail_message_id, recipient.email_formatted)

    def _ask_to_tell(self):
        """One activity on an invoice whose customer nobody can be mailed to."""
        move = self.move_ids[:1]
        summary = self.env._("Tell the customer that the debit came back: no e-mail address")
        if move and summary not in move.activity_ids.mapped('summary'):
            move.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=summary,
                note=self._status_text(),
                user_id=move.invoice_user_id.id or self.env.uid,
            )

    # === WORDS OF THE MESSAGE, in the language of the reader === #

    def _return_rows(self):
        """The returned debits of this head's message, as dicts of texts."""
        return [debit.with_env(self.env)._return_row() for debit in self._told_together()]

    def _return_row(self):
        row = {
            'reference': self.reference,
            'day': format_date(self.env, self.date),
            'amount': self.currency_id.format(self.return_amount),
            'why': self.return_reason_id.customer_text,
            'was_confirmed': bool(self.confirmed_on),
            'retry_day': False,
        }
        if self.retry_on:
            mandate = self.mandate_id
            row |= {
                'retry_day': format_date(self.env, self.retry_on),
                'retry_amount': self.currency_id.format(sum(self._due_items().mapped('amount_residual_currency'))),
                'iban': mandate.masked_iban,
                'mandate': mandate.name,
                'creditor': mandate.creditor_identifier,
            }
        return row

    def _return_total(self):
        """What came back of the debits of this head's message."""
        return self.currency_id.format(sum(self._told_together().mapped('return_amount')))
