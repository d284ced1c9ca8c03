from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.import_template import in_language


class BillingIndexValue(models.Model):
    """What an index was worth in one month or quarter, as it was published."""

    _name = 'billing.index.value'
    _description = "Value of a Price Index"
    _order = 'index_id, month desc'

    index_id = fields.Many2one('billing.index', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='index_id.company_id', store=True, index=True)
    month = fields.Date(required=True, help="Any day of the month or quarter: its first day is kept.")
    period_name = fields.Char("Period", compute='_compute_period_name')
    value = fields.Float(required=True, digits=(16, 4))
    amendment_ids = fields.One2many('billing.amendment', 'index_value_id', readonly=True)

    _index_month_unique = models.Constraint(
        'UNIQUE(index_id, month)',
        "This index has a value for this month or quarter already: correct that one.",
    )
    _value_positive = models.Constraint('CHECK(value > 0)', "The value of an index is more than zero.")

    @api.depends('index_id.unit', 'month')
    def _compute_period_name(self):
        for value in self:
            value.period_name = value.month and value.index_id and value.index_id._month_text(value.month)

    @api.depends('index_id.code', 'period_name', 'value')
    def _compute_display_name(self):
        for value in self:
            number = value.index_id._value_text(value.value)
            value.display_name = f"{value.index_id.code} {value.period_name or ''}: {number}"

    @api.model_create_multi
    def create(self, vals_list):
        """A value that an import brings a second time is the same record, so that a series can be imported again."""
        vals_list = [self._on_first_day(vals) for vals in vals_list]
        known = self._known(vals_list) if self.env.context.get('import_file') else {}
        fresh = [vals for vals in vals_list if (vals.get('index_id'), vals.get('month')) not in known]
        created = iter(super().create(fresh))
        values = []
        for vals in vals_list:
            value = known.get((vals.get('index_id'), vals.get('month')))
            if value:
                value.value = vals.get('value')
            values.append(value or next(created))
        return self.concat(*values)

    def write(self, vals):
        for value in self if {'value', 'month', 'index_id'} & vals.keys() else ():
            row = value._on_first_day({'index_id': value.index_id.id, 'month': value.month, **vals})
            same = (value.index_id.id, value.month) == (row['index_id'], row['month'])
            if not same or vals.get('value', value.value) != value.value:
                value._refuse_if_used(value.amendment_ids._applied())
            super(BillingIndexValue, value).write({name: row[name] for name in vals})
        return super().write({name: vals[name] for name in vals if name not in ('value', 'month', 'index_id')})

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        for value in self:
            value._refuse_if_used(value.amendment_ids)

    def _refuse_if_used(self, amendments):
        if amendments:
            raise UserError(
                self.env._(
                    "%(value)s was used to revise prices: %(amendments)s. Undo the revision of these contracts first, "
                    "then correct the value and revise them again.",
                    value=self.display_name,
                    amendments=", ".join(amendments[:5].mapped('display_name')),
                ),
            )

    def _on_first_day(self, vals):
        """``vals`` with the first day of the month or quarter."""
        if not (vals.get('index_id') and vals.get('month')):
            return vals
        index = self.env['billing.index'].browse(vals['index_id'])
        return {**vals, 'month': index._month_of(fields.Date.to_date(vals['month']))}

    def _known(self, vals_list):
        """{(index, month): value} of those of ``vals_list`` that exist."""
        indices = [vals.get('index_id') for vals in vals_list]
        return {(value.index_id.id, value.month): value for value in self.search([('index_id', 'in', indices)])}

    @api.model
    def get_import_templates(self):
        """The file that Odoo's import offers for the values of indices."""
        return [
            {
                'label': self.env._("Values of indices"),
                'template': in_language(
                    '/recurring_billing/static/csv/index_values_import_template.csv', self.env.lang
                ),
            },
        ]
