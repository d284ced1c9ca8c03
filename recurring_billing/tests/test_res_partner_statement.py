from datetime import date

from odoo.tests import freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 20)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestResPartnerStatement(BillingCommon):
    """The statement of account of a customer with an invoice of 120.00 due on 1 September."""

    def _html(self, partner):
        report = self.env['ir.actions.report'].with_company(self.company)
        content, _kind = report._render_qweb_html('recurring_billing.res_partner_statement_report', partner.ids)
        return content.decode()

    def test_it_lists_what_is_open_and_its_sum(self):
        _contract, invoice = self._september(debit=False)
        self._register_payment(invoice, payment_date='2026-09-10', amount=50.0)
        statement = self.customer._billing_statement(self.company, TODAY)
        [row] = statement['rows']
        self.assertIn(invoice.name, row['name'])
        self.assertEqual((statement['total'], statement['late']), ("70.00\xa0€", "70.00\xa0€"))
        self.assertEqual((row['due'], row['days'], row['amount']), ('09/01/2026', 19, "70.00\xa0€"))
        html = self._html(self.customer)
        self.assertIn(invoice.name, html)
        self.assertEqual(html.count("70.00"), 3, "the row, the total, of which late")

    def test_what_a_debit_is_to_pay_says_so_and_is_not_called_late(self):
        self._september()
        self._collect(date(2026, 9, 21), date(2026, 9, 17))
        statement = self.customer._billing_statement(self.company, TODAY)
        [row] = statement['rows']
        self.assertEqual((row['note'], row['days']), ("debit of 09/21/2026 under way", ""))
        self.assertEqual((statement['total'], statement['late']), ("120.00\xa0€", ""))
        self.assertIn("debit of 09/21/2026 under way", self._html(self.customer))

    def test_it_is_of_one_customer_and_company(self):
        self._september(partner=self._customer("Garage Noel"), debit=False)
        self.assertFalse(self.customer._billing_statement(self.company, TODAY)['rows'])
        self.assertIn("Nothing is open", self._html(self.customer))

    def test_a_contact_gets_the_statement_of_its_company(self):
        contact = self.env['res.partner'].create({'name': "Accounts", 'parent_id': self.customer.id})
        _contract, invoice = self._september(debit=False)
        self.assertEqual(contact._billing_open_items(self.company, TODAY).move_id, invoice)
        self.assertIn(invoice.name, self._html(contact))

    def test_it_speaks_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        self.customer.lang = 'fr_FR'
        self._september(debit=False)
        html = self._html(self.customer)
        self.assertIn("Relevé de compte", html)
        self.assertIn("01/09/2026", html)
        self.assertEqual(html.count("120,00\xa0€"), 3)

    def test_what_is_not_due_yet_is_not_called_late(self):
        self._september(debit=False)
        statement = self.customer._billing_statement(self.company, date(2026, 9, 1))
        self.assertEqual((statement['total'], statement['late'], statement['rows'][0]['days']), ("120.00\xa0€", "", ""))
