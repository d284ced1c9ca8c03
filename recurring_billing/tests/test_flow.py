from datetime import date, timedelta

from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestFlow(BillingCommon):
    """One customer from contract to reminder, each entry as an accountant would book it by hand.

    Atelier Durand takes hosting at 100 EUR a month plus 20 % VAT from 1 September 2026, invoiced on the first of each
    month and collected by direct debit. September's debit comes back, since the account is closed; the customer is
    reminded.
    """

    def test_from_contract_to_reminder(self):
        with freeze_time('2026-08-28'):
            contract = self._contract(date_start=date(2026, 9, 1))
            contract.action_start()

        with self.subTest("1 September: the invoice is posted, VAT waits for the money"), freeze_time('2026-09-01'):
            run = self._bill(date(2026, 9, 1))
            invoice = run.line_ids.invoice_id
            self.assertEqual(invoice.invoice_date_due, date(2026, 9, 1))
            self.assertEqual(invoice.ref, contract.name)
            self.assertEqual(invoice.invoice_line_ids.name, "Hosting, from 09/01/2026 to 09/30/2026")
            self.assertEntry(
                invoice,
                date(2026, 9, 1),
                [
                    ('411100', "Atelier Durand", 120.0, 0.0),
                    ('706000', "Atelier Durand", 0.0, 100.0),
                    ('445740', "Atelier Durand", 0.0, 20.0),
                ],
            )

        with self.subTest("2 September: the file is made and sent, nothing is paid yet"), freeze_time('2026-09-02'):
            collection = self._collect(date(2026, 9, 4), date(2026, 9, 2))
            self.assertEqual(collection.debit_ids.state, 'sent')
            self.assertEqual((invoice.amount_residual, invoice.payment_state), (120.0, 'not_paid'))

        with self.subTest("4 September: one entry settles the collection, VAT falls due"), freeze_time('2026-09-04'):
            self._settle(date(2026, 9, 4))
            self.assertEqual((invoice.amount_residual, collection.state), (0.0, 'settled'))
            self.assertEntry(
                collection.move_id,
                date(2026, 9, 4),
                [('511600', None, 120.0, 0.0), ('411100', "Atelier Durand", 0.0, 120.0)],
            )
            self.assertEqual(collection.move_id.journal_id.code, 'PRLV')
            self.assertEntry(
                self._cash_basis_entries(invoice),
                date(2026, 9, 4),
                [
                    ('445740', "Atelier Durand", 20.0, 0.0),
                    ('445710', "Atelier Durand", 0.0, 20.0),
                    ('706000', "Atelier Durand", 100.0, 0.0),
                    ('706000', "Atelier Durand", 0.0, 100.0),
                ],
            )

        with self.subTest("8 October: the bank takes it back, VAT too, on that day"), freeze_time('2026-10-08'):
            debit = collection.debit_ids
            debit._return(date(2026, 10, 8), 'AC04')
            self.assertEqual((invoice.amount_residual, invoice.payment_state), (120.0, 'not_paid'))
            self.assertEntry(
                debit.return_move_id,
                date(2026, 10, 8),
                [('411100', "Atelier Durand", 120.0, 0.0), ('511600', "Atelier Durand", 0.0, 120.0)],
            )
            receipts, reversal = self._cash_basis_entries(invoice)
            self.assertEqual(receipts.date, date(2026, 9, 4))
            self.assertEntry(
                reversal,
                date(2026, 10, 8),
                [
                    ('445740', "Atelier Durand", 0.0, 20.0),
                    ('445710', "Atelier Durand", 20.0, 0.0),
                    ('706000', "Atelier Durand", 0.0, 100.0),
                    ('706000', "Atelier Durand", 100.0, 0.0),
                ],
            )

        with self.subTest("the books at each date: declared VAT, waiting VAT, items in collection"):
            self.assertEqual(self._balance('445710', date(2026, 9, 30)), -20.0)
            self.assertEqual(self._balance('445740', date(2026, 9, 30)), 0.0)
            self.assertEqual(self._balance('511600', date(2026, 9, 30)), 120.0)
            self.assertEqual(self._balance('445710', date(2026, 10, 31)), 0.0)
            self.assertEqual(self._balance('445740', date(2026, 10, 31)), -20.0)
            self.assertEqual(self._balance('511600', date(2026, 10, 31)), 0.0)
            self.assertEqual(self._balance('411100', date(2026, 10, 31)), 120.0)

        with self.subTest("12 October: one e-mail lists what is late"), freeze_time('2026-10-12'):
            reminder = self._run_reminders(date(2026, 10, 12))
            self.assertEqual((reminder.partner_id, reminder.move_ids), (self.customer, invoice))
            self.assertEqual((reminder.amount, reminder.mail_id.email_to), (120.0, self.customer.email_formatted))
            self.assertIn(invoice.name, reminder.body)

    def test_a_year_of_contracts_of_every_frequency(self):
        """2026 of a small company, night by night: what each contract was invoiced, and the year's ledger."""
        every = {
            "Weekly": {'recurrence_unit': 'week', 'recurrence_interval': 1, 'alignment': 'calendar', 'price': 14.0},
            "Monthly": {'frequency': 'monthly', 'date_start': date(2026, 1, 31), 'price': 100.0},
            "In arrears": {'frequency': 'monthly', 'timing': 'arrears', 'price': 80.0},
            "Cut short": {'frequency': 'monthly', 'date_start': date(2026, 3, 10), 'anchor_day': 1, 'price': 31.0},
            "Quarters": {
                'frequency': 'quarterly',
                'alignment': 'calendar',
                'date_start': date(2026, 2, 15),
                'price': 90.0,
            },
            "Half-years": {'frequency': 'half_yearly', 'price': 600.0, 'date_end': date(2026, 9, 30)},
            "Yearly": {'frequency': 'yearly', 'date_start': date(2026, 6, 1), 'price': 1200.0},
        }
        first = date(2026, 1, 1)
        contracts = {}
        for name, values in every.items():
            contract = self._contract(debit=False, **{'date_start': first, **values})
            contract.line_ids._unguarded().name = name
            contract._start(first)
            contracts[name] = contract
        for night in range(365):
            day = first + timedelta(days=night)
            if any(contract.next_invoice_date == day for contract in contracts.values()):
                with freeze_time(day):
                    self._bill(day)
        with freeze_time('2027-01-02'):
            self.assertFalse(self._bill(date(2026, 12, 31)), "nothing was passed over")

        def billed(name):
            """(invoice date, first day, last day, amount without VAT) as day/month, in order."""
            rows = []
            for line in contracts[name]._invoices().invoice_line_ids.sorted('billing_date_start'):
                days = (line.move_id.invoice_date, line.billing_date_start, line.billing_date_end)
                rows.append((*(f"{day:%d/%m}" for day in days), line.price_subtotal))
            return rows

        with self.subTest("weeks from Monday; the first has four days of seven"):
            weeks = billed("Weekly")
            self.assertEqual(weeks[:2], [('01/01', '01/01', '04/01', 8.0), ('05/01', '05/01', '11/01', 14.0)])
            self.assertEqual((len(weeks), sum(amount for *_days, amount in weeks)), (53, 8.0 + 52 * 14.0))
        with self.subTest("a contract of the 31st has the last day of each month"):
            self.assertEqual(
                [day for day, *_rest in billed("Monthly")],
                [
                    '31/01',
                    '28/02',
                    '31/03',
                    '30/04',
                    '31/05',
                    '30/06',
                    '31/07',
                    '31/08',
                    '30/09',
                    '31/10',
                    '30/11',
                    '31/12',
                ],
            )
        with self.subTest("in arrears: each month on its last day"):
            months = billed("In arrears")
            self.assertEqual(months[0], ('31/01', '01/01', '31/01', 80.0))
            self.assertEqual((len(months), months[-1][0]), (12, '31/12'))
        with self.subTest("a start on the 10th: 22 of 31 days, then whole months"):
            months = billed("Cut short")
            self.assertEqual(months[:2], [('10/03', '10/03', '31/03', 22.0), ('01/04', '01/04', '30/04', 31.0)])
        with self.subTest("calendar quarters: 45 days of the first one's 90"):
            self.assertEqual(
                billed("Quarters"),
                [
                    ('15/02', '15/02', '31/03', 45.0),
                    ('01/04', '01/04', '30/06', 90.0),
                    ('01/07', '01/07', '30/09', 90.0),
                    ('01/10', '01/10', '31/12', 90.0),
                ],
            )
        with self.subTest("half-years, ended after 92 of 184 days: the end was known, so only they are billed"):
            self.assertEqual(
                billed("Half-years"), [('01/01', '01/01', '30/06', 600.0), ('01/07', '01/07', '30/09', 300.0)]
            )
            self.assertEqual(contracts["Half-years"].state, 'closed')
        with self.subTest("a year in advance"):
            self.assertEqual(billed("Yearly"), [('01/06', '01/06', '31/05', 1200.0)])
        with self.subTest("the ledger: sales of the year, VAT waiting for the customers' money, what they owe"):
            sales = sum(amount for name in every for *_days, amount in billed(name))
            self.assertEqual(sales, 736.0 + 1200.0 + 960.0 + 301.0 + 315.0 + 900.0 + 1200.0)
            self.assertEqual(self._balance('706000', date(2026, 12, 31)), -sales)
            self.assertEqual(self._balance('445740', date(2026, 12, 31)), round(-sales * 0.2, 2))
            self.assertEqual(self._balance('411100', date(2026, 12, 31)), round(sales * 1.2, 2))
