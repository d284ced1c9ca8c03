import typing
from datetime import date

from odoo import api, fields, models


class BankLine(typing.NamedTuple):
    """A line of the bank account that takes debits back."""

    debits: models.BaseModel
    journal: models.BaseModel  # of the account
    day: date
    amount: float  # euros, above zero
    reference: str = ""  # the bank's own, for the label


class BillingDebit(models.Model):
    """The bank's lines of debits that came back, matched with what their returns left on the outstanding account."""

    _inherit = 'billing.debit'

    @api.model
    def _write_bank_lines(self, lines):
        """Match each of ``lines`` with the returns of its debits.

        An imported bank line that names them is matched; else one is written where its journal says so. Where one of
        this day and amount waits that names nothing, and in a locked period, nothing is written: the items stay on the
        outstanding account until a person matches the statement.

        :param lines: list of `BankLine`
        :return: the bank transactions
        """
        transactions = self.env['account.bank.statement.line'].sudo()
        journals = self.env['account.journal'].union(*(line.journal for line in lines))
        writing = journals.filtered(lambda journal: journal._billing_writes_lines())
        waiting = journals._billing_waiting_lines({line.day for line in lines})
        plan, new = [], []
        for line in lines:
            items, alike = line.debits._items_to_match(line), waiting.get((line.journal, line.day, -line.amount))
            found = alike and alike._billing_naming([line.reference, *line.debits.mapped('end_to_end_id')])
            if items and found:
                line.journal._billing_bank_transaction(
                    line.day, -line.amount, found.payment_ref, self._bank_commands(line, found.payment_ref), found
                )
                plan.append((found, items))
            elif items and not alike and line.journal in writing:
                new.append((line, items))
        made = transactions.create([self._bank_values(line) for line, _items in new])
        plan += [(transaction, items) for transaction, (_line, items) in zip(made, new, strict=True)]
        self._match_bank_lines(plan)
        return transactions.union(*(transaction for transaction, _items in plan))

    @api.model
    def _match_bank_lines(self, plan):
        """Match bank transactions with items of the outstanding account, as list of (transaction, items)."""
        matches = []
        for transaction, items in plan:
            account = items.account_id
            own = transaction.move_id.line_ids.filtered(lambda item, account=account: item.account_id == account)
            matches.append(own + items.sudo())
        if matches:
            self.env['account.move.line'].sudo()._reconcile_plan(matches)

    def _items_to_match(self, line):
        """What the returns of these debits left open on the outstanding account, where the day of ``line`` is open."""
        account = line.journal._billing_outstanding_account()
        if line.journal.company_id._billing_first_open_day(line.day, line.journal) != line.day:
            return self.env['account.move.line']
        items = self.return_move_id.line_ids
        return items.filtered(lambda item: item.account_id == account and not item.reconciled)

    @api.model
    def _bank_values(self, line):
        label = " ".join(filter(None, (self.env._("Returned debits"), line.reference)))
        commands = self._bank_commands(line, label)
        values = {'journal_id': line.journal.id, 'date': line.day, 'payment_ref': label, 'amount': -line.amount}
        return {**values, 'line_ids': commands}

    @api.model
    def _bank_commands(self, line, label):
        """The items of the bank transaction: off the bank account, onto the outstanding account."""
        own, outstanding = line.journal.default_account_id, line.journal._billing_outstanding_account()
        parts = [(own, -line.amount), (outstanding, line.amount)]
        return [fields.Command.create(self._bank_item(line, account, amount, label)) for account, amount in parts]

    @api.model
    def _bank_item(self, line, account, amount, label):
        currency, company = self.env.ref('base.EUR'), line.journal.company_id
        return {
            'name': label,
            'account_id': account.id,
            'currency_id': currency.id,
            'amount_currency': amount,
            'balance': currency._convert(amount, company.currency_id, company, line.day),
        }
