from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

KEPT_TERMS = frozenset({'kept_amount', 'kept_product_id', 'kept_reason'})  # decided when it is given back


class BillingDeposit(models.Model):
    """Money taken before it is owed: security that is given back, or an advance that later invoices deduct."""

    _name = 'billing.deposit'
    _description = "Deposit"
    _inherit = ['billing.guard.mixin', 'billing.taxed.mixin']
    _order = 'contract_id, id'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'move_line_ids',
            'revision',
            'state',
            'collected_amount',
            'deducted_amount',
            'returned_amount',
            'remaining_amount',
        },
    )

    contract_id = fields.Many2one('billing.contract', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True)
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    kind = fields.Selection(
        [('security', "Security deposit"), ('advance', "Advance")],
        default='security',
        required=True,
        help="A security deposit bears no VAT and is given back. An advance bears VAT when it is paid and is deducted "
        "from the next invoices of the contract.",
    )
    amount = fields.Monetary(required=True, help="An advance is entered as prices are: its taxes are added.")
    tax_ids = fields.Many2many(
        help="Those of the services that are paid in advance: an advance is deducted from lines with the same taxes.",
    )
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('asked', "Asked"),
            ('collected', "Collected"),
            ('used', "Used Up"),
            ('returned', "Given Back"),
            ('kept', "Kept"),
        ],
        "Status",
        compute='_compute_figures',
        store=True,
        index=True,
    )
    collected_amount = fields.Monetary("Collected", compute='_compute_figures', store=True)
    deducted_amount = fields.Monetary(
        "Deducted", compute='_compute_figures', store=True, help="By invoices of the contract, drafts included."
    )
    returned_amount = fields.Monetary("Given Back", compute='_compute_figures', store=True)
    remaining_amount = fields.Monetary(
        "Left", compute='_compute_figures', store=True, help="Collected, and neither deducted nor given back."
    )
    kept_amount = fields.Monetary(
        "To Keep", copy=False, help="With taxes: what damages cost, invoiced when the deposit is given back."
    )
    kept_product_id = fields.Many2one(
        'product.product',
        "Kept For",
        check_company=True,
        ondelete='restrict',
        help="Gives what is kept its account and its taxes.",
    )
    kept_reason = fields.Char("Reason", help="Printed on the invoice of what is kept.")
    move_line_ids = fields.One2many('account.move.line', 'billing_deposit_id', "Invoice Lines", readonly=True)
    move_count = fields.Integer("Invoices", compute='_compute_move_count')
    revision = fields.Integer(
        readonly=True, help="Counts its documents: writing it makes a second worker with an older view of them fail."
    )

    _amount_positive = models.Constraint('CHECK(amount > 0)', "A deposit needs an amount above zero.")

    # === COMPUTE METHODS === #

    @api.depends('kind', 'amount')
    def _compute_display_name(self):
        for deposit in self:
            kind = dict(self._fields['kind']._description_selection(self.env)).get(deposit.kind, "")
            name = f"{kind} · {deposit.contract_id.name} · {deposit._money(deposit.amount)}"
            deposit.display_name = name if deposit.contract_id else False

    @api.depends('contract_id.currency_id')
    def _compute_currency_id(self):
        """That of the company until the contract is chosen."""
        for deposit in self:
            deposit.currency_id = deposit.contract_id.currency_id or self.env.company.currency_id

    @api.depends('kind', 'contract_id')
    def _compute_tax_ids(self):
        for deposit in self:
            is_taxed = deposit.kind == 'advance' and deposit.contract_id
            deposit.tax_ids = deposit.contract_id._advance_taxes() if is_taxed else False

    @api.depends('move_line_ids')
    def _compute_move_count(self):
        for deposit in self:
            deposit.move_count = len(deposit.move_line_ids.move_id)

    @api.depends(
        'move_line_ids.parent_state',
        'move_line_ids.quantity',
        'move_line_ids.price_unit',
        'move_line_ids.move_id.amount_residual',
    )
    def _compute_figures(self):
        for deposit in self:
            asked, deposit.collected_amount = deposit._asked_and_collected()
            deposit.deducted_amount = deposit._sum(lambda line: line._billing_is_deduction())
            deposit.returned_amount = deposit._sum(lambda line: line._billing_is_given_back())
            left = deposit.collected_amount - deposit.deducted_amount - deposit.returned_amount
            deposit.remaining_amount = max(0.0, deposit.currency_id.round(left))
            deposit.state = deposit._state(asked)

    def _state(self, asked):
        """The state of this deposit, of which invoices ask the amount ``asked``."""
        self.ensure_one()
        currency = self.currency_id
        if not asked:
            return 'draft'
        if currency.compare_amounts(self.returned_amount + self.deducted_amount, asked) >= 0:
            if not self.returned_amount:
                return 'used' if currency.compare_amounts(self.collected_amount, asked) >= 0 else 'asked'
            return 'kept' if self._live_lines().filtered(lambda line: line.billing_kind == 'kept') else 'returned'
        return 'collected' if currency.compare_amounts(self.collected_amount, asked) >= 0 else 'asked'

    def _live_lines(self):
        return self.move_line_ids.filtered(lambda line: line.parent_state != 'cancel')

    def _sum(self, condition):
        """What the lines that fulfil ``condition`` come to, less the credit notes that take them back."""
        lines = self._live_lines().filtered(condition)
        total = sum(line._billing_deposit_sign() * line._billing_amount() for line in lines)
        return self.currency_id.round(float(total))

    def _asked_and_collected(self):
        """(amount asked, amount of it that has come in), both as the prices of the lines that ask."""
        asked = collected = Decimal(0)
        for line in self._live_lines().filtered(lambda line: line._billing_is_asked()):
            asked += line._billing_amount()
            collected += line._billing_amount() * line.move_id._billing_share_collected(self)
        return float(asked), self.currency_id.round(float(collected))

    def _document_term(self):
        """(label, text) of this deposit among the terms of its contract."""
        self.ensure_one()
        label = dict(self._fields['kind']._description_selection(self.env))[self.kind]
        price = self._money(self.amount)
        if self.kind == 'security':
            return label, price
        return label, self.env._("%s, taxes added, deducted from the next invoices", price)

    def _money(self, amount):
        return self.currency_id.format(amount)

    # === CONSTRAINT METHODS === #

    @api.constrains('kept_amount', 'kept_product_id')
    def _check_kept(self):
        for deposit in self.filtered('kept_amount'):
            if not 0 < deposit.kept_amount <= deposit.amount or deposit.kind != 'security':
                raise ValidationError(
                    self.env._(
                        "%(deposit)s, field “To Keep”: of a security deposit at most %(amount)s can be kept, not "
                        "%(kept)s.",
                        deposit=deposit.display_name,
                        amount=deposit._money(deposit.amount),
                        kept=deposit._money(deposit.kept_amount),
                    ),
                )

    # === CRUD METHODS === #

    def write(self, vals):
        changed = {'contract_id', 'kind', 'amount', 'tax_ids'} & vals.keys()
        ended = KEPT_TERMS & vals.keys()
        for deposit in self if not self._is_unguarded() else ():
            if (changed and deposit.state != 'draft') or (ended and deposit.state in ('returned', 'kept')):
                raise UserError(
                    self.env._(
                        "%(deposit)s was invoiced: %(fields)s can no longer be changed. Credit its invoice and add "
                        "another deposit.",
                        deposit=deposit.display_name,
                        fields=deposit._labels(changed | ended),
                    ),
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for deposit in self.filtered('move_line_ids'):
            raise UserError(
                self.env._("%s was invoiced and belongs to the books: give it back instead.", deposit.display_name),
            )

    # === ACTION METHODS === #

    def action_ask(self):
        """Invoice these deposits today: paid as the contract's invoices are, by direct debit too."""
        today = fields.Date.context_today(self)
        for deposit in self:
            deposit._ask(today)
        return True

    def action_give_back(self):
        """Give back today what is left of these deposits, but for what is kept of a security deposit."""
        today = fields.Date.context_today(self)
        for deposit in self:
            deposit._give_back(today)
        return True

    def action_moves(self):
        self.ensure_one()
        return self.move_line_ids.move_id._get_records_action(name=self.env._("Invoices"))
