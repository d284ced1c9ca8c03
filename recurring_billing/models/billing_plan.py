from odoo import fields, models


class BillingPlan(models.Model):
    _name = 'billing.plan'
    _description = "Billing Plan"
    _inherit = ['billing.frequency.mixin']
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

    def action_contracts(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_action')
        return {**action, 'domain': [('plan_id', '=', self.id)], 'context': {'default_plan_id': self.id}}
