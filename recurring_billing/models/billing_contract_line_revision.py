from odoo import fields, models


class BillingContractLine(models.Model):
    _inherit = 'billing.contract.line'

    is_not_revised = fields.Boolean("Not Revised", help="The price stays when those of the contract are revised.")
