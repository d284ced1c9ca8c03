from datetime import date, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.discount import LoyaltyRule
from ..tools.proration import Days

AHEAD = 366  # days for which offers are agreed ahead, so that the next invoices show them


class BillingLoyaltyRule(models.Model):
    """What a contract earns by its seniority; of several percentages, the later one takes the place of the earlier."""

    _name = 'billing.loyalty.rule'
    _description = "Loyalty Offer"
    _order = 'after_months, id'
    _check_company_auto = True

    name = fields.Char("Printed As", required=True, translate=True, help="The text on the invoice.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', help="Leave empty to offer it in all companies.")
    after_months = fields.Integer(default=12, required=True, help="Whole months from the contract's start.")
    kind = fields.Selection(
        [('percent', "Percentage"), ('months', "Free months each year")], default='percent', required=True
    )
    percent = fields.Float("Percentage", digits='Discount', default=5.0)
    free_months = fields.Integer(
        default=1, help="The first months of each contract year that begins from then on are free."
    )
    plan_ids = fields.Many2many('billing.plan', string="Plans", check_company=True, help="Empty: all contracts.")
    category_ids = fields.Many2many('res.partner.category', string="Customer Tags", help="Empty: all customers.")

    @api.constrains('after_months', 'kind', 'percent', 'free_months')
    def _check_values(self):
        for rule in self:
            is_wrong = rule.after_months < 0 or (
                not 0 < rule.percent <= 100 if rule.kind == 'percent' else not 1 <= rule.free_months <= 12
            )
            if is_wrong:
                raise ValidationError(
                    self.env._(
                        "Loyalty offer “%s”: enter zero or more months of seniority, and a percentage up to 100 or 1 "
                        "to 12 free months.",
                        rule.name,
                    ),
                )

    def _rule(self):
        """This offer for `tools.discount`."""
        self.ensure_one()
        if self.kind == 'percent':
            return LoyaltyRule(self.after_months, percent=Decimal(str(self.percent)))
        return LoyaltyRule(self.after_months, free_months_per_year=self.free_months)

    @api.model
    def _offered_by(self, companies):
        """The offers of these companies."""
        return self.search([('company_id', 'in', (*companies.ids, False))])

    def _suits(self, contract):
        """Whether ``contract`` may earn this offer: by its company, its plan and its customer's tags."""
        self.ensure_one()
        tags = contract.partner_id.commercial_partner_id.category_id
        return (
            self.company_id in (contract.company_id, self.env['res.company'])
            and (not self.plan_ids or contract.plan_id in self.plan_ids)
            and (not self.category_ids or bool(self.category_ids & tags))
        )

    def _offers(self, start, until):
        """The days of each offer that a contract begun on ``start`` earns and that begins until ``until``, as `Days`.

        A percentage is one offer without end, free months are one each year.
        """
        self.ensure_one()
        rule = self._rule()
        begin = rule.next_start(start, start - timedelta(days=1))
        while begin and begin <= until:
            last = date.max
            if self.kind == 'months':
                last = rule.covered(start, Days(begin, begin + timedelta(days=AHEAD)))[0].last
            yield Days(begin, last)
            begin = rule.next_start(start, begin)
