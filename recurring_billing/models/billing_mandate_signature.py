from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class BillingMandate(models.Model):
    """The debtor's signature and its proof, and what makes a signed mandate usable."""

    _inherit = 'billing.mandate'

    signature_date = fields.Date("Signed On", tracking=True, copy=False)
    signature_place = fields.Char("Signed At", copy=False)
    proof = fields.Binary(
        "Signed Document",
        attachment=True,
        copy=False,
        groups='recurring_billing.group_debit',
        help="The signed mandate as a scan. Keep it at least 14 months after the last debit.",
    )
    proof_name = fields.Char(copy=False)
    proof_kind = fields.Selection(
        [('document', "Signed document"), ('portal', "Signed on the portal")],
        "Proved By",
        compute='_compute_proof_kind',
        store=True,
    )
    signed_by = fields.Char(readonly=True, copy=False)
    signed_at = fields.Datetime("Signed On (Time)", readonly=True, copy=False)
    signed_ip = fields.Char("IP Address", readonly=True, copy=False, groups='recurring_billing.group_debit')
    signature_image = fields.Binary(
        "Written Signature",
        attachment=True,
        readonly=True,
        copy=False,
        groups='recurring_billing.group_debit',
    )
    replaces_id = fields.Many2one('billing.mandate', "In Place Of", readonly=True, copy=False, index='btree_not_null')

    @api.depends('proof_name', 'signed_at')
    def _compute_proof_kind(self):
        for mandate in self:
            mandate.proof_kind = 'portal' if mandate.signed_at else 'document' if mandate.proof_name else False

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

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_proof_name(vals) for vals in vals_list])

    def write(self, vals):
        if not self._is_unguarded():
            self._refuse_signature(vals)
        return super().write(self._with_proof_name(vals))

    def _with_proof_name(self, vals):
        """A document has a name, given or not: it tells that there is one."""
        if not vals.get('proof') or vals.get('proof_name'):
            return vals
        return {**vals, 'proof_name': self.env._("Signed mandate.pdf")}

    def _refuse_signature(self, vals):
        """A signature may be completed later, as by the scan that comes by mail; it is never replaced."""
        touched = {'signature_date', 'signature_place', 'proof', 'proof_name'} & vals.keys()
        for mandate in self.filtered(lambda mandate: mandate.state not in ('draft', 'sent')) if touched else ():
            if filled := [name for name in touched if mandate._is_filled(name)]:
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s: %(fields)s prove the signature and cannot be changed. Revoke it and make "
                        "a new one.",
                        mandate=mandate.name,
                        fields=self._labels(filled),
                    ),
                )

    def _is_filled(self, name):
        if name == 'proof':
            name = 'proof_name'  # written with the document, and read without loading it
        return bool(self[name])

    # === ACTION METHODS === #

    def action_sign(self):
        """Ask for signature date, place and proof, and activate."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_mandate_activate_action')
        return {**action, 'context': {'default_mandate_id': self.id}}

    def action_activate(self):
        """Make signed mandates usable.

        :raises UserError: without signature date, account or creditor identifier; or where the reference is taken
        """
        self._require_state('draft', 'sent')
        for mandate in self:
            mandate._check_activation()
        self._check_keys_free()
        self._set_state('active')
        self._unguarded().write({'state_reason': False})
        for mandate in self:
            mandate._take_over()
        self.filtered(lambda mandate: not mandate.is_imported)._remind_registration()
        return True

    # === BUSINESS METHODS === #

    def _check_activation(self):
        self.ensure_one()
        texts = {'mandate': self.name, 'customer': self.partner_id.display_name}
        if not self.signature_date:
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s of %(customer)s has no signature date: enter the field “Signed On”.", **texts
                ),
            )
        if not self._iban():
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s of %(customer)s has no account: enter the field “Bank Account”.", **texts
                ),
            )
        if not self.creditor_identifier:
            raise UserError(
                self.env._(
                    "Company %(company)s has no SEPA creditor identifier: enter it in the settings of Invoicing, "
                    "under Recurring billing, before mandate %(mandate)s is activated.",
                    company=self.company_id.name,
                    mandate=self.name,
                ),
            )

    def _take_over(self):
        """A mandate made in place of another ends it on the day on which it becomes usable."""
        self.ensure_one()
        old = self.replaces_id.filtered(lambda mandate: mandate.state in ('active', 'on_hold'))
        if old:
            old._revoke(fields.Date.context_today(self), self.env._("Replaced by mandate %s.", self.name))

    def _remind_registration(self):
        """Leave one activity on each B2B mandate: its debtor's bank must register it, else it refuses the debit."""
        for mandate in self.filtered(lambda mandate: mandate.scheme == 'B2B'):
            mandate._remind(
                'recurring_billing.mail_activity_mandate_b2b',
                self.env._(
                    "Ask %s whether their bank has registered this mandate: it refuses the debit otherwise.",
                    mandate.partner_id.display_name,
                ),
            )

    def _remind(self, activity, note, deadline=None):
        """Leave one activity of this kind on the mandate, however often it is asked for."""
        self.ensure_one()
        if not self.activity_search([activity]):
            self.activity_schedule(activity, deadline, note=note, user_id=self._responsible().id)

    def _responsible(self):
        """Who looks after this mandate: who recorded it, while that user works here; else one of the debit role."""
        author = self.create_uid
        if author.active and not author.share:
            return author
        role = self.env.ref('recurring_billing.group_debit')
        domain = [('all_group_ids', 'in', role.ids), ('company_ids', 'in', self.company_id.ids), ('share', '=', False)]
        # the record rule of users would hide colleagues of other companies
        return self.env['res.users'].sudo().search(domain, order='id', limit=1) or self.env.user
