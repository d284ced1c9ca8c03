from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.indexation import Revision, next_revision, revise_by_index, revise_by_percent
from ..tools.recurrence import Recurrence
from .billing_revision_mixin import REVISION_TERMS

PROPOSED = {'compute': '_compute_revision_terms', 'store': True, 'readonly': False, 'precompute': True}


class MissingIndexValue(UserError):
    """The index of a contract has no value for the month that counts."""


class RevisionPlan(NamedTuple):
    """What the revision that is due makes of a contract's prices.

    ``prices`` holds (version of a line, new price); ``now`` is the index value used, empty for a fixed percentage.
    """

    day: date
    prices: list[tuple[models.BaseModel, float]]
    ratio: float
    limit: str
    base_month: date | None = None
    base: float = 0.0
    now: models.BaseModel | None = None


class BillingContract(models.Model):
    """When and how the prices of a contract are revised."""

    _name = 'billing.contract'
    _inherit = ['billing.contract', 'billing.revision.mixin']

    revision = fields.Selection(default=None, tracking=True, **PROPOSED)
    revision_percent = fields.Float(tracking=True, **PROPOSED)
    revision_index_id = fields.Many2one(tracking=True, **PROPOSED)
    revision_lag = fields.Integer(tracking=True, **PROPOSED)
    revision_when = fields.Selection(default=None, tracking=True, **PROPOSED)
    revision_day = fields.Integer(default=None, **PROPOSED)
    revision_month = fields.Selection(default=None, **PROPOSED)
    revision_has_cap = fields.Boolean(**PROPOSED)
    revision_cap = fields.Float(tracking=True, **PROPOSED)
    revision_has_floor = fields.Boolean(**PROPOSED)
    revision_floor = fields.Float(tracking=True, **PROPOSED)
    revision_rounding = fields.Selection(default=None, **PROPOSED)
    revision_notice = fields.Integer(default=None, **PROPOSED)
    revision_agreed_on = fields.Date(
        "Prices Agreed On",
        compute='_compute_revision_agreed_on',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The day as of which the present prices hold: the first revision comes after it, and the index at base "
        "is that of this day. Of a contract taken over: the day of its last revision elsewhere.",
    )
    revision_base_month = fields.Date(
        "Base Month",
        compute='_compute_revision_base_month',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The month whose value the first revision starts from; each later one starts from the value used last.",
    )
    revision_base = fields.Float(
        "Index at Base",
        digits=(16, 4),
        compute='_compute_revision_base',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Agreed with the customer: it stays when the index is corrected later.",
    )
    next_revision_date = fields.Date(
        "Next Revision", compute='_compute_next_revision_date', store=True, index='btree_not_null'
    )

    # === COMPUTE METHODS === #

    @api.depends('plan_id')
    def _compute_revision_terms(self):
        for contract in self:
            plan = contract.plan_id
            for name, default in REVISION_TERMS.items():
                contract[name] = plan[name] if plan else contract[name] or default

    @api.depends('date_start')
    def _compute_revision_agreed_on(self):
        for contract in self:
            contract.revision_agreed_on = contract.date_start

    @api.depends('revision_index_id', 'revision_lag', 'revision_agreed_on')
    def _compute_revision_base_month(self):
        for contract in self:
            index, day = contract.revision_index_id, contract.revision_agreed_on
            contract.revision_base_month = index and day and index._month_of(day, max(contract.revision_lag, 0))

    @api.depends('revision_index_id', 'revision_base_month')
    def _compute_revision_base(self):
        for contract in self:
            index, month = contract.revision_index_id, contract.revision_base_month
            contract.revision_base = index._value_on(index._month_of(month)).value if index and month else 0.0

    @api.depends(
        'revision',
        'revision_when',
        'revision_day',
        'revision_month',
        'revision_agreed_on',
        'date_start',
        'date_end',
        'amendment_ids.state',
        'amendment_ids.revision_date',
    )
    def _compute_next_revision_date(self):
        for contract in self:
            day = contract._next_revision()
            contract.next_revision_date = day if day and day <= (contract.date_end or date.max) else False

    def _next_revision(self):
        """The date of the first revision that was not made yet; None without terms."""
        if self.revision == 'none' or not (self.date_start and self.revision_agreed_on):
            return None
        on = {}
        if self.revision_when == 'fixed':
            if not 1 <= self.revision_day <= 31:
                return None
            on = {'day': self.revision_day, 'month': int(self.revision_month or 1)}
        done = self._revisions().mapped('revision_date')
        return next_revision(Recurrence(self.date_start, 'year', 1, **on), max([self.revision_agreed_on, *done]))

    # === BUSINESS METHODS === #

    def _revisions(self):
        """The revisions of these prices that count, in the order of their dates."""
        return self.amendment_ids._applied().filtered('revision_date').sorted('revision_date')

    def _plan_revision(self, day):
        """What the revision that comes next would make of the prices if they hold from ``day`` on.

        :raises UserError: no value of the index, no line to revise: with the remedy
        """
        self.ensure_one()
        lines = self._lines_to_revise(day)
        if self.revision == 'percent':
            percent = Decimal(str(self.revision_percent))
            return self._revision_plan(lines, lambda price: revise_by_percent(price, percent, self._price_step()))
        base_month, base = self._index_at_base()
        now = self._index_value(self.revision_index_id._month_of(self.next_revision_date, self.revision_lag))
        values = (Decimal(str(base)), Decimal(str(now.value)))
        cap, floor = self._revision_bounds()
        plan = self._revision_plan(
            lines, lambda price: revise_by_index(price, *values, self._price_step(), cap=cap, floor=floor)
        )
        return plan._replace(base_month=base_month, base=base, now=now)

    def _revision_plan(self, lines, revise):
        """The plan that ``revise``, a function of a price, makes of ``lines``."""
        revisions = [revise(Decimal(str(line.price_unit))) for line in lines]
        first: Revision = revisions[0]
        prices = [(line, float(revision.price)) for line, revision in zip(lines, revisions, strict=True)]
        return RevisionPlan(self.next_revision_date, prices, float(first.ratio), first.limit)

    def _lines_to_revise(self, day):
        """The versions that are in effect on ``day`` and whose price is revised."""
        lines = self.line_ids.filtered(
            lambda line: (
                line.kind == 'recurring'
                and not (line.display_type or line.is_price_listed or line.is_not_revised)
                and line._is_in_effect(day)
            ),
        )
        if not lines:
            raise UserError(
                self.env._(
                    "Contract %s has no price to revise: its lines follow a pricelist, are marked “Not Revised” or "
                    "have ended. Set the field “Price Revision” to “None”.",
                    self.name,
                ),
            )
        return lines

    def _index_at_base(self):
        """(month, value) from which the next revision starts: those of the last one, else those agreed."""
        done = self._revisions().filtered(lambda done: done.revision_date > self.revision_agreed_on)
        same = done.filtered(lambda done: done.index_value_id.index_id == self.revision_index_id)
        if same:
            return same[-1].index_value_id.month, same[-1].index_now
        month = self.revision_index_id._month_of(self.revision_base_month or self.revision_agreed_on)
        return month, self.revision_base or self._index_value(month).value

    def _index_value(self, month):
        """The value of the contract's index for ``month``, as a record.

        :raises UserError: it is missing: no other one takes its place
        """
        index = self.revision_index_id
        if value := index._value_on(month):
            return value
        raise MissingIndexValue(
            self.env._(
                "No value of %(index)s for %(month)s. Enter or import it in Configuration › Indices, then compute "
                "again.",
                index=index.display_name,
                month=index._month_text(month),
            ),
        )

    def _price_step(self):
        """What a new price is a multiple of, as Decimal."""
        steps = {
            'price': Decimal(10) ** -self.env['decimal.precision'].precision_get('Product Price'),
            'currency': Decimal(str(self.currency_id.rounding)),
            'tenth': Decimal("0.1"),
            'unit': Decimal(1),
        }
        return steps[self.revision_rounding]

    def _revise(self, plan, day, today):
        """Write ``plan`` down as an amendment from ``day`` on."""
        return self._amend(
            'indexation',
            day,
            today,
            lines=[(line, {'price_unit': price}) for line, price in plan.prices],
            revision_date=plan.day,
            revision_ratio=plan.ratio,
            revision_limit=plan.limit or False,
            index_value_id=plan.now.id if plan.now else False,
            index_now=plan.now.value if plan.now else 0.0,
            index_base=plan.base,
            index_base_month=plan.base_month,
        )

    def _amounts_revised(self, plan, day):
        """(before, after) of one period without taxes, by the terms of ``day``."""
        before, after = self._bills_on(day), self._bills_on(day, dict(plan.prices))
        return self._tax_totals(before)[0], self._tax_totals(after)[0]
