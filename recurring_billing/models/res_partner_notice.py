from odoo import fields, models


class ResPartner(models.Model):
    """What a customer was told of direct debits."""

    _inherit = 'res.partner'

    billing_notice_count = fields.Integer(
        compute='_compute_billing_notice_count', groups='account.group_account_invoice'
    )

    def _compute_billing_notice_count(self):
        for partner in self:
            partner.billing_notice_count = self.env['billing.notice'].search_count(partner._billing_notices_domain())

    def action_billing_notices(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_notice_action')
        return {**action, 'domain': self._billing_notices_domain(), 'context': {}}

    def _billing_notices_domain(self):
        family = self.commercial_partner_id.id
        return ['|', ('partner_id', 'child_of', family), ('mandate_id.partner_id', 'child_of', family)]
