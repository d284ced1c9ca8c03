from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import debit_retry

_OWING = [('account_type', '=', 'asset_receivable'), ('reconciled', '=', False)]
_WAITS_FOR_A_HAND = [
    ('state', '=', 'returned'),
    ('retry_on', '=', False),
    ('is_given_up', '=', False),
    '|',
    ('item_ids.move_line_id', 'any', [('reconciled', '=', False)]),
    # what another software collected has no invoice here: its return itself is owed
    '&',
    ('is_imported', '=', True),
    ('return_move_id.line_ids', 'any', _OWING),
]


class BillingDebit(models.Model):
    """What follows a return by the policy of its reason: a new debit, an effect on the mandate, or a person's hand."""

    _inherit = 'billing.debit'

    retry_on = fields.Date(
        "Collect Again On",
        readonly=True,
        copy=False,
        help="A new debit of these invoices is made on this day, with its own notice and end-to-end id.",
    )
    is_given_up = fields.Boolean(
        "Left to the Reminders", readonly=True, copy=False, help="These invoices are not debited again."
    )
    needs_hand = fields.Boolean(compute='_compute_next_step', search='_search_needs_hand')
    next_step = fields.Char(compute='_compute_next_step')
    actor = fields.Selection(related='return_reason_id.actor', store=True)

    @api.depends(
        'state',
        'retry_on',
        'is_given_up',
        'return_reason_id',
        'item_ids.move_line_id.reconciled',
        'return_move_id.line_ids.reconciled',
    )
    def _compute_next_step(self):
        for debit in self:
            is_left = debit.retry_on or debit.is_given_up
            debit.needs_hand = debit.state == 'returned' and not is_left and debit._is_owed()
            debit.next_step = debit._next_step()

    def _is_owed(self):
        """Whether what came back is still due."""
        self.ensure_one()
        lines = self.item_ids.move_line_id
        if self.is_imported:
            lines |= self.return_move_id.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')
        return not all(lines.mapped('reconciled'))

    def _next_step(self):
        """What comes after this return, in words; False where it did not come back, or nothing is due any more."""
        if self.state != 'returned' or not self._is_owed():
            return False
        if self.is_given_up:
            return self.env._("Left to the reminders")
        if self.retry_on:
            limit = max(self.return_reason_id.retry_limit, self.attempt)
            day = format_date(self.env, self.retry_on)
            return self.env._(
                "New debit on %(day)s (%(number)s of %(limit)s)", day=day, number=self.attempt, limit=limit
            )
        return self.return_reason_id.next_step or self.env._("Decide what to do")

    def _search_needs_hand(self, operator, value):
        if operator != 'in':
            return NotImplemented
        waits = Domain(_WAITS_FOR_A_HAND)
        return waits if True in value else ~waits

    # === ACTION METHODS === #

    def action_collect_again(self):
        """Collect what came back once more, on the first day that can be announced; tell the customers.

        :raises UserError: names the debit, and what to mend first
        """
        today = fields.Date.context_today(self)
        self._require_state('returned')
        if refusals := self._retry_refusals():
            raise UserError("\n".join(refusals.values()))
        self._unguarded().is_given_up = False
        self._plan_retries(dict.fromkeys(self, today), today)
        self.env['billing.notice']._send_missing(self._due_items(), today)
        return True

    def action_give_up(self):
        """Leave what these debits could not collect to the reminders."""
        self._require_state('returned')
        self._unguarded().write({'is_given_up': True, 'retry_on': False})
        return True

    # === BUSINESS METHODS === #

    def _after_return(self, today):
        """EXTENDS recurring_billing: what follows from the reasons."""
        self._affect_mandates()
        days = {debit: day for debit in self if (day := debit._policy_day())}
        refused = self.browse().concat(*days)._retry_refusals()
        self._plan_retries({debit: day for debit, day in days.items() if debit not in refused}, today)
        self._tell_customers(today)
        return super()._after_return(today)

    def _policy_day(self):
        """The first day on which the policy of the reason tries this debit again, or None."""
        reason = self.return_reason_id
        is_consumer = self.partner_id.billing_party_kind == 'consumer'
        return debit_retry.next_try(
            self.return_date,
            self.attempt,
            retry=reason.retry,
            limit=reason.retry_limit,
            days=reason.retry_days,
            payday=self.company_id.billing_payday if reason.retry_near_payday and is_consumer else None,
        )

    def _due_items(self):
        return self.item_ids.move_line_id.filtered(lambda line: not line.reconciled and line.amount_residual > 0)

    def _plan_retries(self, days, today):
        """Plan new debits on the first days from ``days``, {debit: day}, that can still be announced and collected."""
        for debit, day in days.items():
            debit._unguarded().retry_on = day
        due = self.browse().concat(*days)._due_items()
        announced = due._billing_debit_days(today)
        for debit in days:
            lines = debit._due_items()
            if lines:
                debit._unguarded().retry_on = max(announced[line] for line in lines)

    def _retry_refusals(self):
        """Why these debits cannot be tried again, as {debit: text} of those that cannot: debit, cause and remedy."""
        lines = {debit: debit._due_items() for debit in self}
        due = self.env['account.move.line'].concat(*lines.values())
        mandates = self.env['billing.mandate']._for_lines(due)
        texts = {debit: debit._retry_refusal(lines[debit], mandates) for debit in self}
        return {debit: text for debit, text in texts.items() if text}

    def _retry_refusal(self, lines, mandates):
        if not lines:
            return self.env._("%s: nothing is due any more.", self.display_name)
        for line in lines:
            if line.move_id.payment_state == 'blocked' or line.no_followup:
                return self.env._(
                    "Invoice %s is disputed, or left out of reminders: it is not debited.", line.move_id.name
                )
            mandate = mandates[line] or self.mandate_id
            if reason := mandate._refusal(self.date) or line._billing_refusal(mandate):
                return reason
        return None

    def _affect_mandates(self):
        """Hold or end the mandates, as the reasons say; one that ended already stays as it is."""
        rejected = self.filtered(lambda debit: debit.return_kind == 'rejected')
        rejected.mandate_id._rejected(rejected)
        for (effect, reason, day), debits in self.grouped(
            lambda debit: (debit.return_reason_id.mandate_effect, debit.return_reason_id, debit.return_date)
        ).items():
            mandates = debits.mandate_id
            text = self.env._("A debit came back: %s", reason.display_name)
            if effect == 'hold':
                mandates.filtered(lambda mandate: mandate.state == 'active')._hold(text)
            elif effect == 'revoke':
                mandates.filtered(lambda mandate: mandate.state in ('active', 'on_hold'))._revoke(day, text)


class AccountMoveLine(models.Model):
    """Due items whose debit came back."""

    _inherit = 'account.move.line'

    def _billing_retry_days(self):
        """{line: the day from which it is debited again, or None}"""
        items = self.env['billing.debit.item'].search(
            [('move_line_id', 'in', self.ids), ('state', '=', 'returned'), ('debit_id.retry_on', '!=', False)]
        )
        days = dict.fromkeys(self)
        for item in items:
            day = item.debit_id.retry_on
            days[item.move_line_id] = max(days[item.move_line_id] or day, day)
        return days

    @api.model
    def _billing_given_up_texts(self, company, day):
        """What is due on ``day`` and is not debited because its debit came back: texts that name the remedy."""
        debits = self.env['billing.debit'].search(
            [
                ('company_id', '=', company.id),
                *_WAITS_FOR_A_HAND,
                ('item_ids.move_line_id.date_maturity', '<=', day),
            ]
        )
        return [
            self.env._(
                "%(debit)s came back (%(reason)s). Press “Collect Again” on it, or leave it to the reminders.",
                debit=debit.display_name,
                reason=debit.return_reason_id.code,
            )
            for debit in debits
        ]
