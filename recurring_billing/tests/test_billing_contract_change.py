from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingContractChange(BillingCommon):
    """A person changes a running contract, sees the effect, and confirms it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.user = new_test_user(cls.env, 'billing_user', 'recurring_billing.group_user', **company)
        cls.invoicing = new_test_user(cls.env, 'invoicing', 'account.group_account_invoice', **company)

    # === HELPERS === #

    def _hosting(self, **values):
        """A contract at 90.00 a month from 1 September, whose first month is billed."""
        contract, _bill = self._september(price=90.0, **values)
        return contract

    def _wizard(self, contract, action='change', **values):
        return self.env['billing.contract.change'].create({'contract_id': contract.id, 'action': action, **values})

    def _on(self, day):
        return {'when': 'date', 'date': day}

    def _confirmed(self, wizard):
        """The amendment that ``wizard`` makes, after a look at its effect that must come true to the cent."""
        contract = wizard.contract_id
        effect = contract._effect(lambda: wizard._apply(TODAY), TODAY)
        count = len(contract.amendment_ids)
        wizard.action_see_effect()
        self.assertEqual(len(contract.amendment_ids), count, "a look writes nothing")
        wizard.action_confirm()
        amendment = contract.amendment_ids.sorted('id')[-1]
        self.assertEqual(effect.summary, amendment.summary.splitlines())
        self.assertEqual((effect.mrr_before, effect.mrr_after), (amendment.mrr_before, amendment.mrr_after))
        invoices = self._billed_on(TODAY, contract)
        sign = [-1 if move.move_type == 'out_refund' else 1 for move in invoices]
        self.assertEqual(
            [(doc.untaxed, doc.tax, doc.total) for doc in effect.after.documents],
            [
                (sign * move.amount_untaxed, sign * move.amount_tax, sign * move.amount_total)
                for sign, move in zip(sign, invoices, strict=True)
            ],
        )
        self.assertEqual(
            [[net for _text, net in doc.rows] for doc in effect.after.documents],
            [
                [sign * net for net in move.invoice_line_ids.mapped('price_subtotal')]
                for sign, move in zip(sign, invoices, strict=True)
            ],
        )
        self._assert_ahead(contract, effect.after.ahead[:2])
        return amendment, effect

    def _assert_ahead(self, contract, expected):
        for day, total in expected:
            with freeze_time(day):
                moves = self._billed_on(day, contract)
            self.assertEqual(sum(moves.mapped('amount_total')), total, day)

    # === EACH KIND OF CHANGE === #

    def test_a_quantity_raised_within_the_period_is_shown_and_billed(self):
        contract = self._hosting()
        wizard = self._wizard(contract)
        self.assertEqual((wizard.when, wizard.date), ('today', TODAY))
        self.assertEqual(wizard.line_ids.mapped('name'), ["Hosting"])
        wizard.line_ids.quantity = 2.0
        wizard.reason = "A second server"
        amendment, effect = self._confirmed(wizard)
        self.assertEqual((amendment.kind, amendment.date, amendment.reason), ('quantity', TODAY, "A second server"))
        document = effect.after.documents[0]
        self.assertEqual([net for _text, net in document.rows], [-48.0, 96.0])
        self.assertIn("(16/30 days of 2 × 90.00", document.rows[1][0])
        self.assertEqual((document.untaxed, document.tax, document.total), (48.0, 9.6, 57.6))
        self.assertEqual(effect.ahead[0], (date(2026, 10, 1), 108.0, 216.0))
        self.assertEqual((effect.mrr_before, effect.mrr_after), (90.0, 180.0))

    def test_a_price_below_a_cent_is_told_in_full(self):
        """An invoice that says 0.01 where 0.0125 is meant says a wrong unit price (CGI ann. II art. 242 nonies A)."""
        self.env['decimal.precision'].search([('name', '=', 'Product Price')]).digits = 4
        contract = self._hosting()
        wizard = self._wizard(contract)
        wizard.line_ids.write({'quantity': 1000.0, 'price_unit': 0.0125})
        amendment, effect = self._confirmed(wizard)
        self.assertIn("(16/30 days of 1,000 × 0.0125", effect.after.documents[0].rows[1][0])
        self.assertIn("Price 90.00\xa0€ → 0.0125\xa0€", amendment.summary)
        report = self.env['ir.actions.report']
        html, _kind = report._render_qweb_html('recurring_billing.billing_contract_document', contract.ids)
        self.assertIn("0.0125\xa0€", html.decode())

    def test_each_change_is_an_amendment_of_its_kind(self):
        other = self._create_product(name="Cloud", type='service', lst_price=120.0, taxes_id=self.service.taxes_id)

        def swap(wizard):
            wizard.line_ids.product_id = other

        def ended(wizard):
            wizard.line_ids.is_ended = True
            wizard.added_ids = [Command.create({'product_id': other.id})]

        cases = (
            ('price', TODAY, lambda wizard: wizard.line_ids.write({'price_unit': 60.0}), (90.0, 60.0)),
            ('discount', date(2026, 10, 1), lambda wizard: wizard.line_ids.write({'discount': 10.0}), (90.0, 81.0)),
            ('product', date(2026, 9, 20), swap, (90.0, 120.0)),
            ('lines', date(2026, 9, 5), ended, (90.0, 120.0)),
            (
                'new_line',
                TODAY,
                lambda wizard: wizard.write({'added_ids': [Command.create({'product_id': other.id, 'quantity': 2})]}),
                (90.0, 330.0),
            ),
            ('payment', TODAY, lambda wizard: wizard.write({'payment_method_line_id': False}), (90.0, 90.0)),
        )
        for kind, day, edit, mrr in cases:
            with self.subTest(kind):
                contract = self._hosting()
                wizard = self._wizard(contract, **self._on(day))
                edit(wizard)
                amendment, effect = self._confirmed(wizard)
                self.assertEqual((amendment.kind, amendment.date), (kind, day))
                self.assertEqual((effect.mrr_before, effect.mrr_after), mrr)

    def test_a_swapped_product_comes_with_its_unit(self):
        hour, unit = self.env.ref('uom.product_uom_hour'), self.service.uom_id
        advice = self._create_product(name="Advice", type='service', lst_price=80.0, uom_id=hour.id)
        for how in ("dialog", "call"):
            with self.subTest(how):
                contract = self._hosting()
                if how == "dialog":
                    wizard = self._wizard(contract, **self._on(date(2026, 10, 1)))
                    wizard.line_ids.product_id = advice
                    wizard.action_confirm()
                else:
                    line = {'id': contract.line_ids.id, 'product_id': advice.id}
                    contract.change({'date': '2026-10-01', 'lines': [line]})
                self.assertEqual(contract.amendment_ids.kind, 'product')
                self.assertEqual(contract.line_ids.product_uom_id, unit + hour)
                bill = self._billed_on(date(2026, 10, 1), contract)
                self.assertEqual(bill.invoice_line_ids.product_uom_id, hour)
                self.assertIn("Unit Units → Hours", contract.amendment_ids.summary)

    def test_a_way_of_payment_does_not_wait(self):
        contract = self._hosting()
        wizard = self._wizard(contract, payment_method_line_id=False, **self._on(date(2026, 10, 1)))
        message = f"{contract.name}, field “From”: “Paid By” .*cannot wait for 10/01/2026. Choose 09/15/2026"
        with self.assertRaisesRegex(UserError, message):
            wizard.action_see_effect()
        self._wizard(contract, payment_method_line_id=False).action_confirm()
        self.assertFalse(contract.payment_method_line_id)

    def test_a_line_is_ended_as_the_browser_does_it(self):
        contract = self._started(date_start=date(2026, 9, 1))
        form = Form(self.env['billing.contract.change'].with_context(default_contract_id=contract.id))
        with form.line_ids.edit(0) as row:
            row.is_ended = True
        form.save().action_confirm()
        self.assertEqual(contract.amendment_ids.kind, 'end_line')

    def test_a_line_that_ends_is_credited(self):
        contract = self._hosting()
        self._add_line(contract, date_start=date(2026, 9, 1))
        self._bill(TODAY)
        wizard = self._wizard(contract, **self._on(date(2026, 9, 21)))
        wizard.line_ids.filtered(lambda row: row.name == "Backup").is_ended = True
        amendment, effect = self._confirmed(wizard)
        self.assertEqual(amendment.kind, 'end_line')
        self.assertTrue(effect.after.documents[0].is_credit_note)
        self.assertEqual(effect.after.documents[0].untaxed, -10.0)

    def test_a_frequency_comes_with_the_next_period_at_the_price_of_its_length(self):
        contract = self._hosting()
        with Form(self.env['billing.contract.change'].with_context(default_contract_id=contract.id)) as form:
            form.frequency = 'quarterly'
            self.assertEqual((form.when, form.date), ('next_period', date(2026, 10, 1)))
            with form.line_ids.edit(0) as row:
                self.assertEqual(row.price_unit, 270.0)
                row.price_unit = 250.0
        wizard = form.record
        amendment, effect = self._confirmed(wizard)
        self.assertEqual(amendment.kind, 'frequency')
        self.assertEqual((effect.mrr_before, effect.mrr_after), (90.0, 83.33))
        self.assertEqual(effect.ahead[:2], [(date(2026, 10, 1), 108.0, 300.0), (date(2026, 11, 1), 108.0, None)])

    def test_a_pause_and_its_end_are_shown_and_billed(self):
        contract = self._hosting()
        pause, effect = self._confirmed(
            self._wizard(contract, 'pause', **self._on(date(2026, 9, 21)), date_until=date(2026, 10, 31))
        )
        self.assertEqual((pause.kind, pause.date_until), ('pause', date(2026, 10, 31)))
        self.assertEqual(effect.after.documents[0].untaxed, -30.0)
        self.assertEqual(effect.ahead[0], (date(2026, 10, 1), 108.0, None))
        with freeze_time('2026-09-25'):
            contract._turn(date(2026, 9, 25))
            self.assertEqual(contract.state, 'paused')
            wizard = self._wizard(contract, 'resume', when='today')
            wizard.action_confirm()
        self.assertEqual(contract.state, 'running')
        self.assertEqual((contract.amendment_ids - pause).summary, "Resumed on 09/25/2026")

    def test_an_amendment_is_undone_after_a_look_at_the_effect(self):
        contract = self._hosting()
        wizard = self._wizard(contract)
        wizard.line_ids.quantity = 2.0
        wizard.action_confirm()
        amendment = contract.amendment_ids
        self._bill(TODAY)
        action = amendment.action_see_undo()
        self.assertEqual(amendment.state, 'applied')
        undo = self.env['billing.contract.change'].browse(action['res_id'])
        self.assertIn("57.60", undo.effect)
        undo.reason = "Ordered by mistake"
        undoing, effect = self._confirmed(undo)
        self.assertEqual((undoing.kind, undoing.reason, amendment.state), ('undo', "Ordered by mistake", 'undone'))
        self.assertEqual(effect.after.documents[0].total, -57.6)

    # === WHAT THE DIALOG PROPOSES === #

    def test_what_was_typed_stays_where_the_day_is_moved(self):
        contract = self._hosting()
        with Form(self.env['billing.contract.change'].with_context(default_contract_id=contract.id)) as form:
            with form.line_ids.edit(0) as row:
                row.quantity = 3.0
                row.price_unit = 80.0
            form.when = 'next_period'
            with form.line_ids.edit(0) as row:
                self.assertEqual((row.quantity, row.price_unit), (3.0, 80.0))
        self.assertEqual(form.record.line_ids.mapped('quantity'), [3.0])

    def test_the_lines_are_those_of_the_chosen_day(self):
        contract = self._hosting()
        contract._amend('quantity', date(2026, 10, 1), TODAY, lines=[(contract.line_ids, {'quantity': 5.0})])
        contract._amend('new_line', date(2026, 11, 1), TODAY, added=[{'product_id': self.service.id, 'name': "Later"}])
        wizard = self._wizard(contract)
        for day, rows in (
            (date(2026, 9, 20), [("Hosting", 1.0)]),
            (date(2026, 10, 20), [("Hosting", 5.0)]),
            (date(2026, 11, 2), [("Hosting", 5.0), ("Later", 1.0)]),
        ):
            with self.subTest(day):
                wizard.write(self._on(day))
                self.assertEqual(wizard.line_ids.mapped(lambda row: (row.name, row.quantity)), rows)

    def test_a_day_outside_the_contract_is_named_and_what_was_typed_stays(self):
        contract = self._hosting(date_end=date(2026, 12, 31))
        outside = "10/15/2025 is outside the contract, which runs from 09/01/2026 to 12/31/2026"
        with Form(self.env['billing.contract.change'].with_context(default_contract_id=contract.id)) as form:
            with form.line_ids.edit(0) as row:
                row.quantity = 3.0
            form.when = 'date'
            for day, fault in ((date(2025, 10, 15), outside), (date(2027, 1, 1), "01/01/2027 is outside")):
                form.date = day
                self.assertIn(fault, form.day_fault)
                with form.line_ids.edit(0) as row:
                    self.assertEqual((row.name, row.quantity), ("Hosting", 3.0))
        with self.assertRaisesRegex(UserError, "01/01/2027 is outside the contract"):
            form.record.action_see_effect()
        form.record.date = date(2026, 10, 1)
        self.assertFalse(form.record.day_fault)
        form.record.action_confirm()
        self.assertEqual(contract.amendment_ids.kind, 'quantity')

    def test_an_effect_that_is_another_one_by_now_is_shown_again(self):
        """Someone else lowers the price between the look and the answer."""
        contract = self._hosting()
        wizard = self._wizard(contract)
        wizard.line_ids.quantity = 2.0
        wizard.action_see_effect()
        contract._amend('price', TODAY, TODAY, lines=[(contract.line_ids, {'price_unit': 60.0})])
        seen = wizard.effect
        action = wizard.action_confirm()
        self.assertEqual((action['res_model'], action['target']), (wizard._name, 'new'))
        self.assertEqual(len(contract.amendment_ids), 1, "asked again, not done")
        self.assertTrue(wizard.is_effect_new)
        self.assertNotEqual(wizard.effect, seen)
        wizard.action_confirm()
        self.assertEqual(len(contract.amendment_ids), 2)

    def test_a_look_of_yesterday_is_not_confirmed_today(self):
        contract = self._hosting()
        wizard = self._wizard(contract)
        wizard.line_ids.quantity = 2.0
        wizard.action_see_effect()
        with freeze_time('2026-09-16'):
            wizard.action_confirm()
            self.assertFalse(contract.amendment_ids)
            wizard.action_confirm()
        self.assertEqual(contract.amendment_ids.date, TODAY, "from the day that the dialog shows")

    def test_the_effect_tells_the_revenue_of_the_day_that_matters(self):
        """Twice 60.00 a month on the 15th: 2 x 90.00 on the day of the change is no longer of interest."""
        contract = self._hosting()
        line = contract.line_ids
        first = contract._amend('quantity', date(2026, 9, 5), TODAY, lines=[(line, {'quantity': 2.0})])
        contract._amend('price', date(2026, 9, 10), TODAY, lines=[(line, {'price_unit': 60.0})])
        effect = contract._effect(lambda: contract._undo(first, TODAY), TODAY)
        self.assertEqual((effect.mrr_day, effect.mrr_before, effect.mrr_after), (TODAY, 120.0, 60.0))
        october = date(2026, 10, 1)
        effect = contract._effect(lambda: contract._amend('pause', october, TODAY), TODAY)
        self.assertEqual((effect.mrr_day, effect.mrr_before, effect.mrr_after), (october, 120.0, 0.0))
        self.assertIn("10/01/2026", contract._render_effect(effect))

    def test_a_discount_larger_than_the_invoice_is_remarked(self):
        contract = self._hosting()
        values = {'contract_id': contract.id, 'name': "Sorry", 'kind': 'amount', 'lasts': 'once'}
        for amount, is_remarked in ((90.0, False), (500.0, True)):
            wizard = self.env['billing.discount.grant'].create({**values, 'amount': amount})
            wizard.action_see_effect()
            self.assertEqual("is larger than what it is taken off, 90.00" in wizard.effect, is_remarked, amount)

    def test_a_set_up_fee_is_not_offered(self):
        contract = self._contract(date_start=date(2026, 9, 1))
        self._add_line(contract, name="Set-up", kind='setup')
        contract._start(TODAY)
        self.assertEqual(self._wizard(contract).line_ids.mapped('name'), ["Hosting"])

    def test_the_notice_links_to_the_amendment(self):
        contract = self._hosting()
        wizard = self._wizard(contract)
        wizard.line_ids.quantity = 2.0
        link = wizard.action_confirm()['params']['links'][0]
        self.assertEqual(link['label'], contract.amendment_ids.display_name)
        self.assertTrue(link['url'].endswith(f"/{contract.amendment_ids.id}"))

    def test_the_form_shows_what_is_agreed_now_and_later(self):
        contract = self._hosting()
        wizard = self._wizard(contract, **self._on(date(2026, 10, 1)))
        wizard.line_ids.quantity = 2.0
        wizard.action_confirm()
        rows = contract.effective_line_ids.mapped(lambda line: (line.effective_from, line.effective_until, line.effect))
        self.assertEqual(
            rows,
            [(date(2026, 9, 1), date(2026, 9, 30), 'now'), (date(2026, 10, 1), False, 'future')],
        )
        self.assertFalse(contract.ended_line_ids)
        with freeze_time('2026-10-02'):
            contract.invalidate_recordset()
            contract.line_ids.invalidate_recordset()
            self.assertEqual(contract.effective_line_ids.quantity, 2.0)
            self.assertEqual(contract.ended_line_ids.quantity, 1.0)

    # === BAD INPUT === #

    def test_wrong_input_is_refused_in_the_dialog(self):
        contract = self._hosting()
        cases = (
            ({}, 'change', "nothing would change"),
            (self._on(date(2026, 8, 1)), 'pause', "is outside the contract"),
            ({**self._on(TODAY), 'date_until': date(2026, 9, 14)}, 'pause', "the pause ends before it begins"),
            ({'frequency': 'yearly', **self._on(TODAY)}, 'change', "in the middle of a period"),
        )
        for values, action, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self._wizard(contract, action, **values).action_see_effect()
        with self.assertRaisesRegex(ValidationError, "Enter 1 to 400"):
            self._wizard(contract, frequency='custom', recurrence_interval=0)
        with self.assertRaisesRegex(ValidationError, "negative"):
            wizard = self._wizard(contract)
            wizard.line_ids.price_unit = -5.0
            wizard.action_see_effect()
        with self.assertRaisesRegex(ValidationError, f"{contract.name}, line Hosting, field “Discount.*150 is refused"):
            self._wizard(contract).line_ids.discount = 150.0
        grant = {'contract_id': contract.id, 'name': "Sorry"}
        for values, message in (
            ({'percent': 150.0}, "“Percentage”: 150"),
            ({'kind': 'amount', 'amount': -5.0}, "below"),
        ):
            with self.assertRaisesRegex(ValidationError, f"{contract.name}, field .*{message}"):
                self.env['billing.discount.grant'].create({**grant, **values})
        self.assertFalse(contract.amendment_ids)

    def test_a_contract_is_not_paid_by_a_debit_that_no_mandate_allows(self):
        contract = self._started(partner=self._customer("Cabinet Morel"), debit=False, date_start=date(2026, 9, 1))
        wizard = self._wizard(contract, payment_method_line_id=self.sdd.id)
        with self.assertRaisesRegex(UserError, "Cabinet Morel has no active mandate"):
            wizard.action_see_effect()

    def test_a_frequency_is_one_that_the_plan_offers(self):
        yearly = Command.create({'recurrence_unit': 'year', 'recurrence_interval': 1})
        plan = self.env['billing.plan'].create({'name': "Monthly", 'frequency_ids': [yearly]})
        contract = self._hosting(plan_id=plan.id)
        with self.assertRaisesRegex(UserError, f"{contract.name}.*Monthly does not offer it. Choose.*Monthly, Yearly"):
            self._wizard(contract, frequency='quarterly').action_see_effect()
        self._wizard(contract, frequency='yearly').action_see_effect()

    def test_the_dialog_shows_what_the_plan_offers_and_what_each_price_becomes(self):
        offers = [('year', 1, 10.0), ('month', 2, 2.0)]
        names = ('recurrence_unit', 'recurrence_interval', 'price_factor')
        rows = [Command.create(dict(zip(names, offer, strict=True))) for offer in offers]
        plan = self.env['billing.plan'].create({'name': "Monthly", 'frequency_ids': rows})
        contract = self._hosting(plan_id=plan.id)
        contract.line_ids._unguarded().plan_line_id = self.env['billing.plan.line'].create(
            {'plan_id': plan.id, 'product_id': self.service.id, 'price_unit': 90.0}
        )
        with Form(self.env['billing.contract.change'].with_context(default_contract_id=contract.id)) as form:
            self.assertEqual(form.offered_frequencies, ['monthly', 'yearly', 'custom'])
            self.assertEqual(
                form.offer_text.splitlines(),
                [
                    "Monthly, as now",
                    "Yearly: Hosting 90.00\xa0€ × 10 = 900.00\xa0€",
                    "every 2 months: Hosting 90.00\xa0€ × 2 = 180.00\xa0€",
                ],
            )
            form.frequency = 'custom'
            self.assertEqual((form.recurrence_unit, form.recurrence_interval), ('month', 2))
        free = self._wizard(self._hosting())
        self.assertEqual((len(free.offered_frequencies), free.offer_text), (5, False))

    def test_days_of_another_century_are_refused(self):
        contract = self._hosting()
        late = f"{contract.name}, field “From”: 01/01/2200 is too far.*Correct the year"
        change = {'date': '2200-01-01', 'added': [{'product_id': self.service.id}]}
        until = {'when': 'today', 'date_until': date(2206, 10, 31)}
        new = self.env['billing.contract.change'].with_context(default_contract_id=contract.id)

        def typed():
            form = Form(new)
            form.when = 'date'
            form.date = date(9999, 12, 31)

        cases = (
            (lambda: self._wizard(contract, **self._on(date(2200, 1, 1))).action_see_effect(), late),
            (lambda: contract.change(change), late),
            (lambda: self._wizard(contract, 'pause', **until).action_see_effect(), "field “Until”: 10/31/2206"),
            (typed, "field “From”: 12/31/9999"),
            (lambda: self._contract(date_start=date(9999, 12, 31)), "New contract, field “Start”: 12/31/9999"),
            (lambda: self._contract(date_start=date(202, 9, 1)), "field “Start”"),
            (lambda: self._contract().write({'date_end': date(9999, 12, 31)}), "field “End”: 12/31/9999"),
            (lambda: setattr(Form(self.env['billing.contract']), 'date_start', date(9999, 12, 31)), "field “Start”"),
        )
        for attempt, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                attempt()
        self.assertFalse(contract.amendment_ids)

    def test_no_door_lets_a_way_of_payment_wait(self):
        contract, october = self._hosting(), date(2026, 10, 1)
        for terms in ({'payment_method_line_id': False}, {'mandate_id': False}):
            with self.assertRaisesRegex(UserError, "hold at once.*cannot wait for 10/01/2026"):
                contract._amend('payment', october, TODAY, terms=terms)

    def test_only_started_contracts_are_changed_by_the_dialog(self):
        with self.assertRaisesRegex(UserError, "only possible while it is “Running / Paused”"):
            self._contract().action_change()

    def test_who_may_not_keep_contracts_may_not_change_them(self):
        contract = self._hosting()
        for attempt in (
            lambda: self.env['billing.contract.change'].with_user(self.invoicing).create({'contract_id': contract.id}),
            lambda: contract.with_user(self.invoicing)._amend('pause', TODAY, TODAY),
            lambda: contract.with_user(self.invoicing).change({'date': '2026-10-01', 'added': [{}]}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        wizard = self.env['billing.contract.change'].with_user(self.user).create({'contract_id': contract.id})
        wizard.line_ids.quantity = 2.0
        wizard.action_see_effect()
        wizard.action_confirm()
        self.assertEqual(contract.amendment_ids.create_uid, self.user)

    # === WHAT IS NOT TYPED OVER === #

    def test_what_a_started_contract_agrees_is_not_typed_over(self):
        contract = self._hosting()
        line = contract.line_ids
        new = {'product_id': self.service.id, 'name': "Backup"}
        name = contract.name
        cases = (
            (lambda: line.write({'quantity': 2.0}), f"{name} is running: Quantity of line Hosting.*Change…"),
            (lambda: line.write({'date_end': TODAY}), "Until of line Hosting"),
            (lambda: line.write({'tax_ids': False}), "Tax.* of line Hosting"),
            (lambda: contract.write({'line_ids': [Command.create(new)]}), "line Backup can no longer be added"),
            (lambda: contract.write({'line_ids': [Command.delete(line.id)]}), "Hosting can no longer be added or del"),
            (lambda: contract.write({'date_end': TODAY}), f"{name} is running: End can no longer.*Terminate…"),
            (lambda: contract.write({'payment_method_line_id': False}), "Paid By can no longer"),
            (lambda: contract.write({'mandate_id': False}), "Mandate can no longer"),
        )
        for attempt, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                attempt()
        contract.line_ids = [Command.create({'display_type': 'line_note', 'name': "Called on Monday", 'quantity': 0})]

    def test_nothing_comes_into_a_started_contract_by_another_door(self):
        contract, draft = self._hosting(), self._contract()
        contract.line_ids = [Command.create({'display_type': 'line_note', 'name': "Called on Monday"})]
        note = contract.line_ids.filtered('display_type')
        note.write({'name': "Called on Tuesday", 'sequence': 3})
        bills = {'display_type': False, 'product_id': self.service.id, 'quantity': 1.0, 'price_unit': 7.0}
        line = contract.line_ids - note
        cases = (
            (lambda: draft.line_ids.write({'contract_id': contract.id}), "Contract of line Hosting"),
            (lambda: line.write({'contract_id': draft.id}), "Contract of line Hosting"),
            (lambda: note.write(bills), "Display Type, Price, Product, Quantity of line"),
            (lambda: line.write({'sequence': 3}), "Sequence of line Hosting"),
        )
        for attempt, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                attempt()

    def test_terms_that_lines_are_billed_by_are_frozen_with_a_remedy(self):
        contract = self._hosting()
        foreign = self.env['account.fiscal.position'].create({'name': "Foreign"})
        cases = (
            ({'fiscal_position_id': foreign.id}, "Fiscal Position can no longer be changed.*taxes of each line"),
            ({'pricelist_id': self._pricelist((80.0, False, False)).id}, "Pricelist can no longer.*add them anew"),
            ({'revision': 'percent', 'revision_percent': 5.0}, "Price Revision can no longer.*start a new one"),
            ({'revision_base': 120.0}, "Index at Base can no longer"),
        )
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, f"{contract.name}.*{message}"):
                contract.write(values)
        contract._unguarded().fiscal_position_id = foreign
        self.assertEqual(contract.line_ids.tax_ids, self.vat_on_receipts, "agreed until an amendment says otherwise")

    def test_a_closed_contract_names_another_remedy(self):
        contract = self._hosting()
        contract._set_state('closed')
        with self.assertRaisesRegex(UserError, "is closed: .*create a new contract"):
            contract.line_ids.quantity = 2.0
