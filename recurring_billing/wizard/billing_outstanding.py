from odoo import Command, api, fields, models
from odoo.tools import format_date


class BillingOutstanding(models.TransientModel):
    _name = 'billing.outstanding'
    _description = "What the Outstanding Account Holds"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    journal_id = fields.Many2one(
        'account.journal',
        "Bank",
        required=True,
        domain="[('type', '=', 'bank'), ('company_id', 'parent_of', company_id)]",
        default=lambda self: self.env.company.billing_bank_journal_id,
    )
    date = fields.Date("At the End Of", required=True, default=fields.Date.context_today)
    currency_id = fields.Many2one(related='company_id.currency_id')
    account_id = fields.Many2one('account.account', compute='_compute_account_id')
    account_text = fields.Char("Account", compute='_compute_account_id')
    balance = fields.Monetary("Balance of the Account", compute='_compute_line_ids', store=True)
    line_ids = fields.One2many(
        'billing.outstanding.line', 'outstanding_id', "Explained By", compute='_compute_line_ids', store=True
    )

    @api.depends('date')
    def _compute_display_name(self):
        for report in self:
            report.display_name = self.env._("Outstanding account on %s", format_date(self.env, report.date))

    @api.depends('journal_id', 'company_id')
    def _compute_account_id(self):
        for report in self:
            account = report.journal_id and report.journal_id._billing_outstanding_account()
            report.account_id = account
            own = account and account.with_company(report.company_id)  # codes are the company's own
            report.account_text = own and " ".join(filter(None, (own.code, own.name)))

    @api.depends('journal_id', 'date', 'company_id')
    def _compute_line_ids(self):
        for report in self:
            items = report._items()
            report.balance = sum(items.mapped('balance'))
            rows = report._rows(items) if items else []
            report.line_ids = [Command.clear(), *map(Command.create, rows)]

    def _items(self):
        """The posted items of the account until the end of the day."""
        self.ensure_one()
        if not self.account_id or not self.date:
            return self.env['account.move.line']
        return self.env['account.move.line'].search(
            [
                ('account_id', '=', self.account_id.id),
                ('company_id', 'child_of', self.company_id.id),
                ('parent_state', '=', 'posted'),
                ('date', '<=', self.date),
            ],
            order='date, id',
        )

    def _rows(self, items):
        """Values of a row for each item that was not wholly matched on the day; their amounts sum to the balance."""
        matched = self._matched_until(items)
        collections = self.env['billing.collection'].search([('move_id', 'in', items.move_id.ids)])
        debits = self.env['billing.debit'].search([('return_move_id', 'in', items.move_id.ids)])
        of_collection = collections.grouped('move_id')
        of_debit = debits.grouped('return_move_id')
        rows = []
        for item in items:
            rest = item.balance - matched.get(item, 0.0)
            if self.currency_id.is_zero(rest):
                continue
            collection, debit = of_collection.get(item.move_id), of_debit.get(item.move_id)
            kind = 'remittance' if collection else 'return' if debit else 'bank' if item.statement_line_id else 'other'
            rows.append(
                {
                    'kind': kind,
                    'move_line_id': item.id,
                    'collection_id': collection.id if collection else False,
                    'debit_id': debit[:1].id if debit else False,
                    'amount': rest,
                    'days': (self.date - item.date).days,
                }
            )
        return rows

    def _matched_until(self, items):
        """{item: what of it was matched by the end of the day, in debit}"""
        partials = self.env['account.partial.reconcile']
        until = [('max_date', '<=', self.date)]
        matched = {}
        for side, sign in (('debit_move_id', 1), ('credit_move_id', -1)):
            for item, amount in partials._read_group([(side, 'in', items.ids), *until], [side], ['amount:sum']):
                matched[item] = matched.get(item, 0.0) + sign * amount
        return matched

    def action_entries(self):
        """Open the account's entries until that day."""
        self.ensure_one()
        return self._items()._get_records_action(name=self.account_id.display_name)


class BillingOutstandingLine(models.TransientModel):
    _name = 'billing.outstanding.line'
    _description = "Item of the Outstanding Account"
    _order = 'kind desc, id'

    outstanding_id = fields.Many2one('billing.outstanding', required=True, ondelete='cascade')
    kind = fields.Selection(
        [
            ('remittance', "Collected, not credited yet"),
            ('return', "Came back, not debited yet"),
            ('bank', "Bank line, not explained"),
            ('other', "Other entry"),
        ],
        "What",
        required=True,
    )
    move_line_id = fields.Many2one('account.move.line', "Item")
    move_id = fields.Many2one(related='move_line_id.move_id', string="Entry")
    date = fields.Date(related='move_line_id.date')
    label = fields.Char(related='move_line_id.name')
    partner_id = fields.Many2one(related='move_line_id.partner_id')
    collection_id = fields.Many2one('billing.collection')
    debit_id = fields.Many2one('billing.debit')
    currency_id = fields.Many2one(related='outstanding_id.currency_id')
    amount = fields.Monetary()
    days = fields.Integer("Days Open")

    def action_open(self):
        self.ensure_one()
        return (self.collection_id or self.debit_id or self.move_id)._get_records_action()
