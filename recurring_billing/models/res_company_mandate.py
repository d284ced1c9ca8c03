from odoo import fields, models

from ..tools.sepa_text import convert
from .billing_mandate_lifecycle import OPEN

_NAME = 70  # what a bank file holds of a name


class ResCompany(models.Model):
    """The creditor of mandates: the words that its debtors sign, and what follows where its own data changes."""

    _inherit = 'res.company'

    billing_mandate_core_text = fields.Text(
        "Wording of CORE Mandates",
        translate=True,
        help="Empty: the usual wording. {creditor} stands for the company's name.",
    )
    billing_mandate_b2b_text = fields.Text(
        "Wording of B2B Mandates",
        translate=True,
        help="Empty: the usual wording. {creditor} stands for the company's name.",
    )

    def _billing_tell_new_name(self, today):
        """Amend the signed mandates of companies that were renamed; the letters that banks do not see do not count."""
        for company in self:
            mandates = company._billing_open_mandates().filtered(
                lambda mandate, name=company.name: convert(mandate.creditor_name or "", _NAME) != convert(name, _NAME),
            )
            mandates._change_creditor_name(company.name, today)

    def _billing_open_mandates(self):
        """The signed mandates of this company that have not ended, whoever asks: all of them follow their creditor."""
        return self.env['billing.mandate'].sudo().search([('company_id', '=', self.id), ('state', 'in', OPEN)])
