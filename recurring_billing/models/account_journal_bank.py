from odoo import api, fields, models
from odoo.exceptions import ValidationError

# what brings the bank's statements into Odoo: its lines are matched, and none is written beside them
_IMPORTERS = (
    'account_statement_import_base',
    'account_statement_import_file',
    'account_statement_import_online',
    'account_bank_statement_import',
    'account_online_synchronization',
)


class AccountJournal(models.Model):
    """Bank transactions of what the bank's messages say: made with their counterpart, so that none waits unmatched."""

    _inherit = 'account.journal'

    billing_books_bank_lines = fields.Boolean(
        "Write Bank Transactions",
        default=lambda self: not self._billing_statement_importers(),
        help="What messages of the bank say of collections and returns becomes a bank transaction, matched at once "
        "with the outstanding account. Untick where you enter or import statements: their lines are matched instead.",
    )

    @api.constrains('billing_books_bank_lines')
    def _check_billing_books_bank_lines(self):
        importers = self._billing_statement_importers()
        for journal in self:
            if importers and journal.billing_books_bank_lines:
                raise ValidationError(
                    self.env._(
                        "Journal %(journal)s, field “Write Bank Transactions”: statements are imported (%(modules)s), "
                        "and each line would stand there twice. Leave it unticked.",
                        journal=journal.display_name,
                        modules=", ".join(importers.mapped('shortdesc')),
                    ),
                )

    @api.constrains('restrict_mode_hash_table')
    def _check_billing_hash(self):
        """A hash-locked bank journal refuses entries while a line is unmatched, and those of our returns with them."""
        for journal in self.filtered(lambda one: one.type == 'bank' and one.restrict_mode_hash_table):
            domain = [('journal_id', '=', journal.id), ('is_reconciled', '=', False)]
            lines = self.env['account.bank.statement.line'].search(domain, limit=4)
            if lines:
                raise ValidationError(
                    self.env._(
                        "Journal %(journal)s: bank transactions are not matched yet (%(lines)s…). Match them before "
                        "the journal is secured with a hash, else it takes no entry any more.",
                        journal=journal.display_name,
                        lines=", ".join(line.payment_ref or line.name or "?" for line in lines),
                    ),
                )

    @api.model
    def _billing_statement_importers(self):
        """The installed modules that bring statements of the bank."""
        domain = [('name', 'in', _IMPORTERS), ('state', 'in', ('installed', 'to upgrade', 'to install'))]
        return self.env['ir.module.module'].sudo().search(domain)

    def _billing_writes_lines(self):
        self.ensure_one()
        return self.billing_books_bank_lines and not self._billing_statement_importers()

    def _billing_waiting_lines(self, days):
        """{(journal, day, amount): imported bank lines of ``days`` that nobody matched}"""
        lines = self.env['account.bank.statement.line'].sudo()  # as the bank transactions that are made here
        found = lines.search([('journal_id', 'in', self.ids), ('is_reconciled', '=', False), ('date', 'in', [*days])])
        return found.grouped(lambda line: (line.journal_id.sudo(False), line.date, line.amount))

    def _billing_bank_transaction(self, day, amount, label, lines, transaction=None):
        """The bank transaction over ``amount``: ``transaction``, whose suspense ``lines`` replace, or a new one.

        :param lines: commands of all its journal items
        """
        self.ensure_one()
        # Community gives the right to make bank transactions to nobody by default
        transactions = self.env['account.bank.statement.line'].sudo()
        if transaction:
            found = transactions.browse(transaction.id).with_context(force_delete=True, skip_readonly_check=True)
            found.write({'line_ids': [fields.Command.clear(), *lines]})
            return found
        values = {'journal_id': self.id, 'date': day, 'payment_ref': label, 'amount': amount}
        return transactions.create({**values, 'line_ids': lines})
