from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import bank_calendar


class BillingCollectionPrepare(models.TransientModel):
    _name = 'billing.collection.prepare'
    _description = "Prepare a Collection"
    _check_company_auto = True

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    journal_id = fields.Many2one(
        'account.journal',
        "Bank",
        required=True,
        check_company=True,
        domain="[('type', '=', 'bank')]",
        default=lambda self: self.env.company.billing_bank_journal_id,
    )
    currency_id = fields.Many2one('res.currency', default=lambda self: self.env.ref('base.EUR'))
    date = fields.Date(
        "Collection Date",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        help="Proposed: the first announced day that a file made now can reach.",
    )
    date_fault = fields.Char(compute='_compute_date_fault')
    debit_count = fields.Integer("Debits", compute='_compute_takes')
    invoice_count = fields.Integer("Invoices", compute='_compute_takes')
    credit_count = fields.Integer("Credit Notes Taken Off", compute='_compute_takes')
    file_count = fields.Integer("Collections", compute='_compute_takes', help="One for each file.")
    amount_total = fields.Monetary("Total", compute='_compute_takes')
    refusals = fields.Text("Left Out", compute='_compute_takes')

    @api.depends('company_id', 'journal_id')
    def _compute_date(self):
        for wizard in self:
            journal = wizard.journal_id
            earliest = journal and journal._billing_earliest_day(*journal._billing_now())
            wizard.date = earliest and self.env['billing.collection']._next_announced(wizard.company_id, earliest)

    @api.depends('journal_id', 'date')
    def _compute_date_fault(self):
        for wizard in self:
            wizard.date_fault = wizard._is_ready() and wizard._find_date_fault()

    def _find_date_fault(self):
        """Why the bank debits nobody on this date, with the next one possible; False where it does."""
        earliest = self.journal_id._billing_earliest_day(*self.journal_id._billing_now())
        date = format_date(self.env, self.date)
        if self.date < earliest:
            first = format_date(self.env, earliest)
            return self.env._("%(date)s is too early for the bank: choose %(first)s or later.", date=date, first=first)
        if not bank_calendar.is_open(self.date):
            following = format_date(self.env, bank_calendar.next_open(self.date))
            return self.env._("Banks are closed on %(date)s: choose %(next)s.", date=date, next=following)
        return False

    @api.depends('company_id', 'journal_id', 'date')
    def _compute_takes(self):
        Collection = self.env['billing.collection']
        for wizard in self:
            takes, refusals = [], []
            if wizard._is_ready():
                takes, refusals = Collection._takes(wizard.company_id, wizard.journal_id, wizard.date)
            items = [amount for take in takes for _line, amount in take.items]
            files = [
                part
                for own in Collection._by_scheme(takes).values()
                for part in Collection._parts(wizard.journal_id, own)
            ]
            wizard.debit_count = len(takes)
            wizard.invoice_count = sum(amount > 0 for amount in items)
            wizard.credit_count = sum(amount < 0 for amount in items)
            wizard.file_count = len(files)
            wizard.amount_total = float(sum(items))
            wizard.refusals = "\n".join(refusals)

    def _is_ready(self):
        return bool(self.company_id and self.journal_id and self.date)

    def action_send_notices(self):
        """Look at the debits that nobody was told of well, to tell their customers."""
        return self.env['billing.notice.send'].with_company(self.company_id).action_open()

    def action_prepare(self):
        """Make the draft collections and open them.

        :raises UserError: for a date that the bank refuses, and where nothing can be debited, with the reasons
        """
        self.ensure_one()
        if self.date_fault:
            raise UserError(self.date_fault)
        today, _now = self.journal_id._billing_now()
        collections, refusals = self.env['billing.collection']._prepare_debits(
            self.company_id, self.date, today, self.journal_id
        )
        if not collections:
            reasons = refusals or [
                self.env._("No open invoice that is paid by direct debit falls due until this date."),
            ]
            raise UserError("\n".join([self.env._("There is nothing to collect."), *reasons]))
        return collections._get_records_action(name=self.env._("Collections"))
