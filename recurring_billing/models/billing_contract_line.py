from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class BillingContractLine(models.Model):
    _name = 'billing.contract.line'
    _description = "Recurring Contract Line"
    _inherit = [
        'analytic.mixin',
        'billing.guard.mixin',
        'billing.line.mixin',
        'billing.taxed.mixin',
        'billing.dated.mixin',
    ]
    _order = 'contract_id, sequence, id'
    _check_company_auto = True

    contract_id = fields.Many2one('billing.contract', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    sequence = fields.Integer(default=10)
    display_type = fields.Selection(
        [('line_section', "Section"), ('line_subsection', "Subsection"), ('line_note', "Note")],
        help="Printed between the lines of the invoice; bills nothing.",
    )
    kind = fields.Selection(
        [('recurring', "Every period"), ('setup', "Once"), ('usage', "By usage")],
        "Billed",
        default='recurring',
        required=True,
        help="Once: in full with the period that holds the line's first day, as a set-up fee. By usage: what was "
        "metered in a period, once that is over.",
    )
    product_id = fields.Many2one(
        'product.product',
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
    quantity = fields.Float(
        compute='_compute_quantity',
        store=True,
        readonly=False,
        precompute=True,
    )
    product_uom_id = fields.Many2one(
        'uom.uom',
        "Unit",
        compute='_compute_product_uom_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    price_unit = fields.Float(
        required=True,
        help="For one unit and one whole period.",
        compute='_compute_price_unit',
        store=True,
        readonly=False,
        precompute=True,
    )
    discount = fields.Float(help="Off the price of each period.")
    is_price_listed = fields.Boolean(
        "Follows Pricelist",
        help="Each period is billed at the pricelist's price on its first day, not at the price entered here.",
    )
    date_start = fields.Date("From", help="Empty: from the start of the contract.")
    date_end = fields.Date("Until", help="Last day that is invoiced. Empty: until the end of the contract.")
    billed_until = fields.Date(
        "Already Billed Until",
        copy=False,
        help="Last day that another software billed, before this contract was taken over. It counts as billed.",
    )
    price_subtotal = fields.Monetary("Amount", compute='_compute_price_subtotal', store=True)

    _billable_or_text = models.Constraint(
        'CHECK(display_type IS NOT NULL OR product_id IS NOT NULL)',
        "A line needs a product: choose one, or make it a section or a note.",
    )
    _text_bills_nothing = models.Constraint(
        'CHECK(display_type IS NULL OR (product_id IS NULL AND price_unit = 0 AND quantity = 0))',
        "Sections and notes have no product, quantity or price.",
    )

    @api.depends('product_id')
    def _compute_name(self):
        for line in self:
            product = line.product_id.with_context(lang=line.partner_id.lang)
            line.name = product.get_product_multiline_description_sale() if product else line.name

    @api.depends('display_type', 'kind')
    def _compute_quantity(self):
        for line in self:
            line.quantity = 0.0 if line.display_type or line.kind == 'usage' else line.quantity or 1.0

    @api.depends('product_id')
    def _compute_product_uom_id(self):
        for line in self:
            line.product_uom_id = line.product_id.uom_id

    @api.depends('product_id')
    def _compute_price_unit(self):
        for line in self:
            day = line.date_start or line.contract_id.date_start or fields.Date.context_today(line)
            line.price_unit = line._listed_price(day) if line.product_id else 0.0

    @api.depends('product_id', 'contract_id.fiscal_position_id', 'company_id')
    def _compute_tax_ids(self):
        for line in self:
            if line._origin and line.contract_id.state != 'draft':
                line.tax_ids = line.tax_ids  # agreed: they change by an amendment
                continue
            company = line.company_id or line.contract_id.company_id
            if not line.product_id:
                line.tax_ids = False
                continue
            taxes = line.product_id.taxes_id._filter_taxes_by_company(company)
            if not taxes and not line.product_id.taxes_id:
                taxes = company.account_sale_tax_id
            line.tax_ids = line.contract_id.fiscal_position_id.map_tax(taxes)

    @api.depends('quantity', 'price_unit', 'is_price_listed', 'discount', 'tax_ids', 'currency_id', 'display_type')
    def _compute_price_subtotal(self):
        today = fields.Date.context_today(self)
        for line in self:
            day = line.contract_id._day_of_figures(today)
            line.price_subtotal = line.contract_id._tax_totals(line._whole_period(day))[0]

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

    @api.constrains('date_start', 'date_end')
    def _check_dates_in_order(self):
        self._refuse_end_before_start('date_start', 'date_end')

    @api.constrains('billed_until', 'date_start', 'contract_id')
    def _check_opening_after_start(self):
        for line in self.filtered('billed_until'):
            start = line.date_start or line.contract_id.date_start
            if line.billed_until < start:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s: the field “Already Billed Until” is %(opening)s, before "
                        "the line starts on %(start)s. Leave it empty where nothing was billed yet.",
                        contract=line.contract_id.display_name,
                        line=line.name,
                        opening=format_date(self.env, line.billed_until),
                        start=format_date(self.env, start),
                    ),
                )

    def _name_in_texts(self):
        return self.env._(
            "Contract %(contract)s, line %(line)s", contract=self.contract_id.display_name, line=self._first_words()
        )

    def _first_words(self):
        """The first line of the description: how this line is named to a person."""
        self.ensure_one()
        return (self.name or self.product_id.display_name or "").partition("\n")[0]

    def _owes_nothing_text(self):
        return self.env._("Owes nothing, price or quantity zero: %s", ", ".join(line._first_words() for line in self))

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered('billed_until')._refuse_late_opening()
        return lines

    def write(self, vals):
        if 'billed_until' in vals:
            self._refuse_late_opening()
        return super().write(vals)

    def _refuse_late_opening(self):
        """What was billed elsewhere is told before the first period is planned; later it would hide what is owed."""
        for line in self.filtered(lambda line: line.contract_id.state != 'draft'):
            raise UserError(
                self.env._(
                    "Contract %(contract)s is started: “Already Billed Until” can no longer be changed on line "
                    "%(line)s. Take the contract “Back to Draft” while nothing is invoiced; else end the line by "
                    "“Change…” and add it again from the first day that is owed.",
                    contract=line.contract_id.display_name,
                    line=line.name,
                ),
            )
