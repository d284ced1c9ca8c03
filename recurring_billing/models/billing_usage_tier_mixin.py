from decimal import Decimal

from odoo import api, fields, models

from ..tools.usage_rating import Tier


class BillingUsageTierMixin(models.AbstractModel):
    """The price of the units above the tier before it and up to this one's end; ``line_id`` is what they price."""

    _name = 'billing.usage.tier.mixin'
    _description = "Usage Price by Tier"
    _order = 'line_id, is_open, up_to, id'

    currency_id = fields.Many2one('res.currency')
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

    def _tier(self):
        self.ensure_one()
        price, flat = Decimal(str(self.price)), Decimal(str(self.flat))
        return Tier(Decimal(str(self.up_to)) if self.up_to else None, price, flat)
