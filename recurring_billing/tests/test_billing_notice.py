from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from .common_notice import NoticeCommon

TODAY = date(2026, 9, 1)
DAY = date(2026, 9, 15)  # 14 days later


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingNotice(NoticeCommon):
    """Whether a debit was announced: the check that collections ask."""

    def setUp(self):
        super().setUp()
        self.contract, self.invoice = self._september()
        self.line = self._due_item(self.invoice)
        self.Notice = self.env['billing.notice']

    def _fault(self, day=DAY, amount=120.0):
        return self._notice_fault(self.line, day, amount)

    def test_without_a_notice_nothing_is_debited(self):
        self.assertIsNone(self.line._billing_announced_days()[self.line])
        self.assertRegex(
            self._fault(), rf"^Invoice {self.invoice.name} of Atelier Durand: no notice .*Send Notices.*14 days later"
        )

    def test_a_notice_in_time_allows_its_day_and_amount(self):
        self._announce(self.invoice, DAY, sent_on=TODAY)
        self.assertEqual(self.line._billing_announced_days()[self.line], DAY)
        self.assertIsNone(self._fault())
        self.assertRegex(self._fault(day=date(2026, 9, 16)), r"was announced for 09/15/2026, not for 09/16/2026")
        self.assertRegex(self._fault(amount=120.01), r"120\.00\D* were announced, but \D*120\.01\D* would be debited")
        self.assertIsNone(self._fault(amount=60.0))

    def test_a_lower_amount_needs_a_notice_where_the_company_says_so(self):
        self._announce(self.invoice, DAY, sent_on=TODAY)
        self.company.billing_notice_lower = False
        self.assertRegex(self._fault(amount=60.0), r"120\.00\D* were announced, but only \D*60\.00.*in the settings")

    def test_a_notice_that_comes_too_late_does_not_count(self):
        self._announce(self.invoice, DAY, sent_on=date(2026, 9, 2))
        self.assertRegex(self._fault(), r"of 09/15/2026 was announced on 09/02/2026 only, less than 14 days before")

    def test_the_contract_agrees_on_another_delay(self):
        self._announce(self.invoice, date(2026, 9, 8), sent_on=date(2026, 9, 3))
        self.assertTrue(self._fault(day=date(2026, 9, 8)))
        self.contract._unguarded().notice_debit_days = 5
        self.assertIsNone(self._fault(day=date(2026, 9, 8)))
        self.assertEqual(self.invoice._billing_debit_day(TODAY), date(2026, 9, 8), "announced, and kept")

    def test_a_later_notice_replaces_the_first(self):
        self._announce(self.invoice, DAY, sent_on=TODAY)
        self._announce(self.invoice, date(2026, 9, 21), sent_on=date(2026, 9, 7))
        self.assertEqual(self.line._billing_announced_days()[self.line], date(2026, 9, 21))
        self.assertRegex(self._fault(), "announced for 09/21/2026")
        self.assertIsNone(self._fault(day=date(2026, 9, 21)))

    def test_a_notice_that_waits_in_the_post_office_does_not_count(self):
        notice = self._announce(self.invoice, DAY, sent_on=TODAY)
        notice.sudo()._unguarded().sent_on = False
        self.assertEqual(notice.state, 'waiting')
        self.assertRegex(self._fault(), "no notice of its debit was sent")

    def test_many_due_items_are_checked_at_once(self):
        first, second = self._started(date_start=TODAY), self._started(date_start=TODAY, price=41.65)
        invoices = self._bill(TODAY).line_ids.filtered(lambda line: line.contract_id in first + second).invoice_id
        lines = self._due_item(invoices)
        self._announce(invoices[0], DAY, sent_on=TODAY)
        amounts = {line: line.amount_residual_currency for line in lines}
        faults = self.Notice._faults(amounts, DAY)
        self.assertEqual(list(faults), [self._due_item(invoices[1])])
        self.env.invalidate_all()
        with self.assertQueryCount(16):
            self.Notice._faults(amounts, DAY)

    def test_a_draft_takes_the_days_of_its_plan_and_a_running_contract_keeps_them(self):
        plan = self.env['billing.plan'].create({'name': "Monthly", 'notice_debit_days': 5})
        contract = self._contract(plan_id=plan.id, date_start=TODAY)
        self.assertEqual(contract.notice_debit_days, 5)
        contract._start(TODAY)
        with self.assertRaisesRegex(UserError, "Debits Announced can no longer be typed over"):
            contract.notice_debit_days = 1
        plan.notice_debit_days = 7
        self.assertEqual(contract.notice_debit_days, 5)
        amendment = contract._follow_plan(date(2026, 10, 1), TODAY)
        self.assertEqual((contract.notice_debit_days, amendment.change_ids.new_text), (7, "7"))
        with self.assertRaisesRegex(ValidationError, "“Debits Announced”: 91 is refused"):
            plan.notice_debit_days = 91

    def test_the_terms_of_the_contract_tell_the_days(self):
        terms = dict(self.contract._document_terms())
        self.assertEqual(terms["Notice of debits"], "at least 14 days before each debit, with its day and amount")

    def test_the_day_is_due_announced_early_enough_and_reachable(self):
        self.assertEqual(self.invoice._billing_debit_day(TODAY), DAY)
        self.assertEqual(self.invoice._billing_debit_day(date(2026, 9, 5)), date(2026, 9, 21), "the 19th is a Saturday")
        self.contract._unguarded().notice_debit_days = 1
        self.assertEqual(self.invoice._billing_debit_day(TODAY), date(2026, 9, 3), "two days for the bank")

    def test_what_was_announced_well_keeps_its_day(self):
        self._announce(self.invoice, DAY, sent_on=TODAY)
        self.assertEqual(self.invoice._billing_debit_day(date(2026, 9, 10)), DAY)
        self.assertEqual(self.invoice._billing_debit_day(date(2026, 9, 14)), date(2026, 9, 28), "too late for the bank")

    def test_an_invoice_under_way_tells_the_day_of_its_debit(self):
        self._collect(date(2026, 9, 3), TODAY)
        self.assertEqual(self.invoice._billing_debit_day(date(2026, 9, 2)), date(2026, 9, 3))

    def test_what_is_not_debited_announces_nothing(self):
        transfer = self._billed_on(TODAY, self._started(date_start=TODAY, debit=False))
        self.assertIsNone(transfer._billing_debit_day(TODAY))
        self.mandate.action_revoke()
        self.assertIsNone(self.invoice._billing_debit_day(TODAY))

    def test_a_returned_debit_is_not_announced_again_by_the_invoice(self):
        debit = self._collect(date(2026, 9, 3), TODAY).debit_ids
        self._settle(date(2026, 9, 3))
        self.assertIsNone(self.invoice._billing_debit_day(date(2026, 9, 4)))
        debit._return(date(2026, 9, 8), 'AC04')
        self.assertIsNone(self.invoice._billing_debit_day(date(2026, 9, 9)))

    def test_the_proof_is_nobodys_to_change_or_delete(self):
        notice = self._announce(self.invoice, DAY, sent_on=TODAY)
        company = {'company_id': self.company.id, 'company_ids': [(6, 0, self.company.ids)]}
        manager = new_test_user(self.env, 'manager', 'recurring_billing.group_manager', **company)
        with self.assertRaises(UserError):
            notice.with_user(manager).sent_on = date(2026, 8, 1)
        with self.assertRaises(AccessError):
            self.Notice.with_user(manager).create({})
        for values in ({'sent_on': date(2026, 8, 1)}, {'amount': 500.0}, {'date': date(2026, 9, 2)}, {'note': "x"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                notice.write(values)
        with self.assertRaisesRegex(UserError, "kept as proof"):
            notice.sudo().unlink()
        self.invoice.button_draft()
        with self.assertRaisesRegex(UserError, rf"Invoice {self.invoice.name}.* announced a direct debit"):
            self.invoice.unlink()

    def test_another_company_sees_no_notice(self):
        notice = self._announce(self.invoice, DAY, sent_on=TODAY)
        other = self.setup_other_company(name="Other company")['company']
        user = new_test_user(
            self.env,
            'other_user',
            'recurring_billing.group_debit',
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            notice.with_user(user).read(['amount'])
