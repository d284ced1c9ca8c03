from decimal import Decimal

from odoo import api, fields, models

from ..tools import bank_matching

# what matches statements in screens of its own
_MATCHERS = ('account_accountant', 'account_reconcile_oca')


class AccountBankStatementLine(models.Model):
    """Lines of the bank's statement that pay, or take back, what stands on the outstanding account of debits."""

    _inherit = 'account.bank.statement.line'

    billing_item_ids = fields.Many2many(
        'account.move.line', string="Items Proposed", compute='_compute_billing_item_ids', compute_sudo=True
    )
    billing_proposal = fields.Char("Proposed", compute='_compute_billing_item_ids', compute_sudo=True)

    @api.depends('amount', 'payment_ref', 'is_reconciled')
    def _compute_billing_item_ids(self):
        for journal, lines in self.grouped('journal_id').items():
            items = journal._billing_open_items()
            priced = [item._billing_as_open_item() for item in items]
            for line in lines:
                keys = bank_matching.propose(Decimal(f"{line.amount:.2f}"), line._billing_text(), priced)
                found = items.browse() if line.is_reconciled else items.browse(keys)
                line.billing_item_ids = found
                line.billing_proposal = ", ".join(found.mapped('name')) or False

    def _billing_text(self):
        """All that the bank writes of this line."""
        self.ensure_one()
        return " ".join(filter(None, (self.payment_ref, self.ref, self.partner_name)))

    def _billing_naming(self, references):
        """The first of these lines that names one of ``references``: an amount alone matches nothing."""
        return self.filtered(lambda line: bank_matching.is_named(references, line._billing_text()))[:1]

    def action_billing_match(self):
        """Match these lines with what is proposed for each; the others stay."""
        self.env['billing.bank.line.match'].check_access('create')
        for line in self.filtered('billing_item_ids'):
            line._billing_match_with(line.billing_item_ids)
        return True

    def action_billing_choose(self):
        """Choose what this line pays."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_bank_line_match_action')
        return {**action, 'context': {'default_statement_line_id': self.id}}

    def _billing_match_with(self, items, fee=0.0, fee_account=None):
        """Replace the suspense item of this line by what it pays, and match both.

        :param items: open items of the journal's outstanding account
        :param fee: euros of a difference that the bank kept, above zero, or gave
        :param fee_account: where it is booked
        """
        self.ensure_one()
        account = items.account_id
        parts = [(self.journal_id.default_account_id, self.amount), (account, -self.amount - fee)]
        if fee:
            parts.append((fee_account, fee))
        commands = [fields.Command.create(self._billing_part(own, amount)) for own, amount in parts]
        journal = self.journal_id
        written = journal._billing_bank_transaction(self.date, self.amount, self.payment_ref, commands, self)
        (written.move_id.line_ids.filtered(lambda line: line.account_id == account) + items.sudo()).reconcile()

    def _billing_part(self, account, amount):
        currency, company = self.env.ref('base.EUR'), self.company_id
        return {
            'name': self.payment_ref,
            'account_id': account.id,
            'currency_id': currency.id,
            'amount_currency': amount,
            'balance': currency._convert(amount, company.currency_id, company, self.date),
        }


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    def _billing_open_items(self):
        """What stands on the outstanding account of debits of this bank journal, and is not matched yet."""
        self.ensure_one()
        line = self.inbound_payment_method_line_ids.filtered(lambda one: one.code == 'billing_sdd')[:1]
        return self.env['account.move.line'].search(
            [
                ('account_id', '=', line.payment_account_id.id),
                ('company_id', 'child_of', self.company_id.id),
                ('parent_state', '=', 'posted'),
                ('reconciled', '=', False),
                ('statement_line_id', '=', False),
            ],
            order='date, id',
        )


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _billing_as_open_item(self):
        """This item of the outstanding account as plain data: the bank may name the collection, or the debit."""
        self.ensure_one()
        reference = self.move_id.ref or ""
        return bank_matching.Item(
            self.id,
            Decimal(f"{self.amount_residual_currency:.2f}"),
            self.date,
            tuple(filter(None, (reference, reference.rpartition(" ")[2]))),
        )


class IrUiMenu(models.Model):
    _inherit = 'ir.ui.menu'

    def _load_menus_blacklist(self):
        """EXTENDS base: where another module matches statements, our list is silent."""
        blacklist = super()._load_menus_blacklist()
        domain = [('name', 'in', _MATCHERS), ('state', '=', 'installed')]
        if self.env['ir.module.module'].sudo().search_count(domain, limit=1):
            blacklist.append(self.env.ref('recurring_billing.menu_bank_lines').id)
        return blacklist
