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

    @freeze_time('2026-09-20')
    def test_an_accountant_waives_late_fees_and_agrees_on_a_plan(self):
        _contract, invoice = self._september(debit=False)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        self.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True
        manager = new_test_user(
            self.env,
            'manager',
            'recurring_billing.group_dunning',
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.start_tour('/odoo/billing-late-payers', 'recurring_billing_late_payer', login=manager.login)
        case = invoice.billing_dunning_case_id
        fee = invoice.billing_dunning_item_ids.late_fee_ids
        self.assertEqual((fee.state, fee.reason, fee.waived_by), ('waived', "First delay in five years", manager))
        self.assertEqual((case.plan_ids.state, len(case.plan_ids.line_ids)), ('agreed', 4))
