from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from ..tools.decimals import decimals
from ..tools.discount import Discount, spread
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
        help="Empty: all lines that are billed every period; an amount is then shared among them by their prices.",
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

    @api.depends('kind', 'percent', 'amount', 'currency_id', 'contract_id.amendment_ids.state')
    @api.depends_context('lang')
    def _compute_value_text(self):
        today = fields.Date.context_today(self)
        for discount in self:
            discount.value_text = discount._value_text_on(max(today, discount.date_from or today))

    def _value_text_on(self, day):
        self.ensure_one()
        if self.kind == 'percent':
            return self.env._("%s %%", formatLang(self.env, self.percent, digits=decimals(self.percent)))
        return formatLang(self.env, self._amount_on(day), currency_obj=self.currency_id)

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
        return self.filtered(lambda discount: discount.line_id == item or not discount.line_id)

    def _lesser_loyalty(self, rule, day):
        """Those of these that a lesser seniority earned and that end where the percentage of ``rule`` begins on
        ``day``."""
        if rule.kind != 'percent':
            return self.browse()
        return self.filtered(
            lambda discount: (
                discount.loyalty_rule_id.kind == 'percent'
                and discount.loyalty_rule_id.after_months < rule.after_months
                and discount._covers(day)
            ),
        )

    def _is_shared(self):
        """Whether this is an amount off the whole contract, which its lines share."""
        self.ensure_one()
        return self.kind == 'amount' and not self.line_id

    def _amount_on(self, day):
        """The amount off a period of ``day``: it follows the length of the periods from when it was agreed."""
        self.ensure_one()
        return self.currency_id.round(
            self.amount * self.contract_id._length_between(self.date_from, self.amendment_id, day, self.line_id)
        )

    def _taken_off(self, prices, day, rounding):
        """{discount: {line: amount}} that these discounts take off a whole period of ``day``, in their order.

        :param prices: {line: price of the period}, a `Decimal`
        """
        lines = list(prices)
        index = {line._item(): number for number, line in enumerate(lines)}
        known = self.filtered(lambda discount: not discount.line_id or discount.line_id in index)
        rules = [(discount._rule_on(day), index.get(discount.line_id)) for discount in known]
        taken = spread(list(prices.values()), rules, rounding)
        return {discount: dict(zip(lines, row, strict=True)) for discount, row in zip(known, taken, strict=True)}

    def _rule_on(self, day):
        """This discount for `tools.discount`."""
        self.ensure_one()
        if self.kind == 'percent':
            return Discount(percent=Decimal(str(self.percent)))
        return Discount(amount=Decimal(str(self._amount_on(day))))

    def _text(self, day=None):
        """What an invoice line for ``day`` calls this discount; today where no day is given."""
        self.ensure_one()
        return f"{self.name} (-{self._value_text_on(day) if day else self.value_text})"
