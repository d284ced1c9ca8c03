import typing
from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, formatLang

from ..tools.proration import prorate, share


class Bill(typing.NamedTuple):
    """What a contract line owes for a period: ``part`` is the share of the whole period, the days are inclusive."""

    line: models.BaseModel
    first: date | None
    last: date | None
    part: Fraction
    quantity: float
    price_unit: float


class BillingContractLine(models.Model):
    _name = 'billing.contract.line'
    _description = "Recurring Contract Line"
    _inherit = ['analytic.mixin']
    _order = 'contract_id, sequence, id'
    _check_company_auto = True

    contract_id = fields.Many2one('billing.contract', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        'product.product',
        required=True,
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        ondelete='restrict',
    )
    name = fields.Text(
        "Description",
        required=True,
        compute='_compute_name',
        store=True,
        readonly=False,
        precompute=True,
        help="Printed on the invoice in front of the period.",
    )
    quantity = fields.Float(default=1.0, digits='Product Unit', required=True)
    product_uom_id = fields.Many2one(
        'uom.uom',
        "Unit",
        compute='_compute_product_uom_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    price_unit = fields.Float(
        "Price",
        digits='Product Price',
        required=True,
        help="For one unit and one whole period.",
        compute='_compute_price_unit',
        store=True,
        readonly=False,
        precompute=True,
    )
    tax_ids = fields.Many2many(
        'account.tax',
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
        compute='_compute_tax_ids',
        store=True,
        readonly=False,
        precompute=True,
    )
    date_start = fields.Date("From", help="Empty: from the start of the contract.")
    date_end = fields.Date("Until", help="Last day that is invoiced. Empty: until the end of the contract.")
    price_subtotal = fields.Monetary("Amount", compute='_compute_price_subtotal', store=True)

    @api.depends('product_id')
    def _compute_name(self):
        for line in self:
            product = line.product_id.with_context(lang=line.partner_id.lang)
            line.name = product.get_product_multiline_description_sale() if product else line.name

    @api.depends('product_id')
    def _compute_product_uom_id(self):
        for line in self:
            line.product_uom_id = line.product_id.uom_id

    @api.depends('product_id')
    def _compute_price_unit(self):
        for line in self:
            contract, product = line.contract_id, line.product_id.with_company(line.company_id)
            line.price_unit = product.currency_id._convert(
                product.lst_price,
                contract.currency_id or product.currency_id,
                contract.company_id or self.env.company,
                contract.date_start or fields.Date.context_today(line),
                round=False,
            )

    @api.depends('product_id', 'contract_id.fiscal_position_id', 'company_id')
    def _compute_tax_ids(self):
        for line in self:
            company = line.company_id or line.contract_id.company_id
            taxes = line.product_id.taxes_id._filter_taxes_by_company(company)
            if not taxes and not line.product_id.taxes_id:
                taxes = company.account_sale_tax_id
            line.tax_ids = line.contract_id.fiscal_position_id.map_tax(taxes)

    @api.depends('quantity', 'price_unit', 'tax_ids', 'currency_id')
    def _compute_price_subtotal(self):
        for line in self:
            line.price_subtotal = line.contract_id._tax_totals([line._whole_period()])[0]

    @api.depends('product_id', 'partner_id')
    def _compute_analytic_distribution(self):
        for line in self:
            distribution = self.env['account.analytic.distribution.model']._get_distribution(
                {
                    'product_id': line.product_id.id,
                    'product_categ_id': line.product_id.categ_id.id,
                    'partner_id': line.partner_id.id,
                    'partner_category_id': line.partner_id.category_id.ids,
                    'company_id': line.company_id.id,
                },
            )
            line.analytic_distribution = distribution or line.analytic_distribution

    @api.constrains('quantity', 'price_unit')
    def _check_amount_not_negative(self):
        for line in self:
            if line.quantity * line.price_unit < 0:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s: quantity times price is negative. "
                        "Enter a price of zero or more; what is owed back is a credit note.",
                        contract=line.contract_id.display_name,
                        line=line.name,
                    ),
                )

    @api.constrains('date_start', 'date_end')
    def _check_dates_in_order(self):
        for line in self:
            if line.date_start and line.date_end and line.date_end < line.date_start:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s ends before it starts: correct the field “Until”.",
                        contract=line.contract_id.display_name,
                        line=line.name,
                    ),
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unbilled(self):
        billed = self.env['account.move.line'].search([('billing_contract_line_id', 'in', self.ids)], limit=1)
        if billed:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, line %(line)s was invoiced in %(invoice)s and cannot be deleted: "
                    "enter its last day in the column “Until”.",
                    contract=billed.billing_contract_id.display_name,
                    line=billed.billing_contract_line_id.name,
                    invoice=billed.move_id.name,
                ),
            )

    def _whole_period(self):
        """What this line bills for a period that it fills."""
        self.ensure_one()
        return Bill(self, None, None, Fraction(1), self.quantity, self.price_unit)

    def _owed(self, slot):
        """What this line owes for the days of ``slot``, or None.

        A part of a period is owed by days, rounded once, and stands as one amount: price times quantity of a cut price
        would round twice.
        """
        self.ensure_one()
        first = max(slot.start, self.date_start or slot.start)
        last = min(slot.end, self.date_end or slot.end)
        part = share(first, last, slot.whole.start, slot.whole.end) if first <= last else 0
        if not part:
            return None
        if part == 1:
            return Bill(self, first, last, part, self.quantity, self.price_unit)
        full = Decimal(str(self.quantity)) * Decimal(str(self.price_unit))
        rounding = Decimal(str(self.currency_id.rounding or 0.01))
        return Bill(self, first, last, part, 1.0, float(prorate(full, part, rounding)))

    def _label(self, bill):
        """The text of the invoice line, in the customer's language: what, which days, which share."""
        self.ensure_one()
        env = self.with_context(lang=self.partner_id.lang).env
        texts = {
            'name': " ".join(self.name.split()),
            'first': format_date(env, bill.first),
            'last': format_date(env, bill.last),
        }
        if bill.part == 1:
            return env._("%(name)s, from %(first)s to %(last)s", **texts)
        days = (bill.last - bill.first).days + 1
        return env._(
            "%(name)s, from %(first)s to %(last)s (%(days)s/%(whole)s days of %(full)s)",
            **texts,
            days=days,
            whole=int(days / bill.part),
            full=formatLang(env, self.quantity * self.price_unit, currency_obj=self.currency_id),
        )
