from odoo import fields, models


class ResCompany(models.Model):
    """How direct debits are announced."""

    _inherit = 'res.company'

    billing_notice_days = fields.Integer(
        "Debits Announced (Days Before)",
        default=14,
        help="Calendar days between the announcement of a direct debit and its day. 14 by the rules of SEPA, unless "
        "another delay is agreed; plans and contracts may agree on one of their own.",
    )
    billing_notice_lower = fields.Boolean(
        "Lower Amounts Need No New Notice",
        default=True,
        help="Less than was announced may be debited without telling the customer again.",
    )
    billing_notice_auto = fields.Boolean(
        "Send Missing Notices by Themselves",
        default=True,
        help="Each night, customers whose invoice was not mailed, or whose announced day has passed, get an e-mail "
        "that announces the debit.",
    )

    _billing_notice_days_positive = models.Constraint(
        'CHECK (billing_notice_days BETWEEN 1 AND 90)',
        "Direct debits are announced 1 to 90 days before: correct “Debits Announced (Days Before)”.",
    )
