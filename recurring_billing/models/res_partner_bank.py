from odoo import models
from odoo.exceptions import RedirectWarning, UserError

from ..tools import sepa_ids
from .billing_guard_mixin import DOOR
from .billing_mandate_lifecycle import OPEN


class ResPartnerBank(models.Model):
    """An account under a signed mandate is not overwritten: the debtor's bank must be told of a change."""

    _inherit = 'res.partner.bank'

    def write(self, vals):
        """EXTENDS base, whose `unlink` archives."""
        if {'acc_number', 'partner_id', 'active'} & vals.keys() and self.env.context.get('billing_door') is not DOOR:
            lost = self.filtered(lambda account: account._billing_is_another(vals))
            lost._billing_refuse_mandated()
        return super().write(vals)

    def _billing_is_another(self, vals):
        """Whether ``vals`` make another account of this one; blanks and capitals do not."""
        self.ensure_one()
        is_moved = vals.get('partner_id', self.partner_id.id) != self.partner_id.id or not vals.get('active', True)
        number = vals.get('acc_number', self.acc_number)
        return is_moved or sepa_ids.compact(number) != sepa_ids.compact(self.acc_number)

    def _billing_refuse_mandated(self):
        """Refuse to change these accounts where a signed mandate debits them.

        :raises RedirectWarning: leads the debit role to the guided change
        :raises UserError: names account, mandate and remedy
        """
        # whoever edits a contact may not see its mandates, and must be stopped all the same
        mandates = self.env['billing.mandate'].sudo()
        mandate = mandates.search([('partner_bank_id', 'in', self.ids), ('state', 'in', (*OPEN, 'sent'))], limit=1)
        if not mandate:
            return
        if mandate.state == 'sent':
            raise UserError(
                self.env._(
                    "Account %(account)s of %(customer)s stands on mandate %(mandate)s, which is with the customer for "
                    "signature: take the mandate back to draft before the account is changed.",
                    account=mandate.masked_iban,
                    customer=mandate.partner_id.display_name,
                    mandate=mandate.name,
                ),
            )
        text = self.env._(
            "Account %(account)s of %(customer)s is debited under mandate %(mandate)s: it cannot be overwritten or "
            "deleted, since the debtor's bank must be told. Use “Change…” on the mandate, which asks whether the same "
            "mandate goes on with a new account.",
            account=mandate.masked_iban,
            customer=mandate.partner_id.display_name,
            mandate=mandate.name,
        )
        if not self.env.user.has_group('recurring_billing.group_debit'):
            raise UserError(text)
        action = self.env.ref('recurring_billing.billing_mandate_change_action').id
        raise RedirectWarning(text, action, self.env._("Change the Mandate…"), {'default_mandate_id': mandate.id})
