from datetime import date

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingPeriodOwed(BillingCommon):
    """Owed minus invoiced, at the level of invoices: what a run makes of a change after the bill."""

    # === CREDITS === #

    def test_a_line_ended_after_its_bill_is_credited_by_days(self):
        contract, invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 14)
        credit = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual((credit.move_type, credit.reversed_entry_id), ('out_refund', invoice))
        self.assertSale(credit, date(2026, 9, 20), [-53.33], -10.67)
        line = credit.invoice_line_ids
        self.assertEqual(
            (line.billing_kind, line.billing_credited_line_id, line.billing_date_start, line.billing_date_end),
            ('adjustment', invoice.invoice_line_ids, date(2026, 9, 15), date(2026, 9, 30)),
        )
        self.assertEqual(line.name, "Hosting, not owed from 09/15/2026 to 09/30/2026 (-16/30 days of 100.00\u00a0€)")
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (56.0, 0.0), "the bill is credited at once")
        self.assertFalse(self._bill(date(2026, 9, 21)), "never twice")

    def test_a_credit_takes_price_and_taxes_of_the_bill_not_todays(self):
        contract, invoice = self._september(price=90.0)
        taxes = self.vat_on_receipts
        contract.line_ids._unguarded().write({'price_unit': 300.0, 'tax_ids': False, 'date_end': date(2026, 9, 20)})
        credit = self._billed_on(date(2026, 9, 21), contract)
        self.assertEqual((credit.amount_untaxed, credit.amount_tax), (30.0, 6.0))
        self.assertEqual(credit.invoice_line_ids.tax_ids, taxes)
        self.assertEqual(invoice.amount_residual, 72.0)

    def test_a_line_taken_back_whole_leaves_no_cent_of_its_bill(self):
        for price, quantity in ((33.33, 3.0), (0.07, 1.0), (99.99, 7.0)):
            with self.subTest(price=price, quantity=quantity):
                contract, invoice = self._september(price=price, quantity=quantity)
                contract.line_ids._unguarded().date_start = date(2026, 10, 1)
                credit = self._billed_on(date(2026, 9, 20), contract)
                self.assertEqual(
                    (credit.invoice_line_ids.quantity, credit.invoice_line_ids.price_unit), (quantity, price)
                )
                self.assertEqual((credit.amount_total, invoice.amount_residual), (invoice.amount_total, 0.0))

    def test_kept_days_cost_the_same_whether_a_line_ends_before_or_after_its_bill(self):
        line = {'product_id': self.service.id, 'price_unit': 2.05, 'discount': 33.33}  # 1.37, exactly 1.366735
        kept = []
        for end, later in (('2026-09-24', False), (False, '2026-09-24')):
            values = {'date_start': date(2026, 9, 1), 'line_ids': [Command.create({**line, 'date_end': end})]}
            contract = self._started(**values)
            moves = self._billed_on(date(2026, 9, 1), contract)
            if later:
                contract.line_ids._unguarded().date_end = later
                moves += self._billed_on(date(2026, 9, 25), contract)
            kept.append(round(sum(moves.mapped('amount_untaxed_signed')), 2))
        self.assertEqual(kept, [1.10, 1.10], "24/30 of 1.37")

    def test_days_taken_back_piece_by_piece_leave_no_cent_of_their_bill(self):
        contract, invoice = self._september(price=100.0)
        amounts = []
        for last, today in ((20, 21), (10, 22)):
            contract.line_ids._unguarded().date_end = date(2026, 9, last)
            amounts.append(self._billed_on(date(2026, 9, today), contract).amount_untaxed)
        contract.line_ids._unguarded().write({'date_start': date(2026, 10, 1), 'date_end': False})
        amounts.append(self._billed_on(date(2026, 9, 23), contract).amount_untaxed)
        self.assertEqual(amounts, [33.33, 33.34, 33.33])
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_a_line_that_runs_on_after_its_credit_is_charged_again(self):
        contract, _invoice = self._september(price=90.0)
        contract.line_ids._unguarded().date_end = date(2026, 9, 20)
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).move_type, 'out_refund')
        contract.line_ids._unguarded().date_end = date(2026, 9, 25)
        again = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((again.move_type, again.amount_untaxed), ('out_invoice', 15.0))
        self.assertIn("from 09/21/2026 to 09/25/2026 (5/30 days", again.invoice_line_ids.name)
        self.assertFalse(self._bill(date(2026, 9, 23)))

    def test_a_line_ended_and_one_added_stand_on_one_invoice(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 14)
        self._add_line(contract, name="Hosting Pro", price_unit=200.0, date_start=date(2026, 9, 15))
        both = self._billed_on(date(2026, 9, 15), contract)
        self.assertEqual((len(both), both.move_type), (1, 'out_invoice'))
        self.assertEqual(
            [(line.billing_kind, line.price_subtotal) for line in both.invoice_line_ids.sorted('sequence')],
            [('adjustment', -53.33), ('recurring', 106.67)],
        )
        self.assertSale(both, date(2026, 9, 15), [106.67, -53.33], 10.67)
        self.assertFalse(self._bill(date(2026, 9, 16)))

    def test_a_credit_larger_than_the_charge_beside_it_gives_one_credit_note(self):
        contract, invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        self._add_line(contract, name="Hosting Mini", price_unit=20.0, date_start=date(2026, 9, 16))
        both = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((both.move_type, both.reversed_entry_id, both.amount_untaxed), ('out_refund', invoice, 40.0))
        self.assertSale(both, date(2026, 9, 16), [-50.0, 10.0], -8.0)
        self.assertFalse(self._bill(date(2026, 9, 17)))

    def test_a_discounted_bill_is_credited_at_its_discounted_price(self):
        for quantity in (3.0, 1.0):
            with self.subTest(quantity=quantity):
                contract, invoice = self._september(quantity=quantity)
                invoice.button_draft()
                invoice.invoice_line_ids.discount = 10.0
                invoice.action_post()
                contract.line_ids._unguarded().date_end = date(2026, 9, 15)
                credit = self._billed_on(date(2026, 9, 20), contract)
                self.assertEqual(credit.amount_untaxed, 45.0 * quantity)

    def test_the_preview_of_a_discounted_credit_equals_its_result(self):
        for quantity in (1.0, 3.0):
            with self.subTest(quantity=quantity):
                contract = self._started(date_start=date(2026, 12, 1), quantity=quantity)
                invoice = self._billed_on(date(2026, 12, 1), contract)
                invoice.button_draft()
                invoice.invoice_line_ids.discount = 10.0
                invoice.action_post()
                contract.line_ids._unguarded().date_end = date(2026, 12, 10)
                run = self._preview(contract)
                announced = run.line_ids.amount_untaxed
                run.action_post()
                self.assertEqual(announced, -run.line_ids.invoice_id.amount_untaxed)

    def test_a_discounted_line_taken_back_whole_leaves_no_cent(self):
        contract, invoice = self._september(quantity=3.0, price=33.33)
        invoice.button_draft()
        invoice.invoice_line_ids.discount = 10.0
        invoice.action_post()
        contract.line_ids._unguarded().date_start = date(2026, 10, 1)
        credit = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual((credit.amount_total, invoice.amount_residual), (invoice.amount_total, 0.0))

    def test_a_credit_follows_the_convention_of_its_bill(self):
        for convention, credited in (('actual', 41.79), ('thirty', 45.0), ('none', 0.0)):
            with self.subTest(convention):
                contract = self._started(date_start=date(2026, 2, 1), price=90.0, proration=convention)
                self._bill(date(2026, 2, 1))
                contract.line_ids._unguarded().date_end = date(2026, 2, 15)
                credit = self._billed_on(date(2026, 2, 16), contract)
                self.assertEqual(sum(credit.mapped('amount_untaxed')), credited)

    # === CHARGES === #

    def test_a_line_added_to_a_billed_period_is_charged_for_its_days(self):
        contract, _invoice = self._september()
        added = self._add_line(contract, date_start=date(2026, 9, 15))
        invoice = self._billed_on(date(2026, 9, 15), contract)
        self.assertEqual(invoice.invoice_line_ids.billing_contract_line_id, added)
        self.assertIn("from 09/15/2026 to 09/30/2026 (16/30 days of", invoice.invoice_line_ids.name)
        self.assertSale(invoice, date(2026, 9, 15), [16.0], 3.2)
        self.assertFalse(self._bill(date(2026, 9, 16)), "never twice")
        october = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(october.invoice_line_ids.mapped('price_subtotal'), [100.0, 30.0])

    def test_a_new_price_bills_only_days_that_are_not_billed(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().price_unit = 150.0
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 150.0)

    def test_a_new_quantity_bills_only_days_that_are_not_billed(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().quantity = 4.0
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 400.0)

    def test_a_fee_is_billed_once_and_in_full(self):
        contract = self._started(date_start=date(2026, 9, 20), anchor_day=1)
        self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0)
        first = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual(
            [(line.billing_kind, line.name, line.price_subtotal) for line in first.invoice_line_ids],
            [
                ('recurring', "Hosting, from 09/20/2026 to 09/30/2026 (11/30 days of 100.00\u00a0€)", 36.67),
                ('setup', "Set-up", 49.0),
            ],
        )
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 100.0)
        self.assertFalse(self._bill(date(2026, 10, 2)))

    def test_a_fee_added_to_a_running_contract_is_billed_with_the_next_run(self):
        contract, _invoice = self._september()
        self._add_line(contract, name="Training", kind='setup', price_unit=49.0, date_start=date(2026, 9, 10))
        self.assertEqual(self._billed_on(date(2026, 9, 10), contract).amount_untaxed, 49.0)
        self.assertFalse(self._bill(date(2026, 9, 11)))

    def test_a_fee_agreed_before_the_start_is_billed_with_the_first_period(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0, date_start=date(2026, 8, 20))
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 149.0)

    def test_a_fee_whose_line_is_taken_away_is_credited(self):
        contract, _invoice = self._september()
        fee = self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0)
        self.assertEqual(self._billed_on(date(2026, 9, 2), contract).amount_untaxed, 49.0)
        fee._unguarded().date_start = date(2026, 10, 1)
        credit = self._billed_on(date(2026, 9, 3), contract)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 49.0))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 149.0)

    def test_a_whole_period_billed_for_a_part_is_not_billed_again_for_the_rest(self):
        contract = self._started(date_start=date(2026, 9, 1), date_end=date(2026, 9, 15), proration='none')
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 100.0)
        contract._unguarded().date_end = date(2026, 9, 30)
        self.assertFalse(self._bill(date(2026, 9, 16)))

    def test_a_whole_period_billed_for_a_part_shows_no_rest_ahead(self):
        contract = self._started(date_start=date(2026, 9, 1), date_end=date(2026, 9, 15), proration='none')
        self._bill(date(2026, 9, 1))
        contract._unguarded().date_end = date(2026, 10, 31)
        self.assertEqual([row.slot.start for row in contract._upcoming(date(2026, 12, 5))], [date(2026, 10, 1)])

    def test_the_form_shows_what_is_left_of_a_period_that_is_open_again(self):
        contract, _invoice = self._september()
        self._add_line(contract, date_start=date(2026, 9, 16))
        row = contract._upcoming(date(2026, 12, 5))[0]
        self.assertEqual((row.slot.start, row.untaxed), (date(2026, 9, 1), 15.0))

    # === NOTHING TO PAY === #

    def test_a_free_period_is_passed_over(self):
        contract = self._started(date_start=date(2026, 9, 1), price=0.0)
        self.assertEqual(self._bill(date(2026, 9, 1)).line_ids.outcome, 'free')
        self.assertEqual(contract.period_ids[0].state, 'empty')
        self.assertFalse(contract._invoices())
        contract.line_ids._unguarded().price_unit = 10.0
        self.assertFalse(self._bill(date(2026, 9, 2)), "what was passed over stays free")

    def test_a_plan_that_wants_it_invoices_free_periods_and_collects_nothing(self):
        plan = self.env['billing.plan'].create({'name': "Free", 'bills_zero': True})
        contract = self._started(date_start=date(2026, 9, 1), price=0.0, plan_id=plan.id)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual((invoice.state, invoice.amount_total), ('posted', 0.0))
        self.assertFalse(self._bill(date(2026, 9, 2)))
        lines = self.env['account.move.line']._billing_collectable_lines(self.company, date(2026, 12, 5))
        self.assertFalse(lines & invoice.line_ids)

    def test_a_price_agreed_later_bills_no_free_period_of_the_past(self):
        contract = self._started(date_start=date(2026, 9, 1), line_ids=self._texts([(0.0, "Hosting")]))
        for day in (date(2026, 9, 1), date(2026, 10, 1)):
            self.assertEqual(self._bill(day).line_ids.outcome, 'free')
        contract.line_ids._unguarded().price_unit = 50.0
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(
            (invoice.invoice_line_ids.billing_date_start, invoice.amount_untaxed), (date(2026, 11, 1), 50.0)
        )

    def test_a_free_line_added_to_a_billed_period_makes_no_second_invoice(self):
        plan = self.env['billing.plan'].create({'name': "Free periods too", 'bills_zero': True})
        contract, _invoice = self._september(plan_id=plan.id)
        self._add_line(contract, price_unit=0.0, date_start=date(2026, 9, 10))
        self.assertFalse(self._billed_on(date(2026, 9, 20), contract))

    def test_a_free_month_of_the_pricelist_that_costs_again_is_billed(self):
        pricelist = self._pricelist((0.0, False, False))
        contract = self._contract(date_start=date(2026, 9, 1), pricelist_id=pricelist.id)
        contract.line_ids.is_price_listed = True
        contract._start(date(2026, 8, 20))
        self.assertEqual(contract.period_ids[0].state, 'empty')
        pricelist.item_ids.fixed_price = 80.0
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 80.0)

    # === TO THE CENT === #

    def test_prorated_parts_sum_to_the_whole_in_every_currency(self):
        for code, price, parts in (
            ('JPY', 1000.0, [333.0, 334.0, 333.0]),
            ('KWD', 100.0, [33.333, 33.334, 33.333]),
            ('TND', 0.1, [0.033, 0.034, 0.033]),
            ('EUR', 100.0, [33.33, 33.34, 33.33]),
        ):
            with self.subTest(code):
                currency = self.company.currency_id
                if code != 'EUR':
                    currency = self.setup_other_currency(code, rates=[('2026-01-01', 2.0)])
                contract = self._started(date_start=date(2026, 9, 1), price=price, currency_id=currency.id, debit=False)
                amounts = []
                for last in (10, 20, 30):
                    contract.line_ids._unguarded().date_end = date(2026, 9, last)
                    amounts.append(self._billed_on(date(2026, 9, last), contract).amount_untaxed)
                self.assertEqual([currency.round(amount) for amount in amounts], parts)
                self.assertEqual(currency.compare_amounts(sum(amounts), price), 0)

    def test_a_taxes_included_price_is_prorated_with_its_taxes(self):
        chart = self.env['account.chart.template'].with_company(self.company)
        included = chart.ref('tva_normale_encaissement_ttc')
        included.active = True
        contract = self._started(date_start=date(2026, 9, 16), anchor_day=1, price=120.0)
        contract.line_ids._unguarded().tax_ids = included
        invoice = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (50.0, 60.0))
        contract.line_ids._unguarded().write({'date_start': date(2026, 9, 1), 'date_end': date(2026, 9, 15)})
        credit = self._billed_on(date(2026, 9, 17), contract)
        self.assertEqual((credit.amount_total, invoice.amount_residual), (60.0, 0.0))

    def test_the_preview_of_a_change_equals_its_invoice(self):
        def ended(contract):
            contract.line_ids._unguarded().date_end = date(2026, 12, 2)

        def added(contract):
            self._add_line(contract, date_start=date(2026, 12, 4), price_unit=77.77, quantity=3.0)

        def both(contract):
            ended(contract)
            added(contract)

        for change in (ended, added, both):
            with self.subTest(change.__name__):
                contract = self._started(date_start=date(2026, 12, 1), price=99.99)
                self._billed_on(date(2026, 12, 1), contract)
                change(contract)
                run = self._preview(contract)
                line = run.line_ids
                announced = (line.invoice_date, line.amount_untaxed, line.amount_total)
                run.action_post()
                invoice = line.invoice_id
                self.assertEqual(announced, (invoice.invoice_date, *self._signed(invoice)))
                self.assertEqual((run.amount_untaxed, run.amount_total), self._signed(invoice))

    def _signed(self, invoice):
        sign = -1 if invoice.move_type == 'out_refund' else 1
        return sign * invoice.amount_untaxed, sign * invoice.amount_total
