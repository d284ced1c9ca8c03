from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_repr, format_date

from ..tools.indexation import reference_month

MONTHS_OF = {'monthly': 1, 'quarterly': 3}


class BillingIndex(models.Model):
    """A published index by which prices are revised."""

    _name = 'billing.index'
    _description = "Price Index"
    _order = 'code, id'
    _rec_names_search = ['code', 'name']
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name, by which a spreadsheet of values names the index.")
    unit = fields.Selection(
        [('monthly', "Monthly"), ('quarterly', "Quarterly")],
        "Published",
        default='monthly',
        required=True,
        help="Quarterly: one value stands for the three months of its quarter.",
    )
    source = fields.Char(help="Who publishes it, or the page where its values are read.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True, help="Leave empty to offer the index in all companies.")
    value_ids = fields.One2many('billing.index.value', 'index_id', "Values")
    latest_month = fields.Char("Latest", compute='_compute_latest')
    latest_value = fields.Float(compute='_compute_latest', digits=(16, 4))

    _code_company_unique = models.UniqueIndex(
        "(upper(code), COALESCE(company_id, 0))",
        "Another index of the company has this code: choose another one.",
    )

    @api.depends('unit', 'value_ids.month', 'value_ids.value')
    def _compute_latest(self):
        for index in self:
            latest = index.value_ids.sorted('month')[-1:]
            index.latest_value = latest.value
            index.latest_month = latest.month and index._month_text(latest.month)

    @api.constrains('unit')
    def _check_unit(self):
        for index in self:
            if any(value.month != index._month_of(value.month) for value in index.value_ids):
                raise ValidationError(
                    self.env._(
                        "Index %s, field “Published”: it has values for single months, which are no quarters. Keep "
                        "“Monthly”, or delete its values and import those of the quarters.",
                        index.display_name,
                    ),
                )

    def action_values(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_index_value_action')
        return {**action, 'domain': [('index_id', '=', self.id)], 'context': {'default_index_id': self.id}}

    def _month_of(self, day, lag=0):
        """The first day of the month or quarter whose value counts on ``day``, ``lag`` months before."""
        self.ensure_one()
        return reference_month(day, lag, MONTHS_OF[self.unit])

    def _value_on(self, month):
        """The value of the month or quarter that begins on ``month``, as a record; empty where it is missing."""
        self.ensure_one()
        return self.value_ids.filtered(lambda value: value.month == month)

    def _month_text(self, month, style='MMMM y'):
        """``month`` as people name it: “March 2026”, or “Q1 2026” of a quarterly index."""
        self.ensure_one()
        return format_date(self.env, month, date_format='QQQ y' if self.unit == 'quarterly' else style)

    def _dated_text(self, value, month):
        """A value with its month, short enough for a column: “321.4 (03/2026)”."""
        return f"{self._value_text(value)} ({self._month_text(month, 'MM/y')})"

    @api.model
    def _value_text(self, value):
        """An index value with the decimals it was published with, in the language of the reader."""
        exact = Decimal(str(value)).normalize()
        digits = max(-exact.as_tuple().exponent, 0)
        lang = self.env['res.lang']._lang_get(self.env.lang or self.env.user.lang or 'en_US')
        return float_repr(value, digits).replace('.', lang.decimal_point)
