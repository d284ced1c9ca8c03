from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.recurrence import Period, Slot

ONE_DAY = timedelta(days=1)


class BillingPeriod(models.Model):
    """Which period's invoice bills which usage, and what is marked as billed."""

    _inherit = 'billing.period'

    def _usage_bills(self):
        """What the invoice of this period bills of metered lines, as a list of `Bill`."""
        lines = self.contract_id.line_ids.filtered(lambda line: line.kind == 'usage')
        window = lines and self._usage_window()
        return [bill for line in lines for bill in line._usage_bills(*window)] if window else []

    def _usage_window(self):
        """(after, until): this period bills the usage of periods that end between these days; None for no usage.

        Each period that is not billed yet takes what has ended since the one before it, the first one all that came
        late. What comes after all was billed is taken by the last period of a contract that has ended.
        """
        planned = self.contract_id.period_ids  # read together for a whole slice, which a union with others would not be
        periods = (planned if self in planned else planned | self).sorted(lambda period: (period._usage_until(), period.date_start))
        waiting = [period for period in periods if not (period.is_passed_over or period._live_lines())]
        if self in waiting:
            before = waiting[: waiting.index(self)]
            return before[-1]._usage_until() if before else date.min, self._usage_until()
        is_last = self == periods[-1:] and self.contract_id.date_end and not waiting
        return (date.min, self._usage_until()) if is_last else None

    def _usage_until(self):
        """The last day whose usage is complete when this period is invoiced."""
        self.ensure_one()
        return self.contract_id._usage_until(self._slot(), self.planned_date, self.is_settlement)

    @api.model
    def _mark_usage(self, plans, moves):
        """Mark the records that the drafts ``moves`` bill, by one statement."""
        if not any(bill.kind == 'usage' for plan in plans for _period, bill in plan.bills):
            return
        rows = moves.invoice_line_ids.filtered(lambda row: row.billing_kind == 'usage' and not row.billing_part)
        lines = rows.billing_contract_line_id
        self.env['billing.usage'].flush_model()
        rows.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE billing_usage usage
                   SET move_line_id = billing.id
                  FROM account_move_line billing
                 WHERE billing.id IN %(rows)s
                   AND usage.contract_line_id = billing.billing_contract_line_id
                   AND usage.date BETWEEN billing.billing_date_start AND billing.billing_date_end
                   AND %(is_waiting)s
                """,
                rows=tuple(rows.ids),
                is_waiting=self.env['billing.usage']._is_waiting(lines.usage_move_line_ids._billing_dead()),
            ),
        )
        self.env['billing.usage'].invalidate_model(['move_line_id'])
        lines.invalidate_recordset(['usage_to_bill'])

    @api.model
    def _ask_usage_again(self, contracts):
        """Let the periods of ``contracts`` that may bill usage say anew whether they owe something."""
        periods = self.search(
            [
                ('contract_id', 'in', contracts.ids),
                '|',
                ('state', 'in', ('planned', 'empty')),
                ('contract_id.date_end', '!=', False),
            ],
        )
        self.env.add_to_compute(self._fields['state'], periods)
        periods._recompute_recordset(['state'])


class BillingContract(models.Model):
    _inherit = 'billing.contract'

    def _grid_periods(self):
        """The planned periods of the calendar, without those that only settle usage."""
        return self.period_ids.filtered(lambda period: not period.is_settlement)

    def _usage_until(self, slot, planned_date, is_settlement=False):
        """The last day whose usage the invoice of ``slot`` bills: in arrears that of its own days, else that of days
        which are over when it is planned."""
        if self.timing == 'arrears' and not is_settlement:
            return slot.end
        return min(slot.start, planned_date) - ONE_DAY

    def _settlement_rows(self, rows):
        """Values of the period after the end of this contract, where the last ones do not bill all usage.

        :param rows: values of the last periods that are about to be made
        """
        if not any(line.kind == 'usage' for line in self.line_ids):
            return []
        ends = [period._usage_until() for period in self.period_ids]
        for row in rows:
            slot = Slot(Period(0, row['whole_start'], row['whole_end']), row['date_start'], row['date_end'])
            ends.append(self._usage_until(slot, row['planned_date']))
        if not ends or max(ends) >= self.date_end:
            return []
        day = self.date_end + ONE_DAY
        values = self._period_values(Slot(Period(0, day, day), day, day))
        return [{**values, 'planned_date': max(day, values['planned_date']), 'is_settlement': True}]
