from datetime import date

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_workers import WorkersCommon

BILLED, LATE = date(2026, 12, 5), date(2026, 12, 20)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-20')
class TestBillingDunningWorkers(WorkersCommon):
    """Two workers at once remind a customer once: whoever comes second fails and writes nothing."""

    def _committed_case(self):
        """(id of a contract, id of the case of its late invoice) that every cursor sees."""
        contract = self._committed_contract()
        self.addCleanup(self._remove_case, contract)
        with self.registry.cursor() as cr:
            env = self._worker(cr, contract).env
            bill = env['billing.period'].search([('contract_id', '=', contract), ('date_start', '=', BILLED)])
            bill._bill(BILLED, Transaction())
            lines = env['account.move.line'].search([('billing_contract_id', '=', contract)]).move_id.line_ids
            due = lines.filtered(lambda line: line.account_type == 'asset_receivable')
            items = env['billing.dunning.item']._begin(due)
            return contract, items.case_id.id

    def _remove_case(self, contract):
        with self.registry.cursor() as cr:
            partner = self._worker(cr, contract).partner_id.id
            cr.execute("DELETE FROM billing_dunning_action WHERE partner_id = %s", [partner])
            cr.execute("DELETE FROM billing_dunning_case WHERE partner_id = %s", [partner])

    @mute_logger('odoo.sql_db')
    def test_two_workers_remind_a_customer_once(self):
        contract, case = self._committed_case()
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = (self._worker(cr, contract).env['billing.dunning.case'].browse(case) for cr in (one, two))
            second.read(['revision'])  # takes the second's snapshot
            self._remind(first)
            one.commit()
            with self.assertRaises(SerializationFailure):
                self._remind(second)
            two.rollback()
            second.env.invalidate_all()
            self.assertEqual([action.level_id.days for action in second.action_ids], [5])

    @mute_logger('odoo.sql_db')
    def test_two_who_settle_late_fees_at_once_charge_them_once(self):
        contract, case = self._committed_case()
        self.addCleanup(self._remove_fees, contract)
        self.addCleanup(self._confirm_rate, contract, is_confirmed=self._confirm_rate(contract))
        with self.registry.cursor() as cr:
            self._worker(cr, contract).partner_id.is_company = True
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = (self._worker(cr, contract).env['billing.dunning.case'].browse(case) for cr in (one, two))
            second.read(['revision'])  # takes the second's snapshot
            self._waive(first)
            with self.assertRaisesRegex(UserError, "somebody else works on these reminders"):
                self._waive(second)
            one.commit()
            with self.assertRaises(SerializationFailure):
                self._waive(second)
            two.rollback()
            second.env.invalidate_all()
            self.assertEqual(second.item_ids.late_fee_ids.mapped('indemnity'), [40.0])

    def _waive(self, case):
        case.env['billing.late.fee']._waive_owed(case.item_ids, LATE, "Goodwill")

    def _confirm_rate(self, contract, *, is_confirmed=True):
        """Let the rate count as confirmed, or not, for all cursors; return what it was."""
        with self.registry.cursor() as cr:
            rate = self._worker(cr, contract).env.ref('recurring_billing.interest_rate_2026_h2')
            before = rate.is_confirmed
            rate.is_confirmed = is_confirmed
            return before

    def _remove_fees(self, contract):
        with self.registry.cursor() as cr:
            partner = self._worker(cr, contract).partner_id.id
            cr.execute("DELETE FROM billing_late_fee WHERE partner_id = %s", [partner])

    def _remind(self, case):
        transaction = Transaction()
        case._work_off(
            [('is_open', '=', True)],
            lambda rows: case._isolate(rows, lambda some: some._remind(LATE), transaction)[1],
            transaction=transaction,
        )
