import typing
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools import sepa_ids

_WINDOW = timedelta(days=14)  # calendar days that hold the five bank working days in which a debit is returned
_LONGEST = timedelta(days=400)  # 13 months, in which an unauthorised debit may come back
_SHOWN = 8  # candidates


class Verdict(typing.NamedTuple):
    """What is to be done about an answer."""

    state: str  # 'done': do it; 'to_decide'; 'ignored'
    text: str = ""
    debit: models.BaseModel | None = None


class BillingBankMessageItem(models.Model):
    """Which debit the bank speaks of: never told by the amount alone, and never guessed."""

    _inherit = 'billing.bank.message.item'

    def _verdicts(self):
        """What to do about each of these answers about single debits, as {item: `Verdict`}."""
        strangers = self._of_strange_accounts()
        found = self._matched()
        return {item: strangers.get(item) or item._verdict(found[item]) for item in self}

    def _of_strange_accounts(self):
        """{item: `Verdict`} of those on an account that is none of the company's."""
        journals = self._journals()
        return {
            item: Verdict(
                'to_decide',
                self.env._(
                    "Account %(account)s is none of a bank journal of %(company)s. Enter it in the journal, then try "
                    "again.",
                    account=sepa_ids.mask_iban(item.account),
                    company=item.company_id.name,
                ),
            )
            for item in self
            if item.account and not journals.get((item.company_id, sepa_ids.compact(item.account)))
        }

    def _journals(self):
        """{(company, account number): bank journal} of the companies of these answers."""
        return {
            (company, number): journal
            for company in self.company_id
            for number, journal in self._journals_of(company).items()
        }

    @api.model
    def _journals_of(self, company):
        """{account number: bank journal}: the company's own, and for a branch those of its root company."""
        domain = [('type', '=', 'bank'), ('company_id', 'parent_of', company.id), ('bank_account_id', '!=', False)]
        journals = self.env['account.journal'].search(domain)
        return {sepa_ids.compact(journal.bank_account_id.sudo().acc_number): journal for journal in journals}

    def _matched(self):
        """{item: the debits that it may mean}, by end-to-end id, else by mandate, amount and day."""
        found = {}
        for company, items in self.grouped('company_id').items():
            of_id = items._by_end_to_end_id(company)
            of_mandate = items._by_mandate(company)
            for item in items:
                found[item] = item.debit_id or of_id.get(item.end_to_end_id) or item._in_window(of_mandate)
        return found

    def _by_end_to_end_id(self, company):
        ids = [*filter(None, self.mapped('end_to_end_id'))]
        domain = [('company_id', 'child_of', company.id), ('end_to_end_id', 'in', ids)]
        return self.env['billing.debit'].search(domain).grouped('end_to_end_id')

    def _by_mandate(self, company):
        """{mandate reference: its debits that the bank has}"""
        references = [*filter(None, self.mapped('mandate_reference'))]
        domain = [
            ('company_id', 'child_of', company.id),
            ('mandate_id.name', 'in', references),
            ('state', 'in', ('sent', 'settled')),
        ]
        return self.env['billing.debit'].search(domain).grouped(lambda debit: debit.mandate_id.name)

    def _in_window(self, of_mandate):
        """Where the bank names none: the debits of the mandate, of this amount, that it may return these days."""
        debits = of_mandate.get(self.mandate_reference, self.env['billing.debit'])
        if self.end_to_end_id:
            return debits.browse()  # it names another one
        return debits.filtered(
            lambda debit: (
                not debit.currency_id.compare_amounts(debit.amount, self.asked_amount or self.amount)
                and debit.date <= self.date <= debit.date + _WINDOW
            )
        )

    def _verdict(self, debits):
        """What to do, given the ``debits`` that this answer may mean."""
        self.ensure_one()
        if not self.is_booked:
            return Verdict('ignored', self.env._("Not booked by the bank yet: it says so again once it is."))
        if len(debits) != 1:
            return Verdict('to_decide', self._doubt(debits))
        if self.currency_id != debits.currency_id:
            text = self.env._("In %(currency)s, but debits are in euros: look at it.", currency=self.currency_id.name)
            return Verdict('to_decide', text)
        return self._verdict_of_state(debits) or self._verdict_of_amount(debits) or Verdict('done', debit=debits)

    def _doubt(self, debits):
        if debits:
            return self.env._("%s debits may be meant: choose one.", len(debits))
        if self.end_to_end_id:
            return self.env._(
                "No debit has the end-to-end id %s: it may come from other software. Choose the debit, or ignore this.",
                self.end_to_end_id,
            )
        if self.typed:
            return self.env._(
                "No debit, or more than one, goes by “%s”: choose the debit, or correct the reference.", self.typed
            )
        return self.env._("The bank names no debit: choose it, or ignore this.")

    def _verdict_of_state(self, debit):
        texts = {'debit': debit.display_name, 'collection': debit.collection_id.name}
        if debit.state == 'returned':
            day = format_date(self.env, debit.return_date)
            text = self.env._("%(debit)s came back on %(day)s already: nothing was done again.", day=day, **texts)
            return Verdict('ignored', text, debit)
        if debit.state in ('planned', 'in_file'):
            text = self.env._(
                "%(debit)s was not sent yet, as far as we know: confirm collection %(collection)s as sent, then try "
                "again.",
                **texts,
            )
            return Verdict('to_decide', text, debit)
        if debit.state == 'dropped':
            text = self.env._("%(debit)s was dropped from collection %(collection)s: ask the bank.", **texts)
            return Verdict('to_decide', text, debit)
        if self.date > fields.Date.context_today(self):
            text = self.env._("%(debit)s: the date of this return lies in the future. Correct it.", **texts)
            return Verdict('to_decide', text, debit)
        if self.event == 'returned' and self.date < debit.date:
            text = self.env._(
                "%(debit)s was due on %(day)s, after the day of this return: look at its date.",
                day=format_date(self.env, debit.date),
                **texts,
            )
            return Verdict('to_decide', text, debit)
        return None

    def _verdict_of_amount(self, debit):
        is_whole = not debit.currency_id.compare_amounts(self.amount, debit.amount)
        if is_whole or self._is_silent_rejection():
            return None
        text = self.env._(
            "The bank took back %(taken)s of a debit of %(amount)s: correct amount and fee if need be, then take it.",
            taken=self.currency_id.format(self.amount),
            amount=debit.currency_id.format(debit.amount),
        )
        return Verdict('to_decide', text, debit)

    def _is_silent_rejection(self):
        """Whether the bank rejects a debit without repeating its amount: what was not booked comes back as a whole."""
        return self.event == 'rejected' and not self.amount

    # === CANDIDATES === #

    @api.depends('debit_id', 'state')
    def _compute_candidates(self):
        """What a person chooses from, the likeliest first: by mandate, by the line's names and amounts."""
        for item in self:
            item.candidate_ids = item._candidates() if item.state == 'to_decide' and item._is_of_a_debit() else False

    def _is_of_a_debit(self):
        return self.event in ('returned', 'rejected') and self.level in ('transaction', 'entry')

    def _candidates(self):
        self.ensure_one()
        amounts = [*filter(None, (self.amount, self.asked_amount, self.entry_amount))]
        meant = Domain('amount', 'in', amounts)
        if self.mandate_reference:
            meant |= Domain('mandate_id.name', '=', self.mandate_reference)
        if self.debtor:
            meant |= Domain('mandate_id.partner_id', 'ilike', self.debtor)
        day = self.date
        domain = meant & Domain(
            [
                ('company_id', 'child_of', self.company_id.id),
                ('state', 'in', ('sent', 'settled')),
                ('date', '<=', day),
                ('date', '>=', day - _LONGEST),
            ]
        )
        debits = self.env['billing.debit'].search(domain, limit=200)
        return (self.debit_id | debits.sorted(self._likeness))[:_SHOWN]

    def _likeness(self, debit):
        """How far a debit is from what the bank says: the smaller the likelier."""
        name = (self.debtor or "").casefold()
        return (
            debit.mandate_id.name != self.mandate_reference,
            not name or name not in (debit.mandate_id.partner_id.name or "").casefold(),
            bool(debit.currency_id.compare_amounts(debit.amount, self.amount)),
            (self.date - debit.date).days,
        )

    def _typed_debits(self):
        """The debits that a keyed reference may mean: its end-to-end id, an invoice's number, a mandate's reference."""
        self.ensure_one()
        at_bank = [('company_id', 'child_of', self.company_id.id), ('state', 'in', ('sent', 'settled'))]
        for field in ('end_to_end_id', 'item_ids.move_id.name', 'mandate_id.name'):
            debits = self.env['billing.debit'].search([*at_bank, (field, '=', self.typed.strip())], limit=2)
            if debits:
                return debits
        return self.env['billing.debit']
