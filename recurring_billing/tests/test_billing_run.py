import random
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models import billing_run_work, billing_worker
from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common import BillingCommon

LOGGER = 'odoo.addons.recurring_billing.models.billing_worker'
TODAY = date(2026, 12, 5)


class Interrupted(Transaction):
    """Ends after the first slice that did something: by the clock, or by what ``then`` does."""

    def __init__(self, then=None):
        self.then = then

    def commit(self, done=0):
        if done and self.then:
            self.then()
            self.then = None
        elif done:
            self.is_over = True


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRun(BillingCommon):
    def _started(self, **values):
        contract = self._contract(**values)
        contract._start(contract.date_start)
        return contract

    def test_the_preview_writes_no_invoice_and_equals_the_result(self):
        contract = self._started(date_start=date(2026, 11, 10), anchor_day=1, price=33.33, quantity=3)
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 5)})
        run.action_compute()
        self.assertFalse(contract._invoices())
        announced = run.line_ids.mapped(lambda line: (line.invoice_date, line.amount_untaxed, line.amount_total))
        run.action_post()
        posted = run.line_ids.invoice_id.mapped(
            lambda move: (move.invoice_date, move.amount_untaxed, move.amount_total)
        )
        self.assertEqual(announced, posted)

    def test_nothing_is_posted_before_its_planned_date(self):
        contract = self._started(date_start=date(2026, 12, 20))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 31)})
        self.assertEqual(run.line_ids.mapped('is_selected'), [False])
        self.assertEqual(run.line_ids.invoice_date, date(2026, 12, 20))
        run.line_ids.is_selected = True
        with self.assertRaisesRegex(UserError, rf"{contract.name} is planned for 12/20/2026"):
            run.action_post()

    def test_a_run_that_was_done_is_kept(self):
        self._started(date_start=date(2026, 12, 1))
        run = self._bill(date(2026, 12, 5))
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            run.unlink()

    def test_an_unticked_line_is_left_out(self):
        kept, left = self._started(date_start=date(2026, 12, 1)), self._started(date_start=date(2026, 12, 1))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 5)})
        run.action_compute()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        run.action_post()
        self.assertEqual((len(kept._invoices()), len(left._invoices())), (1, 0))

    def test_the_cron_bills_and_commits_its_progress(self):
        contract = self._started(date_start=date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(len(contract._invoices()), 1)

    def test_a_second_run_bills_nothing(self):
        self._started(date_start=date(2026, 12, 1))
        self.assertTrue(self._bill(date(2026, 12, 5)))
        self.assertFalse(self._bill(date(2026, 12, 5)))

    def test_a_contract_of_a_branch_is_billed_by_the_cron(self):
        branch = self.env['res.company'].create(
            {'name': "Branch", 'parent_id': self.company.id, 'country_id': self.env.ref('base.fr').id}
        )
        self.env.user.company_ids |= branch
        receivable = self.company_data['default_account_receivable']
        self.customer.with_company(branch).property_account_receivable_id = receivable
        contract = self._contract(company_id=branch.id, debit=False, date_start=date(2026, 12, 1))
        contract._start(date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(contract._invoices().company_id, branch)

    # === WHAT STANDS IN THE WAY === #

    def _sound(self, name, **values):
        """A started contract of a customer of its own, with nothing that a preview could remark."""
        customer = self._customer(name, company_registry='73282932000074')
        return self._started(**{'partner': customer, 'date_start': date(2026, 12, 5), 'debit': False, **values})

    def _preview(self, contract=None, until=TODAY):
        return self.env['billing.run'].create({'date_until': until, 'contract_id': contract and contract.id})

    def _blocked_cases(self):
        chf = self.setup_other_currency('CHF', rates=[('2027-01-01', 1.1)])
        journal = self.company_data['default_journal_sale'].copy({'code': "OLD"})

        def archive(contract):
            contract.journal_id.active = False

        return [
            ({'journal_id': journal.id}, archive, "sales journal .* is archived.*Sales Journal"),
            ({'currency_id': chf.id}, None, "CHF has no rate on 12/05/2026.*rates"),
        ]

    def test_the_preview_says_what_blocks_an_invoice(self):
        for number, (values, change, text) in enumerate(self._blocked_cases()):
            with self.subTest(text):
                contract = self._sound(f"Blocked {number}", **values)
                if change:
                    change(contract)
                line = self._preview(contract).line_ids
                self.assertEqual((line.level, line.is_selected), ('blocked', False))
                self.assertRegex(line.remark, rf"{contract.name}.*{text}")

    def test_the_preview_blocks_a_product_without_income_account(self):
        product = self._create_product(name="No account", type='service', property_account_income_id=False)
        product.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        contract = self._sound("Cabinet Morel")
        contract.journal_id.default_account_id = False
        contract.line_ids.product_id = product
        line = self._preview(contract).line_ids
        self.assertEqual((line.level, line.is_selected), ('blocked', False))
        self.assertRegex(line.remark, rf"{contract.name}.*No account.*income account")

    def test_the_preview_blocks_a_locked_day(self):
        contract = self._sound("Cabinet Morel")
        self.company.sale_lock_date = date(2026, 12, 31)
        line = self._preview(contract).line_ids
        self.assertEqual((line.level, line.is_selected), ('blocked', False))
        self.assertRegex(line.remark, rf"{contract.name}.*12/05/2026 lies in a locked period.*lock date")

    def test_the_preview_says_what_a_person_should_look_at(self):
        goods = self.env['account.chart.template'].with_company(self.company).ref('tva_normale')
        foreign = self.env['account.fiscal.position'].create({'name': "Other", 'company_id': self.company.id})
        cases = [
            ("nothing", lambda contract: None, 'ok', None),
            ("e-mail", lambda contract: contract.partner_id.write({'email': False}), 'look', "No e-mail address"),
            ("debtor", lambda contract: contract.partner_id.write({'trust': 'bad'}), 'look', "bad debtor"),
            ("archived", lambda contract: contract.partner_id.write({'active': False}), 'look', "customer is archived"),
            (
                "goods",
                lambda contract: contract.line_ids.write({'tax_ids': goods.ids}),
                'look',
                r"goods: Hosting \(20% G",
            ),
            (
                "registry",
                lambda contract: contract.partner_id.write({'company_registry': False}),
                'look',
                "No SIREN",
            ),
            (
                "position",
                lambda contract: contract.write({'fiscal_position_id': foreign.id}),
                'look',
                "fiscal position",
            ),
            ("zero", self._add_free_line, 'look', "Price zero: Hosting"),
            ("mandate", self._debit_without_mandate, 'look', "No active mandate"),
        ]
        for name, change, level, text in cases:
            with self.subTest(name):
                contract = self._sound(f"Case {name}")
                change(contract)
                line = self._preview(contract).line_ids
                self.assertEqual((line.level, line.is_selected), (level, True), line.remark)
                self.assertEqual(line.remark.count("\n"), 0, "one remark, and no other")
                self.assertRegex(line.remark or "", text or "^$")

    def _add_free_line(self, contract):
        contract.line_ids = [Command.create({'product_id': self.service.id, 'name': "Support", 'price_unit': 0.0})]

    def _debit_without_mandate(self, contract):
        contract.payment_method_line_id = self.sdd

    def test_only_invoices_without_remark_may_be_free_of_a_number_for_a_consumer(self):
        customer = self._customer("Jean Petit", is_company=False)
        contract = self._started(partner=customer, date_start=TODAY, debit=False)
        self.assertEqual((customer.billing_party_kind, self._preview(contract).line_ids.level), ('consumer', 'ok'))

    def test_the_preview_says_why_an_invoice_is_dated_today(self):
        late = self._sound("Late", date_start=date(2026, 11, 15))
        self.assertEqual(
            self._preview(late).line_ids.remark, "Dated today: planned 20 days ago, on 11/15/2026", "beyond tolerance"
        )
        self.company.sale_lock_date = date(2026, 12, 3)
        locked = self._sound("Locked", date_start=date(2026, 12, 3))
        self.assertEqual(self._preview(locked).line_ids.remark, "Dated today: 12/03/2026 is locked")
        order = self._sound("Order", date_start=date(2026, 12, 4))
        self.assertFalse(self._preview(order).line_ids.remark)
        self._create_invoice_one_line(price_unit=10.0, invoice_date='2026-12-05')._post(soft=False)
        line = self._preview(order).line_ids
        self.assertEqual(
            (line.remark, line.planned_date, line.invoice_date),
            ("Dated today: the journal holds invoices later than 12/04/2026", date(2026, 12, 4), TODAY),
        )

    @mute_logger(LOGGER)
    def test_what_blocks_one_invoice_stops_no_other(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        bad.line_ids.product_id = self._create_product(name="No account", property_account_income_id=False)
        bad.line_ids.product_id.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        bad.journal_id.default_account_id = False
        run = self._preview()
        by_contract = run.line_ids.grouped('contract_id')
        self.assertEqual((by_contract[good].level, by_contract[bad].level), ('ok', 'blocked'))
        self.assertEqual((run.invoice_count, run.parked_count, run.amount_total), (1, 1, 120.0))
        by_contract[bad].is_selected = True
        run.action_post()
        self.assertEqual((by_contract[good].outcome, by_contract[bad].outcome), ('posted', 'blocked'))
        self.assertIn("income account", by_contract[bad].remark)
        self.assertEqual((run.state, run.invoice_count, run.parked_count), ('done', 1, 1))
        self.assertEqual((len(good._invoices()), len(bad._invoices())), (1, 0))

    @mute_logger(LOGGER)
    def test_a_fault_of_planning_parks_its_own_contract_only(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        bad.line_ids.is_price_listed = True
        reason = "This formula is broken"

        def listed_price(_line, _day):
            raise UserError(reason)

        with patch.object(type(bad.line_ids), '_listed_price', listed_price):
            self._bill(TODAY)
        self.assertEqual((len(good._invoices()), len(bad._invoices()), bad.parked_reason), (1, 0, reason))

    # === PREVIEW AND RESULT === #

    def _random_contract(self, number, chance, currencies, taxes):
        unit = chance.choice(['week', 'month', 'month', 'year'])
        alignment = chance.choice(['start', 'calendar'])
        return self._started(
            partner=self._customer(f"Random {number}"),
            debit=False,
            date_start=TODAY - timedelta(days=chance.randrange(60)),
            recurrence_unit=unit,
            recurrence_interval=chance.randint(1, 3),
            alignment=alignment,
            anchor_day=0 if unit == 'week' else chance.randint(1, 31),
            timing=chance.choice(['advance', 'advance', 'arrears']),
            proration=chance.choice(['actual', 'none'] if unit == 'week' else ['actual', 'thirty', 'none']),
            currency_id=chance.choice(currencies).id,
            line_ids=[
                Command.create(
                    {
                        'product_id': self.service.id,
                        'name': f"Line {index}",
                        'quantity': chance.choice([1.0, 3.0, 0.37, 12.5]),
                        'price_unit': chance.randrange(1, 99999) / 100,
                        'tax_ids': [Command.set(chance.choice(taxes).ids)],
                        'date_end': chance.choice([False, False, TODAY + timedelta(days=chance.randrange(20))]),
                    }
                )
                for index in range(chance.randint(1, 4))
            ],
        )

    def test_the_preview_of_random_contracts_equals_their_invoices_to_the_cent(self):
        chart = self.env['account.chart.template'].with_company(self.company)
        names = ('tva_normale_encaissement', 'tva_normale_encaissement_ttc', 'tva_reduite_encaissement')
        taxes = [chart.ref(name) for name in names]
        for tax in taxes:
            tax.active = True
        taxes += [taxes[0] | taxes[2], self.env['account.tax']]
        rates = [('2026-01-01', 1.2345), ('2026-12-03', 1.3333)]
        currencies = [
            self.company.currency_id,
            *(self.setup_other_currency(code, rates=rates) for code in ('USD', 'JPY')),
        ]
        for rounding in ('round_per_line', 'round_globally'):
            self.company.tax_calculation_rounding_method = rounding
            chance = random.Random(rounding)
            contracts = self.env['billing.contract'].concat(
                *(self._random_contract(number, chance, currencies, taxes) for number in range(15))
            )
            run = self._preview()
            announced = {line: (line.invoice_date, line.amount_untaxed, line.amount_total) for line in run.line_ids}
            header = (run.invoice_count, run.amount_untaxed, run.amount_total)
            run.action_post()
            self.assertGreater(len(announced), 12)
            for line in run.line_ids:
                with self.subTest(rounding=rounding, contract=line.contract_id.name, text=line.invoice_id.name):
                    self.assertEqual(line.outcome, 'posted', line.remark)
                    invoice = line.invoice_id
                    self.assertEqual(
                        announced[line], (invoice.invoice_date, invoice.amount_untaxed, invoice.amount_total)
                    )
            self.assertEqual(header, (run.invoice_count, run.amount_untaxed, run.amount_total))
            self.assertFalse(self._preview().line_ids.filtered(lambda line: line.is_selected), "nothing is left")
            contracts.line_ids.date_end = False

    def test_a_preview_of_the_future_plans_nothing(self):
        contract = self._sound("Cabinet Morel")
        before = contract.period_ids
        run = self._preview(until=date(2027, 3, 31))
        self.assertEqual(
            run.line_ids.mapped(lambda line: (line.planned_date, line.invoice_date, line.is_selected, line.remark)),
            [
                (TODAY, TODAY, True, ""),
                (date(2027, 1, 5), date(2027, 1, 5), False, "Not due yet: posted on its planned date"),
                (date(2027, 2, 5), date(2027, 2, 5), False, "Not due yet: posted on its planned date"),
                (date(2027, 3, 5), date(2027, 3, 5), False, "Not due yet: posted on its planned date"),
            ],
        )
        self.assertEqual((contract.period_ids, run.line_ids[-1].amount_total), (before, 120.0))
        run.line_ids[-1].is_selected = True
        with self.assertRaisesRegex(UserError, rf"{contract.name} is planned for 03/05/2027"):
            run.action_post()
        run.line_ids[-1].is_selected = False
        run.action_post()
        self.assertEqual(len(contract._invoices()), 1)
        self.assertEqual(run.line_ids.mapped('outcome'), ['posted', 'left', 'left', 'left'])

    def test_an_old_preview_posts_what_has_become_due_since(self):
        contract = self._sound("Cabinet Morel")
        run = self._preview(until=date(2027, 2, 5))
        with freeze_time('2027-02-06'):
            run.line_ids.is_selected = True
            run.action_post()
        self.assertEqual((len(contract._invoices()), run.line_ids.mapped('outcome')), (3, ['posted'] * 3))

    def test_an_invoice_keeps_its_planned_date_for_as_long_as_the_setting_says(self):
        for tolerance, planned, expected in (
            (0, date(2026, 12, 4), TODAY),
            (0, TODAY, TODAY),
            (3, date(2026, 12, 1), TODAY),
            (3, date(2026, 12, 2), date(2026, 12, 2)),
            (10, date(2026, 11, 24), TODAY),
            (10, date(2026, 11, 25), date(2026, 11, 25)),
        ):
            with self.subTest(tolerance=tolerance, planned=planned):
                journal = self.company_data['default_journal_sale'].copy({'code': f"T{tolerance}{planned.day}"})
                self.company.billing_late_tolerance = tolerance
                contract = self._sound("Cabinet Morel", date_start=planned, journal_id=journal.id)
                self._bill(TODAY)
                self.assertEqual(contract._invoices().invoice_date, expected)

    # === MISSED PERIODS === #

    def test_too_many_missed_periods_wait_for_a_person(self):
        self.company.billing_missed_limit = 3
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        contract._plan_periods(TODAY)
        self.assertTrue(contract.is_missing_many, "a person may release them before the night has asked")
        run = self._bill(TODAY)
        self.assertRegex(contract.parked_reason, rf"{contract.name}: 5 periods are due at once, more than 3")
        self.assertEqual(
            (run.state, run.line_ids.outcome, run.line_ids.level, run.line_ids.remark),
            ('done', 'left', 'blocked', contract.parked_reason),
        )
        self.assertFalse(self._bill(TODAY), "the next night asks no more")
        self.assertEqual((len(contract._invoices()), len(contract.activity_ids)), (0, 1))
        [line] = self._preview().line_ids
        self.assertEqual((line.is_selected, line.level), (False, 'blocked'))
        self.assertEqual((line.date_start, line.date_end), (date(2026, 8, 1), date(2026, 12, 31)))
        contract.action_accept_missed()
        self.assertEqual((len(contract.activity_ids), contract.parked_reason), (0, False))
        self._bill(TODAY)
        self.assertEqual(len(contract._invoices()), 5)
        with self.assertRaisesRegex(UserError, f"{contract.name} has no missed periods"):
            contract.action_accept_missed()

    def test_exactly_the_limit_is_billed_by_the_night(self):
        self.company.billing_missed_limit = 5
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        self._bill(TODAY)
        self.assertEqual(len(contract._invoices()), 5)

    def test_periods_that_a_person_leaves_waiting_keep_their_activity(self):
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        contract._plan_periods(TODAY)
        contract.period_ids._hold("Mend me")
        preview = self._preview()
        preview.line_ids.sorted('planned_date')[0].is_selected = True
        preview.action_post()
        self.assertEqual((len(contract._invoices()), len(contract.activity_ids)), (1, 1))

    # === SLICES, STOP, GO ON === #

    def _contracts(self, count):
        return self.env['billing.contract'].concat(*(self._sound(f"Many {number}") for number in range(count)))

    def _triggers(self, cron):
        return self.env['ir.cron.trigger'].search_count([('cron_id', '=', self.env.ref(cron).id)])

    def test_a_stopped_run_ends_after_its_slice_and_goes_on_later(self):
        contracts = self._contracts(5)
        run = self._preview()
        stopping = Interrupted(then=run.action_stop)
        with (
            patch.object(billing_worker, 'SLICE', 2),
            patch.object(billing_run_work, 'Transaction', lambda: stopping),
        ):
            run.action_post()
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('stopped', 2, 2))
        self.assertFalse(run._require_state('stopped'))
        self.assertEqual(run.progress, 40.0)
        run.action_go_on()
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('done', 5, 5))
        with self.assertRaisesRegex(UserError, "cannot become"):
            run.action_stop()

    def _stopped_after_two(self):
        """Three contracts, and their run stopped after two."""
        contracts = self._contracts(3)
        run = self._preview()
        stopping = Interrupted(then=run.action_stop)
        with (
            patch.object(billing_worker, 'SLICE', 2),
            patch.object(billing_run_work, 'Transaction', lambda: stopping),
        ):
            run.action_post()
        return contracts, run

    def test_the_night_leaves_alone_what_a_person_stopped(self):
        contracts, run = self._stopped_after_two()
        self._bill(TODAY)
        self.assertEqual((run.state, len(contracts._invoices())), ('stopped', 2))
        run.action_go_on()
        self.assertEqual((run.state, run.line_ids.mapped('outcome')), ('done', ['posted'] * 3))
        self.assertEqual(len(contracts._invoices()), 3)

    def test_what_a_stopped_run_leaves_out_is_billed_by_the_night(self):
        contracts, run = self._stopped_after_two()
        run.action_leave_rest()
        self.assertEqual((run.state, sorted(run.line_ids.mapped('outcome'))), ('done', ['left', 'posted', 'posted']))
        self._bill(TODAY)
        self.assertEqual(len(contracts._invoices()), 3)

    def test_the_cron_of_a_started_run_begins_no_other(self):
        ticked, left = self._sound("Ticked"), self._sound("Left")
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        with patch.object(billing_run_work, 'SLICE', 0):
            run.action_post()
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_post').method_direct_trigger()
        self.assertEqual((run.state, len(ticked._invoices()), len(left._invoices())), ('done', 1, 0))

    def test_the_dates_of_the_preview_hold_over_several_slices(self):
        """Three were due two days ago, two today: older dates are numbered first, whatever the names."""
        contracts = [self._sound(f"Today {number}", date_start=TODAY) for number in range(2)]
        contracts += [self._sound(f"Late {number}", date_start=date(2026, 12, 3)) for number in range(3)]
        run = self._preview()
        announced = {line.contract_id: line.invoice_date for line in run.line_ids}
        with patch.object(billing_worker, 'SLICE', 2), patch.object(billing_run_work, 'SLICE', 100):
            run.action_post()
        self.assertEqual({contract: contract._invoices().invoice_date for contract in contracts}, announced)
        self.assertEqual(sorted(announced.values()), [date(2026, 12, 3)] * 3 + [TODAY] * 2)

    def test_lines_of_a_run_tell_what_the_run_did(self):
        self._sound("Cabinet Morel")
        run = self._bill(TODAY)
        for values in ({'outcome': 'left'}, {'invoice_id': False}, {'amount_total': 1.0}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                run.line_ids.write(values)
        with self.assertRaisesRegex(UserError, "can no longer be ticked"):
            run.line_ids.is_selected = False
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            run.line_ids.unlink()

    def test_an_unforeseen_fault_of_one_contract_stops_no_other(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        to_bill = type(bad.period_ids)._to_bill

        def broken(period):
            if period.contract_id == bad:
                raise ZeroDivisionError
            return to_bill(period)

        with patch.object(type(bad.period_ids), '_to_bill', broken), mute_logger(LOGGER):
            self._bill(TODAY)
        self.assertEqual((len(good._invoices()), len(bad._invoices())), (1, 0))
        self.assertIn("ZeroDivisionError", bad.parked_reason)

    def test_a_large_run_is_posted_by_the_cron(self):
        contracts = self._contracts(3)
        run = self._preview()
        cron = self.env.ref('recurring_billing.ir_cron_post')
        with patch.object(billing_worker, 'SLICE', 2), patch.object(billing_run_work, 'SLICE', 2):
            asked = self._triggers('recurring_billing.ir_cron_post')
            run.action_post()
            self.assertEqual((run.state, len(contracts._invoices())), ('running', 0))
            self.assertEqual(self._triggers('recurring_billing.ir_cron_post'), asked + 1)
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual((run.state, len(contracts._invoices())), ('done', 3))
        self.assertEqual(run.line_ids.mapped('outcome'), ['posted'] * 3)

    def test_the_next_night_goes_on_with_an_interrupted_run(self):
        contracts = self._contracts(5)
        with patch.object(billing_worker, 'SLICE', 2):
            run = self.env['billing.run']._bill_company(self.company, TODAY, transaction=Interrupted())
            self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('running', 2, 2))
            self._bill(TODAY)
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('done', 5, 5))
        self.assertEqual(len(self.env['billing.run'].search([('company_id', '=', self.company.id)])), 1)

    def test_a_run_of_what_was_billed_meanwhile_says_so(self):
        contract = self._sound("Cabinet Morel")
        run = self._preview()
        invoice = self._bill(TODAY).line_ids.invoice_id
        run.action_post()
        line = run.line_ids
        self.assertEqual((run.state, line.outcome, line.invoice_id), ('done', 'elsewhere', invoice))
        self.assertEqual((run.invoice_count, run.amount_total, len(contract._invoices())), (0, 0.0, 1))

    @mute_logger(LOGGER)
    def test_a_run_tells_what_became_of_each_line(self):
        posted, left, elsewhere, blocked = (self._sound(name) for name in ("Posted", "Left", "Else", "Blocked"))
        run = self._preview()
        lines = run.line_ids.grouped('contract_id')
        lines[left].is_selected = False
        other = self._preview(elsewhere)
        other.action_post()
        moves = type(self.env['account.move'])
        post, reason = moves._post, "No stamp"

        def failing(records, soft=True):
            if blocked.partner_id in records.partner_id:
                raise UserError(reason)
            return post(records, soft=soft)

        with patch.object(moves, '_post', failing):
            run.action_post()
        self.assertEqual(
            [lines[contract].outcome for contract in (posted, left, elsewhere, blocked)],
            ['posted', 'left', 'elsewhere', 'blocked'],
        )
        self.assertEqual((lines[blocked].remark, lines[elsewhere].invoice_id), (reason, elsewhere._invoices()))
        self.assertEqual((run.state, run.invoice_count, run.done_count, run.progress), ('done', 1, 3, 100.0))

    # === SENDING AND LOG === #

    def test_what_was_posted_is_handed_to_cores_sending(self):
        for name, customer, company, expected in (
            ("e-mail", {}, {}, True),
            ("no e-mail", {'email': False}, {}, False),
            ("manual", {'invoice_sending_method': 'manual'}, {}, False),
            ("setting off", {}, {'billing_send_invoices': False}, False),
        ):
            with self.subTest(name):
                asked = self._triggers('account.ir_cron_account_move_send')
                contract = self._sound(f"Sending {name}")
                contract.partner_id.write(customer)
                self.company.write({'billing_send_invoices': True, **company})
                self._bill(TODAY)
                invoice = contract._invoices()
                triggered = self._triggers('account.ir_cron_account_move_send') > asked
                self.assertEqual((bool(invoice.sending_data), triggered), (expected, expected))
                self.assertEqual(invoice.state, 'posted')

    def test_the_sender_is_the_contracts_responsible(self):
        user = self.env['res.users'].create(
            {'name': "Léa", 'login': 'lea', 'company_ids': self.company.ids, 'company_id': self.company.id}
        )
        contract = self._sound("Cabinet Morel", user_id=user.id)
        self._bill(TODAY)
        self.assertEqual(
            contract._invoices().sending_data, {'author_user_id': user.id, 'author_partner_id': user.partner_id.id}
        )

    def _created_logs(self, invoice):
        text = invoice._creation_message()
        return invoice.message_ids.filtered(lambda message: text in message.body)

    def test_each_invoice_logs_its_creation_once(self):
        contracts = self._contracts(2)
        runs = self.env['billing.run'].with_context(tracking_disable=False)
        runs._bill_company(self.company, TODAY, transaction=Transaction())
        for invoice in contracts._invoices():
            self.assertEqual(len(self._created_logs(invoice)), 1)
            self.assertFalse(self._created_logs(invoice).subtype_id == self.env.ref('account.mt_invoice_created'))

    def test_the_audit_trail_tells_who_posted_what(self):
        self.company.restrictive_audit_trail = True
        contract = self._sound("Cabinet Morel")
        company = self.company.with_context(tracking_disable=False)  # the tests' own environment tracks nothing
        company.env['billing.run']._bill_company(company, TODAY, transaction=Transaction())
        self.env.cr.flush()  # core writes what it tracked
        tracked = contract._invoices().message_ids.tracking_value_ids.field_id.mapped('name')
        self.assertIn('state', tracked)

    def test_whoever_may_follow_the_creation_gets_cores_message(self):
        created = self.env.ref('account.mt_invoice_created')
        self.env['mail.message.subtype'].create(
            {'name': "Invoice of my team", 'parent_id': created.id, 'res_model': 'res.partner'}
        )
        contract = self._sound("Cabinet Morel")
        runs = self.env['billing.run'].with_context(tracking_disable=False)
        runs._bill_company(self.company, TODAY, transaction=Transaction())
        self.assertEqual(self._created_logs(contract._invoices()).subtype_id, created)
