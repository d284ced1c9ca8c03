from odoo import api, fields, models

from .billing_contract import LIVE
from .billing_transaction import Transaction


class BillingRun(models.Model):
    """What a run would bill: the same plan as the run itself makes, with what a person should look at."""

    _inherit = 'billing.run'

    def _preview(self, today):
        """Values of one line for each invoice that is due until the run's date."""
        self.ensure_one()
        listed = self._due_periods(today)
        free = listed.filtered(lambda period: period.state == 'empty')
        periods = listed - free
        missed = periods.filtered(lambda period: period.planned_date <= today)._missed_too_many()
        held = periods.filtered(lambda period: period.contract_id in missed)
        plans, faults = (periods - held)._plan_isolated(today, Transaction())
        periods._check_blocks(plans)
        periods._check_looks(plans, today)
        return [
            *(self._planned_line(plan, today) for plan in plans),
            *(self._blocked_line(period, periods._reason(error)) for period, error in faults.items()),
            *(self._blocked_line(rows, missed[contract]) for contract, rows in held.grouped('contract_id').items()),
            *self._lines_without_bill(free),
        ]

    def _due_periods(self, today):
        """Periods due until the run's date, with those that owe nothing; those after ``today`` that have no row yet are
        never saved."""
        contracts = self.contract_id or self.env['billing.contract'].search(
            [('company_id', '=', self.company_id.id), ('state', 'in', LIVE)],
        )
        running = contracts._live()
        running._plan_periods(min(self.date_until, today))
        free = self.env['billing.period']._free_until(self.date_until, self.company_id)
        rows = self.env['billing.period'].search(self._due_domain())
        rows |= free.filtered(lambda period: period.contract_id in running and period.state == 'empty')
        if self.date_until <= today:
            return rows
        return rows.concat(*(contract._periods_ahead(self.date_until) for contract in running))

    def _due_domain(self):
        self.ensure_one()
        domain = self.env['billing.period']._due_domain(self.date_until, self.company_id)
        return domain & fields.Domain('contract_id', '=', self.contract_id.id) if self.contract_id else domain

    def _planned_line(self, plan, today):
        untaxed, _tax, total = plan.totals()
        blocks = plan.blocks or [period.error for period in plan.periods if period.error]
        is_later = plan.planned_date > today
        notes = [self.env._("Not due yet: posted on its planned date")] if is_later else []
        return {
            **self._line_values(plan.periods),
            'invoice_date': max(plan.date, plan.planned_date),
            'is_selected': not (is_later or blocks),
            'is_later': is_later,
            'amount_untaxed': untaxed,
            'amount_total': total,
            'level': 'blocked' if blocks else 'look' if plan.looks else 'ok',
            'remark': "\n".join([*notes, *blocks, *plan.looks]),
        }

    @api.model
    def _blocked_line(self, periods, reason):
        """Values of the line that says why ``periods`` cannot be billed."""
        return {**self._line_values(periods), 'is_selected': False, 'level': 'blocked', 'remark': reason}

    @api.model
    def _lines_without_bill(self, periods):
        """Values of the lines that name those of ``periods`` whose price or quantity of zero leaves nothing to bill."""
        return [
            {
                **self._line_values(period),
                'is_selected': False,
                'level': 'look',
                'outcome': 'free',
                'remark': free._owes_nothing_text(),
            }
            for period in periods
            if (free := period.free_line_ids or period._free_lines())
        ]

    @api.model
    def _line_values(self, periods):
        """What each line says of the periods that it bills."""
        contracts = periods.contract_id
        return {
            'contract_id': contracts[0].id,
            'contract_ids': [fields.Command.set(contracts.ids)],
            'origin': ", ".join(contracts.mapped('name')),
            'period_ids': [fields.Command.set(periods._origin.ids)],
            'date_start': min(periods.mapped('date_start')),
            'date_end': max(periods.mapped('date_end')),
            'planned_date': min(periods.mapped('planned_date')),
        }
