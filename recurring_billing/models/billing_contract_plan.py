from odoo import Command, api, fields, models

from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_notice_mixin import NOTICE_TERMS


class BillingContract(models.Model):
    """What a contract takes from its plan: a copy of the lines while it is a draft, later only by an amendment."""

    _inherit = 'billing.contract'

    offered_method_ids = fields.Many2many(related='plan_id.payment_method_line_ids')

    @api.onchange('plan_id')
    def _onchange_plan_id(self):
        self._take_plan_lines()

    @api.onchange('frequency', 'recurrence_unit', 'recurrence_interval')
    def _onchange_frequency(self):
        self._price_by_plan()

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts.filtered(lambda contract: not contract.line_ids)._take_plan_lines()
        return contracts

    def _take_plan_lines(self):
        """Give these drafts the lines of their plan, unless they have lines of their own."""
        for contract in self.filtered(lambda contract: contract.state == 'draft' and contract.plan_id.line_ids):
            if all(line.plan_line_id for line in contract.line_ids):
                values = [line._contract_values() for line in contract.plan_id.line_ids]
                contract.line_ids = [Command.clear(), *map(Command.create, values)]
                contract._price_by_plan()

    def _price_by_plan(self):
        """Price the lines that came from the plan for the frequency of these contracts, where the plan offers it."""
        for contract in self.filtered(lambda contract: contract.state == 'draft' and contract._plan_factor()):
            for line in contract.line_ids.filtered('plan_line_id'):
                line.price_unit = line._plan_price()

    def _plan_factor(self, day=None):
        """What a period of this contract costs in periods of its plan; None where the plan does not offer it.

        :param day: by the frequency of that day, the one shown if not given
        """
        self.ensure_one()
        if day:
            grid = self._recurrence_on(day)
            return self.plan_id._factor(grid.unit, grid.interval)
        return self.plan_id._factor(self.recurrence_unit, self.recurrence_interval)

    # === A NEW VERSION OF THE PLAN === #

    def _plan_differences(self, day):
        """How this contract differs on ``day`` from what its plan says now, as arguments of `_amend`.

        Quantities and lines of the customer's own stay. Prices stay where the plan does not offer the frequency.
        """
        self.ensure_one()
        items = self.line_ids.filtered(lambda line: line.plan_line_id and line.kind == 'recurring' and not line.root_id)
        versions = [(item, item._version_on(day)) for item in items]
        lines = [(item, wanted) for item, version in versions if version and (wanted := version._plan_wanted(day))]
        missing = self.plan_id.line_ids.filtered(lambda line: line.kind == 'recurring') - items.plan_line_id
        terms = {name: self.plan_id._plain_term(name) for name in (*COMMITMENT_TERMS, *NOTICE_TERMS)}
        return {
            'lines': lines,
            'added': [self._plan_line_values(line, day) for line in missing] if items else [],
            'terms': {name: value for name, value in terms.items() if value != self._plain_term(name)},
        }

    def _plan_line_values(self, plan_line, day):
        """Values of the line that this running contract takes from ``plan_line`` on ``day``, with its price."""
        line = self.env['billing.contract.line'].new({**plan_line._contract_values(), 'contract_id': self.id})
        return {**plan_line._contract_values(), 'price_unit': line._plan_price(day)}

    def _follow_plan(self, day, today):
        """Bring this running contract to what its plan says now, from ``day`` on.

        :return: the amendment, empty where nothing differs
        """
        differences = self._plan_differences(day)
        if not any(differences.values()):
            return self.env['billing.amendment']
        return self._amend('plan', day, today, **differences)


class BillingContractLine(models.Model):
    """A line that came from a plan knows from which of its lines."""

    _inherit = 'billing.contract.line'

    plan_line_id = fields.Many2one('billing.plan.line', readonly=True, index='btree_not_null', ondelete='set null')

    def _plan_price(self, day=None):
        """The price of this line by its plan, for one period of its contract: on ``day``, or at its start."""
        self.ensure_one()
        contract, plan_line = self.contract_id, self.plan_line_id
        factor = contract._plan_factor(day) or 1.0
        day = day or self.date_start or contract.date_start or fields.Date.context_today(self)
        price = plan_line.price_unit if plan_line.price_from == 'fixed' else self._listed_price(day)
        return price * factor if self.kind == 'recurring' else price

    def _plan_wanted(self, day):
        """{name: value} of what the plan says otherwise for ``day`` than this version."""
        self.ensure_one()
        plan_line = self.plan_line_id
        wanted = {'discount': plan_line.discount}
        if self.product_id != plan_line.product_id:
            other = self.new({**plan_line._contract_values(), 'contract_id': self.contract_id.id})
            wanted |= {name: other._plain(name) for name in ('product_id', 'name', 'tax_ids')}
        if plan_line.price_from == 'fixed' and not self.is_price_listed and self.contract_id._plan_factor(day):
            wanted['price_unit'] = self._plan_price(day)
        agreed = self._agreed()
        return {name: value for name, value in wanted.items() if value != agreed[name]}
