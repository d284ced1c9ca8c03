from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import prenotification
from .billing_debit import UNDER_WAY
from .billing_notice import Announcement


class AccountMoveLine(models.Model):
    """When a due item is debited, as its customer was or will be told."""

    _inherit = 'account.move.line'

    billing_notice_ids = fields.One2many('billing.notice', 'move_line_id', "Notices", readonly=True)

    def _billing_announced_days(self):
        """{line: the day on which the customer expects its debit by the last notice, or None}"""
        told = self.env['billing.notice']._told(self)
        return {line: (last := prenotification.latest(told[line])) and last.day for line in self}

    def _billing_notice_days(self):
        """{line: calendar days between notice and debit}: the longest of its contracts', else the company's."""
        contracts = dict(
            self._read_group(
                [('move_id', 'in', self.move_id.ids), ('billing_contract_id', '!=', False)],
                ['move_id'],
                ['billing_contract_id:recordset'],
            ),
        )
        days = {}
        for line in self:
            own = contracts.get(line.move_id, self.env['billing.contract'])
            days[line] = max((contract._notice_days() for contract in own), default=line.company_id.billing_notice_days)
        return days

    def _billing_debit_days(self, today, told_on=None):
        """{line: the day of its debit, if it is announced on ``told_on``, which is ``today`` if not given}

        A debit under way keeps its day, and so does what was announced, as long as it is announced well and can be
        reached: an invoice that is sent again does not put its debit off.
        """
        told, days = self.env['billing.notice']._told(self), self._billing_notice_days()
        earliest = {
            company: self.env['billing.collection']._earliest_date(company, today) for company in self.company_id
        }
        result, retries, amounts = {}, self._billing_retry_days(), self._billing_told_amounts(told)
        for line in self:
            reachable = max(filter(None, (earliest[line.company_id], retries[line])))
            result[line] = (
                line._billing_day_under_way()
                or line._billing_day_kept(told[line], days[line], reachable, amounts[line])
                or prenotification.debit_day(line.date_maturity or today, told_on or today, days[line], reachable)
            )
        return result

    def _billing_day_under_way(self):
        debits = self.move_id.billing_debit_ids.filtered(lambda debit: debit.state in UNDER_WAY)
        return debits[:1].date

    def _billing_day_kept(self, told, days, earliest, amount):
        """The announced day, where it holds for ``amount``; else None."""
        last = prenotification.latest(told)
        if not last or last.day < earliest or last.day < self.date_maturity:
            return None
        accepts_lower = self.company_id.billing_notice_lower
        fault = prenotification.fault(told, last.day, amount, days, accepts_lower=accepts_lower)
        return None if fault else last.day

    def _billing_well_announced(self, today):
        """Those whose announced day holds and can be reached by a bank file made ``today``."""
        told, days = self.env['billing.notice']._told(self), self._billing_notice_days()
        collections = self.env['billing.collection']
        earliest = {company: collections._earliest_date(company, today) for company in self.company_id}
        amounts = self._billing_told_amounts(told)
        return self.filtered(
            lambda line: line._billing_day_kept(told[line], days[line], earliest[line.company_id], amounts[line])
        )

    def _billing_told_amounts(self, told):
        """{due item: what its next debit takes}: what is due and not disputed, or the next instalment of its plan.

        :param told: `billing.notice._told` of these items; of a plan's debts it names the next instalment
        """
        amounts = self._billing_debit_amounts(date.max)
        for line in self._billing_plans():
            last = prenotification.latest(told[line])
            amounts[line] = last.amount if last else Decimal()
        return amounts

    def _billing_announcements(self, today):
        """What is to be told of the debits of these due items on ``today``: list of `Announcement`.

        What cannot be debited is left out.
        """
        due = self.filtered(
            lambda line: (
                line.account_id.account_type == 'asset_receivable'
                and line.amount_residual_currency > 0
                and line.currency_id.name == 'EUR'
                and line.move_id._billing_awaits_debit()
            ),
        )
        mandates = self.env['billing.mandate']._for_lines(due)
        due = due.filtered(lambda line: mandates[line].state == 'active')
        amounts = due._billing_told_amounts(self.env['billing.notice']._told(due))
        due = due.filtered(lambda line: amounts[line] > 0)
        days = due._billing_debit_days(today)
        return [
            Announcement(line, mandates[line], days[line], float(amounts[line]))
            for line in due.sorted(lambda line: (days[line], line.id))
        ]


