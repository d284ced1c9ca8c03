from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.decimals import decimals


class TestDecimals(BaseCase):
    def test_a_number_is_told_without_zeros_at_its_end(self):
        cases = ((0.0, 0), (100.0, 0), (12.5, 1), (0.25, 2), (-1.125, 3), (0.1 + 0.2, 1), (1e-9, 0), (1234567.5, 1))
        for value, expected in cases:
            with self.subTest(value):
                self.assertEqual(decimals(value), expected)
