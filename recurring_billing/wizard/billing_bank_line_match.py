from odoo import api, fields, models
from odoo.exceptions import UserError


class BillingBankLineMatch(models.TransientModel):
    _name = 'billing.bank.line.match'
    _description = "Match a Bank Line"

    statement_line_id = fields.Many2one('account.bank.statement.line', required=True, readonly=True)
    company_id = fields.Many2one(related='statement_line_id.company_id')
    currency_id = fields.Many2one(related='statement_line_id.journal_id.company_id.currency_id')
    date = fields.Date(related='statement_line_id.date')
    label = fields.Char(related='statement_line_id.payment_ref')
    amount = fields.Monetary("Bank Line", related='statement_line_id.amount')
    account_id = fields.Many2one('account.account', compute='_compute_account_id')
    item_ids = fields.Many2many(
        'account.move.line',
        string="Pays",
        compute='_compute_item_ids',
        store=True,
        readonly=False,
        domain="[('account_id', '=', account_id), ('reconciled', '=', False), ('parent_state', '=', 'posted')]",
    )
    total = fields.Monetary("Chosen", compute='_compute_total')
    difference = fields.Monetary(compute='_compute_total')
    is_fee = fields.Boolean(
        "The Difference Is the Bank's Fee", help="Unticked, it stays open on the outstanding account."
    )
    fee_account_id = fields.Many2one(
        'account.account',
        compute='_compute_fee_account_id',
        store=True,
        readonly=False,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost'))]",
    )

    @api.depends('statement_line_id')
    def _compute_account_id(self):
        for wizard in self:
            wizard.account_id = wizard.statement_line_id.journal_id._billing_outstanding_account()

    @api.depends('statement_line_id')
    def _compute_item_ids(self):
        for wizard in self:
            wizard.item_ids = wizard.statement_line_id.billing_item_ids

    @api.depends('item_ids', 'amount')
    def _compute_total(self):
        for wizard in self:
            wizard.total = sum(wizard.item_ids.mapped('amount_residual_currency'))
            wizard.difference = wizard.total - wizard.amount

    @api.depends('company_id')
    def _compute_fee_account_id(self):
        for wizard in self:
            wizard.fee_account_id = wizard.company_id._billing_bank_fee_account()

    def action_confirm(self):
        """Match the bank's line with the chosen items.

        :raises UserError: for no item, a line matched meanwhile, or a fee without account
        """
        self.ensure_one()
        if not self.item_ids:
            raise UserError(self.env._("Choose what the bank's line pays, or leave it for other screens."))
        if self.statement_line_id.is_reconciled:
            raise UserError(self.env._("The bank line “%s” was matched meanwhile.", self.label))
        if self.item_ids.account_id != self.account_id:
            raise UserError(
                self.env._("Choose items of account %s only.", self.account_id.display_name),
            )
        fee = self.difference if self.is_fee else 0.0
        if fee and not self.fee_account_id:
            raise UserError(self.env._("Choose the account of the fee (627800 in France)."))
        self.statement_line_id._billing_match_with(self.item_ids, fee, self.fee_account_id)
        return True
