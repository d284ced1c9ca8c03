from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandate(BillingCommon):
    def _draft(self, iban='FR7630002993512462819482177', **values):
        return self._mandate(self.customer, iban, activate=False, **values)

    def test_the_reference_comes_from_the_sequence(self):
        self.assertRegex(self._draft().name, r"^RUM-\d{6}$")

    def test_a_wrong_account_is_refused_with_customer_and_remedy(self):
        for iban, reason in (
            ('FR7630002993512462819482178', "mistyped"),
            ('US12345678', "no part in SEPA"),
            ('FR76300029935124628', "length or structure"),
        ):
            with (
                self.subTest(iban),
                self.assertRaisesRegex(ValidationError, rf"Bank Account.*Atelier Durand.*{reason}"),
            ):
                self._draft(iban)

    def test_a_signature_in_the_future_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Signed On.*future"):
            self._draft(signature_date=date(2026, 9, 2))

    def test_a_mandate_without_signature_date_does_not_become_active(self):
        mandate = self._draft(signature_date=False)
        with self.assertRaisesRegex(UserError, rf"{mandate.name}.*Atelier Durand.*Signed On"):
            mandate.action_activate()
        self.assertEqual(mandate.state, 'draft')

    def test_a_mandate_without_creditor_identifier_does_not_become_active(self):
        self.company.billing_creditor_identifier = False
        with self.assertRaisesRegex(UserError, "no SEPA creditor identifier"):
            self._draft().action_activate()

    def test_a_wrong_creditor_identifier_is_refused(self):
        for value, reason in (
            ('FR73ZZZ123456', "check digits"),
            ('FR72ZZZ12345', "length"),
            ('XX86ZZZ123456', "country"),
        ):
            with self.subTest(value), self.assertRaisesRegex(ValidationError, rf"SEPA Creditor Identifier.*{reason}"):
                self.company.billing_creditor_identifier = value

    def test_references_that_banks_refuse_are_refused(self):
        for reference in ("/RUM", "RUM//1", "RUM_1", "R" * 36, "RUM é"):
            with self.subTest(reference), self.assertRaisesRegex(ValidationError, "Mandate Reference"):
                self._draft(name=reference)

    def test_a_reference_is_unique_as_banks_compare_it(self):
        self._draft(name="Rum 1").action_activate()
        twin = self._draft('FR7610278487575797543231912', name="RUM1")
        with self.assertRaisesRegex(UserError, "RUM1.*already used by mandate Rum 1 of Atelier Durand"):
            twin.action_activate()

    def test_a_signed_mandate_is_not_changed_but_revoked(self):
        with self.assertRaisesRegex(UserError, "Revoke it"):
            self.mandate.signature_date = date(2026, 1, 1)
        with self.assertRaisesRegex(UserError, "must be kept"):
            self.mandate.unlink()
        self.mandate.action_revoke()
        self.assertEqual((self.mandate.state, self.mandate.revocation_date), ('revoked', date(2026, 9, 1)))

    def test_an_account_of_somebody_else_is_refused(self):
        other = self._customer("Garage Noel")
        account = self.env['res.partner.bank'].create(
            {'partner_id': other.id, 'acc_number': 'FR7610278487575797543231912'}
        )
        with self.assertRaisesRegex(ValidationError, "Bank Account.*belongs to Garage Noel, not to Atelier Durand"):
            self.env['billing.mandate'].create({'partner_id': self.customer.id, 'partner_bank_id': account.id})

    def test_a_default_of_the_context_does_not_make_a_mandate_active(self):
        account = self.mandate.partner_bank_id
        mandates = self.env['billing.mandate'].with_context(default_state='active')
        mandate = mandates.create({'partner_id': self.customer.id, 'partner_bank_id': account.id})
        self.assertEqual(mandate.state, 'draft')

    def test_the_account_number_is_masked(self):
        self.assertEqual(self.mandate.masked_iban, "FR76 •••• •••• 1893")
