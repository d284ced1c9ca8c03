from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from ..tools.decimals import decimals


class BillingAmendmentChange(models.Model):
    """One value that an amendment changes: of a line, or of the contract itself."""

    _name = 'billing.amendment.change'
    _description = "Changed Value"
    _inherit = ['billing.guard.mixin']
    _order = 'amendment_id, id'
    _guarded = frozenset({'amendment_id', 'line_id', 'discount_id', 'name', 'old_value', 'new_value', 'factor'})

    amendment_id = fields.Many2one('billing.amendment', required=True, readonly=True, ondelete='cascade', index=True)
    line_id = fields.Many2one(
        'billing.contract.line',
        readonly=True,
        index='btree_not_null',
        ondelete='restrict',
        help="The first version of the line that is changed. Empty: the contract itself.",
    )
    discount_id = fields.Many2one('billing.discount', readonly=True, index='btree_not_null', ondelete='cascade')
    name = fields.Selection(
        [
            ('product_id', "Product"),
            ('name', "Description"),
            ('quantity', "Quantity"),
            ('price_unit', "Price"),
            ('product_uom_id', "Unit"),
            ('is_price_listed', "Follows Pricelist"),
            ('discount', "Discount (%)"),
            ('tax_ids', "Taxes"),
            ('end', "Ended"),
            ('recurrence', "Frequency"),
            ('date_end', "End"),
            ('payment_method_line_id', "Paid By"),
            ('mandate_id', "Mandate"),
            ('commitment_months', "Minimum Term"),
            ('renewal', "Renewal"),
            ('renewal_months', "Renewed By"),
            ('notice_count', "Notice"),
            ('notice_unit', "Unit of Notice"),
            ('early_fee', "Early-Termination Fee"),
            ('early_fee_percent', "Share (%)"),
            ('early_fee_amount', "Fee"),
            ('early_fee_product_id', "Fee Product"),
            ('pause_extends', "Pauses Push the Term"),
            ('change_timing', "Changes Hold"),
            ('notice_debit_days', "Debits Announced"),
            ('revision', "Price Revision"),
            ('revision_percent', "Change (%)"),
            ('revision_index_id', "Index"),
            ('revision_lag', "Months Back"),
            ('revision_when', "Revised On"),
            ('revision_day', "Day of Revision"),
            ('revision_month', "Month of Revision"),
            ('revision_has_cap', "Capped"),
            ('revision_cap', "Cap (%)"),
            ('revision_has_floor', "With a Floor"),
            ('revision_floor', "Floor (%)"),
            ('revision_rounding', "New Prices In"),
            ('revision_notice', "Announced Days Before"),
            ('revision_agreed_on', "Prices Agreed On"),
            ('revision_base_month', "Base Month"),
            ('revision_base', "Index at Base"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    old_value = fields.Json(readonly=True)
    new_value = fields.Json(readonly=True)
    factor = fields.Float(
        readonly=True,
        help="Of a price that follows the length of the periods: it is this times the price before, also where that "
        "is agreed otherwise later on.",
    )
    old_text = fields.Char("Before", compute='_compute_texts')
    new_text = fields.Char("After", compute='_compute_texts')

    @api.depends('name', 'old_value', 'new_value')
    @api.depends_context('lang')
    def _compute_texts(self):
        for change in self:
            change.old_text = change._text(change.old_value)
            change.new_text = change._text(change.new_value)

    def _text(self, value):
        """``value`` in the words of the screens."""
        self.ensure_one()
        if self.name == 'recurrence':
            return self.amendment_id.contract_id._frequency_text(*value)
        if self.name == 'end':
            return ""
        if self.name == 'date_end':
            return format_date(self.env, value) if value else self.env._("open-ended")
        owner = self.env['billing.contract.line' if self.line_id else 'billing.contract']
        field = owner._fields[self.name]
        if field.relational:
            return ", ".join(self.env[field.comodel_name].browse(value or []).mapped('display_name')) or self.env._(
                "none"
            )
        if self.name == 'price_unit':
            return self.line_id.currency_id._billing_price_text(value)
        if field.type == 'date':
            return format_date(self.env, value) if value else self.env._("none")
        if field.type == 'selection':
            return dict(field._description_selection(self.env))[value]
        if field.type == 'boolean':
            return self.env._("yes") if value else self.env._("no")
        return formatLang(self.env, value, digits=decimals(value)) if field.type == 'float' else str(value or 0)

    def _value(self):
        """The new value, as a line agrees it."""
        self.ensure_one()
        return self.new_value or [] if self.name == 'tax_ids' else self.new_value  # JSON keeps no empty list

    def _sentence(self):
        """What is changed, for the history: “Hosting: Quantity 1 → 3”."""
        self.ensure_one()
        label = dict(self._fields['name']._description_selection(self.env))[self.name]
        subject = self.line_id.name.splitlines()[0] if self.line_id else ""
        if self.discount_id:
            subject = self.discount_id._text()
        text = f"{label} {self.old_text} → {self.new_text}"
        if self.name == 'end':
            text = self.env._("until %s", format_date(self.env, fields.Date.subtract(self.amendment_id.date, days=1)))
        return self.env._("%(subject)s: %(text)s", subject=subject, text=text) if subject else text
