from odoo import api, fields, models


class BillingPlanLine(models.Model):
    """What a plan sells: each contract of the plan takes a copy."""

    _name = 'billing.plan.line'
    _description = "Plan Line"
    _inherit = ['billing.line.mixin']
    _order = 'plan_id, sequence, id'
    _check_company_auto = True

    plan_id = fields.Many2one('billing.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True, index='btree_not_null')
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [('recurring', "Every period"), ('setup', "Once"), ('usage', "By usage")],
        "Billed",
        default='recurring',
        required=True,
        help="Once: in full with the first period, as a set-up fee. By usage: what was metered in a period, once that "
        "is over; each contract enters its meter.",
    )
    product_id = fields.Many2one(
        'product.product', required=True, check_company=True, domain="[('sale_ok', '=', True)]", ondelete='restrict'
    )
    name = fields.Text("Description", translate=True, help="Empty: the product's own, in the customer's language.")
    quantity = fields.Float(default=1.0)
    price_from = fields.Selection(
        [('fixed', "Price"), ('list', "List price")],
        "Priced By",
        default='fixed',
        required=True,
        help="List price: that of the customer's pricelist on the day of the start, multiplied by the factor of the "
        "frequency as any other.",
    )
    price_unit = fields.Float(
        compute='_compute_price_unit',
        store=True,
        readonly=False,
        precompute=True,
        help="For one unit and one period of the plan, in the currency of the contract.",
    )

    @api.depends('product_id')
    def _compute_price_unit(self):
        for line in self:
            line.price_unit = line.product_id.lst_price

    def _name_in_texts(self):
        return self.env._(
            "Plan %(plan)s, line %(line)s", plan=self.plan_id.display_name, line=self.product_id.display_name
        )

    def _contract_values(self):
        """Values of the line that a contract takes from this one; its price follows (see `_plan_price`)."""
        self.ensure_one()
        values = {
            'plan_line_id': self.id,
            'sequence': self.sequence,
            'kind': self.kind,
            'product_id': self.product_id.id,
            'quantity': self.quantity,
            'discount': self.discount,
        }
        return {**values, 'name': self.name} if self.name else values
