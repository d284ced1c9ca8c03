from datetime import timedelta
from itertools import islice

from odoo import api, fields, models

from ..tools.recurrence import Recurrence

UPCOMING = 6  # invoices shown ahead on the form
ONE_DAY = timedelta(days=1)


class BillingContract(models.Model):
    """When a contract is invoiced: its calendar, the period rows that plan it, and the next invoices shown ahead."""

    _inherit = 'billing.contract'

    next_period_id = fields.Many2one('billing.period', compute='_compute_next_period_id', store=True)
    next_invoice_date = fields.Date("Next Invoice", related='next_period_id.planned_date', store=True)
    next_invoice_amount = fields.Monetary(related='next_period_id.amount_total', string="Next Amount")
    upcoming_preview = fields.Html(compute='_compute_upcoming_preview', sanitize=False)

    @api.depends('period_ids.state', 'period_ids.planned_date')
    def _compute_next_period_id(self):
        for contract in self:
            open_periods = contract.period_ids.filtered(lambda period: period.state == 'planned')
            contract.next_period_id = open_periods.sorted('planned_date')[:1]

    @api.depends(
        'date_start',
        'date_end',
        'recurrence_unit',
        'recurrence_interval',
        'anchor_day',
        'timing',
        'currency_id',
        'line_ids.quantity',
        'line_ids.price_unit',
        'line_ids.tax_ids',
        'line_ids.date_start',
        'line_ids.date_end',
        'partner_id',
        'payment_method_line_id',
        'period_ids.state',
    )
    def _compute_upcoming_preview(self):
        for contract in self:
            contract.upcoming_preview = self.env['ir.qweb']._render(
                'recurring_billing.contract_upcoming',
                {'contract': contract, 'rows': contract._upcoming()},
            )

    def _recurrence(self):
        """The grid of periods of this contract; None while its terms are incomplete."""
        self.ensure_one()
        if not (self.date_start and self.recurrence_unit and self.recurrence_interval > 0):
            return None
        by_month = self.recurrence_unit in ('month', 'year') and 0 <= self.anchor_day <= 31
        return Recurrence(
            self.date_start, self.recurrence_unit, self.recurrence_interval, self.anchor_day if by_month else 0
        )

    def _planned_date(self, slot):
        """When the days of ``slot`` are to be invoiced: on the first in advance, on the last in arrears."""
        return slot.end if self.timing == 'arrears' else slot.start

    def _plan_periods(self, until):
        """Make the period rows of these contracts that are planned until ``until`` (included), and the one after."""
        last_rows = self.env['billing.period']._read_group(
            [('contract_id', 'in', self.ids)],
            ['contract_id'],
            ['date_end:max', 'planned_date:max'],
        )
        last_rows = {contract: (end, planned) for contract, end, planned in last_rows}
        rows = []
        for contract in self:
            end, planned = last_rows.get(contract, (contract.date_start - ONE_DAY, None))
            if not planned or planned <= until:
                rows += contract._period_rows(end + ONE_DAY, until)
        periods = self.env['billing.period'].sudo()  # nobody makes periods by hand, not even their user
        periods._unguarded().create(rows)

    def _period_rows(self, first, until):
        """Values of the period rows from the day ``first`` on, until the first that is planned after ``until``."""
        self.ensure_one()
        rows = []
        for slot in self._recurrence().slots(first, self.date_end or None):
            planned = self._planned_date(slot)
            rows.append(
                {
                    'contract_id': self.id,
                    'whole_start': slot.whole.start,
                    'whole_end': slot.whole.end,
                    'date_start': slot.start,
                    'date_end': slot.end,
                    'planned_date': planned,
                },
            )
            if planned > until:
                break
        return rows

    def _replan(self):
        """Plan the last periods of these running contracts anew, after their end has moved.

        Periods that an invoice or the record of a run names stay; what lies after the end is not owed.
        """
        loose = self.env['billing.period']
        for contract in self:
            for period in contract.period_ids.sorted('date_start', reverse=True):
                if not period._is_loose():
                    break
                loose |= period
        loose.sudo().unlink()  # nobody deletes periods by hand, not even their user
        self._plan_periods(fields.Date.context_today(self))

    def _upcoming(self):
        """The next invoices as plain rows for the form; works before the contract is saved."""
        self.ensure_one()
        recurrence = self._recurrence()
        if not recurrence or not self.line_ids or self.state == 'closed':
            return []
        slots = recurrence.slots(self._first_open_day(), self.date_end or None)
        return [self._upcoming_row(slot) for slot in islice(slots, UPCOMING)]

    def _first_open_day(self):
        """The first day whose period waits for its invoice."""
        planned = self.period_ids.filtered(lambda period: period.state == 'planned')
        if planned:
            return min(planned.mapped('date_start'))
        last = max(self.period_ids.mapped('date_end'), default=None)
        return last + ONE_DAY if last else self.date_start

    def _upcoming_row(self, slot):
        bills = [bill for line in self.line_ids if (bill := line._owed(slot))]
        untaxed, _tax, total = self._tax_totals(bills)
        return {
            'slot': slot,
            'date': self._planned_date(slot),
            'untaxed': untaxed,
            'total': total,
            'is_empty': not bills,
        }

    def _billed_until(self):
        """The last day that an invoice reaches, drafts included, reversed ones not; None where there is none."""
        self.ensure_one()
        billed = self.period_ids.filtered(
            lambda period: any(
                move.state in ('draft', 'posted') and move.payment_state != 'reversed' for move in period.invoice_ids
            ),
        )
        return max(billed.mapped('date_end'), default=None)

    def _close_finished(self, today):
        """Close those of these contracts whose last day has passed and is billed."""
        finished = self.filtered(
            lambda contract: (
                contract.state == 'running'
                and contract.date_end
                and contract.date_end < today
                and not contract.period_ids.filtered(lambda period: period.state == 'planned')
            ),
        )
        finished._set_state('closed')
