from odoo import api, fields, models

from .billing_usage_terms_mixin import USAGE_TERMS


class BillingPlanLine(models.Model):
    """What a plan sells by usage: each contract of the plan takes a copy of its prices."""

    _name = 'billing.plan.line'
    _inherit = ['billing.plan.line', 'billing.usage.terms.mixin']

    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    tier_ids = fields.One2many(
        'billing.plan.tier', 'line_id', copy=True, help="Empty: each unit costs the price of the line."
    )

    @api.depends('company_id')
    @api.depends_context('company')
    def _compute_currency_id(self):
        for line in self:
            line.currency_id = (line.company_id or self.env.company).currency_id

    @api.constrains('kind', 'tier_ids', 'usage_scheme', 'usage_package', 'discount')
    def _check_usage_terms(self):
        for line in self.filtered(lambda line: line.kind == 'usage'):
            line._refuse_usage_terms(is_price_listed=False)

    def _contract_values(self):
        values = super()._contract_values()
        return {**values, 'quantity': 0.0} if self.kind == 'usage' else values


class BillingContract(models.Model):
    """A draft takes what its plan says of usage, for the length of its own periods."""

    _inherit = 'billing.contract'

    def write(self, vals):
        result = super().write(vals)
        if {'frequency', 'recurrence_unit', 'recurrence_interval'} & vals.keys():
            self.filtered(lambda contract: contract.state == 'draft').line_ids._take_plan_usage()
        return result


class BillingContractLine(models.Model):
    _inherit = 'billing.contract.line'

    @api.model_create_multi
    def create(self, vals_list):
        """EXTENDS: a metered line of a plan takes its prices, which the screens of a contract do not send."""
        lines = super().create(vals_list)
        own = zip(lines, vals_list, strict=True)
        self.concat(*(line for line, vals in own if not USAGE_TERMS & vals.keys()))._take_plan_usage()
        return lines

    def _take_plan_usage(self):
        """Price these metered lines as their plan does, for the frequency of their contract.

        What the plan does not offer costs as much as it is long; a frequency that cannot be is refused elsewhere.
        """
        for line in self.filtered(lambda line: line.kind == 'usage' and line.plan_line_id):
            plan = line.plan_line_id.plan_id
            frequency = line.contract_id.recurrence_unit, line.contract_id.recurrence_interval
            if frequency[1] > 0:
                length = plan._length(*frequency)
                line.write(line.plan_line_id._usage_values(length, plan._factor(*frequency) or length))
