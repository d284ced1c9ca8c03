from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import BillingCommon

BUCKETS = ['not_due', 'late_30', 'late_60', 'late_90', 'late_more', 'in_debit', 'in_plan', 'disputed']
START = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingAgedBalance(BillingCommon):
    """What each customer owes at the end of a day, by how late it is: invoices of 120.00 due on 1 September."""

    def _rows(self, day):
        self.env.invalidate_all()  # rows of another day bear the same ids
        rows = self.env['billing.aged.balance'].with_context(billing_aged_on=day)
        return rows.search([('company_id', '=', self.company.id)])

    def _sums(self, day):
        """{column: sum} of those that are not zero"""
        rows = self._rows(day)
        return {name: amount for name in BUCKETS if (amount := round(sum(rows.mapped(name)), 2))}

    def assertIsTheLedger(self, day):
        rows = self._rows(day)
        self.assertAlmostEqual(sum(rows.mapped('total')), self._balance('411100', day))
        self.assertAlmostEqual(sum(self._sums(day).values()), sum(rows.mapped('total')))

    def test_an_invoice_grows_old_column_by_column(self):
        self._september(debit=False)
        for day, bucket in (
            (date(2026, 9, 1), 'not_due'),
            (date(2026, 9, 2), 'late_30'),
            (date(2026, 10, 1), 'late_30'),
            (date(2026, 10, 2), 'late_60'),
            (date(2026, 10, 31), 'late_60'),
            (date(2026, 11, 1), 'late_90'),
            (date(2026, 11, 30), 'late_90'),
            (date(2026, 12, 1), 'late_more'),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._sums(day), {bucket: 120.0})
                self.assertIsTheLedger(day)
        self.assertFalse(self._rows(date(2026, 8, 31)), "before the invoice nothing is owed")

    def test_what_is_paid_later_is_still_owed_on_the_day_before(self):
        _contract, invoice = self._september(debit=False)
        self._register_payment(invoice, payment_date='2026-09-10', amount=50.0)
        self.assertEqual(self._sums(date(2026, 9, 9)), {'late_30': 120.0})
        self.assertEqual(self._sums(date(2026, 9, 10)), {'late_30': 70.0})
        self.assertIsTheLedger(date(2026, 9, 9))
        self.assertIsTheLedger(date(2026, 9, 10))

    def test_a_dispute_of_an_invoice_in_parts_lies_on_what_is_due_last(self):
        halves = self.env['account.payment.term'].create(
            {
                'name': "Two halves",
                'line_ids': [
                    Command.create({'value': 'percent', 'value_amount': 50.0, 'nb_days': days}) for days in (0, 5)
                ],
            }
        )
        self.customer.property_payment_term_id = halves
        _contract, invoice = self._september(debit=False)
        dispute = self.env['billing.dispute'].create({'move_id': invoice.id, 'amount': 40.0})
        day = date(2026, 9, 20)
        for amount, parts in ((40.0, [0.0, 40.0]), (60.0, [0.0, 60.0]), (90.0, [30.0, 60.0]), (120.0, [60.0, 60.0])):
            with self.subTest(amount=amount):
                dispute.amount = amount
                rows = self._rows(day).sorted('date_maturity')
                self.assertEqual(rows.mapped('disputed'), parts)
                lines = self.env['account.move.line'].browse(rows.ids)
                told = lines._billing_disputed_parts()
                self.assertEqual([float(told.get(line, 0)) for line in lines], parts, "as reminders and debits see it")
                self.assertIsTheLedger(day)

    def test_a_credit_that_nothing_uses_is_deducted(self):
        _contract, invoice = self._september(debit=False)
        credit = self._reverse(invoice)
        credit.action_post()
        credit.line_ids.remove_move_reconcile()
        day = date(2026, 9, 20)
        self.assertEqual(len(self._rows(day)), 2)
        self.assertAlmostEqual(sum(self._rows(day).mapped('total')), 0.0)
        self.assertIsTheLedger(day)

    def test_debits_under_way_and_disputes_stand_apart(self):
        other = self._customer("Garage Noel")
        _contract, disputed = self._september(partner=other, debit=False)
        self._started(date_start=START)
        self._bill(START)
        self._collect(date(2026, 9, 21), date(2026, 9, 17))
        disputed.action_toggle_block_payment()
        day = date(2026, 9, 20)
        self.assertEqual(self._sums(day), {'in_debit': 120.0, 'disputed': 120.0})
        self.assertIsTheLedger(day)

    def test_a_part_in_dispute_and_what_is_in_a_plan_stand_apart(self):
        day = date(2026, 9, 20)
        with freeze_time(day):
            _contract, disputed = self._september(debit=False)
            self.env['billing.dispute'].create({'move_id': disputed.id, 'amount': 50.0})
            self.assertEqual(self._sums(day), {'late_30': 70.0, 'disputed': 50.0})
            _contract, planned = self._september(partner=self._customer("Garage Noel"), debit=False)
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            plan = self.env['billing.payment.plan'].create(
                {'case_id': planned.billing_dunning_case_id.id, 'consent': 'mail'}
            )
            plan.action_propose()
            plan.action_agree()
            self.assertEqual(self._sums(day), {'late_30': 70.0, 'disputed': 50.0, 'in_plan': 120.0})

    def test_contacts_count_with_their_company(self):
        contact = self.env['res.partner'].create({'name': "Accounts", 'parent_id': self.customer.id})
        self._september(partner=contact, debit=False)
        self.assertEqual(self._rows(date(2026, 9, 20)).partner_id, self.customer)

    def test_the_dialog_shows_the_chosen_day(self):
        _contract, invoice = self._september(debit=False)
        action = self.env['billing.aged.balance.open'].create({'date': date(2026, 10, 15)}).action_open()
        self.env.invalidate_all()
        rows = self.env['billing.aged.balance'].with_context(**action['context'])
        row = rows.search([('company_id', '=', self.company.id)])
        self.assertEqual((row.move_id, row.days_late, row.late_60), (invoice, 44, 120.0))
        self.assertEqual(row.action_open()['res_id'], invoice.id)

    def test_without_a_day_it_is_todays(self):
        self._september(debit=False)
        row = self.env['billing.aged.balance'].search([('company_id', '=', self.company.id)])
        self.assertEqual(row.days_late, 19)

    def test_other_companies_and_outsiders_do_not_see_it(self):
        self._september(debit=False)
        other = self.env['res.company'].create({'name': "Elsewhere"})
        values = {'company_id': other.id, 'company_ids': [Command.set(other.ids)]}
        invoicer = new_test_user(self.env, 'elsewhere', 'account.group_account_invoice', **values)
        self.assertFalse(self.env['billing.aged.balance'].with_user(invoicer).with_company(other).search([]))
        outsider = new_test_user(self.env, 'outsider', 'base.group_user')
        with self.assertRaises(AccessError):
            self.env['billing.aged.balance'].with_user(outsider).search([])
