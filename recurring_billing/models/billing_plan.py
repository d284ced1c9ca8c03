from odoo import fields, models

from ..tools.recurrence import per_month
from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_notice_mixin import NOTICE_TERMS
from .billing_revision_mixin import REVISION_TERMS


class BillingPlan(models.Model):
    _name = 'billing.plan'
    _description = "Billing Plan"
    _inherit = ['billing.frequency.mixin', 'billing.commitment.mixin', 'billing.notice.mixin']
    _order = 'sequence, name'
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', help="Leave empty to offer the plan in all companies.")
    payment_term_id = fields.Many2one(
        'account.payment.term',
        check_company=True,
        help="For contracts of this plan whose customer has no terms of their own. Empty: payable at once.",
    )
    payment_method_line_id = fields.Many2one(
        'account.payment.method.line',
        "Paid By",
        check_company=True,
        domain="[('payment_type', '=', 'inbound'), ('company_id', '=?', company_id)]",
        help="For contracts of this plan whose customer has neither a way of payment nor a mandate.",
    )
    payment_method_line_ids = fields.Many2many(
        'account.payment.method.line',
        string="Offered Ways of Payment",
        domain="[('payment_type', '=', 'inbound'), ('company_id', '=?', company_id)]",
        help="What a contract of this plan may be paid by. Empty: any.",
    )
    line_ids = fields.One2many(
        'billing.plan.line', 'plan_id', "Lines", copy=True, help="A contract without lines takes a copy of these."
    )
    frequency_ids = fields.One2many('billing.plan.frequency', 'plan_id', "Other Frequencies", copy=True)
    bills_zero = fields.Boolean(
        "Invoice Free Periods",
        help="Make an invoice for a period whose amount is zero. Else the period is passed over.",
    )
    note = fields.Html("Terms", translate=True)
    contract_count = fields.Integer(compute='_compute_contract_count')

    def _compute_contract_count(self):
        counts = self.env['billing.contract']._read_group([('plan_id', 'in', self.ids)], ['plan_id'], ['__count'])
        counts = {plan.id: count for plan, count in counts}
        for plan in self:
            plan.contract_count = counts.get(plan.id, 0)

    def _factor(self, unit, interval):
        """What a period of ``interval`` ``unit``s costs in periods of this plan; None where no plan offers it."""
        if (unit, interval) == (self.recurrence_unit, self.recurrence_interval):
            return 1.0
        offers = self.frequency_ids.filtered(
            lambda offer: (offer.recurrence_unit, offer.recurrence_interval) == (unit, interval)
        )
        return offers.price_factor or None

    def _length(self, unit, interval):
        """How many periods of this plan fit into one of ``interval`` ``unit``s."""
        own = per_month(self.recurrence_unit, self.recurrence_interval)
        return float(own / per_month(unit, interval))

    def _terms_to_copy(self):
        """{name: value} of the terms that a contract copies, fit for JSON; the frequency as [unit, interval]."""
        self.ensure_one()
        terms = {name: self._plain_term(name) for name in (*COMMITMENT_TERMS, *NOTICE_TERMS, *REVISION_TERMS)}
        return {**terms, 'recurrence': list(self._own_recurrence())}

    def _own_recurrence(self):
        """(unit, interval) of the periods that this plan prices."""
        return self.recurrence_unit, self.recurrence_interval

    def action_migrate(self):
        """Look at the running contracts that differ from this plan, and move them."""
        self.ensure_one()
        return self.env['billing.plan.migration'].create({'plan_id': self.id}).action_compute()

    def action_contracts(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_action')
        return {**action, 'domain': [('plan_id', '=', self.id)], 'context': {'default_plan_id': self.id}}
