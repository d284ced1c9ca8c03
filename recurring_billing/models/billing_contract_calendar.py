from datetime import timedelta
from itertools import islice

from odoo import api, fields, models

from ..tools.invoice_date import planned
from .billing_contract import LIVE

ONE_DAY = timedelta(days=1)
LOOKED_AHEAD = 24  # periods without a row that are asked whether they owe something
# what a planned period is told by
PLANNED = ('whole_start', 'whole_end', 'date_start', 'date_end', 'planned_date', 'is_settlement')


class BillingContract(models.Model):
    """When a contract is invoiced: its calendar, and the period rows that plan it."""

    _inherit = 'billing.contract'

    next_period_id = fields.Many2one('billing.period', compute='_compute_next_period_id', store=True)
    next_invoice_date = fields.Date("Next Invoice", compute='_compute_next_invoice_date', store=True)

    @api.depends('period_ids.state', 'period_ids.planned_date')
    def _compute_next_period_id(self):
        for contract in self:
            open_periods = contract.period_ids.filtered(lambda period: period.state == 'planned')
            contract.next_period_id = open_periods.sorted('planned_date')[:1]

    @api.depends('next_period_id.planned_date', 'period_ids.state', 'state')
    def _compute_next_invoice_date(self):
        for contract in self:
            contract.next_invoice_date = contract._next_owing().planned_date

    def _next_owing(self):
        """The next period that bills: a planned one, or after free months or a pause one that has no row yet and is
        never saved; none where nothing is owed in sight."""
        self.ensure_one()
        if self.next_period_id or self.state not in LIVE:
            return self.next_period_id
        slots = self._slots(self._first_unplanned_day(), self.date_end or None)
        values = map(self._period_values, islice(slots, LOOKED_AHEAD))
        ahead = map(self.env['billing.period']._unguarded().new, values)
        return next((period for period in ahead if period._is_open()), self.next_period_id)

    def _planned_date(self, slot):
        """When the days of ``slot`` are to be invoiced."""
        return planned(
            slot.start,
            slot.end,
            in_arrears=self.timing == 'arrears',
            offset=self.invoice_offset,
            on_open_days=self.on_open_days,
        )

    def _first_owed_day(self):
        """The first day of this contract that no other software has billed."""
        self.ensure_one()
        lines = [line for line in self.line_ids if not line.display_type and not line.root_id]
        if not any(line.billed_until for line in lines):
            return self.date_start
        firsts = [line.billed_until + ONE_DAY if line.billed_until else line.date_start for line in lines]
        return max(min(first or self.date_start for first in firsts), self.date_start)

    def _first_unplanned_day(self):
        ends = [(period.date_end, period.whole_end) for period in self._grid_periods()]
        return self._first_day_after(*max(ends, default=(None, None)))

    def _first_day_after(self, end, whole_end):
        """The first day that has no period yet, where the last one ends on ``end`` and its whole on ``whole_end``.

        A period billed as a whole has no rest, even where the contract's end cut it short.
        """
        self.ensure_one()
        last = whole_end if self.proration == 'none' else end
        return last + ONE_DAY if last else self._first_owed_day()

    def _plan_periods(self, until):
        """Make the period rows of these contracts that are planned until ``until`` (included), and the one after."""
        last_rows = self.env['billing.period']._read_group(
            [('contract_id', 'in', self.ids), ('is_settlement', '=', False)],
            ['contract_id'],
            ['date_end:max', 'whole_end:max', 'planned_date:max'],
        )
        last_rows = {contract: row for contract, *row in last_rows}
        rows = []
        for contract in self:
            end, whole_end, planned_date = last_rows.get(contract, (None, None, None))
            if not planned_date or planned_date <= until:
                rows += contract._period_rows(contract._first_day_after(end, whole_end), until)
        periods = self.env['billing.period'].sudo()  # nobody makes periods by hand, not even their user
        periods._unguarded().create(rows)

    def _period_rows(self, first, until):
        """Values of the period rows from the day ``first`` on, until the first that is planned after ``until``."""
        self.ensure_one()
        rows = []
        for slot in self._slots(first, self.date_end or None):
            rows.append(self._period_values(slot))
            if rows[-1]['planned_date'] > until:
                return rows
        return rows + self._settlement_rows(rows)

    def _period_values(self, slot):
        return {
            'contract_id': self.id,
            'whole_start': slot.whole.start,
            'whole_end': slot.whole.end,
            'date_start': slot.start,
            'date_end': slot.end,
            'planned_date': self._planned_date(slot),
        }

    def _periods_ahead(self, until):
        """The periods planned until ``until`` that have no row yet, as records that are never saved."""
        self.ensure_one()
        rows = self._period_rows(self._first_unplanned_day(), until)
        ahead = [values for values in rows if values['planned_date'] <= until]
        return self.env['billing.period'].concat(*map(self.env['billing.period']._unguarded().new, ahead))

    def _replan(self, today):
        """Plan the last periods of these running contracts anew, where their end or their frequency has changed.

        Periods that an invoice or the record of a run names stay; what lies after the end is not owed.
        """
        stale = self.env['billing.period']
        for contract in self:
            loose = contract._loose_periods()
            if not contract._would_plan(loose, today):
                stale |= loose
        stale.sudo().unlink()  # nobody deletes periods by hand, not even their user
        self._plan_periods(today)

    def _loose_periods(self):
        """The last periods of this contract, which nothing names yet."""
        self.ensure_one()
        loose = self.period_ids.filtered(lambda period: period.is_settlement and period._is_loose())
        for period in self._grid_periods().sorted('date_start', reverse=True):
            if not period._is_loose():
                break
            loose |= period
        return loose

    def _would_plan(self, loose, today):
        """Whether the ``loose`` periods of this contract would be planned just as they are; those that were passed over
        are always planned anew."""
        kept = self._grid_periods() - loose
        end = max(((period.date_end, period.whole_end) for period in kept), default=(None, None))
        rows = self._period_rows(self._first_day_after(*end), today)
        wanted = {tuple(row.get(name, False) for name in PLANNED) for row in rows}
        known = {tuple(period[name] for name in PLANNED) for period in loose}
        return wanted == known and not any(loose.mapped('is_passed_over'))

    def _free_lines(self, slot):
        """The lines that are owed for the days of ``slot`` and cost nothing."""
        self.ensure_one()
        return self.line_ids.filtered(lambda line: any(not bill.amount for bill in line._bills(slot)))

    def _invoice_section(self):
        """The heading of this contract's lines on an invoice for several, in the customer's language."""
        self.ensure_one()
        env = self.with_context(lang=self.partner_id.lang).env
        return env._("Contract %s", self.name)

    def _billed_until(self):
        """The last day that an invoice reaches, drafts included, credited ones not; None where there is none."""
        self.ensure_one()
        billed = [entry for period in self.period_ids for rows in period._billed().values() for entry in rows]
        days = [days for entry in billed if entry.creditable or not entry.amount for days in entry.covered]
        return max((last for _first, last in days), default=None)

    def _close_finished(self, today):
        """Close those of these contracts whose last day has passed and is billed."""
        finished = self.filtered(
            lambda contract: (
                contract.state in LIVE
                and contract.date_end
                and contract.date_end < today
                and not contract.period_ids.filtered(lambda period: period.state == 'planned')
            ),
        )
        finished._set_state('closed')
