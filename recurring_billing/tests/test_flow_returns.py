from datetime import date

from odoo.tests import freeze_time, tagged

from .common_bank import block, camt, entry, rejection, status, tx
from .common_notice import NoticeCommon

NEW_IBAN = 'FR7610278487575797543231912'


@tagged('post_install', '-at_install')
class TestFlowReturns(NoticeCommon):
    """2026 of one customer who pays 120 EUR a month by direct debit, as the bank's files tell it.

    January is paid. February's debit is rejected, since the account is closed: it is collected from the new account.
    May's debit comes back for want of funds, with a fee of 3 EUR, and is collected by a second one. August's is given
    back to the customer after seven weeks: the mandate rests, and nothing more is debited.
    """

    def _import(self, day, text):
        """The message of a file of the bank, which all must be certain in."""
        with freeze_time(day):
            message = self.env['billing.bank.message']._import(self.company, [(f"{day}.xml", text.encode())])
            self._empty_post_office()
        self.assertEqual(message.state, 'done', message.summary)
        return message

    def _bill_and_announce(self, first, day):
        """The month's invoice, and its announcement for ``day``."""
        with freeze_time(first):
            invoice = self._bill(first).line_ids.invoice_id
            self._announce(invoice, day, sent_on=first)
        return invoice

    def _collected(self, day):
        """The collection of ``day``, sent three days before, and settled on it."""
        sent = date.fromordinal(day.toordinal() - 5)
        with freeze_time(sent):
            collections, _refusals = self.env['billing.collection']._prepare_debits(self.company, day, sent)
            for collection in collections:
                collection._generate(sent)
            collections.action_confirm_sent()
        return collections

    def _credited(self, collection):
        """The bank's word that it credited ``collection`` on its day."""
        with freeze_time(collection.date):
            self._settle(collection.date)
        batch = f'<Btch><PmtInfId>{collection.name}-1</PmtInfId></Btch>'
        amount = f"{collection._live_amount():.2f}"
        line = entry(
            batch=batch,
            sign='CRDT',
            code='PMNT-RDDT-PMDD',
            amount=amount,
            day=str(collection.date),
            ref=collection.name,
        )
        self._import(collection.date, camt(line, number=collection.name))

    def _paid_month(self, first, day):
        invoice = self._bill_and_announce(first, day)
        self._credited(self._collected(day))
        self.assertEqual(invoice.amount_residual, 0.0, first)
        return invoice

    def assertBalances(self, day, receivable, outstanding, waiting_vat, due_vat, bank, fees=0.0):
        codes = ('411100', '511600', '445740', '445710', self.bank_journal.default_account_id.code, '627800')
        expected = (receivable, outstanding, waiting_vat, due_vat, bank, fees)
        self.assertEqual(tuple(self._balance(code, day) for code in codes), expected, day)

    def test_a_year_with_a_rejected_a_retried_and_a_refunded_debit(self):
        with freeze_time('2025-12-20'):
            self._contract(date_start=date(2026, 1, 1)).action_start()

        with self.subTest("January is paid: the bank's credit clears 511600"):
            self._paid_month(date(2026, 1, 1), date(2026, 1, 15))
            self.assertBalances(date(2026, 1, 15), 0.0, 0.0, 0.0, -20.0, 120.0)

        with self.subTest("February is rejected before its day: no entry, the mandate rests"):
            february = self._bill_and_announce(date(2026, 2, 1), date(2026, 2, 16))
            collection = self._collected(date(2026, 2, 16))
            rejected = collection.debit_ids
            why = rejection(rejected.end_to_end_id, reason='AC04')
            text = status(block(why), file=collection.name, day='2026-02-13')
            self._import(date(2026, 2, 13), text)
            self.assertEqual((rejected.return_kind, self.mandate.state), ('rejected', 'on_hold'))
            self.assertTrue(rejected.needs_hand)
            self.assertBalances(date(2026, 2, 28), 120.0, 0.0, -20.0, -20.0, 120.0)

        with self.subTest("the customer gives the new account, and February is collected from it"):
            account = self.env['res.partner.bank'].create({'partner_id': self.customer.id, 'acc_number': NEW_IBAN})
            with freeze_time('2026-02-17'):
                self.mandate._change_account(account, date(2026, 2, 17))
                self.mandate._resume("new account")
                rejected.action_collect_again()
                self._empty_post_office()
            self.assertEqual(rejected.retry_on, date(2026, 3, 3))
            self._credited(self._collected(date(2026, 3, 3)))
            self.assertEqual(february.amount_residual, 0.0)
            self.assertBalances(date(2026, 3, 3), 0.0, 0.0, 0.0, -40.0, 240.0)

        with self.subTest("March and April are paid"):
            self._paid_month(date(2026, 3, 1), date(2026, 3, 16))
            self._paid_month(date(2026, 4, 1), date(2026, 4, 15))
            self.assertBalances(date(2026, 4, 30), 0.0, 0.0, 0.0, -80.0, 480.0)

        with self.subTest("May comes back for want of funds: VAT too, on the bank's day, and the fee"):
            may = self._paid_month(date(2026, 5, 1), date(2026, 5, 15))
            debit = may.billing_debit_ids
            details = tx(debit.end_to_end_id, amount='120.00', reason='AM04')
            self._import(
                date(2026, 5, 20), camt(entry(details, amount='123.00', day='2026-05-20', ref='R5'), number='R5')
            )
            self.assertEqual((debit.return_fee, debit.retry_on), (3.0, date(2026, 6, 3)))
            self.assertBalances(date(2026, 5, 19), 0.0, 0.0, 0.0, -100.0, 600.0)
            self.assertBalances(date(2026, 5, 20), 120.0, 0.0, -20.0, -80.0, 477.0, 3.0)

        with self.subTest("the second debit, announced with the word of the return, pays May"):
            self._credited(self._collected(date(2026, 6, 3)))
            again = may.billing_debit_ids - debit
            self.assertEqual((again.attempt, again.state, may.amount_residual), (2, 'settled', 0.0))
            self.assertNotEqual(again.end_to_end_id, debit.end_to_end_id)
            self.assertBalances(date(2026, 6, 3), 0.0, 0.0, 0.0, -100.0, 597.0, 3.0)

        with self.subTest("June to September are paid"):
            for month, day in ((6, 15), (7, 15), (8, 17), (9, 15)):
                self._paid_month(date(2026, month, 1), date(2026, month, day))
            self.assertBalances(date(2026, 9, 30), 0.0, 0.0, 0.0, -180.0, 1077.0, 3.0)

        with self.subTest("August is given back after seven weeks: the mandate rests"):
            august = self.env['account.move'].search(
                [('invoice_date', '=', '2026-08-01'), ('company_id', '=', self.company.id)]
            )
            refunded = august.billing_debit_ids
            details = tx(refunded.end_to_end_id, amount='120.00', reason='MD06')
            self._import(
                date(2026, 10, 2), camt(entry(details, amount='120.00', day='2026-10-02', ref='R8'), number='R8')
            )
            self.assertEqual((refunded.return_kind, self.mandate.state), ('refunded', 'on_hold'))
            self.assertBalances(date(2026, 10, 2), 120.0, 0.0, -20.0, -160.0, 957.0, 3.0)

        with self.subTest("October is invoiced, and not debited"):
            self._bill_and_announce(date(2026, 10, 3), date(2026, 10, 19))
            self.assertFalse(self._collected(date(2026, 10, 19)))
            self.assertBalances(date(2026, 12, 31), 240.0, 0.0, -40.0, -160.0, 957.0, 3.0)
