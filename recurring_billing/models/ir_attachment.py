from odoo import models


class IrAttachment(models.Model):
    """Mandates that were sent show the whole account number: their copies answer to the debit role alone.

    Messages hand each reader a token that opens their attachments whatever the rights; of these there is none.
    """

    _inherit = 'ir.attachment'

    def _get_raw_access_token(self):
        """EXTENDS base"""
        return False if self._is_sent_mandate() else super()._get_raw_access_token()

    def _get_thumbnail_token(self):
        """EXTENDS mail"""
        return False if self._is_sent_mandate() else super()._get_thumbnail_token()

    def _is_sent_mandate(self):
        self.ensure_one()
        return (self.res_model, self.res_field) == ('billing.mandate', 'sent_form')
