from datetime import date

from psycopg2.errors import SerializationFailure

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_workers import WorkersCommon

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingDepositWorkers(WorkersCommon):
    """Two workers at once ask, give back and deduct a deposit once: whoever comes second fails and writes nothing."""

    def _committed_deposit(self, kind, is_collected):
        """(ids of a contract and of its deposit of 5.00) that every cursor sees."""
        contract = self._committed_contract()
        with self.registry.cursor() as cr:
            env = self._worker(cr, contract).env
            self._choose_accounts(env)
            deposit = env['billing.deposit'].create({'contract_id': contract, 'kind': kind, 'amount': 5.0})
            if is_collected:
                invoice = deposit._ask(TODAY)
                context = {'active_model': 'account.move', 'active_ids': invoice.ids}
                bank = env['account.journal'].search([('type', '=', 'bank')], limit=1)
                pay = env['account.payment.register'].with_context(**context)
                pay.create({'payment_date': TODAY, 'journal_id': bank.id})._create_payments()
                self.assertEqual(deposit.state, 'collected')
            return contract, deposit.id

    def _choose_accounts(self, env):
        company = env.ref('base.main_company')
        account = env['account.account'].search(
            [('company_ids', 'in', company.ids), ('account_type', '=', 'liability_current')], limit=1
        )
        company.write({'billing_security_account_id': account.id, 'billing_advance_account_id': account.id})
        self.addCleanup(self._forget_accounts)

    def _forget_accounts(self):
        with self.registry.cursor() as cr:
            company = self._worker(cr, []).env.ref('base.main_company')
            company.write({'billing_security_account_id': False, 'billing_advance_account_id': False})

    @mute_logger('odoo.sql_db')
    def _assert_done_once(self, kind, is_collected, step, count):
        """Have two workers that see the same do ``step`` of a deposit; ``count`` documents name it in the end."""
        contract, deposit = self._committed_deposit(kind, is_collected)
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = (self._worker(cr, contract).env['billing.deposit'].browse(deposit) for cr in (one, two))
            second.read(['state', 'remaining_amount'])  # takes the second's snapshot
            step(first)
            one.commit()
            with self.assertRaises(SerializationFailure):
                step(second)
            two.rollback()
        with self.registry.cursor() as cr:
            deposit = self._worker(cr, contract).env['billing.deposit'].browse(deposit)
            self.assertEqual(len(deposit.move_line_ids.move_id), count)
            return deposit.state, deposit.remaining_amount

    def test_it_is_asked_once(self):
        outcome = self._assert_done_once('security', False, lambda deposit: deposit._ask(TODAY), 1)
        self.assertEqual(outcome, ('asked', 0.0))

    def test_it_is_given_back_once(self):
        outcome = self._assert_done_once('security', True, lambda deposit: deposit._give_back(TODAY), 2)
        self.assertEqual(outcome, ('returned', 0.0))

    def test_it_is_deducted_once(self):
        def bill(deposit):
            runs = deposit.env['billing.run']
            runs._bill_company(deposit.company_id, TODAY, transaction=Transaction())

        self.assertEqual(self._assert_done_once('advance', True, bill, 2), ('used', 0.0))

    @mute_logger('odoo.sql_db')
    def test_it_is_not_given_back_while_an_invoice_deducts_it(self):
        contract, _deposit = self._committed_deposit('advance', is_collected=True)
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)
            second.deposit_ids.read(['state'])  # takes the second's snapshot
            first.env['billing.run']._bill_company(first.company_id, TODAY, transaction=Transaction())
            one.commit()
            with self.assertRaises(SerializationFailure):
                second.deposit_ids._give_back(TODAY)
            two.rollback()
