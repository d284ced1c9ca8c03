from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import LOGGER, BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingPeriodInvoice(BillingCommon):
    """What stands on an invoice, and which contracts share one."""

    # === HELPERS === #

    def _names(self, invoice):
        lines = invoice.invoice_line_ids.sorted('sequence')
        return [(line.display_type, line.name.split(",")[0]) for line in lines]

    # === LINES, SECTIONS AND NOTES === #

    def test_sections_and_notes_stand_around_billed_lines_in_their_order(self):
        contract = self._started(
            date_start=date(2026, 9, 1),
            line_ids=self._texts(
                [
                    ('line_section', "Servers"),
                    (100.0, "Hosting"),
                    ('line_note', "In Paris"),
                    ('line_section', "Ended"),
                    (10.0, "Old"),
                    ('line_note', "Of old"),
                    ('line_section', "Services"),
                    ('line_subsection', "People"),
                    (50.0, "Support"),
                    ('line_section', "Empty"),
                ]
            ),
        )
        contract.line_ids.filtered(lambda line: line.name == "Old")._unguarded().date_end = date(2026, 8, 31)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(
            self._names(invoice),
            [
                ('line_section', "Servers"),
                ('product', "Hosting"),
                ('line_note', "In Paris"),
                ('line_section', "Services"),
                ('line_subsection', "People"),
                ('product', "Support"),
            ],
        )

    def test_a_note_stands_with_the_billed_line_above_it_only(self):
        contract = self._started(
            date_start=date(2026, 9, 1), line_ids=self._texts([(100.0, "Hosting"), ('line_note', "In Paris")])
        )
        first = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(self._names(first), [('product', "Hosting"), ('line_note', "In Paris")])
        self._add_line(contract, sequence=99, date_start=date(2026, 9, 1))
        self.assertEqual(self._names(self._billed_on(date(2026, 9, 2), contract)), [('product', "Backup")])

    def test_a_subsection_without_billed_lines_is_not_printed(self):
        contract = self._started(
            date_start=date(2026, 9, 1),
            line_ids=self._texts(
                [
                    ('line_section', "Servers"),
                    ('line_subsection', "Old"),
                    (10.0, "Ended"),
                    ('line_subsection', "New"),
                    (50.0, "Hosting"),
                ]
            ),
        )
        contract.line_ids.filtered(lambda line: line.name == "Ended")._unguarded().date_end = date(2026, 8, 31)
        self.assertEqual(
            self._names(self._billed_on(date(2026, 9, 1), contract)),
            [('line_section', "Servers"), ('line_subsection', "New"), ('product', "Hosting")],
        )

    def test_a_free_line_is_printed_beside_a_paid_one(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._add_line(contract, name="Support", price_unit=0.0)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.mapped('price_subtotal'), [100.0, 0.0])
        self.assertFalse(self._bill(date(2026, 9, 2)))

    def test_a_description_of_several_lines_keeps_them(self):
        _contract, invoice = self._september(line_ids=self._texts([(100.0, "Hosting\n- 10 GB\n- Backup")]))
        self.assertEqual(invoice.invoice_line_ids.name, "Hosting, from 09/01/2026 to 09/30/2026\n- 10 GB\n- Backup")

    # === ONE INVOICE FOR SEVERAL CONTRACTS === #

    def test_contracts_of_a_customer_who_wants_it_stand_on_one_invoice(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1), price=price) for price in (100.0, 30.0))
        run = self._bill(date(2026, 9, 1))
        self.assertEqual(len(run.line_ids), 1)
        invoice = run.line_ids.invoice_id
        self.assertEqual([kind for kind, _name in self._names(invoice)], ['line_section', 'product'] * 2)
        lines = invoice.invoice_line_ids.sorted('sequence')
        for heading, line in zip(lines[::2], lines[1::2], strict=True):
            self.assertEqual(heading.name, f"Contract {line.billing_contract_id.name}")
        self.assertSale(invoice, date(2026, 9, 1), [100.0, 30.0], 26.0)
        self.assertEqual((one | two).period_ids.mapped('state').count('invoiced'), 2)
        self.assertFalse(self._bill(date(2026, 9, 2)))

    def test_sections_of_a_contract_are_subsections_below_its_heading(self):
        self.customer.billing_consolidate = True
        names = [('line_section', "Servers"), (100.0, "Hosting"), ('line_subsection', "People"), (10.0, "Support")]
        one = self._started(date_start=date(2026, 9, 1), line_ids=self._texts(names))
        two = self._started(date_start=date(2026, 9, 1))
        self.assertEqual(
            self._names(self._bill(date(2026, 9, 1)).line_ids.invoice_id),
            [
                ('line_section', f"Contract {one.name}"),
                ('line_subsection', "Servers"),
                ('product', "Hosting"),
                ('line_subsection', "People"),
                ('product', "Support"),
                ('line_section', f"Contract {two.name}"),
                ('product', "Hosting"),
            ],
        )

    def test_contracts_of_one_invoice_stand_in_the_order_of_their_numbers(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1)) for _number in range(2))
        line = self._bill(date(2026, 9, 1)).line_ids
        self.assertEqual((line.origin, line.invoice_id.ref), (f"{one.name}, {two.name}", one.name))

    def test_what_differs_between_contracts_keeps_their_invoices_apart(self):
        self.customer.billing_consolidate = True
        usd = self.setup_other_currency('USD', rates=[('2026-01-01', 1.25)])
        terms = self.env.ref('account.account_payment_term_30days')
        for values in (
            {'payment_term_id': terms.id},
            {'currency_id': usd.id, 'debit': False},
            {'customer_reference': "PO-77"},
            {'debit': False},
            {'anchor_day': 2, 'date_start': date(2026, 9, 2)},
        ):
            with self.subTest(values):
                contracts = self._started(date_start=date(2026, 9, 1))
                contracts |= self._started(**{'date_start': date(2026, 9, 1), **values})
                self._bill(date(2026, 9, 2))
                self.assertEqual(len(contracts._invoices()), 2)
                contracts.line_ids._unguarded().date_end = date(2026, 9, 30)

    def test_two_missed_periods_stay_two_invoices(self):
        self.customer.billing_consolidate = True
        one = self._started(date_start=date(2026, 9, 1))
        two = self._started(date_start=date(2026, 9, 1), price=30.0)
        invoices = self._bill(date(2026, 10, 15)).line_ids.invoice_id
        self.assertEqual(invoices.mapped('amount_untaxed'), [130.0, 130.0])
        self.assertEqual(set(invoices.mapped('invoice_date')), {date(2026, 10, 15)})
        self.assertEqual((one | two).period_ids.mapped('state').count('invoiced'), 4)

    @mute_logger(LOGGER)
    def test_the_fault_of_one_contract_is_told_by_all_that_share_its_invoice(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1)) for _number in range(2))
        two.line_ids._unguarded().product_id = self._create_product(name="No account", property_account_income_id=False)
        two.line_ids.product_id.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        two.journal_id.default_account_id = False
        self._bill(date(2026, 9, 1))
        self.assertIn("No account", one.period_ids[0].error)
        self.assertEqual(one.period_ids[0].error, two.period_ids[0].error)
        self.assertFalse((one | two)._invoices())

    # === CURRENCIES AND PRICES === #

    def test_a_foreign_currency_takes_the_rate_of_the_invoice_date(self):
        usd = self.setup_other_currency('USD', rates=[('2026-09-01', 1.25), ('2026-09-04', 2.0)])
        contract = self._started(date_start=date(2026, 9, 3), currency_id=usd.id, debit=False)
        invoice = self._billed_on(date(2026, 9, 5), contract)
        self.assertEqual((invoice.invoice_date, invoice.amount_total), (date(2026, 9, 3), 120.0))
        self.assertSale(invoice, date(2026, 9, 3), [80.0], 16.0)
        late = self._started(date_start=date(2026, 9, 4), currency_id=usd.id, debit=False)
        self.assertEqual(self._billed_on(date(2026, 9, 20), late).amount_total_signed, 60.0)

    @mute_logger(LOGGER)
    def test_a_currency_without_rate_is_blocked_by_name(self):
        chf = self.setup_other_currency('CHF', rates=[('2026-10-01', 1.1)])
        contract = self._started(date_start=date(2026, 9, 1), currency_id=chf.id, debit=False)
        self._bill(date(2026, 9, 1))
        self.assertRegex(contract.parked_reason, rf"{contract.name}.*CHF has no rate on 09/01/2026.*rates")
        self.assertFalse(contract._invoices())

    def test_a_line_that_follows_the_pricelist_takes_the_price_of_its_period(self):
        pricelist = self._pricelist((100.0, False, '2026-09-30 23:59:59'), (120.0, '2026-10-01 00:00:00', False))
        contract = self._started(date_start=date(2026, 9, 1), pricelist_id=pricelist.id)
        contract.line_ids._unguarded().is_price_listed = True
        self._add_line(contract, name="Fixed", price_unit=50.0)
        for month, prices in ((9, [100.0, 50.0]), (10, [120.0, 50.0])):
            invoice = self._billed_on(date(2026, month, 1), contract)
            self.assertEqual(invoice.invoice_line_ids.mapped('price_unit'), prices)

    def test_the_text_of_a_share_names_the_price_that_it_is_a_share_of(self):
        pricelist = self._pricelist((90.0, False, '2026-09-09 23:59:59'), (300.0, '2026-09-10 00:00:00', False))
        contract, _invoice = self._september(pricelist_id=pricelist.id)
        self._add_line(contract, is_price_listed=True, date_start=date(2026, 9, 16))
        invoice = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual(invoice.amount_untaxed, 45.0)
        self.assertRegex(invoice.invoice_line_ids.name, r"15/30 days of \D*90\.00")

    def test_a_tax_in_the_price_is_taken_out_where_the_customer_owes_none(self):
        included = self.vat_on_receipts.copy({'name': "20 % incl.", 'price_include_override': 'tax_included'})
        export = self.vat_on_receipts.copy({'name': "Export", 'amount': 0.0})
        export.original_tax_ids = included
        position = self.env['account.fiscal.position'].create({'name': "Export", 'tax_ids': [Command.link(export.id)]})
        product = self._create_product(
            name="Box", type='service', lst_price=120.0, taxes_id=[Command.set(included.ids)]
        )
        contract = self._contract(fiscal_position_id=position.id, line_ids=[Command.create({'product_id': product.id})])
        self.assertEqual((contract.line_ids.price_unit, contract.line_ids.tax_ids), (100.0, export))

    # === WHAT AN INVOICE CARRIES === #

    def test_shares_and_credits_speak_french(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        contract = self._started(date_start=date(2026, 10, 10), anchor_day=1, price=31.0)
        invoice = self._billed_on(date(2026, 10, 10), contract)
        self.assertIn("du 10/10/2026 au 31/10/2026 (22/31 jours", invoice.invoice_line_ids.name)
        contract.line_ids._unguarded().date_end = date(2026, 10, 20)
        credit = self._billed_on(date(2026, 10, 21), contract)
        self.assertEqual(credit.amount_untaxed, 11.0)
        self.assertRegex(
            credit.invoice_line_ids.name, r"^Hosting, .*du 21/10/2026 au 31/10/2026 \(-11/22 jours .*22,00.*\)$"
        )

    def test_a_credit_that_others_cut_short_prints_no_formula(self):
        contract, invoice = self._september()
        goodwill = self._reverse(invoice)
        goodwill.invoice_line_ids.price_unit = 90.0
        goodwill.action_post()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 20), contract).invoice_line_ids
        self.assertEqual(
            (credit.price_subtotal, credit.name), (10.0, "Hosting, not owed from 09/16/2026 to 09/30/2026")
        )

    def test_analytic_distribution_and_order_number_are_carried(self):
        plan = self.env['account.analytic.plan'].create({'name': "Projects"})
        account = self.env['account.analytic.account'].create({'name': "Site A", 'plan_id': plan.id})
        contract = self._started(date_start=date(2026, 9, 1), customer_reference="PO-77")
        contract.line_ids.analytic_distribution = {str(account.id): 100.0}
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.analytic_distribution, {str(account.id): 100.0})
        self.assertEqual(invoice.line_ids.analytic_line_ids.mapped('amount'), [100.0])
        contract.line_ids.analytic_distribution = False
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((invoice.ref, credit.ref), ("PO-77", f"Credit of {invoice.name}, PO-77"))
        self.assertEqual(
            credit.line_ids.analytic_line_ids.mapped('amount'), [-50.0], "a credit goes where its bill went"
        )

    def test_a_business_in_the_union_is_charged_no_vat(self):
        customer = self._customer(
            "Brouwerij Peeters", country_id=self.env.ref('base.be').id, vat='BE0477472701', zip="1000", city="Brussel"
        )
        contract = self._started(partner=customer, date_start=date(2026, 9, 1), debit=False)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        position = (
            self.env['account.chart.template'].with_company(self.company).ref('fiscal_position_template_intraeub2b')
        )
        self.assertEqual((contract.fiscal_position_id, invoice.fiscal_position_id), (position, position))
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (100.0, 0.0))
        self.assertNotIn(self.vat_on_receipts, invoice.invoice_line_ids.tax_ids)
        self.assertEqual((contract.amount_tax, len(invoice.invoice_line_ids.tax_ids)), (0.0, 1))

    def test_a_credit_note_names_the_invoice_that_it_corrects(self):
        contract, invoice = self._september(customer_reference="PO-77")
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).ref, f"Credit of {invoice.name}, PO-77")

    @mute_logger(LOGGER)
    def test_a_fault_between_draft_and_posting_leaves_no_draft(self):
        contract = self._started(date_start=date(2026, 9, 1))
        good = self._started(date_start=date(2026, 9, 1), partner=self._customer("Cabinet Morel"), debit=False)
        moves = type(self.env['account.move'])
        post = moves._post
        reason = "No stamp"

        def failing(records, soft=True):
            if contract.partner_id in records.partner_id:
                raise UserError(reason)
            return post(records, soft=soft)

        with patch.object(moves, '_post', failing):
            self._bill(date(2026, 9, 1))
        self.assertEqual((contract.parked_reason, len(contract._invoices())), (reason, 0))
        self.assertEqual(good._invoices().state, 'posted')
