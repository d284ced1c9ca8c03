from odoo import api, fields, models


class BillingDebit(models.Model):
    """The entry of a return: the customer owes again, and the outstanding account gives back what it held.

    All of it passes through the outstanding account (511600 in France), the bank's fee too, so that the statement's
    line matches it, whether the bank has credited the debit yet or not.
    """

    _inherit = 'billing.debit'

    @api.model
    def _book_returns(self, returns, settled):
        """Undo the matches of ``returns`` with the invoices, post one entry for each, match it with the settlement.

        Credit notes stay matched with their invoices: open again is what was debited, no more. Of a debit that comes
        back in part, the first of its invoices stay paid.

        :param settled: those of their debits whose money was booked
        """
        if not returns:
            return
        debits = self.browse().concat(*(one.debit for one in returns))
        days = self._entry_days(returns)
        paid = {debit: debit.settlement_line_id.matched_debit_ids.debit_move_id for debit in settled}
        for day, group in (debits & settled).grouped(days.get).items():
            partials = group.settlement_line_id.matched_debit_ids
            partials.with_context(billing_return_date=day).unlink()
        entries = self.env['account.move'].create(
            [debit._return_entry_values(days[debit], is_settled=debit in settled) for debit in debits]
        )
        entries._post(soft=False)
        for debit, entry in zip(debits, entries, strict=True):
            debit._unguarded().return_move_id = entry
        for day, group in (debits & settled).grouped(days.get).items():
            self.env['account.move.line']._billing_match([debit._return_matches(paid[debit]) for debit in group], day)

    @api.model
    def _entry_days(self, returns):
        """{debit: the day of its entry}: the bank's day, or the first open one after it."""
        opened = {}
        for one in returns:
            company = one.debit.company_id
            if (company, one.day) not in opened:
                journal = company._billing_require_settlement_journal()
                opened[company, one.day] = company._billing_first_open_day(one.day, journal)
        return {one.debit: opened[one.debit.company_id, one.day] for one in returns}

    def _return_matches(self, paid):
        """What is matched after the return, in order; what another software settled is not in our books and has none.

        :param paid: the due items that the settlement was matched with
        """
        self.ensure_one()
        settlement = self.settlement_line_id
        if not settlement:
            return []
        owing = self.return_move_id.line_ids.filtered(lambda line: line.account_id == self._receivable_account())
        is_part = self.currency_id.compare_amounts(self.return_amount, self.amount) < 0
        return [owing + settlement, settlement + paid.sorted('id')] if is_part and paid else [owing + settlement]

    def _return_entry_values(self, day, *, is_settled):
        """Values of the contra-entry of ``day``: customer and costs in debit, the outstanding account in credit."""
        self.ensure_one()
        lines = self._return_costs(day)
        if is_settled:
            owing = self._return_line(day, self._receivable_account(), self.return_amount, self._return_name())
            lines.insert(0, owing | self._returned_balance(owing))
        total = self._return_line(day, self._outstanding_account(), 0.0, self._return_name())
        for field in ('amount_currency', 'balance'):
            total[field] = -sum(line[field] for line in lines)
        return {
            'move_type': 'entry',
            'journal_id': self.company_id._billing_require_settlement_journal().id,
            'company_id': self.company_id.id,
            'date': day,
            'ref': " ".join([self.return_reason_id.code, self.end_to_end_id or ""]).strip(),
            'line_ids': [fields.Command.create(line) for line in (*lines, total)],
        }

    def _return_costs(self, day):
        """What the return cost beyond the debit, on the account of the bank's fees."""
        parts = [(self.return_fee, self._return_name("fee")), (self.return_interest, self._return_name("interest"))]
        costs = [part for part in parts if part[0]]
        account = self.company_id._billing_bank_fee_account() if costs else None
        return [self._return_line(day, account, amount, name) for amount, name in costs]

    def _return_line(self, day, account, amount, name):
        company = self.company_id
        return {
            'name': name,
            'account_id': account.id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'amount_currency': amount,
            'balance': self.currency_id._convert(amount, company.currency_id, company, day),
        }

    def _returned_balance(self, owing):
        """Books in another currency take back what they had booked, not what the euro is worth on the day."""
        settlement = self.settlement_line_id
        if not settlement or self.currency_id == self.company_id.currency_id:
            return {}
        share = owing['amount_currency'] / -settlement.amount_currency
        return {'balance': self.company_id.currency_id.round(-settlement.balance * share)}

    def _return_name(self, part=None):
        """The label of a line of the entry."""
        texts = {'reason': self.return_reason_id.code, 'invoice': self.reference}
        if part == "fee":
            return self.env._("Bank's fee on the return %(reason)s %(invoice)s", **texts)
        if part == "interest":
            return self.env._("Interest on the refund %(reason)s %(invoice)s", **texts)
        return self.env._("Return %(reason)s %(invoice)s", **texts)

    def _outstanding_account(self):
        self.ensure_one()
        return (self.collection_id.journal_id or self.company_id.billing_bank_journal_id)._billing_outstanding_account()
