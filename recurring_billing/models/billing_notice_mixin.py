from odoo import api, fields, models
from odoo.exceptions import ValidationError

NOTICE_TERMS = {'notice_debit_days': 0}  # what a contract copies from its plan, and what it begins with without one
LONGEST_NOTICE = 90


class BillingNoticeTerms(models.AbstractModel):
    """How long before a direct debit its debtor is told: offered by the plan, agreed in the contract."""

    _name = 'billing.notice.mixin'
    _description = "Terms of Pre-notification"

    notice_debit_days = fields.Integer(
        "Debits Announced",
        help="Calendar days between the announcement of a direct debit and its day, as agreed with the customer. "
        "0: as many as the settings say, 14 by the rules of SEPA.",
    )

    @api.constrains('notice_debit_days')
    def _check_notice_debit_days(self):
        for record in self:
            if not 0 <= record.notice_debit_days <= LONGEST_NOTICE:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “Debits Announced”: %(days)s is refused. Enter 0 to %(most)s days.",
                        record=record.display_name,
                        days=record.notice_debit_days,
                        most=LONGEST_NOTICE,
                    ),
                )
