from datetime import date

from odoo import Command

from .common import BillingCommon

TODAY = date(2026, 9, 1)  # a Tuesday
DAY = date(2026, 9, 3)  # the first that a file of that day can reach
SECOND_IBAN = 'FR7610278487575797543231912'


class CollectionCommon(BillingCommon):
    """Invoices, credit notes and collections of 3 September 2026, prepared on the first."""

    def _invoice(self, partner=None, **values):
        contract = self._contract(partner, date_start=TODAY, **values)
        contract._start(TODAY)
        run = self._bill(TODAY)
        return run.line_ids.filtered(lambda line: line.contract_id == contract).invoice_id

    def _plain_invoice(self, price=100.0, partner=None, kind='out_invoice', **values):
        """A posted invoice or credit note without a contract, due at once, with VAT on receipts."""
        move = self.env['account.move'].create(self._move_values(kind, price, partner or self.customer, **values))
        move.action_post()
        return move

    def _move_values(self, kind, price, partner, **values):
        return {
            'move_type': kind,
            'partner_id': partner.id,
            'invoice_date': TODAY,
            'invoice_date_due': TODAY,
            'preferred_payment_method_line_id': self.sdd.id if kind == 'out_invoice' else False,
            'invoice_line_ids': [
                Command.create({'product_id': self.service.id, 'quantity': 1.0, 'price_unit': price}),
            ],
            **values,
        }

    def _credit(self, price, partner=None):
        return self._plain_invoice(price, partner, 'out_refund')

    def _second_customer(self):
        customer = self._customer("Boulangerie Été & Fils")
        self._mandate(customer, SECOND_IBAN)
        return customer

    def _prepared(self, day=DAY):
        collection, refusals = self._prepare(day, TODAY)
        self.assertFalse(refusals)
        return collection

    def _due_item(self, invoice):
        return invoice.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')

    def _items(self, debit):
        return [(item.move_id, item.amount) for item in debit.item_ids]
