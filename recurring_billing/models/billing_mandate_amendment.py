from odoo import api, fields, models

from ..tools import sepa_ids
from ..tools.pain008 import Amendment


class BillingMandateAmendment(models.Model):
    """A change of a signed mandate, which the bank is told with the next debit, until one that told it settles."""

    _name = 'billing.mandate.amendment'
    _description = "Mandate Amendment"
    _inherit = ['billing.state.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'state',
            'mandate_id',
            'company_id',
            'kind',
            'old_value',
            'new_value',
            'old_bank_id',
            'new_bank_id',
            'date',
            'debit_ids',
        },
    )
    _transitions = {'carried': ('open', 'carried'), 'settled': ('carried',)}

    mandate_id = fields.Many2one('billing.mandate', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='mandate_id.company_id', store=True, index=True)
    kind = fields.Selection(
        [
            ('account', "Debtor's account"),
            ('reference', "Mandate reference"),
            ('identifier', "Creditor identifier"),
            ('name', "Creditor's name"),
        ],
        "What Changed",
        required=True,
    )
    old_value = fields.Char("Old", help="Of an account: masked.")
    new_value = fields.Char("New")
    old_bank_id = fields.Many2one(
        'res.partner.bank',
        "Old Account",
        readonly=True,
        ondelete='restrict',
        index='btree_not_null',
        groups='recurring_billing.group_debit',
    )
    new_bank_id = fields.Many2one(
        'res.partner.bank',
        "New Account",
        readonly=True,
        ondelete='restrict',
        index='btree_not_null',
        groups='recurring_billing.group_debit',
    )
    date = fields.Date("Changed On", required=True, default=fields.Date.context_today)
    note = fields.Char(
        "Who Asked, and How", help="The proof: a letter, an e-mail, the bank's message on a moved account."
    )
    state = fields.Selection(
        [('open', "To be told to the bank"), ('carried', "Sent to the bank"), ('settled', "Done")],
        "Status",
        default='open',
        required=True,
        readonly=True,
        index=True,
        copy=False,
    )
    debit_ids = fields.Many2many('billing.debit', string="Carried By", readonly=True, copy=False)

    @api.depends('kind', 'old_value', 'new_value')
    def _compute_display_name(self):
        for amendment in self:
            kind = amendment._kind_label(amendment.kind)
            amendment.display_name = f"{kind}: {amendment.old_value or '…'} → {amendment.new_value or '…'}"

    def _is_change(self):
        """Whether the mandate bears another value now than before this amendment; later ones may have taken it back."""
        self.ensure_one()
        amendment = self.sudo()  # whole account numbers are for the debit role
        mandate = amendment.mandate_id
        if self.kind == 'account':
            return amendment.old_bank_id != mandate.partner_bank_id
        now = {'reference': mandate.name, 'identifier': mandate.creditor_identifier, 'name': mandate.creditor_name}
        return self.old_value != now[self.kind]

    def _kind_label(self, kind):
        return dict(self._fields['kind']._description_selection(self.env)).get(kind, "")


class BillingMandate(models.Model):
    """The changes of a signed mandate: made through the door, remembered, and carried by debits."""

    _inherit = 'billing.mandate'

    amendment_ids = fields.One2many('billing.mandate.amendment', 'mandate_id', "Amendments", copy=False)
    has_open_amendment = fields.Boolean(compute='_compute_has_open_amendment')

    @api.depends('amendment_ids.state')
    def _compute_has_open_amendment(self):
        for mandate in self:
            mandate.has_open_amendment = any(amendment.state != 'settled' for amendment in mandate.amendment_ids)

    # === CHANGES === #

    def _change_account(self, account, day, note=False):
        """Same mandate, new account: the next debit tells the banks (SMNDA).

        :param account: the debtor's new `res.partner.bank`
        """
        self.ensure_one()
        old = self.sudo().partner_bank_id  # the account is for the debit role alone
        self._unguarded().partner_bank_id = account
        values = {'old_bank_id': old.id, 'new_bank_id': account.id}
        self._amend('account', sepa_ids.mask_iban(old.acc_number), self.masked_iban, day, note, **values)
        self._remind_registration()

    def _change_reference(self, reference, day, note=False):
        """Same mandate, new reference (RUM); unique as ever."""
        self.ensure_one()
        old = self.name
        self._check_keys_free({self: sepa_ids.mandate_key(self.creditor_identifier, reference)})
        self._unguarded().name = reference
        self._amend('reference', old, reference, day, note)
        self._remind_registration()

    def _change_creditor_identifier(self, identifier, day, note=False):
        """Bring these mandates under another creditor identifier, as after a merger."""
        identifier = sepa_ids.compact(identifier)
        self._check_keys_free({mandate: sepa_ids.mandate_key(identifier, mandate.name) for mandate in self})
        for old, mandates in self.grouped('creditor_identifier').items():
            mandates._unguarded().write({'creditor_identifier': identifier})
            mandates._amend('identifier', old, identifier, day, note)

    def _change_creditor_name(self, name, day, note=False):
        """The creditor of these mandates bears another name."""
        for old, mandates in self.grouped('creditor_name').items():
            mandates._unguarded().write({'creditor_name': name})
            mandates._amend('name', old, name, day, note)

    def _amend(self, kind, old, new, day, note=False, **values):
        """Remember one change on each of these mandates, and say it in their log."""
        shared = {'kind': kind, 'old_value': old, 'new_value': new, 'date': day, 'note': note, **values}
        amendments = self.env['billing.mandate.amendment']._unguarded()
        amendments.create([{'mandate_id': mandate.id, **shared} for mandate in self])
        texts = {'what': amendments._kind_label(kind), 'old': old or "…", 'new': new or "…"}
        text = self.env._("%(what)s: %(old)s → %(new)s", **texts)
        self._message_log_batch(bodies=dict.fromkeys(self.ids, text))

    # === WHAT THE BANK IS TOLD === #

    def _untold(self):
        """The changes that no settled debit has carried yet, oldest first."""
        return self.amendment_ids.filtered(lambda amendment: amendment.state != 'settled').sorted('id')

    def _amendment_part(self):
        """The changes that the next debit of this mandate must carry, for the bank file; None where there are none.

        The bank knows what the last settled debit bore: of several changes of one thing, that is the first old value.
        """
        self.ensure_one()
        first = {}
        for amendment in self._untold():
            first.setdefault(amendment.kind, amendment)
        changed = {kind: amendment.old_value for kind, amendment in first.items() if amendment._is_change()}
        if not changed:
            return None
        return Amendment(
            original_reference=changed.get('reference') or "",
            original_ics=changed.get('identifier') or "",
            original_creditor_name=changed.get('name') or "",
            is_new_account='account' in changed,
        )

    def _carry_amendments(self, debits):
        """Note that ``debits``, whose file is made, carry the changes of these mandates; later ones are not in it."""
        for mandate in self.filtered('has_open_amendment'):
            own = debits.filtered(lambda debit, own=mandate: debit.mandate_id == own)
            mandate._untold()._unguarded().debit_ids |= own

    def _amendments_sent(self, debits):
        """Note that the bank has the file of ``debits``, and with it the changes that they carry."""
        self.amendment_ids.filtered(
            lambda amendment: amendment.state != 'settled' and amendment.debit_ids & debits
        )._set_state('carried')

    def _settled(self, debits):
        """Note that ``debits`` settled: the changes that they carried are known to the bank and are not repeated."""
        carried = self.amendment_ids.filtered(lambda amendment: amendment.state == 'carried')
        carried.filtered(lambda amendment: amendment.debit_ids & debits)._set_state('settled')
