from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.recurrence import per_month
from .billing_frequency_mixin import PRESETS

ONE_DAY = timedelta(days=1)


class BillingContract(models.Model):
    """The grids of periods of a contract: one from its start, and one from each change of its frequency."""

    _inherit = 'billing.contract'

    def _frequency_changes(self):
        """The amendments that change how often this contract is invoiced, in the order of their days."""
        return self.amendment_ids._applied().filtered(lambda a: a.kind == 'frequency').sorted(lambda a: (a.date, a.id))

    def _recurrences(self):
        """[(first day, grid)] of this contract; empty while its terms are incomplete.

        A new grid counts from the day of its change, on the same day of the month: the anchor stays.
        """
        self.ensure_one()
        grids = [(self.date_start, self._recurrence_from(self.date_start, *self._first_frequency()))]
        for amendment in self._frequency_changes():
            change = amendment.change_ids.filtered(lambda change: change.name == 'recurrence')
            grids.append((amendment.date, self._recurrence_from(amendment.date, *change.new_value)))
        return grids if all(grid for _day, grid in grids) else []

    def _first_frequency(self):
        """(unit, interval) that was agreed at the start."""
        ever = self.amendment_ids.change_ids.filtered(lambda change: change.name == 'recurrence').sorted('id')
        return ever[0].old_value if ever else (self.recurrence_unit, self.recurrence_interval)

    def _recurrence_on(self, day):
        """The grid that holds on ``day``; None while the terms are incomplete."""
        grids = self._recurrences()
        return next((grid for first, grid in reversed(grids) if first <= day), grids[0][1] if grids else None)

    def _slots(self, first, last):
        """The days from ``first`` to ``last`` (None: without end), both included, cut at the ends of the periods."""
        grids = self._recurrences()
        for index, (begin, grid) in enumerate(grids):
            end = grids[index + 1][0] - ONE_DAY if index + 1 < len(grids) else None
            until = min(filter(None, (end, last)), default=None)
            if until is None or max(first, begin) <= until:
                yield from grid.slots(max(first, begin), until)

    def _update_frequency(self, today):
        """Show the frequency of ``today`` on these contracts."""
        for contract in self.filtered('amendment_ids'):
            grid = contract._recurrence_on(max(today, contract.date_start))
            if (grid.unit, grid.interval) != (contract.recurrence_unit, contract.recurrence_interval):
                contract._unguarded().write({'recurrence_unit': grid.unit, 'recurrence_interval': grid.interval})

    def _frequency_text(self, unit, interval):
        """How often, in the words of the screens."""
        for name, steps in PRESETS.items():
            if steps == (unit, interval):
                return dict(self._fields['frequency']._description_selection(self.env))[name]
        units = dict(self._fields['recurrence_unit']._description_selection(self.env))
        return self.env._("every %(interval)s %(units)s", interval=interval, units=units[unit].lower())

    # === DISCOUNTS === #

    def _scaled_discounts(self, day, recurrence):
        """The amounts off a period that last beyond ``day``, each with the values of its like off the new period.

        :param recurrence: (unit, interval) from ``day`` on
        :return: {discount that ends: values of the one that replaces it}
        """
        self.ensure_one()
        lasting = self.discount_ids.filtered(
            lambda discount: discount._amount_item() and discount._days() and discount._days().last >= day,
        )
        factors = {discount: discount._amount_item()._length_factor(day, recurrence) for discount in lasting}
        return {
            discount: {
                'name': discount.name,
                'line_id': discount.line_id.id,
                'kind': 'amount',
                'amount': self.currency_id.round(discount.amount * factor),
                'date_from': max(day, discount.date_from),
                'date_until': discount.last_day,
            }
            for discount, factor in factors.items()
        }

    # === CHECKS === #

    def _check_not_billed_from(self, day):
        if end := self._named_until(day):
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: periods until %(end)s are planned by a run or billed "
                    "already. Choose %(next)s or later.",
                    contract=self.name,
                    end=format_date(self.env, end),
                    next=format_date(self.env, end + ONE_DAY),
                ),
            )

    def _check_frequency_undone(self, amendment):
        """What is billed by a frequency stays so, and what a later one changed it needs."""
        changes = self._frequency_changes()
        if later := changes.filtered(lambda other: (other.date, other.id) > (amendment.date, amendment.id))[-1:]:
            raise UserError(
                self.env._(
                    "Contract %(contract)s: the frequency changes again from %(day)s. Undo that change first.",
                    contract=self.name,
                    day=format_date(self.env, later.date),
                ),
            )
        if end := self._named_until(amendment.date):
            raise UserError(
                self.env._(
                    "Contract %(contract)s: periods of this frequency are planned by a run or billed until %(end)s "
                    "already. Change the frequency from %(next)s instead.",
                    contract=self.name,
                    end=format_date(self.env, end),
                    next=format_date(self.env, end + ONE_DAY),
                ),
            )

    def _named_until(self, day):
        """The last day of the periods on or after ``day`` that a run or an invoice names, or None."""
        named = self.period_ids.filtered(lambda period: period.date_end >= day and not period._is_loose())
        return max(named.mapped('date_end'), default=None)

    def _check_begins_new_period(self, day, unit, interval):
        """Where periods are billed whole, the first one of a new grid begins on ``day``: none is billed twice."""
        if self.proration != 'none' or self._would_begin_period(day, unit, interval):
            return
        days = (slot.whole.start for slot in self._slots(self._next_period_start(day), None))
        raise UserError(
            self.env._(
                "Contract %(contract)s, field “From”: periods are billed whole, and %(day)s is in the middle of one of "
                "the new frequency. Choose %(next)s.",
                contract=self.name,
                day=format_date(self.env, day),
                next=format_date(self.env, next(day for day in days if self._would_begin_period(day, unit, interval))),
            ),
        )

    def _would_begin_period(self, day, unit, interval):
        grid = self._recurrence_from(day, unit, interval)
        return day in (self.date_start, next(grid.slots(day)).whole.start)

    def _check_later_frequency(self, kind, day, today, changes, added, discounts):
        """Refuse a price for the periods of ``day`` that would go on into longer or shorter ones."""
        is_new = any(values.get('kind') != 'setup' for values in added)
        is_off = any(values.get('kind') == 'amount' for values in discounts)
        is_priced = kind != 'indexation' and any(change['name'] == 'price_unit' for change in changes)
        if kind == 'frequency' or is_new or is_off:
            later = self._frequency_changes().filtered(lambda change: change.date > day)
        else:  # the prices that a frequency in effect came with go on
            later = self._frequency_changes().filtered(lambda change: is_priced and change.date > max(day, today))
        if later:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: the frequency changes from %(day)s. Undo that change first, "
                    "or choose a day from %(day)s on.",
                    contract=self.name,
                    day=format_date(self.env, later[0].date),
                ),
            )


class BillingContractLine(models.Model):
    """What a line costs for periods of another length."""

    _inherit = 'billing.contract.line'

    def _length_factor(self, day, recurrence):
        """How much more a period of ``recurrence`` costs than one agreed for ``day``: by the factors of the plan for
        what came from it, else by their length.

        :param recurrence: (unit, interval)
        """
        self.ensure_one()
        agreed = self.contract_id._recurrence_on(day)
        steps = (agreed.unit, agreed.interval), recurrence
        offered = [self.plan_line_id.plan_id._factor(*step) for step in steps]
        if all(offered):
            return offered[1] / offered[0]
        return float(per_month(*steps[0]) / per_month(*steps[1]))
