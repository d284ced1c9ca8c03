from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.account.models.account_move import AccountMove
from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common_collection import DAY, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingCollectionSettlement(CollectionCommon):
    """The entries of a settlement, line by line, in each kind of books."""

    def test_one_entry_settles_all_debits_and_equals_cores_own_vat_entries(self):
        invoices = self._invoice() | self._invoice(self._second_customer(), price=41.65)
        collection = self._collect(date(2026, 9, 3), TODAY)
        self._settle(date(2026, 9, 3))
        self.assertEntry(
            collection.move_id,
            date(2026, 9, 3),
            [
                ('511600', None, 169.98, 0.0),
                ('411100', "Atelier Durand", 0.0, 120.0),
                ('411100', "Boulangerie Été & Fils", 0.0, 49.98),
            ],
        )
        self.assertEqual(invoices.mapped('amount_residual'), [0.0, 0.0])
        twin = self._invoice(self._second_customer(), price=41.65)
        self._register_payment(twin, payment_date=date(2026, 9, 3))
        core, ours = self._cash_basis_entries(twin), self._cash_basis_entries(invoices[1])
        shape = (
            'account_id',
            'debit',
            'credit',
            'tax_ids',
            'tax_tag_ids',
            'tax_base_amount',
            'reconciled',
            'display_type',
        )
        self.assertEqual(
            ours.line_ids.sorted('id').mapped(lambda line: [line[name] for name in shape]),
            core.line_ids.sorted('id').mapped(lambda line: [line[name] for name in shape]),
        )
        self.assertEqual(ours.mapped('date'), core.mapped('date'))

    def test_the_lines_of_an_entry_are_not_looked_at_again_for_each_of_its_debits(self):
        looks = []
        collect = AccountMove._collect_tax_cash_basis_values

        def counted(move):
            looks.append(move)
            return collect(move)

        def looked_at(customers, day):
            for customer in customers:
                self._plain_invoice(partner=customer)
            collection = self._collect(day, TODAY)
            looks.clear()
            with patch.object(AccountMove, '_collect_tax_cash_basis_values', counted):
                self._settle(day)
            self.assertEqual(len(collection.debit_ids), len(customers))
            return looks.count(collection.move_id)

        alone = looked_at([self.customer], date(2026, 9, 3))
        self.assertEqual(looked_at([self.customer, self._second_customer()], date(2026, 9, 4)), alone)

    def _zloty_company(self):
        """A company that keeps its books in zloty and a bank account in euros: 4 zloty a euro, 5 from 3 September."""
        zloty = self.env.ref('base.PLN')
        zloty.active = True
        company = self.setup_other_company(name="Spółka", currency_id=zloty.id)['company']
        self.env.user.company_id = company
        env = self.env(context={'allowed_company_ids': company.ids})
        euro = env.ref('base.EUR')
        for day, rate in ((date(2026, 8, 1), 0.25), (date(2026, 9, 3), 0.2)):
            env['res.currency.rate'].create(
                {'currency_id': euro.id, 'name': day, 'rate': rate, 'company_id': company.id},
            )
        journal = env['account.journal'].create(
            {'name': "Euro bank", 'type': 'bank', 'code': 'EURB', 'currency_id': euro.id, 'company_id': company.id},
        )
        account = env['res.partner.bank'].create(
            {'partner_id': company.partner_id.id, 'acc_number': 'FR7630004116373735379907566'},
        )
        journal.bank_account_id = account
        company.write({'billing_bank_journal_id': journal.id, 'billing_creditor_identifier': 'FR72ZZZ123456'})
        return company

    def _zloty_invoice(self, env, company):
        """The receivable item of 60 EUR of a contract of that company, whose customer has a mandate there."""
        bank = env['res.partner.bank'].search([('partner_id', '=', self.customer.id)], limit=1)
        mandate = env['billing.mandate'].create(
            {'partner_id': self.customer.id, 'partner_bank_id': bank.id, 'signature_date': date(2026, 1, 1)},
        )
        mandate.action_activate()
        contract = env['billing.contract'].create(
            {
                'partner_id': self.customer.id,
                'currency_id': env.ref('base.EUR').id,
                'date_start': TODAY,
                'line_ids': [Command.create({'product_id': self.product_a.id, 'price_unit': 60.0, 'tax_ids': False})],
            },
        )
        contract._start(TODAY)
        invoice = env['billing.run']._bill_company(company, TODAY, transaction=Transaction()).line_ids.invoice_id
        return self._due_item(invoice)

    def _zloty_settled(self, env, company, receivable):
        told = [row._replace(day=DAY) for row in receivable._billing_announcements(date(2026, 8, 1))]
        env['billing.notice']._write_down(told, 'letter', sent_on=date(2026, 8, 1))
        collection, _refusals = env['billing.collection']._prepare_debits(company, DAY, TODAY)
        collection._generate(TODAY)
        collection.action_confirm_sent()
        env['billing.collection']._settle_due(DAY, transaction=Transaction())
        return collection

    def test_in_a_company_of_another_currency_the_exchange_difference_is_booked_and_taken_back(self):
        company = self._zloty_company()
        env = self.env(context={'allowed_company_ids': company.ids})
        receivable = self._zloty_invoice(env, company)
        self.assertEqual((receivable.balance, receivable.amount_currency), (240.0, 60.0))
        collection = self._zloty_settled(env, company, receivable)
        settled = collection.debit_ids.settlement_line_id
        self.assertEqual((settled.balance, settled.amount_currency), (-300.0, -60.0))
        self.assertEqual((receivable.amount_residual, receivable.reconciled), (0.0, True))
        with freeze_time('2026-09-08'):
            collection.debit_ids._return(date(2026, 9, 8), 'AM04')
        self.assertEqual((receivable.amount_residual, receivable.amount_residual_currency), (240.0, 60.0))
        self.assertTrue(settled.reconciled)

    def test_in_a_company_of_another_currency_a_credit_note_is_netted_at_its_own_rate(self):
        company = self._zloty_company()
        env = self.env(context={'allowed_company_ids': company.ids})
        receivable = self._zloty_invoice(env, company)
        credit = env['account.move'].create(
            {
                'move_type': 'out_refund',
                'partner_id': self.customer.id,
                'currency_id': receivable.currency_id.id,
                'invoice_date': TODAY,
                'invoice_line_ids': [
                    Command.create({'product_id': self.product_a.id, 'price_unit': 10.0, 'tax_ids': False})
                ],
            },
        )
        credit.action_post()
        collection = self._zloty_settled(env, company, receivable)
        [settled] = collection.debit_ids.settlement_line_id
        self.assertEqual((settled.balance, settled.amount_currency), (-250.0, -50.0))
        self.assertEqual((receivable.amount_residual, credit.amount_residual), (0.0, 0.0))
        self.assertTrue(settled.reconciled)
        matches = [(one.credit_move_id.move_id, one.amount) for one in receivable.matched_credit_ids]
        self.assertIn((credit, 40.0), matches, "four zloty a euro, as on the day of both")

    def test_in_a_locked_period_settlement_and_vat_take_the_first_open_day(self):
        invoice = self._invoice()
        collection = self._collect(date(2026, 9, 3), TODAY)
        self.company.fiscalyear_lock_date = date(2026, 9, 30)
        self._settle(date(2026, 10, 2))
        self.assertEqual(collection.move_id.date, date(2026, 10, 1))
        self.assertEqual(self._cash_basis_entries(invoice).date, date(2026, 10, 1))

    def test_a_part_paid_meanwhile_ends_as_a_visible_credit(self):
        invoice = self._invoice()
        self._collect(date(2026, 9, 3), TODAY)
        self._register_payment(invoice, amount=50.0, payment_difference_handling='open')
        self._settle(date(2026, 9, 3))
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(self._balance('411100', date(2026, 9, 30)), -50.0)

    def test_one_invoice_paid_meanwhile_does_not_stop_the_others(self):
        paid, other = self._invoice(), self._invoice(self._second_customer())
        collection = self._collect(date(2026, 9, 3), TODAY)
        self._register_payment(paid)
        self._settle(date(2026, 9, 3))
        self.assertEqual((collection.state, other.amount_residual), ('settled', 0.0))
        credit = collection.debit_ids.filtered(lambda debit: debit.move_ids == paid).settlement_line_id
        self.assertEqual((credit.amount_residual, credit.partner_id), (-120.0, self.customer))

    def _vat(self, amount, net, partner="Atelier Durand"):
        """The rows of an entry by which VAT on receipts falls due on ``net``; below zero it is taken back."""
        rows = [('445740', amount), ('445710', -amount), ('706000', net), ('706000', -net)]
        return [(code, partner, max(value, 0.0), max(-value, 0.0)) for code, value in rows]

    def test_a_part_collected_leaves_the_rest_open_and_its_vat_waiting(self):
        invoice = self._plain_invoice()
        collection = self._prepared()
        collection.debit_ids.item_ids.amount = 30.0
        collection._generate(TODAY)
        collection.action_confirm_sent()
        self._settle(DAY)
        self.assertEntry(
            collection.move_id, DAY, [('511600', None, 30.0, 0.0), ('411100', "Atelier Durand", 0.0, 30.0)]
        )
        self.assertEqual(invoice.amount_residual, 90.0)
        self.assertEntry(self._cash_basis_entries(invoice), DAY, self._vat(5.0, 25.0))

    def test_a_netted_credit_note_is_matched_first_and_its_return_opens_what_was_debited(self):
        invoice, credit = self._plain_invoice(), self._credit(20.0)
        collection = self._collect(DAY, TODAY)
        self._settle(DAY)
        self.assertEntry(
            collection.move_id, DAY, [('511600', None, 96.0, 0.0), ('411100', "Atelier Durand", 0.0, 96.0)]
        )
        self.assertEqual((invoice | credit).mapped('amount_residual'), [0.0, 0.0])
        due = self._due_item(invoice)
        self.assertEqual(
            sorted((partial.credit_move_id.move_id, partial.amount) for partial in due.matched_credit_ids),
            sorted([(credit, 24.0), (collection.move_id, 96.0)]),
        )
        self.assertEqual(self._balance('445710', DAY), -16.0, "VAT is due on what was received")
        self.assertEqual(self._balance('445740', DAY), 0.0)
        with freeze_time('2026-09-08'):
            collection.debit_ids._return(date(2026, 9, 8), 'AM04')
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (96.0, 0.0))
        self.assertEntry(
            collection.debit_ids.return_move_id,
            date(2026, 9, 8),
            [('411100', "Atelier Durand", 96.0, 0.0), ('511600', "Atelier Durand", 0.0, 96.0)],
        )
        self.assertEqual(self._balance('445710', date(2026, 9, 8)), 0.0)
        self.assertEqual(self._balance('445710', date(2026, 9, 7)), -16.0, "the declared days keep their VAT")

    def test_several_invoices_of_one_debit_are_cleared_by_one_line(self):
        self.bank_journal.billing_debit_grouping = 'mandate'
        whole, part = self._plain_invoice(50.0), self._plain_invoice(invoice_date_due=date(2026, 8, 31))
        credit = self._credit(10.0)
        collection = self._prepared()
        [debit] = collection.debit_ids
        debit.item_ids.filtered(lambda item: item.move_id == part).amount = 70.0
        collection._generate(TODAY)
        collection.action_confirm_sent()
        self._settle(DAY)
        self.assertEntry(
            collection.move_id, DAY, [('511600', None, 118.0, 0.0), ('411100', "Atelier Durand", 0.0, 118.0)]
        )
        self.assertEqual((whole | part | credit).mapped('amount_residual'), [0.0, 50.0, 0.0])
        self.assertEqual(self._balance('445740', DAY), round(-50.0 / 6, 2))
        with freeze_time('2026-09-08'):
            debit._return(date(2026, 9, 8), 'AM04')
        self.assertEqual((whole | part | credit).mapped('amount_residual'), [48.0, 120.0, 0.0])

    def test_two_dates_make_two_entries(self):
        first = self._plain_invoice()
        self._collect(DAY, TODAY)
        second = self._plain_invoice(50.0)
        later = self._collect(date(2026, 9, 4), TODAY)
        self._settle(DAY)
        self.assertEqual((first.amount_residual, second.amount_residual), (0.0, 60.0))
        self._settle(date(2026, 9, 4))
        self.assertEntry(
            later.move_id,
            date(2026, 9, 4),
            [('511600', None, 60.0, 0.0), ('411100', "Atelier Durand", 0.0, 60.0)],
        )
        self.assertEqual(self._cash_basis_entries(second).date, date(2026, 9, 4))

    def test_a_hash_locked_journal_takes_settlement_and_netting(self):
        self.company.billing_settlement_journal_id.restrict_mode_hash_table = True
        invoice, credit = self._plain_invoice(), self._credit(20.0)
        collection = self._collect(DAY, TODAY)
        self._settle(DAY)
        self.assertTrue(collection.move_id.inalterable_hash)
        self.assertEqual((invoice | credit).mapped('amount_residual'), [0.0, 0.0])

    def test_a_locked_period_moves_netting_and_its_vat_together(self):
        invoice, _credit = self._plain_invoice(), self._credit(20.0)
        collection = self._collect(DAY, TODAY)
        self.company.fiscalyear_lock_date = date(2026, 9, 30)
        self._settle(date(2026, 10, 2))
        self.assertEqual(collection.move_id.date, date(2026, 10, 1))
        self.assertEqual(set(self._cash_basis_entries(invoice).mapped('date')), {date(2026, 10, 1)})
        self.assertEqual(self._balance('445710', date(2026, 9, 30)), 0.0)

    def test_where_the_journal_says_so_invoices_wait_for_the_banks_credit(self):
        self.bank_journal.billing_settle_on = 'bank'
        invoice = self._plain_invoice()
        collection = self._collect(DAY, TODAY)
        self._settle(date(2026, 9, 4))
        self.assertEqual((collection.state, invoice.amount_residual), ('sent', 120.0))
        with freeze_time('2026-09-07'):
            self.env['billing.collection.credit'].create(
                {'collection_id': collection.id, 'date': date(2026, 9, 7)}
            ).action_confirm()
        self.assertEqual((collection.state, collection.move_id.date), ('settled', date(2026, 9, 7)))
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(self._cash_basis_entries(invoice).date, date(2026, 9, 7))
        self.assertEqual(self._balance('511600', date(2026, 9, 7)), 0.0)

    def test_a_credit_recorded_before_the_night_leaves_the_settlement_on_its_day(self):
        invoice = self._plain_invoice()
        collection = self._collect(DAY, TODAY)
        with freeze_time('2026-09-07'):
            self.env['billing.collection.credit'].create(
                {'collection_id': collection.id, 'date': date(2026, 9, 7)}
            ).action_confirm()
        self.assertEqual((collection.move_id.date, collection.bank_move_id.date), (DAY, date(2026, 9, 7)))
        self.assertEqual(self._cash_basis_entries(invoice).date, DAY)

    def test_each_debit_costs_core_its_own_and_us_nothing(self):
        """Twice as many debits in one collection need at most core's own queries more."""
        counts = []
        for number in (4, 8):
            for index in range(number):
                self._plain_invoice(
                    partner=self._customer(f"Customer {number} {index}", billing_payer_id=self.customer.id)
                )
            collection = self._collect(DAY, TODAY)
            self.assertEqual(collection.debit_count, number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            collection._settle()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual((counts[1] - counts[0]) / 4, 14, counts)
