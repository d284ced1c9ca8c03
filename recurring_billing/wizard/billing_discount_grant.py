from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.discount import Coverage


class BillingDiscountGrant(models.TransientModel):
    _name = 'billing.discount.grant'
    _description = "Give or End a Discount"
    _inherit = ['billing.effect.mixin']

    discount_id = fields.Many2one('billing.discount', "Discount to End", readonly=True)
    name = fields.Char("Printed As", help="The text on the invoice, as “Welcome offer”.")
    line_id = fields.Many2one(
        'billing.contract.line',
        "Only on Line",
        domain="[('contract_id', '=', contract_id), ('root_id', '=', False), ('kind', '=', 'recurring')]",
    )
    kind = fields.Selection([('percent', "Percentage"), ('amount', "Amount")], default='percent', required=True)
    percent = fields.Float("Percentage", digits='Discount')
    amount = fields.Monetary(help="Off the price of a whole period, without taxes where the price is.")
    date = fields.Date("From", required=True, compute='_compute_date', store=True, readonly=False, precompute=True)
    lasts = fields.Selection(
        [('once', "One period"), ('periods', "Several periods"), ('date', "Until a day"), ('ever', "For ever")],
        default='once',
        required=True,
        help="A period counts from its first day, also where the discount begins within it.",
    )
    period_count = fields.Integer("Number of Periods", default=3)
    date_until = fields.Date("Until", help="Last day of the discount.")
    reason = fields.Text(help="Why it was agreed. Kept in the history of the contract.")

    @api.depends('contract_id', 'discount_id')
    def _compute_date(self):
        """The first day of the next period: what is billed already stays as it is."""
        today = fields.Date.context_today(self)
        for wizard in self.filtered('contract_id'):
            contract = wizard.contract_id
            wizard.date = contract._next_period_start(max(today, contract.date_start))

    @api.onchange('date', 'date_until')
    def _onchange_days(self):
        """Refuse a slip of the year as soon as it is typed."""
        today = fields.Date.context_today(self)
        for name in ('date', 'date_until'):
            if self[name]:
                self.contract_id._refuse_far(self._fields[name]._description_string(self.env), self[name], today)

    @api.constrains('percent', 'amount', 'kind')
    def _check_value(self):
        for wizard in self.filtered(lambda wizard: not wizard.discount_id):
            if wizard.kind == 'percent' and not 0 <= wizard.percent <= 100:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, field “Percentage”: %(percent)s is refused. Enter 0 to 100.",
                        contract=wizard.contract_id.name,
                        percent=f"{wizard.percent:g}",
                    ),
                )
            if wizard.kind == 'amount' and wizard.amount < 0:
                raise ValidationError(
                    self.env._(
                        "Contract %s, field “Amount”: it is below zero. Enter what is taken off, without a sign.",
                        wizard.contract_id.name,
                    ),
                )

    def _apply(self, today):
        """EXTENDS billing.effect.mixin: give the discount, or end it before the day."""
        self.ensure_one()
        contract = self.contract_id
        if self.discount_id:
            self._check_ends_earlier()
            return contract._amend('discount', self.date, today, ended=self.discount_id, reason=self.reason)
        values = {
            'name': self.name,
            'line_id': self.line_id.id,
            'kind': self.kind,
            'percent': self.percent,
            'amount': self.amount,
            'date_from': self.date,
            'date_until': self._last_day(),
        }
        return contract._amend('discount', self.date, today, discounts=[values], reason=self.reason)

    def _check_ends_earlier(self):
        last = self.discount_id.last_day
        if last and self.date > last:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “No Longer From”: “%(discount)s” ends on %(last)s as it is. Choose "
                    "that day or an earlier one.",
                    contract=self.contract_id.name,
                    discount=self.discount_id._text(),
                    last=format_date(self.env, last),
                ),
            )

    def _last_day(self):
        """The last day of the discount, counted on the contract's periods; False where it has none."""
        if self.lasts == 'ever':
            return False
        if self.lasts == 'date':
            if not self.date_until:
                raise UserError(self.env._("Contract %s, field “Until”: enter the last day.", self.contract_id.name))
            return self.date_until
        count = 1 if self.lasts == 'once' else self.period_count
        if count < 1:
            raise UserError(
                self.env._("Contract %s, field “Number of Periods”: enter one or more.", self.contract_id.name),
            )
        return Coverage.of_periods(self.contract_id._recurrence_on(self.date), self.date, count).last

    def _title(self):
        """EXTENDS billing.effect.mixin"""
        title = self.env._("End Discount") if self.discount_id else self.env._("Discount")
        return f"{title} · {self.contract_id.name} · {self.contract_id.partner_id.display_name}"
