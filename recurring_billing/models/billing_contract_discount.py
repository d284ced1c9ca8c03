from datetime import date
from operator import itemgetter

from odoo import fields, models
from odoo.fields import Domain

from ..tools.proration import Days
from .billing_contract import LIVE
from .billing_loyalty_rule import AHEAD


class BillingContract(models.Model):
    """What is taken off the lines of a contract, and what it earns by its seniority."""

    _inherit = 'billing.contract'

    discount_ids = fields.One2many('billing.discount', 'contract_id', copy=True)
    next_loyalty_date = fields.Date("Next Loyalty Offer", compute='_compute_next_loyalty')
    next_loyalty = fields.Char(compute='_compute_next_loyalty')

    def _compute_next_loyalty(self):
        today = fields.Date.context_today(self)
        for contract in self:
            offers = [
                (begins, rule.name)
                for rule in self.env['billing.loyalty.rule']._for_contract(contract)
                if (begins := rule._rule().next_start(contract.date_start, max(today, contract.date_start)))
            ]
            contract.next_loyalty_date, contract.next_loyalty = min(offers, default=(False, False))

    def action_discount(self):
        """Open the dialog that gives a discount and shows its effect."""
        self.ensure_one()
        self._require_state('running', 'paused')
        return self.env['billing.discount.grant'].create({'contract_id': self.id})._reopen()

    def _first_item(self):
        """The first line that is billed every period: an amount off the whole contract is taken off it."""
        self.ensure_one()
        return self.line_ids.filtered(
            lambda line: line.kind == 'recurring' and not (line.display_type or line.root_id)
        )[:1]

    def _to_reward(self, company, today):
        """The live contracts of ``company`` that may earn an offer within a year from ``today`` not agreed yet."""
        found = self.browse()
        until = fields.Date.add(today, days=AHEAD)
        for rule in self.env['billing.loyalty.rule'].search([('company_id', 'in', (company.id, False))]):
            given = Domain('loyalty_rule_id', '=', rule.id)
            if rule.kind == 'months':
                given &= Domain('date_from', '>', today)
            live = Domain('company_id', '=', company.id) & Domain('state', 'in', LIVE)
            senior = Domain('date_start', '<=', fields.Date.subtract(until, months=rule.after_months))
            found |= self.search(live & senior & ~Domain('discount_ids', 'any', given))
        return found

    def _agree_loyalty(self, today, since=None):
        """Agree what these live contracts earn by seniority until a year from ``today``; once more changes nothing.

        :param since: first day on which an offer may count, ``today`` if not given: a new rule gives nothing back
        """
        for contract in self._live():
            open_day = contract.company_id._billing_first_open_day(since or today, contract.journal_id)
            for rule, days in contract._loyalty_offers(today, open_day):
                values = {
                    'name': rule.with_context(lang=contract.partner_id.lang).name,
                    'percent': rule.percent if rule.kind == 'percent' else 100.0,
                    'date_from': days.first,
                    'date_until': False if days.last == date.max else days.last,
                    'loyalty_rule_id': rule.id,
                }
                ended = contract._lesser_loyalty(rule, days.first)
                contract._amend('discount', days.first, today, discounts=[values], ended=ended)

    def _loyalty_offers(self, today, since):
        """[(rule, days)] that this contract earns until a year from ``today`` and that are not agreed yet."""
        until = min(fields.Date.add(today, days=AHEAD), self.date_end or date.max)
        offers = [
            (rule, self._in_whole_periods(Days(max(days.first, since), days.last)))
            for rule in self.env['billing.loyalty.rule']._for_contract(self)
            for days in rule._offers(self.date_start, until)
            if rule.kind == 'percent' or days.first >= since
        ]
        return sorted((offer for offer in offers if self._is_new_offer(*offer, until)), key=itemgetter(1))

    def _in_whole_periods(self, days):
        """``days``, or the whole periods that begin from their first day on where this contract knows no parts."""
        if self.proration != 'none' or self._begins_period(days.first):
            return days
        first = self._next_period_start(days.first)
        return Days(first, max(days.last, next(self._slots(first, None)).whole.end))

    def _is_new_offer(self, rule, days, until):
        """Whether ``rule`` gives anything that was not given before, or that a greater seniority does not outdo."""
        given = self.discount_ids.filtered('loyalty_rule_id')
        same = given.filtered(lambda discount: discount.loyalty_rule_id == rule)
        if rule.kind == 'percent':
            greater = given.filtered(
                lambda discount: (
                    discount.loyalty_rule_id.kind == 'percent'
                    and discount.loyalty_rule_id.after_months > rule.after_months
                    and discount._covers(days.first)
                ),
            )
            return days.first <= until and not same and not greater
        return days.first <= until and days.first not in same.mapped('date_from')

    def _lesser_loyalty(self, rule, day):
        """The percentages of a lesser seniority, which end where that of ``rule`` begins."""
        if rule.kind != 'percent':
            return self.env['billing.discount']
        return self.discount_ids.filtered(
            lambda discount: (
                discount.loyalty_rule_id.kind == 'percent'
                and discount.loyalty_rule_id.after_months < rule.after_months
                and discount._covers(day)
            ),
        )
