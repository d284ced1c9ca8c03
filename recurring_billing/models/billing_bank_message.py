import hashlib
from base64 import b64encode
from io import BytesIO

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import bank_archive, bank_messages
from ..tools.bank_xml import BankMessageError

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
    accounts = fields.Char(readonly=True, help="The accounts that the file has lines of, masked.")
    entry_count = fields.Integer("Lines in the File", readonly=True)
    error = fields.Text("Refused Because", readonly=True)
    warning = fields.Text(readonly=True)
    item_ids = fields.One2many('billing.bank.message.item', 'message_id', copy=False)
    done_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', "Done", domain=[('state', '=', 'done')], readonly=True
    )
    decide_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', "To Decide", domain=[('state', '=', 'to_decide')], readonly=True
    )
    ignored_ids = fields.One2many(
        'billing.bank.message.item', 'message_id', "Ignored", domain=[('state', '=', 'ignored')], readonly=True
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

    @api.depends('kind', 'created_on', 'received_on', 'file_name')
    def _compute_display_name(self):
        for message in self:
            day = format_date(self.env, message.created_on or message.received_on)
            if message.kind == 'paper':
                message.display_name = self.env._("Returns keyed on %s", day)
            elif message.kind == 'unknown':
                message.display_name = message.file_name or ""
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
            'other': self.env._("%s lines about other things", count),
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
            if not message.item_ids:
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

    @api.model
    def create_document_from_attachment(self, _name, attachment_ids):
        """Take the files that were dropped on the list, or chosen by its button, and show what they said."""
        self.check_access('create')
        files = self.env['ir.attachment'].browse(attachment_ids)
        files.check_access('read')
        messages = self._import(self.env.company, [(file.name, file.raw or b'') for file in files])
        files.unlink()  # kept with their messages, where the debit role alone reads them
        return messages._get_records_action(name=self.env._("Bank Messages"))

    # === BUSINESS METHODS === #

    @api.model
    def _import(self, company, files):
        """Take files of the bank, each once; what cannot be read is refused as a whole, with the reason on its message.

        :param files: list of (name, bytes), plain or zipped
        :return: the messages, refused ones too
        """
        messages = self.browse()
        for name, data in files:
            try:
                for part, content in bank_archive.unpack(name, data):
                    messages |= self._take(company, part, content)
            except BankMessageError as error:
                messages |= self._refuse(company, name, data, self._words(error))
        return messages

    @api.model
    def _take(self, company, name, data):
        """The message in ``data``, with all that it says about direct debits done that needs no person."""
        digest = hashlib.sha256(data).hexdigest()
        if earlier := self.search(
            [('company_id', '=', company.id), ('file_sha256', '=', digest), ('error', '=', False)]
        ):
            text = self.env._(
                "This file was taken already on %(day)s as “%(message)s”: nothing was done again.",
                day=format_date(self.env, earlier.received_on),
                message=earlier.display_name,
            )
            return self._refuse(company, name, data, text)
        try:
            read = bank_messages.read(BytesIO(data))
            answers = [answer for answer in read.answers if answer.event != 'other']
        except BankMessageError as error:
            return self._refuse(company, name, data, self._words(error))
        message = self._keep(company, name, data, digest, self._header(read))
        items = self.env['billing.bank.message.item']._from_answers(message, answers)
        items._act()
        message._remind()
        return message

    @api.model
    def _header(self, read):
        unknown = not read.is_known_version and self.env._(
            "The bank writes a version that is not known here (%s): look at what was understood.", read.version or "?"
        )
        return {
            'kind': read.kind,
            'version': read.version,
            'reference': read.message_id,
            'created_on': read.created,
            'accounts': ", ".join(f"{account[:4]}…{account[-4:]}" for account in dict.fromkeys(read.accounts)),
            'entry_count': read.entries,
            'warning': unknown,
        }

    @api.model
    def _keep(self, company, name, data, digest, values):
        values = {
            'company_id': company.id,
            'file': b64encode(data),
            'file_name': name,
            'file_sha256': digest,
            **values,
        }
        return self._unguarded().create(values).with_env(self.env)

    @api.model
    def _refuse(self, company, name, data, reason):
        """Keep a file that nothing is done for, and why."""
        digest = hashlib.sha256(data).hexdigest()
        message = self._keep(company, name, data, digest, {'kind': 'unknown', 'error': reason})
        message._remind()
        return message

    def _remind(self):
        """Leave one activity on each message that waits for a person, and none on the others."""
        for message in self:
            waits = message.state in ('to_decide', 'refused')
            if not waits:
                message.activity_unlink([DECIDE])
            elif not message.activity_search([DECIDE]):
                message.activity_schedule(DECIDE, note=message.summary, user_id=self.env.uid)

    @api.model
    def _words(self, error):
        """What an accountant is told of a `BankMessageError`."""
        values = {'line': "?", 'text': "", 'element': "", 'limit': 0, **error.values}
        megabytes = values['limit'] // (1024 * 1024)
        texts = {
            'empty': self.env._("The file is empty: download it from the bank again."),
            'not_xml': self.env._(
                "The file is no message in XML (line %(line)s: %(text)s). Ask the bank for camt or pain.002 files.",
                **values,
            ),
            'truncated': self.env._(
                "The file ends in the middle (line %(line)s): download it from the bank again.", **values
            ),
            'encoding': self.env._(
                "The characters of the file are not those it announces (line %(line)s: %(text)s). Take it as the bank "
                "wrote it, without opening it in another program.",
                **values,
            ),
            'doctype': self.env._(
                "The file declares a document type or entities, which messages of banks never do: it may be an "
                "attack, and is not read."
            ),
            'unknown_kind': self.env._(
                "The file is none of pain.002, camt.052, camt.053, camt.054 (it is “%(text)s”).", **values
            ),
            'bad_value': self.env._(
                "The element “%(element)s” holds “%(text)s”, which is no amount or date: ask the bank for a correct "
                "file.",
                **values,
            ),
            'bad_zip': self.env._("The archive is damaged: download it from the bank again."),
            'encrypted': self.env._("The archive asks for a password: unpack it first."),
            'path_in_zip': self.env._(
                "The archive names a folder (“%(text)s”), which may write anywhere: unpack it first.", **values
            ),
            'nested': self.env._("The archive holds another archive: unpack it first."),
            'too_many': self.env._("The archive holds more than %(limit)s files: import them in parts.", **values),
            'too_large': self.env._("The file is larger than %s MB once unpacked: import it in parts.", megabytes),
        }
        return texts[error.code]
