from odoo import api, fields, models
from odoo.exceptions import UserError

_TYPED = frozenset({'date', 'amount', 'fee', 'interest', 'reason_id', 'note', 'debit_id', 'collection_id', 'typed'})
_WAITING = ('draft', 'to_decide')


class BillingBankMessageItem(models.Model):
    """One thing that the bank says of a debit or a collection, and what became of it."""

    _name = 'billing.bank.message.item'
    _description = "Answer of the Bank"
    _inherit = ['billing.state.mixin']
    _order = 'message_id desc, number, id'
    _rec_name = 'end_to_end_id'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'state',
            'number',
            'entry',
            'entry_size',
            'event',
            'level',
            'is_booked',
            'account',
            'entry_amount',
            'entry_reference',
            'asked_amount',
            'end_to_end_id',
            'mandate_reference',
            'block_reference',
            'file_reference',
            'debtor',
            'reason_code',
            'key',
            'explanation',
        },
    )
    _transitions = {
        'to_decide': _WAITING,
        'done': _WAITING,
        'ignored': _WAITING,
    }

    message_id = fields.Many2one('billing.bank.message', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='message_id.company_id', store=True, index=True)
    is_keyed = fields.Boolean(compute='_compute_is_keyed')
    number = fields.Integer(readonly=True)
    entry = fields.Integer("Line of the File", readonly=True)
    entry_size = fields.Integer(readonly=True)
    event = fields.Selection(
        [
            ('credited', "Credited"),
            ('returned', "Returned"),
            ('rejected', "Rejected"),
            ('accepted', "Accepted"),
            ('pending', "Announced"),
        ],
        "Answer",
        required=True,
        readonly=True,
        default='returned',
    )
    level = fields.Selection(
        [('file', "Whole file"), ('block', "Whole block"), ('transaction', "One debit"), ('entry', "One line")],
        "About",
        required=True,
        readonly=True,
        default='transaction',
    )
    is_booked = fields.Boolean("Booked by the Bank", readonly=True, default=True)
    account = fields.Char(readonly=True)
    date = fields.Date(default=fields.Date.context_today, help="Of the bank's line: the return is booked on it.")
    currency_id = fields.Many2one(
        'res.currency', required=True, readonly=True, default=lambda self: self.env.ref('base.EUR')
    )
    amount = fields.Monetary(help="What the bank took back of the debit, or credited.")
    fee = fields.Monetary("Bank's Fee", help="What the bank charges for the return, in the same line or another.")
    interest = fields.Monetary("Interest Claimed", help="What a late refund took beyond the debit.")
    asked_amount = fields.Monetary("Debited", readonly=True, help="As the bank remembers the debit.")
    entry_amount = fields.Monetary("Line's Amount", readonly=True)
    entry_reference = fields.Char("Line's Reference", readonly=True)
    end_to_end_id = fields.Char("End-to-End Id", readonly=True)
    mandate_reference = fields.Char("Mandate Reference (RUM)", readonly=True)
    block_reference = fields.Char(readonly=True)
    file_reference = fields.Char(readonly=True)
    debtor = fields.Char("Name at the Bank", readonly=True)
    reason_code = fields.Char("Bank's Code", readonly=True)
    reason_id = fields.Many2one('billing.return.reason', ondelete='restrict')
    note = fields.Char("Bank's Text")
    typed = fields.Char("Reference", help="End-to-end id, invoice number or mandate reference, as the paper says.")
    key = fields.Char(readonly=True, help="Names this answer, in whatever file it comes again.")
    state = fields.Selection(
        [('draft', "Keyed"), ('to_decide', "To Decide"), ('done', "Done"), ('ignored', "Ignored")],
        "Status",
        required=True,
        readonly=True,
        default='draft',
        index=True,
    )
    explanation = fields.Text("What Was Done, or Why Not", readonly=True)
    debit_id = fields.Many2one(
        'billing.debit',
        compute='_compute_debit_id',
        store=True,
        readonly=False,
        index='btree_not_null',
        ondelete='restrict',
        check_company=False,
    )
    collection_id = fields.Many2one('billing.collection', index='btree_not_null', ondelete='restrict')
    partner_id = fields.Many2one(related='debit_id.partner_id')
    who = fields.Char(compute='_compute_who', help="The customer, where known; else the name at the bank.")
    move_id = fields.Many2one(related='debit_id.return_move_id')
    candidate_ids = fields.Many2many('billing.debit', compute='_compute_candidates', string="Candidates")

    _acts_once = models.UniqueIndex(
        "(company_id, key) WHERE key IS NOT NULL", "This answer of the bank was dealt with already."
    )

    # === COMPUTE METHODS === #

    @api.depends('message_id.kind')
    def _compute_is_keyed(self):
        for item in self:
            item.is_keyed = item.message_id.kind == 'paper'

    @api.depends('debit_id', 'collection_id', 'debtor')
    def _compute_who(self):
        for item in self:
            item.who = item.partner_id.display_name or item.collection_id.name or item.debtor

    @api.depends('typed', 'amount')
    def _compute_debit_id(self):
        """The debit that a keyed reference means, where it means one only."""
        for item in self:
            if item.typed and item.state == 'draft':
                found = item._typed_debits()
                item.debit_id = found if len(found) == 1 else False
            else:
                item.debit_id = item.debit_id

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        if not self._is_unguarded() and (wrong := items.filtered(lambda item: not item.is_keyed)[:1]):
            raise UserError(
                self.env._(
                    "Answers come with the bank's file: key returns from paper in “%s”.", wrong.message_id.display_name
                )
            )
        return items

    def write(self, vals):
        if _TYPED & vals.keys() and not self._is_unguarded():
            for item in self.filtered(lambda item: item.state not in _WAITING):
                raise UserError(
                    self.env._(
                        "The answer about %(debit)s is dealt with: it is kept as it was.",
                        debit=item.debit_id.display_name or item.end_to_end_id or item.message_id.display_name,
                    ),
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if self.filtered(lambda item: item.state != 'draft'):
            raise UserError(self.env._("Answers of the bank are kept: ignore them instead."))

    # === ACTION METHODS === #

    def action_ignore(self):
        """Do nothing for these answers, and remember who said so."""
        self.check_access('write')
        self._conclude('ignored', self.env._("Ignored by %s.", self.env.user.name))
        return True

    def action_open(self):
        self.ensure_one()
        return {**self._get_records_action(), 'target': 'new', 'name': self.env._("Answer of the Bank")}

    def action_entry(self):
        self.ensure_one()
        return (self.move_id or self.debit_id or self.collection_id)._get_records_action()

    # === BUSINESS METHODS === #

    def _conclude(self, state, explanation):
        self._set_state(state)
        self._unguarded().explanation = explanation
        self.message_id._remind()

    @api.model
    def _from_answers(self, message, answers):
        """Rows of ``answers``; those that came with another file already are ignored, and say so.

        :param answers: list of `Answer` about debits, of one file
        """
        codes = {answer.reason or answer.proprietary_reason for answer in answers}
        reasons = self.env['billing.return.reason']._by_code(codes)
        currencies = (
            self.env['res.currency']
            .with_context(active_test=False)
            .search([('name', 'in', [*{answer.currency or 'EUR' for answer in answers}])])
        )
        of_name = {currency.name: currency for currency in currencies}
        counted, rows = {}, []
        for answer in answers:
            if answer.event == 'accepted' and answer.level == 'transaction':
                continue  # a debit that is on its way is no news
            key = self._key(answer)
            counted[key] = counted.get(key, 0) + 1
            own = f"{key}#{counted[key]}" if key and counted[key] > 1 else key
            currency = of_name.get(answer.currency or 'EUR', currencies[:1])
            rows.append({**self._values(message, answer, reasons), 'currency_id': currency.id, 'key': own})
        known = self._known(message.company_id, [row['key'] for row in rows])
        for row in rows:
            if earlier := known.get(row['key']):
                told = self.env._("The bank said so already in “%s”.", earlier.message_id.display_name)
                row.update(key=False, state='ignored', explanation=told)
        return self._unguarded().create(rows).with_env(self.env)

    @api.model
    def _known(self, company, keys):
        """{key: the item that bears it}"""
        found = self.search([('company_id', '=', company.id), ('key', 'in', [key for key in keys if key])])
        return {item.key: item for item in found}

    @api.model
    def _key(self, answer):
        """What names an answer in whatever message it comes: the bank's reference, else the debit, code and day."""
        if answer.event == 'pending' or answer.status in ('PDNG', 'INFO'):
            return False  # comes again, booked
        about = answer.end_to_end_id or answer.mandate_reference or answer.payment_info_id
        if answer.level == 'file' or not answer.account:
            parts = (answer.message_id, answer.payment_info_id, about, answer.status)
        elif answer.transaction_reference or answer.entry_reference:
            parts = (answer.account, answer.transaction_reference or answer.entry_reference, about)
        else:
            code = answer.reason or answer.proprietary_reason
            parts = (answer.account, about, code, answer.booked, answer.amount)
        return "/".join(str(part or "") for part in (answer.event, *parts))

    @api.model
    def _values(self, message, answer, reasons):
        code = answer.reason or answer.proprietary_reason
        amount, fee, interest = self._amounts(answer)
        is_late = answer.event in ('returned', 'rejected')
        return {
            'message_id': message.id,
            'number': answer.number,
            'entry': answer.entry,
            'entry_size': answer.entry_size,
            'event': answer.event,
            'level': answer.level,
            'is_booked': answer.event != 'pending' and answer.status not in ('PDNG', 'INFO'),
            'account': answer.account,
            'date': answer.booked or message.created_on or fields.Date.context_today(self),
            'amount': amount,
            'fee': fee,
            'interest': interest,
            'asked_amount': float(answer.instructed or 0),
            'entry_amount': float(answer.entry_amount or 0),
            'entry_reference': answer.entry_reference,
            'end_to_end_id': answer.end_to_end_id,
            'mandate_reference': answer.mandate_reference,
            'block_reference': answer.payment_info_id,
            'file_reference': answer.message_id,
            'debtor': answer.debtor,
            'reason_code': code,
            'reason_id': reasons[code].id if is_late else False,
            'note': " ".join([*answer.texts, *answer.remittance])[:500],
            'state': 'to_decide',
        }

    @api.model
    def _amounts(self, answer):
        """(taken back of the debit, bank's fee, interest) of one answer, as floats.

        What exceeds what we had asked for is interest of a late refund; what a line of its own holds beyond both is the
        bank's fee.
        """
        amount, interest, fee = answer.amount or 0, 0, answer.charges
        if answer.event == 'returned' and answer.instructed and amount > answer.instructed:
            amount, interest = answer.instructed, amount - answer.instructed
        if answer.event == 'returned' and answer.entry_size == 1 and answer.level == 'transaction':
            fee = max(fee, (answer.entry_amount or 0) - amount - interest)
        return float(amount), float(fee), float(interest)
