from odoo import fields, models


class BillingPlanTier(models.Model):
    """A tier of a metered line of a plan."""

    _name = 'billing.plan.tier'
    _description = "Tier of a Plan"
    _inherit = ['billing.usage.tier.mixin']

    line_id = fields.Many2one('billing.plan.line', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='line_id.company_id', store=True, index='btree_not_null')
    currency_id = fields.Many2one(related='line_id.currency_id')
