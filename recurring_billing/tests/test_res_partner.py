from odoo.tests import Form, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestResPartner(BillingCommon):
    def test_the_kind_of_a_customer_is_proposed_until_somebody_chooses_another(self):
        partners = self.env['res.partner']
        cases = (
            ({'is_company': True}, 'business', 'consumer'),
            ({}, 'consumer', 'business'),
            ({'is_company': True, 'billing_party_kind': 'business'}, 'business', 'consumer'),
            ({'vat': 'FR23334175221', 'country_id': self.env.ref('base.fr').id}, 'business', 'business'),
            ({'is_company': True, 'billing_party_kind': 'public'}, 'public', 'public'),
            ({'billing_party_kind': 'business'}, 'business', 'business'),
            ({'is_company': True, 'billing_party_kind': 'consumer'}, 'consumer', 'consumer'),
        )
        for values, kind, later in cases:
            with self.subTest(values):
                partner = partners.create({'name': "Camille Roy", **values})
                self.assertEqual(partner.billing_party_kind, kind)
                partner.is_company = not partner.is_company
                self.assertEqual(partner.billing_party_kind, later)

    def test_a_vat_number_that_comes_later_makes_a_business_of_a_consumer(self):
        partner = self._customer("Camille Roy", is_company=False)
        contact = self._customer("Accounts", is_company=False, parent_id=partner.id)
        self.assertEqual(partner.billing_party_kind, 'consumer')
        partner.vat = 'FR23334175221'
        self.assertEqual((partner | contact).mapped('billing_party_kind'), ['business'] * 2)
        partner.billing_party_kind = 'nonpro'
        partner.vat = False
        self.assertEqual((partner | contact).mapped('billing_party_kind'), ['nonpro'] * 2)

    def test_a_choice_taken_back_follows_the_proposal_again(self):
        self.customer.billing_party_kind = 'public'
        self.customer.billing_party_kind = 'business'
        self.customer.is_company = False
        self.assertEqual(self.customer.billing_party_kind, 'consumer')

    def test_the_form_proposes_the_kind_as_it_is_filled_in(self):
        with Form(self.env['res.partner']) as form:
            form.name = "Cabinet Morel"
            self.assertEqual(form.billing_party_kind, 'consumer')
            form.company_type = 'company'
            self.assertEqual(form.billing_party_kind, 'business')

    def test_a_contact_is_of_its_companys_kind(self):
        contact = self._customer("Camille Roy", is_company=False, parent_id=self.customer.id)
        self.assertEqual(contact.billing_party_kind, 'business')
        self.customer.billing_party_kind = 'nonpro'
        self.assertEqual(contact.billing_party_kind, 'nonpro')

    def test_a_french_business_without_siren_is_found(self):
        for values, lacks in (
            ({}, True),
            ({'company_registry': '732829320'}, False),
            ({'billing_party_kind': 'consumer'}, False),
            ({'country_id': self.env.ref('base.be').id}, False),
        ):
            with self.subTest(values):
                self.assertEqual(self._customer("Cabinet Morel", **values)._billing_lacks_siren(), lacks)
