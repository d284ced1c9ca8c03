"""What an agreed payment plan changes elsewhere: reminders are silent, and debits take its instalments."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import bank_calendar
from ..tools.dunning_ladder import Silence
from ..tools.prenotification import Told
from .billing_debit import UNDER_WAY


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_plan_amount = fields.Monetary(
        "Payment Plans up To",
        currency_field='currency_id',
        help="More is granted by who may send formal notices. Zero: no limit.",
    )
    billing_plan_count = fields.Integer(
        "Instalments at Most", default=6, help="More are granted by who may send formal notices. Zero: no limit."
    )


class BillingDebit(models.Model):
    _inherit = 'billing.debit'

    is_overtaken = fields.Boolean(
        "Overtaken by a Plan", readonly=True, copy=False, help="A payment plan replaced this attempt."
    )


class BillingDebitItem(models.Model):
    _inherit = 'billing.debit.item'

    def _is_under_way(self):
        return any(item.state in UNDER_WAY for item in self)


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    billing_plan_ids = fields.Many2many(
        'billing.payment.plan', 'billing_payment_plan_debt_rel', 'line_id', 'plan_id', "Payment Plans"
    )

    def _billing_plans(self):
        """{due item: its agreed plan}, of those that have one."""
        plans = self.env['billing.payment.plan'].search([('state', '=', 'agreed'), ('debt_ids', 'in', self.ids)])
        return {line: plan for plan in plans for line in plan.debt_ids & self}

    def _billing_plan_silence(self):
        """What is paid in instalments, as long as the plan is kept."""
        silences = {}
        for line, plan in self._billing_plans().items():
            day = max(plan.line_ids.mapped('date'))
            text = self.env._("payment plan %(plan)s until %(day)s", plan=plan.name, day=format_date(self.env, day))
            silences[line] = Silence(text)
        return silences

    def _billing_debit_amounts(self, day):
        """{due item: what a debit of ``day`` may take of it}; credit notes below zero.

        Of a debt in a plan by direct debit that are its instalments until then; of one in another plan, promised for
        ``day`` or later, disputed, or from before the customer's insolvency (C. com. L622-7), nothing.
        """
        amounts = {line: line._billing_exact(line.amount_residual_currency) for line in self}
        shares = {}
        for line, plan in self._billing_plans().items():
            if plan not in shares:
                shares[plan] = plan._shares(day) if plan.method == 'debit' else {}
            amounts[line] = shares[plan].get(line, Decimal())
        for line, part in self._billing_disputed_parts().items():
            free = line._billing_exact(line.amount_residual_currency) - part
            amounts[line] = min(amounts[line], free)
        spared = self.move_id._billing_promise_silence(day) | self.move_id._billing_insolvency_silence()
        return amounts | {line: Decimal() for line in self if line.move_id in spared}

    def _billing_disputed_parts(self):
        """{due item: what is disputed of it}: the dispute of an invoice lies on what is due last."""
        parts = {}
        for move, disputed in self.move_id._billing_disputed().items():
            rest = Decimal(str(move.currency_id.round(disputed)))
            due = move.line_ids.filtered(lambda line: line.account_type == 'asset_receivable' and not line.reconciled)
            for line in due.sorted(lambda line: (line.date_maturity, line.id), reverse=True):
                part = min(rest, line._billing_exact(line.amount_residual_currency))
                rest -= part
                if line in self and part:
                    parts[line] = part
        return parts

    def _billing_exact(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    def _billing_notice_days(self):
        """EXTENDS recurring_billing: who signed a plan agreed to its days."""
        return super()._billing_notice_days() | dict.fromkeys(self._billing_plans(), 0)

    def _billing_count_anew(self):
        """EXTENDS recurring_billing: what is paid may keep a promise, or end a plan."""
        result = super()._billing_count_anew()
        today = fields.Date.context_today(self)
        # whoever registers a payment need not be of the recurring billing
        plans = self.sudo().billing_plan_ids.filtered(lambda plan: plan.state in ('agreed', 'kept'))
        for one in [*plans, *self.sudo().move_id.billing_promise_ids.filtered(lambda one: one.state == 'open')]:
            one._judge_one(today)
        return result


class BillingNotice(models.Model):
    _inherit = 'billing.notice'

    @api.model
    def _told(self, lines):
        """EXTENDS recurring_billing: the agreement of a plan tells of its debits; a debit that came back, and is tried
        again, was told of since."""
        told = super()._told(lines)
        for line, plan in lines._billing_plans().items():
            if plan.method != 'debit' or plan._is_tried_again():
                continue
            left = [(one, rest) for one, rest in zip(plan.line_ids.sorted(), plan._left(), strict=True) if rest]
            if not left:
                continue
            day = bank_calendar.next_open(left[0][0].date)
            told[line] = [Told(day, plan._shares(day)[line], plan.agreed_on)]
        return told


class BillingDunningCase(models.Model):
    _inherit = 'billing.dunning.case'

    promise_ids = fields.One2many('billing.promise', 'case_id', "Promises")
    plan_ids = fields.One2many('billing.payment.plan', 'case_id', "Payment Plans")
    dispute_ids = fields.One2many('billing.dispute', compute='_compute_dispute_ids', string="Disputes")
    amount_disputed = fields.Monetary("Of It Disputed", compute='_compute_dispute_ids')
    amount_planned = fields.Monetary("Of It in Payment Plans", compute='_compute_amount_planned')

    @api.depends('item_ids.move_id.billing_dispute_ids.state')
    def _compute_dispute_ids(self):
        for case in self:
            case.dispute_ids = case.item_ids.move_id.billing_dispute_ids
            parts = case.open_item_ids.move_line_id._billing_disputed_parts()
            today = fields.Date.context_today(self)
            case.amount_disputed = sum(
                line.currency_id._convert(float(part), case.currency_id, case.company_id, today)
                for line, part in parts.items()
            )

    def action_dispute(self):
        """Enter what the customer does not accept; its oldest late invoice is proposed."""
        self.ensure_one()
        late = self.open_item_ids.sorted('date_due').move_id[:1]
        return {
            'name': self.env._("Dispute"),
            'type': 'ir.actions.act_window',
            'res_model': 'billing.dispute',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_move_id': late.id},
        }

    @api.depends('plan_ids.state')
    def _compute_amount_planned(self):
        for case in self:
            planned = case.plan_ids.filtered(lambda plan: plan.state == 'agreed').debt_ids
            case.amount_planned = sum(planned.mapped('amount_residual'))
