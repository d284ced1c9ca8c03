from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingPeriod(BillingCommon):
    def _billed_dates(self, contract):
        return contract.period_ids.filtered(lambda period: period.state == 'invoiced').mapped('date_start')

    def test_the_31st_returns_after_short_months(self):
        contract = self._started(date_start=date(2026, 1, 31))
        self._bill(date(2026, 5, 31))
        self.assertEqual(
            self._billed_dates(contract),
            [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)],
        )

    def test_three_months_late_gives_one_invoice_for_each_period(self):
        contract = self._started(date_start=date(2026, 9, 1))
        run = self._bill(date(2026, 12, 5))
        invoices = run.line_ids.invoice_id.sorted('name')
        self.assertEqual(set(invoices.mapped('invoice_date')), {date(2026, 12, 5)})
        self.assertEqual(
            invoices.invoice_line_ids.mapped('billing_date_start'),
            [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)],
        )
        self.assertEqual(invoices.mapped('amount_total'), [120.0] * 4)
        self.assertEqual(len(contract.period_ids), 5, "and the next one is planned")

    def test_a_late_invoice_keeps_numbers_and_dates_in_order(self):
        self._started(date_start=date(2026, 12, 1))
        self._bill(date(2026, 12, 1))
        late = self._started(date_start=date(2026, 11, 1), date_end=date(2026, 11, 30))
        run = self._bill(date(2026, 12, 5))
        line = run.line_ids.filtered(lambda line: line.contract_id == late)
        self.assertEqual((line.planned_date, line.invoice_date), (date(2026, 11, 1), date(2026, 12, 5)))
        self.assertIn("from 11/01/2026 to 11/30/2026", line.invoice_id.invoice_line_ids.name)
        self.assertEqual(line.invoice_id.invoice_date_due, date(2026, 12, 5))

    def test_in_arrears_is_invoiced_on_the_last_day(self):
        contract = self._started(date_start=date(2026, 11, 1), timing='arrears')
        self.assertFalse(self._bill(date(2026, 11, 29)))
        run = self._bill(date(2026, 11, 30))
        self.assertEqual(run.line_ids.invoice_id.invoice_date, date(2026, 11, 30))
        self.assertEqual(contract.next_invoice_date, date(2026, 12, 31))

    def test_a_first_period_cut_short_is_billed_by_days(self):
        self._started(date_start=date(2026, 11, 10), anchor_day=1, price=99.99)
        invoice = self._bill(date(2026, 11, 10)).line_ids.invoice_id
        self.assertEqual(invoice.amount_untaxed, 69.99)  # 99.99 x 21/30 = 69.993
        self.assertIn("21/30 days", invoice.invoice_line_ids.name)

    def test_deleting_a_draft_opens_its_period_again(self):
        contract = self._started(date_start=date(2026, 12, 1))
        invoice = self._bill(date(2026, 12, 5)).line_ids.invoice_id
        period = contract.period_ids[0]
        invoice.button_draft()
        self.assertEqual(period.state, 'draft')
        self.assertFalse(self._bill(date(2026, 12, 5)), "a draft counts as billed")
        invoice.unlink()
        self.assertEqual(period.state, 'planned')
        self.assertEqual(self._bill(date(2026, 12, 5)).line_ids.invoice_id.amount_untaxed, 100.0)

    def test_only_what_no_invoice_holds_is_billed(self):
        contract = self._started(date_start=date(2026, 12, 1))
        period = contract.period_ids[0]
        self._bill(date(2026, 12, 1))
        self.assertFalse(period._to_bill())
        self._add_line(contract, date_start=date(2026, 12, 1))
        rest = period._to_bill()
        self.assertEqual([(bill.line.name, bill.price_unit) for bill in rest], [("Backup", 30.0)])

    def test_lines_with_dates_of_their_own_are_owed_for_their_days(self):
        contract = self._started(date_start=date(2026, 11, 1))
        contract.line_ids._unguarded().date_end = date(2026, 11, 15)
        self.assertEqual(self._bill(date(2026, 11, 1)).line_ids.invoice_id.amount_untaxed, 50.0)
        self._bill(date(2026, 12, 1))
        self.assertEqual(contract.period_ids.sorted('date_start').mapped('state')[:2], ['invoiced', 'empty'])

    def test_labels_speak_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        self._started(date_start=date(2026, 12, 1))
        invoice = self._bill(date(2026, 12, 1)).line_ids.invoice_id
        self.assertEqual(invoice.invoice_line_ids.name, "Hosting, du 01/12/2026 au 31/12/2026")

    def test_the_invoice_carries_terms_order_number_and_mandate(self):
        terms = self.env.ref('account.account_payment_term_30days')
        self._started(date_start=date(2026, 12, 1), payment_term_id=terms.id, customer_reference="PO-77")
        invoice = self._bill(date(2026, 12, 1)).line_ids.invoice_id
        self.assertEqual((invoice.ref, invoice.invoice_date_due), ("PO-77", date(2026, 12, 31)))
        self.assertEqual(
            (invoice.preferred_payment_method_line_id, invoice.billing_mandate_id), (self.sdd, self.mandate)
        )

    @mute_logger('odoo.addons.recurring_billing.models.billing_worker')
    def test_the_printed_invoice_announces_the_debit_and_asks_for_no_transfer(self):
        self._started(date_start=date(2026, 12, 1))
        transfer = self._started(date_start=date(2026, 12, 1), debit=False)
        run = self._bill(date(2026, 12, 1))
        report = self.env['ir.actions.report']
        pages = {}
        for line in run.line_ids:
            page, _kind = report._render_qweb_html('account.report_invoice', line.invoice_id.ids)
            pages[line.contract_id == transfer] = page.decode()
        self.assertIn("Payment Communication", pages[True])
        self.assertNotIn("Payment Communication", pages[False])
        for text in ("SEPA direct debit", self.mandate.name, "FR76 •••• •••• 1893", 'FR72ZZZ123456'):
            self.assertIn(text, pages[False])

    def test_a_faulty_contract_is_parked_and_the_others_go_on(self):
        good = self._started(date_start=date(2026, 12, 1))
        bad = self._started(date_start=date(2026, 12, 1))
        broken = self._create_product(name="No account", type='service', property_account_income_id=False)
        self.company.income_account_id = False
        broken.categ_id.property_account_income_categ_id = False
        bad.journal_id.default_account_id = False
        bad.line_ids._unguarded().product_id = broken
        run = self._bill(date(2026, 12, 5))
        self.assertEqual(self._billed_dates(good), [date(2026, 12, 1)])
        self.assertIn("No account", bad.parked_reason)
        self.assertIn("income account", bad.parked_reason)
        self.assertEqual(len(bad.activity_ids), 1)
        bad.period_ids.action_retry()
        self._bill(date(2026, 12, 5))
        self.assertEqual(len(bad.activity_ids), 1, "one activity, however often it fails")
        self.assertEqual((run.invoice_count, run.parked_count), (1, 1))
        self.assertFalse(
            self.env['account.move'].search([('state', '=', 'draft'), ('partner_id', '=', bad.partner_id.id)])
        )
        broken.product_tmpl_id.property_account_income_id = self.service.property_account_income_id
        bad.period_ids.action_retry()
        self._bill(date(2026, 12, 5))
        self.assertEqual((self._billed_dates(bad), len(bad.activity_ids)), ([date(2026, 12, 1)], 0))

    @mute_logger('odoo.addons.recurring_billing.models.billing_worker')
    def test_a_locked_accounting_period_is_refused_by_name(self):
        contract = self._started(date_start=date(2026, 12, 1))
        self.company.sale_lock_date = date(2026, 12, 31)
        self._bill(date(2026, 12, 5))
        self.assertRegex(contract.parked_reason, rf"{contract.name}.*locked period")
        self.assertFalse(contract._invoices())

    def test_a_planned_date_in_a_locked_period_moves_to_the_day_of_issue(self):
        self._started(date_start=date(2026, 11, 1), date_end=date(2026, 11, 30))
        self.company.sale_lock_date = date(2026, 11, 30)
        invoice = self._bill(date(2026, 12, 5)).line_ids.invoice_id
        self.assertEqual((invoice.invoice_date, invoice.date), (date(2026, 12, 5), date(2026, 12, 5)))

    def test_a_late_invoice_does_not_push_the_others_to_today(self):
        late = self._started(date_start=date(2026, 11, 1), date_end=date(2026, 11, 30))
        self._contract(date_start=date(2026, 12, 1))._start(date(2026, 12, 1))
        self._bill(date(2026, 11, 1))
        late.period_ids.invoice_ids.button_draft()
        late.period_ids.invoice_ids.unlink()
        self._bill(date(2026, 12, 1))
        third = self._started(date_start=date(2026, 12, 3))
        again = self._started(date_start=date(2026, 11, 20), date_end=date(2026, 12, 19))
        run = self._bill(date(2026, 12, 5))
        dates = {line.contract_id: line.invoice_date for line in run.line_ids}
        self.assertEqual((dates[third], dates[again]), (date(2026, 12, 3), date(2026, 12, 5)))

    def test_an_invoice_dated_in_the_future_moves_ours_to_the_day_of_issue_only(self):
        self._started(date_start=date(2026, 12, 1))
        future = self._create_invoice_one_line(price_unit=10.0, invoice_date='2027-12-31')
        future._post(soft=False)
        self.assertEqual(self._bill(date(2026, 12, 5)).line_ids.invoice_id.invoice_date, date(2026, 12, 5))

    def test_a_cancelled_invoice_does_not_come_back_beside_its_successor(self):
        contract = self._started(date_start=date(2026, 12, 1))
        first = self._bill(date(2026, 12, 5)).line_ids.invoice_id
        first.button_draft()
        first.button_cancel()
        second = self._bill(date(2026, 12, 5)).line_ids.invoice_id
        first.button_draft()
        with self.assertRaisesRegex(UserError, rf"{contract.name} for a period that {second.name} .*bills already"):
            first.action_post()

    def test_periods_are_not_typed_over(self):
        period = self._started(date_start=date(2026, 12, 1)).period_ids[0]
        for values in ({'state': 'invoiced'}, {'date_end': date(2027, 1, 1)}, {'planned_date': date(2027, 1, 1)}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                period.write(values)

    # === CONVENTIONS, CALENDAR, DATES === #

    def test_a_short_period_is_billed_by_the_convention_of_its_contract(self):
        for convention, amount, text in (
            ('actual', 41.79, "13/28 days of"),
            ('thirty', 45.0, "15/30 days of"),
            ('none', 90.0, "from 02/01/2026 to 02/28/2026"),
        ):
            with self.subTest(convention):
                contract = self._started(date_start=date(2026, 2, 16), anchor_day=1, price=90.0, proration=convention)
                invoice = self._billed_on(date(2026, 2, 16), contract)
                self.assertEqual(invoice.amount_untaxed, amount)
                self.assertIn(text, invoice.invoice_line_ids.name)

    def test_months_of_30_days_are_refused_for_weeks(self):
        with self.assertRaisesRegex(ValidationError, r"C\d+.*months of 30 days.*Shorter Periods"):
            self._contract(recurrence_unit='week', proration='thirty')

    def test_the_calendar_and_its_first_short_period_show_before_saving(self):
        for values, start, texts in (
            (
                {'frequency': 'quarterly', 'anchor_month': '1'},
                date(2026, 11, 16),
                ("11/16/2026", "12/31/2026", "46/92 days", "50.00", "01/01/2027"),
            ),
            (
                {'frequency': 'yearly', 'anchor_month': '7'},
                date(2027, 4, 19),
                ("04/19/2027", "06/30/2027", "73/365 days", "20.00", "07/01/2027"),
            ),
            (
                {'recurrence_unit': 'week', 'recurrence_interval': 1, 'anchor_weekday': '0'},
                date(2026, 12, 11),
                ("12/11/2026", "12/13/2026", "3/7 days", "42.86", "12/14/2026"),
            ),
        ):
            with self.subTest(values):
                contract = self.env['billing.contract'].new(
                    {
                        'partner_id': self.customer.id,
                        'date_start': start,
                        'alignment': 'calendar',
                        'line_ids': [Command.create({'product_id': self.service.id})],
                        **values,
                    }
                )
                if 'frequency' in values:
                    contract._inverse_frequency()
                preview = str(contract.upcoming_preview)
                for text in texts:
                    self.assertIn(text, preview)

    def test_a_quarter_of_the_calendar_bills_its_stub_then_whole_quarters(self):
        contract = self._started(
            date_start=date(2026, 5, 17), frequency='quarterly', alignment='calendar', anchor_month='1', price=91.0
        )
        invoices = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(
            [(line.billing_date_start, line.billing_date_end) for line in invoices.invoice_line_ids],
            [
                (date(2026, 5, 17), date(2026, 6, 30)),
                (date(2026, 7, 1), date(2026, 9, 30)),
                (date(2026, 10, 1), date(2026, 12, 31)),
            ],
        )
        self.assertEqual(invoices.mapped('amount_untaxed'), [45.0, 91.0, 91.0])

    def test_an_invoice_is_planned_days_before_or_after_its_period_begins(self):
        for values, planned in (
            ({'invoice_offset': -5}, date(2026, 8, 27)),
            ({'invoice_offset': 3}, date(2026, 9, 4)),
            ({'invoice_offset': 4, 'on_open_days': True}, date(2026, 9, 7)),
            ({'invoice_offset': -1, 'timing': 'arrears'}, date(2026, 9, 29)),
            ({'timing': 'arrears', 'on_open_days': True}, date(2026, 9, 30)),
        ):
            with self.subTest(values):
                contract = self._contract(date_start=date(2026, 9, 1), **values)
                contract._start(date(2026, 8, 1))
                self.assertEqual(contract.next_invoice_date, planned)
                self._bill(date.fromordinal(planned.toordinal() - 1))
                self.assertFalse(contract._invoices())
                invoice = self._billed_on(planned, contract)
                self.assertEqual((invoice.invoice_date, invoice.amount_untaxed), (planned, 100.0))
                self.assertEqual(invoice.invoice_line_ids.billing_date_start, date(2026, 9, 1))

    def test_the_last_day_of_a_month_moves_back_to_an_open_day(self):
        contract = self._started(date_start=date(2026, 1, 1), timing='arrears', on_open_days=True)
        self.assertEqual(contract.period_ids[0].planned_date, date(2026, 1, 30), "the 31st is a Saturday")

    def test_a_form_shows_the_calendar_fields_that_its_terms_need(self):
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.date_start = date(2026, 11, 16)
            form.frequency = 'quarterly'
            form.alignment = 'calendar'
            form.anchor_month = '1'
            with form.line_ids.new() as line:
                line.product_id = self.service
            self.assertIn("46/92 days", form.upcoming_preview)

    # === OPENING === #

    def test_the_first_run_after_an_opening_bills_exactly_the_rest(self):
        contract = self._contract(date_start=date(2026, 1, 1), price=31.0)
        self._add_line(contract, name="Backup", price_unit=30.0, billed_until=date(2026, 10, 31))
        self._add_line(contract, name="Set-up", price_unit=49.0, kind='setup', billed_until=date(2026, 1, 1))
        contract.line_ids[0].billed_until = date(2026, 10, 20)
        contract._start(date(2026, 11, 1))
        invoices = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(
            [
                (line.name.split(",")[0], line.billing_date_start, line.billing_date_end, line.price_subtotal)
                for line in invoices.invoice_line_ids
            ],
            [
                ("Hosting", date(2026, 10, 21), date(2026, 10, 31), 11.0),
                ("Hosting", date(2026, 11, 1), date(2026, 11, 30), 31.0),
                ("Backup", date(2026, 11, 1), date(2026, 11, 30), 30.0),
            ],
        )
        self.assertFalse(self._bill(date(2026, 11, 2)))

    def test_an_opening_counts_whole_periods_where_nothing_is_prorated(self):
        contract = self._contract(date_start=date(2026, 1, 1), proration='none')
        contract.line_ids.billed_until = date(2026, 10, 20)
        contract._start(date(2026, 11, 1))
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.mapped('billing_date_start'), [date(2026, 11, 1)])

    def test_an_opening_is_told_before_the_start_and_after_the_first_day(self):
        with self.assertRaisesRegex(ValidationError, r"C\d+.*Already Billed Until.*08/31/2026.*09/01/2026"):
            self._contract(date_start=date(2026, 9, 1)).line_ids.billed_until = date(2026, 8, 31)
        contract = self._started(date_start=date(2026, 9, 1))
        with self.assertRaisesRegex(UserError, rf"{contract.name} is started.*Back to Draft.*Change…"):
            contract.line_ids.billed_until = date(2026, 9, 30)

    def test_an_opening_of_a_line_added_after_the_start_is_refused(self):
        contract = self._started(date_start=date(2026, 9, 1))
        with self.assertRaisesRegex(UserError, rf"{contract.name} is started.*Back to Draft.*Change…"):
            self._add_line(contract, billed_until=date(2026, 9, 30))
