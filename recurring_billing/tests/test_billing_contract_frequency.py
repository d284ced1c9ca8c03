from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
YEARLY, QUARTERLY, MONTHLY = ['year', 1], ['month', 3], ['month', 1]


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingContractFrequency(BillingCommon):
    """What another frequency does to days, prices and discounts."""

    def _frequency(self, contract, day, recurrence, today=TODAY, **values):
        return contract._amend('frequency', day, today, terms={'recurrence': recurrence}, **values)

    def _changed(self, contract, day, frequency):
        wizard = self.env['billing.contract.change'].create(
            {'contract_id': contract.id, 'frequency': frequency, 'when': 'date', 'date': day}
        )
        wizard.action_confirm()
        return contract.amendment_ids.sorted('id')[-1]

    def _nets(self, contract, *days):
        return [sum(self._billed_on(day, contract).mapped('amount_untaxed')) for day in days]

    # === UNDOING === #

    def test_a_frequency_that_is_billed_is_not_undone(self):
        """A year at 1080.00 is billed on 1 October: undone on 10 November it would be credited and cost 90.00."""
        contract, _bill = self._september(price=90.0)
        amendment = self._frequency(contract, OCTOBER, YEARLY, lines=[(contract.line_ids, {'price_unit': 1080.0})])
        self.assertEqual(self._nets(contract, OCTOBER), [1080.0])
        with (
            freeze_time('2026-11-10'),
            self.assertRaisesRegex(
                UserError, "billed until 09/30/2027 already. Change the frequency from 10/01/2027 instead"
            ),
        ):
            amendment.action_undo()
        self.assertEqual(amendment.state, 'applied')

    def test_of_two_frequencies_the_later_one_is_undone_first(self):
        contract, _bill = self._september(price=90.0)
        first = self._frequency(contract, OCTOBER, QUARTERLY)
        second = self._frequency(contract, date(2027, 1, 1), YEARLY)
        with self.assertRaisesRegex(UserError, "changes again from 01/01/2027. Undo that change first"):
            first.action_undo()
        (second + first).action_undo()
        self.assertEqual(contract._recurrence_on(date(2027, 1, 1)).interval, 1)

    def test_undoing_names_a_remedy_that_it_has(self):
        contract, _bill = self._september(price=90.0)
        amendment = contract._amend('quantity', TODAY, TODAY, lines=[(contract.line_ids, {'quantity': 2.0})])
        self.company.fiscalyear_lock_date = date(2026, 9, 20)
        with self.assertRaisesRegex(UserError, "locked period. Make a change for a later day instead"):
            amendment.action_undo()
        self.company.fiscalyear_lock_date = False
        self._billed_on(OCTOBER, contract)
        self._collect(date(2026, 10, 5), OCTOBER)
        with self.assertRaisesRegex(UserError, "collected already.*Make a change for a later day instead. Give back"):
            amendment.action_undo()

    # === DAYS === #

    def test_the_day_of_the_month_stays_where_a_frequency_changes(self):
        contract = self._contract(date_start=date(2026, 9, 10), anchor_day=1)
        contract._start(contract.date_start)
        self._frequency(contract, NOVEMBER, YEARLY)
        with freeze_time(NOVEMBER):
            contract._turn(NOVEMBER)
        self.assertEqual((contract.frequency, contract.anchor_day), ('yearly', 1))
        draft = self._contract(date_start=date(2026, 9, 10))
        draft.date_start = date(2026, 9, 12)
        self.assertEqual(draft.anchor_day, 12)

    def test_whole_periods_are_not_billed_twice_by_the_calendar(self):
        """October is billed by itself: the quarter that holds it may not follow, the one from January on may."""
        contract = self._contract(date_start=OCTOBER, price=90.0, proration='none', alignment='calendar')
        contract._start(OCTOBER)
        with self.assertRaisesRegex(UserError, "11/01/2026 is in the middle of one of.*Choose 01/01/2027"):
            self._frequency(contract, NOVEMBER, QUARTERLY)
        self._frequency(contract, date(2027, 1, 1), QUARTERLY, lines=[(contract.line_ids, {'price_unit': 270.0})])
        days = (OCTOBER, NOVEMBER, date(2026, 12, 1), date(2027, 1, 1), date(2027, 4, 1))
        self.assertEqual(self._nets(contract, *days), [90.0, 90.0, 90.0, 270.0, 270.0])
        by_days = self._contract(date_start=OCTOBER, price=90.0, alignment='calendar')
        by_days._start(OCTOBER)
        self._frequency(by_days, NOVEMBER, QUARTERLY)

    # === DISCOUNTS === #

    def test_an_amount_off_follows_the_length_of_the_period(self):
        """120.00 off 1200.00 a year are 10.00 off 100.00 a month."""
        offers = [
            {'name': "Loyal", 'kind': 'amount', 'amount': 120.0, 'date_from': date(2025, 10, 1)},
            {'name': "Over", 'kind': 'amount', 'amount': 60.0, 'date_from': date(2025, 10, 1)},
            {'name': "Share", 'percent': 50.0, 'date_from': date(2027, 1, 1)},
        ]
        offers[1]['date_until'] = date(2026, 9, 30)
        contract = self._contract(
            date_start=date(2025, 10, 1),
            price=1200.0,
            frequency='yearly',
            discount_ids=[*map(Command.create, offers)],
        )
        contract.line_ids.billed_until = date(2026, 9, 30)
        contract._start(contract.date_start)
        amendment = self._changed(contract, OCTOBER, 'monthly')
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 90.0))
        self.assertIn("Loyal (-120.00\xa0€) → 10.00\xa0€", amendment.summary)
        self.assertNotIn("Over", amendment.summary)
        self.assertEqual(self._nets(contract, OCTOBER, NOVEMBER), [90.0, 90.0])
        texts = contract._invoices().sorted('id').invoice_line_ids.mapped('name')
        self.assertEqual(texts[1], "Loyal (-10.00\xa0€) on Hosting, from 10/01/2026 to 10/31/2026")

    def test_an_amount_off_follows_a_frequency_that_begins_within_its_first_period(self):
        """Calendar quarters from November on: 61 of the 92 days of the fourth, of 300.00 less 30.00."""
        loyal = {'name': "Loyal", 'kind': 'amount', 'amount': 10.0, 'date_from': date(2026, 9, 1)}
        contract, _bill = self._september(alignment='calendar', discount_ids=[Command.create(loyal)])
        self._billed_on(OCTOBER, contract)
        self._frequency(contract, NOVEMBER, QUARTERLY, OCTOBER)
        quarter = self._billed_on(NOVEMBER, contract)
        self.assertEqual(quarter.invoice_line_ids.mapped('price_subtotal'), [198.91, -19.89])
        self.assertEqual(self._nets(contract, date(2027, 1, 1)), [270.0])

    def test_an_undone_frequency_gives_the_old_discount_again(self):
        loyal = {'name': "Loyal", 'kind': 'amount', 'amount': 10.0, 'date_from': date(2026, 9, 1)}
        contract, _bill = self._september(price=90.0, discount_ids=[Command.create(loyal)])
        amendment = self._changed(contract, OCTOBER, 'yearly')
        self.assertEqual(amendment.mrr_after, 80.0)
        amendment.action_undo()
        self.assertEqual(self._nets(contract, OCTOBER), [80.0])

    # === PRICES FROM THE LIST === #

    def _listed(self, price=100.0):
        """A contract at the list's price, whose own price was typed once and is not billed."""
        pricelist = self._pricelist((price, False, False))
        contract = self._contract(date_start=date(2026, 9, 1), price=70.0, pricelist_id=pricelist.id)
        contract.line_ids.is_price_listed = True
        contract._start(contract.date_start)
        self._billed_on(TODAY, contract)
        return contract

    def test_a_price_from_the_list_counts_as_it_is_billed(self):
        contract = self._listed()
        self.assertEqual((contract.mrr, contract.line_ids.price_subtotal), (100.0, 100.0))
        self.assertEqual(self._nets(contract, OCTOBER), [100.0])

    def test_figures_follow_the_list_by_night(self):
        """110.00 as typed over today's price, 130.00 as agreed long ago for tomorrow."""
        contract = self._listed()
        pricelist = contract.pricelist_id
        pricelist.item_ids.fixed_price = 110.0
        self._bill(TODAY)
        self.assertEqual((contract.mrr, contract.line_ids.price_subtotal), (110.0, 110.0))
        pricelist.item_ids.date_end = '2026-09-15 21:59:59'
        pricelist.item_ids = [Command.create({**self._price_item(130.0), 'date_start': '2026-09-15 22:00:00'})]
        for today, price in ((TODAY, 110.0), (date(2026, 9, 16), 130.0)):
            with freeze_time(today):
                self._bill(today)
            self.assertEqual((contract.mrr, contract.line_ids.price_subtotal), (price, price))

    @classmethod
    def _price_item(cls, price):
        template = cls.service.product_tmpl_id.id
        return {'applied_on': '1_product', 'product_tmpl_id': template, 'compute_price': 'fixed', 'fixed_price': price}

    def test_a_frequency_fixes_a_price_from_the_list(self):
        contract = self._listed()
        amendment = self._changed(contract, OCTOBER, 'yearly')
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (100.0, 100.0))
        self.assertIn(
            "Hosting: Follows Pricelist yes → no\nHosting: Price 100.00\xa0€ → 1,200.00\xa0€", amendment.summary
        )
        self.assertEqual(self._nets(contract, OCTOBER), [1200.0])

    def test_a_typed_price_fixes_a_price_from_the_list(self):
        for typed in (150.0, 70.0):
            with self.subTest(typed):
                contract = self._listed()
                amendment = contract._amend('price', OCTOBER, TODAY, lines=[(contract.line_ids, {'price_unit': typed})])
                self.assertEqual(amendment.mrr_after, typed)
                self.assertEqual(self._nets(contract, OCTOBER), [typed])

    def test_another_quantity_goes_on_following_the_list(self):
        contract = self._listed()
        wizard = self.env['billing.contract.change'].create(
            {'contract_id': contract.id, 'when': 'date', 'date': OCTOBER}
        )
        self.assertEqual(wizard.line_ids.price_unit, 100.0)
        wizard.line_ids.quantity = 2.0
        wizard.action_confirm()
        contract.pricelist_id.item_ids.fixed_price = 110.0
        self.assertEqual(self._nets(contract, OCTOBER), [220.0])

    # === WHAT COMES BEFORE A LATER FREQUENCY === #

    def test_what_a_later_frequency_was_not_agreed_for_is_refused_before_it(self):
        contract, _bill = self._september(price=90.0)
        line = contract.line_ids
        self._frequency(contract, NOVEMBER, YEARLY)
        listed = {'product_id': self.service.id, 'name': "Backup", 'is_price_listed': True}
        cases = (
            ('frequency', {'terms': {'recurrence': QUARTERLY}}),
            ('new_line', {'added': [listed]}),
            ('lines', {'lines': [(line, {'is_price_listed': True})]}),
        )
        for kind, values in cases:
            with (
                self.subTest(kind),
                self.assertRaisesRegex(UserError, "changes from 11/01/2026. Undo that change first, or choose"),
                self.env.cr.savepoint(),
            ):
                contract._amend(kind, OCTOBER, TODAY, **values)
        contract._amend('new_line', NOVEMBER, TODAY, added=[listed])

    def test_what_is_agreed_before_a_later_frequency_goes_on_in_it(self):
        """Monthly 95.00 x 2 + 30.00 - 5.00 from October on, all of it twelve times from November on."""
        contract, _bill = self._september(price=90.0)
        line = contract.line_ids
        self._frequency(contract, NOVEMBER, YEARLY)
        added = {'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}
        amount = {'name': "Offer", 'kind': 'amount', 'amount': 5.0, 'date_from': OCTOBER}
        steps = (
            ('price', {'lines': [(line, {'price_unit': 95.0})]}, 95.0),
            ('quantity', {'lines': [(line, {'quantity': 2.0})]}, 190.0),
            ('new_line', {'added': [added]}, 220.0),
            ('new_line', {'added': [{**added, 'kind': 'setup'}]}, 220.0),
            ('discount', {'discounts': [amount]}, 215.0),
        )
        done = [contract._amend(kind, OCTOBER, TODAY, **values) for kind, values, _monthly in steps]
        monthly = [monthly for _kind, _values, monthly in steps]
        self.assertEqual([amendment.mrr_after for amendment in done], monthly)
        self.assertEqual(contract._mrr_on(NOVEMBER), 215.0)
        self.assertEqual(self._nets(contract, OCTOBER, NOVEMBER), [245.0, 2580.0])

    def test_what_is_undone_before_a_later_frequency_is_undone_in_it(self):
        contract, _bill = self._september(price=90.0)
        line = contract.line_ids
        amount = {'name': "Offer", 'kind': 'amount', 'amount': 5.0, 'date_from': OCTOBER}
        price = contract._amend('price', OCTOBER, TODAY, lines=[(line, {'price_unit': 95.0})])
        offer = contract._amend('discount', OCTOBER, TODAY, discounts=[amount])
        end = contract._amend('discount', date(2026, 10, 16), TODAY, ended=offer.discount_ids)
        self._changed(contract, NOVEMBER, 'yearly')
        expected = [(price, 1080.0), (end, 1020.0), (offer, 1080.0)]
        self.assertEqual(contract._mrr_on(NOVEMBER), 95.0)
        for amendment, yearly in expected:
            with self.subTest(amendment.kind):
                amendment.action_undo()
                self.assertEqual(contract._mrr_on(NOVEMBER) * 12, yearly)
        self.assertEqual(self._nets(contract, OCTOBER, NOVEMBER), [90.0, 1080.0])

    def test_a_revision_before_a_later_frequency_goes_on_in_it(self):
        terms = {'revision': 'percent', 'revision_percent': 2.0, 'revision_agreed_on': date(2025, 10, 1)}
        contract, _bill = self._september(price=90.0, **terms)
        self._frequency(contract, NOVEMBER, YEARLY)
        contract._revise(contract._plan_revision(OCTOBER), OCTOBER, TODAY)
        self.assertEqual(self._nets(contract, OCTOBER, NOVEMBER), [91.8, 1101.6])

    def test_what_was_agreed_for_later_follows_a_frequency_decided_after(self):
        """100.00 and 30.00 a month from January, decided first; 1000.00 a quarter from April, decided last."""
        contract, _bill = self._september(price=90.0)
        line, january = contract.line_ids, date(2027, 1, 1)
        added = {'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}
        contract._amend('price', january, TODAY, lines=[(line, {'price_unit': 100.0})])
        contract._amend('new_line', january, TODAY, added=[added])
        frequency = self._frequency(contract, OCTOBER, QUARTERLY)
        contract._amend('price', date(2027, 4, 1), TODAY, lines=[(line, {'price_unit': 1000.0})])
        days = (OCTOBER, january, date(2027, 4, 1))
        self.assertEqual([contract._mrr_on(day) for day in days], [90.0, 130.0, 1000 / 3 + 30])
        frequency.action_undo()
        self.assertEqual([contract._mrr_on(day) for day in days], [90.0, 130.0, 1030.0])

    def test_a_price_that_is_typed_with_a_frequency_stays_whatever_was_before(self):
        contract, _bill = self._september(price=90.0)
        line = contract.line_ids
        price = contract._amend('price', OCTOBER, TODAY, lines=[(line, {'price_unit': 95.0})])
        self._frequency(contract, NOVEMBER, YEARLY, lines=[(line, {'price_unit': 1000.0})])
        price.action_undo()
        self.assertEqual(self._nets(contract, OCTOBER, NOVEMBER), [90.0, 1000.0])

    def test_a_frequency_scales_prices_wherever_it_comes_from(self):
        contract, _bill = self._september(price=90.0)
        amendment = self._frequency(contract, OCTOBER, YEARLY)
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 90.0))
        self.assertIn("Hosting: Price 90.00\xa0€ → 1,080.00\xa0€", amendment.summary)
        self.assertEqual(self._nets(contract, OCTOBER), [1080.0])
