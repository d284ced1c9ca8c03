from datetime import date

from odoo.tests import freeze_time, tagged

from .common_revision import INDEXED, NEW_YEAR, RevisionCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-11-25')
class TestBillingRevisionPrices(RevisionCommon):
    """New prices by the terms that were agreed: percentage or index, its month, cap and floor."""

    def test_prices_follow_the_terms_agreed(self):
        """By the index from 310.0 to 321.4, that is +3.677 %, or by a percentage."""
        bounds = {'revision_has_cap': True, 'revision_has_floor': True}
        cases = (
            ("100 x 321.4 / 310.0 = 103.677", 100.0, {}, 103.68, False),
            ("tenths: 103.677", 100.0, {'revision_rounding': 'tenth'}, 103.7, False),
            ("whole amounts: 103.677", 100.0, {'revision_rounding': 'unit'}, 104.0, False),
            ("capped at 3 %: 100 x 1.03", 100.0, {**bounds, 'revision_cap': 3.0}, 103.0, 'cap'),
            ("within 0 and 4 %", 100.0, {**bounds, 'revision_cap': 4.0}, 103.68, False),
            (
                "at least 5 %: 49.90 x 1.05 = 52.395",
                49.9,
                {'revision_has_floor': True, 'revision_floor': 5.0},
                52.4,
                'floor',
            ),
            ("a bound without its tick", 100.0, {'revision_cap': 3.0}, 103.68, False),
            ("2.5 %: 49.90 x 1.025 = 51.1475", 49.9, {'revision': 'percent', 'revision_percent': 2.5}, 51.15, False),
            ("-10 %: 49.90 x 0.9", 49.9, {'revision': 'percent', 'revision_percent': -10.0}, 44.91, False),
        )
        for name, price, terms, expected, limit in cases:
            with self.subTest(name):
                contract = self._indexed(price=price, **terms)
                amendment = self._revised(contract)
                self.assertEqual((amendment.kind, amendment.date), ('indexation', NEW_YEAR))
                self.assertEqual((amendment.change_ids.new_value, amendment.revision_limit), (expected, limit))
                self.assertEqual(amendment.mrr_after, expected)

    def test_the_date_and_the_month_that_counts(self):
        fixed = {'revision_when': 'fixed', 'revision_day': 1, 'revision_month': '4'}
        cases = (
            ("anniversary", {}, date(2027, 1, 1), date(2025, 3, 1)),
            ("a fixed day", fixed, date(2026, 4, 1), date(2025, 3, 1)),
            (
                "the last of February",
                {**fixed, 'revision_day': 31, 'revision_month': '2'},
                date(2026, 2, 28),
                date(2025, 3, 1),
            ),
            (
                "taken over",
                {'revision_agreed_on': date(2026, 1, 1), 'date_start': date(2019, 6, 15)},
                date(2026, 6, 15),
                date(2025, 3, 1),
            ),
            ("ended before", {'date_end': date(2026, 12, 31)}, False, date(2025, 3, 1)),
            ("none", {'revision': 'none'}, False, date(2025, 3, 1)),
            ("no lag", {'revision_lag': 0}, date(2027, 1, 1), date(2026, 1, 1)),
        )
        for name, terms, day, month in cases:
            with self.subTest(name):
                values = {'date_start': date(2026, 1, 1), 'debit': False, 'revision_index_id': self.index.id, **INDEXED}
                contract = self._contract(**{**values, **terms})
                self.assertEqual((contract.next_revision_date, contract.revision_base_month), (day, month))

    def test_a_quarterly_index_counts_by_its_quarter(self):
        self.index.value_ids.unlink()
        self.index.unit = 'quarterly'
        self._values(('2025-01-01', 120.0), ('2026-01-01', 126.0))
        amendment = self._revised(self._indexed())
        self.assertEqual((amendment.index_base, amendment.index_now), (120.0, 126.0))
        self.assertEqual(amendment.change_ids.new_value, 105.0)
