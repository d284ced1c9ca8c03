from odoo import fields, models
from odoo.exceptions import UserError


class BillingBankMessageImport(models.TransientModel):
    _name = 'billing.bank.message.import'
    _description = "Import Files of the Bank"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    file_ids = fields.Many2many('ir.attachment', string="Files")

    def action_import(self):
        """Take the files and show what they said."""
        self.ensure_one()
        if not self.file_ids:
            raise UserError(self.env._("Choose the files that you downloaded from the bank."))
        files = [(file.name, file.raw or b'') for file in self.file_ids]
        messages = self.env['billing.bank.message']._import(self.company_id, files)
        self.file_ids.unlink()  # kept with their messages, where the debit role alone reads them
        return messages._get_records_action(name=self.env._("Bank Messages"))
