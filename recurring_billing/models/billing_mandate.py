from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import sepa_ids


class BillingMandate(models.Model):
    """The debtor's leave to debit an account: who, which account, which reference, under which rules."""

    _name = 'billing.mandate'
    _description = "Direct Debit Mandate"
    _inherit = ['billing.state.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'name desc, id desc'
    _check_company_auto = True
    _transitions = {
        'draft': ('sent',),
        'sent': ('draft',),
        'active': ('draft', 'sent', 'on_hold', 'consumed'),  # used up, and then rejected by the bank
        'on_hold': ('active',),
        'revoked': ('draft', 'sent', 'active', 'on_hold'),
        'expired': ('sent', 'active', 'on_hold'),
        'consumed': ('active', 'on_hold'),
    }
    _guarded = frozenset(
        {
            'state',
            'state_reason',
            'key',
            'lapses_on',
            'proof_kind',
            'sent_on',
            'revocation_date',
            'creditor_identifier',
            'creditor_name',
            'first_collection_date',
            'last_presentation_date',
            'is_only_rejected',
            'replaces_id',
            'is_imported',
            'signed_by',
            'signed_at',
            'signed_ip',
            'signature_image',
        },
    )
    # what the debtor signs; only an amendment changes it later
    _signed = frozenset(
        {
            'name',
            'company_id',
            'partner_id',
            'partner_bank_id',
            'scheme',
            'mandate_type',
            'ultimate_debtor_id',
        },
    )

    name = fields.Char(
        "Mandate Reference (RUM)",
        default='/',
        required=True,
        copy=False,
        tracking=True,
        help="Given by us, at most 35 characters; printed on the mandate and sent to the bank with each debit.",
    )
    key = fields.Char(compute='_compute_key', store=True, help="Reference and creditor as banks compare them.")
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner',
        "Debtor",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete='restrict',
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
        help="Who signs and whose account is debited: the customer, or the one who pays for the customer.",
    )
    ultimate_debtor_id = fields.Many2one(
        'res.partner',
        "Signed on Behalf Of",
        check_company=True,
        tracking=True,
        ondelete='restrict',
        help="Only where the mandate itself names somebody for whom the debtor pays. Of customers whose “Paid By” is "
        "the debtor, each debit names the customer by itself.",
    )
    partner_bank_id = fields.Many2one(
        'res.partner.bank',
        "Bank Account",
        check_company=True,
        ondelete='restrict',
        index=True,
        domain="[('partner_id', 'child_of', partner_id)]",
        groups='recurring_billing.group_debit',
        help="Empty: the printed mandate leaves room for the debtor to write the IBAN.",
    )
    masked_iban = fields.Char("IBAN", compute='_compute_masked_iban')
    bic = fields.Char("BIC", related='partner_bank_id.bank_bic', readonly=False, groups='recurring_billing.group_debit')
    paid_partner_ids = fields.One2many(
        related='partner_id.commercial_partner_id.billing_pays_for_ids', string="Pays For"
    )
    scheme = fields.Selection(
        [('CORE', "SEPA Direct Debit (CORE)"), ('B2B', "SEPA Business to Business (B2B)")],
        default='CORE',
        required=True,
        tracking=True,
        help="CORE: for everybody, with eight weeks in which the debtor may ask the bank for the money back. B2B: "
        "between businesses only, without refund, and the debtor's bank must know the mandate before the first debit.",
    )
    mandate_type = fields.Selection(
        [('RCUR', "Recurrent"), ('OOFF', "One-off")],
        "Type",
        default='RCUR',
        required=True,
        help="A one-off mandate allows one single debit.",
    )
    # computed at once: it is fixed as soon as the mandate is no draft
    creditor_identifier = fields.Char(
        "Creditor Identifier (ICS)",
        compute='_compute_creditor',
        store=True,
        precompute=True,
        readonly=False,
        copy=False,
    )
    creditor_name = fields.Char("Creditor", compute='_compute_creditor', store=True, precompute=True)

    _key_unique = models.UniqueIndex(
        "(key) WHERE state != 'draft'",
        "Another mandate bears this reference for the same creditor: banks compare it without blanks and capitals.",
    )

    # === COMPUTE METHODS === #

    @api.depends('name', 'creditor_identifier')
    def _compute_key(self):
        for mandate in self:
            mandate.key = sepa_ids.mandate_key(mandate.creditor_identifier or "", mandate.name)

    @api.depends('partner_bank_id.acc_number')
    def _compute_masked_iban(self):
        for mandate in self:
            number = mandate._iban()
            mandate.masked_iban = sepa_ids.mask_iban(number) if number else False

    @api.depends('company_id.billing_creditor_identifier', 'company_id.name')
    def _compute_creditor(self):
        for mandate in self.filtered(lambda mandate: mandate.state == 'draft'):
            mandate.creditor_identifier = sepa_ids.compact(mandate.company_id.billing_creditor_identifier)
            mandate.creditor_name = mandate.company_id.name

    @api.depends('name', 'masked_iban')
    def _compute_display_name(self):
        for mandate in self:
            mandate.display_name = " · ".join(part for part in (mandate.name, mandate.masked_iban) if part)

    # === CONSTRAINT METHODS === #

    @api.constrains('name')
    def _check_reference(self):
        for mandate in self:
            if fault := sepa_ids.mandate_reference_fault(mandate.name):
                raise ValidationError(
                    self.env._(
                        "Mandate %(mandate)s, field “Mandate Reference (RUM)”: %(reason)s. Choose another.",
                        mandate=mandate.name,
                        reason=mandate._reference_fault_text(fault),
                    ),
                )

    @api.constrains('partner_bank_id')
    def _check_iban(self):
        today = fields.Date.context_today(self)
        for mandate in self.filtered('partner_bank_id'):
            if text := mandate._iban_refusal(today):
                raise ValidationError(text)

    @api.constrains('partner_bank_id', 'partner_id')
    def _check_account_holder(self):
        for mandate in self.filtered('partner_bank_id'):
            holder = mandate.partner_bank_id.partner_id
            if holder.commercial_partner_id != mandate.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Mandate %(mandate)s, field “Bank Account”: the account belongs to %(holder)s, not to "
                        "%(customer)s. Choose an account of the customer.",
                        mandate=mandate.name,
                        holder=holder.display_name,
                        customer=mandate.partner_id.display_name,
                    ),
                )

    @api.constrains('scheme', 'partner_id')
    def _check_scheme(self):
        for mandate in self:
            if text := mandate._scheme_refusal():
                raise ValidationError(text)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company = vals.get('company_id') or self.env.company.id
                vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('billing.mandate')
        return super().create(vals_list)

    def write(self, vals):
        if not self._is_unguarded():
            self._refuse_signed(vals)
        return super().write(vals)

    def _refuse_signed(self, vals):
        """Refuse to type over what the debtor was sent or has signed."""
        touched = self._signed & vals.keys()
        for mandate in self.filtered(lambda mandate: mandate.state != 'draft') if touched else ():
            texts = {'mandate': mandate.name, 'state': mandate._state_label(mandate.state).lower()}
            if mandate.state != 'sent':
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s is signed and %(state)s: what the customer signed cannot be changed. "
                        "Use “Change…” for another account or reference; or revoke it and make a new one.",
                        **texts,
                    ),
                )
            # the account is for the debit role alone
            is_first_account = touched == {'partner_bank_id'} and not mandate.sudo().partner_bank_id
            if not is_first_account:  # an IBAN left open is written by the debtor, on the form
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s is with the customer for signature: take it back to draft to correct it, "
                        "and send it again.",
                        **texts,
                    ),
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for mandate in self.filtered(lambda mandate: mandate.state != 'draft'):
            raise UserError(
                self.env._("Mandate %s is a signed document and must be kept: revoke it instead.", mandate.name),
            )

    # === BUSINESS METHODS === #

    def reveal_iban(self):
        """The full account number, for the debit role; asked for by the eye beside the masked one."""
        self.ensure_one()
        return self.partner_bank_id.acc_number

    def _iban(self):
        """The full account number, for our own code: sending, printing, checking. Screens show `masked_iban`."""
        return self.sudo().partner_bank_id.acc_number or ""  # the number is for the debit role alone
