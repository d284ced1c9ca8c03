from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import sepa_ids

# French overseas territories with IBANs that begin with FR, outside SEPA (EPC409-09): New Caledonia, French Polynesia,
# Wallis and Futuna. The IBAN does not tell; the debtor's country does.
OUTSIDE_SEPA = ('NC', 'PF', 'WF')


class BillingMandate(models.Model):
    """What is wrong with a mandate, or should be known of it, in words."""

    _inherit = 'billing.mandate'

    needs_bic = fields.Boolean(compute='_compute_needs_bic')
    remark = fields.Text(compute='_compute_remark')

    @api.depends('partner_bank_id.acc_number')
    def _compute_needs_bic(self):
        for mandate in self:
            number = mandate._iban()
            mandate.needs_bic = bool(number) and sepa_ids.bic_needed(number)

    @api.depends('partner_id.country_id', 'scheme', 'state', 'partner_bank_id.bank_id', 'partner_bank_id.acc_number')
    def _compute_remark(self):
        for mandate in self:
            mandate.remark = "\n".join(mandate._remarks())

    def _check_keys_free(self, keys=None):
        """Refuse references that other mandates of the same creditor bear, or two of these.

        :param keys: {mandate: what it is going to be known by}; as they are now, if not given
        :raises UserError: names both mandates
        """
        keys = keys or {mandate: mandate.key for mandate in self}
        domain = [('key', 'in', list(keys.values())), ('state', '!=', 'draft'), ('id', 'not in', self.ids)]
        # a reference is taken by whichever company shares the creditor identifier
        bearers = {twin.key: twin for twin in self.sudo().search(domain)}
        for mandate, key in keys.items():
            if twin := bearers.get(key):
                holder = twin.partner_id if twin.company_id in self.env.companies else twin.company_id
                raise UserError(
                    self.env._(
                        "Mandate %(mandate)s: the reference is already used by mandate %(twin)s of %(customer)s for "
                        "the same creditor, since banks compare it without blanks and capitals. Give this one another "
                        "reference.",
                        mandate=mandate.name,
                        twin=twin.name,
                        customer=holder.display_name,
                    ),
                )
            bearers[key] = mandate

    def _iban_refusal(self, day):
        """Why the account cannot be debited on ``day``, or None."""
        self.ensure_one()
        if not (fault := sepa_ids.iban_fault(self._iban(), day)):
            return None
        return self.env._(
            "Mandate %(mandate)s, field “Bank Account”: the account %(account)s of %(customer)s cannot be "
            "debited, since %(reason)s. Correct the number on the customer's bank account.",
            mandate=self.name,
            account=self.masked_iban or "",
            customer=self.partner_id.display_name,
            reason=self._iban_fault_text(fault),
        )

    def _creditor_refusal(self):
        """Why the creditor identifier cannot stand in a bank file, or None."""
        self.ensure_one()
        identifier = self.creditor_identifier
        if not identifier:
            return self.env._(
                "Mandate %(mandate)s bears no creditor identifier: enter the company's in the settings of Invoicing.",
                mandate=self.name,
            )
        if not (fault := sepa_ids.ics_fault(identifier)):
            return None
        return self.env._(
            "Mandate %(mandate)s, field “Creditor Identifier (ICS)”: %(value)s is refused, since %(reason)s.",
            mandate=self.name,
            value=identifier,
            reason=self.company_id._billing_ics_fault_text(fault),
        )

    def _scheme_refusal(self):
        """Why this debtor may not sign under this scheme, or None (B2B rulebook: no consumers)."""
        self.ensure_one()
        if self.scheme != 'B2B' or self.partner_id.billing_party_kind != 'consumer':
            return None
        return self.env._(
            "Mandate %(mandate)s, field “Scheme”: %(customer)s is a consumer, and B2B debits are for businesses only. "
            "Choose CORE; or correct “Kind of Customer” on the customer.",
            mandate=self.name,
            customer=self.partner_id.display_name,
        )

    def _remarks(self):
        """What a person should know of this mandate before debits are made, one sentence each."""
        self.ensure_one()
        country = self.partner_id.country_id
        if country.code in OUTSIDE_SEPA:
            yield self.env._(
                "%(customer)s is in %(country)s, which is outside SEPA although its IBANs begin with FR: banks there "
                "refuse direct debits. Ask for an account in France, or choose another way of payment.",
                customer=self.partner_id.display_name,
                country=country.name,
            )
        if self.scheme == 'B2B' and self.state in ('draft', 'sent', 'active', 'on_hold'):
            yield self.env._(
                "B2B: the debtor's bank must register this mandate before the first debit, and again after a change; "
                "else it refuses the debit. Remind the customer.",
            )
        account = self.sudo().partner_bank_id  # the account itself is for the debit role alone
        if self.needs_bic and not account.bank_bic:
            yield self.env._("The account is outside the EEA: banks need its BIC. Enter the bank on the account.")
        if self.state in ('draft', 'sent') and not self._iban():
            yield self.env._("No account yet: the printed mandate leaves room for the IBAN.")

    def _iban_fault_text(self, fault):
        return {
            'missing': self.env._("it has no number"),
            'not_sepa': self.env._("its country takes no part in SEPA, or the number is not an IBAN"),
            'structure': self.env._("its length or structure is not the one of its country"),
            'checksum': self.env._("its check digits are wrong: a digit was mistyped"),
            'national_key': self.env._("its national key is wrong: a digit was mistyped"),
        }[fault]

    def _reference_fault_text(self, fault):
        return {
            'missing': self.env._("it is empty"),
            'too_long': self.env._("it has more than 35 characters"),
            'characters': self.env._(
                "it holds characters that banks refuse, or begins or ends with a slash (letters without "
                "accents, digits and / - ? : ( ) . , ' + pass)",
            ),
        }[fault]
