from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date

from ..tools import bank_calendar

RECALL = 'recurring_billing.mail_activity_recall'


class BillingDebitItem(models.Model):
    _inherit = 'billing.debit.item'

    def _allowed(self):
        """{item: what may be debited of it now}: without what is disputed, promised or not in the plan."""
        allowed = {}
        for day, items in self.grouped(lambda item: item.debit_id.date).items():
            amounts = items.move_line_id._billing_debit_amounts(day)
            allowed |= {item: float(amounts[item.move_line_id]) for item in items}
        return allowed

    def _change(self, allowed):
        """Why this item is no longer to be debited, or None.

        :param allowed: `_allowed` of this item and others
        """
        self.ensure_one()
        line, move = self.move_line_id, self.move_id
        if line.reconciled or move.state != 'posted':
            return self.env._("%s is paid or credited", move.name)
        if self.amount < 0:
            return None
        if move.payment_state == 'blocked' or line.no_followup:
            return self.env._("%s is disputed", move.name)
        if move.preferred_payment_method_line_id.code != 'billing_sdd':
            return self.env._("%s is to be paid another way", move.name)
        if allowed[self] <= 0:
            return self.env._("%s is disputed, promised or not to be paid yet", move.name)
        if line.date_maturity > self.debit_id.date:
            return self.env._(
                "%(invoice)s is due on %(day)s only", invoice=move.name, day=format_date(self.env, line.date_maturity)
            )
        return None

    def _rest(self, allowed):
        """What this item may take now: as planned, at most what may still be debited of it."""
        self.ensure_one()
        return min(self.amount, self.amount_residual, allowed[self], key=abs)

    def _excess(self, allowed):
        """By how much this item takes more than may be debited of it, zero or more."""
        return self.currency_id.round(abs(self.amount) - abs(self._rest(allowed)))


class BillingDebit(models.Model):
    """What is paid, credited, disputed or put off while its debit waits: dropped or reduced, or recalled."""

    _inherit = 'billing.debit'

    recall_text = fields.Text("Tell the Bank", readonly=True, copy=False)

    def _follow(self):
        """Drop or reduce the planned ones of these debits as invoices changed; say what to recall of the others."""
        dropped, recalled, texts = self.browse(), self.browse(), {}
        allowed = self.item_ids._allowed()
        for debit in self:
            changes = debit._changes(allowed)
            if debit.state != 'planned':
                recalled |= debit._recall(changes)
            elif changes:
                texts.setdefault(debit.collection_id, []).extend(changes)
                if not debit._reduce(allowed):
                    dropped |= debit
        dropped._set_state('dropped')
        recalled.collection_id._remind_recalls()
        for collection, changes in texts.items():
            collection._reopen()
            collection.message_post(body=self.env._("No longer collected: %s.", "; ".join(changes)))

    def _changes(self, allowed):
        """What changed of the invoices of this debit, one text each."""
        self.ensure_one()
        changes = []
        for item in self.item_ids:
            if item.amount < 0 and self.state != 'planned':
                continue  # a netted credit note that is used elsewhere recalls nothing: more is due, not less
            if text := item._change(allowed):
                changes.append(text)
            elif excess := item._excess(allowed):
                amount = item.currency_id.format(excess)
                changes.append(self.env._("%(amount)s of %(invoice)s", amount=amount, invoice=item.move_id.name))
        return changes

    def _reduce(self, allowed):
        """Bring this planned debit down to what is still due; False where nothing is."""
        gone = self.item_ids.filtered(lambda item: item._change(allowed))
        rest = {item: item._rest(allowed) for item in self.item_ids - gone}
        if self.currency_id.compare_amounts(sum(rest.values()), 0.0) <= 0:
            return False
        for item, amount in rest.items():
            if amount != item.amount:
                item._unguarded().amount = amount
        gone.unlink()
        return True

    def _recall(self, changes):
        """Say what to tell the bank of a debit that is in its file already; return it where that has changed."""
        text = self._recall_words(changes) if changes else False
        if text == self.recall_text:
            return self.browse()
        self._unguarded().recall_text = text
        return self

    def _recall_words(self, changes):
        """A creditor may recall a debit until the bank's working day before it (EPC rulebook)."""
        texts = {
            'changes': "; ".join(changes),
            'customer': self.partner_id.display_name,
            'amount': self.currency_id.format(self.amount),
            'id': self.end_to_end_id,
            'collection': self.collection_id.name,
            'day': format_date(self.env, bank_calendar.subtract_open_days(self.date, 1)),
        }
        if self.state == 'in_file':
            return self.env._(
                "%(customer)s: %(changes)s. Do not send the file: cancel collection %(collection)s and prepare it "
                "again.",
                **texts,
            )
        return self.env._(
            "%(customer)s: %(changes)s. Ask the bank, until %(day)s, to cancel the debit of %(amount)s with end-to-end "
            "id %(id)s. Else what is paid twice stands as a credit of the customer, to be paid back.",
            **texts,
        )


class BillingCollection(models.Model):
    _inherit = 'billing.collection'

    def _remind_recalls(self):
        """Leave one activity that says all that the bank is to be told of these collections, or none."""
        self.activity_unlink([RECALL])
        for collection in self:
            waiting = collection._live_debits().filtered(lambda debit: debit.state in ('in_file', 'sent'))
            if texts := waiting.filtered('recall_text').mapped('recall_text'):
                user = collection.sent_by_id or collection.file_user_id
                collection.activity_schedule(RECALL, note=Markup("<br/>").join(texts), user_id=user.id)
