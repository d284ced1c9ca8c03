from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common_late import LateCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingAgreements(LateCommon):
    """Promises and disputes about an invoice of 120.00 that is due since 1 September."""

    def setUp(self):
        super().setUp()
        self.invoice = self._late_invoice()
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        self.case = self.invoice.billing_dunning_case_id
        self.item = self.invoice.billing_dunning_item_ids
        self.clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)

    def _promise(self, **values):
        return self.env['billing.promise'].create({'case_id': self.case.id, 'date': date(2026, 9, 30), **values})

    def _dispute(self, **values):
        return self.env['billing.dispute'].create({'move_id': self.invoice.id, **values})

    # === PROMISES === #

    def test_a_promise_silences_until_its_day_and_is_kept_by_the_payment(self):
        promise = self._promise()
        self.assertEqual((promise.amount, promise.move_ids, promise.user_id), (120.0, self.invoice, self.env.user))
        self.assertEqual(self.item.reason, "silent: promised for 09/30/2026")
        self.assertFalse(self._run_reminders(date(2026, 9, 30)))
        with freeze_time('2026-09-28'):
            self._pay_by_bank(self.invoice, date(2026, 9, 28), 120.0)
        self.assertEqual((promise.state, promise.paid), ('kept', 120.0))
        self.assertIn("120.00", self.case.message_ids.filtered(lambda m: "Promise" in m.body)[0].body)

    def test_a_promise_of_a_part_is_kept_by_that_part(self):
        promise = self._promise(amount=50.0)
        self._pay_by_bank(self.invoice, date(2026, 9, 20), 49.0)
        self.assertEqual(promise.state, 'open')
        self._pay_by_bank(self.invoice, date(2026, 9, 21), 1.0)
        self.assertEqual(promise.state, 'kept')

    def test_what_was_paid_before_or_credited_keeps_no_promise(self):
        self._pay_by_bank(self.invoice, date(2026, 9, 20), 60.0)
        promise = self._promise(amount=60.0)
        self.assertEqual(promise.paid, 0.0)
        credit = self._reverse(self.invoice)
        credit.invoice_line_ids.price_unit = 10.0
        credit.action_post()
        self.assertEqual((promise.paid, promise.state), (0.0, 'open'))

    def test_a_broken_promise_lets_the_reminders_go_on_the_day_after(self):
        promise = self._promise()
        self._pay_by_bank(self.invoice, date(2026, 9, 21), 119.0)
        self.assertFalse(self._run_reminders(date(2026, 9, 30)))
        self.assertEqual(promise.state, 'open')
        self.assertTrue(self._run_reminders(date(2026, 10, 1)))
        self.assertEqual(promise.state, 'broken')

    def test_promises_beyond_the_limits_need_a_manager(self):
        promises = self.env['billing.promise'].with_user(self.clerk)
        values = {'case_id': self.case.id, 'date': date(2026, 10, 5)}
        with self.assertRaisesRegex(UserError, "14 days ahead, not 15"), self.cr.savepoint():
            promises.create(values)
        self._promise(date=date(2026, 10, 5))
        self.company.billing_promise_count = 1
        self._run_reminders(date(2026, 10, 6))
        with self.assertRaisesRegex(UserError, "has broken 1 promises: agree on a payment plan"), self.cr.savepoint():
            promises.create({**values, 'date': date(2026, 9, 25)})

    def test_promises_that_make_no_sense_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "lies before"), self.cr.savepoint():
            self._promise(date=date(2026, 9, 19))
        with self.assertRaisesRegex(ValidationError, "above zero"), self.cr.savepoint():
            self._promise(amount=-1.0)
        with self.assertRaisesRegex(UserError, "cancel them"), self.cr.savepoint():
            self._promise().sudo().unlink()

    def test_a_cancelled_promise_lets_the_reminders_go_on(self):
        self._promise().action_cancel()
        self.assertEqual(self.item.step, 'due')

    def test_a_promised_invoice_is_not_debited_before_its_day(self):
        invoice = self._late_invoice(self._customer("Garage Noel"), debit=False)
        invoice.preferred_payment_method_line_id = self.sdd
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        case = invoice.billing_dunning_case_id
        self.env['billing.promise'].create({'case_id': case.id, 'date': date(2026, 9, 30)})
        lines = self.env['account.move.line']
        self.assertNotIn(invoice, lines._billing_collectable_lines(self.company, date(2026, 9, 30)).move_id)
        self.assertIn(invoice, lines._billing_collectable_lines(self.company, date(2026, 10, 1)).move_id)

    # === DISPUTES === #

    def test_a_disputed_invoice_is_left_alone_until_it_is_answered(self):
        dispute = self._dispute(reason='price')
        self.assertEqual((dispute.amount, dispute.deadline), (120.0, date(2026, 10, 4)))
        self.assertEqual(dispute.activity_ids.date_deadline, date(2026, 10, 4))
        self.assertEqual(self.item.reason, "silent: disputed since 09/20/2026")
        self.assertFalse(self._run_reminders(date(2026, 10, 20)))
        self.assertEqual(self.case.amount_disputed, 120.0)
        dispute.write({'outcome': 'maintained', 'answer': "The price is that of the contract."})
        with freeze_time('2026-09-26'):
            dispute.action_close()
        self.assertEqual((dispute.state, dispute.days_to_answer), ('closed', 6))
        self.assertFalse(dispute.activity_ids)
        self.assertTrue(self._run_reminders(date(2026, 9, 26)))

    def test_a_part_in_dispute_is_not_claimed_and_the_rest_is(self):
        self._dispute(amount=50.0)
        self.assertEqual((self.item.claimed, self.item.residual, self.item.step), (70.0, 120.0, 'due'))
        reminder = self._run_reminders(date(2026, 9, 20))
        self.assertEqual(reminder.amount, 70.0)
        self.assertIn("70.00", reminder.body)
        self.assertNotIn("120.00", reminder.body)

    def test_a_part_in_dispute_is_not_debited_and_the_rest_is(self):
        invoice = self._late_invoice(debit=True)
        self.env['billing.dispute'].create({'move_id': invoice.id, 'amount': 50.0})
        debit = self._collect(date(2026, 10, 15), date(2026, 10, 8)).debit_ids
        self.assertEqual((debit.move_ids, debit.amount), (invoice, 70.0))

    def test_interest_on_what_is_disputed_is_claimed_once_that_is_settled(self):
        dispute = self._dispute(amount=50.0)
        self.assertFalse(self.item._late_interest(date(2026, 9, 20)))
        dispute.outcome = 'maintained'
        dispute.action_close()
        # 19 days at 12.40 % on 120.00
        self.assertEqual(float(self.item._late_interest(date(2026, 9, 20))[self.item].interest), 0.77)

    def test_a_dispute_ends_with_its_outcome_and_a_credit_note_with_its_document(self):
        dispute = self._dispute(amount=60.0)
        with self.assertRaisesRegex(UserError, "choose the outcome"), self.cr.savepoint():
            dispute.action_close()
        dispute.outcome = 'credit'
        with self.assertRaisesRegex(UserError, "post the credit note first"), self.cr.savepoint():
            dispute.action_close()
        self.assertEqual(dispute.action_credit()['context']['active_ids'], self.invoice.ids)
        credit = self._reverse(self.invoice)
        credit.invoice_line_ids.price_unit = 50.0
        credit.action_post()
        self.assertEqual(dispute.credit_move_id, credit)
        dispute.action_close()
        self.assertEqual((dispute.state, self.invoice.amount_residual, self.item.claimed), ('closed', 60.0, 60.0))

    def test_no_more_is_disputed_than_is_due(self):
        for amount in (120.01, -1.0):
            with (
                self.subTest(amount),
                self.assertRaisesRegex(ValidationError, "no more can be disputed"),
                self.cr.savepoint(),
            ):
                self._dispute(amount=amount)
        self._dispute(amount=100.0)
        with self.assertRaisesRegex(ValidationError, "less other disputes"), self.cr.savepoint():
            self._dispute(amount=20.01)
        with self.assertRaisesRegex(ValidationError, "lies before the day"), self.cr.savepoint():
            self._dispute(amount=5.0, deadline=date(2026, 9, 19))
        with self.assertRaisesRegex(UserError, "close them"), self.cr.savepoint():
            self.invoice.billing_dispute_ids.sudo().unlink()

    # === PAYMENT PLANS === #

    def _plan(self, agree=True, **values):
        form = Form(self.env['billing.payment.plan'].with_context(default_case_id=self.case.id))
        for name, value in {'consent': 'mail', **values}.items():
            setattr(form, name, value)
        plan = form.save()
        if agree:
            plan.action_agree()
        return plan

    def _rows(self, plan):
        return [(line.date, line.amount, line.rest, line.state) for line in plan.line_ids.sorted()]

    def test_a_plan_is_proposed_with_live_sums_and_agreed(self):
        form = Form(self.env['billing.payment.plan'].with_context(default_case_id=self.case.id))
        self.assertEqual((form.debt, form.planned, form.difference, len(form.line_ids)), (120.0, 120.0, 0.0, 3))
        form.count = 7
        form.day_of_month = 5
        self.assertEqual((len(form.line_ids), form.planned), (7, 120.0))
        with form.line_ids.edit(6) as last:
            last.amount = 20.0
        self.assertAlmostEqual(form.difference, -2.84)
        plan = form.save()
        with self.assertRaisesRegex(UserError, "the instalments sum to .*122.84.* but .*120.00"), self.cr.savepoint():
            plan.action_agree()
        plan.action_propose()
        with self.assertRaisesRegex(UserError, "upload the signed agreement"), self.cr.savepoint():
            plan.action_agree()
        plan.signed_document = b"c2lnbmVk"
        plan.action_agree()
        self.assertEqual((plan.state, plan.amount, plan.agreed_on), ('agreed', 120.0, date(2026, 9, 20)))
        self.assertTrue(plan.name.startswith("PLAN-2026-"))
        self.assertEqual(plan.line_ids.sorted()[1].date, date(2026, 10, 5))
        self.assertIn("payment plan", self.item.reason)
        with self.assertRaises(UserError):
            plan.line_ids[0].amount = 1.0

    def test_a_kept_plan_is_silent_and_ends_with_its_last_instalment(self):
        plan = self._plan(count=2, first_on=date(2026, 9, 20))
        self._pay_by_bank(self.invoice, date(2026, 9, 20), 60.0)
        self.assertEqual(
            self._rows(plan), [(date(2026, 9, 20), 60.0, 0.0, 'paid'), (date(2026, 10, 20), 60.0, 60.0, 'open')]
        )
        self.assertFalse(self._run_reminders(date(2026, 10, 20)))
        self.assertEqual((plan.paid, plan.rest, plan.next_on), (60.0, 60.0, date(2026, 10, 20)))
        with freeze_time('2026-10-20'):
            self._pay_by_bank(self.invoice, date(2026, 10, 20), 60.0)
        self.assertEqual((plan.state, plan.ended_on), ('kept', date(2026, 10, 20)))

    def test_a_missed_instalment_breaks_the_plan_and_the_reminders_go_on(self):
        plan = self._plan(count=2, first_on=date(2026, 9, 25))
        self.assertFalse(self._run_reminders(date(2026, 9, 28)))
        self.assertEqual(plan.state, 'agreed', "three days of grace")
        with freeze_time('2026-09-29'):
            reminders = self._run_reminders(date(2026, 9, 29))
            self.assertEqual((plan.state, plan.missed), ('broken', 1))
        self.assertEqual(reminders.level_id.name, "First reminder")
        self.assertIn("is broken", " ".join(self.case.activity_ids.mapped('summary')))

    def test_other_payments_lower_what_the_plan_says(self):
        for rule, rests in (('last', [0.0, 40.0, 20.0]), ('spread', [0.0, 30.0, 30.0])):
            with self.subTest(rule), self.cr.savepoint(flush=True) as savepoint:
                plan = self._plan(rule=rule)
                self._pay_by_bank(self.invoice, date(2026, 9, 21), 60.0)
                self.assertEqual([line.rest for line in plan.line_ids.sorted()], rests)
                savepoint.rollback()

    def test_what_cannot_be_in_a_plan_is_refused(self):
        self._plan()
        with self.assertRaisesRegex(UserError, "is in plan PLAN-.* already"), self.cr.savepoint():
            self._plan()
        self.case.plan_ids.filtered(lambda plan: plan.state == 'agreed').action_cancel()
        with self.assertRaisesRegex(UserError, "instalment 1 lies in the past"), self.cr.savepoint():
            self._plan(first_on=date(2026, 9, 19))
        with self.assertRaisesRegex(UserError, "need an active mandate"), self.cr.savepoint():
            plan = self._plan(agree=False)
            plan.method = 'debit'
            plan.action_agree()
        self._dispute(amount=10.0)
        with self.assertRaisesRegex(UserError, "is disputed: answer"), self.cr.savepoint():
            self._plan()
        with self.assertRaisesRegex(UserError, "cannot be paid in 0 instalments"), self.cr.savepoint():
            plan = self._plan(agree=False)
            plan.count = 0
            plan.action_propose()

    def test_an_invoice_in_a_debit_under_way_gets_no_plan(self):
        self.invoice.preferred_payment_method_line_id = self.sdd
        self._collect(date(2026, 10, 15), date(2026, 10, 8))
        with self.assertRaisesRegex(UserError, "is in a debit under way"), self.cr.savepoint():
            self._plan()

    def test_plans_beyond_the_limits_need_a_manager(self):
        self.company.write({'billing_plan_amount': 100.0, 'billing_plan_count': 2})
        plan = self._plan(agree=False)
        with self.assertRaisesRegex(AccessError, "are granted by the role"), self.cr.savepoint():
            plan.with_user(self.clerk).action_agree()
        self.company.billing_plan_amount = 0.0
        with self.assertRaisesRegex(AccessError, "are granted by the role"), self.cr.savepoint():
            plan.with_user(self.clerk).action_agree()
        self.company.billing_plan_count = 3
        plan.with_user(self.clerk).action_agree()
        self.assertEqual((plan.state, plan.agreed_by), ('agreed', self.clerk))

    def test_a_plan_by_debit_collects_each_instalment_on_its_day(self):
        other = self._late_invoice(price=50.0)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        self.assertEqual(other.billing_dunning_case_id, self.case)
        plan = self._plan(count=2, first_on=date(2026, 10, 5), method='debit', mandate_id=self.mandate)
        self.assertEqual([line.amount for line in plan.line_ids], [90.0, 90.0])
        collections = self.env['billing.collection']
        self.assertFalse(collections._prepare_debits(self.company, date(2026, 10, 2), date(2026, 9, 29))[0])
        first, refusals = collections._prepare_debits(self.company, date(2026, 10, 5), date(2026, 9, 29))
        self.assertEqual(([], 90.0), (refusals, first.debit_ids.amount))
        first._generate(date(2026, 9, 29))
        first.action_confirm_sent()
        self.assertEqual(plan.line_ids.sorted().mapped('state'), ['bank', 'open'])
        self._settle(date(2026, 10, 5))
        self.assertEqual([line.rest for line in plan.line_ids.sorted()], [0.0, 90.0])
        second, refusals = collections._prepare_debits(self.company, date(2026, 11, 5), date(2026, 10, 30))
        items = sorted((item.move_id, item.amount) for item in second.debit_ids.item_ids)
        self.assertEqual(([], items), (refusals, sorted([(self.invoice, 30.0), (other, 60.0)])))
        second._generate(date(2026, 10, 30))
        second.action_confirm_sent()
        self._settle(date(2026, 11, 5))
        self.assertEqual((plan.state, self.invoice.amount_residual, other.amount_residual), ('kept', 0.0, 0.0))

    def test_a_returned_instalment_that_is_not_tried_again_breaks_the_plan(self):
        plan = self._plan(count=2, first_on=date(2026, 10, 5), method='debit', mandate_id=self.mandate)
        first = self._collect_plan(date(2026, 10, 5), date(2026, 9, 29))
        self._settle(date(2026, 10, 5))
        with freeze_time('2026-10-08'):
            first.debit_ids._return(date(2026, 10, 8), 'AC04')
        self._run_reminders(date(2026, 10, 8))
        self.assertEqual(plan.state, 'agreed')
        self._run_reminders(date(2026, 10, 9))
        self.assertEqual(plan.state, 'broken')

    def _collect_plan(self, day, today):
        collection, _refusals = self.env['billing.collection']._prepare_debits(self.company, day, today)
        collection._generate(today)
        collection.action_confirm_sent()
        return collection

    def test_a_consumer_pays_no_late_fee_for_instalments(self):
        self.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True
        self._plan()
        self.assertTrue(self.item._late_fees_owed(date(2026, 9, 20)), "a business does")
        self.customer.billing_party_kind = 'consumer'
        self.assertFalse(self.item._late_fees_owed(date(2026, 9, 20)))

    def test_the_agreement_is_a_document_in_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        self.customer.lang = 'fr_FR'
        plan = self._plan(agree=False, count=2, first_on=date(2026, 9, 20))
        page, _kind = self.env['ir.actions.report']._render_qweb_html(
            'recurring_billing.billing_payment_plan_report', plan.ids
        )
        for text in ("20/09/2026", "20/10/2026", self.invoice.name, "Échéancier"):
            self.assertIn(text, page.decode())
        self.assertEqual(plan.action_send()['context']['default_model'], 'billing.payment.plan')

    def test_an_accountant_without_our_roles_pays_credits_and_matches(self):
        """Whoever posts a credit note or registers a payment need not be of the recurring billing."""
        biller = new_test_user(self.env, 'biller', 'account.group_account_invoice', company_id=self.company.id)
        dispute = self._dispute(amount=60.0)
        credit = self._reverse(self.invoice)
        credit.invoice_line_ids.price_unit = 50.0
        credit.with_user(biller).action_post()
        self.assertEqual(dispute.credit_move_id, credit)
        self._promise(amount=10.0)
        self.env['account.payment.register'].with_user(biller).with_context(
            active_model='account.move', active_ids=self.invoice.ids
        ).create({})._create_payments()
        self.assertFalse(self.case.is_open)

    def test_a_clerk_agrees_on_a_plan_after_a_debit_came_back(self):
        self.invoice.preferred_payment_method_line_id = self.sdd
        debit = self._collect(date(2026, 10, 15), date(2026, 10, 8)).debit_ids
        self._settle(date(2026, 10, 15))
        with freeze_time('2026-10-20'):
            debit._return(date(2026, 10, 20), 'AC04')
            plan = (
                self.env['billing.payment.plan']
                .with_user(self.clerk)
                .create({'case_id': self.case.id, 'consent': 'mail', 'first_on': date(2026, 10, 20)})
            )
            plan.action_propose()
            plan.action_agree()
        self.assertTrue(debit.is_overtaken)

    def test_what_an_insolvent_customer_owed_before_the_judgment_is_not_debited(self):
        self.invoice.preferred_payment_method_line_id = self.sdd
        lines = self.env['account.move.line']
        self.assertIn(self.invoice, lines._billing_collectable_lines(self.company, date(2026, 10, 1)).move_id)
        self.customer.billing_insolvency_date = date(2026, 9, 15)
        self.assertFalse(lines._billing_collectable_lines(self.company, date(2026, 10, 1)))

    def test_a_promise_is_not_created_as_kept(self):
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"), self.cr.savepoint():
            self._promise(state='kept')

    def test_a_planned_debit_is_dropped_by_a_promise_and_lowered_by_a_dispute(self):
        for step, expected in ((self._promise, ('dropped', 120.0)), (self._dispute_of_a_part, ('planned', 70.0))):
            with self.subTest(step.__name__), self.cr.savepoint(flush=True) as savepoint:
                self.invoice.preferred_payment_method_line_id = self.sdd
                collection, _refusals = self._prepare(date(2026, 9, 25), date(2026, 9, 20))
                debit = collection.debit_ids
                self.assertEqual((debit.state, debit.amount), ('planned', 120.0))
                step()
                self.assertEqual((debit.state, debit.amount), expected)
                savepoint.rollback()

    def _dispute_of_a_part(self):
        return self._dispute(amount=50.0)

    def test_a_dispute_or_a_judgment_stops_the_debits_of_a_plan(self):
        self._plan(count=2, first_on=date(2026, 10, 5), method='debit', mandate_id=self.mandate)
        due = self._due_item(self.invoice)
        self.assertEqual(float(due._billing_debit_amounts(date(2026, 10, 5))[due]), 60.0)
        dispute = self._dispute(amount=100.0)
        self.assertEqual(float(due._billing_debit_amounts(date(2026, 10, 5))[due]), 20.0)
        dispute.outcome = 'maintained'
        dispute.action_close()
        self.customer.billing_insolvency_date = date(2026, 9, 25)
        self.assertEqual(float(due._billing_debit_amounts(date(2026, 10, 5))[due]), 0.0)

    def test_after_a_broken_plan_by_debit_the_rest_is_not_debited_at_once(self):
        plan = self._plan(count=2, first_on=date(2026, 10, 5), method='debit', mandate_id=self.mandate)
        self.assertEqual(self.invoice.preferred_payment_method_line_id.code, 'billing_sdd')
        self._run_reminders(date(2026, 10, 9))
        self.assertEqual(plan.state, 'broken')
        self.assertFalse(self.invoice.preferred_payment_method_line_id)

    def test_what_is_given_up_honours_neither_plan_nor_promise(self):
        plan = self._plan()
        other = self._late_invoice(self._customer("Garage Noel"))
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        promise = self.env['billing.promise'].create(
            {'case_id': other.billing_dunning_case_id.id, 'date': date(2026, 9, 30)}
        )
        for invoice in (self.invoice, other):
            self.env['billing.write.off'].create({'move_id': invoice.id, 'reason': "Certificate"})
        self.assertEqual((plan.state, promise.state), ('cancelled', 'cancelled'))

    def test_a_consumer_who_honoured_a_plan_owes_no_late_fee_for_it(self):
        self.customer.billing_party_kind = 'consumer'
        plan = self._plan(count=1)
        self._pay_by_bank(self.invoice, date(2026, 9, 20), 120.0)
        self.assertEqual(plan.state, 'kept')
        self.assertEqual(self.item._planned_by_consumers(), self.item)
