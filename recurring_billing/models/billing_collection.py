from odoo import api, fields, models
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
            'debit_count',
            'amount_total',
            'file',
            'file_name',
            'file_sha256',
            'file_date',
            'file_user_id',
            'file_count',
            'file_total',
            'check_text',
            'checked_on',
            'checked_by_id',
            'sent_on',
            'sent_by_id',
            'move_id',
            'bank_move_id',
            'accepted_on',
            'credited_on',
            'credited_amount',
            'revision',
            'error',
        },
    )
    _transitions = {
        'draft': ('checked',),
        'checked': ('draft',),
        'in_file': ('draft', 'checked'),
        'sent': ('in_file',),
        'settled': ('sent',),
        'cancelled': ('draft', 'checked', 'in_file'),
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
    scheme = fields.Selection(
        [('CORE', "SEPA Direct Debit (CORE)"), ('B2B', "SEPA Business-to-Business (B2B)")],
        default='CORE',
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('checked', "Checked"),
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
    cutoff = fields.Float("Before", related='journal_id.billing_cutoff')
    sent_on = fields.Datetime(readonly=True, copy=False)
    sent_by_id = fields.Many2one('res.users', readonly=True, copy=False)

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

    @api.depends('date', 'journal_id.billing_lead_days')
    def _compute_send_by(self):
        for collection in self:
            day, lead_days = collection.date, collection.journal_id.billing_lead_days
            collection.send_by = day and bank_calendar.file_deadline(day, lead_days).date()

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
        if {'name', 'date', 'journal_id'} & vals.keys():
            for collection in self.filtered(lambda collection: collection.state not in ('draft', 'checked')):
                raise UserError(
                    self.env._(
                        "Collection %s has its file: number, date and bank can no longer be changed. Cancel it "
                        "instead.",
                        collection.name,
                    ),
                )
        result = super().write(vals)
        if {'date', 'journal_id'} & vals.keys():
            self._reopen()
            for collection in self:
                collection._check_in_time(*collection.journal_id._billing_now())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Collections are kept: cancel them instead."))

    # === ACTION METHODS === #

    def action_confirm_sent(self):
        """A person confirms that the bank has the file; only then will the debits settle."""
        self._set_state('sent')
        self._unguarded().write({'sent_on': fields.Datetime.now(), 'sent_by_id': self.env.uid})
        debits = self._live_debits()
        debits._set_state('sent')
        debits.filtered('recall_text')._follow()  # what was “do not send” is now “ask the bank”
        debits.mandate_id._presented(debits)
        return True

    def action_cancel(self):
        """Give up a collection that the bank has not got: its debits are free for another one, with new ids."""
        self._set_state('cancelled')
        self._live_debits()._set_state('dropped')
        self._remind_recalls()
        return True

    # === BUSINESS METHODS === #

    def _live_debits(self):
        return self.debit_ids.filtered(lambda debit: debit.state not in ('dropped', 'returned')).sorted('id')

    def _live_amount(self):
        """Euros that the bank still collects: neither dropped nor returned."""
        return sum(self._live_debits().mapped('amount'))
