from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ..models.billing_contract_line_version import AGREED

# What a row shows of what a line agrees; a price that is typed is one of its own, not the list's.
TYPED = tuple(name for name in AGREED if name != 'is_price_listed')


class BillingContractChangeLine(models.TransientModel):
    """A line as it is to be from the day of the change on: one that is agreed already, or a new one."""

    _name = 'billing.contract.change.line'
    _description = "Line of a Contract's Change"

    change_id = fields.Many2one('billing.contract.change', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='change_id.company_id')
    currency_id = fields.Many2one(related='change_id.currency_id')
    line_id = fields.Many2one('billing.contract.line', help="What is changed, by its first version. Empty: new.")
    version_id = fields.Many2one('billing.contract.line', compute='_compute_version_id')
    kind = fields.Selection(
        [('recurring', "Every period"), ('setup', "Once"), ('usage', "By usage")],
        "Billed",
        compute='_compute_kind',
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    meter = fields.Char(help="Of a new line by usage: how the metering system calls it. Tiers follow on the line.")
    product_id = fields.Many2one(
        'product.product',
        required=True,
        domain="[('sale_ok', '=', True)]",
        compute='_compute_product_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    name = fields.Text(
        "Description", required=True, compute='_compute_name', store=True, readonly=False, precompute=True
    )
    quantity = fields.Float(
        digits='Product Unit', compute='_compute_product_id', store=True, readonly=False, precompute=True
    )
    product_uom_id = fields.Many2one(
        'uom.uom', "Unit", compute='_compute_name', store=True, readonly=False, precompute=True
    )
    price_unit = fields.Float(
        "Price",
        digits='Product Price',
        compute='_compute_name',
        store=True,
        readonly=False,
        precompute=True,
        help="For one unit and one whole period.",
    )
    discount = fields.Float(
        "Discount (%)", digits='Discount', compute='_compute_product_id', store=True, readonly=False, precompute=True
    )
    tax_ids = fields.Many2many(
        'account.tax',
        domain="[('type_tax_use', '=', 'sale')]",
        compute='_compute_name',
        store=True,
        readonly=False,
        precompute=True,
    )
    is_ended = fields.Boolean("End", help="Owed until the day before.")
    # what the values were proposed for: what was typed since stays until that changes
    proposed_id = fields.Many2one(
        'billing.contract.line', compute='_compute_product_id', store=True, readonly=False, precompute=True
    )
    proposed_for = fields.Char(compute='_compute_name', store=True, readonly=False, precompute=True)

    @api.depends('line_id', 'change_id.date')
    def _compute_version_id(self):
        for row in self:
            if not row.line_id or row.change_id._is_within():
                row.version_id = row.line_id and row.line_id._version_on(row.change_id.date)
            else:  # a day that cannot be: what was typed stays until it is corrected
                row.version_id = row.proposed_id or row.line_id

    @api.depends('line_id')
    def _compute_kind(self):
        for row in self:
            row.kind = row.line_id.kind or row.kind or 'recurring'

    @api.depends('version_id')
    def _compute_product_id(self):
        for row in self:
            version = row.version_id
            is_other = version != row.proposed_id
            row.product_id = version.product_id if is_other else row.product_id
            row.quantity = version.quantity if is_other else row.quantity or (0.0 if version else 1.0)
            row.discount = version.discount if is_other else row.discount
            row.proposed_id = version

    @api.depends(
        'product_id',
        'version_id',
        'change_id.frequency',
        'change_id.recurrence_interval',
        'change_id.recurrence_unit',
    )
    def _compute_name(self):
        for row in self:
            key = f"{row.version_id.id} {row.product_id.id} {row._length_factor()}"
            source = row if row.proposed_for == key else row._source()
            is_own = source == row
            row.name = source.name
            row.product_uom_id = source.product_uom_id
            row.price_unit = row.price_unit if is_own else row._proposed_price() * row._length_factor()
            row.tax_ids = source.tax_ids._origin
            row.proposed_for = key

    @api.constrains('discount')
    def _check_discount(self):
        for row in self:
            if not 0 <= row.discount <= 100:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s, field “Discount (%%)”: %(discount)s is refused. Enter 0 "
                        "to 100.",
                        contract=row.change_id.contract_id.name,
                        line=row.name.splitlines()[0],
                        discount=f"{row.discount:g}",
                    ),
                )

    def _source(self):
        """Where description, unit, price and taxes come from: what is agreed, or what the product proposes."""
        version = self.version_id
        if version and self.product_id == version.product_id:
            return version
        return version.new(
            {
                'contract_id': self.change_id.contract_id.id,
                'product_id': self.product_id.id,
                'quantity': self.quantity,
                'date_start': self.change_id.date,
            },
        )

    def _proposed_price(self):
        """The price of a period as it is now: what is agreed, or what the list says on the day of the change."""
        source, day = self._source(), self.change_id.date
        return source._price_on(day) if day else source.price_unit

    def _length_factor(self):
        """How much more the wanted periods cost than those agreed; 1.0 for a product that is new."""
        change = self.change_id
        is_agreed = self.version_id and self.product_id == self.version_id.product_id
        if not is_agreed or self.kind == 'usage' or not change._is_new_frequency():
            return 1.0
        return self.version_id._length_factor(change.date, change._wanted_recurrence())

    def _wanted(self):
        """{name: value} of what is wanted otherwise than agreed; None: the line ends."""
        self.ensure_one()
        if self.is_ended:
            return None
        wanted = {name: self._plain(name) for name in TYPED if self[name] != self.version_id[name]}
        if self.version_id.is_price_listed:
            wanted.pop('price_unit', None)
            digits = self.env['decimal.precision'].precision_get('Product Price')
            if float_compare(self.price_unit, self._proposed_price(), precision_digits=digits):
                wanted['price_unit'] = self.price_unit
        return wanted

    def _added_values(self):
        """Values of the new line that this row asks for."""
        self.ensure_one()
        values = {name: self._plain(name) for name in TYPED}
        usage = {'quantity': 0.0, 'meter': self.meter} if self.kind == 'usage' else {}
        return {**values, **usage, 'kind': self.kind, 'tax_ids': [Command.set(values['tax_ids'])]}

    def _plain(self, name):
        value = self[name]
        if self._fields[name].type == 'many2many':
            return value.ids
        return value.id if self._fields[name].type == 'many2one' else value
