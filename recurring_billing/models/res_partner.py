from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.pain008 import Party

PARTY_KINDS = [
    ('business', "Business"),
    ('nonpro', "Non-professional"),
    ('consumer', "Consumer"),
    ('public', "Public body"),
]


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_contract_count = fields.Integer(compute='_compute_billing_counts', groups='account.group_account_invoice')
    billing_mandate_count = fields.Integer(compute='_compute_billing_counts', groups='account.group_account_invoice')

    billing_consolidate = fields.Boolean(
        "One Invoice for All Contracts",
        help="Contracts of this customer that are due on the same day, with the same terms, are invoiced together.",
    )
    billing_party_kind = fields.Selection(
        PARTY_KINDS,
        "Kind of Customer",
        compute='_compute_billing_party_kind',
        inverse='_inverse_billing_party_kind',
        recursive=True,
        store=True,
        readonly=False,
        help="Decides which rules hold: late-payment fees, notices before a renewal, delays. Non-professionals are "
        "legal persons who do not act for a business, such as associations or joint owners.",
    )

    billing_payer_id = fields.Many2one(
        'res.partner',
        "Paid By",
        ondelete='restrict',
        index='btree_not_null',
        domain="[('parent_id', '=', False), ('id', '!=', id)]",
        help="Head office, parent company or whoever else pays what this customer is invoiced: direct debits are made "
        "from the payer's mandate and name the customer. The invoice and its ledger line stay with the customer.",
    )
    billing_pays_for_ids = fields.One2many('res.partner', 'billing_payer_id', "Pays For", readonly=True)
    billing_party_choice = fields.Selection(
        PARTY_KINDS, "Chosen Kind of Customer", copy=False, help="Empty: nobody chose another than the proposed one."
    )

    @api.depends('is_company', 'vat', 'billing_party_choice', 'commercial_partner_id.billing_party_kind')
    def _compute_billing_party_kind(self):
        """What somebody chose, else a proposal by company flag and VAT number; contacts follow their company."""
        for partner in self:
            commercial = partner.commercial_partner_id
            if commercial and commercial != partner:
                partner.billing_party_kind = commercial.billing_party_kind
            else:
                partner.billing_party_kind = partner.billing_party_choice or partner._billing_proposed_kind()

    def _inverse_billing_party_kind(self):
        for partner in self:
            kind = partner.billing_party_kind
            partner.billing_party_choice = kind if kind != partner._billing_proposed_kind() else False

    @api.constrains('billing_payer_id')
    def _check_billing_payer(self):
        for partner in self.filtered('billing_payer_id'):
            payer = partner.billing_payer_id.commercial_partner_id
            texts = {'customer': partner.display_name, 'payer': payer.display_name}
            if payer == partner.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "Customer %(customer)s, field “Paid By”: a customer who pays for itself needs none. Empty it.",
                        **texts,
                    ),
                )
            if payer.billing_payer_id:
                raise ValidationError(
                    self.env._(
                        "Customer %(customer)s, field “Paid By”: %(payer)s is itself paid by %(last)s. Choose who pays "
                        "in the end.",
                        last=payer.billing_payer_id.display_name,
                        **texts,
                    ),
                )
            if partner.billing_pays_for_ids:
                raise ValidationError(
                    self.env._(
                        "Customer %(customer)s, field “Paid By”: it pays for %(other)s itself, whose payer would be "
                        "unclear. Correct that one first.",
                        other=partner.billing_pays_for_ids[0].display_name,
                        **texts,
                    ),
                )

    def write(self, vals):
        """EXTENDS base: banks are told with the next debits that a creditor bears another name."""
        companies = self.env['res.company']
        if 'name' in vals:
            companies = companies.sudo().search([('partner_id', 'in', self.ids)])  # any company that these are
        result = super().write(vals)
        companies._billing_tell_new_name(fields.Date.context_today(self))
        return result

    def _billing_payer(self):
        """The commercial entity whose mandate pays what this customer is invoiced: usually the customer's own."""
        self.ensure_one()
        commercial = self.commercial_partner_id
        return commercial.billing_payer_id.commercial_partner_id or commercial

    def _billing_payers(self):
        """`_billing_payer` of each, as {customer: payer}."""
        return {partner: partner._billing_payer() for partner in self}

    def _billing_proposed_kind(self):
        self.ensure_one()
        return 'business' if self.is_company or self.vat else 'consumer'

    def _billing_lacks_siren(self):
        """Whether this is a French business without the number that invoices must show (CGI ann. II 242 nonies A)."""
        self.ensure_one()
        is_french_business = self.billing_party_kind == 'business' and self.country_id.code == 'FR'
        return is_french_business and not self.company_registry

    def _compute_billing_counts(self):
        for partner in self:
            family = [('partner_id', 'child_of', partner.commercial_partner_id.id)]
            partner.billing_contract_count = self.env['billing.contract'].search_count(family)
            partner.billing_mandate_count = self.env['billing.mandate'].search_count(family)

    def action_billing_contracts(self):
        self.ensure_one()
        return self._billing_action('recurring_billing.billing_contract_action')

    def action_billing_mandates(self):
        self.ensure_one()
        return self._billing_action('recurring_billing.billing_mandate_action')

    def _billing_action(self, xmlid):
        action = self.env['ir.actions.act_window']._for_xml_id(xmlid)
        return {
            **action,
            'domain': [('partner_id', 'child_of', self.commercial_partner_id.id)],
            'context': {'default_partner_id': self.id},
        }

    def _billing_party(self):
        """Name and address for a bank file: hybrid, since Odoo keeps street and number in one field."""
        self.ensure_one()
        return Party(
            name=self.name,
            country=self.country_id.code or "",
            town=self.city or "",
            postcode=self.zip or "",
            lines=tuple(line for line in (self.street, self.street2) if line),
        )
