from odoo import Command, api, fields, models


class BillingContract(models.Model):
    """What a contract takes from its plan: a copy of the lines while it is a draft, later only by an amendment."""

    _inherit = 'billing.contract'

    offered_method_ids = fields.Many2many(related='plan_id.payment_method_line_ids')
    plan_copy = fields.Json(
        compute='_compute_plan_copy',
        store=True,
        precompute=True,
        help="The terms of the plan when the contract took them: what differs from them was negotiated.",
    )

    @api.depends('plan_id')
    def _compute_plan_copy(self):
        for contract in self:
            contract.plan_copy = contract.plan_id and contract.plan_id._terms_to_copy()

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
                line._unguarded()._compute_plan_copy()

    def _plan_factor(self, day=None):
        """What a period of this contract costs in periods of its plan; None where the plan does not offer it.

        :param day: by the frequency of that day, the one shown if not given
        """
        self.ensure_one()
        if day:
            grid = self._recurrence_on(day)
            return self.plan_id._factor(grid.unit, grid.interval)
        return self.plan_id._factor(self.recurrence_unit, self.recurrence_interval)


class BillingContractLine(models.Model):
    """A line that came from a plan knows from which of its lines."""

    _inherit = 'billing.contract.line'

    plan_line_id = fields.Many2one('billing.plan.line', readonly=True, index='btree_not_null', ondelete='set null')
    plan_copy = fields.Json(
        compute='_compute_plan_copy',
        store=True,
        precompute=True,
        help="What the plan said of this line when the contract took it. It stays where the plan drops the line.",
    )

    @api.depends('plan_line_id')
    def _compute_plan_copy(self):
        for line in self:
            line.plan_copy = line._terms_of_plan() if line.plan_line_id else line.plan_copy

    def _terms_of_plan(self, day=None):
        """{name: value} of what the plan says of this line on ``day``, or at its start."""
        plan_line = self.plan_line_id
        price = self._plan_price(day)
        return {'price_unit': price, 'discount': plan_line.discount, 'product_id': plan_line.product_id.id}

    def _plan_price(self, day=None):
        """The price of this line by its plan, for one period of its contract: on ``day``, or at its start."""
        self.ensure_one()
        contract, plan_line = self.contract_id, self.plan_line_id
        factor = contract._plan_factor(day) or 1.0
        day = day or self.date_start or contract.date_start or fields.Date.context_today(self)
        price = plan_line.price_unit if plan_line.price_from == 'fixed' else self._listed_price(day)
        return price * factor if self.kind == 'recurring' else price
