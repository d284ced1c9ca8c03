from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingContract(BillingCommon):
    def test_the_next_six_invoices_show_before_the_contract_is_saved(self):
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.date_start = date(2026, 8, 31)
            with form.line_ids.new() as line:
                line.product_id = self.service
            preview = form.upcoming_preview
        for day in ('08/31/2026', '09/30/2026', '10/31/2026', '11/30/2026', '12/31/2026', '01/31/2027'):
            self.assertIn(day, preview)
        self.assertIn('120.00', preview)

    def test_each_preset_sets_its_interval(self):
        for preset, unit, interval in (
            ('monthly', 'month', 1),
            ('quarterly', 'month', 3),
            ('half_yearly', 'month', 6),
            ('yearly', 'year', 1),
        ):
            with self.subTest(preset):
                contract = self._contract(frequency=preset)
                self.assertEqual((contract.recurrence_unit, contract.recurrence_interval), (unit, interval))
                self.assertEqual(contract.frequency, preset)

    def test_another_interval_is_a_custom_frequency(self):
        contract = self._contract(recurrence_unit='week', recurrence_interval=2)
        self.assertEqual(contract.frequency, 'custom')

    def test_a_contract_takes_a_copy_of_its_plan(self):
        plan = self.env['billing.plan'].create({'name': "Quarterly", 'frequency': 'quarterly', 'timing': 'arrears'})
        contract = self._contract(plan_id=plan.id)
        self.assertEqual((contract.frequency, contract.timing), ('quarterly', 'arrears'))
        plan.frequency = 'yearly'
        self.assertEqual(contract.frequency, 'quarterly')

    def test_recurring_revenue_is_counted_per_month(self):
        for values, expected in (
            ({'frequency': 'monthly'}, 120.0),
            ({'frequency': 'quarterly'}, 40.0),
            ({'frequency': 'yearly'}, 10.0),
            ({'recurrence_unit': 'week', 'recurrence_interval': 1}, 520.0),
        ):
            with self.subTest(values):
                self.assertAlmostEqual(self._contract(price=120.0, **values).mrr, expected)

    def test_a_contract_without_lines_does_not_start(self):
        contract = self._contract(line_ids=False)
        with self.assertRaisesRegex(UserError, rf"{contract.name}.*no lines"):
            contract.action_start()
        self.assertEqual((contract.state, len(contract.period_ids)), ('draft', 0))

    def test_a_contract_that_ends_before_it_starts_is_refused(self):
        with self.assertRaisesRegex(ValidationError, r"C\d+ ends before it starts.*End.*Start"):
            self._contract(date_start=date(2026, 9, 1), date_end=date(2026, 8, 31))

    def test_a_mandate_signed_after_the_contract_was_written_lets_it_start(self):
        customer = self._customer("Cabinet Morel")
        contract = self._contract(customer)
        self.assertFalse(contract.mandate_id)
        self._mandate(customer, 'FR7610278487575797543231912')
        contract.action_start()
        self.assertEqual(contract.state, 'running')

    def test_the_end_moves_although_an_invoice_was_cancelled(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract._start(date(2026, 9, 1))
        invoice = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        invoice.button_draft()
        invoice.button_cancel()
        contract._terminate(date(2026, 9, 15), date(2026, 9, 1))
        self.assertEqual(self._bill(date(2026, 9, 2)).line_ids.invoice_id.amount_untaxed, 50.0)

    def test_a_credited_invoice_lets_the_contract_end_earlier(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract._start(date(2026, 9, 1))
        invoice = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        invoice._reverse_moves(cancel=True)
        contract._terminate(date(2026, 9, 15), date(2026, 9, 1))
        self.assertEqual(contract.date_end, date(2026, 9, 15))

    def test_a_customers_new_language_leaves_the_accountants_words_alone(self):
        contract = self._contract()
        contract.line_ids._unguarded().name = "Server X, as agreed on the phone"
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        self.assertEqual(contract.line_ids.name, "Server X, as agreed on the phone")

    def test_a_price_is_proposed_in_the_contracts_currency(self):
        dollars = self.env.ref('base.USD')
        dollars.active = True
        self.env['res.currency.rate'].create(
            {'currency_id': dollars.id, 'name': date(2026, 1, 1), 'rate': 1.25, 'company_id': self.company.id},
        )
        self.service.company_id = self.company  # else its price is in the currency of the database's first company
        contract = self._contract(currency_id=dollars.id, line_ids=[(0, 0, {'product_id': self.service.id})])
        self.assertAlmostEqual(contract.line_ids.price_unit, 125.0)

    def test_a_debit_contract_without_active_mandate_does_not_start(self):
        contract = self._contract(self._customer("Cabinet Morel"))
        with self.assertRaisesRegex(UserError, "Cabinet Morel has no active mandate"):
            contract.action_start()
        self.assertEqual(contract.state, 'draft')

    def test_of_a_selection_those_start_that_can_and_the_others_are_named(self):
        ready, running = self._contract(), self._contract()
        running.action_start()
        bare = self._contract(self._customer("Cabinet Morel"))
        empty = self._contract(line_ids=False)
        notice = (ready | running | bare | empty).action_start()['params']
        self.assertEqual(
            (ready.state, bare.state, empty.state, notice['title']),
            ('running', 'draft', 'draft', "1 started, 3 left out"),
        )
        self.assertRegex(notice['message'], f"Started or ended before: {running.name}$")
        for contract, reason in (
            (bare, "is paid by direct debit, but Cabinet Morel has no active mandate"),
            (empty, "has no lines"),
        ):
            self.assertRegex(notice['message'], rf"{contract.name}.* {reason}")
        with self.assertRaises(UserError) as refused:
            (running | bare | empty).action_start()
        for contract, reason in (
            (running, "cannot become “Running”"),
            (bare, "no active mandate"),
            (empty, "no lines"),
        ):
            self.assertRegex(str(refused.exception), rf"{contract.name}.* {reason}")
        with self.assertRaises(UserError) as refused:
            (running | bare)._start(date(2026, 9, 1))
        self.assertEqual(str(refused.exception).count("\n"), 1)

    def test_a_paused_contract_is_not_started(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract.action_start()
        contract._set_state('paused')
        with self.assertRaisesRegex(UserError, f"{contract.name} is “Paused”: this step is only possible"):
            contract.action_start()

    def test_the_state_changes_through_its_door_only(self):
        contract = self._contract()
        with self.assertRaisesRegex(UserError, "Status cannot be entered or changed by hand"):
            contract.state = 'running'
        contract.action_start()
        with self.assertRaisesRegex(UserError, "cannot become “Running”"):
            contract.action_start()
        with self.assertRaisesRegex(UserError, "Status cannot be entered or changed by hand"):
            self._contract(state='closed')
        self.assertEqual(
            self.env['billing.contract']
            .with_context(default_state='closed')
            .create(
                {'partner_id': self.customer.id},
            )
            .state,
            'draft',
        )

    def test_the_calendar_of_a_running_contract_is_frozen(self):
        contract = self._contract()
        contract.action_start()
        plan = self.env['billing.plan'].create({'name': "Yearly", 'frequency': 'yearly'})
        for values in ({'date_start': date(2026, 10, 1)}, {'plan_id': plan.id}, {'partner_id': self.partner_a.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, rf"{contract.name}.*can no longer be changed"):
                contract.write(values)

    def test_a_started_contract_is_not_deleted(self):
        contract = self._contract()
        contract.action_start()
        with self.assertRaisesRegex(UserError, rf"{contract.name} was started"):
            contract.unlink()
        self._contract().unlink()

    def test_a_contract_ends_by_days_and_closes_with_its_last_invoice(self):
        contract = self._contract(date_start=date(2026, 8, 1))
        contract.action_start()
        self._bill(date(2026, 8, 1))
        contract._terminate(date(2026, 9, 15), date(2026, 8, 20))
        self.assertEqual(contract.state, 'running')
        run = self._bill(date(2026, 9, 1))
        self.assertEqual(run.line_ids.invoice_id.amount_untaxed, 50.0)
        self.assertIn("15/30 days", run.line_ids.invoice_id.invoice_line_ids.name)
        self.assertEqual(contract.state, 'running', "its last day is still to come")
        self._bill(date(2026, 9, 16))
        self.assertEqual(contract.state, 'closed')

    def test_a_closed_contract_whose_last_invoice_was_deleted_owes_it_again(self):
        contract = self._contract(date_start=date(2026, 7, 1), date_end=date(2026, 7, 31))
        contract._start(date(2026, 7, 1))
        invoice = self._bill(date(2026, 7, 1)).line_ids.invoice_id
        self._bill(date(2026, 8, 1))
        self.assertEqual(contract.state, 'closed')
        invoice.button_draft()
        invoice.unlink()
        self.assertEqual(self._bill(date(2026, 8, 2)).line_ids.invoice_id.amount_untaxed, 100.0)

    def test_a_mandate_of_another_customer_is_refused(self):
        other = self._customer("Other Customer")
        with self.assertRaisesRegex(ValidationError, "“Mandate”.*is a mandate of Atelier Durand"):
            self._contract(partner=other, mandate_id=self.mandate.id)

    def test_versions_stay_in_the_place_of_their_line(self):
        lines = [
            Command.create({'product_id': self.service.id, 'name': name, 'price_unit': 10.0}) for name in ("One", "Two")
        ]
        contract = self._contract(date_start=date(2026, 9, 1), line_ids=lines)
        contract._start(date(2026, 9, 1))
        contract._amend(
            'quantity',
            date(2026, 9, 11),
            date(2026, 9, 11),
            lines=[(contract.line_ids[0], {'quantity': 2.0})],
            added=[{'product_id': self.service.id, 'name': "Three", 'price_unit': 5.0}],
        )
        self.assertEqual(contract.line_ids.sorted().mapped('name'), ["One", "One", "Two", "Three"])

    def test_an_end_before_what_is_billed_is_credited(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract.action_start()
        bill = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        contract._terminate(date(2026, 9, 15), date(2026, 9, 1))
        credit = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 50.0))
        self.assertEqual(credit.reversed_entry_id, bill)
        self._bill(date(2026, 9, 16))
        self.assertEqual(contract.state, 'closed')

    def test_moving_the_end_plans_the_unbilled_periods_anew(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract.action_start()
        contract._terminate(date(2026, 9, 15), date(2026, 9, 1))
        self.assertEqual(contract.period_ids.mapped('date_end'), [date(2026, 9, 15)])
        contract._withdraw_termination(date(2026, 9, 1))
        self.assertEqual(
            contract.period_ids.sorted('date_start').mapped('date_end'), [date(2026, 9, 30), date(2026, 10, 31)]
        )

    def test_days_after_a_short_last_period_are_owed_when_the_end_moves(self):
        contract = self._contract(date_start=date(2026, 9, 1), date_end=date(2026, 9, 15))
        contract._start(date(2026, 9, 1))
        self._bill(date(2026, 9, 1))
        until = date(2026, 9, 30)
        contract._change(date(2026, 9, 1), date(2026, 9, 1), terms=contract._extension(until))
        rest = contract.period_ids.filtered(lambda period: period.state == 'planned')
        self.assertEqual((rest.date_start, rest.date_end), (date(2026, 9, 16), date(2026, 9, 30)))
        self._bill(date(2026, 9, 16))
        self.assertEqual(contract._invoices().mapped('amount_untaxed'), [50.0, 50.0])
        running = self._contract(date_start=date(2026, 9, 1), date_end=date(2026, 9, 20))
        running._start(date(2026, 9, 1))
        running.line_ids._unguarded().date_end = date(2026, 9, 30)
        running._change(date(2026, 9, 1), date(2026, 9, 1), terms=running._extension(until))
        self._bill(date(2026, 9, 1))
        self.assertEqual(running._invoices().amount_untaxed, 100.0)

    def test_an_invoiced_line_is_ended_not_deleted(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract.action_start()
        self._bill(date(2026, 9, 1))
        with self.assertRaisesRegex(UserError, rf"{contract.name} is running: line Hosting can no.*Press “Change…”"):
            contract.line_ids.unlink()

    def test_a_customer_with_a_mandate_pays_by_direct_debit_unless_told_otherwise(self):
        self.assertEqual(
            self.env['billing.contract'].new({'partner_id': self.customer.id}).payment_method_line_id, self.sdd
        )
        other = self.env['billing.contract'].new({'partner_id': self._customer("Cabinet Morel").id})
        self.assertFalse(other.payment_method_line_id)

    def test_a_service_with_the_tax_on_goods_is_flagged(self):
        contract = self._contract()
        self.assertFalse(contract.tax_warning)
        contract.line_ids._unguarded().tax_ids = (
            self.env['account.chart.template'].with_company(self.company).ref('tva_normale')
        )
        self.assertEqual(contract.tax_warning, "Hosting (20% G)")

    def test_late_invoices_show_on_the_contract(self):
        contract = self._contract(date_start=date(2026, 8, 1), debit=False)
        contract._start(date(2026, 8, 1))
        self._bill(date(2026, 8, 1))
        self.assertEqual(contract.late_amount, 120.0)

    def test_a_negative_line_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "negative"):
            self._contract(price=-1.0)

    def test_a_wrong_start_is_taken_back_while_nothing_is_invoiced(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        contract._start(date(2026, 9, 1))
        contract.action_back_to_draft()
        self.assertEqual((contract.state, len(contract.period_ids)), ('draft', 0))
        contract._start(date(2026, 9, 1))
        invoice = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        with self.assertRaisesRegex(UserError, rf"{contract.name} was invoiced in .*{invoice.name}"):
            contract.action_back_to_draft()
        self.assertEqual(contract.state, 'running')

    def test_terms_come_from_the_customer_before_the_plan(self):
        month, at_once = (self.env.ref(f'account.account_payment_term_{name}') for name in ('30days', 'immediate'))
        by_hand = self.bank_journal.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'manual')
        plan = self.env['billing.plan'].create(
            {
                'name': "Monthly",
                'company_id': self.company.id,
                'payment_term_id': month.id,
                'payment_method_line_id': by_hand.id,
            },
        )
        other = self._customer("Cabinet Morel")
        contract = self._contract(other, plan_id=plan.id, payment_method_line_id=by_hand.id)
        self.assertEqual(contract.payment_term_id, month)
        cases = (
            (other, {}, by_hand, "the plan's, where the customer has none"),
            (self.customer, {}, self.sdd, "the customer's mandate comes first"),
            (other, {'property_payment_term_id': at_once.id}, by_hand, "the customer's terms come first"),
        )
        for customer, values, method, why in cases:
            with self.subTest(why):
                customer.write(values)
                draft = self.env['billing.contract'].new({'partner_id': customer.id, 'plan_id': plan.id})
                self.assertEqual(draft.payment_method_line_id, method)
                self.assertEqual(draft.payment_term_id, at_once if values else month)

    def test_slips_of_the_pen_are_refused(self):
        for values, field in (
            ({'invoice_offset': 99999999}, "Invoice Days After"),
            ({'recurrence_unit': 'year', 'recurrence_interval': 9999}, "Every"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, rf"C\d+.*{field}"):
                self._contract(**values)
        with self.assertRaisesRegex(ValidationError, "negative"):
            self._contract(price=-1.0, quantity=-1.0)
        contract = self._contract(date_start=date(2026, 1, 1))
        contract.line_ids.billed_until = date(2026, 3, 31)
        with self.assertRaisesRegex(ValidationError, "Already Billed Until"):
            contract.date_start = date(2026, 6, 1)
