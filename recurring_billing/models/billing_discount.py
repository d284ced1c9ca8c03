from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from ..tools.decimals import decimals
from ..tools.discount import Discount, reductions
from ..tools.proration import Days


class BillingDiscount(models.Model):
    """What is taken off the price of a contract's lines for some days; printed on the invoice as a line of its own."""

    _name = 'billing.discount'
    _description = "Contract Discount"
    _inherit = ['billing.guard.mixin', 'billing.dated.mixin']
    _order = 'contract_id, date_from, id'
    _check_company_auto = True
    _guarded = frozenset({'amendment_id', 'loyalty_rule_id', 'change_ids'})

    contract_id = fields.Many2one('billing.contract', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='contract_id.currency_id')
    contract_state = fields.Selection(related='contract_id.state')
    name = fields.Char("Printed As", required=True, help="The text on the invoice, as “Welcome offer”.")
    line_id = fields.Many2one(
        'billing.contract.line',
        check_company=True,
        domain="[('contract_id', '=', contract_id), ('root_id', '=', False), ('kind', '=', 'recurring')]",
        index='btree_not_null',
        ondelete='cascade',
        help="Empty: all lines that are billed every period; an amount is then taken off the first one.",
    )
    kind = fields.Selection([('percent', "Percentage"), ('amount', "Amount")], default='percent', required=True)
    percent = fields.Float("Percentage", digits='Discount', help="Off the price of each period; 100 is free.")
    amount = fields.Monetary(help="Off the price of a whole period, without taxes where the price is.")
    date_from = fields.Date("From", required=True, default=lambda self: self._default_date_from())
    date_until = fields.Date("Until", help="Last day. Empty: for ever.")
    amendment_id = fields.Many2one(
        'billing.amendment', "Agreed By", readonly=True, copy=False, index='btree_not_null', ondelete='restrict'
    )
    loyalty_rule_id = fields.Many2one(
        'billing.loyalty.rule', readonly=True, copy=False, index='btree_not_null', ondelete='restrict'
    )
    change_ids = fields.One2many('billing.amendment.change', 'discount_id', readonly=True)
    last_day = fields.Date("Ends", compute='_compute_last_day', help="The last day, also where it was ended earlier.")
    is_undone = fields.Boolean(compute='_compute_last_day')
    value_text = fields.Char("Discount", compute='_compute_value_text')

    _percent_is_a_share = models.Constraint(
        'CHECK(percent BETWEEN 0 AND 100 AND amount >= 0)',
        "A discount is a percentage between 0 and 100, or an amount of zero or more.",
    )
    _loyalty_once = models.UniqueIndex(
        "(contract_id, loyalty_rule_id, date_from) WHERE loyalty_rule_id IS NOT NULL",
        "This loyalty offer was given already.",
    )

    def _default_date_from(self):
        contract = self.env['billing.contract'].browse(self.env.context.get('default_contract_id'))
        return contract.date_start or fields.Date.context_today(self)

    # === COMPUTE METHODS === #

    @api.depends('date_until', 'change_ids.amendment_id.state', 'amendment_id.state')
    def _compute_last_day(self):
        for discount in self:
            discount.is_undone = discount.amendment_id.state == 'undone'
            ends = discount.change_ids.filtered(lambda change: change.amendment_id.state == 'applied').amendment_id
            days = [fields.Date.subtract(end.date, days=1) for end in ends]
            discount.last_day = min(filter(None, [*days, discount.date_until]), default=False)

    @api.depends('kind', 'percent', 'amount', 'currency_id')
    @api.depends_context('lang')
    def _compute_value_text(self):
        for discount in self:
            if discount.kind == 'percent':
                discount.value_text = self.env._(
                    "%s %%", formatLang(self.env, discount.percent, digits=decimals(discount.percent))
                )
            else:
                discount.value_text = formatLang(self.env, discount.amount, currency_obj=discount.currency_id)

    # === CONSTRAINT METHODS === #

    @api.constrains('kind', 'percent', 'amount')
    def _check_takes_something(self):
        for discount in self:
            if not discount[discount.kind]:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, discount “%(discount)s” takes nothing off: enter a percentage or an "
                        "amount.",
                        contract=discount.contract_id.display_name,
                        discount=discount.name,
                    ),
                )

    @api.constrains('date_from', 'date_until')
    def _check_dates_in_order(self):
        self._refuse_end_before_start('date_from', 'date_until')

    def _name_in_texts(self):
        return self.env._(
            "Contract %(contract)s, discount “%(discount)s”",
            contract=self.contract_id.display_name,
            discount=self.name,
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        discounts = super().create(vals_list)
        discounts._refuse_started()
        return discounts

    def write(self, vals):
        is_agreed = bool(vals.keys() - {'name'})
        if is_agreed:
            self._refuse_started()
        result = super().write(vals)
        if is_agreed:
            self._refuse_started()  # that of a draft, moved to a started contract
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_of_drafts(self):
        self._refuse_started()

    def _refuse_started(self):
        """What is taken off a started contract is agreed by an amendment, so that its history tells it."""
        for discount in self.filtered(lambda discount: discount.contract_id.state != 'draft'):
            if not self._is_unguarded():
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is started: give or end the discount “%(discount)s” with the button "
                        "“Discount…”, which writes an amendment.",
                        contract=discount.contract_id.name,
                        discount=discount.name,
                    ),
                )

    # === ACTION METHODS === #

    def action_end(self):
        """Open the dialog that ends this discount of a started contract from a day on."""
        self.ensure_one()
        self.contract_id._require_state('running', 'paused')
        wizard = self.env['billing.discount.grant'].create({'contract_id': self.contract_id.id, 'discount_id': self.id})
        return wizard._reopen()

    # === BUSINESS METHODS === #

    def _days(self):
        """The days that this discount covers, or None."""
        self.ensure_one()
        last = self.last_day or date.max
        return Days(self.date_from, last) if self.date_from <= last and not self.is_undone else None

    def _covers(self, day):
        self.ensure_one()
        days = self._days()
        return bool(days) and days.first <= day <= days.last

    def _of_line(self, line):
        """Those of these discounts that are taken off ``line``."""
        item = line._item()
        if line.kind != 'recurring':
            return self.browse()
        return self.filtered(
            lambda discount: (
                discount.line_id == item
                or (not discount.line_id and (discount.kind == 'percent' or discount.contract_id._first_item() == item))
            ),
        )

    def _amount_item(self):
        """The line, known by its first version, that this amount is taken off; empty for a percentage."""
        self.ensure_one()
        return (self.line_id or self.contract_id._first_item()) if self.kind == 'amount' else self.line_id.browse()

    def _reductions(self, price, rounding):
        """What each of these discounts takes off ``price`` of a whole period, in their order (see `reductions`)."""
        rules = [
            Discount(percent=Decimal(str(discount.percent)))
            if discount.kind == 'percent'
            else Discount(amount=Decimal(str(discount.amount)))
            for discount in self
        ]
        return reductions(price, rules, rounding)

    def _text(self):
        """What an invoice line calls this discount."""
        self.ensure_one()
        return f"{self.name} (-{self.value_text})"
