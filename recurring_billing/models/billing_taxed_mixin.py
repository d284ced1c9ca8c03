from odoo import fields, models


class BillingTaxedMixin(models.AbstractModel):
    """What bears taxes on sales: proposed by each model in its own way, and open to a person."""

    _name = 'billing.taxed.mixin'
    _description = "Taxed"

    tax_ids = fields.Many2many(
        'account.tax',
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
        compute='_compute_tax_ids',
        store=True,
        readonly=False,
        precompute=True,
    )

    def _compute_tax_ids(self):
        self.tax_ids = False
