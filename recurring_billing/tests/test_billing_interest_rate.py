import csv
from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.recurring_billing.tools.late_interest import Claim, HalfYear


@tagged('post_install', '-at_install')
class TestBillingInterestRate(TransactionCase):
    """The rates of each half-year, shipped, entered or imported."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rates = cls.env['billing.interest.rate']
        cls.euro = cls.env.ref('base.EUR')

    def _import(self, rows, user=None):
        """Import ``rows`` as Odoo's own import does; its messages."""
        content = "Half-Year From,ECB Rate (%),Legal Rate (%),Source\n" + "\n".join(rows)
        wizard = (
            self.env['base_import.import']
            .with_user(user or self.env.user)
            .create({'res_model': 'billing.interest.rate', 'file': content.encode(), 'file_type': 'text/csv'})
        )
        settings = {
            'quoting': '"',
            'separator': ',',
            'has_headers': True,
            'date_format': '%Y-%m-%d',
            'float_thousand_separator': ',',
            'float_decimal_separator': '.',
        }
        columns = ['date_from', 'ecb_refi', 'legal_professional', 'source']
        return wizard.execute_import(columns, columns, settings)['messages']

    def _claim(self, kind='business', **values):
        return Claim(kind, date(2026, 5, 31), date(2026, 6, 14), Decimal("1200"), **values)

    def test_the_known_rates_are_shipped_and_the_unsure_one_is_marked(self):
        expected = {
            date(2024, 7, 1): HalfYear(Decimal("4.25"), Decimal("4.92")),
            date(2025, 1, 1): HalfYear(Decimal("3.15"), Decimal("3.71")),
            date(2025, 7, 1): HalfYear(Decimal("2.15"), Decimal("2.76")),
            date(2026, 1, 1): HalfYear(Decimal("2.15"), Decimal("2.62")),
            date(2026, 7, 1): HalfYear(Decimal("2.40"), None, is_sure=False),
        }
        self.assertEqual(self.rates._by_half_year(), expected)

    def test_what_follows_from_the_rates_stands_beside_them(self):
        for name, business, public, lowest in (('2024_h2', 14.25, 12.25, 14.76), ('2026_h1', 12.15, 10.15, 7.86)):
            rate = self.env.ref(f'recurring_billing.interest_rate_{name}')
            for value, wanted in ((rate.business_rate, business), (rate.public_rate, public)):
                self.assertAlmostEqual(value, wanted)
            self.assertAlmostEqual(rate.contract_floor, lowest)

    def test_any_day_stands_for_its_half_year(self):
        rate = self.rates.create({'date_from': '2027-05-17', 'ecb_refi': 2.0})
        self.assertEqual(rate.date_from, date(2027, 1, 1))
        rate.date_from = '2027-12-31'
        self.assertEqual(rate.date_from, date(2027, 7, 1))

    @mute_logger('odoo.sql_db')
    def test_a_half_year_has_its_rates_once_and_they_are_percentages(self):
        rows = (
            {'date_from': '2026-03-01', 'ecb_refi': 2.0},
            {'date_from': '2027-01-01', 'ecb_refi': 215.0},
            {'date_from': '2027-01-01', 'ecb_refi': 2.0, 'legal_professional': -1.0},
        )
        for values in rows:
            with self.subTest(values), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.rates.create(values)

    def test_a_central_bank_rate_of_zero_is_a_rate_and_a_legal_rate_of_zero_is_none(self):
        self.rates.create({'date_from': '2027-01-01', 'ecb_refi': 0.0})
        self.assertEqual(self.rates._by_half_year()[date(2027, 1, 1)], HalfYear(Decimal("0.00"), None))

    def test_interest_is_computed_from_the_rates(self):
        late = self.rates._late_interest(self._claim(), date(2026, 7, 31), self.euro)
        self.assertEqual([segment.amount for segment in late.segments], [Decimal("6.39"), Decimal("12.64")])
        self.assertEqual((late.indemnity, late.total, late.is_sure), (40, Decimal("59.03"), False))

    def test_a_missing_rate_is_named_with_its_remedy(self):
        cases = (
            (self._claim(), "“ECB Rate.*” of the half-year 01/01/2027 to 06/30/2027.*Configuration › Interest Rates"),
            (self._claim('consumer', notice=date(2026, 7, 1)), "“Legal Rate.*” of the half-year 07/01/2026"),
        )
        for claim, message in cases:
            with self.subTest(claim.kind), self.assertRaisesRegex(UserError, message):
                self.rates._late_interest(claim, date(2027, 1, 31), self.euro)

    def test_rates_are_imported_and_a_second_import_corrects_them(self):
        self.assertFalse(self._import(["2026-07-01,2.40,2.70,Order", "2027-02-15,2.65,0,ECB"]))
        self.assertFalse(self._import(["2027-01-01,2.50,2.80,ECB"]))
        table = self.rates._by_half_year()
        self.assertEqual(table[date(2026, 7, 1)].legal, Decimal("2.70"))
        self.assertEqual(table[date(2027, 1, 1)], HalfYear(Decimal("2.50"), Decimal("2.80")))
        self.assertEqual(len(table), 6)

    def test_a_faulty_file_changes_nothing_and_says_why(self):
        with mute_logger('odoo.sql_db'):
            for row, message in (("2027-01-01,240,0,x", "percentages"), ("soon,2.40,0,x", "soon")):
                with self.subTest(row):
                    texts = " ".join(str(found['message']) for found in self._import(["2028-01-01,1.0,0,x", row]))
                    self.assertIn(message, texts)
        self.assertEqual(len(self.rates._by_half_year()), 5)

    def test_the_import_offers_its_template(self):
        self.env['res.lang']._activate_lang('fr_FR')
        for lang in ('en_US', 'fr_FR'):
            rates = self.rates.with_context(lang=lang)
            [template] = rates.get_import_templates()
            with self.subTest(lang), file_open(template['template'].removeprefix('/')) as file:
                labels = {field['string'] for field in rates.fields_get().values()}
                self.assertLessEqual(set(next(csv.reader(file))), labels)

    def test_only_an_administrator_keeps_rates(self):
        user = new_test_user(self.env, 'reminding_user', 'recurring_billing.group_user')
        manager = new_test_user(self.env, 'rate_keeper', 'recurring_billing.group_manager')
        rate = self.env.ref('recurring_billing.interest_rate_2026_h2')
        self.assertEqual(rate.with_user(user).ecb_refi, 2.40)
        with self.assertRaises(AccessError):
            rate.with_user(user).ecb_refi = 2.65
        rate.with_user(manager).ecb_refi = 2.65
        self.assertFalse(self._import(["2027-01-01,2.50,2.80,ECB"], user=manager))
