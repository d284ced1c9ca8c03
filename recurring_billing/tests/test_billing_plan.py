from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)
NEXT = date(2026, 10, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingPlan(BillingCommon):
    """What a plan offers, what a contract takes from it, and how running contracts follow a new version."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup = cls._create_product(name="Set-up", type='service', lst_price=50.0)
        cls.plan = cls.env['billing.plan'].create(
            {
                'name': "Hosting, monthly",
                'frequency': 'monthly',
                'commitment_months': 12,
                'notice_count': 1,
                'line_ids': [
                    Command.create({'product_id': cls.service.id, 'price_unit': 90.0, 'quantity': 2.0}),
                    Command.create({'product_id': cls.setup.id, 'kind': 'setup', 'price_unit': 40.0}),
                ],
                'frequency_ids': [Command.create({'recurrence_unit': 'year', 'price_factor': 10.0})],
            },
        )

    def _subscribed(self, **values):
        """A running contract that took the lines of the plan."""
        return self._started(**self._values(**values))

    def _values(self, **values):
        return {'plan_id': self.plan.id, 'line_ids': [], 'date_start': date(2026, 9, 1), **values}

    def _rows(self, contract):
        return contract.line_ids.mapped(lambda line: (line.product_id, line.kind, line.quantity, line.price_unit))

    def _migration(self, plan=None, day=NEXT):
        wizard = self.env['billing.plan.migration'].create({'plan_id': (plan or self.plan).id, 'date': day})
        wizard.action_compute()
        return wizard

    # === A COPY === #

    def test_a_contract_takes_lines_and_terms_of_its_plan(self):
        contract = self._contract(plan_id=self.plan.id, line_ids=[])
        self.assertEqual(
            self._rows(contract), [(self.service, 'recurring', 2.0, 90.0), (self.setup, 'setup', 1.0, 40.0)]
        )
        self.assertEqual((contract.commitment_months, contract.notice_count), (12, 1))
        self.assertEqual(contract.line_ids[0].tax_ids, self.vat_on_receipts)
        own = self._contract(plan_id=self.plan.id)
        self.assertEqual(own.line_ids.mapped('name'), ["Hosting"], "its own lines stay")

    def test_lines_of_a_plan_are_priced_for_the_frequency_that_is_chosen(self):
        """A year at ten months: 2 months free. A quarter is not offered: the price stays to be agreed."""
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.plan_id = self.plan
            self.assertEqual(len(form.line_ids), 2)
            form.frequency = 'yearly'
        contract = form.save()
        self.assertEqual([row[3] for row in self._rows(contract)], [900.0, 40.0])
        self.assertEqual((contract.amount_untaxed, contract.mrr), (1800.0, 150.0))
        created = self._contract(plan_id=self.plan.id, line_ids=[], frequency='yearly')
        self.assertEqual([row[3] for row in self._rows(created)], [900.0, 40.0])
        self.assertFalse(self.plan._factor('month', 3))

    def test_another_plan_replaces_the_lines_of_the_first_and_no_others(self):
        other = self.plan.copy({'name': "Backup"})
        other.line_ids[1].unlink()
        other.line_ids.price_unit = 30.0
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.plan_id = self.plan
            form.plan_id = other
        self.assertEqual([row[3] for row in self._rows(form.save())], [30.0])

    def test_a_list_price_is_that_of_the_customer_and_takes_the_factor(self):
        self.plan.line_ids[0].price_from = 'list'
        pricelist = self._pricelist((80.0, False, False))
        contract = self._contract(plan_id=self.plan.id, line_ids=[], frequency='yearly', pricelist_id=pricelist.id)
        self.assertEqual(contract.line_ids[0].price_unit, 800.0)

    def test_a_factor_is_proposed_by_length(self):
        cases = ((('month', 3), 3.0), (('year', 1), 12.0), (('month', 1), 1.0))
        for (unit, interval), factor in cases:
            values = {'plan_id': self.plan.id, 'recurrence_unit': unit, 'recurrence_interval': interval}
            self.assertEqual(self.env['billing.plan.frequency'].new(values).price_factor, factor)

    def test_offers_that_cannot_be_are_refused(self):
        Frequency = self.env['billing.plan.frequency']
        cases = (
            (lambda: Frequency.create({'plan_id': self.plan.id, 'recurrence_interval': 0}), "“Every”: 0 is refused"),
            (
                lambda: Frequency.create({'plan_id': self.plan.id, 'recurrence_interval': 2, 'price_factor': 0.0}),
                "every 2 years, field “Price Factor”: 0 is refused",
            ),
            (lambda: self.plan.line_ids[0].write({'price_unit': -1.0}), "Hosting.*negative. Enter zero"),
            (lambda: self.plan.write({'commitment_months': 0, 'renewal': 'tacit'}), "“Minimum Term”"),
        )
        for step, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                step()

    # === USAGE === #

    def _metered_plan(self, **values):
        """1,000 units included, then 0.10 up to 5,000 and 0.05 above with 7.00 once; at least 30.00."""
        tiers = [{'up_to': 5000, 'price': 0.1}, {'price': 0.05, 'flat': 7.0}]
        terms = {
            'product_id': self.service.id,
            'name': "API calls",
            'kind': 'usage',
            'usage_included': 1000,
            'usage_minimum': 30.0,
            'tier_ids': [Command.create(tier) for tier in tiers],
            **values,
        }
        self.plan.line_ids = [Command.create(terms)]
        return self.plan.line_ids.filtered(lambda line: line.kind == 'usage')

    def _usage_of(self, contract):
        line = contract.line_ids.filtered(lambda line: line.kind == 'usage')
        tiers = [(tier.up_to, tier.price, tier.flat) for tier in line.tier_ids]
        return line.usage_included, line.usage_minimum, tiers

    def test_a_contract_takes_a_copy_of_the_prices_of_usage(self):
        offered = self._metered_plan()
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.plan_id = self.plan
            form.date_start = date(2026, 9, 1)
        contract = form.save()
        monthly = (1000, 30.0, [(5000, 0.1, 0.0), (0, 0.05, 7.0)])
        self.assertEqual(self._usage_of(contract), monthly)
        offered.tier_ids[0].price = 0.2
        offered.usage_included = 5
        self.assertEqual(self._usage_of(contract), monthly, "a copy")
        line = contract.line_ids.filtered(lambda line: line.kind == 'usage')
        line.meter = "M-1"
        contract._start(date(2026, 9, 1))
        self.env['billing.usage'].record([{'meter': "M-1", 'date': '2026-09-05', 'quantity': 7000, 'reference': "1"}])
        invoice = self._billed_on(date(2026, 10, 1), contract)[-1]
        # 1,000 included; 5,000 x 0.10; 1,000 x 0.05 and 7.00
        self.assertEqual(invoice.invoice_line_ids.mapped('price_subtotal'), [180.0, 0.0, 500.0, 50.0, 7.0])

    def test_prices_of_usage_follow_the_frequency(self):
        """A year counts the units of twelve months, and costs ten."""
        self._metered_plan()
        yearly = (12000, 300.0, [(60000, 0.1, 0.0), (0, 0.05, 70.0)])
        contract = self._contract(plan_id=self.plan.id, line_ids=[], frequency='yearly')
        self.assertEqual(self._usage_of(contract), yearly)
        contract.frequency = 'monthly'
        self.assertEqual(self._usage_of(contract), (1000, 30.0, [(5000, 0.1, 0.0), (0, 0.05, 7.0)]))
        self.plan.line_ids[-1].usage_minimum_term = 'year'
        again = self._contract(plan_id=self.plan.id, line_ids=[], frequency='yearly')
        self.assertEqual(self._usage_of(again)[1], 30.0, "per year")
        quarterly = self._contract(plan_id=self.plan.id, line_ids=[], frequency='quarterly')
        self.assertEqual(self._usage_of(quarterly)[2][1], (0, 0.05, 21.0), "not offered: as long as it is")
        with self.assertRaisesRegex(ValidationError, "“Every”"):
            self._contract(plan_id=self.plan.id, line_ids=[], recurrence_unit='month', recurrence_interval=0)

    def test_prices_of_usage_that_cannot_be_are_refused_on_the_plan(self):
        line = self._metered_plan()
        cases = (
            (
                lambda: line.write({'tier_ids': [Command.delete(line.tier_ids[1].id)]}),
                "Plan Hosting, monthly, line Hosting, field “Tiers”",
            ),
            (lambda: line.write({'usage_scheme': 'package'}), "packages have the price of the line and no tiers"),
            (lambda: line.write({'discount': 5.0}), "knows neither a discount nor the pricelist"),
        )
        for step, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                step()

    # === A NEW VERSION === #

    def test_running_contracts_keep_their_terms_until_they_are_moved(self):
        """2 x 90.00 become 2 x 99.00 from October on, and support at 20.00 is added."""
        contract, draft = self._subscribed(), self._contract(plan_id=self.plan.id, line_ids=[])
        taxes = [Command.set(self.vat_on_receipts.ids)]
        support = self._create_product(name="Support", type='service', taxes_id=taxes)
        self.plan.line_ids[0].price_unit = 99.0
        self.plan.write(
            {'line_ids': [Command.create({'product_id': support.id, 'price_unit': 20.0})], 'notice_count': 3}
        )
        self.assertEqual((contract.mrr, contract.notice_count), (180.0, 1))
        wizard = self._migration()
        row = wizard.line_ids
        self.assertEqual((row.contract_id, row.mrr_before, row.mrr_after), (contract, 180.0, 218.0))
        self.assertEqual(
            row.changes.splitlines(),
            ["Hosting: Price 90.00\xa0€ → 99.00\xa0€", "Added: 1 Support at 20.00\xa0€", "Notice 1 → 3"],
        )
        self.assertFalse(contract.amendment_ids, "looked at, not done")
        wizard.action_confirm()
        self.assertEqual((contract.amendment_ids.kind, contract.notice_count), ('plan', 3))
        self.assertEqual(self._billed_on(NEXT, contract).mapped('amount_untaxed'), [220.0, 218.0])
        self.assertFalse(self._migration().line_ids, "all are as the plan says")
        self.assertFalse(draft.amendment_ids)
        contract.amendment_ids.action_undo()
        self.assertEqual((contract.notice_count, len(self._migration().line_ids)), (1, 1))

    def test_a_yearly_contract_moves_with_its_factor_and_own_lines_stay(self):
        yearly = self._subscribed(frequency='yearly')
        own = self._started(plan_id=self.plan.id, date_start=date(2026, 9, 1))
        self.plan.line_ids[0].price_unit = 99.0
        wizard = self._migration()
        self.assertEqual(wizard.line_ids.contract_id, yearly)
        wizard.action_confirm()
        self.assertEqual(yearly.line_ids.sorted().mapped('price_unit'), [900.0, 990.0, 40.0])
        self.assertFalse(own.amendment_ids)

    def test_a_contract_moves_by_the_frequency_of_the_day(self):
        """Yearly from January on: 10 x 99.00 then, though it is monthly today."""
        contract = self._subscribed()
        line = contract.line_ids.filtered(lambda line: line.kind == 'recurring')
        january = date(2027, 1, 1)
        terms = {'recurrence': ['year', 1]}
        contract._amend('frequency', january, TODAY, terms=terms, lines=[(line, {'price_unit': 900.0})])
        self.plan.line_ids[0].price_unit = 99.0
        self._migration(day=january).action_confirm()
        self.assertEqual(line._version_on(january).price_unit, 990.0)

    def test_another_product_comes_with_its_name_and_taxes(self):
        contract = self._subscribed()
        lower = self.env['account.chart.template'].with_company(self.company).ref('tva_normale')
        cloud = self._create_product(name="Cloud", type='service', taxes_id=[Command.set(lower.ids)])
        self.plan.line_ids[0].write({'product_id': cloud.id, 'price_unit': 90.0})
        self._migration().action_confirm()
        version = contract.line_ids.filtered(lambda line: line.valid_from == NEXT)
        self.assertEqual((version.name, version.product_id, version.tax_ids), ("Cloud", cloud, lower))

    def test_contracts_that_are_unticked_or_refused_stay(self):
        """Whole periods know no change on the 15th: that contract says why, and the others are moved."""
        left, moved, refused = self._subscribed(), self._subscribed(), self._subscribed(proration='none')
        self.plan.line_ids[0].price_unit = 99.0
        wizard = self._migration(day=TODAY)
        rows = {row.contract_id: row for row in wizard.line_ids}
        self.assertRegex(rows[refused].reason, "in the middle of a period")
        self.assertEqual((rows[refused].is_selected, rows[refused].is_refused), (False, True))
        rows[left].is_selected = False
        wizard.action_confirm()
        self.assertEqual([bool(row.amendment_ids) for row in (left, moved, refused)], [False, True, False])

    def test_what_was_negotiated_is_recognised_and_not_ticked(self):
        """A price of 85.00 agreed at the start, one of 80.00 since, a longer notice: each stays until it is ticked."""
        usual, early, late, notice = (self._contract(**self._values()) for _number in range(4))
        early.line_ids.filtered(lambda line: line.kind == 'recurring').price_unit = 85.0
        notice.notice_count = 2
        contracts = usual | early | late | notice
        contracts._start(date(2026, 9, 1))
        late._amend('price', TODAY, TODAY, lines=[(late.line_ids[0], {'price_unit': 80.0})])
        self.plan.line_ids[0].price_unit = 99.0
        self.plan.notice_count = 3
        wizard = self._migration()
        rows = {row.contract_id: row for row in wizard.line_ids}
        self.assertEqual(
            [(rows[row].is_selected, rows[row].moves_prices, rows[row].moves_terms) for row in contracts],
            [(True, True, True), (True, False, True), (True, False, True), (True, True, False)],
        )
        self.assertIn("Hosting: Price 85.00\xa0€ → 99.00\xa0€ (negotiated)", rows[early].changes)
        self.assertEqual(rows[early].mrr_after, 170.0)
        rows[late].moves_prices = True
        wizard.action_see_effect()
        self.assertEqual(
            wizard.summary, "Contracts: 4. MRR without taxes: 690.00\xa0€ before, 764.00\xa0€ after (+74.00\xa0€)."
        )
        wizard.action_confirm()
        prices = [row.line_ids[0]._version_on(NEXT).price_unit for row in contracts]
        self.assertEqual((prices, contracts.mapped('notice_count')), ([99.0, 85.0, 99.0, 99.0], [3, 3, 3, 2]))
        left = self._migration().line_ids
        self.assertEqual((left.contract_id, left.mapped('is_selected')), (early | notice, [False, False]))

    def test_a_price_that_an_index_or_a_frequency_made_is_not_negotiated(self):
        contract = self._subscribed()
        line = contract.line_ids[0]
        contract._amend('indexation', TODAY, TODAY, lines=[(line, {'price_unit': 92.7})])
        terms = {'recurrence': ['year', 1]}
        contract._amend('frequency', NEXT, TODAY, terms=terms, lines=[(line, {'price_unit': 927.0})])
        self.plan.line_ids[0].price_unit = 99.0
        self.assertTrue(self._migration(day=date(2026, 11, 1)).line_ids.moves_prices)
        contract._undo(contract.amendment_ids[0], TODAY)
        contract._amend('frequency', NEXT, TODAY, terms=terms, lines=[(line, {'price_unit': 900.0})])
        self.assertFalse(self._migration(day=date(2026, 11, 1)).line_ids.moves_prices)

    def test_a_line_that_the_plan_dropped_is_offered_to_end(self):
        self.plan.write({'line_ids': [Command.create({'product_id': self.setup.id, 'price_unit': 20.0})]})
        contract = self._subscribed()
        self.plan.line_ids[2].unlink()
        wizard = self._migration()
        row = wizard.line_ids
        self.assertEqual((row.parts, row.moves_ended, row.is_selected), ('ended', False, False))
        self.assertIn("Set-up: until 09/30/2026 (the plan no longer has it)", row.changes)
        row.write({'moves_ended': True, 'is_selected': True})
        wizard.action_confirm()
        self.assertEqual(contract._mrr_on(NEXT), 180.0)

    def test_a_plan_that_bills_otherwise_moves_frequency_and_prices(self):
        """90.00 a month become 280.00 a quarter, or, without the new price, 270.00."""
        both, alone = self._subscribed(), self._subscribed()
        self.plan.write({'frequency': 'quarterly', 'frequency_ids': [Command.clear()]})
        self.plan.line_ids[0].price_unit = 280.0
        wizard = self._migration()
        rows = {row.contract_id: row for row in wizard.line_ids}
        self.assertIn("Frequency Monthly → Quarterly", rows[both].changes)
        rows[alone].moves_prices = False
        wizard.action_confirm()
        self.assertEqual([row.line_ids[0]._version_on(NEXT).price_unit for row in both | alone], [280.0, 270.0])
        self.assertEqual([row._recurrence_on(NEXT).interval for row in both | alone], [3, 3])

    def test_terms_of_revision_follow_the_plan_from_the_day_on(self):
        contract = self._subscribed()
        self.plan.write({'revision': 'percent', 'revision_percent': 3.0})
        wizard = self._migration()
        self.assertEqual(wizard.line_ids.parts, 'revision')
        wizard.action_confirm()
        self.assertEqual((contract.revision, contract.revision_percent), ('percent', 3.0))
        self.assertEqual((contract.revision_agreed_on, contract.next_revision_date), (NEXT, date(2027, 9, 1)))
        contract.amendment_ids.action_undo()
        self.assertEqual((contract.revision, contract.revision_agreed_on), ('none', date(2026, 9, 1)))

    def test_a_new_price_is_revised_from_its_own_day_on(self):
        """The 3 % of September 2027 are of the price of the plan's new version."""
        self.plan.write({'revision': 'percent', 'revision_percent': 3.0})
        contract = self._subscribed(date_start=date(2025, 9, 1))
        self.assertEqual(contract.next_revision_date, date(2026, 9, 1))
        self.plan.line_ids[0].price_unit = 99.0
        self._migration().action_confirm()
        self.assertEqual(contract.next_revision_date, date(2027, 9, 1))

    def test_one_contract_that_fails_stops_no_other(self):
        """Between the look and the answer one of them is terminated: it says so, the other is moved."""
        gone, moved = self._subscribed(), self._subscribed()
        self.plan.line_ids[0].price_unit = 99.0
        wizard = self._migration()
        wizard.action_see_effect()
        self.assertFalse(wizard.refused_ids)
        gone._terminate(TODAY, TODAY)
        wizard.action_confirm()
        self.assertEqual((wizard.step, wizard.refused_ids.contract_id), ('done', gone))
        self.assertIn("10/01/2026 is outside the contract", wizard.refused_ids.reason)
        self.assertIn("Contracts: 1.", wizard.summary)
        self.assertEqual([row.amendment_ids.mapped('kind') for row in (gone, moved)], [['termination'], ['plan']])

    def test_many_contracts_are_moved_by_as_many_presses_as_it_takes(self):
        contracts = self.env['billing.contract'].concat(*(self._subscribed() for _number in range(3)))
        self.plan.line_ids[0].price_unit = 99.0
        where = 'odoo.addons.recurring_billing.wizard.billing_plan_migration'
        with patch(f'{where}.SLICE', 1), patch(f'{where}.PATIENCE', 0.0):
            wizard = self._migration()
            self.assertIn("1 of 3", wizard.progress)
            for expected in (('edit', 2), ('effect', 3)):
                wizard.action_see_effect()
                self.assertEqual((wizard.step, len(wizard.line_ids.filtered('looked_at'))), expected)
            for step, moved in (('effect', 1), ('effect', 2), ('done', 3)):
                wizard.action_confirm()
                self.assertEqual((wizard.step, len(contracts.amendment_ids)), (step, moved))
        self.assertIn("Contracts: 3.", wizard.summary)

    def test_what_was_not_looked_at_is_not_done(self):
        self._subscribed()
        self.plan.line_ids[0].price_unit = 99.0
        wizard = self._migration()
        wizard.date = date(2026, 11, 1)
        with self.assertRaisesRegex(UserError, "press “Compute”"):
            wizard.action_confirm()

    # === RIGHTS === #

    def test_children_follow_the_company_of_their_plan(self):
        other = self.setup_other_company(name="Other company")['company']
        groups = 'recurring_billing.group_user'
        user = new_test_user(self.env, 'elsewhere', groups, company_id=other.id, company_ids=[(6, 0, other.ids)])
        tiers = self._metered_plan().tier_ids
        children = (self.plan.line_ids, self.plan.frequency_ids, tiers)
        for records in children:
            self.assertTrue(records.with_user(user).read(['company_id']), "a plan for all companies")
        self.plan.company_id = self.company
        self.env.invalidate_all()
        for records in children:
            with self.subTest(records._name), self.assertRaises(AccessError):
                records.with_user(user).read(['company_id'])
        self.assertTrue(self.env['billing.termination.reason'].with_user(user).search([]), "one list for all")
