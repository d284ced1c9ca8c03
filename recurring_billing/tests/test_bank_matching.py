from datetime import date
from decimal import Decimal

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from odoo.addons.recurring_billing.tools.bank_matching import Item, propose

FIRST, SECOND = date(2026, 9, 8), date(2026, 9, 9)


def item(key, amount, day=FIRST, *references):
    return Item(key, Decimal(amount), day, references)


@tagged('post_install', '-at_install')
class TestBankMatching(BaseCase):
    def test_what_a_line_pays(self):
        remittance = item('remittance', '180', FIRST, "PRLV-00001")
        first, second = (
            item('first', '-120', FIRST, "PRLV-00001-00001"),
            item('second', '-60', FIRST, "PRLV-00001-00002"),
        )
        other = item('other', '-120', SECOND, "PRLV-00002-00001")
        for amount, text, items, expected in (
            ('180', "VIR PRLV-00001", [remittance, first], ['remittance']),
            ('178', "REMISE PRLV - 00001", [remittance], ['remittance']),  # less a fee
            ('180', "REMISE", [remittance, first], ['remittance']),
            ('178', "REMISE", [remittance], []),
            ('-120', "IMPAYE", [remittance, first, second], ['first']),
            ('-120', "IMPAYE", [first, other], []),  # either of them
            ('-120', "IMPAYE PRLV-00002-00001", [first, other], ['other']),
            ('-180', "IMPAYES", [first, second, other], ['first', 'second']),
            ('-180', "PRLV-00001-00001 PRLV-00001-00002", [first, second, other], ['first', 'second']),
            ('-300', "IMPAYES", [first, second], []),
            ('120', "VIREMENT", [first], []),
            ('120', "", [], []),
        ):
            with self.subTest(amount=amount, text=text):
                self.assertEqual(propose(Decimal(amount), text, items), expected)
