import hashlib
from base64 import b64encode
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools import bank_calendar, pain008, sepa_ids


class BillingCollection(models.Model):
    """A remittance of direct debits: one collection date, one bank account, one file, one entry."""

    _name = 'billing.collection'
    _description = "Direct Debit Collection"
    _inherit = ['billing.state.mixin', 'billing.worker', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _transitions = {
        'in_file': ('draft',),
        'sent': ('in_file',),
        'settled': ('sent',),
        'cancelled': ('draft', 'in_file'),
    }

    name = fields.Char("Number", default='/', required=True, readonly=True, copy=False)
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, index=True, default=lambda self: self.env.company,
    )
    date = fields.Date("Collection Date", required=True, tracking=True, help="The day on which customers are debited.")
    journal_id = fields.Many2one(
        'account.journal', "Bank", required=True, check_company=True, domain="[('type', '=', 'bank')]",
        default=lambda self: self.env.company.billing_bank_journal_id,
    )
    settlement_journal_id = fields.Many2one(related='company_id.billing_settlement_journal_id')
    scheme = fields.Selection([('CORE', "SEPA Direct Debit (CORE)")], default='CORE', required=True, readonly=True)
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('in_file', "File Made"),
            ('sent', "Sent"),
            ('settled', "Settled"),
            ('cancelled', "Cancelled"),
        ],
        default='draft', required=True, readonly=True, tracking=True, index=True,
    )
    debit_ids = fields.One2many('billing.debit', 'collection_id', readonly=True)
    currency_id = fields.Many2one('res.currency', default=lambda self: self.env.ref('base.EUR'), required=True, readonly=True)
    debit_count = fields.Integer("Debits", compute='_compute_totals', store=True)
    amount_total = fields.Monetary("Total", compute='_compute_totals', store=True)
    send_by = fields.Date("Send By", compute='_compute_send_by', help="Last day on which the bank takes the file.")
    file = fields.Binary(attachment=True, readonly=True, copy=False, groups='recurring_billing.group_debit')
    file_name = fields.Char(readonly=True, copy=False)
    file_sha256 = fields.Char("SHA-256", readonly=True, copy=False)
    file_date = fields.Datetime("File Made On", readonly=True, copy=False)
    file_user_id = fields.Many2one('res.users', "File Made By", readonly=True, copy=False)
    move_id = fields.Many2one('account.move', "Settlement Entry", readonly=True, copy=False, index='btree_not_null')

    _name_company_unique = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "This collection number is already used in the company.",
    )

    # === COMPUTE METHODS === #

    @api.depends('debit_ids.amount', 'debit_ids.state')
    def _compute_totals(self):
        for collection in self:
            debits = collection._live_debits()
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
                    self.env._("Collection %s has its file: date and bank can no longer be changed. Cancel it instead.",
                               collection.name),
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Collections are kept: cancel them instead."))

    # === ACTION METHODS === #

    def action_generate(self):
        """Check everything and make the bank file."""
        self.ensure_one()
        self._generate(fields.Date.context_today(self))
        return True

    def action_confirm_sent(self):
        """A person confirms that the bank has the file; only then will the debits settle."""
        for collection in self:
            collection._live_debits()._set_state('sent')
        self._set_state('sent')
        return True

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

    def action_cancel(self):
        """Give up a collection that the bank has not got: its debits are free for another one, with new ids."""
        for collection in self:
            collection._live_debits()._set_state('dropped')
        self._set_state('cancelled')
        return True

    def action_download(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/billing.collection/{self.id}/file/{self.file_name}?download=true',
            'target': 'download',
        }

    def action_entry(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _earliest_date(self, company, today):
        """The first T2 day on which a file made ``today`` can be collected."""
        return bank_calendar.add_open_days(today, company.billing_lead_days)

    @api.model
    def _prepare_debits(self, company, date, today):
        """Make a draft collection of all that ``company`` may debit on ``date``, asked for ``today``.

        :return: (the collection, or empty where nothing can be debited; list of texts on what cannot, and why)
        """
        lines = self.env['account.move.line']._billing_collectable_lines(company, date)
        mandates = {line: line._billing_mandate() for line in lines}
        refusals = {line: line._billing_refusal(mandates[line]) for line in lines}
        accepted = lines.filtered(lambda line: not refusals[line])
        collection = self.browse()
        if accepted:
            collection = self.create(
                {'company_id': company.id, 'journal_id': company.billing_bank_journal_id.id, 'date': date},
            )
            collection._check_in_time(today)
            self.env['billing.debit'].create(
                [
                    {
                        'collection_id': collection.id,
                        'move_line_id': line.id,
                        'mandate_id': mandates[line].id,
                        'amount': line.amount_residual_currency,
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

    @api.model
    def _cron_settle(self):
        """Book the collections whose day has come and which a person confirmed as sent."""
        self._settle_due(fields.Date.context_today(self), commit=self.env['ir.cron']._commit_progress)

    @api.model
    def _settle_due(self, today, *, commit):
        domain = [('state', '=', 'sent'), ('date', '<=', today)]
        return self._work_off(domain, lambda collections: collections._settle(), commit=commit, limit=10)

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

    def _raise_faults(self, faults):
        if faults:
            raise UserError("\n".join([self.env._("Collection %s cannot go to the bank yet:", self.name), *faults]))

    def _setup_faults(self):
        """What is missing on the company's side, one line each."""
        faults = []
        if not self._live_debits():
            faults.append(self.env._("It holds no debit: prepare one with invoices that are due."))
        if not self.company_id.billing_creditor_identifier:
            faults.append(
                self.env._("Company %s has no SEPA creditor identifier: enter it in the settings of Invoicing.",
                           self.company_id.name),
            )
        if fault := sepa_ids.iban_fault(self.journal_id.bank_account_id.acc_number or ""):
            faults.append(
                self.env._(
                    "Journal %(journal)s, field “Account Number”: %(reason)s. Enter the IBAN to be credited.",
                    journal=self.journal_id.name,
                    reason=self.env['billing.mandate']._iban_fault_text(fault),
                ),
            )
        return faults

    def _fault_text(self, code, end_to_end_id):
        """The sentence for a fault that the file's own checks found; names the debit where it is one debit's."""
        debit = self.debit_ids.filtered(lambda debit: debit.end_to_end_id == end_to_end_id)[:1]
        reasons = {
            'amount': self.env._("the amount must lie between 0.01 and 999,999,999.99 euros"),
            'signature_in_future': self.env._("the mandate's signature date lies in the future"),
            'identifier': self.env._("an identifier holds characters that banks refuse"),
            'address_needed': self.env._(
                "the bank is outside the European Economic Area: enter city and country on the customer's address"),
        }
        reason = reasons.get(code, code)
        if not debit:
            return self.env._("The file: %s.", reason)
        return self.env._("Invoice %(invoice)s of %(customer)s: %(reason)s.", invoice=debit.move_id.name,
                          customer=debit.partner_id.display_name, reason=reason)

    def _message(self, debits):
        """The content of the bank file as plain data: one block per creditor identifier under which mandates were signed."""
        company = self.company_id
        iban = sepa_ids.compact(self.journal_id.bank_account_id.acc_number)
        blocks = []
        for number, (ics, group) in enumerate(sorted(debits.grouped('mandate_creditor_identifier').items()), start=1):
            blocks.append(
                pain008.Block(
                    block_id=f"{self.name}-{number}",
                    scheme=self.scheme,
                    sequence='RCUR',  # right for a first collection too, since November 2016
                    date=self.date,
                    creditor=company.partner_id._billing_party(),
                    iban=iban,
                    bic=self.journal_id.bank_account_id.bank_bic or "",
                    ics=ics,
                    count=len(group),
                    total=sum((_exact(debit.amount) for debit in group), Decimal()),
                    debits=[debit._message_part() for debit in group],
                ),
            )
        return pain008.Message(
            message_id=self.name,
            created=fields.Datetime.context_timestamp(self, fields.Datetime.now()).replace(microsecond=0, tzinfo=None),
            initiator=company.name,
            count=len(debits),
            total=sum((block.total for block in blocks), Decimal()),
            blocks=blocks,
        )

    def _generate(self, today):
        """Make the bank file, valid against the official schema, of a draft collection.

        :raises UserError: one line for each fault, with record, field and remedy; nothing is written then
        """
        self._require_state('draft')
        self._check_in_time(today)
        debits = self._live_debits()
        self._raise_faults([*self._setup_faults(), *debits._faults()])
        for number, debit in enumerate(debits, start=1):
            debit.end_to_end_id = f"{self.name}-{number:05d}"
        message = self._message(debits)
        self._raise_faults([self._fault_text(*fault) for fault in pain008.faults(message)])
        content = pain008.write(message)
        self._raise_faults(pain008.schema_faults(content))
        self.sudo().write(  # the file's field is closed to all but the debit role, the method is open to its users only
            {
                'file': b64encode(content),
                'file_name': f"{self.name}.xml",
                'file_sha256': hashlib.sha256(content).hexdigest(),
                'file_date': fields.Datetime.now(),
                'file_user_id': self.env.uid,
            },
        )
        debits._set_state('in_file')
        self._set_state('in_file')

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


def _exact(amount):
    return Decimal(f"{amount:.2f}")
