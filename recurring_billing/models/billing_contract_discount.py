from odoo import fields, models

from ..tools.proration import Days


class BillingContract(models.Model):
    """What is taken off the lines of a contract."""

    _inherit = 'billing.contract'

    discount_ids = fields.One2many('billing.discount', 'contract_id', copy=True)

    def action_discount(self):
        """Open the dialog that gives a discount and shows its effect."""
        self.ensure_one()
        self._require_state('running', 'paused')
        return self.env['billing.discount.grant'].create({'contract_id': self.id})._reopen()

    def _known_discounts(self):
        """What is taken off this contract: its discounts, or those that somebody who looks ahead knows of."""
        self.ensure_one()
        return self.env.context.get('billing_discounts_ahead', self.discount_ids)

    def _recurring_versions(self):
        """The lines that are billed every period, each of their versions."""
        return self.line_ids.filtered(lambda line: line.kind == 'recurring' and not line.display_type)

    def _sharing_lines(self, day):
        """The lines that share an amount off this whole contract on ``day``, in their order."""
        self.ensure_one()
        if self.proration == 'none':
            slot = next(self._slots(day, None))
            whole = Days(slot.whole.start, slot.whole.end)
            return self._recurring_versions().filtered(lambda line: line._owed_days(whole, whole)).sorted()
        return (
            self._recurring_versions()
            .filtered(lambda line: any(first <= day <= last for first, last in line._days_to_share()))
            .sorted()
        )
