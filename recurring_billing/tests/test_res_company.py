from odoo.tests import tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestResCompany(BillingCommon):
    def test_a_french_company_gets_account_journal_and_method(self):
        account = self.sdd.payment_account_id
        self.assertEqual((account.code, account.account_type, account.reconcile), ('511600', 'asset_current', True))
        journal = self.company.billing_settlement_journal_id
        self.assertEqual((journal.code, journal.type), ('PRLV', 'general'))
        self.assertEqual(self.company.billing_bank_journal_id, self.bank_journal)

    def test_setting_up_twice_makes_nothing_twice(self):
        self.company._billing_set_up_direct_debit()
        self.assertEqual(self.env['account.account'].search_count([('code', '=', '511600')]), 1)
        self.assertEqual(
            self.env['account.journal'].search_count([('code', '=', 'PRLV'), ('company_id', '=', self.company.id)]),
            1,
        )
        self.assertEqual(len(self.sdd), 1)

    def test_a_new_bank_journal_in_euros_offers_the_debit(self):
        journal = self.env['account.journal'].create({'name': "Second bank", 'type': 'bank', 'code': 'BNK9'})
        line = journal.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')
        self.assertEqual(line.payment_account_id, self.sdd.payment_account_id)
        dollars = self.env.ref('base.USD')
        journal = self.env['account.journal'].create(
            {'name': "Dollars", 'type': 'bank', 'code': 'BNK8', 'currency_id': dollars.id},
        )
        self.assertNotIn('billing_sdd', journal.inbound_payment_method_line_ids.mapped('code'))

    def test_a_bank_journal_that_names_its_currency_keeps_the_debit_and_its_account(self):
        self.bank_journal.currency_id = self.env.ref('base.EUR')
        lines = self.bank_journal.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')
        self.assertEqual(lines.payment_account_id.code, '511600')

    def test_a_payment_typed_in_is_never_a_direct_debit(self):
        lines = self.bank_journal._get_available_payment_method_lines('inbound')
        self.assertNotIn('billing_sdd', lines.mapped('code'))

    def test_account_and_journal_are_named_in_french_too(self):
        french = self.sdd.payment_account_id.with_context(lang='fr_FR')
        if not self.env['res.lang']._get_data(code='fr_FR'):
            self.skipTest("French is not installed")
        self.assertEqual(french.name, "Prélèvements SEPA à l'encaissement")
