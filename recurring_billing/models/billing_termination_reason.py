from odoo import fields, models


class BillingTerminationReason(models.Model):
    """Why contracts end: a list that the accountant keeps, shared by all companies so that it can be counted."""

    _name = 'billing.termination.reason'
    _description = "Termination Reason"
    _order = 'sequence, id'

    sequence = fields.Integer(default=10)
    name = fields.Char("Reason", required=True, translate=True)
    active = fields.Boolean(default=True)
