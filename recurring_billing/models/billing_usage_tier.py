from decimal import Decimal

from odoo import api, fields, models

from ..tools.usage_rating import Tier


class BillingUsageTier(models.Model):
    """The price of the units above the tier before it and up to this one's end."""

    _name = 'billing.usage.tier'
    _description = "Tier of Usage Prices"
    _order = 'line_id, is_open, up_to, id'

    line_id = fields.Many2one('billing.contract.line', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')
    up_to = fields.Float(
        digits='Product Unit', help="The last unit of this tier. Zero: open, as the last tier must be."
    )
    is_open = fields.Boolean(compute='_compute_is_open', store=True)
    price = fields.Float(digits=(16, 6), required=True, help="For one unit.")
    flat = fields.Monetary("Flat Fee", help="Owed once a period as soon as this tier is reached.")

    _nothing_negative = models.Constraint(
        'CHECK(up_to >= 0 AND price >= 0 AND flat >= 0)',
        "A tier's end, price and flat fee are zero or more.",
    )

    @api.depends('up_to')
    def _compute_is_open(self):
        for tier in self:
            tier.is_open = not tier.up_to

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.line_id._refuse_other_usage_terms()
        return tiers

    def write(self, vals):
        self.line_id._refuse_other_usage_terms()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_before_the_first_bill(self):
        self.line_id._refuse_other_usage_terms()

    def _tier(self):
        self.ensure_one()
        price, flat = Decimal(str(self.price)), Decimal(str(self.flat))
        return Tier(Decimal(str(self.up_to)) if self.up_to else None, price, flat)
