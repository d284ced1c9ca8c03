from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

RETURN_REASONS = [  # EPC173-14; what follows from each is decided by the accountant
    ('AC01', "AC01 Account number wrong"),
    ('AC04', "AC04 Account closed"),
    ('AC06', "AC06 Account blocked"),
    ('AG01', "AG01 Debit forbidden on this account"),
    ('AM04', "AM04 Insufficient funds"),
    ('MD01', "MD01 No valid mandate"),
    ('MD06', "MD06 Refund asked by the customer"),
    ('MD07', "MD07 Customer deceased"),
    ('MS02', "MS02 Refused by the customer"),
    ('MS03', "MS03 Reason not given by the bank"),
    ('SL01', "SL01 Blocked by the customer's bank on demand"),
]


class BillingDebit(models.Model):
    """The return of a debit by the bank: a dated contra-entry, and the invoice is open again."""

    _inherit = 'billing.debit'

    return_date = fields.Date("Returned On", readonly=True)
    return_reason = fields.Selection(RETURN_REASONS, readonly=True)
    return_note = fields.Char("Bank's Text", readonly=True)
    return_move_id = fields.Many2one('account.move', "Return Entry", readonly=True, index='btree_not_null')
    return_line_ids = fields.One2many(related='return_move_id.line_ids', string="Return Items")

    def action_return(self):
        """Ask for date and reason of a return."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_debit_return_action')
        return {**action, 'context': {'default_debit_id': self.id}}

    def _return(self, day, reason, note=False):
        """Take these debits back: the invoice is open again, by an entry of the day of the return where it was settled.

        :param day: date of the return by the bank
        :param reason: a code of RETURN_REASONS
        :param note: the bank's own words
        :raises UserError: for a debit that was not sent, a day before the collection or in a locked period
        """
        for debit in self:
            debit._check_return(day)
        settled = self.filtered(lambda debit: debit.state == 'settled')
        self._set_state('returned')
        self._unguarded().write({'return_date': day, 'return_reason': reason, 'return_note': note})
        if settled:
            settled._book_return(day)
        for debit in self:
            for move in debit.move_ids:
                move.message_post(body=debit._status_text())

    def _check_return(self, day):
        self.ensure_one()
        if self.state == 'settled':
            if day < self.date:
                raise UserError(
                    self.env._(
                        "The debit of %(invoice)s was collected on %(date)s: it cannot be returned on %(day)s. "
                        "Enter the date of the bank's statement.",
                        invoice=self.reference,
                        date=format_date(self.env, self.date),
                        day=format_date(self.env, day),
                    ),
                )
            self.company_id._billing_check_open_day(day, self.company_id._billing_require_settlement_journal(), self)

    def _book_return(self, day):
        """Undo the match with the invoices and book the contra-entries, all dated ``day``, VAT on receipts included.

        Credit notes stay matched with their invoices: open again is what was debited, no more.
        """
        self.settlement_line_id.matched_debit_ids.with_context(billing_return_date=day).unlink()
        entries = self.env['account.move'].create([debit._return_entry_values(day) for debit in self])
        entries._post(soft=False)
        for debit, entry in zip(self, entries, strict=True):
            debit._unguarded().return_move_id = entry
        self.env['account.move.line']._billing_match([debit._return_matches() for debit in self])

    def _return_matches(self):
        """Settlement and return, matched; what another software settled is not in our books and has none."""
        self.ensure_one()
        owing = self.return_move_id.line_ids.filtered(lambda line: line.account_id == self._receivable_account())
        return [owing + self.settlement_line_id] if self.settlement_line_id else []

    def _return_entry_values(self, day):
        """Values of the contra-entry: customer back to owing, the outstanding account gives back what it held."""
        self.ensure_one()
        settled = self._settlement_line_values(day)
        if line := self.settlement_line_id:
            settled |= {'amount_currency': line.amount_currency, 'balance': line.balance}
        settled['name'] = self.env._("Return %(reason)s %(invoice)s", reason=self.return_reason, invoice=self.reference)
        owing = {**settled, 'amount_currency': -settled['amount_currency'], 'balance': -settled['balance']}
        return {
            'move_type': 'entry',
            'journal_id': self.company_id._billing_require_settlement_journal().id,
            'company_id': self.company_id.id,
            'date': day,
            'ref': " ".join([self.return_reason, self.end_to_end_id or ""]).strip(),
            'line_ids': [
                fields.Command.create(owing),
                fields.Command.create({**settled, 'account_id': self._outstanding_account().id}),
            ],
        }

    def _outstanding_account(self):
        self.ensure_one()
        return (self.collection_id.journal_id or self.company_id.billing_bank_journal_id)._billing_outstanding_account()
