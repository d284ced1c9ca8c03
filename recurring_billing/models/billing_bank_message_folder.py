import logging
import time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import bank_archive, bank_folder
from .billing_transaction import CronTransaction

_logger = logging.getLogger(__name__)

ROOT = 'recurring_billing.bank_folder_root'  # system parameter: the administrator of the server says what may be read


class BillingBankMessage(models.Model):
    """Files that the bank's program puts into a folder of the server."""

    _inherit = 'billing.bank.message'

    @api.model
    def _cron_collect(self):
        """Take the files that wait in the folder of each company; done, they lie in its subfolder “done”."""
        companies = self.env['res.company'].search([('billing_bank_folder', '!=', False)])
        transaction = CronTransaction(self.env)
        for company in companies:
            try:
                folder = company._billing_bank_folder_path()
            except bank_folder.FolderError as error:
                _logger.error("The folder of bank files of company %s: %s", company.id, error.code)
                continue
            with transaction.alone('billing_bank_folder', company.id) as is_alone:
                if is_alone:  # else another worker takes these files already
                    self.with_company(company)._collect(company, folder, time.time(), transaction=transaction)

    @api.model
    def _collect(self, company, folder, now, *, transaction):
        """Take the whole files in ``folder``, each in a transaction of its own, and put each away.

        :param now: seconds since the epoch
        :return: the messages
        """
        messages = self.browse()
        for path in bank_folder.waiting(folder, now, limit=bank_archive.LIMIT):
            taken = transaction.attempt(lambda path=path: self._collect_one(company, path, transaction))
            if taken:
                bank_folder.put_away(path, 'refused' if 'refused' in taken.mapped('state') else 'done')
            messages |= taken
        return messages

    @api.model
    def _collect_one(self, company, path, transaction):
        """The messages of one file; none where an unexpected fault stopped it, and the file stays for the next time."""

        def take(paths):
            return self._import(company, [(one.name, one.read_bytes()) for one in paths])

        done, faults = self.env['billing.worker']._isolate([path], take, transaction)
        for error in faults.values():
            _logger.error("The bank file %s of company %s is not taken", path.name, company.id, exc_info=error)
        transaction.commit(1)
        return self.browse().concat(*(messages for _paths, messages in done))


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_bank_folder = fields.Char(
        "Folder of Bank Files",
        help="Name of a folder on the server into which the bank's program puts its files, below the one that the "
        "system parameter recurring_billing.bank_folder_root names. It is looked at every quarter of an hour.",
    )

    @api.constrains('billing_bank_folder')
    def _check_billing_bank_folder(self):
        for company in self.filtered('billing_bank_folder'):
            try:
                company._billing_bank_folder_path()
            except bank_folder.FolderError as error:
                raise ValidationError(company._billing_folder_words(error.code)) from error

    def _billing_bank_folder_path(self):
        self.ensure_one()
        root = self.env['ir.config_parameter'].sudo().get_param(ROOT)
        return bank_folder.inside(root, self.billing_bank_folder)

    def _billing_folder_words(self, code):
        texts = {
            'no_root': self.env._(
                "Field “Folder of Bank Files”: the administrator first names the folder that may be read, in the "
                "system parameter recurring_billing.bank_folder_root."
            ),
            'outside': self.env._(
                "Field “Folder of Bank Files”: “%s” lies outside the folder that may be read. Enter a name without "
                "path.",
                self.billing_bank_folder,
            ),
            'missing': self.env._(
                "Field “Folder of Bank Files”: there is no folder “%s” on the server.", self.billing_bank_folder
            ),
            'not_writable': self.env._(
                "Field “Folder of Bank Files”: “%s” cannot be read and written by Odoo: its files are put away once "
                "they are taken.",
                self.billing_bank_folder,
            ),
        }
        return texts[code]
