from odoo import models


class BillingDunningAction(models.Model):
    """What a message tells of the cost of being late, with its computation."""

    _inherit = 'billing.dunning.action'

    def _late_fees(self):
        """The late interest and indemnity of each invoice as texts, then their total; none where the level is silent
        about them or nothing is owed.

        :raises UserError: a half-year in which interest accrues has no rate
        """
        self.ensure_one()
        if self.level_id.late_fees == 'none':
            return []
        rates = self.env['billing.interest.rate']
        table = rates._by_half_year()
        fees = {}
        for item in self.item_ids.sorted('date_due'):
            fee = rates._late_interest(item._claim(), self.date, item.currency_id, table)
            if fee.total:
                fees[item] = fee
        texts = [text for item, fee in fees.items() for text in self._fee_in_words(item, fee)]
        if fees and len(self.item_ids.currency_id) == 1:
            total = self.item_ids.currency_id.format(float(sum(fee.total for fee in fees.values())))
            texts.append(self.env._("Total of interest and indemnities to this day: %s", total))
        return texts

    def _fee_in_words(self, item, fee):
        money = item.currency_id.format
        texts = [
            self.env._(
                "%(invoice)s: %(base)s × %(rate)s %% × %(days)s days / 365 = %(amount)s",
                invoice=item.move_id.name,
                base=money(float(segment.base)),
                rate=f"{segment.rate:.2f}",
                days=segment.days,
                amount=money(float(segment.amount)),
            )
            for segment in fee.segments
        ]
        if fee.indemnity:
            indemnity = self.env.ref('base.EUR').format(float(fee.indemnity))
            texts.append(
                self.env._(
                    "%(invoice)s: indemnity for recovery costs %(amount)s",
                    invoice=item.move_id.name,
                    amount=indemnity,
                )
            )
        return texts
