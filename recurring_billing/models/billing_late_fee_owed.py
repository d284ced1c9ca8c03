from dataclasses import dataclass, replace
from decimal import Decimal

from odoo import fields, models


@dataclass(frozen=True)
class Owed:
    """What is still to be charged for the lateness of an invoice, in its currency, with the interest's computation."""

    interest: float
    indemnity: float
    texts: list[str]
    is_sure: bool


class BillingDunningItem(models.Model):
    _inherit = 'billing.dunning.item'

    late_fee_ids = fields.One2many('billing.late.fee', 'item_id', "Late Fees")

    def _late_fees_owed(self, until):
        """{item: `Owed`} to the end of ``until``, without what was charged or waived before.

        :raises UserError: a half-year in which interest accrues has no rate
        """
        owed = {}
        for item, fee in (self - self._planned_by_consumers())._late_interest(until).items():
            rest = item._still_owed(fee, until)
            if rest.interest or rest.indemnity:
                owed[item] = rest
        return owed

    def _planned_by_consumers(self):
        """What consumers pay in instalments, which must cost them nothing, or it were a credit (Ord. 2025-880)."""
        plans = self.move_line_id.billing_plan_ids.filtered(lambda plan: plan.state in ('agreed', 'kept'))
        return self.filtered(
            lambda item: item.partner_id.billing_party_kind == 'consumer' and item.move_line_id in plans.debt_ids
        )

    def _still_owed(self, fee, until):
        """What of ``fee``, a `tools.late_interest.LateInterest`, was neither charged nor waived yet, as `Owed`."""
        self.ensure_one()
        settled = self.move_id.billing_dunning_item_ids.late_fee_ids
        before = sum(settled.filtered(lambda other: other.item_id == self).mapped('interest'))
        interest = max(self.currency_id.round(float(fee.interest) - before), 0.0)
        # in the customer's language: the texts stand on the document
        item = self.with_context(lang=self.partner_id.lang or self.env.lang)
        texts = item._fee_in_words(replace(fee, indemnity=Decimal()))
        if before:
            texts.append(item.env._("less what was charged or waived before: %s", self.currency_id.format(before)))
        return Owed(
            interest=interest,
            indemnity=0.0 if any(settled.mapped('indemnity')) else self._indemnity(fee, until),
            texts=texts,
            is_sure=fee.is_sure,
        )

    def _indemnity(self, fee, day):
        """The indemnity of ``fee``, which the law names in EUR, in the currency of the invoice on ``day``."""
        return self.env.ref('base.EUR')._convert(float(fee.indemnity), self.currency_id, self.company_id, day)

    def _owed_in_words(self, owed):
        """The computation of ``owed``, an `Owed` of this item, and its indemnity."""
        if not owed.indemnity:
            return owed.texts
        indemnity = self.currency_id.format(owed.indemnity)
        return [*owed.texts, self._indemnity_in_words(indemnity)]
