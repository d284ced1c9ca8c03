from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.misc import file_open

from odoo.addons.recurring_billing.tools.pain008 import Amendment

from .common import BillingCommon

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
OPTIONS = {'has_headers': True, 'quoting': '"', 'separator': ',', 'date_format': '', 'float_thousand_separator': ','}


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandateExchange(BillingCommon):
    """Mandates that run in other software come from a sheet, in use at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.action_revoke()
        cls.morel = cls._customer("Cabinet Morel")

    def _read(self, model, path, lang='en_US'):
        """Import the template as a person does on the screen, and return what was made."""
        with file_open(f'recurring_billing/static/xls/{path}', 'rb') as template:
            file = template.read()
        imports = self.env['base_import.import'].with_context(lang=lang)
        wizard = imports.create({'res_model': model, 'file': file, 'file_type': XLSX})
        preview = wizard.parse_preview(dict(OPTIONS))
        self.assertNotIn('error', preview)
        fields = ["/".join(preview['matches'].get(number, [])) for number in range(len(preview['headers']))]
        self.assertNotIn('', fields, preview['headers'])
        result = wizard.execute_import(fields, preview['headers'], {**OPTIONS, **preview['options']})
        self.assertFalse([message['message'] for message in result['messages']])
        return self.env[model].browse(result['ids'])

    def _import(self, **values):
        mandates = self.env['billing.mandate'].with_context(import_file=True)
        return mandates.create(
            {
                'name': "OLD-1",
                'partner_id': self.customer.id,
                'iban': 'FR7630002609130830166131893',
                'signature_date': date(2020, 1, 15),
                'last_presentation_date': date(2026, 8, 5),
                **values,
            },
        )

    def test_the_template_makes_running_mandates_with_what_is_still_to_be_told(self):
        first, second = self._read('billing.mandate', 'mandates_import_template.xlsx').sorted('name')
        self.assertEqual(
            (first.name, first.state, first.scheme, first.mandate_type, first.signature_date, first.is_imported),
            ("M-2019-014", 'active', 'CORE', 'RCUR', date(2019, 4, 1), True),
        )
        self.assertEqual(
            (first.partner_bank_id, first.creditor_identifier), (self.mandate.partner_bank_id, 'FR72ZZZ123456')
        )
        self.assertEqual((first.last_presentation_date, first.lapses_on), (date(2026, 8, 5), date(2029, 8, 5)))
        self.assertIsNone(first._amendment_part())
        self.assertEqual((second.scheme, second.creditor_identifier), ('B2B', 'FR19ZZZ654321'))
        self.assertEqual(second.partner_bank_id.partner_id, self.morel)
        self.assertEqual(second._amendment_part(), Amendment(original_reference="M-2021-OLD", is_new_account=True))
        self.assertIn("FR76 •••• •••• 2177", second.amendment_ids.mapped('old_value'))
        self.assertFalse(second.activity_ids)

    def test_who_works_in_french_is_offered_a_french_template_which_imports_alike(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        [template] = self.env['billing.mandate'].with_context(lang='fr_FR').get_import_templates()
        self.assertIn('_fr.xlsx', template['template'])
        first, second = self._read('billing.mandate', 'mandates_import_template_fr.xlsx', 'fr_FR').sorted('name')
        self.assertEqual((first.name, first.scheme, first.signature_place), ("M-2019-014", 'CORE', "Paris"))
        self.assertEqual((second.scheme, second.mandate_type), ('B2B', 'RCUR'))
        self.assertEqual(second._amendment_part(), Amendment(original_reference="M-2021-OLD", is_new_account=True))
        [template] = self.env['billing.debit'].with_context(lang='fr_FR').get_import_templates()
        self.assertIn('_fr.xlsx', template['template'])
        debits = self._read('billing.debit', 'debits_import_template_fr.xlsx', 'fr_FR')
        self.assertEqual((debits.mandate_id, sum(debits.mapped('amount'))), (first | second, 467.88))

    def test_what_cannot_be_used_is_not_taken_over(self):
        for values, text in (
            ({'name': False}, "reference \\(RUM\\) that its debtor signed"),
            ({'iban': 'FR7630002609130830166131894'}, "OLD-1.*Atelier Durand.*mistyped"),
            ({'iban': False}, "OLD-1 of Atelier Durand has no account"),
            ({'signature_date': False}, "no signature date"),
            ({'last_presentation_date': date(2023, 9, 1)}, "OLD-1.*36 months.*Delete its row"),
            ({'last_presentation_date': date(2019, 1, 1)}, "before the signature"),
            (
                {'creditor_identifier': "FR73ZZZ123456"},
                "OLD-1, field “Creditor Identifier.*FR73ZZZ123456.*check digits",
            ),
        ):
            with self.subTest(text), self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                self._import(**values)

    def test_a_file_imported_twice_is_refused(self):
        self._import()
        with self.assertRaisesRegex(UserError, "already used by mandate OLD-1"):
            self._import()
        values = {
            'partner_id': self.morel.id,
            'iban': 'FR7610278487575797543231912',
            'signature_date': date(2026, 1, 1),
        }
        with self.assertRaisesRegex(UserError, "Mandate old 2.*already used by mandate OLD2"):
            self.env['billing.mandate'].with_context(import_file=True).create(
                [{'name': name, **values} for name in ("OLD2", "old 2")]
            )

    def test_the_import_is_offered_with_its_template(self):
        template = self.env['billing.mandate'].get_import_templates()[0]['template']
        with file_open(template.removeprefix('/'), 'rb') as file:
            self.assertTrue(file.read())
