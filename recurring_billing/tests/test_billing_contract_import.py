import io
from datetime import date

from openpyxl import load_workbook

from odoo import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_open

from .common import BillingCommon

TEMPLATE = 'recurring_billing/static/xls/contracts_import_template.xlsx'
XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
COLUMNS = {
    'reference': 1,
    'customer': 2,
    'plan': 3,
    'start': 4,
    'end': 5,
    'frequency': 6,
    'timing': 7,
    'alignment': 8,
    'day': 9,
    'order': 10,
    'product': 11,
    'description': 12,
    'quantity': 13,
    'price': 14,
    'opening': 15,
}


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingContractImport(BillingCommon, HttpCase):
    """Contracts that run already come from a sheet, with what is billed of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service.default_code = "HOST"
        for name in ("Backup", "Maintenance"):
            cls._create_product(
                name=name,
                type='service',
                lst_price=40.0,
                taxes_id=[Command.set(cls.vat_on_receipts.ids)],
                property_account_income_id=cls.service.property_account_income_id.id,
            )
        cls.mandate.action_revoke()  # all of them pay by transfer
        cls.garage = cls._customer("Garage Lambert", ref="G-77")
        cls._customer("Cabinet Morel")
        cls._customer("Boulangerie Petit")
        company = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.user = new_test_user(cls.env, 'billing_user', 'recurring_billing.group_user', **company)

    # === HELPERS === #

    def _file(self, rows=(), headings=None):
        """The template; ``rows`` replace its examples: a dictionary of `COLUMNS` for each."""
        with file_open(TEMPLATE, 'rb') as template:
            if not rows and not headings:
                return template.read()
            book = load_workbook(template)
        sheet = book.active
        for number, heading in enumerate(headings or (), 1):
            sheet.cell(1, number, heading)
        if rows:
            sheet.delete_rows(2, sheet.max_row)
        for number, row in enumerate(rows, 2):
            for name, value in row.items():
                sheet.cell(number, COLUMNS[name], value)
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()

    def _row(self, **values):
        return {
            'reference': "A-1",
            'customer': "Atelier Durand",
            'start': date(2020, 1, 1),
            'product': "Hosting",
            'price': 100,
            **values,
        }

    def _import(self, content, user=None, lang='en_US', mapping=None):
        """Import as the screen does: the headings are mapped by Odoo; return (fields, result)."""
        user = user or self.user
        user.sudo().lang = lang
        wizard = (
            self.env['base_import.import']
            .with_user(user)
            .with_context(lang=lang, allowed_company_ids=self.company.ids)
            .create({'res_model': 'billing.contract', 'file': content, 'file_name': "x.xlsx", 'file_type': XLSX})
        )
        options = {'has_headers': True, 'quoting': '"', 'separator': ','}
        preview = wizard.parse_preview(options)
        self.assertNotIn('error', preview)
        paths = ["/".join(preview['matches'].get(i, ())) for i in range(len(preview['headers']))]
        paths = [(mapping or {}).get(path, path) for path in paths]
        return paths, wizard.execute_import(paths, preview['headers'], options)

    def _imported(self, content, **kwargs):
        _paths, result = self._import(content, **kwargs)
        self.assertFalse(result['messages'])
        return self.env['billing.contract'].browse(result['ids'])

    def _refused(self, *rows, **kwargs):
        """The messages of an import that is refused, which leaves nothing behind."""
        before = self.env['billing.contract'].search_count([])
        _paths, result = self._import(self._file(rows), **kwargs)
        self.assertFalse(result.get('ids'))
        self.assertEqual(self.env['billing.contract'].search_count([]), before)
        return " ".join(message['message'] for message in result['messages'])

    def _first_run(self, contracts, today=date(2026, 9, 1)):
        """Start ``contracts`` and bill what is due; return {reference: invoices}."""
        contracts.action_start()
        self._bill(today)
        return {contract.external_reference: contract._invoices() for contract in contracts}

    # === THE TEMPLATE === #

    def test_odoo_maps_each_heading_of_the_template_by_itself(self):
        expected = [
            'external_reference',
            'partner_id',
            'plan_id',
            'date_start',
            'date_end',
            'frequency',
            'timing',
            'alignment',
            'anchor_day',
            'customer_reference',
            'line_ids/product_id',
            'line_ids/name',
            'line_ids/quantity',
            'line_ids/price_unit',
            'line_ids/billed_until',
        ]
        for lang in ('en_US', 'fr_FR'):
            with self.subTest(lang):
                paths, result = self._import(self._file(), lang=lang)
                self.assertFalse(result['messages'])
                self.assertEqual(paths, expected)
                self.env['base_import.mapping'].search([]).unlink()
                self.env['billing.contract'].browse(result['ids']).unlink()

    def test_french_headings_are_mapped_for_who_works_in_french(self):
        contract = self.env['billing.contract'].with_context(lang='fr_FR')
        line = contract.line_ids
        paths, _result = self._import(self._file(), lang='fr_FR')
        self.env['base_import.mapping'].search([]).unlink()
        self.env['billing.contract'].search([('external_reference', '!=', False)]).unlink()
        labels = {name: field['string'] for name, field in contract.fields_get().items()}
        line_labels = {name: field['string'] for name, field in line.fields_get().items()}
        headings = [
            f"{labels['line_ids']}/{line_labels[path[1]]}" if len(path) > 1 else labels[path[0]]
            for path in (path.split('/') for path in paths)
        ]
        self.assertIn("N° de commande du client", headings)
        french_paths, _result = self._import(self._file(headings=headings), lang='fr_FR')
        self.assertEqual(french_paths, paths)

    def test_the_import_screen_offers_the_template(self):
        [template] = self.env['billing.contract'].get_import_templates()
        self.assertEqual(self.url_open(template['template']).content, self._file())

    def test_who_works_in_french_is_offered_a_french_template_which_imports_alike(self):
        self.env['res.lang']._activate_lang('fr_FR')
        paths, english = self._import(self._file())
        names = ['external_reference', 'date_start', 'date_end', 'frequency', 'timing', 'alignment', 'anchor_day']
        known = self.env['billing.contract'].browse(english['ids'])
        expected = known.read(names)
        self.env['base_import.mapping'].search([]).unlink()
        known.unlink()
        for product, name in (("Hosting", "Hébergement"), ("Backup", "Sauvegarde")):
            self.env['product.product'].search([('name', '=', product)]).name = name
        [template] = self.env['billing.contract'].with_context(lang='fr_FR').get_import_templates()
        with file_open(template['template'].removeprefix('/'), 'rb') as file:
            french_paths, french = self._import(file.read(), lang='fr_FR')
        self.assertFalse(french['messages'])
        self.assertEqual(french_paths, paths)
        contracts = self.env['billing.contract'].browse(french['ids'])
        self.assertEqual([{**row, 'id': 0} for row in contracts.read(names)], [{**row, 'id': 0} for row in expected])

    def test_the_template_makes_four_draft_contracts(self):
        contracts = self._imported(self._file())
        self.assertRecordValues(
            contracts,
            [
                {'external_reference': '2019-014', 'frequency': 'monthly', 'timing': 'advance', 'anchor_day': 1},
                {'external_reference': '2021-102', 'frequency': 'quarterly', 'timing': 'advance', 'anchor_day': 1},
                {'external_reference': '2022-007', 'frequency': 'monthly', 'timing': 'arrears', 'anchor_day': 1},
                {'external_reference': '2026-031', 'frequency': 'yearly', 'timing': 'advance', 'anchor_day': 1},
            ],
        )
        self.assertEqual(set(contracts.mapped('state')), {'draft'})
        self.assertRecordValues(
            contracts[0].line_ids,
            [
                {'name': "Web hosting", 'price_unit': 89.9, 'billed_until': date(2026, 8, 31)},
                {'name': "Daily backup", 'price_unit': 15.0, 'billed_until': date(2026, 9, 30)},
            ],
        )
        self.assertEqual(contracts.line_ids.tax_ids, self.vat_on_receipts)

    # === THE FIRST RUN === #

    def test_the_first_run_of_the_template_bills_what_is_not_yet_billed(self):
        contracts = self._imported(self._file())
        invoices = self._first_run(contracts)
        lines = {
            reference: [
                (line.billing_date_start, line.billing_date_end, line.price_subtotal) for line in moves.invoice_line_ids
            ]
            for reference, moves in invoices.items()
        }
        self.assertEqual(
            lines,
            {
                '2019-014': [(date(2026, 9, 1), date(2026, 9, 30), 89.9)],
                '2021-102': [(date(2026, 7, 1), date(2026, 9, 30), 300.0)],
                '2022-007': [(date(2026, 8, 11), date(2026, 8, 31), 42.0)],  # 62 x 21/31
                '2026-031': [(date(2026, 9, 1), date(2027, 8, 31), 480.0)],
            },
        )
        self.assertEqual(invoices['2026-031'].ref, "2026-88")
        self._bill(date(2026, 9, 2))
        self.assertEqual(sum(len(contract._invoices()) for contract in contracts), 4, "a second run bills nothing")

    def test_lines_with_different_openings_meet_on_one_invoice(self):
        contract = self._imported(self._file()).filtered(lambda contract: contract.external_reference == '2019-014')
        self._first_run(contract)
        self._bill(date(2026, 10, 1))
        self.assertEqual(contract._invoices().sorted('invoice_date').mapped('amount_untaxed'), [89.9, 119.9])

    def test_an_opening_in_mid_period_leaves_a_share_of_it(self):
        rows = [self._row(opening=date(2026, 8, 10)), {'product': "Backup", 'price': 31, 'opening': date(2026, 8, 31)}]
        lines = self._first_run(self._imported(self._file(rows)))['A-1'].invoice_line_ids
        self.assertCountEqual(
            lines.mapped(lambda line: (line.billing_date_start, line.price_subtotal)),
            [(date(2026, 8, 11), 67.74), (date(2026, 9, 1), 100.0), (date(2026, 9, 1), 31.0)],
        )
        stub = lines.filtered(lambda line: line.billing_date_start == date(2026, 8, 11))
        self.assertIn("from 08/11/2026 to 08/31/2026 (21/31 days of", stub.name)

    def test_a_forgotten_opening_is_held_back_for_a_person(self):
        contract = self._imported(self._file([self._row()]))
        contract.action_start()
        run = self.env['billing.run'].create({'company_id': self.company.id, 'contract_id': contract.id})
        self.assertEqual((run.line_ids.is_selected, run.line_ids.level), (False, 'blocked'))
        self.assertRegex(run.line_ids.remark, "81 periods are due at once.*Already Billed Until")
        self._bill(date(2026, 9, 1))
        self.assertFalse(contract._invoices())
        contract.action_back_to_draft()  # the remedy of docs/import.md
        contract.line_ids.billed_until = date(2026, 8, 31)
        contract.action_start()
        run.action_compute()
        run.line_ids.is_selected = True
        run.action_post()
        self.assertEqual(contract._invoices().mapped('amount_untaxed'), [100.0])

    def test_empty_cells_are_proposed_by_plan_and_product(self):
        self.env['billing.plan'].create({'name': "Quarters", 'frequency': 'quarterly', 'timing': 'arrears'})
        rows = [self._row(plan="Quarters"), {'product': "Backup"}, {'product': "Maintenance", 'price': 0}]
        contract = self._imported(self._file(rows))
        self.assertEqual((contract.frequency, contract.timing), ('quarterly', 'arrears'))
        self.assertEqual(contract.line_ids.mapped('price_unit'), [100.0, 40.0, 0.0])
        self.assertEqual(contract.line_ids.mapped('quantity'), [1.0, 1.0, 1.0])
        self.assertEqual(contract.line_ids[1].name, "Backup")
        self.assertEqual(contract.user_id, self.user)

    def test_a_frequency_of_its_own_goes_before_the_plans(self):
        self.env['billing.plan'].create({'name': "Quarters", 'frequency': 'quarterly', 'timing': 'arrears'})
        contract = self._imported(self._file([self._row(plan="Quarters", frequency="Annuel")]), lang='fr_FR')
        self.assertEqual((contract.recurrence_unit, contract.timing), ('year', 'arrears'))

    def test_customer_and_product_are_found_by_their_references_too(self):
        contract = self._imported(self._file([self._row(customer="G-77", product="HOST")]))
        self.assertEqual((contract.partner_id, contract.line_ids.product_id), (self.garage, self.service))

    # === WRONG INPUT === #

    def test_what_cannot_be_imported_is_named(self):
        for values, words in (
            ({'product': "Hostign"}, ("Hostign", "Product")),
            ({'customer': "Atelier Durant"}, ("Atelier Durant", "Customer")),
            ({'frequency': "Fortnightly"}, ("Fortnightly", "Frequency")),
            ({'opening': date(2019, 12, 31)}, ("before", "Already Billed Until", "12/31/2019", "01/01/2020")),
            ({'price': -5}, ("negative", "credit note")),
            ({'start': None}, ("Start",)),
            ({'start': "soon"}, ("soon",)),
            ({'end': date(2019, 1, 1)}, ("ends before it starts",)),
            ({'day': 32}, ("On Day", "32")),
            ({'product': None}, ("A line needs a product",)),
            ({'product': None, 'description': "Hosting"}, ("A line needs a product",)),
        ):
            with self.subTest(values), mute_logger('odoo.sql_db', 'odoo.addons.base_import.models.base_import'):
                message = self._refused(self._row(**values))
                for word in words:
                    self.assertIn(word, message)

    def test_one_wrong_row_holds_the_whole_file_back(self):
        message = self._refused(self._row(), self._row(reference="A-2", price=-5), self._row(reference="A-3"))
        self.assertIn("negative", message)

    # === THE SAME FILE AGAIN === #

    def test_the_same_file_again_is_refused_by_its_references(self):
        self._imported(self._file())
        _paths, result = self._import(self._file())
        self.assertFalse(result['ids'])
        self.assertIn("External reference 2019-014", result['messages'][0]['message'])
        self.assertEqual(self.env['billing.contract'].search_count([('external_reference', '!=', False)]), 4)

    def test_a_contract_repeated_on_the_row_of_its_second_line_is_refused(self):
        message = self._refused(self._row(), self._row(product="Backup"))
        self.assertIn("External reference A-1", message)
        self.assertIn("first row only", message)

    def test_odoos_external_id_does_not_add_the_lines_twice(self):
        key = {'external_reference': 'id'}
        contract = self._imported(self._file([self._row(reference="a1")]), mapping=key)
        message = self._refused(self._row(reference="a1"), mapping=key)
        self.assertIn(f"Contract {contract.name} has lines already", message)
        self.assertEqual(len(contract.line_ids), 1)
