from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingCreditTax(BillingCommon):
    """Bill and credits together come to nothing, to the cent: net, each tax and total."""

    def _taken_back_in_parts(self, lasts, **values):
        """Bill September and shorten the contract's line to each of the days ``lasts``, then take all back."""
        contract = self._contract(date_start=date(2026, 9, 1), **values)
        contract._start(contract.date_start)
        moves = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        lines = contract.line_ids
        for today, last in enumerate(lasts, start=20):
            lines._unguarded().date_end = date(2026, 9, last)
            previewed = contract.period_ids[0].amount_total
            moves += self._bill(date(2026, 9, today)).line_ids.invoice_id
            self.assertEqual(previewed, -moves[-1].amount_total, "preview and credit note say the same")
        lines._unguarded().write({'date_start': date(2026, 10, 1), 'date_end': False})
        return moves + self._bill(date(2026, 9, 30)).line_ids.filtered(lambda line: line.amount_total < 0).invoice_id

    def _assert_nothing_left(self, moves):
        bill, credits = moves[0], moves[1:]
        self.assertEqual(set(credits.mapped('move_type')), {'out_refund'})
        for name in ('amount_untaxed', 'amount_tax', 'amount_total'):
            self.assertAlmostEqual(sum(credits.mapped(name)), bill[name], 2, name)
        balances = moves.line_ids._read_group([('id', 'in', moves.line_ids.ids)], ['account_id'], ['balance:sum'])
        self.assertEqual([round(balance, 2) for _account, balance in balances], [0.0] * len(balances))
        self.assertEqual(set(moves.mapped('amount_residual')), {0.0})

    def test_credits_in_parts_leave_no_cent_of_vat(self):
        moves = self._taken_back_in_parts([20, 10], price=100.0)
        self.assertEqual([move.amount_untaxed for move in moves], [100.0, 33.33, 33.34, 33.33])
        self.assertEqual([move.amount_tax for move in moves], [20.0, 6.67, 6.66, 6.67])
        self._assert_nothing_left(moves)

    def test_credits_of_prices_with_tax_leave_no_cent_of_net(self):
        included = self.vat_on_receipts.copy({'name': "20% S included", 'price_include_override': 'tax_included'})
        for price in (120.0, 9.99, 0.05):
            line = {'product_id': self.service.id, 'price_unit': price, 'tax_ids': [Command.set(included.ids)]}
            moves = self._taken_back_in_parts([20, 10], line_ids=[Command.create(line)])
            self._assert_nothing_left(moves)

    def test_credits_of_several_lines_leave_no_cent_of_vat_rounded_once(self):
        lines = [{'product_id': self.service.id, 'price_unit': price} for price in (33.33, 33.33, 0.07)]
        moves = self._taken_back_in_parts([20, 10, 9], line_ids=[Command.create(line) for line in lines])
        self._assert_nothing_left(moves)

    def test_credits_of_several_taxes_leave_no_cent(self):
        for method in ('round_globally', 'round_per_line'):
            self.company.tax_calculation_rounding_method = method
            city = self.env['account.tax'].create(
                {'name': f"City tax {method}", 'amount': 1.23, 'type_tax_use': 'sale'}
            )
            taxes = [Command.set((self.vat_on_receipts + city).ids)]
            line = {'product_id': self.service.id, 'price_unit': 77.77, 'quantity': 3.0, 'tax_ids': taxes}
            self._assert_nothing_left(self._taken_back_in_parts([21, 11, 2], line_ids=[Command.create(line)]))

    def test_what_was_given_away_by_hand_is_not_given_back_again(self):
        contract = self._contract(date_start=date(2026, 9, 1), price=100.0)
        contract._start(contract.date_start)
        bill = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        goodwill = bill._reverse_moves([{'invoice_date': date(2026, 9, 2)}])
        goodwill.invoice_line_ids.price_unit = 33.33
        goodwill.action_post()
        contract.line_ids._unguarded().date_start = date(2026, 10, 1)
        credit = self._bill(date(2026, 9, 20)).line_ids.invoice_id
        self.assertEqual((credit.amount_untaxed, credit.amount_tax), (66.67, 13.33))
        (bill + goodwill + credit).line_ids.filtered(
            lambda line: line.account_type == 'asset_receivable' and not line.reconciled
        ).reconcile()
        self._assert_nothing_left(bill + goodwill + credit)

    def test_a_document_that_also_charges_owes_the_vat_on_its_own_sum(self):
        contract = self._contract(date_start=date(2026, 9, 1), price=100.0)
        contract._start(contract.date_start)
        bill = self._bill(date(2026, 9, 1)).line_ids.invoice_id
        contract.line_ids._unguarded().date_end = date(2026, 9, 14)
        contract._unguarded().line_ids = [
            Command.create(
                {'product_id': self.service.id, 'name': "More", 'price_unit': 200.0, 'date_start': date(2026, 9, 15)}
            )
        ]
        invoice = self._bill(date(2026, 9, 20)).line_ids.invoice_id
        self.assertEqual((invoice.move_type, invoice.amount_untaxed, invoice.amount_tax), ('out_invoice', 53.34, 10.67))
        self.assertEqual(bill.amount_residual, 120.0)

    def test_a_lower_tax_for_days_that_are_billed_is_given_back_by_a_credit_note(self):
        contract = self._contract(date_start=date(2026, 9, 1), price=100.0)
        contract._start(contract.date_start)
        self._bill(date(2026, 9, 1))
        reduced = self.vat_on_receipts.copy({'name': "10% S", 'amount': 10.0})
        wanted = {'tax_ids': reduced.ids, 'price_unit': 101.0}
        contract._amend('lines', date(2026, 9, 1), date(2026, 9, 20), lines=[(contract.line_ids, wanted)])
        preview = self._preview(contract, until=date(2026, 9, 20)).line_ids
        [line] = self._bill(date(2026, 9, 20)).line_ids
        self.assertEqual((line.outcome, line.invoice_id.move_type), ('posted', 'out_refund'), line.remark)
        self.assertEqual((line.amount_untaxed, line.amount_total), (1.0, -8.9), "101.00 + 10.10 less 100.00 + 20.00")
        self.assertEqual((preview.amount_untaxed, preview.amount_total), (1.0, -8.9))

    def test_a_credit_of_days_of_a_short_period_gives_their_price_back_to_the_cent(self):
        contract = self._started(date_start=date(2026, 8, 15), alignment='calendar', anchor_day=1, price=100.0)
        bill = self._billed_on(date(2026, 8, 15), contract)
        contract._amend('pause', date(2026, 8, 20), date(2026, 8, 26), date_until=date(2026, 8, 25))
        credit = self._billed_on(date(2026, 8, 26), contract)
        self.assertEqual((bill.amount_untaxed, credit.amount_untaxed), (54.84, 19.36), "80.65 - 61.29 of 100.00")
        self.assertEqual(credit.invoice_line_ids.price_unit, 19.36)

    def test_taxes_of_an_invoice_for_many_contracts_are_computed_once(self):
        def computations(count):
            customer = self._customer(f"Groupe {count}", billing_consolidate=True)
            contracts = self.env['billing.contract'].concat(
                *(self._contract(customer, debit=False, date_start=date(2026, 9, 1)) for _number in range(count))
            )
            contracts._start(date(2026, 9, 1))
            bill = self._bill(date(2026, 9, 1)).line_ids.invoice_id.filtered(lambda row: row.partner_id == customer)
            self.assertEqual(len(bill), 1)
            contracts.line_ids._unguarded().date_end = date(2026, 9, 14)
            calls = []
            compute = type(bill)._get_rounded_base_and_tax_lines

            def counted(move, *args, **options):
                calls.append(move)
                return compute(move, *args, **options)

            with patch.object(type(bill), '_get_rounded_base_and_tax_lines', counted):
                bills = [bill for period in contracts.period_ids for bill in period._to_bill()]
            self.assertEqual(len([bill for bill in bills if bill.credited]), count)
            return len(calls)

        self.assertEqual((computations(2), computations(5)), (1, 1))
