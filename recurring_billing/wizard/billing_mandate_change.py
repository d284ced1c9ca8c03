from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.billing_mandate_lifecycle import OPEN
from ..tools import sepa_ids


class BillingMandateChange(models.TransientModel):
    """The guided change of a signed mandate: another account, another reference, another creditor identifier."""

    _name = 'billing.mandate.change'
    _description = "Change a Mandate"

    mandate_id = fields.Many2one('billing.mandate', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='mandate_id.partner_id')
    masked_iban = fields.Char("Account until Now", related='mandate_id.masked_iban')
    scheme = fields.Selection(related='mandate_id.scheme')
    mandate_name = fields.Char("Reference until Now", related='mandate_id.name')
    creditor_identifier = fields.Char("Identifier until Now", related='mandate_id.creditor_identifier')
    kind = fields.Selection(
        [
            ('account', "Same mandate, new account"),
            ('mandate', "New mandate"),
            ('reference', "New reference (RUM)"),
            ('identifier', "New creditor identifier, for all mandates"),
        ],
        "What Changes",
        default='account',
        required=True,
    )
    iban = fields.Char("New IBAN")
    reference = fields.Char("New Reference (RUM)")
    identifier = fields.Char("New Creditor Identifier (ICS)")
    date = fields.Date("Changed On", required=True, default=fields.Date.context_today)
    note = fields.Char(
        "Who Asked, and How", help="The proof: a letter, an e-mail, the bank's message on a moved account."
    )
    effect = fields.Text(compute='_compute_effect')

    @api.depends('kind', 'mandate_id')
    def _compute_effect(self):
        for wizard in self:
            wizard.effect = "\n".join(wizard._effects())

    def _effects(self):
        """What the change will do, one sentence each."""
        if self.kind == 'mandate':
            yield self.env._(
                "A draft is made, to be sent and signed. This mandate goes on until that one is activated, and is revoked "
                "then.",
            )
            return
        if self.kind == 'account':
            yield self.env._(
                "The debtor need not sign again. The next collection debits the new account and tells the banks of the "
                "change; it is repeated until a debit settles.",
            )
        elif self.kind == 'reference':
            yield self.env._("The next collection bears the new reference and names the old one.")
        else:
            yield self.env._(
                "All %(count)s signed mandates of %(company)s with the present identifier change, and new mandates "
                "bear the new one.",
                count=len(self._of_same_creditor()),
                company=self.mandate_id.company_id.name,
            )
        if self.scheme == 'B2B':
            yield self.env._(
                "B2B: the debtor's bank must register the change before the next debit. Tell the customer."
            )

    def _of_same_creditor(self):
        mandates = self.mandate_id.company_id._billing_open_mandates()
        return mandates.filtered(lambda mandate: mandate.creditor_identifier == self.creditor_identifier)

    def action_confirm(self):
        """Make the change.

        :raises UserError: names the mandate, the field and the remedy
        """
        self.ensure_one()
        self.mandate_id._require_state(*OPEN)
        return getattr(self, f'_change_{self.kind}')() or True

    def _change_account(self):
        self.mandate_id._change_account(self._new_account(), self.date, self.note)

    def _change_mandate(self):
        account = self.mandate_id._account(self.iban) if self.iban else self.mandate_id.partner_bank_id
        new = self.mandate_id._unguarded().copy({'partner_bank_id': account.id, 'replaces_id': self.mandate_id.id})
        return new.with_env(self.env)._get_records_action(name=self.env._("New Mandate"))

    def _change_reference(self):
        reference = (self.reference or "").strip()
        if not reference or reference == self.mandate_name:
            raise UserError(
                self.env._("Mandate %s, field “New Reference (RUM)”: enter another reference.", self.mandate_name),
            )
        self.mandate_id._change_reference(reference, self.date, self.note)

    def _change_identifier(self):
        company = self.mandate_id.company_id
        if not self.env.user.has_group('recurring_billing.group_manager'):
            raise UserError(
                self.env._("The creditor identifier of all mandates is changed by an administrator of the billing."),
            )
        if not self.identifier or sepa_ids.compact(self.identifier) == self.creditor_identifier:
            raise UserError(
                self.env._(
                    "Mandate %s, field “New Creditor Identifier (ICS)”: enter another identifier.", self.mandate_name
                ),
            )
        mandates = self._of_same_creditor()
        # the settings are for system administrators; this one number belongs to the debits as well
        company.sudo().billing_creditor_identifier = self.identifier
        mandates._change_creditor_identifier(self.identifier, self.date, self.note)

    def _new_account(self):
        if sepa_ids.compact(self.iban) == sepa_ids.compact(self.mandate_id._iban()):
            raise UserError(
                self.env._(
                    "Mandate %s, field “New IBAN”: it is the account of now. Enter the new one.", self.mandate_name
                ),
            )
        return self.mandate_id._account(self.iban)
