from odoo import models

from ..tools.phone import international


class BillingDunningCase(models.Model):
    """How a customer is reached about late invoices: at its address for invoices, where it has one."""

    _inherit = 'billing.dunning.case'

    def _recipient(self):
        """Whom letters are addressed to."""
        self.ensure_one()
        return self.partner_id.browse(self.partner_id.address_get(['invoice'])['invoice'])

    def _email(self):
        """The e-mail address with its name, that of the customer itself in second place; False: there is none."""
        partners = self._recipient() | self.partner_id
        return partners.filtered('email')[:1].email_formatted

    def _phone(self):
        """The number as networks dial it, that of the customer itself in second place; None: there is none."""
        for partner in self._recipient() | self.partner_id:
            country = partner.country_id or self.company_id.account_fiscal_country_id
            if number := international(partner.phone, country.code):
                return number
        return None
