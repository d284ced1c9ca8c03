from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import bank_calendar


class BillingPaymentPlanLine(models.Model):
    """An instalment of a payment plan."""

    _name = 'billing.payment.plan.line'
    _description = "Instalment"
    _order = 'plan_id, date, id'

    plan_id = fields.Many2one('billing.payment.plan', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='plan_id.company_id', store=True)
    currency_id = fields.Many2one(related='plan_id.currency_id')
    date = fields.Date("Pay Until", required=True)
    amount = fields.Monetary(required=True)
    rest = fields.Monetary("Still to Pay", compute='_compute_rest')
    state = fields.Selection(
        [('open', "Open"), ('part', "Paid in part"), ('paid', "Paid"), ('late', "Late"), ('bank', "With the bank")],
        "Status",
        compute='_compute_rest',
    )

    @api.depends('date', 'plan_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.plan_id.name} · {format_date(self.env, line.date)}"

    @api.depends('amount', 'date', 'plan_id.rest', 'plan_id.state')
    def _compute_rest(self):
        today = fields.Date.context_today(self)
        for plan in self.plan_id:
            lines = plan.line_ids.sorted()
            is_first, waits = True, plan.state == 'agreed' and plan._awaits_bank()
            for line, rest in zip(lines, plan._left(), strict=True):
                line.rest = float(rest)
                line.state = line._state(rest, today, is_first and waits)
                is_first = is_first and not rest
        for line in self - self.plan_id.line_ids:
            line.rest, line.state = 0.0, 'open'

    def _state(self, rest, today, is_with_bank):
        if not rest:
            return 'paid'
        if is_with_bank:
            return 'bank'
        if self.date < today and self.plan_id.state in ('agreed', 'broken'):
            return 'late'
        return 'part' if self.currency_id.compare_amounts(float(rest), self.amount) < 0 else 'open'

    def _debit_day(self):
        """The bank day on which this instalment is debited."""
        self.ensure_one()
        return bank_calendar.next_open(self.date)

    def write(self, vals):
        self.plan_id._require_state('draft')
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.plan_id._require_state('draft')
        return lines

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts_only(self):
        self.plan_id._require_state('draft')
