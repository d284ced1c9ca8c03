import hashlib
from base64 import b64encode
from io import BytesIO

from odoo import api, models
from odoo.tools import format_date

from ..tools import bank_archive, bank_messages, sepa_ids
from ..tools.bank_xml import BankMessageError


class BillingBankMessage(models.Model):
    """How a file of the bank is taken: once, as a whole or not at all, with the reason in words."""

    _inherit = 'billing.bank.message'

    # === ACTION METHODS === #

    @api.model
    def create_document_from_attachment(self, _name, attachment_ids):
        """Take the files that were dropped on the list, or chosen by its button, and show what they said."""
        self.check_access('create')
        files = self.env['ir.attachment'].browse(attachment_ids)
        files.check_access('read')
        messages = self._import(self.env.company, [(file.name, file.raw or b'') for file in files])
        files.unlink()  # kept with their messages, where the debit role alone reads them
        return messages._get_records_action(name=self.env._("Bank Messages"))

    # === BUSINESS METHODS === #

    @api.model
    def _import(self, company, files):
        """Take files of the bank, each once; what cannot be read is refused as a whole, with the reason on its message.

        :param files: list of (name, bytes), plain or zipped
        :return: the messages, refused ones too
        """
        messages = self.browse()
        for name, data in files:
            try:
                for part, content in bank_archive.unpack(name, data):
                    messages |= self._take(company, part, content)
            except BankMessageError as error:
                messages |= self._refuse(company, name, data, self._words(error))
        return messages

    @api.model
    def _take(self, company, name, data):
        """The message in ``data``, with all that it says about direct debits done that needs no person."""
        digest = hashlib.sha256(data).hexdigest()
        if earlier := self.search(
            [('company_id', '=', company.id), ('file_sha256', '=', digest), ('error', '=', False)]
        ):
            text = self.env._(
                "This file was taken already on %(day)s as “%(message)s”: nothing was done again.",
                day=format_date(self.env, earlier.received_on),
                message=earlier.display_name,
            )
            return self._refuse(company, name, data, text)
        try:
            read = bank_messages.read(BytesIO(data))
            answers = [answer for answer in read.answers if answer.event != 'other']
        except BankMessageError as error:
            return self._refuse(company, name, data, self._words(error))
        journals = self.env['billing.bank.message.item']._journals_of(company)
        numbers = [sepa_ids.compact(account) for account in read.accounts]
        if numbers and not journals.keys() & {*numbers}:
            return self._refuse(company, name, data, self._strange_words(company, numbers))
        journal = next(filter(None, map(journals.get, numbers)), None)
        message = self._keep(company, name, data, digest, {**self._header(read), 'journal_id': journal and journal.id})
        items = self.env['billing.bank.message.item']._from_answers(message, answers)
        items._act()
        message._remind()
        return message

    @api.model
    def _header(self, read):
        unknown = not read.is_known_version and self.env._(
            "The bank writes a version that is not known here (%s): look at what was understood.", read.version or "?"
        )
        return {
            'kind': read.kind,
            'version': read.version,
            'reference': read.message_id,
            'created_on': read.created,
            'accounts': ", ".join(map(sepa_ids.mask_iban, dict.fromkeys(read.accounts))),
            'entry_count': read.entries,
            'warning': unknown,
        }

    @api.model
    def _strange_words(self, company, numbers):
        return self.env._(
            "Account %(account)s is none of a bank journal of %(company)s. Enter it in the journal and import the file "
            "again, or import the file in its own company.",
            account=", ".join(map(sepa_ids.mask_iban, dict.fromkeys(numbers))),
            company=company.name,
        )

    @api.model
    def _keep(self, company, name, data, digest, values):
        values = {
            'company_id': company.id,
            'file': b64encode(data),
            'file_name': name,
            'file_sha256': digest,
            **values,
        }
        return self._unguarded().create(values).with_env(self.env)

    @api.model
    def _refuse(self, company, name, data, reason):
        """Keep a file that nothing is done for, and why."""
        digest = hashlib.sha256(data).hexdigest()
        message = self._keep(company, name, data, digest, {'kind': 'unknown', 'error': reason})
        message._remind()
        return message

    @api.model
    def _words(self, error):
        """What an accountant is told of a `BankMessageError`."""
        values = {'line': "?", 'text': "", 'element': "", 'limit': 0, **error.values}
        megabytes = values['limit'] // (1024 * 1024)
        texts = {
            'empty': self.env._("The file is empty: download it from the bank again."),
            'not_xml': self.env._(
                "The file is no message in XML (line %(line)s: %(text)s). Ask the bank for camt or pain.002 files.",
                **values,
            ),
            'truncated': self.env._(
                "The file ends in the middle (line %(line)s): download it from the bank again.", **values
            ),
            'encoding': self.env._(
                "The characters of the file are not those it announces (line %(line)s: %(text)s). Take it as the bank "
                "wrote it, without opening it in another program.",
                **values,
            ),
            'doctype': self.env._(
                "The file declares a document type or entities, which messages of banks never do: it may be an "
                "attack, and is not read."
            ),
            'unknown_kind': self.env._(
                "The file is none of pain.002, camt.052, camt.053, camt.054 (it is “%(text)s”).", **values
            ),
            'bad_value': self.env._(
                "The element “%(element)s” holds “%(text)s”, which is no amount or date: ask the bank for a correct "
                "file.",
                **values,
            ),
            'bad_zip': self.env._("The archive is damaged: download it from the bank again."),
            'encrypted': self.env._("The archive asks for a password: unpack it first."),
            'path_in_zip': self.env._(
                "The archive names a folder (“%(text)s”), which may write anywhere: unpack it first.", **values
            ),
            'nested': self.env._("The archive holds another archive: unpack it first."),
            'too_many': self.env._("The archive holds more than %(limit)s files: import them in parts.", **values),
            'too_large': self.env._("The file is larger than %s MB once unpacked: import it in parts.", megabytes),
        }
        return texts[error.code]
