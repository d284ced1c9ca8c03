from datetime import date

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestFlowLife(BillingCommon):
    """One contract through 2026: upgraded, paused, rewarded, metered, revised, terminated, as an accountant books it.

    Atelier Durand takes hosting for one server at 100 EUR a month plus 20 % VAT from 1 January, in advance, and pays
    each call of the interface with 0.50 EUR in arrears. It has a fixed revision of 3 % each 1 September, and a loyalty
    offer of 5 % after six months.
    """

    def _night(self, day):
        """The documents that the night of ``day`` makes."""
        with freeze_time(day):
            return self._bill(day).line_ids.invoice_id

    def _rows(self, document):
        """(text, amount without VAT) of each line of an invoice or credit note."""
        return [(line.name, line.price_subtotal) for line in document.invoice_line_ids]

    def _amounts(self, document):
        return document.invoice_line_ids.mapped('price_subtotal')

    def _use(self, line, day, quantity):
        self.env['billing.usage'].create({'contract_line_id': line.id, 'date': day, 'quantity': quantity})

    def test_a_year_in_the_life_of_a_contract(self):
        self.env['billing.loyalty.rule'].create({'name': "Loyalty", 'after_months': 6, 'percent': 5.0})
        revision = {'revision': 'percent', 'revision_percent': 3.0, 'revision_when': 'fixed', 'revision_month': '9'}
        with freeze_time('2026-01-01'):
            contract = self._contract(date_start=date(2026, 1, 1), debit=False, revision_day=1, **revision)
            contract.line_ids = [
                Command.create(
                    {
                        'product_id': self.service.id,
                        'name': "Calls",
                        'kind': 'usage',
                        'price_unit': 0.5,
                        'meter': "CALLS",
                    },
                ),
            ]
            contract.action_start()
        hosting, calls = contract.line_ids
        server = {'quantity': 2.0}

        with self.subTest("January to March: 100.00 each month"):
            for month in (1, 2, 3):
                invoice = self._night(date(2026, month, 1))
                self.assertSale(invoice, date(2026, month, 1), [100.0], 20.0)

        with self.subTest("16 March, a second server: 16 of 31 days are credited at one and charged at two"):
            with freeze_time('2026-03-16'):
                upgrade = contract._amend(
                    'quantity', date(2026, 3, 16), date(2026, 3, 16), lines=[(hosting, server)], reason="By phone"
                )
            self.assertEqual((upgrade.mrr_before, upgrade.mrr_after), (100.0, 200.0))
            invoice = self._night(date(2026, 3, 16))
            self.assertEqual(
                self._rows(invoice),
                [
                    ("Hosting, not owed from 03/16/2026 to 03/31/2026 (-16/31 days of 100.00\xa0€)", -51.61),
                    ("Hosting, from 03/16/2026 to 03/31/2026 (16/31 days of 2 × 100.00\xa0€)", 103.23),
                ],
            )
            self.assertSale(invoice, date(2026, 3, 16), [-51.61, 103.23], 10.32)

        with self.subTest("April: 200.00"):
            self.assertSale(self._night(date(2026, 4, 1)), date(2026, 4, 1), [200.0], 40.0)

        with self.subTest("May is a pause: nothing is invoiced, and nothing afterwards for it"):
            with freeze_time('2026-04-20'):
                contract._amend('pause', date(2026, 5, 1), date(2026, 4, 20), date_until=date(2026, 5, 31))
            self.assertFalse(self._night(date(2026, 5, 1)))
            self.assertEqual((contract.state, contract.mrr), ('paused', 0.0))
            self.assertSale(self._night(date(2026, 6, 1)), date(2026, 6, 1), [200.0], 40.0)
            self.assertEqual((contract.state, contract.mrr), ('running', 200.0))

        with self.subTest("July: half a year has earned 5 %"):
            invoice = self._night(date(2026, 7, 1))
            self.assertEqual(self._amounts(invoice), [200.0, -10.0])
            self.assertSale(invoice, date(2026, 7, 1), [200.0, -10.0], 38.0)
            self.assertIn("Loyalty (-5 %) on Hosting, from 07/01/2026", self._rows(invoice)[1][0])
            self.assertEqual(contract.mrr, 190.0)

        with self.subTest("August: the 100 calls of July, in arrears"):
            self._use(calls, date(2026, 7, 10), 100)
            self.assertSale(self._night(date(2026, 8, 1)), date(2026, 8, 1), [200.0, -10.0, 50.0], 48.0)

        with self.subTest("1 September: 3 % dearer, 103.00 for each server"):
            with freeze_time('2026-07-20'):
                self.env['billing.revision'].create({'date_until': date(2026, 9, 1)}).action_revise()
            amendment = contract.amendment_ids.filtered(lambda found: found.kind == 'indexation')
            self.assertEqual(
                (amendment.date, amendment.mrr_before, amendment.mrr_after), (date(2026, 9, 1), 190.0, 195.7)
            )
            self._use(calls, date(2026, 7, 20), 40)
            invoice = self._night(date(2026, 9, 1))
            self.assertSale(invoice, date(2026, 9, 1), [206.0, -10.3, 20.0], 43.14)
            texts = [text for text, _amount in self._rows(invoice)]
            self.assertTrue(any("late" in text for text in texts), f"40 calls of July came after its invoice: {texts}")
            for month in (10, 11):
                self.assertSale(self._night(date(2026, month, 1)), date(2026, month, 1), [206.0, -10.3], 39.14)

        with self.subTest("terminated on 15 November: half a month is given back, with its discount"):
            with freeze_time('2026-11-10'):
                contract._terminate(date(2026, 11, 15), date(2026, 11, 10))
            credit = self._night(date(2026, 11, 10))
            self.assertEqual(credit.move_type, 'out_refund')
            self.assertEqual(self._amounts(credit), [103.0, -5.15])
            self.assertSale(credit, date(2026, 11, 10), [-103.0, 5.15], -19.57)
            self._night(date(2026, 11, 16))
            self.assertEqual((contract.state, contract.mrr), ('closed', 0.0))
            self.assertFalse(self._night(date(2026, 12, 1)))

        with self.subTest("the history says it all, and the ledger agrees with it"):
            kinds = contract.amendment_ids.sorted('id').mapped('kind')
            self.assertEqual(kinds, ['discount', 'quantity', 'pause', 'indexation', 'termination'])
            sales = 3 * 100.0 + 51.62 + 2 * 200.0 + 2 * 190.0 + 50.0 + 20.0 + 3 * 195.7 - 97.85
            self.assertEqual(self._balance('706000', date(2026, 12, 31)), -round(sales, 2))
            self.assertEqual(self._balance('445740', date(2026, 12, 31)), -round(sum(self._vat(contract)), 2))

    def _vat(self, contract):
        return [document.amount_tax_signed for document in contract._invoices()]
