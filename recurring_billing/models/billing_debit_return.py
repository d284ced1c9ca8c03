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
            debit.move_id.message_post(body=debit._status_text())

    def _check_return(self, day):
        self.ensure_one()
        if self.state == 'settled':
            if day < self.date:
                raise UserError(
                    self.env._(
                        "The debit of invoice %(invoice)s was collected on %(date)s: it cannot be returned on %(day)s. "
                        "Enter the date of the bank's statement.",
                        invoice=self.move_id.name,
                        date=format_date(self.env, self.date),
                        day=format_date(self.env, day),
                    ),
                )
            self.company_id._billing_check_open_day(day, self.collection_id._settlement_journal(), self.move_id)

    def _book_return(self, day):
        """Undo the match with the invoice and book the contra-entry, both dated ``day``, VAT on receipts included."""
        settlement_lines = self.settlement_line_id
        partials = settlement_lines.matched_debit_ids
        partials.with_context(billing_return_date=day).unlink()
        entries = self.env['account.move'].create([debit._return_entry_values(day) for debit in self])
        entries._post(soft=False)
        pairs = []
        for debit, entry in zip(self, entries, strict=True):
            debit._unguarded().return_move_id = entry
            receivable = entry.line_ids.filtered(
                lambda line, debit=debit: line.account_id == debit.move_line_id.account_id
            )
            pairs.append(receivable + debit.settlement_line_id)
        self.env['account.move.line']._billing_match(pairs)

    def _return_entry_values(self, day):
        """Values of the contra-entry: customer back to owing, the outstanding account gives back what it held."""
        self.ensure_one()
        settled = self.settlement_line_id
        text = self.env._("Return %(reason)s %(invoice)s", reason=self.return_reason, invoice=self.move_id.name)
        shared = {'name': text, 'currency_id': settled.currency_id.id, 'partner_id': settled.partner_id.id}
        amounts = {'amount_currency': settled.amount_currency, 'balance': settled.balance}
        return {
            'move_type': 'entry',
            'journal_id': self.collection_id._settlement_journal().id,
            'company_id': self.company_id.id,
            'date': day,
            'ref': " ".join([self.return_reason, self.end_to_end_id or ""]).strip(),
            'line_ids': [
                fields.Command.create(
                    {
                        **shared,
                        **{name: -value for name, value in amounts.items()},
                        'account_id': settled.account_id.id,
                    },
                ),
                fields.Command.create(
                    {**shared, **amounts, 'account_id': self.collection_id._outstanding_account().id},
                ),
            ],
        }
