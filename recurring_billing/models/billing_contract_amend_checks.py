from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

ONE_DAY = timedelta(days=1)


class BillingContract(models.Model):
    """Why a contract cannot change as it is asked to, or from the day that it is asked for."""

    _inherit = 'billing.contract'

    def _check_amendment(self, kind, day, is_empty=False):
        """Refuse an amendment that cannot be, with what to do instead.

        :raises UserError: the contract is not running, nothing would change, ``day`` is outside the contract, in a
            locked period, before an invoice that is collected, or in the middle of a period that knows whole ones only
        """
        self._require_state('running', 'paused')
        if fault := self._day_fault(kind, day):
            raise UserError(fault)
        if is_empty:
            raise UserError(self.env._("Contract %s: nothing would change.", self.name))
        if kind in ('renewal', 'terms'):
            return  # they move no money of days that have passed
        self._check_not_locked(kind, day)
        self._check_not_collected(kind, day)
        self._check_day_begins_period(kind, day)
        if kind == 'frequency':
            self._check_not_billed_from(day)

    def _refuse_without_effect(self, kind, day, lines):
        if kind == 'resume':
            self._refuse_without_pause(day)
        for line, _wanted in lines:
            line._item()._refuse_ended(day)

    def _day_fault(self, kind, day):
        """Why an amendment of this ``kind`` cannot begin on ``day``, outside the contract; None where it can."""
        if day >= self.date_start and (kind in ('undo', 'termination') or not self.date_end or day <= self.date_end):
            return None
        texts = {
            'contract': self.name,
            'day': format_date(self.env, day),
            'start': format_date(self.env, self.date_start),
        }
        if not self.date_end:
            return self.env._(
                "Contract %(contract)s, field “From”: %(day)s is outside the contract, which begins on %(start)s. "
                "Choose that day or a later one.",
                **texts,
            )
        return self.env._(
            "Contract %(contract)s, field “From”: %(day)s is outside the contract, which runs from %(start)s "
            "to %(end)s. Choose a day between them.",
            **texts,
            end=format_date(self.env, self.date_end),
        )

    def _check_day_begins_period(self, kind, day):
        needs_period = kind == 'frequency' or self.proration == 'none'
        if needs_period and kind != 'undo' and not self._begins_period(day):
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: %(day)s is in the middle of a period. Choose its first day, "
                    "or that of the next one, %(next)s.",
                    contract=self.name,
                    day=format_date(self.env, day),
                    next=format_date(self.env, self._next_period_start(day)),
                ),
            )

    def _check_not_locked(self, kind, day):
        remedy = self._remedy_of_undo() if kind == 'undo' else None
        self.company_id._billing_check_open_day(day, self.journal_id, self, remedy)

    def _check_not_collected(self, kind, day):
        """What was collected after ``day`` is not opened again by a change for the past."""
        collected = self.period_ids.invoice_ids.filtered(
            lambda move: (
                move.state == 'posted'
                and move.invoice_date > day
                and move.billing_debit_state in ('in_file', 'sent', 'settled')
            ),
        )
        if invoice := collected.sorted('invoice_date')[-1:]:
            day_text = format_date(self.env, invoice.invoice_date)
            choose = self.env._("Choose %s or later.", day_text)
            raise UserError(
                self.env._(
                    "Contract %(contract)s: invoice %(invoice)s of %(date)s was collected already (%(status)s). "
                    "%(remedy)s Give back what was paid too much by a credit note.",
                    contract=self.name,
                    invoice=invoice.name,
                    date=day_text,
                    status=invoice.billing_debit_note,
                    remedy=self._remedy_of_undo() if kind == 'undo' else choose,
                ),
            )

    def _remedy_of_undo(self):
        """What to do instead of undoing a change, whose day nobody chooses any more."""
        return self.env._("Make a change for a later day instead.")

    def _begins_period(self, day):
        slot = next(self._slots(day, None))
        return day in (slot.whole.start, self.date_start)

    def _next_period_start(self, day):
        """The first day of the period after the one that holds ``day``."""
        return next(self._slots(day, None)).whole.end + ONE_DAY
