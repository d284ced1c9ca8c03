from collections import defaultdict

from odoo import fields, models


class BillingDunningAction(models.Model):
    """What a message says beside its invoices: how to pay, and what a person wants to add."""

    _inherit = 'billing.dunning.action'

    word = fields.Text("Personal Word", readonly=True)

    def _total(self):
        """What is claimed, open credits taken off, in the currencies of the invoices."""
        self.ensure_one()
        totals = defaultdict(float)
        for item in self.item_ids:
            totals[item.currency_id] += item.claimed
        for line in self.case_id.credit_line_ids:
            totals[line.currency_id] += line.amount_residual_currency
        totals = totals or {self.currency_id: self.amount}
        return " + ".join(currency.format(total) for currency, total in totals.items())

    def _how_to_pay(self):
        """The account for a transfer and what to quote with it, in the customer's language."""
        self.ensure_one()
        action = self.with_context(lang=self.partner_id.lang or self.env.lang)
        moves = self.move_ids.sorted(lambda move: (move.invoice_date_due, move.id))
        references = ", ".join(move.payment_reference or move.name for move in moves)
        bank = self.move_ids.partner_bank_id[:1].sudo()  # ours, and printed on each invoice
        if not bank:
            return action.env._("Please quote %s with your transfer.", references)
        account = " · ".join(filter(None, [bank.acc_number, bank.bank_bic]))
        return action.env._(
            "Please pay by transfer to %(account)s, and quote %(references)s.", account=account, references=references
        )
