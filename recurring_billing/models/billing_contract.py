from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.recurrence import per_month


class BillingContract(models.Model):
    _name = 'billing.contract'
    _description = "Recurring Contract"
    _inherit = ['billing.state.mixin', 'billing.frequency.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'name desc, id desc'
    _check_company_auto = True
    _rec_names_search = ['name', 'partner_id', 'customer_reference']
    _transitions = {'running': ('draft',), 'closed': ('running',)}

    name = fields.Char("Number", default='/', required=True, readonly=True, copy=False)
    state = fields.Selection(
        [('draft', "Draft"), ('running', "Running"), ('closed', "Closed")],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner',
        "Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete='restrict',
    )
    plan_id = fields.Many2one(
        'billing.plan',
        check_company=True,
        index='btree_not_null',
        ondelete='restrict',
        help="Fills in frequency and terms, which can then be changed for this contract.",
    )
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
    date_start = fields.Date(
        "Start",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="First day that is invoiced.",
    )
    date_end = fields.Date(
        "End",
        copy=False,
        tracking=True,
        help="Last day that is invoiced. Empty: the contract runs until it is ended.",
    )
    anchor_day = fields.Integer(
        "On Day",
        compute='_compute_anchor_day',
        store=True,
        readonly=False,
        precompute=True,
        help="Day of the month on which a period begins; 31 is the last day of each month. "
        "Where the contract starts on another day, its first period is shorter and billed by days.",
    )
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
    fiscal_position_id = fields.Many2one(
        'account.fiscal.position',
        check_company=True,
        compute='_compute_fiscal_position_id',
        store=True,
        readonly=False,
        precompute=True,
    )
    customer_reference = fields.Char("Customer's Order Number", help="Printed on each invoice.")
    user_id = fields.Many2one('res.users', "Responsible", default=lambda self: self.env.user, tracking=True)
    note = fields.Html("Notes")
    line_ids = fields.One2many('billing.contract.line', 'contract_id', copy=True)
    period_ids = fields.One2many('billing.period', 'contract_id', copy=False)
    amount_untaxed = fields.Monetary(compute='_compute_amounts', store=True)
    amount_tax = fields.Monetary("Taxes", compute='_compute_amounts', store=True)
    amount_total = fields.Monetary("Total per Period", compute='_compute_amounts', store=True)
    mrr = fields.Monetary(
        "MRR",
        compute='_compute_amounts',
        store=True,
        help="Monthly recurring revenue: amount without taxes per month.",
    )

    _name_company_unique = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'",
        "This contract number is already used in the company.",
    )

    # === COMPUTE METHODS === #

    @api.depends('plan_id')
    def _compute_plan_terms(self):
        for contract in self:
            plan = contract.plan_id
            contract.recurrence_unit = plan.recurrence_unit or contract.recurrence_unit or 'month'
            contract.recurrence_interval = plan.recurrence_interval or contract.recurrence_interval or 1
            contract.timing = plan.timing or contract.timing or 'advance'

    @api.depends('date_start', 'recurrence_unit')
    def _compute_anchor_day(self):
        for contract in self:
            by_month = contract.recurrence_unit in ('month', 'year') and contract.date_start
            contract.anchor_day = contract.date_start.day if by_month else 0

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

    @api.depends('partner_id', 'company_id', 'plan_id')
    def _compute_payment_term_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.payment_term_id = contract.plan_id.payment_term_id or partner.property_payment_term_id

    @api.depends('partner_id', 'company_id')
    def _compute_payment_method_line_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            method = partner.property_inbound_payment_method_line_id
            if not method and partner and self.env['billing.mandate']._active_for(partner, contract.company_id):
                method = contract.company_id._billing_debit_method()
            contract.payment_method_line_id = method

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

    @api.depends(
        'line_ids.quantity',
        'line_ids.price_unit',
        'line_ids.tax_ids',
        'currency_id',
        'company_id',
        'partner_id',
        'recurrence_unit',
        'recurrence_interval',
    )
    def _compute_amounts(self):
        for contract in self:
            bills = [line._whole_period() for line in contract.line_ids]
            contract.amount_untaxed, contract.amount_tax, contract.amount_total = contract._tax_totals(bills)
            factor = 0
            if contract.recurrence_unit and contract.recurrence_interval > 0:
                factor = per_month(contract.recurrence_unit, contract.recurrence_interval)
            contract.mrr = contract.amount_untaxed * float(factor)

    # === CONSTRAINT METHODS === #

    @api.constrains('line_ids')
    def _check_has_lines(self):
        self.filtered(lambda contract: contract.state == 'running')._require_lines()

    def _require_lines(self):
        for contract in self.filtered(lambda contract: not contract.line_ids):
            raise ValidationError(
                self.env._(
                    "Contract %(contract)s has no lines: add what is to be invoiced, then start it.",
                    contract=contract.display_name,
                ),
            )

    @api.constrains('date_start', 'date_end')
    def _check_dates_in_order(self):
        for contract in self:
            if contract.date_end and contract.date_end < contract.date_start:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s ends before it starts: the field “End” is %(end)s, the field “Start” "
                        "is %(start)s. Correct one of them.",
                        contract=contract.display_name,
                        end=format_date(self.env, contract.date_end),
                        start=format_date(self.env, contract.date_start),
                    ),
                )

    @api.constrains('anchor_day')
    def _check_anchor_day(self):
        for contract in self:
            if not 0 <= contract.anchor_day <= 31:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, field “On Day”: %(day)s is no day of the month. "
                        "Enter 1 to 31 (31 is the last day of each month).",
                        contract=contract.display_name,
                        day=contract.anchor_day,
                    ),
                )

    @api.constrains('date_end')
    def _check_end_not_billed(self):
        for contract in self.filtered('date_end'):
            billed = contract._billed_until()
            if billed and billed > contract.date_end:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s: the field “End” is %(end)s but invoices reach until %(billed)s. "
                        "Choose a later end, or credit the last invoice first.",
                        contract=contract.display_name,
                        end=format_date(self.env, contract.date_end),
                        billed=format_date(self.env, billed),
                    ),
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company = vals.get('company_id') or self.env.company.id
                sequence = self.env['ir.sequence'].with_company(company)
                vals['name'] = sequence.next_by_code('billing.contract')
        return super().create(vals_list)

    def write(self, vals):
        frozen = {
            'date_start',
            'anchor_day',
            'recurrence_unit',
            'recurrence_interval',
            'frequency',
            'timing',
            'currency_id',
            'company_id',
        }
        changed = frozen & vals.keys()
        if changed:
            self._refuse_change_of_terms(changed)
        result = super().write(vals)
        if 'date_end' in vals:
            self.filtered(lambda contract: contract.state == 'running')._replan()
        return result

    def _refuse_change_of_terms(self, names):
        for contract in self.filtered(lambda contract: contract.state != 'draft'):
            labels = ", ".join(sorted(contract._fields[name]._description_string(self.env) for name in names))
            raise UserError(
                self.env._(
                    "Contract %(contract)s is %(state)s: %(fields)s can no longer be changed, since periods were "
                    "planned with them. End this contract and start a new one with the new terms.",
                    contract=contract.display_name,
                    state=contract._state_label(contract.state).lower(),
                    fields=labels,
                ),
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for contract in self.filtered(lambda contract: contract.state != 'draft'):
            raise UserError(
                self.env._(
                    "Contract %(contract)s was started and belongs to the books: end it instead of deleting it.",
                    contract=contract.display_name,
                ),
            )

    # === ACTION METHODS === #

    def action_start(self):
        """Start these draft contracts and plan their periods."""
        self._start(fields.Date.context_today(self))
        return True

    def action_end(self):
        """Ask for the last day to be invoiced."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_end_action')
        return {**action, 'context': {'default_contract_id': self.id}}

    # === BUSINESS METHODS === #

    def _start(self, today):
        """Start draft contracts and plan their periods until ``today`` and one more.

        :raises UserError: for one that is not a draft, has no lines, or is paid by a debit that no mandate allows
        """
        for contract in self:
            contract._check_can_start()
        self._set_state('running')
        self._plan_periods(today)

    def _check_can_start(self):
        self.ensure_one()
        self._require_lines()
        if self.is_direct_debit and self.mandate_id.state != 'active':
            raise UserError(
                self.env._(
                    "Contract %(contract)s is paid by direct debit, but %(customer)s has no active mandate: choose one "
                    "in the field “Mandate”, activate it, or choose another way of payment in “Paid By”.",
                    contract=self.display_name,
                    customer=self.partner_id.display_name,
                ),
            )

    def _tax_totals(self, bills):
        """Sum ``bills`` with core's own tax computation, as the invoice will.

        :param bills: list of `Bill` (see billing.contract.line)
        :return: (untaxed, taxes, total) in the contract's currency
        """
        self.ensure_one()
        if not bills:
            return 0.0, 0.0, 0.0
        taxes = self.env['account.tax'].with_company(self.company_id)
        base_lines = [
            taxes._prepare_base_line_for_taxes_computation(
                bill.line,
                quantity=bill.quantity,
                price_unit=bill.price_unit,
                tax_ids=bill.line.tax_ids,
                partner_id=self.partner_id,
                currency_id=self.currency_id,
            )
            for bill in bills
        ]
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        totals = taxes._get_tax_totals_summary(base_lines, self.currency_id, self.company_id)
        return totals['base_amount_currency'], totals['tax_amount_currency'], totals['total_amount_currency']
