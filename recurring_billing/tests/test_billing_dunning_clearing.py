from datetime import date

from odoo.tests import freeze_time, tagged

from .common_late import LateCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingDunningClearing(LateCommon):
    """Whatever clears a reminded invoice ends its reminders, and whatever opens it again goes on with them."""

    def _reminded(self):
        """An invoice of 120.00 after its first reminder."""
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 6))
        self.assertEqual(invoice.billing_dunning_item_ids.level, 2)
        return invoice

    def _account(self, kind):
        return self.env['account.account'].search(
            [('account_type', '=', kind), ('company_ids', '=', self.company.id)], limit=1
        )

    def assertEnded(self, invoice):
        case = invoice.billing_dunning_case_id
        self.assertEqual((case.is_open, bool(case.activity_ids), case.amount_late), (False, False, 0.0))
        self.assertFalse(self._run_reminders(date(2026, 9, 20)))

    def test_a_netted_invoice_is_reminded_no_more(self):
        invoice = self._reminded()
        self._clear_by_entry(invoice, self._account('liability_payable'), date(2026, 9, 10))
        self.assertEnded(invoice)

    def test_a_written_off_invoice_is_reminded_no_more(self):
        invoice = self._reminded()
        self._clear_by_entry(invoice, self._account('expense'), date(2026, 9, 10))
        self.assertEnded(invoice)

    def test_a_fully_credited_invoice_is_reminded_no_more(self):
        invoice = self._reminded()
        self._reverse(invoice).action_post()
        self.assertEnded(invoice)

    def test_a_manually_unmatched_invoice_goes_on_where_it_stood(self):
        invoice = self._reminded()
        payment = self._pay_by_bank(invoice, date(2026, 9, 10), 120.0)
        self.assertEnded(invoice)
        self._due_item(invoice).remove_move_reconcile()
        payment.action_undo_reconciliation()
        case = invoice.billing_dunning_case_id
        self.assertTrue(case.is_open)
        self.assertFalse(self._run_reminders(date(2026, 9, 29)), "ten days lie between the first and second level")
        second = self._run_reminders(date(2026, 9, 30))
        self.assertEqual({action.level_id.name for action in second}, {"Second reminder"})

    def test_a_partly_credited_invoice_is_reminded_of_its_rest(self):
        invoice = self._reminded()
        credit = self._reverse(invoice)
        credit.invoice_line_ids.price_unit = 50.0
        credit.action_post()
        reminders = self._run_reminders(date(2026, 9, 30))
        self.assertEqual(set(reminders.mapped('amount')), {60.0})
