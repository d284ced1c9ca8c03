from odoo import api, fields, models
from odoo.exceptions import ValidationError

UNITS = [('day', "Days"), ('week', "Weeks"), ('month', "Months"), ('year', "Years")]
PRESETS = {
    'monthly': ('month', 1),
    'quarterly': ('month', 3),
    'half_yearly': ('month', 6),
    'yearly': ('year', 1),
}
FREQUENCIES = [
    ('monthly', "Monthly"),
    ('quarterly', "Quarterly"),
    ('half_yearly', "Half-yearly"),
    ('yearly', "Yearly"),
    ('custom', "Custom"),
]


class BillingFrequency(models.AbstractModel):
    """How often something is invoiced: shared by the plan, which offers it, and the contract, which takes a copy."""

    _name = 'billing.frequency.mixin'
    _description = "Billing Frequency"

    frequency = fields.Selection(
        FREQUENCIES,
        required=True,
        compute='_compute_frequency',
        inverse='_inverse_frequency',
        store=True,
        readonly=False,
        precompute=True,
    )
    recurrence_interval = fields.Integer("Every", default=1, required=True)
    recurrence_unit = fields.Selection(UNITS, "Unit", default='month', required=True)
    timing = fields.Selection(
        [('advance', "In advance"), ('arrears', "In arrears")],
        default='advance',
        required=True,
        help="In advance: invoiced on the first day of the period. In arrears: on its last day.",
    )

    @api.depends('recurrence_interval', 'recurrence_unit')
    def _compute_frequency(self):
        names = {steps: name for name, steps in PRESETS.items()}
        for record in self:
            steps = (record.recurrence_unit, record.recurrence_interval)
            record.frequency = names.get(steps, 'custom')

    @api.constrains('recurrence_interval')
    def _check_recurrence_interval(self):
        for record in self:
            if record.recurrence_interval < 1:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “Every”: %(interval)s is refused. Enter 1 or more days, weeks, months or "
                        "years.",
                        record=record.display_name,
                        interval=record.recurrence_interval,
                    ),
                )

    @api.onchange('frequency')
    def _inverse_frequency(self):
        for record in self:
            if record.frequency in PRESETS:
                record.recurrence_unit, record.recurrence_interval = PRESETS[record.frequency]
