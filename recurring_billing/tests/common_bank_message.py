from datetime import date

from odoo.addons.recurring_billing.models.billing_debit_bank import BankLine

from .common_bank import camt, entry, tx
from .common_collection import DAY, TODAY, CollectionCommon

RETURNED = date(2026, 9, 8)


class BankMessageCommon(CollectionCommon):
    """A collection of two invoices, settled on 3 September 2026, and the bank's answers to it."""

    def _import(self, *texts):
        files = [(f"bank{number}.xml", text.encode()) for number, text in enumerate(texts)]
        return self.env['billing.bank.message']._import(self.company, files)

    def _sent_collection(self):
        """Two debits, of 120 EUR and of 60 EUR, that the bank has."""
        self._invoice()
        self._invoice(self._second_customer(), price=50.0)
        return self._collect(DAY, TODAY)

    def _settled_collection(self):
        collection = self._sent_collection()
        self._settle(DAY)
        return collection

    def _debits(self, collection):
        """The debits of 120 EUR and of 60 EUR, in this order."""
        return collection.debit_ids.sorted('amount', reverse=True)

    def _returning(self, debit, *, reason='AM04', kind='camt.054', number='N1', ref='', **more):
        """The text of a message that takes ``debit`` back."""
        amount = f"{debit.amount:.2f}"
        details = tx(debit.end_to_end_id, amount=amount, reason=reason)
        return camt(entry(details, amount=amount, ref=ref, **more), kind=kind, number=number)

    def _bank_line(self, debits, day, amount, reference=""):
        """The bank transaction that takes ``debits`` back, as written for a line of the bank."""
        line = BankLine(debits, self.bank_journal, day, amount, reference)
        return self.env['billing.debit']._write_bank_lines([line])

    def _credit_entry(self, collection, amount, **more):
        batch = f'<Btch><PmtInfId>{collection.name}-1</PmtInfId></Btch>'
        return entry(batch=batch, sign='CRDT', code='PMNT-RDDT-PMDD', amount=amount, day=str(DAY), **more)
