from datetime import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import pain008_checks, sepa_ids
from .billing_debit_check import Fault


class BillingCollection(models.Model):
    """The check of a collection: what a bank or the law would refuse is found before any file exists."""

    _inherit = 'billing.collection'

    check_text = fields.Text("To Mend", readonly=True, copy=False)
    checked_on = fields.Datetime(readonly=True, copy=False)
    checked_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    faulty_count = fields.Integer("Debits to Mend", compute='_compute_counts')
    recall_count = fields.Integer("Debits to Recall", compute='_compute_counts')

    @api.depends('debit_ids.check_text', 'debit_ids.recall_text', 'debit_ids.state')
    def _compute_counts(self):
        for collection in self:
            debits = collection._live_debits()
            collection.faulty_count = len(debits.filtered('check_text'))
            collection.recall_count = len(debits.filtered('recall_text'))

    # === ACTION METHODS === #

    def action_check(self):
        """Check everything; each fault stands beside its debit, with the record to mend."""
        for collection in self:
            collection._check(*collection.journal_id._billing_now())
        return True

    def action_drop_faulty(self):
        """Take the debits that cannot be made out of this collection, and check what stays."""
        for collection in self:
            collection._live_debits().filtered('check_text').action_drop()
            collection._check(*collection.journal_id._billing_now())
        return True

    # === BUSINESS METHODS === #

    def _check(self, today, now):
        """Look at these collections as the bank will, and remember what was found, by whom.

        :return: all faults as texts; empty where the file can be made
        """
        self.ensure_one()
        faults = self._find_faults(today, now)
        self._unguarded().write({'checked_on': fields.Datetime.now(), 'checked_by_id': self.env.uid})
        if faults:
            self._reopen()
        else:
            self.filtered(lambda row: row.state == 'draft')._set_state('checked')
        return faults

    def _find_faults(self, today, now):
        """Drop what is no longer due, then find and remember all faults; return them as texts."""
        self._require_state('draft', 'checked')
        self._live_debits()._follow()
        debits = self._live_debits()
        debits._set_sequences()
        faults = debits._check()
        own = self._own_faults(today, now)
        clean = debits.filtered(lambda debit: not debit.check_text)
        if clean and not own:
            own, found = self._file_faults(clean, today)
            faults += clean._remember_faults(found)
        self._unguarded().check_text = "\n".join(own)
        return [*own, *faults]

    def _reopen(self):
        """What changed must be checked again."""
        self.filtered(lambda collection: collection.state == 'checked')._set_state('draft')

    def _own_faults(self, today, now):
        """What is wrong with the collection as a whole, one text each."""
        faults = [*self._setup_faults(), *self._booking_faults(), *self._limit_faults()]
        if late := self._late_text(today, now):
            faults.append(late)
        return faults

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

    def _booking_faults(self):
        """What would stop the settlement once the bank has collected, one text each."""
        journal = self.journal_id
        for need in (self.company_id._billing_require_settlement_journal, journal._billing_outstanding_account):
            try:
                need()
            except UserError as error:
                yield str(error)

    def _limit_faults(self):
        """Where this collection exceeds what the bank takes in one file or on one day, one text each."""
        journal = self.journal_id
        faults = []
        if 0 < journal.billing_max_debits_per_file < self.debit_count:
            faults.append(
                self.env._(
                    "It holds %(count)s debits; journal %(journal)s takes %(limit)s in one file. Drop some of them.",
                    count=self.debit_count,
                    journal=journal.display_name,
                    limit=journal.billing_max_debits_per_file,
                ),
            )
        if 0 < journal.billing_max_amount_per_file < self.amount_total and self.debit_count > 1:
            faults.append(self._amount_fault(journal.billing_max_amount_per_file, self.env._("in one file")))
        room = self._room(journal, self.date)
        if room is not None and room < 0:
            day = format_date(self.env, self.date)
            faults.append(self._amount_fault(journal.billing_max_amount_per_day, self.env._("on %s", day)))
        return faults

    def _amount_fault(self, limit, where):
        return self.env._(
            "Its total of %(amount)s is more than journal %(journal)s takes %(where)s (%(limit)s). Drop some debits, "
            "or choose another date.",
            amount=self._euros(self.amount_total),
            journal=self.journal_id.display_name,
            where=where,
            limit=self._euros(limit),
        )

    def _late_text(self, today, now):
        """Why the bank would get the file too late on ``today`` at ``now``, or None."""
        earliest = self.journal_id._billing_earliest_day(today, now)
        if self.date >= earliest:
            return None
        return self.env._(
            "Collection %(collection)s, field “Collection Date”: %(date)s is too early for the bank. "
            "The earliest day is %(earliest)s.",
            collection=self.name,
            date=format_date(self.env, self.date),
            earliest=format_date(self.env, earliest),
        )

    def _file_faults(self, debits, today):
        """What the checks of the bank's file find.

        :return: (texts on the file as a whole, which no debit can mend; {debit: `Fault`})
        """
        by_id, whole, texts, records = debits.grouped('end_to_end_id'), [], {}, {}
        for code, end_to_end_id in pain008_checks.faults(self._message(debits, today)):
            if debit := by_id.get(end_to_end_id):
                texts.setdefault(debit, []).append(self._fault_text(code, debit))
                records.setdefault(debit, debit._record_to_mend(code))
            else:
                whole.append(self._whole_fault_text(code))
        return whole, {debit: Fault("\n".join(lines), records[debit]) for debit, lines in texts.items()}

    def _whole_fault_text(self, code):
        """The sentence for a fault of the file as a whole, which the company or its bank account has."""
        return self.env._(
            "The file as a whole (company %(company)s, bank journal %(journal)s): %(reason)s.",
            company=self.company_id.name,
            journal=self.journal_id.display_name,
            reason=self._fault_reason(code),
        )

    def _fault_text(self, code, debit):
        """The sentence for a fault of ``debit`` that the file's own checks found."""
        return self.env._(
            "Invoice %(invoice)s of %(customer)s: %(reason)s.",
            invoice=debit.reference,
            customer=debit.partner_id.display_name,
            reason=self._fault_reason(code),
        )

    def _fault_reason(self, code):
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
            'ultimate_debtor': self.env._(
                "the name of who is paid for has no letter that banks accept: write it in Latin letters",
            ),
            'bic_needed': self.env._("the bank is outside the European Economic Area: enter its BIC"),
            'signature_differs': self.env._("the mandate stands twice in the file, with two signature dates"),
            'one_off_again': self.env._(
                "its mandate is for one debit only, and is used twice in the file: drop this one"
            ),
            'after_final': self.env._(
                "its mandate ends with another debit of the file: drop this one, or mark the later one alone as last",
            ),
            'closed_day': self.env._("banks are closed on the collection date: choose another day"),
            'too_late': self.env._("the bank needs the file one working day before the collection date"),
            'amendment_reference': self.env._("the old mandate reference, which the bank must be told, is malformed"),
            'amendment_ics': self.env._("the old creditor identifier, which the bank must be told, is malformed"),
            'amendment_name': self.env._(
                "the creditor's old name, which the bank must be told, has no readable letter"
            ),
        }
        return reasons.get(code) or self.env._("its parts contradict each other (%s)", code)

    def _check_in_time(self, today, now=time.min):
        """Refuse a collection date that a file of ``today`` cannot reach."""
        self.ensure_one()
        if late := self._late_text(today, now):
            raise UserError(late)
