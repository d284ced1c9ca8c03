from odoo import models


class BillingPlan(models.Model):
    """How prices are revised, as the plan proposes it."""

    _name = 'billing.plan'
    _inherit = ['billing.plan', 'billing.revision.mixin']