class AccountMove(models.Model):
    """What an invoice tells its customer of its direct debit."""

    _inherit = 'account.move'

    billing_notice_ids = fields.One2many('billing.notice', 'move_id', "Notices", readonly=True)
    billing_notice_count = fields.Integer(compute='_compute_billing_notice_count')
    billing_notice_note = fields.Char(compute='_compute_billing_notice_note')
    billing_notice_failed = fields.Boolean(compute='_compute_billing_notice_note')
    billing_printed_day = fields.Date(
        "Debit Day on the PDF", readonly=True, copy=False, help="The day of the debit that the kept PDF names."
    )

    def _compute_billing_notice_count(self):
        counts = dict(
            self.env['billing.notice']._read_group([('move_id', 'in', self.ids)], ['move_id'], ['__count']),
        )
        for move in self:
            move.billing_notice_count = counts.get(move._origin, 0)

    @api.depends('billing_notice_ids.state', 'billing_debit_state', 'amount_residual')
    def _compute_billing_notice_note(self):
        """What the customer was told last, until there is a debit that says more."""
        for move in self:
            last = move.billing_notice_ids.sorted('id')[-1:]
            is_shown = last and move.state == 'posted' and move.amount_residual and not move.billing_debit_state
            move.billing_notice_note = last._status_text() if is_shown else False
            move.billing_notice_failed = is_shown and last.state == 'failed'

    def action_billing_send_notices(self):
        """Look at the debits of these invoices, and tell their customers."""
        today = fields.Date.context_today(self)
        return self.env['billing.notice.send']._open(self.line_ids, today)

    def action_billing_notices(self):
        self.ensure_one()
        return self.billing_notice_ids._get_records_action(name=self.env._("Notices of Debits"))

    @api.ondelete(at_uninstall=False)
    def _unlink_billing_announced(self):
        if announced := self.filtered('billing_notice_ids')[:1]:
            raise UserError(
                self.env._(
                    "Invoice %s announced a direct debit to its customer, and the notice is kept as proof: cancel the "
                    "invoice instead of deleting it.",
                    announced.display_name,
                ),
            )

    def _billing_awaits_debit(self):
        """Whether these invoices are to be paid by a debit that has not come back."""
        self.ensure_one()
        return (
            self.move_type == 'out_invoice'
            and self.state != 'cancel'
            and self.preferred_payment_method_line_id.code == 'billing_sdd'
            and self.payment_state != 'blocked'
            and (self.billing_debit_state not in ('settled', 'returned') or self._billing_is_tried_again())
        )

    def _billing_is_tried_again(self):
        """Whether the last debit of this invoice came back and another one is planned."""
        self.ensure_one()
        last = self.billing_debit_ids.filtered(lambda debit: debit.state != 'dropped').sorted('id')[-1:]
        return last.state == 'returned' and bool(last.retry_on)

    def _billing_debit_day(self, today):
        """The day of the first debit of this invoice, if it is announced on ``today``; None where none will come."""
        self.ensure_one()
        announcements = self.line_ids._billing_announcements(today)
        return announcements[0].day if announcements else None

    def _billing_announced(self):
        """What the invoice and its mail say today of its debits: list of dicts of texts, in the reader's language."""
        self.ensure_one()
        return [
            self._billing_announced_texts(announcement)
            for announcement in self.line_ids._billing_announcements(fields.Date.context_today(self))
        ]

    def _billing_announced_texts(self, announcement):
        mandate = announcement.mandate
        day = format_date(self.env, announcement.day)
        amount = self.currency_id.format(announcement.amount)
        return {
            'day': day,
            'amount': amount,
            'text': self.env._("%(amount)s debited on %(day)s", amount=amount, day=day),
            'iban': mandate.masked_iban,
            'mandate': mandate.name,
            'creditor': mandate.creditor_identifier,
        }

    def _billing_day_replaced(self):
        """The day that the kept PDF names, where the debit comes on another one now; else an empty text."""
        self.ensure_one()
        day = self._billing_debit_day(fields.Date.context_today(self))
        printed = self.billing_printed_day
        return format_date(self.env, printed) if day and printed and printed != day else ""

    def _get_mail_template(self):
        """EXTENDS account: who is debited is told so, and not asked for a transfer."""
        today = fields.Date.context_today(self)
        if self and all(move._billing_debit_day(today) for move in self):
            template = self.env.ref('recurring_billing.mail_template_invoice_debit', raise_if_not_found=False)
            return template or super()._get_mail_template()
        return super()._get_mail_template()
