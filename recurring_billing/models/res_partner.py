from odoo import fields, models

from ..tools.pain008 import Party


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_contract_count = fields.Integer(compute='_compute_billing_counts', groups='account.group_account_invoice')
    billing_mandate_count = fields.Integer(compute='_compute_billing_counts', groups='account.group_account_invoice')

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
