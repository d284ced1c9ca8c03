from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .billing_frequency_mixin import LONGEST, UNITS


class BillingPlanFrequency(models.Model):
    """Another frequency that a plan offers, and what a period costs then."""

    _name = 'billing.plan.frequency'
    _description = "Offered Frequency"
    _order = 'plan_id, sequence, id'

    plan_id = fields.Many2one('billing.plan', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True, index='btree_not_null')
    sequence = fields.Integer(default=10)
    recurrence_interval = fields.Integer("Every", default=1, required=True)
    recurrence_unit = fields.Selection(UNITS, "Unit", default='year', required=True)
    price_factor = fields.Float(
        digits=(12, 4),
        compute='_compute_price_factor',
        store=True,
        readonly=False,
        precompute=True,
        help="What a period costs, in periods of the plan: 10 for a year against months means two months free.",
    )

    _plan_frequency_unique = models.UniqueIndex(
        "(plan_id, recurrence_unit, recurrence_interval)",
        "The plan offers this frequency already, on its page “Frequencies”. Delete one of the two rows.",
    )

    @api.depends('recurrence_unit', 'recurrence_interval')
    def _compute_display_name(self):
        contracts = self.env['billing.contract']
        for offer in self:
            offer.display_name = contracts._frequency_text(offer.recurrence_unit, offer.recurrence_interval)

    @api.depends('recurrence_unit', 'recurrence_interval', 'plan_id')
    def _compute_price_factor(self):
        """As many periods of the plan as fit in, until something else is entered."""
        for offer in self:
            plan = offer.plan_id
            is_complete = plan.recurrence_unit and offer.recurrence_unit and offer.recurrence_interval > 0
            if is_complete and plan.recurrence_interval > 0:
                offer.price_factor = plan._length(offer.recurrence_unit, offer.recurrence_interval)
            else:
                offer.price_factor = 1.0

    @api.constrains('price_factor')
    def _check_price_factor(self):
        for offer in self:
            if offer.price_factor <= 0:
                raise ValidationError(
                    self.env._(
                        "Plan %(plan)s, offered frequency %(frequency)s, field “Price Factor”: %(factor)s is refused. "
                        "Enter more than zero: what a period costs, in periods of the plan.",
                        plan=offer.plan_id.display_name,
                        frequency=offer.display_name,
                        factor=f"{offer.price_factor:g}",
                    ),
                )

    @api.constrains('recurrence_interval')
    def _check_recurrence_interval(self):
        for offer in self:
            if not 1 <= offer.recurrence_interval <= LONGEST:
                raise ValidationError(
                    self.env._(
                        "Plan %(plan)s, offered frequency, field “Every”: %(interval)s is refused. Enter 1 to "
                        "%(longest)s.",
                        plan=offer.plan_id.display_name,
                        interval=offer.recurrence_interval,
                        longest=LONGEST,
                    ),
                )
