from odoo import api, fields, models


class BillingUsageTier(models.Model):
    """A tier of a metered line of a contract."""

    _name = 'billing.usage.tier'
    _description = "Tier of Usage Prices"
    _inherit = ['billing.usage.tier.mixin']

    line_id = fields.Many2one('billing.contract.line', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='line_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='line_id.currency_id')

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.line_id._refuse_other_usage_terms()
        return tiers

    def write(self, vals):
        self.line_id._refuse_other_usage_terms()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_before_the_first_bill(self):
        self.line_id._refuse_other_usage_terms()
