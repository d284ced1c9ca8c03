from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingDeposit(BillingCommon):
    """Security deposits asked, collected, given back or kept; advances deducted from what is billed later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.durand = cls.customer.name
        cls.cash_journal = cls.company_data['default_journal_cash']
        chart = cls.env['account.chart.template'].with_company(cls.company)
        cls.damage = cls._create_product(
            name="Repair",
            type='service',
            taxes_id=[Command.set(cls.vat_on_receipts.ids)],
            property_account_income_id=chart.ref('pcg_706').id,
        )

    def _deposit(self, contract, amount=600.0, kind='security', **values):
        return self.env['billing.deposit'].create(
            {'contract_id': contract.id, 'kind': kind, 'amount': amount, **values}
        )

    def _pay(self, invoice, day=TODAY, amount=None):
        wizard = self.env['account.payment.register'].with_context(active_model='account.move', active_ids=invoice.ids)
        values = {'payment_date': day, 'journal_id': self.bank_journal.id}
        if amount:
            values |= {'amount': amount, 'payment_difference_handling': 'open'}
        wizard.create(values)._create_payments()

    def _collected(self, contract, **values):
        deposit = self._deposit(contract, **values)
        invoice = deposit._ask(TODAY)
        self._pay(invoice)
        return deposit, invoice

    def _given(self, deposit):
        return deposit.move_line_ids.move_id.filtered(lambda move: move.move_type == 'out_refund')

    # === SECURITY DEPOSITS === #

    def test_a_security_deposit_is_asked_without_vat_and_collected_by_debit(self):
        contract = self._started(date_start=TODAY)
        deposit = self._deposit(contract)
        self.assertEqual((deposit.state, deposit.tax_ids.ids), ('draft', []))
        deposit.action_ask()
        invoice = deposit.move_line_ids.move_id
        self.assertEntry(invoice, TODAY, [('411100', self.durand, 600.0, 0.0), ('165500', self.durand, 0.0, 600.0)])
        self.assertEqual(invoice.invoice_line_ids.name, f"Security deposit {contract.name}")
        self.assertEqual((deposit.state, deposit.remaining_amount), ('asked', 0.0))
        self.assertEqual(
            (contract.mrr, contract.invoice_count, contract.period_ids.invoice_line_ids.ids), (100.0, 0, [])
        )
        collection = self._collect(date(2026, 9, 10), TODAY)
        self.assertEqual(collection.debit_ids.move_ids, invoice)
        self.assertEqual(deposit.state, 'asked', "collected is what the bank has settled")
        self._settle(date(2026, 9, 10))
        self.assertEqual((deposit.state, deposit.remaining_amount), ('collected', 600.0))
        self.assertFalse(self._cash_basis_entries(invoice))

    def test_its_form_opens_before_a_contract_is_chosen(self):
        contract = self._started(date_start=TODAY)
        form = Form(self.env['billing.deposit'].with_company(self.company))
        form.kind = 'advance'
        form.amount = 100.0
        self.assertFalse(form.tax_ids)
        form.contract_id = contract
        self.assertEqual(form.tax_ids[:], contract.line_ids.tax_ids)
        self.assertEqual(form.save().state, 'draft')
        self.assertFalse(self.env['billing.deposit'].new({}).display_name, "it is new, not “False”")

    def test_a_returned_debit_asks_it_again(self):
        contract = self._started(date_start=TODAY)
        deposit = self._deposit(contract)
        deposit._ask(TODAY)
        collection = self._collect(date(2026, 9, 10), TODAY)
        self._settle(date(2026, 9, 10))
        collection.debit_ids._return(date(2026, 9, 14), 'AM04', None)
        self.assertEqual((deposit.state, deposit.remaining_amount), ('asked', 0.0))

    def test_it_is_given_back_by_a_credit_note(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, invoice = self._collected(contract)
        deposit.action_give_back()
        credit = self._given(deposit)
        self.assertEntry(credit, TODAY, [('411100', self.durand, 0.0, 600.0), ('165500', self.durand, 600.0, 0.0)])
        self.assertEqual((credit.reversed_entry_id, credit.amount_residual), (invoice, 600.0))
        self.assertEqual((deposit.state, deposit.remaining_amount), ('returned', 0.0))
        self.assertEqual(self._balance('165500', TODAY), 0.0)
        with self.assertRaisesRegex(UserError, "Security deposit.*“Given Back”.*only possible while"):
            deposit.action_give_back()

    def test_what_is_kept_is_a_sale_with_vat_that_the_deposit_pays(self):
        """600.00 given back, 240.00 of it kept: 200.00 and 20 % VAT, due at once; 360.00 are left to pay out."""
        contract = self._started(date_start=TODAY, debit=False)
        deposit, _invoice = self._collected(contract, kept_product_id=self.damage.id, kept_reason="Broken door")
        deposit.kept_amount = 240.0
        deposit.action_give_back()
        credit = self._given(deposit)
        self.assertEntry(credit, TODAY, [('411100', self.durand, 0.0, 600.0), ('165500', self.durand, 600.0, 0.0)])
        kept = deposit.move_line_ids.filtered(lambda line: line.billing_kind == 'kept').move_id
        self.assertSale(kept, TODAY, [200.0], 40.0)
        self.assertEqual(kept.invoice_line_ids.name, "Broken door")
        self.assertEqual((credit.amount_residual, kept.amount_residual, deposit.state), (360.0, 0.0, 'kept'))
        self.assertEqual(self._balance('445710', TODAY), -40.0, "VAT falls due as the deposit pays")
        self.assertEqual(contract.mrr, 100.0)
        with self.assertRaisesRegex(UserError, "was invoiced: Kept For, To Keep can no longer be changed"):
            deposit.write({'kept_amount': 1.0, 'kept_product_id': False})

    def test_what_is_kept_is_kept_to_the_cent_at_every_rate(self):
        """No price of whole cents comes to 99.99 with 20 %: 83.33 would make 100.00, 83.32 would make 99.98."""
        contract = self._started(date_start=TODAY, debit=False)
        Tax = self.env['account.tax']
        odd = Tax.create({'name': "19.6 %", 'amount': 19.6, 'type_tax_use': 'sale'})
        city = Tax.create({'name': "1.23 %", 'amount': 1.23, 'type_tax_use': 'sale'})
        included = odd.copy({'name': "19.6 % included", 'price_include_override': 'tax_included'})
        cases = [  # taxes, kept, net
            (self.vat_on_receipts, 99.99, 83.32),
            (self.vat_on_receipts, 0.03, 0.02),
            (odd, 77.77, 65.03),
            (odd + city, 100.01, 82.77),
            (included, 77.77, 65.03),
            (Tax, 77.77, 77.77),
        ]
        for taxes, amount, net in cases:
            with self.subTest(taxes=taxes.mapped('name'), amount=amount):
                self.damage.taxes_id = taxes
                deposit, _invoice = self._collected(contract, kept_product_id=self.damage.id, kept_amount=amount)
                credit, kept = deposit._give_back(TODAY)
                self.assertEqual((kept.amount_total, kept.amount_untaxed), (amount, net))
                self.assertAlmostEqual(kept.amount_untaxed + kept.amount_tax, amount)
                self.assertAlmostEqual(credit.amount_residual + amount, 600.0)

    def test_all_of_it_can_be_kept(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, _invoice = self._collected(contract, kept_product_id=self.damage.id, kept_amount=600.0)
        deposit.action_give_back()
        self.assertEqual(deposit.move_line_ids.move_id.mapped('amount_residual'), [0.0, 0.0, 0.0])
        self.assertEqual((self._balance('445710', TODAY), self._balance('706000', TODAY)), (-100.0, -500.0))

    def test_what_was_not_collected_cannot_be_given_back_and_is_credited(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit = self._deposit(contract)
        invoice = deposit._ask(TODAY)
        with self.assertRaisesRegex(UserError, "Security deposit.*nothing has come in.*credit its invoice"):
            deposit.action_give_back()
        credit = self._reverse(invoice)
        self.assertEqual(credit.line_ids.billing_deposit_id, deposit)
        credit.action_post()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (0.0, 'reversed'))
        self.assertEqual((deposit.collected_amount, deposit.state), (0.0, 'returned'))

    def test_steps_that_cannot_be_are_refused_with_a_remedy(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, invoice = self._collected(contract)
        self.assertEqual(invoice.line_ids.billing_deposit_id, deposit)
        cases = (
            (lambda: deposit.action_ask(), "“Collected”: this step is only possible while it is “Draft”"),
            (lambda: deposit.write({'amount': 1.0}), "was invoiced: Amount can no longer be changed"),
            (lambda: deposit.unlink(), "belongs to the books: give it back instead"),
            (lambda: deposit.write({'kept_amount': 700.0}), "“To Keep”: of a security deposit at most 600.00"),
            (
                lambda: deposit.write({'kept_amount': 10.0}) and deposit.action_give_back(),
                "field “Kept For”: choose the product",
            ),
            (lambda: deposit.write({'state': 'returned'}), "Status cannot be entered or changed by hand"),
            (lambda: deposit.write({'remaining_amount': 1.0}), "Left cannot be entered or changed by hand"),
            (lambda: invoice.line_ids.write({'billing_deposit_id': False}), "cannot be entered or changed by hand"),
        )
        for step, message in cases:
            refused = self.assertRaisesRegex((UserError, ValidationError), message)
            with self.subTest(message), refused, self.env.cr.savepoint():
                step()

    def test_a_draft_contract_goes_with_its_deposits_until_one_is_asked(self):
        contract = self._contract(debit=False)
        self._deposit(contract)
        contract.unlink()
        contract = self._contract(debit=False)
        self._deposit(contract)._ask(TODAY)
        with self.assertRaisesRegex(UserError, "cannot be deleted: Security deposit.*was invoiced"):
            contract.unlink()

    # === ADVANCES === #

    def test_an_advance_bears_the_vat_of_its_service_when_it_is_paid(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit = self._deposit(contract, 150.0, 'advance')
        self.assertEqual(deposit.tax_ids, self.vat_on_receipts)
        invoice = deposit._ask(TODAY)
        self.assertEntry(
            invoice,
            TODAY,
            [
                ('411100', self.durand, 180.0, 0.0),
                ('419100', self.durand, 0.0, 150.0),
                ('445740', self.durand, 0.0, 30.0),
            ],
        )
        self.assertEqual(self._balance('445710', TODAY), 0.0)
        self._pay(invoice)
        self.assertEqual((self._balance('445710', TODAY), self._balance('445740', TODAY)), (-30.0, 0.0))
        self.assertEqual((deposit.state, deposit.remaining_amount), ('collected', 150.0))

    def test_an_advance_is_deducted_until_it_is_used_up(self):
        """150.00 paid ahead of 100.00 a month: nothing to pay in September, 50.00 and VAT in October."""
        contract = self._started(date_start=TODAY, debit=False)
        deposit, asked = self._collected(contract, amount=150.0, kind='advance')
        self.assertEqual(
            [(row.untaxed, row.total) for row in contract._upcoming(TODAY)[:3]],
            [(0.0, 0.0), (50.0, 60.0), (100.0, 120.0)],
        )
        self.assertEqual(contract.next_invoice_amount, 0.0)
        line = self._preview(contract, TODAY).line_ids
        self.assertEqual((line.amount_untaxed, line.amount_total), (0.0, 0.0))
        september = self._billed_on(TODAY, contract)
        self.assertEntry(
            september,
            TODAY,
            [('706000', self.durand, 0.0, 100.0), ('419100', self.durand, 100.0, 0.0)],
        )
        self.assertEqual(
            september.invoice_line_ids.mapped('name'),
            ["Hosting, from 09/01/2026 to 09/30/2026", f"Advance of {asked.name}"],
        )
        self.assertEqual((deposit.deducted_amount, deposit.remaining_amount, deposit.state), (100.0, 50.0, 'collected'))
        october = self._billed_on(date(2026, 10, 1), contract)
        self.assertEntry(
            october,
            date(2026, 10, 1),
            [
                ('411100', self.durand, 60.0, 0.0),
                ('706000', self.durand, 0.0, 100.0),
                ('419100', self.durand, 50.0, 0.0),
                ('445740', self.durand, 0.0, 10.0),
            ],
        )
        self.assertEqual((deposit.remaining_amount, deposit.state), (0.0, 'used'))
        self.assertSale(self._billed_on(date(2026, 11, 1), contract), date(2026, 11, 1), [100.0], 20.0)
        self.assertEqual(self._balance('419100', date(2026, 11, 1)), 0.0)
        self.assertEqual(contract.period_ids.sorted('date_start')[:3].mapped('state'), ['invoiced'] * 3)
        self.assertEqual(contract.mrr, 100.0)
        self.assertFalse(self._billed_on(date(2026, 11, 2), contract), "never twice")

    def test_several_periods_of_one_run_share_what_is_left(self):
        contract = self._started(date_start=date(2026, 7, 1), debit=False)
        self._collected(contract, amount=250.0, kind='advance')
        bills = self._billed_on(TODAY, contract).sorted('id')
        self.assertEqual(sorted(bills.mapped('amount_untaxed')), [0.0, 0.0, 50.0])
        self.assertEqual(sum(bills.mapped('amount_untaxed')), 300.0 - 250.0)

    def test_only_what_has_come_in_is_deducted(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit = self._deposit(contract, 150.0, 'advance')
        invoice = deposit._ask(TODAY)
        self.assertEqual(contract._upcoming(TODAY)[0].untaxed, 100.0, "asked is not collected")
        self._pay(invoice, amount=60.0)
        self.assertEqual((deposit.collected_amount, deposit.state), (50.0, 'asked'))
        self.assertEqual(self._billed_on(TODAY, contract).amount_untaxed, 50.0)

    def test_a_deleted_draft_gives_the_advance_back_to_be_deducted(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, _asked = self._collected(contract, amount=150.0, kind='advance')
        bill = self._billed_on(TODAY, contract)
        bill.button_draft()
        self.assertEqual(deposit.remaining_amount, 50.0, "drafts count")
        bill.unlink()
        self.assertEqual(deposit.remaining_amount, 150.0)
        self.assertEqual(self._billed_on(TODAY, contract).amount_untaxed, 0.0)

    def test_a_credit_note_of_a_bill_gives_its_deduction_back(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, _asked = self._collected(contract, amount=50.0, kind='advance')
        bill = self._billed_on(TODAY, contract)
        self.assertEqual((bill.amount_untaxed, deposit.state), (50.0, 'used'))
        self._reverse(bill, again=True).action_post()
        self.assertEqual((deposit.remaining_amount, deposit.state), (50.0, 'collected'))
        self.assertEqual(
            (self._billed_on(TODAY, contract) - bill)
            .filtered(lambda move: move.move_type == 'out_invoice')
            .amount_untaxed,
            50.0,
        )

    def test_a_draft_is_not_posted_once_the_advance_came_back(self):
        contract = self._started(date_start=TODAY, debit=False)
        _deposit, asked = self._collected(contract, amount=50.0, kind='advance')
        bill = self._billed_on(TODAY, contract)
        bill.button_draft()
        asked.line_ids.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "deducts Advance.*Delete the draft"):
            bill.action_post()

    def test_an_advance_is_deducted_from_lines_with_its_taxes_only(self):
        """VAT of one rate that was paid in advance cannot be set off against another rate's."""
        contract = self._started(date_start=TODAY, debit=False)
        reduced = self.env['account.chart.template'].with_company(self.company).ref('tva_intermediaire_encaissement')
        reduced.active = True
        deposit, _asked = self._collected(contract, amount=50.0, kind='advance', tax_ids=[Command.set(reduced.ids)])
        self.assertEqual(self._billed_on(TODAY, contract).amount_untaxed, 100.0)
        deposit.action_give_back()
        credit = self._given(deposit)
        self.assertEntry(
            credit,
            TODAY,
            [
                ('411100', self.durand, 0.0, 55.0),
                ('419100', self.durand, 50.0, 0.0),
                ('445740', self.durand, 5.0, 0.0),
            ],
        )
        self.assertEqual(deposit.state, 'returned')

    def test_one_invoice_for_two_contracts_deducts_from_the_lines_of_its_own(self):
        self.customer.billing_consolidate = True
        contract = self._started(date_start=TODAY, debit=False)
        self._started(date_start=TODAY, debit=False, price=70.0)
        deposit, asked = self._collected(contract, amount=150.0, kind='advance')
        bill = self._billed_on(TODAY, contract)
        rows = [(line.display_type, line.price_subtotal) for line in bill.invoice_line_ids.sorted('sequence')]
        self.assertEqual(
            rows,
            [('line_section', 0.0), ('product', 100.0), ('product', -100.0), ('line_section', 0.0), ('product', 70.0)],
        )
        self.assertEqual((bill.amount_total, deposit.remaining_amount), (84.0, 50.0))
        self.assertIn(asked.name, bill.invoice_line_ids.mapped('name')[2])

    def test_prices_with_taxes_deduct_an_advance_with_taxes(self):
        """120.00 with VAT a month, 60.00 with VAT paid ahead: 50.00 and 10.00 VAT are left."""
        included = self.vat_on_receipts.copy({'name': "20 % included", 'price_include_override': 'tax_included'})
        self.service.taxes_id = included
        contract = self._started(date_start=TODAY, debit=False, price=120.0)
        _deposit, asked = self._collected(contract, amount=60.0, kind='advance')
        self.assertEqual((asked.amount_untaxed, asked.amount_total), (50.0, 60.0))
        bill = self._billed_on(TODAY, contract)
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (50.0, 10.0))

    def test_a_credit_note_of_the_engine_deducts_nothing(self):
        contract = self._started(date_start=TODAY, debit=False)
        bill = self._billed_on(TODAY, contract)
        deposit, _asked = self._collected(contract, amount=150.0, kind='advance')
        contract._amend('quantity', date(2026, 9, 16), TODAY, lines=[(contract.line_ids, {'quantity': 0.0})])
        credit = self._billed_on(date(2026, 9, 16), contract) - bill
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 50.0))
        self.assertEqual(deposit.remaining_amount, 150.0)

    def test_the_rest_of_an_advance_is_given_back(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit, _asked = self._collected(contract, amount=150.0, kind='advance')
        self._billed_on(TODAY, contract)
        deposit.action_give_back()
        self.assertEqual((self._given(deposit).amount_total, deposit.state), (60.0, 'returned'))
        self.assertEqual(self._balance('419100', TODAY), 0.0)
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 100.0)

    # === ACCOUNTS, RIGHTS === #

    def test_accounts_come_from_the_setting_or_the_chart(self):
        account = self.company_data['default_account_revenue'].copy({'account_type': 'liability_current'})
        self.company.billing_advance_account_id = account
        self.assertEqual(self.company._billing_deposit_account('advance'), account)
        self.assertEqual(self.company._billing_deposit_account('security').code, '165500')
        self.company.chart_template = False
        self.env['ir.model.data'].search([('name', '=', f'{self.company.id}_pcg_1655')]).unlink()
        with self.assertRaisesRegex(UserError, "field “Security Deposits”: no account is set.*settings"):
            self.company._billing_deposit_account('security')

    def test_who_may_ask_and_companies_apart(self):
        contract = self._started(date_start=TODAY, debit=False)
        deposit = self._deposit(contract)
        company = {'company_id': self.company.id, 'company_ids': [Command.set(self.company.ids)]}
        invoicing = new_test_user(self.env, 'dep_invoicing', 'account.group_account_invoice', **company)
        user = new_test_user(self.env, 'dep_user', 'recurring_billing.group_user', **company)
        with self.assertRaises(AccessError):
            deposit.with_user(invoicing).amount = 1.0
        deposit.with_user(user).action_ask()
        self.assertEqual(deposit.state, 'asked')
        other = self.setup_other_company(name="Other company")['company']
        stranger = new_test_user(
            self.env, 'dep_other', 'recurring_billing.group_user', company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        with self.assertRaises(AccessError):
            deposit.with_user(stranger).read(['amount'])
