from datetime import date

from odoo.tests import freeze_time, tagged
from odoo.tools import html2plaintext

from .common_bank import status
from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingChain(BankMessageCommon):
    """One chain and one status, on the debit, its invoice, its contract and its customer."""

    def _chains(self, debit):
        move = debit.move_ids
        records = (debit, move, move.line_ids.billing_contract_id, debit.partner_id)
        fields = ('chain', 'billing_chain', 'chain', 'billing_chain')
        for record in records:
            record.invalidate_recordset()
        texts = [
            " ".join(html2plaintext(record[field] or "").split()) for record, field in zip(records, fields, strict=True)
        ]
        self.assertEqual(len({*texts}), 1, texts)
        return texts[0]

    def test_the_chain_says_where_a_debit_stands(self):
        collection = self._sent_collection()
        first, _second = self._debits(collection)
        contract = first.move_ids.line_ids.billing_contract_id
        chain = self._chains(first)
        for words in (
            f"Contract {contract.name}",
            f"Invoice {first.move_ids.name}",
            "120.00",
            "Debit Sent · 09/03/2026",
        ):
            self.assertIn(words, chain)
        self._import(status(file=collection.name, group='ACCP'))
        self.assertIn("Bank Accepted · 09/02/2026", self._chains(first))
        self.assertIn("accepted by the bank", first.move_ids.billing_debit_note)
        self._settle(DAY)
        self.assertIn("Bank Refundable until 10/29/2026", self._chains(first))
        self.assertIn("refundable until 10/29/2026", first.move_ids.billing_debit_note)
        first._return(RETURNED, 'AC04')
        self.assertIn("Bank AC04 Account closed · 09/08/2026", self._chains(first))
        self.assertIn(
            "returned on 09/08/2026: AC04 Account closed. Ask the customer", first.partner_id.billing_debit_note
        )

    def test_what_is_refundable_no_longer_is_not_said_to_be(self):
        first, _second = self._debits(self._settled_collection())
        with freeze_time('2026-10-30'):
            first.invalidate_recordset()
            self.assertFalse(first.remark)
            self.assertNotIn("efundable", self._chains(first))

    def test_records_are_found_by_their_debits(self):
        collection = self._settled_collection()
        first, second = self._debits(collection)
        first._return(RETURNED, 'AC04')
        needs = [('needs_hand', '=', True)]
        moves = self.env['account.move'].search([('billing_debit_item_ids.debit_id', 'any', needs)])
        contracts = self.env['billing.contract'].search([('debit_ids', 'any', needs)])
        partners = self.env['res.partner'].search([('billing_debit_ids', 'any', needs)])
        self.assertEqual(
            (moves, contracts, partners), (first.move_ids, moves.line_ids.billing_contract_id, first.partner_id)
        )
        self.assertEqual(contracts.debit_ids, first)
        settled = self.env['billing.contract'].search([('debit_ids', 'any', [('state', '=', 'settled')])])
        self.assertEqual(settled, second.move_ids.line_ids.billing_contract_id)

    def test_a_lone_invoice_has_no_chain(self):
        move = self._plain_invoice(preferred_payment_method_line_id=False)
        self.assertFalse(move.billing_chain)

    def test_each_kind_of_return_has_its_words(self):
        first, second = self._debits(self._sent_collection())
        first._return(date(2026, 9, 2), 'AC01')
        self.assertIn("rejected by the bank on 09/02/2026", first._status_text())
        self._settle(DAY)
        second._return(RETURNED, 'MD06')
        self.assertIn("refunded on 09/08/2026", second._status_text())
