from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRun(BillingCommon):
    def _started(self, **values):
        contract = self._contract(**values)
        contract._start(contract.date_start)
        return contract

    def test_the_preview_writes_no_invoice_and_equals_the_result(self):
        contract = self._started(date_start=date(2026, 11, 10), anchor_day=1, price=33.33, quantity=3)
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 5)})
        run.action_compute()
        self.assertFalse(contract._invoices())
        announced = run.line_ids.mapped(lambda line: (line.invoice_date, line.amount_untaxed, line.amount_total))
        run.action_post()
        posted = run.line_ids.invoice_id.mapped(
            lambda move: (move.invoice_date, move.amount_untaxed, move.amount_total)
        )
        self.assertEqual(announced, posted)

    def test_nothing_is_posted_before_its_planned_date(self):
        contract = self._started(date_start=date(2026, 12, 20))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 31)})
        self.assertEqual(run.line_ids.mapped('is_selected'), [False])
        self.assertEqual(run.line_ids.invoice_date, date(2026, 12, 20))
        run.line_ids.is_selected = True
        with self.assertRaisesRegex(UserError, rf"{contract.name} is planned for 12/20/2026"):
            run.action_post()

    def test_a_run_that_was_done_is_kept(self):
        self._started(date_start=date(2026, 12, 1))
        run = self._bill(date(2026, 12, 5))
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            run.unlink()

    def test_an_unticked_line_is_left_out(self):
        kept, left = self._started(date_start=date(2026, 12, 1)), self._started(date_start=date(2026, 12, 1))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 5)})
        run.action_compute()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        run.action_post()
        self.assertEqual((len(kept._invoices()), len(left._invoices())), (1, 0))

    def test_the_cron_bills_and_commits_its_progress(self):
        contract = self._started(date_start=date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(len(contract._invoices()), 1)

    def test_a_second_run_bills_nothing(self):
        self._started(date_start=date(2026, 12, 1))
        self.assertTrue(self._bill(date(2026, 12, 5)))
        self.assertFalse(self._bill(date(2026, 12, 5)))

    def test_a_contract_of_a_branch_is_billed_by_the_cron(self):
        branch = self.env['res.company'].create(
            {'name': "Branch", 'parent_id': self.company.id, 'country_id': self.env.ref('base.fr').id}
        )
        self.env.user.company_ids |= branch
        receivable = self.company_data['default_account_receivable']
        self.customer.with_company(branch).property_account_receivable_id = receivable
        contract = self._contract(company_id=branch.id, debit=False, date_start=date(2026, 12, 1))
        contract._start(date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(contract._invoices().company_id, branch)
