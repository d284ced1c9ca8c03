from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestSecurity(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank_journal.billing_cutoff = 24.0  # whatever the time at which the tests run
        cls.contract = cls._contract()
        company = {'company_id': cls.company.id, 'company_ids': [(6, 0, cls.company.ids)]}
        cls.invoicing = new_test_user(cls.env, 'invoicing', 'account.group_account_invoice', **company)
        cls.user = new_test_user(cls.env, 'billing_user', 'recurring_billing.group_user', **company)
        cls.debit_user = new_test_user(cls.env, 'debit_user', 'recurring_billing.group_debit', **company)
        cls.stranger = new_test_user(cls.env, 'stranger', 'base.group_user', **company)

    def test_invoicing_sees_and_does_not_change(self):
        contract = self.contract.with_user(self.invoicing)
        self.assertEqual(contract.mandate_id.masked_iban, "FR76 •••• •••• 1893")
        with self.assertRaises(AccessError):
            contract.note = "x"

    def test_a_stranger_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.contract.with_user(self.stranger).read(['name'])

    def test_a_user_keeps_contracts_and_not_mandates(self):
        self.contract.with_user(self.user).note = "x"
        with self.assertRaises(AccessError):
            self.mandate.with_user(self.user).action_revoke()

    def test_only_the_debit_role_reads_the_file(self):
        self.contract._start(self.contract.date_start)
        self._bill(self.contract.date_start)
        Collection = self.env['billing.collection'].with_user(self.debit_user)
        today = self.contract.date_start
        self._announce_due(Collection._earliest_date(self.company, today))
        collection, _refusals = Collection._prepare_debits(
            self.company, Collection._earliest_date(self.company, today), today
        )
        collection.action_generate()
        self.assertTrue(collection.file)
        attachment = self.env['ir.attachment'].search(
            [('res_model', '=', 'billing.collection'), ('res_id', '=', collection.id), ('res_field', '=', 'file')],
        )
        self.assertEqual(len(attachment), 1)
        with self.assertRaises(AccessError):
            collection.with_user(self.user).read(['file'])
        with self.assertRaises(AccessError):
            attachment.with_user(self.user).read(['datas'])
        for step in (lambda file: file.unlink(), lambda file: file.write({'raw': b'<Document/>'})):
            with self.assertRaisesRegex(UserError, f"of {collection.name} is kept as proof"):
                step(attachment.with_user(self.debit_user))

    def test_the_accountant_bills_and_previews(self):
        self.contract.with_user(self.user).action_start()
        action = self.contract.with_user(self.user).action_preview()
        run = self.env['billing.run'].with_user(self.user).browse(action['res_id'])
        run.action_post()
        self.assertEqual(len(self.contract._invoices()), 1)

    def test_companies_are_apart(self):
        other = self.setup_other_company(name="Other company")['company']
        user = new_test_user(
            self.env,
            'other_user',
            'recurring_billing.group_debit',
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for record in (self.contract, self.contract.line_ids, self.mandate):
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(user).read(['display_name'])

    def test_menus_show_for_invoicing(self):
        menus = self.env['ir.ui.menu'].with_user(self.invoicing)._visible_menu_ids()
        for name in ('menu_contracts', 'menu_runs', 'menu_mandates', 'menu_collections', 'menu_late'):
            self.assertIn(self.env.ref(f'recurring_billing.{name}').id, menus)
        self.assertNotIn(self.env.ref('recurring_billing.menu_configuration').id, menus)
