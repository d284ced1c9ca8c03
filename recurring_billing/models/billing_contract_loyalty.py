from datetime import date
from operator import itemgetter

from odoo import Command, fields, models
from odoo.fields import Domain

from ..tools.proration import Days
from .billing_contract import LIVE
from .billing_loyalty_rule import AHEAD


class BillingContract(models.Model):
    """What contracts earn by their seniority."""

    _inherit = 'billing.contract'

    next_loyalty_date = fields.Date("Next Loyalty Offer", compute='_compute_next_loyalty')
    next_loyalty = fields.Char(compute='_compute_next_loyalty')

    def _compute_next_loyalty(self):
        today = fields.Date.context_today(self)
        rules = self.env['billing.loyalty.rule']._offered_by(self.company_id)
        for contract in self:
            offers = [
                (begins, rule.name)
                for rule in rules.filtered(lambda rule, contract=contract: rule._suits(contract))
                if (begins := rule._rule().next_start(contract.date_start, max(today, contract.date_start)))
            ]
            contract.next_loyalty_date, contract.next_loyalty = min(offers, default=(False, False))

    def _to_reward(self, company, today):
        """The live contracts of ``company`` that may earn an offer within a year from ``today`` not agreed yet."""
        found = self.browse()
        until = fields.Date.add(today, days=AHEAD)
        for rule in self.env['billing.loyalty.rule']._offered_by(company):
            given = Domain('loyalty_rule_id', '=', rule.id)
            if rule.kind == 'months':
                given &= Domain('date_from', '>', today)
            live = Domain('company_id', '=', company.id) & Domain('state', 'in', LIVE)
            senior = Domain('date_start', '<=', fields.Date.subtract(until, months=rule.after_months))
            found |= self.search(live & senior & ~Domain('discount_ids', 'any', given))
        return found

    def _agree_loyalty(self, today, since=None):
        """Agree what these live contracts earn by seniority until a year from ``today``; once more changes nothing.

        :param since: {contract: first day on which an offer may count}, ``today`` where it is not given: a new rule
            gives nothing back
        """
        rules = self.env['billing.loyalty.rule']._offered_by(self.company_id)
        waiting = {contract: contract._loyalty_offers(rules, today, since) for contract in self._live()}
        while waiting := {contract: offers for contract, offers in waiting.items() if offers}:
            self._give_offers({contract: offers.pop(0) for contract, offers in waiting.items()}, today)

    def _give_offers(self, offers, today):
        """Agree one offer with each contract of {contract: (rule, days)}, all at once.

        A discount moves neither lines nor periods, so that nothing else is to be replayed.
        """
        contracts = self.union(*offers)
        contracts._hold_for_change()
        values = []
        for contract, (rule, days) in offers.items():
            contract._check_amendment('discount', days.first)
            ended = contract.discount_ids._lesser_loyalty(rule, days.first)
            changes = [Command.create({'discount_id': discount.id, 'name': 'end'}) for discount in ended]
            given = [Command.create({**contract._offer_values(rule, days), 'contract_id': contract.id})]
            values.append(contract._amendment_values('discount', days.first, change_ids=changes, discount_ids=given))
        amendments = self.env['billing.amendment']._unguarded().create(values).with_env(self.env)
        amendments._write_down()
        contracts.period_ids.filtered('error').action_retry()

    def _offer_values(self, rule, days):
        return {
            'name': rule.with_context(lang=self.partner_id.lang).name,
            'percent': rule.percent if rule.kind == 'percent' else 100.0,
            'date_from': days.first,
            'date_until': False if days.last == date.max else days.last,
            'loyalty_rule_id': rule.id,
        }

    def _with_offers(self, today):
        """This contract, in whose bills the next night's offers are agreed already; nothing is saved."""
        rules = self.env['billing.loyalty.rule']._offered_by(self.company_id)
        offers = self._loyalty_offers(rules, today) if self._live() and self._origin == self else []
        ahead = self
        for rule, days in offers:
            known = ahead._known_discounts()
            lesser = known._lesser_loyalty(rule, days.first)
            ended = known.browse().concat(*(known.new(origin=row) if row._origin else row for row in lesser))
            ended.date_until = fields.Date.subtract(days.first, days=1)
            given = known.new({**self._offer_values(rule, days), 'contract_id': self.id})
            known = (known - lesser) + ended + given
            ahead = self.with_context(billing_discounts_ahead=known)
        return ahead

    def _loyalty_offers(self, rules, today, since=None):
        """[(rule, days)] of ``rules`` that this contract earns until a year from ``today``, not agreed yet."""
        self.ensure_one()
        first = (since or {}).get(self, today)
        open_day = self.company_id._billing_first_open_day(first, self.journal_id)
        until = min(fields.Date.add(today, days=AHEAD), self.date_end or date.max)
        offers = [
            (rule, self._in_whole_periods(Days(max(days.first, open_day), days.last)))
            for rule in rules.filtered(lambda rule: rule._suits(self))
            for days in rule._offers(self.date_start, until)
            if rule.kind == 'percent' or days.first >= open_day
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
