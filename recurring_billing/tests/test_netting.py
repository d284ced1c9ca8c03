from decimal import Decimal

from odoo.tests import BaseCase

from ..tools import netting


def items(*amounts, name=''):
    return [(f"{name}{number}", Decimal(amount)) for number, amount in enumerate(amounts)]


class TestNetting(BaseCase):
    def _debits(self, invoices, credits, *, together=False):
        found = netting.net(items(*invoices, name='F'), items(*credits, name='A'), together=together)
        return [[key for key, _amount in debit] for debit in found]

    def test_each_invoice_is_a_debit_or_all_are_one(self):
        self.assertEqual(self._debits(['100', '50'], []), [['F0'], ['F1']])
        self.assertEqual(self._debits(['100', '50'], [], together=True), [['F0', 'F1']])
        self.assertEqual(self._debits([], []), [])

    def test_credit_notes_go_off_the_oldest_invoices_and_are_not_split(self):
        cases = (
            (['100', '50'], ['-30'], [['F0', 'A0'], ['F1']]),
            (['100', '50', '70'], ['-100'], [['F0', 'F1', 'A0'], ['F2']]),
            (['100', '50'], ['-60', '-60'], [['F0', 'F1', 'A0', 'A1']]),
            (['100', '50'], ['-99.99'], [['F0', 'A0'], ['F1']]),
        )
        for invoices, credits, debits in cases:
            with self.subTest(invoices=invoices, credits=credits):
                self.assertEqual(self._debits(invoices, credits), debits)

    def test_nothing_is_debited_where_credit_notes_reach_the_invoices(self):
        for together in (False, True):
            self.assertEqual(self._debits(['100', '50'], ['-150'], together=together), [])
            self.assertEqual(self._debits(['100'], ['-100.01'], together=together), [])
            self.assertEqual(self._debits([], ['-1'], together=together), [])

    def test_a_file_is_full_by_count_or_by_amount(self):
        amounts = [Decimal(amount) for amount in ('10', '20', '30', '70', '5')]
        cases = (
            (0, '0', [(0, 5)]),
            (2, '0', [(0, 2), (2, 4), (4, 5)]),
            (0, '60', [(0, 3), (3, 4), (4, 5)]),
            (2, '60', [(0, 2), (2, 3), (3, 4), (4, 5)]),
        )
        for count, total, parts in cases:
            with self.subTest(count=count, total=total):
                found = [(part.start, part.stop) for part in netting.packed(amounts, count, Decimal(total))]
                self.assertEqual(found, parts)
        self.assertEqual(list(netting.packed([], 2, Decimal(5))), [])
