import hashlib
from base64 import b64encode
from datetime import datetime, time
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import pain008, pain008_checks, sepa_ids


class BillingCollection(models.Model):
    """The bank file of a collection: checked, made, kept with its fingerprint."""

    _inherit = 'billing.collection'

    file = fields.Binary(attachment=True, readonly=True, copy=False, groups='recurring_billing.group_debit')
    file_name = fields.Char(readonly=True, copy=False)
    file_sha256 = fields.Char("SHA-256", readonly=True, copy=False)
    file_date = fields.Datetime("File Made On", readonly=True, copy=False)
    file_count = fields.Integer("Debits in the File", readonly=True, copy=False)
    file_total = fields.Monetary("Control Sum", readonly=True, copy=False)
    file_user_id = fields.Many2one('res.users', "File Made By", readonly=True, copy=False)

    def action_generate(self):
        """Check everything and make the bank file."""
        self.ensure_one()
        self._generate(*self.journal_id._billing_now())
        return True

    def action_download(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/billing.collection/{self.id}/file/{self.file_name}?download=true',
            'target': 'download',
        }

    def _generate(self, today, now=time.min):
        """Make the bank file, valid against the official schema, of a collection without faults.

        :param now: the time of ``today``, which counts against the bank's cut-off
        :raises UserError: one line for each fault, with record, field and remedy; nothing is written then
        """
        self._raise_faults(self._find_faults(today, now))
        self._require_second_person()
        debits = self._live_debits()
        message = self._message(debits, today)
        content = pain008.write(message)
        self._raise_faults(pain008_checks.schema_faults(content))
        self._unguarded().write(
            {
                'file': b64encode(content),
                'file_name': f"{self.name}.xml",
                'file_sha256': hashlib.sha256(content).hexdigest(),
                'file_count': message.count,
                'file_total': float(message.total),
                'file_date': fields.Datetime.now(),
                'file_user_id': self.env.uid,
            },
        )
        debits._set_state('in_file')
        debits.mandate_id._carry_amendments(debits)
        self._set_state('in_file')

    def _raise_faults(self, faults):
        if faults:
            raise UserError("\n".join([self.env._("Collection %s cannot go to the bank yet:", self.name), *faults]))

    def _require_second_person(self):
        """Where the bank journal asks for four eyes, who checked a collection does not make its file."""
        if not self.journal_id.billing_four_eyes:
            return
        if self.state != 'checked':
            raise UserError(
                self.env._(
                    "Collection %s is not checked, or changed since: press “Check Collection” first.", self.name
                ),
            )
        if self.checked_by_id == self.env.user:
            raise UserError(
                self.env._(
                    "Collection %(collection)s was checked by you: another person of the direct debit role makes its "
                    "file, as journal %(journal)s asks for (“Second Person Makes the File”).",
                    collection=self.name,
                    journal=self.journal_id.display_name,
                ),
            )

    def _message(self, debits, today):
        """The content of the bank file as plain data: one block for each sequence type and creditor identifier."""
        groups = debits.grouped(lambda debit: (debit.sequence_type, debit.mandate_creditor_identifier))
        blocks = [self._block(number, *key, groups[key]) for number, key in enumerate(sorted(groups), start=1)]
        return pain008.Message(
            message_id=self.name,
            created=datetime.combine(today, time()),  # the day alone: the same collection gives the same bytes
            initiator=self.company_id.name,
            count=len(debits),
            total=sum((block.total for block in blocks), Decimal()),
            blocks=blocks,
            version=self.journal_id.billing_message_version,
        )

    def _block(self, number, sequence, ics, debits):
        account = self.journal_id.bank_account_id
        booked = {'batch': True, 'single': False}
        return pain008.Block(
            block_id=f"{self.name}-{number}",
            scheme=self.scheme,
            sequence=sequence,
            date=self.date,
            creditor=self.company_id.partner_id._billing_party(),
            iban=sepa_ids.compact(account.acc_number),
            bic=sepa_ids.compact(account.bank_bic),
            ics=ics or "",
            count=len(debits),
            total=sum((debit._exact_amount() for debit in debits), Decimal()),
            debits=[debit._message_part() for debit in debits],
            is_batch_booked=booked.get(self.journal_id.billing_batch_booking),
            with_addresses=self.journal_id.billing_address_policy,
        )
