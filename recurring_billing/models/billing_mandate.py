from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools import sepa_ids


class BillingMandate(models.Model):
    _name = 'billing.mandate'
    _description = "Direct Debit Mandate"
    _inherit = ['billing.state.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'name desc, id desc'
    _check_company_auto = True
    _transitions = {'active': ('draft',), 'revoked': ('draft', 'active')}

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
        "Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete='restrict',
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
    )
    partner_bank_id = fields.Many2one(
        'res.partner.bank',
        "Bank Account",
        required=True,
        check_company=True,
        ondelete='restrict',
        index=True,
        domain="[('partner_id', 'child_of', partner_id)]",
    )
    masked_iban = fields.Char("IBAN", compute='_compute_masked_iban')
    scheme = fields.Selection([('CORE', "SEPA Direct Debit (CORE)")], default='CORE', required=True)
    creditor_identifier = fields.Char(
        "Creditor Identifier (ICS)",
        compute='_compute_creditor_identifier',
        store=True,
        readonly=True,
    )
    signature_date = fields.Date("Signed On", tracking=True, copy=False)
    revocation_date = fields.Date("Revoked On", readonly=True, copy=False, tracking=True)
    state = fields.Selection(
        [('draft', "Draft"), ('active', "Active"), ('revoked', "Revoked")],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    debit_ids = fields.One2many('billing.debit', 'mandate_id', readonly=True)
    debit_count = fields.Integer(compute='_compute_debit_count')
    last_collection_date = fields.Date("Last Collection", compute='_compute_last_collection_date')

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
            number = mandate.partner_bank_id.sudo().acc_number  # masked for all; the full number is for the debit role
            mandate.masked_iban = sepa_ids.mask_iban(number) if number else False

    @api.depends('company_id.billing_creditor_identifier')
    def _compute_creditor_identifier(self):
        for mandate in self:
            if mandate.state == 'draft':
                mandate.creditor_identifier = sepa_ids.compact(mandate.company_id.billing_creditor_identifier)

    @api.depends('debit_ids')
    def _compute_debit_count(self):
        for mandate in self:
            mandate.debit_count = len(mandate.debit_ids)

    @api.depends('debit_ids.date', 'debit_ids.state')
    def _compute_last_collection_date(self):
        for mandate in self:
            presented = mandate.debit_ids.filtered(lambda debit: debit.state in ('sent', 'settled', 'returned'))
            mandate.last_collection_date = max(presented.mapped('date'), default=False)

    @api.depends('name', 'masked_iban')
    def _compute_display_name(self):
        for mandate in self:
            mandate.display_name = " · ".join(part for part in (mandate.name, mandate.masked_iban) if part)

    # === CONSTRAINT METHODS === #

    @api.constrains('name')
    def _check_reference(self):
        for mandate in self:
            if fault := sepa_ids.mandate_reference_fault(mandate.name):
                reasons = {
                    'missing': self.env._("it is empty"),
                    'too_long': self.env._("it has more than 35 characters"),
                    'characters': self.env._(
                        "it holds characters that banks refuse, or begins or ends with a slash (letters without "
                        "accents, digits and / - ? : ( ) . , ' + pass)",
                    ),
                }
                raise ValidationError(
                    self.env._(
                        "Mandate %(mandate)s, field “Mandate Reference (RUM)”: %(reason)s. Choose another.",
                        mandate=mandate.name,
                        reason=reasons[fault],
                    ),
                )

    @api.constrains('partner_bank_id')
    def _check_iban(self):
        for mandate in self:
            number = mandate.partner_bank_id.acc_number
            if fault := sepa_ids.iban_fault(number or ""):
                raise ValidationError(
                    self.env._(
                        "Mandate %(mandate)s, field “Bank Account”: the account %(account)s of %(customer)s cannot be "
                        "debited, since %(reason)s. Correct the number on the customer's bank account.",
                        mandate=mandate.name,
                        account=number,
                        customer=mandate.partner_id.display_name,
                        reason=mandate._iban_fault_text(fault),
                    ),
                )

    @api.constrains('partner_bank_id', 'partner_id')
    def _check_account_holder(self):
        for mandate in self:
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

    @api.constrains('signature_date')
    def _check_signature_date(self):
        for mandate in self.filtered('signature_date'):
            if mandate.signature_date > fields.Date.context_today(mandate):
                raise ValidationError(
                    self.env._(
                        "Mandate %(mandate)s, field “Signed On”: %(date)s lies in the future. "
                        "Enter the day on which the customer signed.",
                        mandate=mandate.name,
                        date=format_date(self.env, mandate.signature_date),
                    ),
                )

    def _iban_fault_text(self, fault):
        return {
            'missing': self.env._("it has no number"),
            'not_sepa': self.env._("its country takes no part in SEPA, or the number is not an IBAN"),
            'structure': self.env._("its length or structure is not the one of its country"),
            'checksum': self.env._("its check digits are wrong: a digit was mistyped"),
            'national_key': self.env._("its national key is wrong: a digit was mistyped"),
        }[fault]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company = vals.get('company_id') or self.env.company.id
                vals['name'] = self.env['ir.sequence'].with_company(company).next_by_code('billing.mandate')
        return super().create(vals_list)

    def write(self, vals):
        fixed = {'name', 'partner_id', 'partner_bank_id', 'scheme', 'signature_date', 'company_id'} & vals.keys()
        for mandate in self.filtered(lambda mandate: mandate.state != 'draft') if fixed else ():
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s is signed and %(state)s: what the customer signed cannot be changed. "
                    "Revoke it and make a new one.",
                    mandate=mandate.name,
                    state=mandate._state_label(mandate.state).lower(),
                ),
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for mandate in self.filtered(lambda mandate: mandate.state != 'draft'):
            raise UserError(
                self.env._("Mandate %s is a signed document and must be kept: revoke it instead.", mandate.name),
            )

    # === ACTION METHODS === #

    def action_activate(self):
        """Make signed drafts usable.

        :raises UserError: without signature date or creditor identifier
        """
        for mandate in self:
            if not mandate.signature_date:
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s of %(customer)s has no signature date: enter the field “Signed On”.",
                        mandate=mandate.name,
                        customer=mandate.partner_id.display_name,
                    ),
                )
            if not mandate.creditor_identifier:
                raise UserError(
                    self.env._(
                        "Company %(company)s has no SEPA creditor identifier: enter it in the settings of Invoicing, "
                        "under Recurring billing, before mandate %(mandate)s is activated.",
                        company=mandate.company_id.name,
                        mandate=mandate.name,
                    ),
                )
            mandate._check_key_free()
        self._set_state('active')
        return True

    def action_revoke(self):
        """End these mandates today; debits already sent go on, no new one is made."""
        self._set_state('revoked')
        self.revocation_date = fields.Date.context_today(self)
        return True

    def action_debits(self):
        self.ensure_one()
        return self.debit_ids._get_records_action(name=self.env._("Direct Debits"))

    # === BUSINESS METHODS === #

    def _check_key_free(self):
        twin = self.search([('key', '=', self.key), ('state', '!=', 'draft'), ('id', '!=', self.id)], limit=1)
        if twin:
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s: the reference is already used by mandate %(twin)s of %(customer)s for the "
                    "same creditor, since banks compare it without blanks and capitals. Give this one another "
                    "reference.",
                    mandate=self.name,
                    twin=twin.name,
                    customer=twin.partner_id.display_name,
                ),
            )

    @api.model
    def _active_by_partner(self, partners, company):
        """The active mandates of these commercial entities for ``company``: of each the one signed last."""
        mandates = self.search(
            [
                ('partner_id', 'child_of', partners.commercial_partner_id.ids),
                ('company_id', '=', company.id),
                ('state', '=', 'active'),
            ],
            order='signature_date, id',
        )
        return {mandate.partner_id.commercial_partner_id: mandate for mandate in mandates}

    @api.model
    def _active_for(self, partner, company):
        """The active mandate of the commercial entity of ``partner`` for ``company``, or empty."""
        return self._active_by_partner(partner, company).get(partner.commercial_partner_id, self.browse())
