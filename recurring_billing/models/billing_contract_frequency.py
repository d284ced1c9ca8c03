from datetime import timedelta

from odoo import models

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
