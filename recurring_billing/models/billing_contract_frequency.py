from datetime import timedelta
from functools import partial
from math import prod

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.float_utils import json_float_round

from ..tools.recurrence import per_month
from ..tools.versions import Change
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

    # === LENGTH OF PERIODS === #

    def _length_factors(self, day, recurrence, plan):
        """What a period of ``recurrence`` costs, in periods of ``day``: by its length, and by ``plan`` where it offers
        both, as values of an amendment.

        :param recurrence: (unit, interval)
        """
        self.ensure_one()
        agreed = self._recurrence_on(day)
        steps = (agreed.unit, agreed.interval), recurrence
        offered = [plan._factor(*step) for step in steps]
        return {
            'length_factor': float(per_month(*steps[0]) / per_month(*steps[1])),
            'plan_factor': offered[1] / offered[0] if all(offered) else 0.0,
        }

    def _length_between(self, since, amendment, day, item):
        """How much more a period of ``day`` costs than one that ``amendment`` agreed for ``since``.

        :param amendment: empty where it was agreed in the draft
        :param item: line whose price is meant; empty: the contract
        """
        followed = [change for change in self._frequency_changes() if change._scales(since, amendment)]
        return prod(change._length_factor_of(item) for change in followed if change.date <= day)

    def _scalings(self, day, recurrence, lines):
        """{line: its changes} by which prices follow the periods of ``recurrence`` from ``day`` on.

        :param lines: as of `_amend`; what ends on the day needs none
        """
        ended = {line._item() for line, wanted in lines if wanted is None}
        versions = {item: item._version_on(day) for item in self._recurring_versions() if not item.root_id}
        going_on = {item: version for item, version in versions.items() if version and item not in ended}
        return {item: rows for item, version in going_on.items() if (rows := version._scaling(day, recurrence))}

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

    def _check_later_frequency(self, kind, day, changes, added):
        """Refuse what a later frequency was not agreed for: another one before it, prices from the list, and meters."""
        is_fixed = not any(change['name'] == 'is_price_listed' and change['new_value'] for change in changes)
        is_fixed &= not any(values.get('is_price_listed') or values.get('kind') == 'usage' for values in added)
        if kind != 'frequency' and is_fixed:
            return
        if later := self._frequency_changes().filtered(lambda change: change.date > day):
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: the frequency changes from %(day)s. Undo that change first, "
                    "or choose a day from %(day)s on.",
                    contract=self.name,
                    day=format_date(self.env, later[0].date),
                ),
            )


class BillingAmendment(models.Model):
    """What another length of the periods makes of prices: kept, whatever becomes of the plan."""

    _inherit = 'billing.amendment'

    length_factor = fields.Float(readonly=True, help="What a new period costs in former ones, by its length.")
    plan_factor = fields.Float(readonly=True, help="The same for what came from the plan. Zero: not offered by it.")

    def _scales(self, since, amendment):
        """Whether this frequency changes what ``amendment`` (empty: the draft) agreed for ``since``."""
        self.ensure_one()
        return self.date > since or self._origin.id > (amendment._origin.id or 0)

    def _length_factor_of(self, item):
        """What a new period of this frequency costs, in former ones, for ``item``, a line; empty: the contract."""
        self.ensure_one()
        row = self.change_ids.filtered(lambda change: change.factor and change.line_id == item)
        offered = self.plan_factor if not item or item.plan_line_id else 0.0
        return row.factor or offered or self.length_factor or 1.0

    def _sentences(self):
        """EXTENDS billing.amendment: amounts off a period follow its length too."""
        yield from super()._sentences()
        day_before = self.date - ONE_DAY
        for discount in self.contract_id.discount_ids if self.kind == 'frequency' else ():
            if discount.kind == 'amount' and discount._covers(self.date) and discount._covers(day_before):
                yield f"{discount._text(day_before)} → {discount._value_text_on(self.date)}"


class BillingContractLine(models.Model):
    """What a line costs for periods of another length."""

    _inherit = 'billing.contract.line'

    def _length_factor(self, day, recurrence):
        """How much more a period of ``recurrence`` costs than one agreed for ``day``: by the factors of the plan for
        what came from it, else by their length.

        :param recurrence: (unit, interval)
        """
        self.ensure_one()
        factors = self.contract_id._length_factors(day, recurrence, self.plan_line_id.plan_id)
        return factors['plan_factor'] or factors['length_factor']

    def _scaling(self, day, recurrence):
        """The changes by which this version follows the periods of ``recurrence``: a price from the list is fixed."""
        factor = self._length_factor(day, recurrence)
        if factor == 1.0:
            return []
        row, price = {'line_id': self._item().id}, self._price_on(day)
        fixed = {**row, 'name': 'is_price_listed', 'old_value': True, 'new_value': False}
        scaled = self._scaled_price(price, factor)
        follows = {**row, 'name': 'price_unit', 'old_value': price, 'new_value': scaled, 'factor': factor}
        return [fixed, follows] if self.is_price_listed else [follows]

    def _scaled_price(self, price, factor):
        return json_float_round(price * factor, self.env['decimal.precision'].precision_get('Product Price'))

    def _steps(self):
        """What the amendments make of this line, for `tools.versions.versions`, in the order they were decided in."""
        self.ensure_one()
        contract = self.contract_id
        rows = contract.amendment_ids._applied().change_ids.filtered(lambda row: row.line_id == self)
        scaling = self.env['billing.amendment']
        if self.kind == 'recurring':
            start = self.date_start or contract.date_start
            scaling = contract._frequency_changes().filtered(lambda change: change._scales(start, self.amendment_id))
        return [self._step(amendment, rows, scaling) for amendment in (rows.amendment_id | scaling).sorted('id')]

    def _step(self, amendment, rows, scaling):
        """What ``amendment`` changes of this line, at once: by its ``rows``, or as a ``scaling`` frequency."""
        rows = rows.filtered(lambda row: row.amendment_id == amendment).sorted('id')
        if 'end' in rows.mapped('name'):
            return Change(amendment.date, None)
        values = {'price_unit': partial(self._price_after, amendment)} if amendment in scaling else {}
        values |= {row.name: row._value() for row in rows if not row.factor}
        if not callable(price := values.get('price_unit', len)):
            later = [f for f in scaling if f.date < amendment.date and f.id > amendment.id]
            factor = prod(frequency._length_factor_of(self) for frequency in later)
            values['price_unit'] = self._scaled_price(price, factor) if later else price
        return Change(amendment.date, values)

    def _price_after(self, frequency, before):
        """The price of a period of ``frequency``, where the values ``before`` were agreed until then."""
        row = frequency.change_ids.filtered(lambda change: change.factor and change.line_id == self)
        price = row.old_value if row and before['is_price_listed'] else before['price_unit']
        return self._scaled_price(price, frequency._length_factor_of(self))
