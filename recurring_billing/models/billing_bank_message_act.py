import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import sepa_ids
from .billing_debit_bank import BankLine
from .billing_debit_return import Return
from .billing_transaction import Transaction

_logger = logging.getLogger(__name__)


class BillingBankMessageItem(models.Model):
    """What is done for an answer: all that is certain at once, the faulty alone stays for a person."""

    _inherit = 'billing.bank.message.item'

    # === ACTION METHODS === #

    def action_take(self):
        """Do for these answers what their chosen debit or collection and their amounts say."""
        self.check_access('write')
        for item in self:
            item._require_state('draft', 'to_decide')
            if item._is_of_a_debit():
                item._take_for_debit()
            else:
                item._take_for_collection()
        return True

    def action_try_again(self):
        """Look at these answers again, as where a collection was confirmed as sent meanwhile."""
        self.check_access('write')
        self._act()
        return True

    def _take_for_debit(self):
        if not self.debit_id:
            raise UserError(self.env._("Choose the debit that the bank means."))
        if self.company_id not in self.debit_id.company_id.parent_ids:
            raise UserError(
                self.env._(
                    "%(debit)s is of company %(company)s: decide it there.",
                    debit=self.debit_id.display_name,
                    company=self.debit_id.company_id.name,
                ),
            )
        if verdict := self._verdict_of_state(self.debit_id):
            raise UserError(verdict.text)
        self._take_back()
        self._finish_returns()

    def _take_for_collection(self):
        if not self.collection_id:
            raise UserError(self.env._("Choose the collection that the bank means."))
        self._credit(self.collection_id)

    # === BUSINESS METHODS === #

    def _act(self):
        """Do what these answers ask for where it is certain; say of the others what is missing, or why nothing is done.

        What the bank says of one debit counts before what it says of its whole block or file.
        """
        waiting = self.filtered(lambda item: item.state in ('draft', 'to_decide'))
        of_debits = waiting.filtered(lambda item: item._is_of_a_debit())
        of_debits._act_on_debits()
        for item in waiting - of_debits:
            item._act_on_collection()

    def _act_on_debits(self):
        verdicts = self._once_each(self._verdicts())
        for item, verdict in verdicts.items():
            if verdict.debit and item.debit_id != verdict.debit:
                item._unguarded().debit_id = verdict.debit
        self._keep_verdicts({item: one for item, one in verdicts.items() if one.state != 'done'})
        certain = self.browse().concat(*(item for item, one in verdicts.items() if one.state == 'done'))
        worker = self.env['billing.worker']
        _done, faults = worker._isolate(certain, lambda items: items._take_back(), Transaction())
        for item, error in faults.items():
            if not isinstance(error, UserError):
                _logger.error("%s %s is not booked", item._name, item.id, exc_info=error)
            item._settle_verdict('to_decide', worker._reason(error))
        (certain - self.browse().concat(*faults))._finish_returns()

    def _once_each(self, verdicts):
        """``verdicts`` with one return at most of each debit."""
        seen = set()
        for item, verdict in verdicts.items():
            if verdict.state == 'done' and verdict.debit in seen:
                verdicts[item] = verdict._replace(state='ignored', text=self.env._("The same file says so twice."))
            elif verdict.state == 'done':
                seen.add(verdict.debit)
        return verdicts

    def _take_back(self):
        """Take back the debits of these answers; in a locked period, on the first open day."""
        returns = [item._as_return() for item in self]
        today = fields.Date.context_today(self)
        self.env['billing.debit']._take_back(returns, first_open_day=True, today=today)

    def _keep_verdicts(self, verdicts):
        for (state, text), items in (
            self.browse().concat(*verdicts).grouped(lambda item: (verdicts[item].state, verdicts[item].text)).items()
        ):
            items._set_state(state)
            items._unguarded().explanation = text

    def _as_return(self):
        """This answer as the return of its debit."""
        self.ensure_one()
        debit = self.debit_id
        is_whole = self._is_silent_rejection() or not debit.currency_id.compare_amounts(self.amount, debit.amount)
        reason = self.reason_id or self.env.ref('recurring_billing.return_reason_unknown')
        note = " ".join(filter(None, (self.reason_code if self.reason_code != reason.code else "", self.note)))
        return Return(
            debit,
            max(self.date, debit.date) if debit.state == 'settled' and self.event == 'rejected' else self.date,
            reason,
            note,
            None if is_whole else self.amount,
            self.fee,
            self.interest,
        )

    def _finish_returns(self):
        """Say of these answers what was booked, and give the bank's lines to the ledger where we write them."""
        self._set_state('done')
        for item in self:
            item._unguarded().explanation = item.debit_id._status_text()
        self._write_bank_lines()

    # === WHOLE BLOCKS AND FILES === #

    def _act_on_collection(self):
        self.ensure_one()
        if strange := self._of_strange_accounts().get(self):
            return self._keep_verdicts({self: strange})
        collection, debits = self._collection_meant()
        if not self.is_booked:
            text = self.env._("Not booked by the bank yet: it says so again once it is.")
            return self._settle_verdict('ignored', text)
        if not collection:
            return self._settle_verdict('to_decide', self._no_collection_text())
        self._unguarded().collection_id = collection
        if self.event == 'credited':
            return self._credit(collection)
        if self.event == 'accepted':
            collection._bank_accepted(self.date)
            return self._settle_verdict('done', self.env._("Collection %s is accepted by the bank.", collection.name))
        return self._reject(collection, debits)

    def _settle_verdict(self, state, text):
        self._set_state(state)
        self._unguarded().explanation = text

    def _no_collection_text(self):
        return self.env._(
            "No collection goes by “%s”: choose it, or ignore this.",
            self.block_reference or self.file_reference or self.entry_reference or "?",
        )

    def _collection_meant(self):
        """(the collection that the bank names, the debits of it that it means)"""
        collections = self.env['billing.collection']
        if self.collection_id:
            return self.collection_id, self.collection_id._debits_of_block(self.block_reference)
        if self.end_to_end_id:
            debit = self._by_end_to_end_id(self.company_id).get(self.end_to_end_id)
            return (debit.collection_id, debit) if debit and len(debit) == 1 else (collections, debit)
        name = self.block_reference.rpartition("-")[0] if self.block_reference else self.file_reference
        names = [*filter(None, (name, self.block_reference, self.file_reference))]
        found = collections.search([('company_id', 'child_of', self.company_id.id), ('name', 'in', names)])
        found = found.filtered(lambda one: one.state != 'cancelled')
        if len(found) != 1:
            return collections, self.env['billing.debit']
        return found, found._debits_of_block(self.block_reference)

    def _reject(self, collection, debits):
        """Take back all debits that the bank rejected as a whole, but for those it said more of."""
        if collection.state in ('draft', 'checked', 'in_file'):
            text = self.env._(
                "Collection %s was not sent yet, as far as we know: confirm it as sent, then try again.",
                collection.name,
            )
            return self._settle_verdict('to_decide', text)
        rejected = debits.filtered(lambda debit: debit.state in ('sent', 'settled'))
        reason = self.reason_id or self.env.ref('recurring_billing.return_reason_unknown')
        returns = [
            Return(
                debit, max(self.date, debit.date) if debit.state == 'settled' else self.date, reason, self.note or ""
            )
            for debit in rejected
        ]
        try:
            with self.env.cr.savepoint():
                today = fields.Date.context_today(self)
                self.env['billing.debit']._take_back(returns, first_open_day=True, today=today)
        except UserError as error:
            return self._settle_verdict('to_decide', str(error))
        text = self.env._(
            "%(count)s debits of collection %(collection)s rejected on %(day)s.",
            count=len(rejected),
            collection=collection.name,
            day=format_date(self.env, self.date),
        )
        return self._settle_verdict('done', text)

    def _credit(self, collection):
        """Note the bank's credit of ``collection``, and book it where that is our part."""
        try:
            with self.env.cr.savepoint():
                text = collection._bank_credited(self.date, self.amount, self.entry_reference)
        except UserError as error:
            return self._settle_verdict('to_decide', str(error))
        return self._settle_verdict('done', text)

    def _write_bank_lines(self):
        """Have the bank's lines of these returns written where our own bank transactions are.

        A line that holds several returns is written once all of them are done.
        """
        journals = self._journals()
        done = self.message_id.item_ids.filtered(lambda item: item.state == 'done' and item.debit_id)
        entries = done.grouped(lambda item: (item.message_id, item.entry))
        lines = []
        for message, entry in self.filtered('entry').grouped(lambda item: (item.message_id, item.entry)):
            whole = entries[message, entry]
            first = whole[0]
            journal = journals.get((message.company_id, sepa_ids.compact(first.account)))
            if journal and len(whole) == first.entry_size:
                lines.append(BankLine(whole.debit_id, journal, first.date, first.entry_amount, first.entry_reference))
        self.env['billing.debit']._write_bank_lines(lines)


class BillingDebit(models.Model):
    _inherit = 'billing.debit'

    def action_answer(self):
        """Say that the answer of the bank that is being decided means this debit, and book it."""
        self.ensure_one()
        item = self.env['billing.bank.message.item'].browse(self.env.context.get('billing_item_id')).exists()
        if not item:
            raise UserError(self.env._("Open the answer of the bank first, then choose its debit."))
        item.debit_id = self
        item.action_take()
        return {'type': 'ir.actions.act_window_close'}
