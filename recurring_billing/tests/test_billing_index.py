from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open, mute_logger


@tagged('post_install', '-at_install')
class TestBillingIndex(TransactionCase):
    """Indices and their published values."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        indices = cls.env['billing.index']
        cls.monthly = indices.create({'name': "House index", 'code': "HOUSE"})
        cls.quarterly = indices.create({'name': "Rents", 'code': "RENTS", 'unit': 'quarterly'})

    def _value(self, index, month, value=100.0):
        return self.env['billing.index.value'].create({'index_id': index.id, 'month': month, 'value': value})

    def _import(self, rows, user=None, **options):
        """Import ``rows`` as Odoo's own import does; its messages."""
        content = "Index,Month,Value\n" + "\n".join(rows)
        wizard = (
            self.env['base_import.import']
            .with_user(user or self.env.user)
            .create({'res_model': 'billing.index.value', 'file': content.encode(), 'file_type': 'text/csv'})
        )
        settings = {
            'quoting': '"',
            'separator': ',',
            'has_headers': True,
            'date_format': '%Y-%m-%d',
            'float_thousand_separator': ',',
            'float_decimal_separator': '.',
            **options,
        }
        columns = ['index_id', 'month', 'value']
        return wizard.execute_import(columns, columns, settings)['messages']

    def test_the_french_indices_are_shipped_without_values(self):
        for name, unit in (('syntec', 'monthly'), ('ilc', 'quarterly'), ('icc', 'quarterly')):
            index = self.env.ref(f'recurring_billing.billing_index_{name}')
            self.assertEqual((index.code, index.unit), (name.upper(), unit))
            self.assertFalse(index.value_ids)
            self.assertFalse(index.latest_month)

    def test_a_value_stands_for_its_month_or_quarter(self):
        cases = (
            (self.monthly, '2026-03-17', date(2026, 3, 1), "March 2026", "HOUSE March 2026: 321.4"),
            (self.quarterly, '2026-05-31', date(2026, 4, 1), "Q2 2026", "RENTS Q2 2026: 321.4"),
            (self.quarterly, '2026-12-01', date(2026, 10, 1), "Q4 2026", "RENTS Q4 2026: 321.4"),
        )
        for index, day, month, text, name in cases:
            with self.subTest(name):
                value = self._value(index, day, 321.4)
                self.assertEqual((value.month, value.period_name, value.display_name), (month, text, name))
        self.assertEqual((self.quarterly.latest_month, self.quarterly.latest_value), ("Q4 2026", 321.4))

    def test_values_read_in_french(self):
        self.env['res.lang']._activate_lang('fr_FR')
        value = self._value(self.quarterly, '2026-04-01', 1204.25).with_context(lang='fr_FR')
        self.assertEqual(value.display_name, "RENTS T2 2026: 1204,25")

    @mute_logger('odoo.sql_db')
    def test_a_month_has_one_value_above_zero(self):
        self._value(self.monthly, '2026-03-01')
        for month, value in (('2026-03-31', 101.0), ('2026-04-01', 0.0), ('2026-04-01', -1.0)):
            with self.subTest(month=month, value=value), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._value(self.monthly, month, value)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env['billing.index'].create({'name': "Again", 'code': "house"})

    def test_single_months_are_no_quarters(self):
        self._value(self.monthly, '2026-04-01')
        self.monthly.unit = 'quarterly'
        self.monthly.unit = 'monthly'
        self._value(self.monthly, '2026-05-01')
        with self.assertRaisesRegex(ValidationError, "values for single months"):
            self.monthly.unit = 'quarterly'

    def test_values_are_imported_and_a_second_import_corrects_them(self):
        self.assertFalse(self._import(["HOUSE,2026-01-01,100.0", "HOUSE,2026-02-01,100.4", "RENTS,2026-02-15,99"]))
        self.assertFalse(self._import(["HOUSE,2026-02-01,100.5", "HOUSE,2026-03-01,101"]))
        self.assertEqual(
            [(value.month.month, value.value) for value in self.monthly.value_ids.sorted('month')],
            [(1, 100.0), (2, 100.5), (3, 101.0)],
        )
        self.assertEqual(self.quarterly.value_ids.month, date(2026, 1, 1))

    def test_a_faulty_file_changes_nothing_and_says_why(self):
        with mute_logger('odoo.sql_db'):
            cases = (
                ("NOWHERE,2026-01-01,100", "No matching record found for name 'NOWHERE'"),
                ("HOUSE,2026-01-01,0", "more than zero"),
                ("HOUSE,soon,100", "soon"),
            )
            for row, message in cases:
                with self.subTest(row):
                    messages = self._import([row])
                    self.assertIn(message, " ".join(str(found['message']) for found in messages))
        self.assertFalse(self.monthly.value_ids)

    def test_only_an_administrator_keeps_indices(self):
        user = new_test_user(self.env, 'revising_user', 'recurring_billing.group_user')
        manager = new_test_user(self.env, 'index_keeper', 'recurring_billing.group_manager')
        value = self._value(self.monthly, '2026-01-01')
        self.assertEqual(value.with_user(user).value, 100.0)
        with self.assertRaises(AccessError):
            value.with_user(user).value = 101.0
        value.with_user(manager).value = 101.0
        self.assertFalse(self._import(["HOUSE,2026-02-01,100.4"], user=manager))

    def test_an_index_of_a_company_is_hidden_from_others(self):
        other = self.env['res.company'].create({'name': "Other company"})
        self.monthly.company_id = other
        value = self._value(self.monthly, '2026-01-01')
        user = new_test_user(self.env, 'revising_user', 'recurring_billing.group_user')
        for record in (self.monthly, value):
            with self.assertRaises(AccessError):
                record.with_user(user).read(['display_name'])
        self.assertTrue(self.quarterly.with_user(user).code)

    def test_the_import_offers_its_template(self):
        self.env['res.lang']._activate_lang('fr_FR')
        for lang in ('en_US', 'fr_FR'):
            values = self.env['billing.index.value'].with_context(lang=lang)
            [template] = values.get_import_templates()
            with self.subTest(lang), file_open(template['template'].removeprefix('/')) as file:
                labels = {field['string'] for field in values.fields_get().values()}
                self.assertLessEqual(set(file.readline().strip().split(',')), labels)
