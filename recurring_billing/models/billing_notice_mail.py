import logging
from datetime import date
from functools import partial

from odoo import api, fields, models
from odoo.tools import format_date, groupby

from .billing_transaction import CronTransaction

_logger = logging.getLogger(__name__)

SLICE = 100  # mails between two commits of the night


class BillingNotice(models.Model):
    """Notices of debits by an e-mail of their own, where the invoice did not announce them."""

    _inherit = 'billing.notice'

    @api.model
    def _cron_send(self):
        """Announce the debits of each company that nobody was told of, or whose announced day has passed."""
        today = fields.Date.context_today(self)
        domain = [('billing_notice_auto', '=', True), ('billing_creditor_identifier', '!=', False)]
        for company in self.env['res.company'].search(domain):
            notices = self.with_company(company)
            notices._announce_missing(company, today, transaction=CronTransaction(self.env))

    @api.model
    def _announce_missing(self, company, today, *, transaction):
        """Announce the debits of ``company`` that nobody was told of well, in slices that ``transaction`` ends.

        What cannot be announced is logged, and left for a person and the next night; the others are told.
        """
        lines = self._lines_to_announce(company, today)
        transaction.expect(len(lines))
        for start in range(0, len(lines), SLICE):
            some = lines[start : start + SLICE]
            step = partial(self._send_missing, today=today)
            _done, faults = self.env['billing.worker']._isolate(some, step, transaction)
            for line, error in faults.items():
                _logger.error("The debit of %s is not announced", line.move_id.name, exc_info=error)
            transaction.commit(len(some))

    @api.model
    def _lines_to_announce(self, company, today):
        """The due items of ``company`` that wait for a debit and are not announced well.

        Invoices that core's sending has not taken yet, and notices that wait in the post office, are left to them.
        """
        lines = self.env['account.move.line']._billing_collectable_lines(company, date.max)
        waiting = self.search([('move_line_id', 'in', lines.ids), ('state', '=', 'waiting')]).move_line_id
        lines = (lines - waiting).filtered(lambda line: not line.move_id.sending_data)
        return lines - lines._billing_well_announced(today)

    @api.model
    def _send_missing(self, lines, today):
        """Announce the debits of ``lines`` by e-mail; who has no address becomes an activity.

        :return: the notices
        """
        announcements = lines._billing_announcements(today)
        silent = [one for one in announcements if not self._recipient(one).email]
        for announcement in silent:
            self._ask_for_letter(announcement)
        return self._send([one for one in announcements if one not in silent])

    @api.model
    def _recipient(self, announcement):
        """Whom to tell of a debit: who got the invoice, where that is the debtor; else the debtor."""
        debtor, invoiced = announcement.mandate.partner_id, announcement.line.move_id.partner_id
        is_same = debtor.commercial_partner_id == invoiced.commercial_partner_id
        return invoiced if is_same and invoiced.email else debtor

    @api.model
    def _send(self, announcements):
        """Write one e-mail for each debtor and day, and hand it to the post office.

        :return: the notices; each counts from the day on which its mail leaves
        """
        notices = self._write_together(announcements, 'mail')
        if notices:
            notices._mail('recurring_billing.mail_template_notice')
        return notices

    @api.model
    def _write_together(self, announcements, kind, **values):
        """Keep ``announcements``, those of one debtor and day as one message."""
        notices = self.browse()
        groups = groupby(announcements, lambda one: (one.mandate, one.day, self._recipient(one)))
        for (_mandate, _day, recipient), together in groups:
            notices |= self._write_down(together, kind, recipient_id=recipient.id, **values)
        notices._log_on_invoices()
        return notices

    def _mail(self, template):
        """Write one e-mail for each head of these notices, from ``template``."""
        heads = self.head_id
        template = self.env.ref(template).sudo()  # whoever sends invoices may not read templates
        mails = template.send_mail_batch(heads.ids)
        self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()  # for administrators only
        for head, mail in zip(heads, mails, strict=True):
            mine = self.filtered(lambda notice, head=head: notice.head_id == head)
            mine._take_message(mail.mail_message_id, head.recipient_id.email_formatted)

    def _log_on_invoices(self):
        for notice in self:
            notice.move_id._message_log(
                body=self.env._(
                    "Debit of %(amount)s on %(day)s announced to %(recipient)s.",
                    amount=notice.currency_id.format(notice.amount),
                    day=format_date(self.env, notice.date),
                    recipient=notice.recipient_id.display_name,
                ),
            )

    @api.model
    def _ask_for_letter(self, announcement):
        """One activity on an invoice whose debit nobody can be mailed of, however many nights it stays so."""
        move = announcement.line.move_id
        summary = self.env._("Announce the debit by letter: no e-mail address")
        if summary not in move.activity_ids.mapped('summary'):
            move.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=summary,
                note=self.env._(
                    "%(customer)s has no e-mail address, so that nobody can be told of the debit of %(amount)s. Enter "
                    "one, or tell the customer otherwise and record it with “Send Notices”.",
                    customer=self._recipient(announcement).display_name,
                    amount=move.currency_id.format(announcement.amount),
                ),
                user_id=move.invoice_user_id.id or self.env.uid,
            )

    def _letter(self):
        """The text of the notice of this head, in the debtor's language."""
        self.ensure_one()
        template = self.env.ref('recurring_billing.mail_template_notice').sudo()  # users may not read templates
        return template._render_field('body_html', self.ids, compute_lang=True)[self.id]

    def _letter_total(self):
        """The sum of what the message of this head announces, in the language of the reader."""
        notices = self._told_together()
        return self.currency_id.format(sum(notices.mapped('amount')))

    def _letter_day(self):
        return format_date(self.env, self.date)

    def _letter_rows(self):
        """The debits that the message of this head announces: (what for, amount) as texts."""
        return [
            (notice.move_id.name or "", notice.currency_id.format(notice.amount)) for notice in self._told_together()
        ]
