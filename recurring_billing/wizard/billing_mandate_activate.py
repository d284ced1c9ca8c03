from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import sepa_ids


class BillingMandateActivate(models.TransientModel):
    """What a signed form tells: account, date, place, and the scan that proves it."""

    _name = 'billing.mandate.activate'
    _description = "Activate a Mandate"

    mandate_id = fields.Many2one('billing.mandate', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='mandate_id.partner_id')
    masked_iban = fields.Char(related='mandate_id.masked_iban')
    scheme = fields.Selection(related='mandate_id.scheme')
    iban = fields.Char("IBAN on the Form", help="The account that the debtor wrote on the form.")
    signature_date = fields.Date(
        "Signed On", required=True, compute='_compute_signature', store=True, readonly=False, precompute=True
    )
    signature_place = fields.Char(
        "Signed At", compute='_compute_signature', store=True, readonly=False, precompute=True
    )
    proof = fields.Binary("Signed Document", attachment=False, help="The scan of the signed form.")
    proof_name = fields.Char()
    remark = fields.Text(related='mandate_id.remark')

    @api.depends('mandate_id')
    def _compute_signature(self):
        for wizard in self:
            wizard.signature_date = wizard.mandate_id.signature_date
            wizard.signature_place = wizard.mandate_id.signature_place

    def action_confirm(self):
        """Note the signature and make the mandate usable.

        :raises UserError: where the account is missing or wrong, and for what `action_activate` refuses
        """
        self.ensure_one()
        mandate = self.mandate_id
        if self.iban and not mandate.masked_iban:
            mandate.partner_bank_id = mandate._account(self.iban)
        elif self.iban and sepa_ids.compact(self.iban) != sepa_ids.compact(mandate._iban()):
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s was made for the account %(iban)s: the debtor may not sign for another. Take "
                    "it back to draft, correct the account and send it again.",
                    mandate=mandate.name,
                    iban=mandate.masked_iban,
                ),
            )
        values = {'signature_date': self.signature_date, 'signature_place': self.signature_place}
        if self.proof:
            values |= {'proof': self.proof, 'proof_name': self.proof_name}
        mandate.write(values)
        return mandate.action_activate()
