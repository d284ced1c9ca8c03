from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingCollection(models.Model):
    """What the bank answers to a collection as a whole: accepted, credited."""

    _inherit = 'billing.collection'

    accepted_on = fields.Date("Accepted by the Bank On", readonly=True, copy=False)
    credited_on = fields.Date("Credited by the Bank On", readonly=True, copy=False)
    credited_amount = fields.Monetary("Credited", readonly=True, copy=False, help="As the bank's messages say.")

    def _bank_accepted(self, day):
        """Note that the bank accepted these collections on ``day``, once; it says nothing of the money yet."""
        self.filtered(lambda one: not one.accepted_on)._unguarded().accepted_on = day

    def _bank_credited(self, day, amount, reference=""):
        """Note that the bank credited ``amount`` euros of this collection on ``day``, and book it where we do that.

        An imported bank line is matched; else one is written where the journal says so.

        :param reference: the bank's own, for the label
        :return: what was done, in words
        :raises UserError: where the collection was not sent, or more is credited than was collected
        """
        self.ensure_one()
        self._check_credit(amount)
        texts = {'collection': self.name, 'day': format_date(self.env, day), 'amount': self.currency_id.format(amount)}
        transaction = self.journal_id._billing_waiting_line(day, amount)
        self._unguarded().write({'credited_on': day, 'credited_amount': self.credited_amount + amount})
        if transaction or self.journal_id._billing_writes_lines():
            self._book_credit(day, amount, transaction=transaction)
            return self.env._("%(amount)s of collection %(collection)s credited on %(day)s, and booked.", **texts)
        if self.state == 'sent' and self.settles_with_bank:
            self._settle(day)
        return self.env._("%(amount)s of collection %(collection)s credited on %(day)s.", **texts)

    def _check_credit(self, amount):
        """Refuse a credit of ``amount`` euros that cannot be of this collection; see `_bank_credited`."""
        texts = {'collection': self.name, 'amount': self.currency_id.format(amount)}
        if self.state not in ('sent', 'settled'):
            raise UserError(
                self.env._(
                    "Collection %(collection)s was not sent yet, as far as we know: confirm it as sent, then try "
                    "again.",
                    **texts,
                ),
            )
        awaited = self._awaited_credit()
        if self.currency_id.compare_amounts(amount, awaited) > 0:
            raise UserError(
                self.env._(
                    "Collection %(collection)s: the bank credits %(amount)s, but %(awaited)s are still announced. Look "
                    "whether it was recorded before.",
                    awaited=self.currency_id.format(awaited),
                    **texts,
                ),
            )

    def _awaited_credit(self):
        """Euros that the bank has not credited yet: by the books, and by what its messages said already."""
        item = self._outstanding_item()
        collected = item.amount_currency if item else self._live_amount()
        return min(self.uncredited_amount, collected - self.credited_amount)

    def _debits_of_block(self, reference):
        """The debits of the block of our file that the bank calls ``reference``; all of them where it names none."""
        self.ensure_one()
        debits = self.debit_ids.filtered(lambda debit: debit.state != 'dropped')
        number = (reference or "").rpartition("-")[2]
        if reference in (False, "", self.name) or not number.isdecimal():
            return debits
        groups = debits.grouped(lambda debit: (debit.sequence_type, debit.mandate_creditor_identifier))
        keys = sorted(groups)
        place = int(number) - 1
        return groups[keys[place]] if 0 <= place < len(keys) else debits.browse()


class BillingDebit(models.Model):
    """The bank's lines of debits that came back."""

    _inherit = 'billing.debit'

    def _bank_debited(self, journal, day, amount, reference=""):
        """Match what these returned debits left on the outstanding account with the bank's line that took them back.

        An imported bank line is matched; else one is written where ``journal`` says so. In a locked period nothing is
        written: the items stay on the outstanding account until the statement is matched.

        :param journal: of the bank account that was debited, or empty
        :param amount: euros of the bank's line, above zero
        :param reference: the bank's own, for the label
        :return: the bank transaction, or empty
        """
        none = self.env['account.bank.statement.line']
        if not journal:
            return none
        account = journal._billing_outstanding_account()
        items = self.return_move_id.line_ids.filtered(lambda line: line.account_id == account and not line.reconciled)
        transaction = journal._billing_waiting_line(day, -amount)
        is_open = journal.company_id._billing_first_open_day(day, journal) == day
        if not items or not is_open or not (transaction or journal._billing_writes_lines()):
            return none
        label = " ".join(filter(None, (self.env._("Returned debits"), reference)))
        lines = [
            fields.Command.create(self._bank_line(journal, day, own, part, label))
            for own, part in ((journal.default_account_id, -amount), (account, amount))
        ]
        transaction = journal._billing_bank_transaction(day, -amount, label, lines, transaction)
        (transaction.move_id.line_ids.filtered(lambda line: line.account_id == account) + items.sudo()).reconcile()
        return transaction

    def _bank_line(self, journal, day, account, amount, label):
        currency, own = self.env.ref('base.EUR'), journal.company_id.currency_id
        return {
            'name': label,
            'account_id': account.id,
            'currency_id': currency.id,
            'amount_currency': amount,
            'balance': currency._convert(amount, own, journal.company_id, day),
        }
