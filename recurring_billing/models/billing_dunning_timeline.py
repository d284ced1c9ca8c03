from dataclasses import dataclass
from datetime import date

from odoo import fields, models
from odoo.tools import format_date


@dataclass(frozen=True)
class Event:
    """A row of the timeline: what happened or will on ``day``.

    :param icon: of Font Awesome, without its prefix
    :param tone: of Bootstrap: 'danger' for what went wrong, 'success' for money
    :param path: of the action that shows ``record``
    """

    day: date
    icon: str
    tone: str
    text: str
    amount: str
    path: str
    record: models.Model


class BillingDunningCase(models.Model):
    """Everything that happened with a customer's late invoices, in one column of time."""

    _inherit = 'billing.dunning.case'

    timeline = fields.Html(compute='_compute_timeline', sanitize=False)

    def _compute_timeline(self):
        for case in self:
            events = sorted(case._events(), key=lambda event: event.day, reverse=True)
            rows = [(event, format_date(self.env, event.day)) for event in events]
            values = {'rows': rows, 'today': fields.Date.context_today(self)}
            case.timeline = self.env['ir.qweb']._render('recurring_billing.timeline', values) if rows else False

    def _events(self):
        """The events of this case, in no order."""
        self.ensure_one()
        return [
            *self._invoice_events(),
            *self._payment_events(),
            *self._debit_events(),
            *self._action_events(),
            *self._fee_events(),
            *self._agreement_events(),
        ]

    def _invoice_events(self):
        for item in self.item_ids:
            move = item.move_id
            total = item.currency_id.format(item.move_line_id.amount_currency)
            text = self.env._("Invoice %s", move.name)
            yield Event(move.invoice_date, 'file-text-o', 'secondary', text, total, 'customer-invoices', move)
            text = self.env._("%s due", move.name)
            tone = 'danger' if item.is_open and item.days_late else 'secondary'
            residual = item.currency_id.format(item.residual) if item.is_open else total
            yield Event(item.date_due, 'calendar', tone, text, residual, 'customer-invoices', move)

    def _payment_events(self):
        partials = self.item_ids.move_line_id.matched_credit_ids
        for (move, day), parts in partials.grouped(lambda part: (part.credit_move_id.move_id, part.max_date)).items():
            names = ", ".join(parts.debit_move_id.move_id.mapped('name'))
            is_credit = move.move_type == 'out_refund'
            words = self.env._("Credit note for %s") if is_credit else self.env._("Payment of %s")
            amount = " + ".join(
                currency.format(sum(some.mapped('debit_amount_currency')))
                for currency, some in parts.grouped('debit_currency_id').items()
            )
            icon, tone = ('undo', 'secondary') if is_credit else ('money', 'success')
            yield Event(day, icon, tone, words % names, amount, 'customer-invoices', move)

    def _debit_events(self):
        debits = self.item_ids.move_id.billing_debit_ids.filtered(lambda debit: debit.state != 'dropped')
        labels = dict(debits._fields['state']._description_selection(self.env))
        for debit in debits:
            amount = debit.currency_id.format(debit.amount)
            text = self.env._("Direct debit of %(invoices)s", invoices=debit.reference)
            if debit.state != 'returned':
                text = f"{text} · {labels[debit.state]}"
            yield Event(debit.date, 'exchange', 'info', text, amount, 'billing-debits', debit)
            if debit.state == 'returned':
                text = self.env._(
                    "Direct debit of %(invoices)s came back: %(reason)s",
                    invoices=debit.reference,
                    reason=debit.return_reason_id.display_name,
                )
                yield Event(debit.return_date, 'reply', 'danger', text, amount, 'billing-debits', debit)

    def _action_events(self):
        labels = dict(self.action_ids._fields['channel']._description_selection(self.env))
        results = dict(self.action_ids._fields['result']._description_selection(self.env))
        icons = {'email': 'envelope-o', 'letter': 'envelope', 'call': 'phone', 'sms': 'mobile', 'message': 'comment-o'}
        for action in self.action_ids:
            parts = [action.level_id.name, labels[action.channel], results.get(action.result), action.failure]
            tone = {'failed': 'danger', 'todo': 'warning'}.get(action.state, 'primary')
            amount = action.currency_id.format(action.amount)
            text = " · ".join(filter(None, parts))
            icon = icons.get(action.channel, 'gavel')
            yield Event(action.date, icon, tone, text, amount, 'billing-reminders', action)
            if action.received_on:
                text = self.env._("%s received", action.level_id.name)
                yield Event(action.received_on, 'check', 'primary', text, "", 'billing-reminders', action)

    def _fee_events(self):
        labels = dict(self.item_ids.late_fee_ids._fields['state']._description_selection(self.env))
        for fee in self.item_ids.late_fee_ids:
            text = self.env._("Late fees of %(invoice)s: %(state)s", invoice=fee.move_id.name, state=labels[fee.state])
            amount = fee.currency_id.format(fee.amount)
            yield Event(fee.waived_on or fee.date, 'percent', 'secondary', text, amount, 'billing-late-fees', fee)

    def _agreement_events(self):
        for promise in self.promise_ids:
            label = dict(promise._fields['state']._description_selection(self.env))[promise.state]
            text = self.env._("Promise for %(day)s · %(state)s", day=format_date(self.env, promise.date), state=label)
            tone = {'kept': 'success', 'broken': 'danger'}.get(promise.state, 'primary')
            amount = promise.currency_id.format(promise.amount)
            yield Event(promise.taken_on, 'handshake-o', tone, text, amount, 'billing-promises', promise)
        for plan in self.plan_ids.filtered('agreed_on'):
            amount = plan.currency_id.format(plan.amount)
            text = self.env._("Payment plan %s", plan.name)
            yield Event(plan.agreed_on, 'list-ol', 'primary', text, amount, 'billing-payment-plans', plan)
            if plan.ended_on:
                label = dict(plan._fields['state']._description_selection(self.env))[plan.state]
                text = self.env._("Payment plan %(plan)s: %(state)s.", plan=plan.name, state=label)
                tone = 'success' if plan.state == 'kept' else 'danger'
                yield Event(plan.ended_on, 'list-ol', tone, text, "", 'billing-payment-plans', plan)
        for dispute in self.dispute_ids:
            amount = dispute.currency_id.format(dispute.amount)
            text = self.env._("Dispute of %s", dispute.move_id.name)
            yield Event(dispute.opened_on, 'question', 'warning', text, amount, 'billing-disputes', dispute)
            if dispute.closed_on:
                label = dict(dispute._fields['outcome']._description_selection(self.env))[dispute.outcome]
                text = self.env._(
                    "Dispute of %(invoice)s answered: %(outcome)s", invoice=dispute.move_id.name, outcome=label
                )
                yield Event(dispute.closed_on, 'question', 'secondary', text, "", 'billing-disputes', dispute)
        for contract in self.contract_ids.filtered(lambda contract: contract.service_state != 'active'):
            labels = dict(contract._fields['service_state']._description_selection(self.env))
            text = f"{contract.name} · {labels[contract.service_state]}"
            yield Event(contract.suspension_on, 'ban', 'danger', text, "", 'billing-contracts', contract)
