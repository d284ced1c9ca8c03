from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .billing_transaction import CronTransaction


class BillingCollection(models.Model):
    """The settlement of a collection in the ledger, on its date and not before."""

    _inherit = 'billing.collection'

    move_id = fields.Many2one('account.move', "Settlement Entry", readonly=True, copy=False, index='btree_not_null')
    entry_line_ids = fields.One2many(related='move_id.line_ids', string="Journal Items")
    entry_preview = fields.Html("Journal Entry to Be", compute='_compute_entry_preview')
    settles_with_bank = fields.Boolean(compute='_compute_settles_with_bank')

    @api.depends('journal_id.billing_settle_on')
    def _compute_settles_with_bank(self):
        for collection in self:
            collection.settles_with_bank = collection.journal_id.billing_settle_on == 'bank'

    @api.depends('debit_ids.amount', 'debit_ids.state', 'journal_id', 'move_id')
    def _compute_entry_preview(self):
        for collection in self:
            collection.entry_preview = not collection.move_id and self.env['ir.qweb']._render(
                'recurring_billing.collection_entry_preview',
                {'rows': collection._entry_rows(), 'total': collection.currency_id.format(collection._live_amount())},
            )

    def _entry_rows(self):
        """What the settlement entry will hold, by account: (account, what, debit, credit) as texts."""
        self.ensure_one()
        line = self.journal_id.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')[:1]
        total, live = self.currency_id.format(self._live_amount()), self._live_debits()
        rows = [(self._account_text(line.payment_account_id), self.name, total, "")] if live else []
        for account, debits in live.grouped('account_id').items():
            what = self.env._("%s customers' debits, one line each", len(debits))
            amount = self.currency_id.format(sum(debits.mapped('amount')))
            rows.append((self._account_text(account), what, "", amount))
        return rows

    def _account_text(self, account):
        account = account.with_company(self.company_id)  # codes are the company's own
        return " ".join(part for part in (account.code, account.name) if part)

    def action_settle(self):
        """Book the settlement of collections whose date has come."""
        today = fields.Date.context_today(self)
        for collection in self:
            if collection.date > today:
                raise UserError(
                    self.env._(
                        "Collection %(collection)s is due on %(date)s: it is booked on that day, not before.",
                        collection=collection.name,
                        date=format_date(self.env, collection.date),
                    ),
                )
            if collection.settles_with_bank:
                raise UserError(
                    self.env._(
                        "Collection %(collection)s is booked when the bank's credit is recorded, as journal "
                        "%(journal)s asks for: press “Bank Credited”.",
                        collection=collection.name,
                        journal=collection.journal_id.display_name,
                    ),
                )
            collection._settle()
        return True

    def action_entry(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    @api.model
    def _cron_settle(self):
        """Book the collections whose day has come and which a person confirmed as sent."""
        self._settle_due(fields.Date.context_today(self), transaction=CronTransaction(self.env))

    @api.model
    def _settle_due(self, today, *, transaction):
        """Book what is due on ``today`` and does not wait for the bank's credit; see `_work_off`."""
        domain = Domain(
            [('state', '=', 'sent'), ('date', '<=', today), ('journal_id.billing_settle_on', '=', 'date')],
        )
        due = self.search(domain & Domain('error', '=', False))
        return due._work_off(
            domain,
            lambda rows: self._isolate(rows, lambda some: some._settle(), transaction)[1],
            transaction=transaction,
            limit=10,
        )

    def _settle(self, day=None):
        """Book each of these sent collections in one entry and match it with the invoices.

        :param day: the date of the entry, if not the collection date
        """
        for collection in self:
            collection._require_state('sent')
            debits = collection._live_debits()
            if debits:
                collection._book_settlement(debits, day or collection.date)
        self._set_state('settled')
        self._remind_recalls()

    def _book_settlement(self, debits, day):
        """One entry: the outstanding account takes the total, each debit clears the receivable of its customer."""
        self.ensure_one()
        move = self.env['account.move'].create(self._settlement_values(debits, day))
        move._post(soft=False)
        self._unguarded().move_id = move
        for debit, line in zip(debits._unguarded(), move.line_ids.sorted('id')[1:], strict=True):
            debit.settlement_line_id = line
        debits._set_state('settled')
        self.env['account.move.line']._billing_match([debit._matches() for debit in debits])
        debits.mandate_id._settled(debits)

    def _settlement_values(self, debits, day):
        """Values of the settlement entry, dated ``day`` or the first open day after it."""
        journal = self.company_id._billing_require_settlement_journal()
        day = self.company_id._billing_first_open_day(day, journal)
        lines = [debit._settlement_line_values(day) for debit in debits]
        total = {
            'name': self.name,
            'account_id': self.journal_id._billing_outstanding_account().id,
            'currency_id': self.currency_id.id,
            'amount_currency': -sum(line['amount_currency'] for line in lines),
            'balance': -sum(line['balance'] for line in lines),
        }
        return {
            'move_type': 'entry',
            'journal_id': journal.id,
            'company_id': self.company_id.id,
            'date': day,
            'ref': self.name,
            'line_ids': [fields.Command.create(line) for line in (total, *lines)],
        }

    def _parked_activity(self):
        return self, self.create_uid
