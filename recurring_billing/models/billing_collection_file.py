import hashlib
from base64 import b64encode
from datetime import datetime, time
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import pain008, sepa_ids


class BillingCollection(models.Model):
    """The bank file of a collection: checked, made, kept with its fingerprint."""

    _inherit = 'billing.collection'

    file = fields.Binary(attachment=True, readonly=True, copy=False, groups='recurring_billing.group_debit')
    file_name = fields.Char(readonly=True, copy=False)
    file_sha256 = fields.Char("SHA-256", readonly=True, copy=False)
    file_date = fields.Datetime("File Made On", readonly=True, copy=False)
    file_user_id = fields.Many2one('res.users', "File Made By", readonly=True, copy=False)

    def action_generate(self):
        """Check everything and make the bank file."""
        self.ensure_one()
        self._generate(fields.Date.context_today(self))
        return True

    def action_download(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/billing.collection/{self.id}/file/{self.file_name}?download=true',
            'target': 'download',
        }

    def _generate(self, today):
        """Make the bank file, valid against the official schema, of a draft collection.

        :raises UserError: one line for each fault, with record, field and remedy; nothing is written then
        """
        self._require_state('draft')
        self._check_in_time(today)
        debits = self._live_debits()
        self._raise_faults([*self._setup_faults(), *debits._faults()])
        for number, debit in enumerate(debits, start=1):
            debit._unguarded().end_to_end_id = f"{self.name}-{number:05d}"
        message = self._message(debits, today)
        self._raise_faults([self._fault_text(*fault) for fault in pain008.faults(message)])
        content = pain008.write(message)
        self._raise_faults(pain008.schema_faults(content))
        self._unguarded().write(
            {
                'file': b64encode(content),
                'file_name': f"{self.name}.xml",
                'file_sha256': hashlib.sha256(content).hexdigest(),
                'file_date': fields.Datetime.now(),
                'file_user_id': self.env.uid,
            },
        )
        debits._set_state('in_file')
        self._set_state('in_file')

    def _raise_faults(self, faults):
        if faults:
            raise UserError("\n".join([self.env._("Collection %s cannot go to the bank yet:", self.name), *faults]))

    def _setup_faults(self):
        """What is missing on the company's side, one line each."""
        faults = []
        if not self._live_debits():
            faults.append(self.env._("It holds no debit: prepare one with invoices that are due."))
        if not self.company_id.billing_creditor_identifier:
            faults.append(
                self.env._(
                    "Company %s has no SEPA creditor identifier: enter it in the settings of Invoicing.",
                    self.company_id.name,
                ),
            )
        if fault := sepa_ids.iban_fault(self.journal_id.bank_account_id.acc_number or ""):
            faults.append(
                self.env._(
                    "Journal %(journal)s, field “Account Number”: %(reason)s. Enter the IBAN to be credited.",
                    journal=self.journal_id.name,
                    reason=self.env['billing.mandate']._iban_fault_text(fault),
                ),
            )
        return faults

    def _fault_text(self, code, end_to_end_id):
        """The sentence for a fault that the file's own checks found; names the debit where it is one debit's."""
        debit = self.debit_ids.filtered(lambda debit: debit.end_to_end_id == end_to_end_id)[:1]
        reasons = {
            'amount': self.env._("the amount must lie between 0.01 and 999,999,999.99 euros"),
            'signature_in_future': self.env._("the mandate's signature date lies in the future"),
            'identifier': self.env._("an identifier holds characters that banks refuse"),
            'address_needed': self.env._(
                "the bank is outside the European Economic Area: enter city and country on the customer's address",
            ),
            'iban': self.env._("the account number is no IBAN that can be debited: correct the bank account"),
            'bic': self.env._("the bank's identifier (BIC) is malformed: correct or empty it on the bank"),
            'ics': self.env._("the creditor identifier is wrong: correct it in the settings of Invoicing"),
            'name_missing': self.env._("the name has no letter that banks accept: write it in Latin letters"),
        }
        reason = reasons.get(code) or self.env._("its parts contradict each other (%s)", code)
        if not debit:
            return self.env._("The file as a whole: %s.", reason)
        return self.env._(
            "Invoice %(invoice)s of %(customer)s: %(reason)s.",
            invoice=debit.reference,
            customer=debit.partner_id.display_name,
            reason=reason,
        )

    def _message(self, debits, today):
        """The content of the bank file as plain data: one block for each creditor identifier that mandates bear."""
        company = self.company_id
        iban = sepa_ids.compact(self.journal_id.bank_account_id.acc_number)
        blocks = []
        for number, (ics, group) in enumerate(sorted(debits.grouped('mandate_creditor_identifier').items()), start=1):
            blocks.append(
                pain008.Block(
                    block_id=f"{self.name}-{number}",
                    scheme=self.scheme,
                    sequence='RCUR',  # right for a first collection too, since November 2016
                    date=self.date,
                    creditor=company.partner_id._billing_party(),
                    iban=iban,
                    bic=sepa_ids.compact(self.journal_id.bank_account_id.bank_bic),
                    ics=ics,
                    count=len(group),
                    total=sum((debit._exact_amount() for debit in group), Decimal()),
                    debits=[debit._message_part() for debit in group],
                ),
            )
        return pain008.Message(
            message_id=self.name,
            created=datetime.combine(today, time()),  # the day alone: the same collection gives the same bytes
            initiator=company.name,
            count=len(debits),
            total=sum((block.total for block in blocks), Decimal()),
            blocks=blocks,
        )
