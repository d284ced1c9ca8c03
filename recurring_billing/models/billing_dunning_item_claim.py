from decimal import Decimal

from odoo import models

from ..tools.late_interest import Claim, Payment


class BillingDunningItem(models.Model):
    """What an invoice's lateness may cost its customer."""

    _inherit = 'billing.dunning.item'

    def _claim(self):
        """This item as `tools.late_interest` sees it, in the currency of the invoice."""
        self.ensure_one()
        line, customer = self.move_line_id, self.partner_id
        payments = tuple(
            Payment(partial.max_date, _decimal(self.currency_id, partial.debit_amount_currency))
            for partial in line.matched_credit_ids.sorted('max_date')
        )
        letters = self.case_id.action_ids.filtered(
            lambda action: action.level_id.is_formal_notice and action.received_on and self in action.item_ids
        )
        return Claim(
            kind=customer.billing_party_kind or 'consumer',
            arose=self.move_id.invoice_date,
            due=self.date_due,
            amount=_decimal(self.currency_id, line.amount_currency),
            payments=payments,
            notice=min(letters.mapped('received_on'), default=None),
            insolvency=customer.billing_insolvency_date or None,
        )


def _decimal(currency, amount):
    return Decimal(str(currency.round(amount)))
