from odoo import api, fields, models


class BillingCollection(models.Model):
    """The bank's credit of a collection: what reached the account, and what the bank kept."""

    _inherit = 'billing.collection'

    bank_move_id = fields.Many2one(
        'account.move', "Bank Transaction", readonly=True, copy=False, index='btree_not_null'
    )
    uncredited_amount = fields.Monetary(
        "Not Credited Yet",
        compute='_compute_uncredited_amount',
        help="What stands on the outstanding account until it is matched with the bank's statement.",
    )

    @api.depends('move_id.line_ids.amount_residual_currency', 'state', 'amount_total')
    def _compute_uncredited_amount(self):
        for collection in self:
            item = collection._outstanding_item()
            awaited = collection._live_amount() if collection.state == 'sent' else 0.0
            collection.uncredited_amount = item.amount_residual_currency if item else awaited

    def action_bank_credited(self):
        """Ask for date, amount and fee of the bank's credit."""
        self.ensure_one()
        self._require_state('sent', 'settled')
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_collection_credit_action')
        return {**action, 'context': {'default_collection_id': self.id}}

    def action_bank_move(self):
        self.ensure_one()
        return self.bank_move_id._get_records_action()

    def _outstanding_item(self):
        """The item of the settlement entry that waits for the bank's credit; empty before the settlement."""
        self.ensure_one()
        return self.move_id.line_ids.sorted('id')[:1]

    def _book_credit(self, day, amount, fee=0.0, fee_account=None, transaction=None):
        """Book the bank's credit of ``day``, after the settlement where that waited for it, and match both.

        :param amount: euros that reached the bank account
        :param fee: euros that the bank kept, booked on ``fee_account``
        :param transaction: the imported `account.bank.statement.line`, where there is one
        """
        self.ensure_one()
        if self.state == 'sent':
            self._settle(day if self.settles_with_bank else None)
        item = self._outstanding_item()
        lines = self._credit_lines(day, amount, fee, fee_account, item.account_id)
        transaction = self.journal_id._billing_bank_transaction(day, amount, self.name, lines, transaction)
        credit = transaction.move_id.line_ids.filtered(lambda line: line.account_id == item.account_id)
        (credit + item.sudo()).reconcile()  # as the bank transaction, made with the same rights
        self._unguarded().bank_move_id = transaction.move_id.id

    def _credit_lines(self, day, amount, fee, fee_account, outstanding):
        parts = [(self.journal_id.default_account_id, amount), (outstanding, -amount - fee)]
        if fee:
            parts.append((fee_account, fee))
        return [fields.Command.create(self._credit_line(day, account, part)) for account, part in parts]

    def _credit_line(self, day, account, amount):
        company = self.company_id
        return {
            'name': self.name,
            'account_id': account.id,
            'currency_id': self.currency_id.id,
            'amount_currency': amount,
            'balance': self.currency_id._convert(amount, company.currency_id, company, day),
        }
