from datetime import date
from operator import itemgetter

from odoo import fields, models

from ..tools.proration import Days
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

    def _agree_loyalty(self, today, since=None):
        """Agree what these live contracts earn by seniority until a year from ``today``; once more changes nothing.

        :param since: first day on which an offer may count, ``today`` if not given: a new rule gives nothing back
        """
        for contract in self._live():
            for rule, days in contract._loyalty_offers(today, since or today):
                values = {
                    'name': rule.with_context(lang=contract.partner_id.lang).name,
                    'percent': rule.percent if rule.kind == 'percent' else 100.0,
                    'date_from': days.first,
                    'date_until': False if days.last == date.max else days.last,
                    'loyalty_rule_id': rule.id,
                }
                ended = contract._replaced_by(rule, days.first)
                contract._amend('discount', days.first, today, discounts=[values], ended=ended)

    def _loyalty_offers(self, today, since):
        """[(rule, days)] that this contract earns until a year from ``today`` and that are not agreed yet."""
        until = min(fields.Date.add(today, days=AHEAD), self.date_end or date.max)
        known = {(discount.loyalty_rule_id, discount.date_from) for discount in self.discount_ids}
        forever = {rule for rule, _first in known if rule.kind == 'percent'}
        offers = [
            (rule, Days(max(days.first, since), days.last))
            for rule in self.env['billing.loyalty.rule']._for_contract(self)
            for days in rule._offers(self.date_start, until)
            if rule not in forever and (rule.kind == 'percent' or days.first >= since)
        ]
        return sorted((offer for offer in offers if (offer[0], offer[1].first) not in known), key=itemgetter(1))

    def _replaced_by(self, rule, day):
        """The percentages by seniority that end where ``rule``, another one, begins."""
        if rule.kind != 'percent':
            return self.env['billing.discount']
        return self.discount_ids.filtered(
            lambda discount: discount.loyalty_rule_id.kind == 'percent' and discount._covers(day),
        )
