from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_frequency_mixin import PLAN_TERMS
from .billing_notice_mixin import NOTICE_TERMS


class BillingContract(models.Model):
    """On which terms a contract is invoiced and paid: proposed by plan and customer, kept as a copy of its own."""

    _inherit = 'billing.contract'

    recurrence_interval = fields.Integer(
        default=None,
        compute='_compute_plan_terms',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    recurrence_unit = fields.Selection(
        default=None,
        compute='_compute_plan_terms',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    timing = fields.Selection(
        default=None,
        compute='_compute_plan_terms',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    alignment = fields.Selection(
        default=None, compute='_compute_plan_terms', store=True, readonly=False, precompute=True
    )
    anchor_month = fields.Selection(
        default=None, compute='_compute_plan_terms', store=True, readonly=False, precompute=True
    )
    anchor_weekday = fields.Selection(
        default=None, compute='_compute_plan_terms', store=True, readonly=False, precompute=True
    )
    invoice_offset = fields.Integer(compute='_compute_plan_terms', store=True, readonly=False, precompute=True)
    on_open_days = fields.Boolean(compute='_compute_plan_terms', store=True, readonly=False, precompute=True)
    proration = fields.Selection(
        default=None, compute='_compute_plan_terms', store=True, readonly=False, precompute=True
    )
    anchor_day = fields.Integer(
        compute='_compute_anchor_day',
        store=True,
        readonly=False,
        precompute=True,
        help="Day of the month on which a period begins; 31 is the last day of each month. "
        "Where the contract starts on another day, its first period is shorter and billed by days.",
    )
    bills_zero = fields.Boolean(related='plan_id.bills_zero')
    currency_id = fields.Many2one(
        'res.currency',
        required=True,
        compute='_compute_currency_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    journal_id = fields.Many2one(
        'account.journal',
        "Sales Journal",
        required=True,
        check_company=True,
        domain="[('type', '=', 'sale')]",
        compute='_compute_journal_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    pricelist_id = fields.Many2one(
        'product.pricelist',
        check_company=True,
        domain="[('currency_id', '=', currency_id)]",
        compute='_compute_pricelist_id',
        store=True,
        readonly=False,
        precompute=True,
        help="Proposes the prices of new lines, and gives the price of each period for lines that follow it.",
    )
    payment_term_id = fields.Many2one(
        'account.payment.term',
        "Payment Terms",
        check_company=True,
        compute='_compute_payment_term_id',
        store=True,
        readonly=False,
        precompute=True,
        help="Empty: payable on the invoice date.",
    )
    payment_method_line_id = fields.Many2one(
        'account.payment.method.line',
        "Paid By",
        check_company=True,
        domain="[('payment_type', '=', 'inbound'), ('company_id', '=', company_id)]",
        compute='_compute_payment_method_line_id',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    is_direct_debit = fields.Boolean(compute='_compute_is_direct_debit')
    mandate_id = fields.Many2one(
        'billing.mandate',
        check_company=True,
        compute='_compute_mandate_id',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Empty: the customer's active mandate on the day of the collection.",
    )
    payer_id = fields.Many2one(related='partner_id.commercial_partner_id.billing_payer_id', string="Payer")
    fiscal_position_id = fields.Many2one(
        'account.fiscal.position',
        check_company=True,
        compute='_compute_fiscal_position_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    tax_warning = fields.Char(compute='_compute_tax_warning')
    free_warning = fields.Char(compute='_compute_free_warning')

    @api.depends('plan_id')
    def _compute_plan_terms(self):
        for contract in self:
            source = contract.plan_id or contract
            for name, default in (PLAN_TERMS | COMMITMENT_TERMS | NOTICE_TERMS).items():
                contract[name] = source[name] or default

    @api.depends('date_start', 'recurrence_unit', 'alignment', 'plan_id')
    def _compute_anchor_day(self):
        for contract in self:
            if contract.state != 'draft':
                contract.anchor_day = contract.anchor_day  # a later frequency keeps the day
                continue
            if contract.recurrence_unit not in ('month', 'year') or not contract.date_start:
                contract.anchor_day = 0
                continue
            own = 1 if contract.alignment == 'calendar' else contract.date_start.day
            contract.anchor_day = contract.plan_id.anchor_day or own

    @api.depends('company_id')
    def _compute_currency_id(self):
        for contract in self:
            contract.currency_id = contract.company_id.currency_id

    @api.depends('company_id')
    def _compute_journal_id(self):
        for contract in self:
            contract.journal_id = self.env['account.journal'].search(
                [*self.env['account.journal']._check_company_domain(contract.company_id), ('type', '=', 'sale')],
                limit=1,
            )

    @api.depends('partner_id', 'company_id', 'currency_id')
    def _compute_pricelist_id(self):
        for contract in self:
            pricelist = contract.partner_id.with_company(contract.company_id).property_product_pricelist
            contract.pricelist_id = pricelist if pricelist.currency_id == contract.currency_id else False

    @api.depends('partner_id', 'company_id', 'plan_id')
    def _compute_payment_term_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.payment_term_id = partner.property_payment_term_id or contract.plan_id.payment_term_id

    @api.depends('partner_id', 'company_id', 'plan_id')
    def _compute_payment_method_line_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            method = partner.property_inbound_payment_method_line_id
            if not method and partner and self.env['billing.mandate']._active_for(partner, contract.company_id):
                method = contract.company_id._billing_debit_method()
            contract.payment_method_line_id = method or contract.plan_id.payment_method_line_id

    @api.depends('payment_method_line_id.code')
    def _compute_is_direct_debit(self):
        for contract in self:
            contract.is_direct_debit = contract.payment_method_line_id.code == 'billing_sdd'

    @api.depends('partner_id', 'company_id', 'payment_method_line_id')
    def _compute_mandate_id(self):
        for contract in self:
            mandate = self.env['billing.mandate']
            if contract.is_direct_debit and contract.partner_id:
                mandate = mandate._active_for(contract.partner_id, contract.company_id)
            contract.mandate_id = mandate

    @api.depends('partner_id', 'company_id')
    def _compute_fiscal_position_id(self):
        for contract in self:
            positions = self.env['account.fiscal.position'].with_company(contract.company_id)
            contract.fiscal_position_id = (
                positions._get_fiscal_position(contract.partner_id) if contract.partner_id else False
            )

    @api.depends('line_ids.product_id', 'line_ids.tax_ids')
    def _compute_tax_warning(self):
        """A service taxed as goods owes VAT on its invoice instead of on its receipt (CGI art. 269-2)."""
        for contract in self:
            lines = contract.line_ids.filtered(
                lambda line: line.product_id.type == 'service' and 'consu' in line.tax_ids.mapped('tax_scope'),
            )
            contract.tax_warning = ", ".join(
                f"{line.product_id.name} ({', '.join(line.tax_ids.mapped('name'))})" for line in lines
            )

    @api.depends(
        'date_start',
        'pricelist_id',
        'line_ids.name',
        'line_ids.product_id',
        'line_ids.quantity',
        'line_ids.price_unit',
        'line_ids.is_price_listed',
        'line_ids.date_end',
        'line_ids.valid_until',
        'line_ids.is_void',
    )
    def _compute_free_warning(self):
        """The lines that go on and cost nothing: meant, or forgotten."""
        today = fields.Date.context_today(self)
        for contract in self:
            day = max(today, contract.date_start or today)
            lines = contract.line_ids.filtered(lambda line: line.product_id and line.kind != 'usage')
            lines = lines.filtered(lambda line, day=day: line._days() and line._days().last >= day)
            free = lines.filtered(lambda line, day=day: not line.quantity * line._price_on(day))
            contract.free_warning = ", ".join(line._first_words() for line in free)

    def _invoice_header(self, day):
        """Values of an invoice or credit note of ``day`` that follow from the terms of this contract."""
        self.ensure_one()
        return {
            'company_id': self.company_id.id,
            'journal_id': self.journal_id.id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'fiscal_position_id': self.fiscal_position_id.id,
            'invoice_date': day,
            # without terms, core would set the day on which the draft is made
            'invoice_date_due': day,
            'invoice_payment_term_id': self.payment_term_id.id,
            'preferred_payment_method_line_id': self.payment_method_line_id.id,
            'billing_mandate_id': self._active_mandate().id if self.is_direct_debit else False,
            'invoice_user_id': self.user_id.id,
        }

    @api.constrains('mandate_id', 'partner_id')
    def _check_mandate_of_customer(self):
        for contract in self.filtered('mandate_id'):
            debtor, customer = contract.mandate_id.partner_id, contract.partner_id
            if not contract.mandate_id._pays_for(customer):
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, field “Mandate”: %(mandate)s is a mandate of %(debtor)s, not of "
                        "%(customer)s. Choose one of the customer, or enter on the customer who pays for it (“Paid "
                        "By”).",
                        contract=contract.display_name,
                        mandate=contract.mandate_id.name,
                        debtor=debtor.display_name,
                        customer=customer.display_name,
                    ),
                )

    @api.constrains('mandate_id')
    def _check_mandate_recurrent(self):
        for contract in self.filtered(lambda contract: contract.mandate_id.mandate_type == 'OOFF'):
            raise ValidationError(
                self.env._(
                    "Contract %(contract)s, field “Mandate”: %(mandate)s is for one single debit. Choose a recurrent "
                    "one.",
                    contract=contract.display_name,
                    mandate=contract.mandate_id.name,
                ),
            )

    def _active_mandate(self):
        """The mandate that pays this contract now: its own while it is active, else the customer's."""
        self.ensure_one()
        own = self.mandate_id.filtered(lambda mandate: mandate.state == 'active')
        return own or self.mandate_id._active_for(self.partner_id, self.company_id)
