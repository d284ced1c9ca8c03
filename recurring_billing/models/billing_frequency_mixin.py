from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import Recurrence

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
LONGEST = 400  # units of a period, or days between a period and its invoice: more is a slip of the pen
MONTHS = [
    ('1', "January"),
    ('2', "February"),
    ('3', "March"),
    ('4', "April"),
    ('5', "May"),
    ('6', "June"),
    ('7', "July"),
    ('8', "August"),
    ('9', "September"),
    ('10', "October"),
    ('11', "November"),
    ('12', "December"),
]
WEEKDAYS = [
    ('0', "Monday"),
    ('1', "Tuesday"),
    ('2', "Wednesday"),
    ('3', "Thursday"),
    ('4', "Friday"),
    ('5', "Saturday"),
    ('6', "Sunday"),
]
PLAN_TERMS = {  # what a contract copies from its plan, and what it begins with where it has none
    'recurrence_unit': 'month',
    'recurrence_interval': 1,
    'timing': 'advance',
    'alignment': 'start',
    'anchor_month': '1',
    'anchor_weekday': '0',
    'invoice_offset': 0,
    'on_open_days': False,
    'proration': 'actual',
}


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
    alignment = fields.Selection(
        [('start', "Start of the contract"), ('calendar', "Calendar")],
        "Periods Counted From",
        default='start',
        required=True,
        help="Calendar: periods begin on fixed days, such as the first of each quarter; a contract that starts between "
        "them has a shorter first period, a share of the whole one.",
    )
    anchor_day = fields.Integer(
        "On Day",
        help="Day of the month on which a period begins; 31 is the last day of each month. Empty on a plan: the day on "
        "which the contract starts, the first of the month where periods follow the calendar.",
    )
    anchor_month = fields.Selection(MONTHS, "First Month", default='1', help="Month in which the first period begins.")
    anchor_weekday = fields.Selection(WEEKDAYS, "On Weekday", default='0', help="Day on which a period begins.")
    invoice_offset = fields.Integer(
        "Invoice Days After",
        help="Days between the first day of a period (in arrears: its last day) and its invoice. Negative: before.",
    )
    on_open_days = fields.Boolean(
        "On Bank Working Days",
        help="An invoice planned for a Saturday, a Sunday or a holiday of the euro's banks moves to the next working "
        "day; on the last day of a month, to the one before.",
    )
    proration = fields.Selection(
        [('actual', "By days"), ('thirty', "By months of 30 days"), ('none', "None: whole periods")],
        "Shorter Periods",
        default='actual',
        required=True,
        help="How a part of a period is billed: by its share of the days of the whole period, by months of 30 days, or "
        "as a whole period.",
    )
    has_month = fields.Boolean(compute='_compute_has_month')

    @api.depends('recurrence_interval', 'recurrence_unit')
    def _compute_frequency(self):
        names = {steps: name for name, steps in PRESETS.items()}
        for record in self:
            steps = (record.recurrence_unit, record.recurrence_interval)
            record.frequency = names.get(steps, 'custom')

    @api.depends('recurrence_unit', 'recurrence_interval', 'alignment')
    def _compute_has_month(self):
        for record in self:
            record.has_month = record._spans_months(record.recurrence_unit, record.recurrence_interval)

    @api.constrains('invoice_offset')
    def _check_invoice_offset(self):
        for record in self:
            if abs(record.invoice_offset) > LONGEST:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “Invoice Days After”: %(days)s is refused. Enter at most %(longest)s days "
                        "before or after.",
                        record=record.display_name,
                        days=record.invoice_offset,
                        longest=LONGEST,
                    ),
                )

    @api.constrains('anchor_day')
    def _check_anchor_day(self):
        for record in self:
            if not 0 <= record.anchor_day <= 31:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “On Day”: %(day)s is no day of the month. Enter 1 to 31 (31 is the last day "
                        "of each month).",
                        record=record.display_name,
                        day=record.anchor_day,
                    ),
                )

    @api.constrains('recurrence_unit', 'alignment', 'proration')
    def _check_terms_fit_unit(self):
        for record in self:
            if record.recurrence_unit == 'day' and record.alignment == 'calendar':
                raise ValidationError(
                    self.env._(
                        "%(record)s: periods counted in days have no place in the calendar. Set the field “Periods "
                        "Counted From” to the start of the contract, or count in weeks, months or years.",
                        record=record.display_name,
                    ),
                )
            if record.recurrence_unit in ('day', 'week') and record.proration == 'thirty':
                raise ValidationError(
                    self.env._(
                        "%(record)s: months of 30 days need periods in months or years. Set the field “Shorter "
                        "Periods” to “By days”.",
                        record=record.display_name,
                    ),
                )

    @api.constrains('recurrence_interval')
    def _check_recurrence_interval(self):
        for record in self:
            if not 1 <= record.recurrence_interval <= LONGEST:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “Every”: %(interval)s is refused. Enter 1 to %(longest)s days, weeks, "
                        "months or years.",
                        record=record.display_name,
                        interval=record.recurrence_interval,
                        longest=LONGEST,
                    ),
                )

    def _recurrence_from(self, start, unit, interval):
        """The grid of periods of ``interval`` ``unit``s of a contract that begins on ``start``.

        None while these terms are incomplete.
        """
        self.ensure_one()
        if not (start and unit and 1 <= interval <= LONGEST):
            return None
        by_month = unit in ('month', 'year') and 0 <= self.anchor_day <= 31
        by_weekday = unit == 'week' and self.alignment == 'calendar'
        return Recurrence(
            start,
            unit,
            interval,
            day=self.anchor_day if by_month else 0,
            month=int(self.anchor_month or 1) if self._spans_months(unit, interval) else 0,
            weekday=int(self.anchor_weekday or 0) if by_weekday else None,
        )

    def _spans_months(self, unit, interval):
        """Whether periods begin in fixed months of the year."""
        return self.alignment == 'calendar' and (unit == 'year' or (unit == 'month' and interval > 1))

    @api.onchange('frequency')
    def _inverse_frequency(self):
        for record in self:
            if record.frequency in PRESETS:
                record.recurrence_unit, record.recurrence_interval = PRESETS[record.frequency]
