from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingDiscount(BillingCommon):
    """What is taken off the lines of a contract: on the invoice as its own line, credited and charged by days."""

    def _started(self, discounts=(), **values):
        commands = [Command.create({'name': "Welcome", 'date_from': '2026-09-01', **given}) for given in discounts]
        values = {'date_start': date(2026, 9, 1), 'price': 90.0, 'discount_ids': commands, **values}
        contract = self._contract(**values)
        contract._start(contract.date_start)
        return contract

    def _billed(self, day):
        return self._bill(day).line_ids.invoice_id

    def _amounts(self, invoice):
        return invoice.invoice_line_ids.mapped('price_subtotal')

    def test_discounts_come_off_in_their_order_each_on_its_own_line(self):
        contract = self._started([{'percent': 10.0}, {'kind': 'amount', 'amount': 6.0, 'name': "Friend"}])
        self.assertEqual((contract.amount_untaxed, contract.mrr), (75.0, 75.0))
        invoice = self._billed(date(2026, 9, 1))
        self.assertEqual(self._amounts(invoice), [90.0, -9.0, -6.0])
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (75.0, 15.0))
        self.assertEqual(
            invoice.invoice_line_ids.mapped('name'),
            [
                "Hosting, from 09/01/2026 to 09/30/2026",
                "Welcome (-10 %) on Hosting, from 09/01/2026 to 09/30/2026",
                "Friend (-6.00\xa0€) on Hosting, from 09/01/2026 to 09/30/2026",
            ],
        )
        self.assertEntry(
            invoice,
            date(2026, 9, 1),
            [
                ('411100', "Atelier Durand", 90.0, 0.0),
                ('706000', "Atelier Durand", 0.0, 90.0),
                ('706000', "Atelier Durand", 9.0, 0.0),
                ('706000', "Atelier Durand", 6.0, 0.0),
                ('445740', "Atelier Durand", 0.0, 15.0),
            ],
        )
        self.assertFalse(self._billed(date(2026, 9, 2)), "never twice")

    def test_a_discount_that_ends_within_a_period_covers_its_days(self):
        """Ten of the 30 days of September at half the price of 90.00."""
        contract = self._started([{'percent': 50.0, 'date_until': '2026-09-10'}])
        self.assertEqual(contract.mrr, 90.0, "what ends is not lasting")
        invoice = self._billed(date(2026, 9, 1))
        self.assertEqual(self._amounts(invoice), [30.0, -15.0, 60.0])
        self.assertIn("(10/30 days of -45.00\xa0€)", invoice.invoice_line_ids[1].name)

    def test_a_free_month_is_passed_over(self):
        contract = self._started([{'percent': 100.0, 'date_until': '2026-09-30'}])
        self.assertFalse(self._billed(date(2026, 9, 1)))
        self.assertEqual(contract.period_ids.sorted('date_start')[0].state, 'empty')
        self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 90.0)

    def test_a_free_month_is_invoiced_where_the_plan_wants_it(self):
        plan = self.env['billing.plan'].create({'name': "Free periods too", 'bills_zero': True})
        self._started([{'percent': 100.0, 'date_until': '2026-09-30'}], plan_id=plan.id)
        invoice = self._billed(date(2026, 9, 1))
        self.assertEqual((self._amounts(invoice), invoice.amount_total), ([90.0, -90.0], 0.0))

    # === AN AMOUNT OFF THE WHOLE CONTRACT === #

    def _shared(self, amount=6.0, prices=(5.0, 90.0), others=(), **values):
        lines = [
            Command.create({'product_id': self.service.id, 'name': f"Line {number}", 'price_unit': price})
            for number, price in enumerate(prices)
        ]
        return self._started([{'kind': 'amount', 'amount': amount}, *others], line_ids=lines, **values)

    def _net_on(self, day):
        """What the documents of a run on ``day`` come to, credit notes below zero."""
        return sum(move.amount_untaxed_signed for move in self._billed(day))

    def test_an_amount_off_the_contract_is_shared_by_its_lines(self):
        """6.00 x 5/95 = 0.32 and the rest; never more than the lines cost together."""
        cases = (
            (6.0, (5.0, 90.0), [5.0, -0.32, 90.0, -5.68]),
            (1.0, (10.0, 10.0, 10.0), [10.0, -0.33, 10.0, -0.34, 10.0, -0.33]),
            (40.0, (10.0, 20.0), None),
        )
        for amount, prices, expected in cases:
            with self.subTest(amount):
                contract = self._shared(amount, prices)
                self.assertEqual(contract.mrr, max(sum(prices) - amount, 0.0))
                moves = self._billed(date(2026, 9, 1))
                self.assertEqual(self._amounts(moves) if moves else None, expected)
                self.assertFalse(self._billed(date(2026, 9, 2)), "never twice")

    def test_each_part_bears_the_tax_of_its_line(self):
        known = [('company_id', '=', self.company.id), ('type_tax_use', '=', 'sale'), ('amount', '=', 10.0)]
        reduced = self.env['account.tax'].search(known, limit=1)
        contract = self._shared(10.0, (50.0, 50.0), debit=False)
        contract.action_back_to_draft()
        contract.line_ids[1].tax_ids = reduced
        contract._start(contract.date_start)
        invoice = self._billed(date(2026, 9, 1))
        rows = invoice.invoice_line_ids.mapped(lambda line: (line.price_subtotal, line.tax_ids))
        normal = self.vat_on_receipts
        self.assertEqual(rows, [(50.0, normal), (-5.0, normal), (50.0, reduced), (-5.0, reduced)])
        self.assertEqual(invoice.amount_tax, 9.0 + 4.5)

    def test_an_amount_off_the_contract_outlives_its_first_line(self):
        """Billed 95.00 - 6.00; from the 16th on the first line is gone, and the other one has the whole 6.00 off."""
        contract = self._shared()
        self._billed(date(2026, 9, 1))
        first = contract.line_ids[0]
        amendment = contract._amend('end_line', date(2026, 9, 16), TODAY, lines=[(first, None)])
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (89.0, 84.0))
        self.assertEqual(self._net_on(TODAY), -2.5, "15/30 of 5.00")
        self.assertFalse(self._billed(TODAY), "never twice")
        self.assertEqual(self._amounts(self._billed(date(2026, 10, 1))), [90.0, -6.0])
        amendment.action_undo()
        self.assertEqual(round(self._net_on(date(2026, 10, 1)), 2), 7.5, "half of September's 5.00, October's 5.00")

    def test_an_amount_off_the_contract_is_shared_by_days(self):
        """A line of 30.00 from the 16th on takes a third of 9.00; the whole stays 9.00."""
        contract = self._shared(9.0, (60.0,))
        added = {'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}
        contract._amend('new_line', date(2026, 9, 16), TODAY, added=[added])
        invoice = self._billed(date(2026, 9, 1))
        self.assertEqual(self._amounts(invoice), [30.0, -4.5, 30.0, -3.0, 15.0, -1.5])
        self.assertFalse(self._billed(TODAY), "never twice")

    def test_an_amount_is_shared_after_what_lines_have_off_themselves(self):
        """100.00 halved, 50.00 whole: 9.00 are shared as 50 to 50; from the 16th on as 100 to 50."""
        contract = self._shared(9.0, (100.0, 50.0))
        contract.action_back_to_draft()
        half = {'name': "Half", 'percent': 50.0, 'date_from': '2026-09-01', 'date_until': '2026-09-15'}
        contract.discount_ids = [Command.create({**half, 'line_id': contract.line_ids[0].id})]
        contract._start(contract.date_start)
        rows = self._billed(date(2026, 9, 1)).invoice_line_ids.filtered(lambda line: "Welcome" in line.name)
        self.assertEqual(rows.mapped('price_subtotal'), [-2.25, -3.0, -2.25, -1.5])

    def test_a_new_list_price_opens_no_billed_day(self):
        pricelist = self._pricelist((50.0, False, False))
        contract = self._shared(10.0, (50.0, 50.0), pricelist_id=pricelist.id)
        contract.action_back_to_draft()
        contract.line_ids[0].is_price_listed = True
        contract._start(contract.date_start)
        self._billed(date(2026, 9, 1))
        pricelist.item_ids.fixed_price = 150.0
        self.assertFalse(self._billed(TODAY))
        self.assertEqual(self._amounts(self._billed(date(2026, 10, 1))), [150.0, -7.5, 50.0, -2.5])

    def test_whole_periods_share_an_amount_too(self):
        contract = self._shared(6.0, (5.0, 90.0), proration='none')
        self.assertEqual(self._amounts(self._billed(date(2026, 9, 1))), [5.0, -0.32, 90.0, -5.68])
        contract._amend('end_line', date(2026, 10, 1), TODAY, lines=[(contract.line_ids[0], None)])
        self.assertFalse(self._billed(TODAY))
        self.assertEqual(self._amounts(self._billed(date(2026, 10, 1))), [90.0, -6.0])

    # === CHANGES === #

    def test_a_discount_agreed_later_for_billed_days_is_credited_and_charged(self):
        contract = self._started()
        bill = self._billed(date(2026, 9, 1))
        amendment = contract._amend(
            'discount',
            date(2026, 9, 16),
            TODAY,
            discounts=[{'name': "Sorry", 'percent': 20.0, 'date_from': '2026-09-16'}],
        )
        self.assertEqual(amendment.summary, "Discount Sorry (-20 %) until further notice")
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 72.0))
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed, credit.amount_tax), ('out_refund', 9.0, 1.8))
        self.assertEqual(bill.amount_residual, 97.2)
        self.assertFalse(self._billed(TODAY))
        amendment.action_undo()
        self.assertEqual(contract.period_ids.sorted('date_start')[0].state, 'planned')
        again = self._billed(TODAY)
        self.assertEqual((again.move_type, again.amount_untaxed), ('out_invoice', 9.0))
        self.assertEqual(sorted(self._amounts(again)), [-45.0, 9.0, 45.0])
        self.assertFalse(self._billed(TODAY))

    def test_a_discount_is_ended(self):
        contract = self._started([{'percent': 10.0}])
        self._billed(date(2026, 9, 1))
        contract._amend('discount', date(2026, 10, 1), TODAY, ended=contract.discount_ids)
        self.assertEqual(contract.discount_ids.last_day, date(2026, 9, 30))
        self.assertEqual(self._amounts(self._billed(date(2026, 10, 1))), [90.0])

    def test_a_discount_of_some_periods_is_ended_earlier(self):
        contract = self._started([{'percent': 10.0, 'date_until': '2026-12-31'}])
        values = {'contract_id': contract.id, 'discount_id': contract.discount_ids.id}
        wizard = self.env['billing.discount.grant'].create(values)
        wizard.date = date(2027, 1, 1)
        with self.assertRaisesRegex(UserError, "ends on 12/31/2026 as it is"), self.env.cr.savepoint():
            wizard.action_confirm()
        wizard.date = date(2026, 11, 1)
        wizard.action_confirm()
        self.assertEqual(contract.discount_ids.last_day, date(2026, 10, 31))

    def test_a_discounted_line_is_credited_with_its_discount(self):
        contract = self._started([{'percent': 10.0}], price=100.0)
        bill = self._billed(date(2026, 9, 1))
        contract._amend('end_line', date(2026, 9, 11), TODAY, lines=[(contract.line_ids, None)])
        credit = self._billed(TODAY)
        self.assertEqual((self._amounts(credit), credit.amount_total), ([66.67, -6.67], 72.0))
        self.assertIn("Welcome (-10 %) on Hosting, not owed from 09/11/2026", credit.invoice_line_ids[1].name)
        contract.line_ids._unguarded().is_void = True
        rest = self._billed(TODAY)
        self.assertEqual((bill.amount_residual, self._amounts(rest)), (0.0, [33.33, -3.33]))

    def test_discounts_of_a_started_contract_are_agreed_by_amendments(self):
        contract = self._started([{'percent': 10.0}])
        with self.assertRaisesRegex(UserError, "with the button “Discount…”"):
            contract.discount_ids.percent = 20.0
        with self.assertRaisesRegex(UserError, "with the button “Discount…”"):
            self.env['billing.discount'].create({'contract_id': contract.id, 'name': "More", 'percent': 5.0})
        with self.assertRaisesRegex(UserError, "with the button “Discount…”"):
            contract.discount_ids.unlink()
        draft = self._contract(discount_ids=[Command.create({'name': "Gift", 'percent': 100.0})])
        with self.assertRaisesRegex(UserError, f"{contract.name} is started: .*“Gift”"), self.env.cr.savepoint():
            draft.discount_ids.contract_id = contract

    def test_a_discount_is_told_in_the_language_of_its_reader(self):
        self.env['res.lang']._activate_lang('fr_FR')
        for percent, english, french in ((12.5, "12.5 %", "12,5 %"), (10.0, "10 %", "10 %")):
            discount = self._started([{'percent': percent}]).discount_ids
            texts = discount.value_text, discount.with_context(lang='fr_FR').value_text
            with self.subTest(percent):
                self.assertEqual([text.replace("\xa0", " ") for text in texts], [english, french])
        self.customer.lang = 'fr_FR'
        contract = self._started([{'percent': 12.5}])
        bill = self._billed(date(2026, 9, 1)).filtered(lambda move: contract in move.line_ids.billing_contract_id)
        self.assertIn("(-12,5", bill.invoice_line_ids[1].name)
        amendment = contract._amend('quantity', TODAY, TODAY, lines=[(contract.line_ids, {'quantity': 2.5})])
        self.assertEqual(amendment.change_ids.new_text, "2.5")
        self.assertEqual(amendment.change_ids.with_context(lang='fr_FR').new_text, "2,5")

    def test_discounts_that_cannot_be_are_refused(self):
        cases = (
            ({'percent': 0.0}, "takes nothing off"),
            ({'percent': 10.0, 'date_until': '2026-08-31'}, "ends before it starts"),
        )
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message):
                self._started([values])

    # === THE DIALOG === #

    def _dialog(self, contract, **values):
        return self.env['billing.discount.grant'].create({'contract_id': contract.id, 'name': "Sorry", **values})

    def test_the_dialog_counts_periods_and_shows_the_effect(self):
        cases = (
            ({'lasts': 'once'}, date(2026, 10, 31)),
            ({'lasts': 'periods', 'period_count': 3}, date(2026, 12, 31)),
            ({'lasts': 'date', 'date_until': '2026-11-15'}, date(2026, 11, 15)),
            ({'lasts': 'ever'}, False),
        )
        for values, last in cases:
            with self.subTest(values=values):
                contract = self._started()
                dialog = self._dialog(contract, percent=10.0, **values)
                self.assertEqual(dialog.date, date(2026, 10, 1), "the next period")
                dialog.action_see_effect()
                self.assertFalse(contract.discount_ids, "nothing is written by a look")
                self.assertIn("Discount Sorry (-10 %)", dialog.effect)
                dialog.action_confirm()
                self.assertEqual((contract.discount_ids.date_from, contract.discount_ids.last_day), (dialog.date, last))

    def test_the_dialog_ends_a_discount(self):
        contract = self._started([{'percent': 10.0}])
        dialog = self.env['billing.discount.grant'].browse(contract.discount_ids.action_end()['res_id'])
        dialog.action_confirm()
        self.assertEqual(contract.discount_ids.last_day, date(2026, 9, 30))

    def test_the_dialog_refuses_what_has_no_end(self):
        contract = self._started()
        for values, message in (
            ({'lasts': 'date'}, "“Until”"),
            ({'lasts': 'periods', 'period_count': 0}, "one or more"),
        ):
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._dialog(contract, percent=10.0, **values).action_confirm()

    # === LOYALTY === #

    def _rule(self, **values):
        return self.env['billing.loyalty.rule'].create({'name': "Loyalty", **values})

    def test_seniority_earns_a_percentage_for_ever(self):
        self._rule(after_months=12, percent=5.0)
        contract = self._started(date_start=date(2025, 11, 1), price=100.0)
        self.assertEqual((contract.next_loyalty_date, contract.next_loyalty), (date(2026, 11, 1), "Loyalty"))
        contract.company_id.billing_missed_limit = 20
        contract._agree_loyalty(TODAY)
        self._bill(TODAY)
        self.assertEqual(contract.discount_ids.mapped('date_from'), [date(2026, 11, 1)], "agreed ahead, once")
        self.assertEqual(contract.amendment_ids.kind, 'discount')
        amounts = [self._amounts(self._billed(date(2026, month, 1))) for month in (10, 11)]
        self.assertEqual(amounts, [[100.0], [100.0, -5.0]])

    def test_a_later_percentage_takes_the_place_of_the_earlier(self):
        self._rule(after_months=12, percent=5.0)
        self._rule(after_months=24, percent=10.0)
        contract = self._started(date_start=date(2024, 11, 1), price=100.0)
        contract._agree_loyalty(TODAY)
        first, second = contract.discount_ids.sorted('date_from')
        self.assertEqual((first.date_from, first.last_day), (date(2025, 11, 1), date(2026, 10, 31)))
        self.assertEqual((second.date_from, second.last_day), (date(2026, 11, 1), False))

    def test_from_the_third_year_a_month_is_free_each_year(self):
        self._rule(after_months=24, kind='months', free_months=1)
        contract = self._started(date_start=date(2024, 10, 1), price=100.0)
        contract._agree_loyalty(TODAY)
        self.assertEqual(
            contract.discount_ids.mapped(lambda discount: (discount.date_from, discount.date_until, discount.percent)),
            [(date(2026, 10, 1), date(2026, 10, 31), 100.0)],
        )
        self.assertEqual(contract.next_loyalty_date, date(2026, 10, 1))
        contract._agree_loyalty(date(2026, 10, 2))
        self.assertEqual(contract.discount_ids.mapped('date_from'), [date(2026, 10, 1), date(2027, 10, 1)])

    def test_a_new_rule_gives_nothing_back_for_the_past(self):
        contract = self._started(date_start=date(2024, 11, 1), price=100.0)
        self._rule(after_months=12, percent=5.0)
        self._rule(after_months=12, kind='months', free_months=1)
        for _night in range(2):
            contract._agree_loyalty(TODAY)
        self.assertEqual(
            contract.discount_ids.mapped(lambda discount: (discount.date_from, discount.percent)),
            [(TODAY, 5.0), (date(2026, 11, 1), 100.0)],
        )

    def test_a_contract_taken_over_has_what_it_earned_from_its_first_bill_here(self):
        self._rule(after_months=12, percent=5.0)
        contract = self._contract(date_start=date(2024, 11, 1), price=100.0)
        contract.line_ids.billed_until = date(2026, 8, 31)
        contract._start(TODAY)
        self.assertEqual(contract.discount_ids.date_from, date(2026, 9, 1))

    def test_the_night_agrees_offers_that_lie_years_ahead(self):
        self._rule(after_months=24, percent=5.0)
        contract = self._started(price=100.0)
        self._bill(TODAY)
        self.assertFalse(contract.discount_ids, "more than a year ahead")
        with freeze_time('2027-10-01'):
            self.company.billing_missed_limit = 20
            self._bill(date(2027, 10, 1))
            self._bill(date(2027, 10, 2))
        self.assertEqual(contract.discount_ids.mapped('date_from'), [date(2028, 9, 1)])

    def test_a_new_rule_for_less_seniority_takes_nothing_away(self):
        self._rule(after_months=12, percent=5.0)
        contract = self._started(date_start=date(2024, 11, 1), price=100.0)
        self._rule(after_months=6, percent=2.0)
        self._bill(TODAY)
        self.assertEqual(contract.discount_ids.mapped('percent'), [5.0])
        self.assertFalse(contract.discount_ids.last_day)

    def test_whole_periods_earn_from_the_next_one(self):
        self._rule(after_months=12, percent=5.0)
        contract = self._started(date_start=date(2026, 1, 10), anchor_day=1, proration='none')
        contract._agree_loyalty(date(2026, 3, 1))
        self.assertEqual(contract.discount_ids.date_from, date(2027, 2, 1))

    def test_an_offer_is_not_earned_in_a_locked_period(self):
        self._rule(after_months=12, percent=5.0)
        self.company.fiscalyear_lock_date = date(2026, 8, 31)
        contract = self._contract(date_start=date(2024, 11, 1))
        contract._start(TODAY)
        self.assertEqual(contract.discount_ids.date_from, date(2026, 9, 1))

    def test_a_start_taken_back_takes_its_offers_back(self):
        self._rule(after_months=6, percent=5.0)
        contract = self._started()
        self.assertTrue(contract.amendment_ids)
        contract.action_back_to_draft()
        self.assertFalse(contract.amendment_ids)
        self.assertFalse(contract.discount_ids)
        contract._start(TODAY)
        self.assertEqual(len(contract.discount_ids), 1)

    def test_offers_are_for_their_plans_and_customers(self):
        tag = self.env['res.partner.category'].create({'name': "Friends"})
        plan = self.env['billing.plan'].create({'name': "Gold"})
        everybody = self._rule(after_months=12)
        tagged = self._rule(after_months=12, category_ids=[Command.set(tag.ids)])
        planned = self._rule(after_months=12, plan_ids=[Command.set(plan.ids)])
        contract = self._contract(date_start=date(2026, 9, 1))
        rules = self.env['billing.loyalty.rule']._offered_by(self.company)
        self.assertEqual(rules.filtered(lambda rule: rule._suits(contract)), everybody)
        contract.plan_id = plan
        self.customer.category_id = tag
        self.assertEqual(rules.filtered(lambda rule: rule._suits(contract)), everybody + tagged + planned)

    def test_a_rule_made_today_shows_on_the_next_invoices_at_once(self):
        """5 % from 1 November, of which 2 % from 1 October, as the night will agree it; nothing is written."""
        contract = self._started(date_start=date(2025, 11, 1), price=100.0, debit=False)
        self.company.billing_missed_limit = 20
        self._bill(date(2026, 9, 1))
        self._rule(name="Eleven", after_months=11, percent=2.0)
        self._rule(name="Year", after_months=12, percent=5.0)
        rows = contract._upcoming(TODAY)
        self.assertEqual([row.untaxed for row in rows[:3]], [98.0, 95.0, 95.0])
        self.assertIn("Discount: Year", rows[1].remarks)
        self.assertIn("Discount ended: Eleven", rows[1].remarks)
        self.assertIn("Discount: Year", contract.upcoming_preview)
        self.assertFalse(contract.discount_ids)
        self._bill(TODAY)
        self.assertEqual(len(contract.discount_ids), 2)
        after = contract._upcoming(TODAY)
        self.assertEqual([row.untaxed for row in after], [row.untaxed for row in rows])

    def test_offers_are_agreed_in_a_handful_of_queries(self):
        """However many contracts earn one: what is written is written at once."""
        contracts = self.env['billing.contract']
        for number in range(12):
            partner = self._customer(f"Loyal {number}")
            contracts |= self._contract(partner=partner, date_start=date(2026, 1, 1), debit=False)
        contracts._start(TODAY)
        self._rule(after_months=12, percent=5.0)
        counts = []
        for some in (contracts[:2], contracts[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._agree_loyalty(TODAY)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(contracts.discount_ids.mapped('percent'), [5.0] * 12)
        self.assertLess(counts[1] - counts[0], 8 * 5, f"8 more contracts, {counts} queries")
