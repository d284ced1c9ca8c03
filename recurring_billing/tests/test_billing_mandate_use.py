from base64 import b64decode
from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

OTHER_IBAN = 'FR7610278487575797543231912'
DAY = date(2026, 9, 25)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandateUse(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._customer("Durand Lyon")
        cls.branch.billing_payer_id = cls.customer

    def _line(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')

    def _invoice(self, partner, **values):
        invoice = self._create_invoice_one_line(
            product_id=self.service, partner_id=partner, invoice_date='2026-09-01', post=False
        )
        invoice.write({'preferred_payment_method_line_id': self.sdd.id, **values})
        invoice.action_post()
        return invoice

    def _debit(self, mandate):
        """A debit at the bank from ``mandate``."""
        invoice = self._invoice(mandate.partner_id, billing_mandate_id=mandate.id)
        collection = self._collect(DAY, date(2026, 9, 10))
        return collection.debit_ids.filtered(lambda debit: debit.mandate_id == mandate and invoice)

    # === WHICH MANDATE === #

    def test_the_payers_mandate_pays_and_the_ledger_line_stays_with_the_customer(self):
        contract = self._started(partner=self.branch, date_start=date(2026, 9, 1))
        self.assertEqual(contract.mandate_id, self.mandate)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        line = self._line(invoice)
        self.assertEqual(self.env['billing.mandate']._for_lines(line), {line: self.mandate})
        self.assertIsNone(line._billing_refusal(self.mandate))
        collection = self._collect(DAY, date(2026, 9, 10))
        debit = collection.debit_ids
        self.assertEqual((debit.mandate_id, debit.partner_id), (self.mandate, self.branch))
        file = b64decode(collection.file).decode()
        self.assertRegex(file, r"<UltmtDbtr>\s*<Nm>Durand Lyon</Nm>")
        self.assertRegex(file, r"<Dbtr>\s*<Nm>Atelier Durand</Nm>")

    def test_a_customer_with_a_payer_is_not_debited_by_itself_unless_somebody_chose_so(self):
        own = self._mandate(self.branch, OTHER_IBAN)
        line = self._line(self._invoice(self.branch))
        self.assertEqual(self.env['billing.mandate']._for_lines(line), {line: self.mandate})
        chosen = self._line(self._invoice(self.branch, billing_mandate_id=own.id))
        self.assertEqual(self.env['billing.mandate']._for_lines(chosen), {chosen: own})

    def test_the_invoices_mandate_comes_first_then_the_contracts_then_the_one_signed_last(self):
        second = self._mandate(self.customer, OTHER_IBAN, signature_date=date(2026, 1, 1))
        contract = self._started(date_start=date(2026, 9, 1), mandate_id=self.mandate.id)
        line = self._line(self._billed_on(date(2026, 9, 1), contract))
        mandates = self.env['billing.mandate']
        self.assertEqual(mandates._for_lines(line)[line], self.mandate)
        line.move_id.billing_mandate_id = second
        self.assertEqual(mandates._for_lines(line)[line], second)
        second.action_revoke()
        self.assertEqual(mandates._for_lines(line)[line], self.mandate)
        free = self._line(self._invoice(self.customer))
        third = self._mandate(self.customer, 'FR7630002993512462819482177', signature_date=date(2026, 5, 1))
        self.assertEqual(mandates._for_lines(free)[free], third)
        (self.mandate | third).action_revoke()
        self.assertFalse(mandates._for_lines(free)[free])
        self.assertEqual(mandates._for_lines(line)[line], second, "the one named, so that the refusal can tell why")

    def test_a_one_off_mandate_pays_only_what_names_it(self):
        self.mandate.action_revoke()
        once = self._mandate(self.customer, OTHER_IBAN, mandate_type='OOFF')
        self.assertFalse(self.env['billing.mandate']._active_for(self.customer, self.company))
        with self.assertRaisesRegex(ValidationError, "one single debit"):
            self._contract(mandate_id=once.id)

    def test_a_mandate_of_neither_customer_nor_payer_is_refused(self):
        stranger = self._mandate(self._customer("Garage Noel"), OTHER_IBAN)
        self.assertFalse(stranger._pays_for(self.branch))
        line = self._line(self._invoice(self.branch))
        self.assertRegex(line._billing_refusal(stranger), "Durand Lyon cannot be debited.*Garage Noel.*Paid By")

    def test_payers_make_no_chain(self):
        third = self._customer("Garage Noel")
        for partner, payer, text in (
            (third, self.branch, "is itself paid by Atelier Durand"),
            (third, third, "pays for itself needs none"),
            (self.customer, third, "it pays for Durand Lyon itself"),
        ):
            refused = self.assertRaisesRegex(ValidationError, f"“Paid By”.*{text}")
            with self.subTest(text), refused, self.env.cr.savepoint():
                partner.billing_payer_id = payer

    # === SEQUENCES === #

    def test_a_first_collection_is_recurrent_unless_the_bank_wants_frst(self):
        self.assertEqual(self.mandate._sequence(self.bank_journal), 'RCUR')
        self.assertEqual(self.mandate._sequence(self.bank_journal, is_last=True), 'FNAL')
        self.bank_journal.billing_uses_frst = True
        self.assertEqual(self.mandate._sequence(self.bank_journal), 'FRST')
        self.mandate._unguarded().last_presentation_date = DAY
        self.assertEqual(self.mandate._sequence(self.bank_journal), 'RCUR')
        once = self._mandate(self.customer, OTHER_IBAN, mandate_type='OOFF')
        self.assertEqual(once._sequence(self.bank_journal, is_last=True), 'OOFF')

    # === PRESENTED === #

    def test_what_the_bank_was_given_moves_the_day_of_lapse(self):
        debit = self._debit(self.mandate)
        self.assertEqual((self.mandate.first_collection_date, self.mandate.last_presentation_date), (DAY, DAY))
        self.assertEqual(self.mandate.lapses_on, date(2029, 9, 25))
        self.mandate._unguarded().last_presentation_date = date(2026, 12, 1)
        self.mandate._presented(debit)  # an older debit does not turn time back
        self.assertEqual(self.mandate.last_presentation_date, date(2026, 12, 1))
        self.assertEqual(self.mandate.state, 'active')

    def test_a_one_off_is_used_up_by_its_debit(self):
        once = self._mandate(self.customer, OTHER_IBAN, mandate_type='OOFF')
        debit = self._debit(once)
        self.assertEqual((debit.sequence_type, once.state), ('OOFF', 'consumed'))
        self.assertIn("for one debit", once._refusal(DAY))

    def test_a_one_off_that_other_software_presented_is_used_up(self):
        once = self._mandate(self.customer, OTHER_IBAN, mandate_type='OOFF')
        once._unguarded().last_presentation_date = date(2026, 8, 5)
        self.assertIn("for one debit", once._refusal(DAY))
