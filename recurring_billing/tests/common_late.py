from datetime import date

from dateutil.relativedelta import relativedelta

from .common import BillingCommon


class LateCommon(BillingCommon):
    """Invoices that are not paid in time, and what pays them in the end."""

    def _late_invoice(self, partner=None, debit=False, day=date(2026, 9, 1), **values):
        """The invoice of ``day`` of a contract, due at once unless the contract says otherwise."""
        last = day + relativedelta(months=1, days=-1)
        contract = self._contract(partner, debit=debit, date_start=day, date_end=last, **values)
        contract._start(day)
        return self._bill(day).line_ids.filtered(lambda line: line.contract_id == contract).invoice_id

    def _due_item(self, move):
        return move.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')

    def _pay_by_bank(self, invoice, day, amount):
        """Pay ``amount`` of ``invoice`` by a line of the bank's statement, matched with it."""
        line = self.env['account.bank.statement.line'].create(
            {
                'journal_id': self.bank_journal.id,
                'date': day,
                'payment_ref': invoice.name,
                'amount': amount,
                'partner_id': invoice.partner_id.id,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        due = self._due_item(invoice)
        suspense.account_id = due.account_id
        (suspense | due).reconcile()
        return line

    def _clear_by_entry(self, invoice, account, day):
        """Clear ``invoice`` by an entry against ``account``, such as a loss or what is owed to the same company."""
        due = self._due_item(invoice)
        amount, partner = due.amount_residual, invoice.partner_id.id
        entry = self.env['account.move'].create(
            {
                'date': day,
                'line_ids': [
                    (0, 0, {'account_id': account.id, 'debit': amount, 'partner_id': partner}),
                    (0, 0, {'account_id': due.account_id.id, 'credit': amount, 'partner_id': partner}),
                ],
            }
        )
        entry.action_post()
        (due | entry.line_ids.filtered('credit')).reconcile()
        return entry
