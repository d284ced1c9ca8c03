import typing

from odoo import fields, models
from odoo.exceptions import UserError


class Fault(typing.NamedTuple):
    """Why a debit cannot be made, and the record to mend."""

    text: str
    record: models.BaseModel


class BillingDebit(models.Model):
    """What keeps a debit from the bank's file, in words, with a link to the record to mend."""

    _inherit = 'billing.debit'

    check_text = fields.Text("To Mend", readonly=True, copy=False)
    check_model = fields.Char(readonly=True, copy=False)
    check_res_id = fields.Many2oneReference("Record to Mend", model_field='check_model', readonly=True, copy=False)

    def action_mend(self):
        """Open the record to mend."""
        self.ensure_one()
        if not self.check_model:
            raise UserError(self.env._("Nothing was found to mend in debit %s.", self.display_name))
        return self.env[self.check_model].browse(self.check_res_id)._get_records_action()

    def _check(self):
        """Find and remember what keeps these planned debits from a file.

        :return: the texts of all faults
        """
        found = self._mandate_faults()
        for debit, fault in (*self._item_faults().items(), *self._notice_faults().items(), *self._limit_faults()):
            found.setdefault(debit, fault)
        return self._remember_faults(found)

    def _remember_faults(self, found):
        """Keep ``found``, {debit: `Fault`}, on these debits.

        :return: the texts, in the order of the debits
        """
        for debit in self.filtered('check_text') - self.browse().concat(*found):
            debit._unguarded().write({'check_text': False, 'check_model': False, 'check_res_id': False})
        for debit, fault in found.items():
            text, record = fault
            debit._unguarded().write({'check_text': text, 'check_model': record._name, 'check_res_id': record.id})
        return [debit.check_text for debit in self if debit in found]

    def _record_to_mend(self, code):
        """Where a person mends a fault that the checks of the bank's file found in this debit."""
        self.ensure_one()
        if code == 'ultimate_debtor':
            return self._paid_for()
        is_of_mandate = code.startswith(('amendment', 'signature', 'one_off', 'after_final', 'identifier'))
        return self.mandate_id if is_of_mandate else self.mandate_id.partner_id

    def _mandate_faults(self):
        """{debit: `Fault`} of debits whose mandate may not be used on their day, or only once."""
        found = self._ended_mandate_faults()
        for (mandate, day), debits in self.grouped(lambda debit: (debit.mandate_id, debit.date)).items():
            if text := mandate._refusal(day):
                found |= dict.fromkeys(debits, Fault(text, mandate))
            for debit in debits[1:] if debits[0].sequence_type == 'OOFF' else ():
                text = self.env._(
                    "Mandate %(mandate)s of %(customer)s is for one debit only: drop this one, or have it grouped.",
                    mandate=mandate.name,
                    customer=mandate.partner_id.display_name,
                )
                found.setdefault(debit, Fault(text, mandate))
        return found

    def _ended_mandate_faults(self):
        """{debit: `Fault`} of debits whose mandate ends with the debit of another file, which was not sent yet."""
        domain = [('mandate_id', 'in', self.mandate_id.ids), ('state', '=', 'in_file'), ('id', 'not in', self.ids)]
        last_ones = self.search([*domain, ('sequence_type', 'in', ('OOFF', 'FNAL'))])
        texts = {
            last.mandate_id: self.env._(
                "Mandate %(mandate)s ends with the debit of %(customer)s in the file of collection %(collection)s: "
                "drop this one, or cancel that collection.",
                mandate=last.mandate_id.name,
                customer=last.mandate_id.partner_id.display_name,
                collection=last.collection_id.name,
            )
            for last in last_ones
        }
        ended = self.filtered(lambda debit: debit.mandate_id in texts)
        return {debit: Fault(texts[debit.mandate_id], debit.mandate_id) for debit in ended}

    def _item_faults(self):
        """{debit: `Fault`} of debits that hold an invoice which may not be debited, or not so much of it."""
        return {
            item.debit_id: Fault(text, item.move_id)
            for item in self.item_ids.sorted('id', reverse=True)
            if (text := item._fault())
        }

    def _notice_faults(self):
        """{debit: `Fault`} of debits that were not announced, or otherwise."""
        found = {}
        for day, debits in self.grouped('date').items():
            items = debits.item_ids.filtered(lambda item: item.amount > 0)
            texts = self.env['billing.notice']._faults(debits._parts(), day)
            for item in items.filtered(lambda item, texts=texts: item.move_line_id in texts):
                found.setdefault(item.debit_id, Fault(texts[item.move_line_id], item.move_id))
        return found

    def _parts(self):
        """{due item: amount} of what these debits take of their invoices; credit notes go off the first ones."""
        parts = {}
        for debit in self:
            off = -sum(item.amount for item in debit.item_ids if item.amount < 0)
            for item in debit.item_ids.filtered(lambda item: item.amount > 0):
                less = min(off, item.amount)
                parts[item.move_line_id] = item.currency_id.round(item.amount - less)
                off -= less
        return parts

    def _limit_faults(self):
        """(debit, `Fault`) of each debit that is larger than the bank takes."""
        for debit in self:
            journal = debit.collection_id.journal_id
            limit = journal._billing_largest_debit()
            if 0 < limit < debit.amount:
                text = self.env._(
                    "%(customer)s: %(amount)s are more than journal %(journal)s takes in one debit (%(limit)s). "
                    "Collect a part of it, or drop it.",
                    customer=debit.partner_id.display_name,
                    amount=debit.currency_id.format(debit.amount),
                    journal=journal.display_name,
                    limit=debit.currency_id.format(limit),
                )
                yield debit, Fault(text, debit)

    # === SEQUENCE TYPE === #

    def _set_sequences(self):
        """Give these planned debits their sequence type; of several first ones of a mandate, one alone is FRST."""
        wanted = {}
        seen = set()
        for debit in self.sorted(lambda debit: (debit.date, debit.id)):
            sequence = debit.mandate_id._sequence(debit.collection_id.journal_id, debit.is_last)
            if sequence == 'FRST' and debit.mandate_id in seen:
                sequence = 'RCUR'
            seen.add(debit.mandate_id)
            if debit.sequence_type != sequence:
                wanted.setdefault(sequence, []).append(debit.id)
        for sequence, ids in wanted.items():
            self.browse(ids)._unguarded().sequence_type = sequence
