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

        An imported bank line that names the collection is matched; else one is written where the journal says so, and
        none of this day and amount waits.

        :param reference: the bank's own, for the label
        :return: what was done, in words
        :raises UserError: where the collection was not sent, or more is credited than was collected
        """
        self.ensure_one()
        self._check_credit(amount)
        texts = {'collection': self.name, 'day': format_date(self.env, day), 'amount': self.currency_id.format(amount)}
        alike = self.journal_id._billing_waiting_lines([day]).get((self.journal_id, day, amount))
        transaction = alike and alike._billing_naming([self.name, reference])
        self._unguarded().write({'credited_on': day, 'credited_amount': self.credited_amount + amount})
        if transaction or (not alike and self.journal_id._billing_writes_lines()):
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
