from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingCollectionCredit(models.TransientModel):
    _name = 'billing.collection.credit'
    _description = "Bank Credited a Collection"

    collection_id = fields.Many2one('billing.collection', required=True, readonly=True)
    company_id = fields.Many2one(related='collection_id.company_id')
    journal_id = fields.Many2one(related='collection_id.journal_id')
    currency_id = fields.Many2one(related='collection_id.currency_id')
    awaited = fields.Monetary("Announced", related='collection_id.uncredited_amount')
    statement_line_id = fields.Many2one(
        'account.bank.statement.line',
        "Imported Bank Line",
        domain="[('journal_id', '=', journal_id), ('is_reconciled', '=', False), ('amount', '>', 0)]",
        help="Where you import bank statements: the line of this credit. It is matched instead of making another.",
    )
    date = fields.Date(
        "Credited On",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        help="Date on the bank's statement.",
    )
    fee = fields.Monetary("Fee Kept by the Bank", help="Only where the bank took it off this credit.")
    amount = fields.Monetary(
        "Amount Credited",
        compute='_compute_amount',
        store=True,
        readonly=False,
        precompute=True,
        help="What reached the bank account.",
    )
    fee_account_id = fields.Many2one(
        'account.account',
        compute='_compute_fee_account_id',
        store=True,
        readonly=False,
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost'))]",
    )
    rest = fields.Monetary("Still Open Then", compute='_compute_rest', help="Matched later, as with returns.")

    @api.depends('collection_id', 'statement_line_id')
    def _compute_date(self):
        for wizard in self:
            day = min(wizard.collection_id.date, fields.Date.context_today(wizard))
            wizard.date = wizard.statement_line_id.date or day

    @api.depends('collection_id', 'fee', 'statement_line_id')
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.statement_line_id.amount or wizard.awaited - wizard.fee

    @api.depends('collection_id')
    def _compute_fee_account_id(self):
        for wizard in self:
            wizard.fee_account_id = wizard.company_id._billing_bank_fee_account()

    @api.depends('amount', 'fee', 'awaited')
    def _compute_rest(self):
        for wizard in self:
            wizard.rest = wizard.awaited - wizard.amount - wizard.fee

    def action_confirm(self):
        """Book the bank's credit.

        :raises UserError: for a day to come or before the collection, an amount that was not announced, a fee without
            account
        """
        self.ensure_one()
        self._check_transaction()
        self._check_day()
        self._check_amounts()
        self.collection_id._book_credit(
            self.date, self.amount, self.fee, self.fee_account_id, transaction=self.statement_line_id
        )
        return True

    def _check_transaction(self):
        line = self.statement_line_id
        if line and (line.is_reconciled or line.journal_id != self.journal_id):
            raise UserError(
                self.env._(
                    "The bank line of %(date)s is matched already, or belongs to another bank: choose another.",
                    date=format_date(self.env, line.date),
                ),
            )
        if line and (line.date, line.amount) != (self.date, self.amount):
            raise UserError(
                self.env._("Date and amount are those of the imported bank line: enter only the fee beside them."),
            )

    def _check_day(self):
        if self.date > fields.Date.context_today(self):
            raise UserError(
                self.env._("The field “Credited On” lies in the future: enter the date of the bank's statement."),
            )
        if self.date < self.collection_id.date:
            raise UserError(
                self.env._(
                    "Collection %(collection)s is due on %(date)s: the bank credits it on that day at the earliest. "
                    "Correct the field “Credited On”.",
                    collection=self.collection_id.name,
                    date=format_date(self.env, self.collection_id.date),
                ),
            )
        self.company_id._billing_check_open_day(self.date, self.journal_id, self.collection_id)

    def _check_amounts(self):
        if self.currency_id.compare_amounts(self.amount, 0.0) <= 0 or self.fee < 0:
            raise UserError(
                self.env._("Enter an amount above zero in “Amount Credited”, and a fee of zero or more."),
            )
        if self.currency_id.compare_amounts(self.rest, 0.0) < 0:
            raise UserError(
                self.env._(
                    "Collection %(collection)s: %(awaited)s are still announced, less than amount and fee together. "
                    "Enter what belongs to this collection only.",
                    collection=self.collection_id.name,
                    awaited=self.currency_id.format(self.awaited),
                ),
            )
        if self.fee and not self.fee_account_id:
            raise UserError(self.env._("Choose the account of the fee (627800 in France)."))
