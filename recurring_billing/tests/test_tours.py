from datetime import date

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestTours(BillingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank_journal.billing_cutoff = 24.0  # whatever the time at which the tests run

    def _accountant(self):
        return new_test_user(
            self.env,
            'accountant',
            'recurring_billing.group_debit',
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def test_an_accountant_takes_a_contract_to_the_bank_file(self):
        accountant = self._accountant()
        self.start_tour('/odoo', 'recurring_billing_first_contract', login=accountant.login)
        contract = self.env['billing.contract'].search([('create_uid', '=', accountant.id)])
        self.assertEqual(contract.state, 'running')
        self._announce_due(self.env['billing.collection']._earliest_date(self.company, date.today()))
        self.start_tour('/odoo', 'recurring_billing_first_collection', login=accountant.login)
        self.assertEqual(contract._invoices().billing_debit_state, 'in_file')

    @freeze_time('2026-09-15')
    def test_an_accountant_changes_a_quantity_within_a_period(self):
        contract, _bill = self._september(price=90.0)
        accountant = self._accountant()
        self.start_tour(
            f'/odoo/billing-contracts/{contract.id}', 'recurring_billing_contract_change', login=accountant.login
        )
        amendment = contract.amendment_ids
        self.assertEqual((amendment.kind, amendment.date, amendment.mrr_after), ('quantity', date(2026, 9, 15), 180.0))
        self.assertEqual(self._billed_on(date(2026, 9, 15), contract).amount_total, 57.6)
