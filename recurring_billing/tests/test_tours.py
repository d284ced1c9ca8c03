from odoo.tests import HttpCase, new_test_user, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestTours(BillingCommon, HttpCase):
    def test_an_accountant_takes_a_contract_to_the_bank_file(self):
        accountant = new_test_user(
            self.env,
            'accountant',
            'recurring_billing.group_debit',
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.start_tour('/odoo', 'recurring_billing_first_contract', login=accountant.login)
        contract = self.env['billing.contract'].search([('create_uid', '=', accountant.id)])
        self.assertEqual(contract.state, 'running')
        self.assertEqual(contract._invoices().billing_debit_state, 'in_file')
