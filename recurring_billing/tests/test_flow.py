from datetime import date

from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
class TestFlow(BillingCommon):
    """One customer from contract to reminder, each entry as an accountant would book it by hand.

    Atelier Durand takes hosting at 100 EUR a month plus 20 % VAT from 1 September 2026, invoiced on the first of each
    month and collected by direct debit. September's debit comes back for want of funds; the customer is reminded.
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
            debit._return(date(2026, 10, 8), 'AM04')
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
            reminder = self.env['billing.dunning.action']._remind(self.company, date(2026, 10, 12))
            self.assertEqual((reminder.partner_id, reminder.move_ids), (self.customer, invoice))
            self.assertEqual((reminder.amount, reminder.mail_id.email_to), (120.0, self.customer.email_formatted))
            self.assertIn(invoice.name, reminder.body)
