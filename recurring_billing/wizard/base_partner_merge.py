from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = 'base.partner.merge.automatic.wizard'

    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS base: the reminder cases of customers that become one are joined first; they could not both stay."""
        # whoever merges contacts need not be of the recurring billing
        self.env['billing.dunning.case'].sudo()._join(src_partners | dst_partner, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)
