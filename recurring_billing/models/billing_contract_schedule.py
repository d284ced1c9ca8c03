import typing
from datetime import date

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import prenotification
from ..tools.recurrence import Slot


class Scheduled(typing.NamedTuple):
    """A debit of the coming year: the period it pays, the day of its invoice, its own day, its amount with taxes."""

    slot: Slot
    invoice_date: date
    day: date
    amount: float


class BillingContract(models.Model):
    """The yearly schedule of debits: one notice for all debits of a contract whose amounts are fixed."""

    _inherit = 'billing.contract'

    # === ACTION METHODS === #

    def action_schedule(self):
        """Look at the debits of the coming year, and announce them at once."""
        self.ensure_one()
        self._schedule(fields.Date.context_today(self))  # says at once why there can be none
        wizard = self.env['billing.notice.schedule'].create({'contract_id': self.id})
        return {
            **wizard._get_records_action(name=self.env._("Schedule of Debits")),
            'target': 'new',
            'views': [(False, 'form')],
        }

    # === BUSINESS METHODS === #

    def _schedule(self, today, told_on=None):
        """The debits of the year from ``today`` on, as they can be announced on ``told_on``: list of `Scheduled`.

        :raises UserError: where debits are not fixed or cannot be made
        """
        self.ensure_one()
        self._check_schedulable()
        until = fields.Date.add(today, years=1)
        rows = self._upcoming(today, until)
        return [
            Scheduled(row.slot, row.date, self._scheduled_day(row.date, told_on or today), row.total)
            for row in rows
            if row.bills and row.total > 0 and not row.error
        ]

    def _scheduled_day(self, invoice_date, told_on):
        """The day of the debit of an invoice of ``invoice_date``: no file is made before there is an invoice."""
        earliest = self.env['billing.collection']._earliest_date(self.company_id, invoice_date)
        return prenotification.debit_day(self._due_date(invoice_date), told_on, self._notice_days(), earliest)

    def _due_date(self, invoice_date):
        line = self.payment_term_id.line_ids
        return line._get_due_date(invoice_date) if line else invoice_date

    def _check_schedulable(self):
        if reason := self._schedule_refusal():
            raise UserError(self.env._("Contract %(contract)s: %(reason)s", contract=self.name, reason=reason))

    def _schedule_refusal(self):
        """Why no schedule can announce the debits of this contract, or None."""
        if self.state not in ('running', 'paused'):
            return self.env._("only a running contract has debits ahead. Start it first.")
        if not self.is_direct_debit or not self._active_mandate():
            return self.env._("it is not paid by direct debit from an active mandate. Choose both on the contract.")
        if self.currency_id.name != 'EUR':
            return self.env._("SEPA debits are in euros only.")
        if self.has_usage:
            return self.env._("it bills usage, so that its amounts are not fixed. Its invoices announce its debits.")
        if len(self.payment_term_id.line_ids) > 1:
            return self.env._("its invoices are paid in several parts. They announce their debits themselves.")
        return None

    def _announce_schedule(self, today, kind='schedule', **values):
        """Write down the debits of the coming year as announced; see `billing.notice._write_down`.

        :return: the notices, one for each debit
        """
        rows = self._schedule(today, values.get('sent_on'))
        if not rows:
            raise UserError(self.env._("Contract %s: no invoice lies ahead in the coming year.", self.name))
        mandate = self._active_mandate()
        shared = {
            'company_id': self.company_id.id,
            'partner_id': self.partner_id.commercial_partner_id.id,
            'contract_id': self.id,
            'currency_id': self.currency_id.id,
            'kind': kind,
            'recipient_id': mandate.partner_id.id,
            **self.env['billing.notice']._mandate_values(mandate),
            **values,
        }
        return self.env['billing.notice']._keep(
            [{**shared, 'period_start': row.slot.start, 'date': row.day, 'amount': row.amount} for row in rows],
        )

    def _mail_schedule(self, today):
        """Announce the debits of the coming year by e-mail, with the schedule as PDF.

        :raises UserError: without an address, or where this server makes no PDF
        """
        debtor = self._active_mandate().partner_id
        if not debtor.email:
            raise UserError(
                self.env._(
                    "%s has no e-mail address: enter one, or print the schedule and record it as a letter.",
                    debtor.display_name,
                ),
            )
        if not self._can_make_pdf():
            raise UserError(
                self.env._(
                    "Contract %s: its schedule cannot be attached, since this server makes no PDF. Have wkhtmltopdf "
                    "installed; until then, print the schedule in the browser and record it as a letter.",
                    self.name,
                ),
            )
        notices = self._announce_schedule(today)
        # users may neither read templates and mails nor trigger scheduled actions
        template = self.env.ref('recurring_billing.mail_template_schedule').sudo()
        mail = self.env['mail.mail'].sudo().browse(template.send_mail(self.id))
        self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()
        notices._take_message(mail.mail_message_id, debtor.email_formatted)
        return notices

    # === THE SCHEDULE AS ITS READER SEES IT === #

    def _schedule_rows(self):
        """(period, day of the debit, amount) as texts of the reader's language."""
        return [
            (
                self.env._(
                    "%(first)s to %(last)s",
                    first=format_date(self.env, row.slot.start),
                    last=format_date(self.env, row.slot.end),
                ),
                format_date(self.env, row.day),
                self.currency_id.format(row.amount),
            )
            for row in self._schedule(fields.Date.context_today(self))
        ]

    def _schedule_name(self):
        """The name of the printed file, without slashes."""
        return self.env._("Schedule of debits %s", self.name).replace('/', '-')
