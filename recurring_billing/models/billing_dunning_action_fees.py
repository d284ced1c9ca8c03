from odoo import models
from odoo.tools import format_date


class BillingDunningAction(models.Model):
    """What a message tells of the cost of being late, with its computation."""

    _inherit = 'billing.dunning.action'

    def _late_fees(self):
        """The late interest and indemnity of each invoice as texts, their total and by which document they are charged;
        none where the level is silent about them or nothing is owed.

        :raises UserError: a half-year in which interest accrues has no rate
        """
        self.ensure_one()
        if self.level_id.late_fees == 'none':
            return []
        owed = self.item_ids._late_fees_owed(self.date)
        texts = [text for item, rest in owed.items() for text in item._owed_in_words(rest)]
        currencies = self.item_ids.currency_id
        if owed and len(currencies) == 1:
            total = currencies.format(sum(rest.interest + rest.indemnity for rest in owed.values()))
            texts.append(self.env._("Total of interest and indemnities to this day: %s", total))
        return texts + self._charged_in_words()

    def _charged_in_words(self):
        documents = self.item_ids.late_fee_ids.filtered(lambda fee: fee.state == 'charged').document_id
        return [
            self.env._(
                "Charged by %(document)s of %(date)s: %(amount)s, of which %(residual)s is still due",
                document=document.name,
                date=format_date(self.env, document.invoice_date),
                amount=document.currency_id.format(document.amount_total),
                residual=document.currency_id.format(document.amount_residual),
            )
            for document in documents
        ]
