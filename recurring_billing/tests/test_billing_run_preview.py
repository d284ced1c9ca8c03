import random
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRunPreview(BillingCommon):
    """A preview equals its result, and says what stands in the way of it."""

    # === WHAT STANDS IN THE WAY === #

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
        contract.line_ids._unguarded().product_id = product
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
                lambda contract: contract.line_ids._unguarded().write({'tax_ids': goods.ids}),
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
                lambda contract: contract._unguarded().write({'fiscal_position_id': foreign.id}),
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
        contract._unguarded().line_ids = [
            Command.create({'product_id': self.service.id, 'name': "Support", 'price_unit': 0.0})
        ]

    def _debit_without_mandate(self, contract):
        contract._unguarded().payment_method_line_id = self.sdd

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

    # === PREVIEW AND RESULT === #

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
            contracts.line_ids._unguarded().date_end = False
