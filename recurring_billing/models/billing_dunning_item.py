from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.dunning_ladder import Debt, decide

_GIVEN = ('company_id', 'partner_id', 'move_id', 'date_due', 'is_open')  # as a ladder begins, and not computed again
_EARLIEST = 60  # days before the due date: no level comes sooner


class BillingDunningItem(models.Model):
    """A due item of an invoice on its ladder: which level it has reached, what comes next and why not today."""

    _name = 'billing.dunning.item'
    _description = "Reminded Invoice"
    _inherit = ['billing.guard.mixin']
    _order = 'date_due, id'
    _guarded = frozenset(
        {'case_id', 'move_line_id', 'policy_id', 'level', 'last_action', 'anchor', 'step', 'next_level_id', 'next_on'}
    )

    case_id = fields.Many2one('billing.dunning.case', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='case_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='case_id.partner_id', store=True)
    move_line_id = fields.Many2one('account.move.line', "Due Item", required=True, readonly=True, ondelete='cascade')
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice", store=True, index=True)
    date_due = fields.Date(related='move_line_id.date_maturity', store=True)
    currency_id = fields.Many2one(related='move_line_id.currency_id')
    residual = fields.Monetary("Still Due", related='move_line_id.amount_residual_currency')
    is_open = fields.Boolean(compute='_compute_is_open', store=True)
    days_late = fields.Integer(compute='_compute_days_late')
    policy_id = fields.Many2one(
        'billing.dunning.policy',
        required=True,
        readonly=True,
        ondelete='restrict',
        help="The version that was in force when the ladder of this invoice began: it ends under it.",
    )
    level = fields.Integer(readonly=True, help="How many levels of its policy this invoice has reached.")
    level_id = fields.Many2one('billing.dunning.level', "Level Reached", compute='_compute_level_id')
    last_action = fields.Date(readonly=True)
    anchor = fields.Date(
        "Counted Anew From",
        readonly=True,
        help="Day of the last payment or of the return of a debit: the wait for the next level begins there.",
    )
    step = fields.Selection(
        [
            ('due', "Due now"),
            ('silent', "Silent"),
            ('early', "Not yet"),
            ('waiting', "Too soon after the last action"),
            ('small', "Too small"),
            ('covered', "Covered by open credits"),
            ('finished', "All levels done"),
            ('settled', "Paid"),
        ],
        "Today",
        readonly=True,
        index=True,
    )
    next_level_id = fields.Many2one('billing.dunning.level', readonly=True, ondelete='restrict')
    next_on = fields.Date(readonly=True)
    is_left_out = fields.Boolean(
        "Left Out", help="Not reminded until this is unticked, whatever its ladder says. The others go on."
    )
    word = fields.Text(
        "Personal Word", help="Stands in the next reminder to this customer, such as a word about a phone call."
    )
    reason = fields.Char("Why", compute='_compute_reason')

    _one_ladder = models.UniqueIndex('(move_line_id)', "An invoice's due item is on one ladder only.")

    # === COMPUTE METHODS === #

    @api.depends('move_line_id.amount_residual', 'move_line_id.parent_state')
    def _compute_is_open(self):
        for item in self:
            line = item.move_line_id
            item.is_open = line.parent_state == 'posted' and line.amount_residual > 0

    @api.depends('date_due')
    def _compute_days_late(self):
        today = fields.Date.context_today(self)
        for item in self:
            item.days_late = max((today - item.date_due).days, 0)

    @api.depends('level', 'policy_id')
    def _compute_level_id(self):
        for item in self:
            item.level_id = item.policy_id.level_ids.sorted()[item.level - 1] if item.level else False

    @api.depends('step', 'next_level_id', 'next_on', 'last_action', 'is_left_out')
    def _compute_reason(self):
        today = fields.Date.context_today(self)
        silences = self.filtered(lambda item: item.step == 'silent').move_line_id._billing_silences(today)
        for item in self:
            item.reason = item._in_words(today, silences.get(item.move_line_id))

    def _in_words(self, today, silence):
        """Why this item is, or is not, reminded today."""
        self.ensure_one()
        texts = {
            'level': self.next_level_id.name or "",
            'late': (today - self.date_due).days,
            'early': (self.date_due - today).days,
            'day': format_date(self.env, self.next_on) if self.next_on else "",
        }
        if self.is_left_out:
            return self.env._("left out by hand")
        if self.step == 'silent':
            return self.env._("silent: %s", silence.reason) if silence else self.env._("silent")
        if self.step == 'due':
            return self._due_in_words(today, texts)
        if self.step in ('early', 'waiting'):
            return self.env._("%(level)s on %(day)s at the earliest", **texts)
        if self.step == 'small':
            return self.env._("too small an amount for %(level)s", **texts)
        if self.step == 'covered':
            return self.env._("open credits of the customer cover it: match them")
        if self.step == 'finished':
            return self.env._("all levels done: decide by hand")
        return self.env._("paid") if self.step else self.env._("not looked at yet")

    def _due_in_words(self, today, texts):
        if texts['late'] <= 0:
            return self.env._("%(level)s: due in %(early)s days", **texts)
        if not self.last_action:
            return self.env._("%(level)s: %(late)s days late, no action before", **texts)
        since = (today - self.last_action).days
        return self.env._("%(level)s: %(late)s days late, last action %(since)s days ago", **texts, since=since)

    # === LADDER === #

    @api.model
    def _to_begin(self, company, today):
        """The due items of ``company`` that no ladder has yet and that some level may concern by ``today``."""
        horizon = fields.Date.add(today, days=_EARLIEST)
        domain = Domain(
            [
                ('company_id', '=', company.id),
                ('parent_state', '=', 'posted'),
                ('account_type', '=', 'asset_receivable'),
                ('move_id.move_type', '=', 'out_invoice'),
                ('amount_residual', '>', 0),
                ('date_maturity', '<=', horizon),
                ('billing_dunning_item_ids', '=', False),
            ]
        )
        return self.env['account.move.line'].search(domain, order='date_maturity, id')

    @api.model
    def _begin(self, lines):
        """Put these due items on the ladder of their customer's policy; those without a policy are left.

        All cases are there before the first item: PostgreSQL plans the check of its foreign key once, by how many there
        are, and would read a short table from end to end for each of the many items to come.

        :return: the new items
        """
        keys = {line: (line.company_id, line.partner_id.commercial_partner_id) for line in lines}
        cases = self.env['billing.dunning.case']._of(keys.values())
        contracts = lines.move_id._billing_contracts()
        policies, values = {}, []
        for line, key in keys.items():
            served = (*key, contracts.get(line.move_id))
            if served not in policies:
                policies[served] = self.env['billing.dunning.policy']._for(*served)
            if policies[served]:
                values.append(self._ladder_values(line, cases[key], policies[served]))
        items = self._unguarded().create(values).with_env(self.env)
        for name in _GIVEN:
            self.env.remove_to_compute(self._fields[name], items)
        return items

    @api.model
    def _ladder_values(self, line, case, policy):
        """The ladder of the due item ``line``; what is known of it is given, so that nothing has to be computed."""
        return {
            'case_id': case.id,
            'move_line_id': line.id,
            'policy_id': policy.id,
            'company_id': case.company_id.id,
            'partner_id': case.partner_id.id,
            'move_id': line.move_id.id,
            'date_due': line.date_maturity,
            'is_open': True,
        }

    def _decisions(self, today):
        """{item: `tools.dunning_ladder.Decision`} for ``today``, which is also what the lists show."""
        silences = self.move_line_id._billing_silences(today)
        ladders = {policy: policy._ladder() for policy in self.policy_id}
        disputed = self.move_line_id._billing_disputed_parts()
        decisions = {}
        for item in self:
            debt = item._debt(silences.get(item.move_line_id), is_disputed=item.move_line_id in disputed)
            decisions[item] = decide(debt, ladders[item.policy_id], today)
        decisions |= self._covered_decisions(decisions, today)
        self._write_decisions(decisions)
        return decisions

    @api.model
    def _covered_decisions(self, decisions, today):
        """Those of ``decisions`` that are void: the customer's open credits are as much as it is late with."""
        due = self.browse([item.id for item, decision in decisions.items() if decision.level])
        credited = due.case_id._with_open_credits()
        void = {}
        for case, items in due.filtered(lambda item: item.case_id in credited).grouped('case_id').items():
            claimed = items | case.item_ids.filtered(
                lambda item: item in decisions and item.date_due < today and decisions[item].reason != 'silent'
            )
            residual = sum(claimed.mapped('claimed_company')) + sum(case.credit_line_ids.mapped('amount_residual'))
            if case.currency_id.compare_amounts(residual, 0.0) <= 0:
                void |= {item: replace(decisions[item], level=None, reason='covered') for item in items}
        return void

    def _debt(self, silence, *, is_disputed):
        """This item as its ladder sees it; amounts in the company's currency, as the policy's smallest amount."""
        claimed = self.move_line_id.amount_residual
        if is_disputed:  # as a whole it is silent, and not paid
            claimed = self.claimed_company or claimed
        residual = Decimal(str(self.company_id.currency_id.round(claimed)))
        return Debt(self.date_due, residual, self.level, self.last_action or None, self.anchor or None, silence)

    def _write_decisions(self, decisions):
        levels = {policy: policy.level_ids.sorted().ids for policy in self.policy_id}
        changes = defaultdict(list)
        for item, decision in decisions.items():
            following = levels[item.policy_id][decision.next_level - 1] if decision.next_level else False
            values = (decision.reason, following, decision.next_on or False)
            if values != (item.step, item.next_level_id.id, item.next_on):
                changes[values].append(item.id)
        for (step, following, day), ids in changes.items():
            self.browse(ids)._unguarded().write({'step': step, 'next_level_id': following, 'next_on': day})

    def _reach(self, today):
        """Write down that the level that was due has been done ``today``."""
        reached = self.grouped(lambda item: item.level + item._levels_on())
        for level, items in reached.items():
            items._unguarded().write({'level': level, 'last_action': today})

    def _highest_level(self):
        """The gravest of the levels that are due, which the one message for all these items speaks."""
        return self.next_level_id.sorted(lambda level: (level.days, level.sequence))[-1]

    def _levels_on(self):
        """How far the level that is due lies above the reached one: lapsed ones before the due date are passed over."""
        levels = self.policy_id.level_ids.sorted()
        return levels.ids.index(self.next_level_id.id) + 1 - self.level

    # === ACTION METHODS === #

    def write(self, vals):
        """EXTENDS recurring_billing: who leaves an invoice out, or lets it in, is logged on it."""
        result = super().write(vals)
        if 'is_left_out' in vals:
            text = self.env._("Left out of the reminders.") if vals['is_left_out'] else self.env._("Reminded again.")
            for move in self.move_id:
                move._message_log(body=text)
        return result

    def action_leave_out(self):
        """Do not remind these invoices until somebody lets them in again."""
        self.is_left_out = True
        return True

    def action_let_in(self):
        self.is_left_out = False
        return True

    def action_remind(self):
        """Do what is due of these items, also the levels that a person has to confirm."""
        return self.case_id._remind_by_hand(self)
