from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common_usage import UsageCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingUsageOwed(UsageCommon):
    """Usage is billed once its period is over: tier by tier, once, whenever it comes."""

    # === WHEN === #

    def test_in_advance_the_usage_of_a_month_is_billed_with_the_next(self):
        contract, line = self._metered(usage_included=100)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 9, 1), contract)), [[]])
        september = self._use(line, date(2026, 9, 1), 700) + self._use(line, date(2026, 9, 30), 800)
        october = self._use(line, date(2026, 10, 1), 50)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        # 1500 = 100 included + 1000 x 0.10 + 400 x 0.05
        self.assertEqual(
            self._rows(invoice),
            [
                ("usage from 09/01/2026 to 09/30/2026: 100 of 1,500 Units, included", 100.0, 0.0, 0.0),
                ("usage from 09/01/2026 to 09/30/2026: 1,000 of 1,500 Units", 1000.0, 0.10, 100.0),
                ("usage from 09/01/2026 to 09/30/2026: 400 of 1,500 Units", 400.0, 0.05, 20.0),
            ],
        )
        self.assertSale(invoice, date(2026, 10, 1), [100.0, 100.0, 20.0], 44.0)
        self.assertEqual(september.move_id, invoice)
        self.assertFalse(contract.free_warning, "it is not free, only not known yet")
        self.assertFalse(october.move_line_id)
        self.assertFalse(self._bill(date(2026, 10, 2)), "never twice")

    def test_in_arrears_it_stands_on_the_invoice_of_its_own_month(self):
        contract, line = self._metered(timing='arrears')
        self._use(line, date(2026, 9, 30), 200)
        invoice = self._billed_on(date(2026, 9, 30), contract)
        self.assertSale(invoice, date(2026, 9, 30), [100.0, 20.0], 24.0)
        self.assertFalse(self._bill(date(2026, 10, 1)))

    def test_three_months_that_no_run_has_billed_come_each_with_its_own_invoice(self):
        contract, line = self._metered()
        for month, quantity in ((9, 10), (10, 20), (11, 30)):
            self._use(line, date(2026, month, 15), quantity)
        invoices = self._billed_on(date(2026, 12, 1), contract).sorted('invoice_date')
        # in advance: September has nothing before it; 10 x 0.10 with October, and so on
        self.assertEqual(self._amounts(invoices), [[], [1.0], [2.0], [3.0]])

    def test_a_contract_of_usage_alone_has_no_invoice_before_something_is_used(self):
        contract, line = self._metered(hosting=None)
        self.assertFalse(self._billed_on(date(2026, 10, 1), contract))
        self._use(line, date(2026, 10, 20), 10)
        self.assertEqual(contract.next_invoice_date, date(2026, 11, 1))
        self.assertEqual(contract.next_invoice_amount, 1.2)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 1), contract)), [[1.0]])

    # === PRICES === #

    def test_each_scheme_prices_as_its_table_says(self):
        cases = [  # scheme, tiers, other terms, quantity -> amounts
            ('graduated', ((10, 2.0), (0, 1.0)), {}, 15, [20.0, 5.0]),  # 10 x 2, 5 x 1
            ('volume', ((10, 2.0), (0, 1.0)), {}, 15, [15.0]),  # all 15 in the second tier
            ('volume', ((10, 2.0), (0, 1.0)), {}, 10, [20.0]),  # the end of a tier belongs to it
            ('package', (), {'price_unit': 9.0, 'usage_package': 10}, 21, [27.0]),  # 3 packages begun
            ('graduated', (), {'price_unit': 0.5}, 21, [10.5]),  # no tiers: the price of the line
            ('graduated', ((0, 0.0012),), {}, 12345, [14.81]),  # 14.814
            ('graduated', ((0, 1.0),), {'usage_included': 20}, 21, [0.0, 1.0]),
        ]
        for number, (scheme, tiers, terms, quantity, amounts) in enumerate(cases):
            with self.subTest(scheme=scheme, quantity=quantity, terms=terms):
                contract, line = self._metered(tiers, meter=f"M-{number}", usage_scheme=scheme, **terms)
                self._use(line, date(2026, 9, 5), quantity)
                self._billed_on(date(2026, 9, 1), contract)
                self.assertEqual(self._amounts(self._billed_on(date(2026, 10, 1), contract)), [amounts])

    def test_a_flat_fee_is_a_line_of_its_own(self):
        contract, line = self._metered(((10, 2.0), (0, 1.0)), flat=[(0, 7.0)], hosting=None)
        self._use(line, date(2026, 9, 5), 12)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        self.assertSale(invoice, date(2026, 10, 1), [20.0, 2.0, 7.0], 5.8)
        self.assertEqual(self._rows(invoice)[2][0], "usage from 09/01/2026 to 09/30/2026: flat fee")

    # === LATE === #

    def test_late_usage_costs_what_all_of_its_period_costs_less_what_was_billed(self):
        cases = [  # scheme, first, late -> first amount, late amount
            ('graduated', 900, 300, 90.0, 20.0),  # 1000 x 0.10 + 200 x 0.05 = 110
            ('volume', 900, 300, 90.0, -30.0),  # 1200 x 0.05 = 60: 30 to give back
        ]
        for number, (scheme, first, late, first_amount, late_amount) in enumerate(cases):
            with self.subTest(scheme=scheme):
                contract, line = self._metered(meter=f"M-{number}", usage_scheme=scheme)
                self._use(line, date(2026, 9, 5), first)
                self._billed_on(date(2026, 9, 1), contract)
                billed = self._billed_on(date(2026, 10, 1), contract)
                self.assertEqual(self._amounts(billed), [[first_amount]])
                record = self._use(line, date(2026, 9, 6), late)
                self.assertTrue(record.is_late)
                self.assertEqual(record.search([('is_late', '=', True)]), record)
                self.assertFalse(self._bill(date(2026, 10, 2)), "it waits for the next invoice")
                invoice = self._billed_on(date(2026, 11, 1), contract)
                self.assertSale(invoice, date(2026, 11, 1), [100.0, late_amount], 20.0 + late_amount / 5)
                self.assertEqual(
                    self._rows(invoice)[0][0], "late usage from 09/01/2026 to 09/30/2026: 300 of 1,200 Units"
                )
                self.assertEqual(record.move_id, invoice)
                self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[]])

    def test_late_usage_that_gives_back_more_than_is_owed_is_a_credit_note(self):
        contract, line = self._metered(usage_scheme='volume', hosting=None)
        self._use(line, date(2026, 9, 5), 900)
        self._billed_on(date(2026, 10, 1), contract)
        self._use(line, date(2026, 9, 6), 300)
        credit = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(credit.move_type, 'out_refund')
        self.assertSale(credit, date(2026, 11, 1), [-30.0], -6.0)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [])

    def test_a_month_whose_usage_came_late_altogether_is_billed_tier_by_tier(self):
        contract, line = self._metered()
        self._billed_on(date(2026, 10, 1), contract)
        self._use(line, date(2026, 9, 6), 1100)
        self._use(line, date(2026, 10, 6), 10)
        self.assertEqual(
            self._rows(self._billed_on(date(2026, 11, 1), contract)),
            [
                ("late usage from 09/01/2026 to 09/30/2026: 1,000 of 1,100 Units", 1000.0, 0.10, 100.0),
                ("late usage from 09/01/2026 to 09/30/2026: 100 of 1,100 Units", 100.0, 0.05, 5.0),
                ("usage from 10/01/2026 to 10/31/2026: 10 of 10 Units", 10.0, 0.10, 1.0),
            ],
        )

    # === OWED AGAIN === #

    def test_a_deleted_draft_is_owed_again_with_the_same_lines(self):
        contract, line = self._metered()
        record = self._use(line, date(2026, 9, 5), 1200)
        self._billed_on(date(2026, 9, 1), contract)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(self._amounts(invoice), [[100.0, 10.0]])
        invoice.button_draft()
        invoice.unlink()
        self.assertFalse(record.move_line_id)
        again = self._billed_on(date(2026, 10, 2), contract)
        self.assertEqual(self._amounts(again), [[100.0, 10.0]])
        self.assertEqual(record.move_id, again)

    def test_a_cancelled_invoice_is_owed_again(self):
        contract, line = self._metered()
        record = self._use(line, date(2026, 9, 5), 1200)
        self._billed_on(date(2026, 9, 1), contract)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        invoice.button_draft()
        invoice.button_cancel()
        again = self._billed_on(date(2026, 10, 2), contract)
        self.assertEqual(self._amounts(again), [[100.0, 10.0]])
        self.assertEqual(record.move_id, again)

    def test_a_draft_cut_by_hand_is_a_gesture_and_not_billed_later(self):
        contract, line = self._metered()
        self._use(line, date(2026, 9, 5), 500)
        self._billed_on(date(2026, 9, 1), contract)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        invoice.button_draft()
        invoice.invoice_line_ids.filtered(lambda row: row.billing_kind == 'usage').quantity = 400
        invoice.action_post()
        self._use(line, date(2026, 9, 6), 10)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 1), contract)), [[1.0]])

    def test_a_credit_note_bills_usage_again_only_where_a_person_says_so(self):
        for number, (again, amounts) in enumerate([(True, [50.0]), (False, [])]):
            with self.subTest(again=again):
                contract, line = self._metered(meter=f"M-{number}")
                record = self._use(line, date(2026, 9, 5), 500)
                self._billed_on(date(2026, 9, 1), contract)
                invoice = self._billed_on(date(2026, 10, 1), contract)
                self._reverse(invoice, again=again).action_post()
                self._billed_on(date(2026, 10, 2), contract)
                november = self._billed_on(date(2026, 11, 1), contract)
                self.assertEqual(self._amounts(november[-1:]), [amounts])
                self.assertEqual(record.move_id, november[-1:] if again else invoice)

    # === END === #

    def test_the_last_usage_is_billed_the_day_after_the_contract(self):
        contract, line = self._metered(end=date(2026, 10, 15))
        self._use(line, date(2026, 9, 5), 10)
        self._use(line, date(2026, 10, 15), 20)
        self._billed_on(date(2026, 10, 15), contract)
        self.assertEqual(contract.next_invoice_date, date(2026, 10, 16))
        last = self._billed_on(date(2026, 10, 16), contract)
        self.assertSale(last, date(2026, 10, 16), [2.0], 0.4)
        self.assertIn("usage from 10/01/2026 to 10/15/2026", last.invoice_line_ids.name)
        self.assertFalse(self._bill(date(2026, 10, 17)))
        self.assertEqual(contract.state, 'closed')
        self.assertFalse(self._bill(date(2027, 1, 1)))
        self.assertEqual(len(contract.period_ids), 3)

    def test_usage_that_comes_after_the_end_is_billed_by_the_last_period_once_more(self):
        for number, timing in enumerate(('advance', 'arrears')):
            with self.subTest(timing=timing):
                contract, line = self._metered(end=date(2026, 10, 31), meter=f"M-{number}", timing=timing)
                for day in (1, 2):
                    self._billed_on(date(2026, 11, day), contract)
                self.assertEqual(contract.state, 'closed')
                self._use(line, date(2026, 10, 15), 20)
                self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 3), contract)), [[2.0]])
                self._use(line, date(2026, 9, 15), 30)
                self._use(line, date(2026, 10, 16), 30)
                self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 4), contract)), [[3.0, 3.0]])
                self.assertFalse(self._bill(date(2026, 11, 5)))

    def test_an_end_that_is_withdrawn_takes_its_settlement_along(self):
        contract, line = self._metered()
        self._billed_on(date(2026, 10, 1), contract)
        contract._terminate(date(2026, 10, 31), date(2026, 10, 2))
        self.assertEqual(contract.period_ids.filtered('is_settlement').date_start, date(2026, 11, 1))
        self._use(line, date(2026, 10, 5), 10)
        contract.termination_id.action_undo()
        self.assertFalse(contract.period_ids.filtered('is_settlement'))
        self.assertSale(self._billed_on(date(2026, 11, 1), contract), date(2026, 11, 1), [100.0, 1.0], 20.2)

    # === MINIMUM === #

    def test_what_is_missing_to_the_minimum_is_billed_at_the_end_of_its_term(self):
        cases = [  # term, start, minimum, usage of September, October, November -> amounts on the next three invoices
            ('period', date(2026, 9, 1), 30.0, (100, 400, 0), [[10.0, 20.0], [40.0], [30.0]]),
            # 1st period of 15/30 days: 15.00 at least
            ('period', date(2026, 9, 16), 30.0, (100, 400, 0), [[10.0, 5.0], [40.0], [30.0]]),
            ('year', date(2026, 9, 1), 30.0, (100, 100, 0), [[10.0], [10.0], []]),
        ]
        for number, (term, start, minimum, quantities, amounts) in enumerate(cases):
            with self.subTest(term=term, start=start):
                contract, line = self._metered(
                    alignment='calendar',
                    start=start,
                    meter=f"M-{number}",
                    usage_minimum=minimum,
                    usage_minimum_term=term,
                )
                for month, quantity in zip((9, 10, 11), quantities, strict=True):
                    self._use(line, date(2026, month, 20), quantity)
                self._billed_on(start, contract)
                self.assertEqual(
                    [self._amounts(self._billed_on(date(2026, month, 20), contract))[0] for month in (10, 11, 12)],
                    amounts,
                )

    def test_a_line_that_begins_within_a_period_owes_its_days_of_the_minimum(self):
        contract, line = self._metered(date_start=date(2026, 9, 16), usage_minimum=30.0)
        self._use(line, date(2026, 9, 20), 100)
        self._billed_on(date(2026, 9, 1), contract)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        # 15 of 30 days: 15.00 - 10.00
        self.assertEqual(
            [row[::3] for row in self._rows(invoice)],
            [
                ("usage from 09/16/2026 to 09/30/2026: 100 of 100 Units", 10.0),
                ("minimum from 09/16/2026 to 09/30/2026: 15.00 € less 10.00 € of usage", 5.0),
            ],
        )

    def test_the_minimum_of_a_year_comes_with_its_last_period_and_knows_late_usage(self):
        contract, line = self._metered(
            start=date(2025, 11, 1), hosting=None, usage_minimum=120.0, usage_minimum_term='year'
        )
        self._use(line, date(2025, 12, 5), 500)
        self._billed_on(date(2026, 10, 1), contract)
        self._use(line, date(2026, 10, 5), 300)
        invoice = self._billed_on(date(2026, 11, 1), contract)
        # 120 - 50 - 30
        self.assertEqual(
            self._rows(invoice),
            [
                ("usage from 10/01/2026 to 10/31/2026: 300 of 300 Units", 300.0, 0.10, 30.0),
                ("minimum from 11/01/2025 to 10/31/2026: 120.00 € less 80.00 € of usage", 1.0, 40.0, 40.0),
            ],
        )
        self._use(line, date(2026, 10, 6), 100)
        # what came late is less to add
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[10.0, -10.0]])

    def test_the_minimum_of_a_contract_that_ends_early_counts_its_days(self):
        contract, line = self._metered(
            end=date(2026, 11, 30), hosting=None, usage_minimum=365.0, usage_minimum_term='year'
        )
        self._use(line, date(2026, 9, 5), 100)
        self._billed_on(date(2026, 10, 1), contract)
        # 91 of 365 days: 91.00 - 10.00
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[81.0]])
        self.assertFalse(self._bill(date(2026, 12, 2)))

    # === PREVIEW === #

    def test_the_preview_shows_what_the_run_will_bill(self):
        contract, line = self._metered(start=date(2026, 12, 1))
        self._billed_on(date(2026, 12, 1), contract)
        self._use(line, date(2026, 12, 2), 1200)
        run = self._preview(contract, until=date(2027, 1, 1))
        run.action_compute()
        self.assertEqual(run.line_ids.mapped('amount_untaxed'), [210.0])
        self.assertEqual(contract._upcoming(date(2026, 12, 5))[0].untaxed, 210.0)

    def _queries_to_bill(self, periods):
        """How many queries it takes to say what ``periods`` owe, with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        for period in periods:
            period._to_bill()
        return self.env.cr.sql_log_count - before

    def test_contracts_without_usage_cost_no_query_more(self):
        def queries(count):
            contracts = self.env['billing.contract'].concat(
                *(self._sound(f"Many {count} {number}", date_start=date(2026, 12, 1)) for number in range(count))
            )
            return self._queries_to_bill(
                contracts.period_ids.filtered(lambda period: period.planned_date == date(2026, 12, 1))
            )

        queries(1)  # what is read once
        self.assertEqual(queries(3), queries(12))

    def test_contracts_with_usage_are_summed_together(self):
        def queries(count):
            periods = self.env['billing.period']
            for number in range(count):
                contract, line = self._metered(
                    start=date(2026, 11, 1), partner=self._customer(f"Many {number}"), meter=f"{count}-{number}"
                )
                self._use(line, date(2026, 11, 5), 10)
                periods |= contract.period_ids.filtered(lambda period: period.date_start == date(2026, 11, 1))
            return self._queries_to_bill(periods)

        queries(1)  # what is read once
        self.assertEqual(queries(3), queries(12))

    # === AMENDMENTS === #

    def test_prices_of_billed_usage_stay_and_another_line_brings_new_ones(self):
        contract, line = self._metered()
        self._use(line, date(2026, 9, 5), 10)
        line.tier_ids[0].price = 0.2  # nothing is billed yet
        self._billed_on(date(2026, 10, 1), contract)
        for change in (
            lambda: line.tier_ids[0].write({'price': 0.3}),
            lambda: line.write({'usage_included': 5}),
            lambda: line.tier_ids.unlink(),
        ):
            with self.assertRaisesRegex(UserError, "end this line and add a new one"):
                change()
        with self.assertRaisesRegex(UserError, "End this line and add a new one"):
            contract._amend('price', date(2026, 11, 1), date(2026, 10, 2), lines=[(line, {'price_unit': 2.0})])
        new = {
            'product_id': self.service.id,
            'name': "API calls",
            'kind': 'usage',
            'meter': "M-1",
            'tier_ids': [Command.create({'price': 1.0})],
        }
        contract._amend('lines', date(2026, 10, 16), date(2026, 10, 2), lines=[(line, None)], added=[new])
        self.env['billing.usage'].record(
            [{'meter': "M-1", 'date': f'2026-10-{day}', 'quantity': 10, 'reference': str(day)} for day in (15, 16)]
        )
        self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 1), contract)), [[2.0, 10.0]])

    # === NOT AGREED ANY MORE === #

    def _added(self, contract, day, today, **values):
        """The amendment that adds a metered line from ``day`` on, and the line: 0.10 a unit."""
        new = {'product_id': self.service.id, 'name': "API calls", 'kind': 'usage', 'meter': "M-2", 'price_unit': 0.1}
        amendment = contract._amend('new_line', day, today, added=[{**new, **values}])
        return amendment, amendment.line_ids

    def test_billed_usage_of_a_line_that_is_undone_is_given_back(self):
        contract = self._started(date_start=date(2026, 9, 1), debit=False)
        amendment, line = self._added(contract, date(2026, 9, 1), date(2026, 9, 1), usage_minimum=50.0)
        self._use(line, date(2026, 9, 5), 300)
        # 300 x 0.10, and 20.00 to the minimum
        self.assertEqual(self._amounts(self._billed_on(date(2026, 10, 1), contract)[-1]), [[30.0, 20.0]])
        self._use(line, date(2026, 10, 5), 40)
        amendment.action_undo()
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertSale(invoice, date(2026, 11, 1), [100.0, -30.0, -20.0], 10.0)
        self.assertEqual(
            [row[0] for row in self._rows(invoice)],
            [
                "usage from 09/01/2026 to 09/30/2026, corrected: 0 Units owed",
                "minimum from 09/01/2026 to 09/30/2026: 0.00 € less 0.00 € of usage",
            ],
        )
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[]], "once")

    def test_usage_alone_that_is_undone_is_a_credit_note(self):
        contract, _line = self._metered(hosting=None)
        amendment, line = self._added(contract, date(2026, 9, 1), date(2026, 9, 1))
        self._use(line, date(2026, 9, 5), 300)
        self._billed_on(date(2026, 10, 1), contract)
        amendment.action_undo()
        self.assertEqual(contract.next_invoice_date, date(2026, 11, 1))
        credit = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(credit.move_type, 'out_refund')
        self.assertSale(credit, date(2026, 11, 1), [-30.0], -6.0)

    def test_usage_billed_for_days_after_the_end_of_its_line_is_given_back(self):
        """Ended on September 16th once September was billed: of 10 + 20 units at 0.10 the first 10 stay owed."""
        contract, line = self._metered()
        self._use(line, date(2026, 9, 5), 10)
        self._use(line, date(2026, 9, 20), 20)
        self._billed_on(date(2026, 10, 1), contract)
        ending = contract._amend('end_line', date(2026, 9, 16), date(2026, 10, 2), lines=[(line, None)])
        november = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(
            [row[::3] for row in self._rows(november)],
            [("usage from 09/01/2026 to 09/15/2026, corrected: 10 Units owed", -2.0)],
        )
        ending.action_undo()
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[2.0]], "owed once more")

    def test_usage_follows_its_meter_to_the_line_that_runs_on_its_day(self):
        """From September 16th on at 1.00 instead of 0.10, agreed in October: 20 units cost 18.00 more."""
        contract, line = self._metered()
        self._use(line, date(2026, 9, 5), 10)
        record = self._use(line, date(2026, 9, 20), 20)
        self._billed_on(date(2026, 10, 1), contract)
        new = {'product_id': self.service.id, 'name': "API calls", 'kind': 'usage', 'meter': "M-1", 'price_unit': 1.0}
        change = contract._amend('lines', date(2026, 9, 16), date(2026, 10, 2), lines=[(line, None)], added=[new])
        self.assertEqual(record.contract_line_id, change.line_ids)
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(self._amounts(invoice), [[-2.0, 20.0]])
        self.assertEqual(record.move_id, invoice)
        change.action_undo()
        self.assertEqual(record.contract_line_id, line)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 12, 1), contract)), [[2.0, -20.0]])
