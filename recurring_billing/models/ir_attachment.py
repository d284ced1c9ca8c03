from odoo import api, models
from odoo.exceptions import UserError

# (model, field) of files that prove what was signed, sent or given to the bank
_PROOFS = {
    ('billing.bank.message', 'file'),
    ('billing.collection', 'file'),
    ('billing.mandate', 'proof'),
    ('billing.mandate', 'sent_form'),
    ('billing.mandate', 'signature_image'),
}


class IrAttachment(models.Model):
    """Files that prove something are neither changed nor deleted behind the back of their records.

    Mandates that were sent show the whole account number: their copies answer to the debit role alone. Messages hand
    each reader a token that opens their attachments whatever the rights; of these there is none.
    """

    _inherit = 'ir.attachment'

    def write(self, vals):
        """EXTENDS base"""
        self._billing_refuse_proofs()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_no_proofs(self):
        self._billing_refuse_proofs()

    def _billing_refuse_proofs(self):
        """Refuse to touch files by themselves; their records, which know when they may change, write them as root.

        :raises UserError: names file and record
        """
        if self.env.su:
            return
        for file in self.sudo():  # refused with its name, also to whoever may not read it
            if (file.res_model, file.res_field) in _PROOFS:
                raise UserError(
                    self.env._(
                        "File %(file)s of %(record)s is kept as proof: it can be neither changed nor deleted.",
                        file=file.name,
                        record=self.env[file.res_model].browse(file.res_id).sudo().display_name,
                    ),
                )

    def _get_raw_access_token(self):
        """EXTENDS base"""
        return False if self._is_sent_mandate() else super()._get_raw_access_token()

    def _get_thumbnail_token(self):
        """EXTENDS mail"""
        return False if self._is_sent_mandate() else super()._get_thumbnail_token()

    def _is_sent_mandate(self):
        self.ensure_one()
        return (self.res_model, self.res_field) == ('billing.mandate', 'sent_form')
