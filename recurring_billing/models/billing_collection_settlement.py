from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingCollection(models.Model):
    """The settlement of a collection in the ledger, on its date and not before."""

    _inherit = 'billing.collection'

    move_id = fields.Many2one('account.move', "Settlement Entry", readonly=True, copy=False, index='btree_not_null')
    entry_line_ids = fields.One2many(related='move_id.line_ids', string="Journal Items")
    settlement_journal_id = fields.Many2one(related='company_id.billing_settlement_journal_id')

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
            collection._settle()
        return True

    def action_entry(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    @api.model
    def _cron_settle(self):
        """Book the collections whose day has come and which a person confirmed as sent."""
        self._settle_due(fields.Date.context_today(self), commit=self.env['ir.cron']._commit_progress)

    @api.model
    def _settle_due(self, today, *, commit):
        domain = [('state', '=', 'sent'), ('date', '<=', today)]
        return self._work_off(domain, lambda collections: collections._settle(), commit=commit, limit=10)

    def _outstanding_account(self):
        """The account of the payment method on the bank journal: 511600 in France.

        :raises UserError: where it has none
        """
        self.ensure_one()
        line = self.journal_id.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')[:1]
        if not line.payment_account_id:
            raise UserError(
                self.env._(
                    "Journal %(journal)s: its payment method “SEPA Direct Debit” has no outstanding account. "
                    "Set one in the journal, on the page of incoming payments (511600 in France).",
                    journal=self.journal_id.name,
                ),
            )
        return line.payment_account_id

    def _settle(self):
        """Book each of these sent collections in one entry and match it with the invoices."""
        for collection in self:
            collection._require_state('sent')
            debits = collection._live_debits()
            if debits:
                collection._book_settlement(debits)
        self._set_state('settled')

    def _book_settlement(self, debits):
        """One entry: the outstanding account takes the total, each debit clears its own receivable line."""
        self.ensure_one()
        journal = self.settlement_journal_id
        day = self.company_id._billing_first_open_day(self.date, journal)
        company_currency = self.company_id.currency_id
        values = []
        for debit in debits:
            balance = debit.currency_id._convert(debit.amount, company_currency, self.company_id, day)
            values.append(
                {
                    'name': f"{debit.move_id.name} {debit.mandate_id.name}",
                    'account_id': debit.move_line_id.account_id.id,
                    'partner_id': debit.partner_id.id,
                    'currency_id': debit.currency_id.id,
                    'amount_currency': -debit.amount,
                    'balance': -balance,
                },
            )
        total = {
            'name': self.name,
            'account_id': self._outstanding_account().id,
            'currency_id': self.currency_id.id,
            'amount_currency': -sum(line['amount_currency'] for line in values),
            'balance': -sum(line['balance'] for line in values),
        }
        self.move_id = self.env['account.move'].create(
            {
                'move_type': 'entry',
                'journal_id': journal.id,
                'company_id': self.company_id.id,
                'date': day,
                'ref': self.name,
                'line_ids': [fields.Command.create(line) for line in (total, *values)],
            },
        )
        self.move_id._post(soft=False)
        settled_lines = self.move_id.line_ids.sorted('id')[1:]
        for debit, line in zip(debits, settled_lines, strict=True):
            debit.settlement_line_id = line
        debits._set_state('settled')
        self.env['account.move.line']._billing_match(
            [debit.move_line_id + debit.settlement_line_id for debit in debits],
        )

    def _notify_parked(self):
        for collection in self:
            collection.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=self.env._("Settlement of %s could not be booked", collection.name),
                note=collection.error,
            )
