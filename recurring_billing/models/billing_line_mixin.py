from odoo import api, fields, models
from odoo.exceptions import ValidationError


class BillingLineMixin(models.AbstractModel):
    """What the line of a contract and that of a plan share: neither quantity nor price is below zero.

    `_name_in_texts` says how messages name a record.
    """

    _name = 'billing.line.mixin'
    _description = "Line at a Price"

    quantity = fields.Float(digits='Product Unit', required=True)
    price_unit = fields.Float("Price", digits='Product Price')
    discount = fields.Float("Discount (%)", digits='Discount')

    _discount_is_a_share = models.Constraint(
        'CHECK(discount BETWEEN 0 AND 100)',
        "A discount is a percentage between 0 and 100.",
    )

    @api.constrains('quantity', 'price_unit')
    def _check_amount_not_negative(self):
        for line in self:
            if line.quantity < 0 or line.price_unit < 0:
                raise ValidationError(
                    self.env._(
                        "%s: quantity or price is negative. Enter zero or more in both; what is owed back is a credit "
                        "note.",
                        line._name_in_texts(),
                    ),
                )
