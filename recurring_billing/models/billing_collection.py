from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools import bank_calendar


class BillingCollection(models.Model):
    """A remittance of direct debits: one collection date, one bank account, one file, one entry."""

    _name = 'billing.collection'
    _description = "Direct Debit Collection"
    _inherit = ['billing.state.mixin', 'billing.worker', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'state',
            'company_id',
            'scheme',
            'currency_id',
            'file',
            'file_name',
            'file_sha256',
            'file_date',
            'file_user_id',
            'move_id',
            'revision',
            'error',
        },
    )
    _transitions = {
        'in_file': ('draft',),
        'sent': ('in_file',),
        'settled': ('sent',),
        'cancelled': ('draft', 'in_file'),
    }

    name = fields.Char("Number", default='/', required=True, readonly=True, copy=False)
    company_id = fields.Many2one(
        'res.company',
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date = fields.Date("Collection Date", required=True, tracking=True, help="The day on which customers are debited.")
    journal_id = fields.Many2one(
        'account.journal',
        "Bank",
        required=True,
        check_company=True,
        domain="[('type', '=', 'bank')]",
        default=lambda self: self.env.company.billing_bank_journal_id,
    )
    scheme = fields.Selection([('CORE', "SEPA Direct Debit (CORE)")], default='CORE', required=True, readonly=True)
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('in_file', "File Made"),
            ('sent', "Sent"),
            ('settled', "Settled"),
            ('cancelled', "Cancelled"),
        ],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    debit_ids = fields.One2many('billing.debit', 'collection_id', readonly=True)
    currency_id = fields.Many2one(
        'res.currency', default=lambda self: self.env.ref('base.EUR'), required=True, readonly=True
    )
    debit_count = fields.Integer("Debits", compute='_compute_totals', store=True)
    amount_total = fields.Monetary("Total", compute='_compute_totals', store=True)
    send_by = fields.Date(compute='_compute_send_by', help="Last day on which the bank takes the file.")

    _name_company_unique = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'",
        "This collection number is already used in the company.",
    )

    # === COMPUTE METHODS === #

    @api.depends('debit_ids.amount', 'debit_ids.state', 'state')
    def _compute_totals(self):
        for collection in self:
            # what the file holds: returned debits were in it, dropped ones were not, and a cancelled file was whole
            debits = collection.debit_ids
            if collection.state != 'cancelled':
                debits = debits.filtered(lambda debit: debit.state != 'dropped')
            collection.debit_count = len(debits)
            collection.amount_total = sum(debits.mapped('amount'))

    @api.depends('date', 'company_id.billing_lead_days')
    def _compute_send_by(self):
        for collection in self:
            day = collection.date
            for _step in range(collection.company_id.billing_lead_days if day else 0):
                day = bank_calendar.previous_open(fields.Date.subtract(day, days=1))
            collection.send_by = day

    # === CONSTRAINT METHODS === #

    @api.constrains('date')
    def _check_date(self):
        for collection in self:
            if not bank_calendar.is_open(collection.date):
                raise ValidationError(
                    self.env._(
                        "Collection %(collection)s, field “Collection Date”: banks are closed on %(date)s. "
                        "The next open day is %(next)s.",
                        collection=collection.name,
                        date=format_date(self.env, collection.date),
                        next=format_date(self.env, bank_calendar.next_open(collection.date)),
                    ),
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company = vals.get('company_id') or self.env.company.id
                vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('billing.collection')
        return super().create(vals_list)

    def write(self, vals):
        if {'date', 'journal_id'} & vals.keys():
            for collection in self.filtered(lambda collection: collection.state != 'draft'):
                raise UserError(
                    self.env._(
                        "Collection %s has its file: date and bank can no longer be changed. Cancel it instead.",
                        collection.name,
                    ),
                )
        result = super().write(vals)
        if 'date' in vals:
            for collection in self:
                collection._check_in_time(fields.Date.context_today(self))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Collections are kept: cancel them instead."))

    # === ACTION METHODS === #

    def action_confirm_sent(self):
        """A person confirms that the bank has the file; only then will the debits settle."""
        for collection in self:
            collection._live_debits()._set_state('sent')
        self._set_state('sent')
        return True

    def action_cancel(self):
        """Give up a collection that the bank has not got: its debits are free for another one, with new ids."""
        for collection in self:
            collection._live_debits()._set_state('dropped')
        self._set_state('cancelled')
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _earliest_date(self, company, today):
        """The first T2 day on which a file made ``today`` can be collected."""
        return bank_calendar.add_open_days(bank_calendar.next_open(today), company.billing_lead_days)

    @api.model
    def _prepare_debits(self, company, date, today):
        """Make a draft collection of all that ``company`` may debit on ``date``, asked for ``today``.

        :return: (the collection, or empty where nothing can be debited; list of texts on what cannot, and why)
        """
        lines = self.env['account.move.line']._billing_collectable_lines(company, date)
        mandates = lines._billing_mandates()
        refusals = {line: line._billing_refusal(mandates[line]) for line in lines}
        accepted = lines.filtered(lambda line: not refusals[line])
        collection = self.browse()
        if accepted:
            collection = self._unguarded().create(
                {'company_id': company.id, 'journal_id': company.billing_bank_journal_id.id, 'date': date},
            )
            collection = collection.with_env(self.env)
            collection._check_in_time(today)
            self.env['billing.debit']._unguarded().create(
                [
                    {
                        'collection_id': collection.id,
                        'partner_id': line.move_id.commercial_partner_id.id,
                        'account_id': line.account_id.id,
                        'mandate_id': mandates[line].id,
                        'item_ids': [
                            Command.create({'move_line_id': line.id, 'amount': line.amount_residual_currency})
                        ],
                    }
                    for line in accepted
                ],
            )
        return collection, [text for text in refusals.values() if text]

    @api.model
    def _cron_prepare(self):
        """Prepare each company's next collection; a person looks at it, makes the file and sends it."""
        today = fields.Date.context_today(self)
        for company in self.env['res.company'].search([('billing_creditor_identifier', '!=', False)]):
            if company.billing_bank_journal_id:
                self.with_company(company)._prepare_debits(company, self._earliest_date(company, today), today)
                self.env['ir.cron']._commit_progress(1)

    def _live_debits(self):
        return self.debit_ids.filtered(lambda debit: debit.state not in ('dropped', 'returned')).sorted('id')

    def _check_in_time(self, today):
        """Refuse a collection date nearer to ``today`` than the bank's lead time."""
        self.ensure_one()
        earliest = self._earliest_date(self.company_id, today)
        if self.date < earliest:
            raise UserError(
                self.env._(
                    "Collection %(collection)s, field “Collection Date”: %(date)s is too early for the bank. "
                    "The earliest day is %(earliest)s.",
                    collection=self.name,
                    date=format_date(self.env, self.date),
                    earliest=format_date(self.env, earliest),
                ),
            )
