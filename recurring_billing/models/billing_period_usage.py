from datetime import date

from odoo import api, models
from odoo.tools import SQL


class BillingPeriod(models.Model):
    """Which period's invoice bills which usage, and what is marked as billed."""

    _inherit = 'billing.period'

    def _usage_bills(self):
        """What the invoice of this period bills of metered lines, as a list of `Bill`."""
        # one by one: lines that were filtered would no longer be read together for a whole slice
        lines = [line for line in self.contract_id.line_ids if line.kind == 'usage']
        window = lines and self._usage_window()
        return [bill for line in lines for bill in line._usage_bills(*window)] if window else []

    def _usage_window(self):
        """(after, until): this period bills the usage of periods that end between these days; None for no usage.

        Each period that is not billed yet takes what has ended since the one before it, the first one all that came
        late. What comes after all was billed is taken by the last period of a contract that has ended.
        """
        planned = self.contract_id.period_ids
        periods = [*planned, *(() if self in planned else self)]
        periods.sort(key=lambda period: (period._usage_until(), period.date_start))
        waiting = [period for period in periods if not (period.is_passed_over or period._live_lines())]
        if self in waiting:
            before = waiting[: waiting.index(self)]
            return before[-1]._usage_until() if before else date.min, self._usage_until()
        is_last = self == periods[-1] and self.contract_id.date_end and not waiting
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
        periods.modified(['free_line_ids'])  # with what depends on their state; a record alone triggers no period
