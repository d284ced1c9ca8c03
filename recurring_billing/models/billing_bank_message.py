from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

KINDS = [
    ('pain.002', "pain.002 (answers to our files)"),
    ('camt.052', "camt.052 (movements of the day)"),
    ('camt.053', "camt.053 (statement)"),
    ('camt.054', "camt.054 (notice of debits and credits)"),
    ('paper', "Keyed from paper"),
    ('unknown', "Not understood"),
]
DECIDE = 'recurring_billing.mail_activity_bank_message'


class BillingBankMessage(models.Model):
    """A file of the bank, taken once, with what it said and what was done; or returns keyed from the bank's paper."""

    _name = 'billing.bank.message'
    _description = "Bank Message"
    _inherit = ['billing.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'received_on desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'kind',
            'version',
            'reference',
            'created_on',
            'file',
            'file_name',
            'file_sha256',
            'entry_count',
            'accounts',
            'journal_id',
            'error',
            'warning',
            'state',
        },
    )

    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(KINDS, required=True, readonly=True, default='paper')
    version = fields.Char(readonly=True)
    reference = fields.Char("Bank's Reference", readonly=True, index='btree_not_null')
    created_on = fields.Date("Written On", readonly=True, help="By the bank.")
    received_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    file = fields.Binary(attachment=True, readonly=True, copy=False, groups='recurring_billing.group_debit')
    file_name = fields.Char(readonly=True)
    file_sha256 = fields.Char("SHA-256", readonly=True)
    journal_id = fields.Many2one(
        'account.journal', "Bank", readonly=True, ondelete='restrict', help="Of the first account of the file."
    )
    accounts = fields.Char(readonly=True, help="The accounts that the file has lines of, masked.")
    entry_count = fields.Integer("Lines in the File", readonly=True)
    error = fields.Text("Refused Because", readonly=True)
    warning = fields.Text(readonly=True)
    item_ids = fields.One2many('billing.bank.message.item', 'message_id', copy=False)
    done_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', domain=[('state', '=', 'done')], readonly=True
    )
    decide_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', domain=[('state', '=', 'to_decide')], readonly=True
    )
    ignored_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', domain=[('state', '=', 'ignored')], readonly=True
    )
    state = fields.Selection(
        [
            ('draft', "Being Keyed"),
            ('to_decide', "To Decide"),
            ('done', "Done"),
            ('refused', "Refused"),
        ],
        "Status",
        compute='_compute_state',
        store=True,
        index=True,
    )
    summary = fields.Char(compute='_compute_summary')

    _taken_once = models.UniqueIndex(
        "(company_id, file_sha256) WHERE error IS NULL", "This file of the bank was taken already."
    )

    # === COMPUTE METHODS === #

    @api.depends('item_ids.state', 'error', 'kind')
    def _compute_state(self):
        for message in self:
            states = {*message.item_ids.mapped('state')}
            if message.error:
                message.state = 'refused'
            elif 'draft' in states or (message.kind == 'paper' and not states):
                message.state = 'draft'
            else:
                message.state = 'to_decide' if 'to_decide' in states else 'done'

    @api.depends('kind', 'created_on', 'received_on', 'file_name', 'journal_id')
    def _compute_display_name(self):
        for message in self:
            day = format_date(self.env, message.created_on or message.received_on)
            if message.kind == 'paper':
                message.display_name = self.env._("Returns keyed on %s", day)
            elif message.kind == 'unknown':
                message.display_name = message.file_name or ""
            elif message.journal_id:
                bank = message.journal_id.bank_id.name or message.journal_id.name
                texts = {'kind': message.kind, 'bank': bank, 'day': day}
                message.display_name = self.env._("%(kind)s of %(bank)s, %(day)s", **texts)
            else:
                message.display_name = self.env._("%(kind)s of %(day)s", kind=message.kind, day=day)

    @api.depends('item_ids.state', 'item_ids.event', 'entry_count', 'error')
    def _compute_summary(self):
        for message in self:
            message.summary = message.error or message._summary()

    def _summary(self):
        """What the message said and what became of it, in one sentence."""
        self.ensure_one()
        of_state = self.item_ids.grouped('state')
        done = of_state.get('done', self.item_ids.browse())
        of_event = done.grouped('event')
        parts = [self._counted(event, len(of_event[event])) for event in self._events() if event in of_event]
        for state in ('draft', 'to_decide', 'ignored'):
            if items := of_state.get(state):
                parts.append(self._counted(state, len(items)))
        if others := max(self.entry_count - len({*self.item_ids.mapped('entry')}), 0):
            parts.append(self._counted('other', others))
        if not parts and self.kind == 'paper':
            return self.env._("Key each return: its reference, date, amount and reason.")
        return ", ".join(parts) or self.env._("Nothing about direct debits.")

    @api.model
    def _events(self):
        return [event for event, _label in self.env['billing.bank.message.item']._fields['event'].selection]

    def _counted(self, what, count):
        texts = {
            'accepted': self.env._("%s accepted", count),
            'credited': self.env._("%s credited", count),
            'rejected': self.env._("%s rejected", count),
            'returned': self.env._("%s returned", count),
            'pending': self.env._("%s announced", count),
            'draft': self.env._("%s keyed", count),
            'to_decide': self.env._("%s to decide", count),
            'ignored': self.env._("%s ignored", count),
            'other': self.env._("%s about other things", count),
        }
        return texts[what]

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if kept := self.filtered(lambda message: message.state != 'draft')[:1]:
            raise UserError(
                self.env._("Bank message %s is kept with what was done for it.", kept.display_name),
            )

    # === ACTION METHODS === #

    def action_book(self):
        """Book the returns that were keyed from paper, and try again what waits."""
        self.env['billing.bank.message.item'].check_access('write')
        for message in self:
            typed = message.item_ids.filtered('is_keyed')
            is_whole = all(item.date and item.amount > 0 and item.reason_id for item in typed)
            if not message.item_ids or not is_whole:
                raise UserError(self.env._("Key at least one return: its reference, amount, reason and date."))
            message.item_ids._act()
            message._remind()
        return True

    def action_download(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/billing.bank.message/{self.id}/file/{self.file_name}?download=true',
            'target': 'download',
        }

    # === BUSINESS METHODS === #

    def _remind(self):
        """Leave one activity on each message that waits for a person, and none on the others."""
        for message in self:
            waits = message.state in ('to_decide', 'refused')
            if not waits:
                message.activity_unlink([DECIDE])
            elif not message.activity_search([DECIDE]):
                message.activity_schedule(DECIDE, note=message.summary, user_id=message._reader().id)

    def _reader(self):
        """Who is told of this message: who imports it; of one that the night took, who sent the last collection."""
        self.ensure_one()
        if self.env.uid != SUPERUSER_ID:
            return self.env.user
        sent = [('company_id', '=', self.company_id.id), ('sent_by_id', '!=', False)]
        last = self.env['billing.collection'].search(sent, order='sent_on desc', limit=1)
        return last.sent_by_id or self.env.user
