from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import BillingCommon

LOGGER = 'odoo.addons.recurring_billing.models.billing_worker'


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingPeriodOwed(BillingCommon):
    """Owed minus invoiced, at the level of invoices: what a run makes of a change after the bill."""

    # === HELPERS === #

    def _started(self, **values):
        contract = self._contract(**values)
        contract._start(contract.date_start)
        return contract

    def _september(self, **values):
        """A contract whose September is billed on its first day, and that bill."""
        contract = self._started(date_start=date(2026, 9, 1), **values)
        return contract, self._billed_on(date(2026, 9, 1), contract)

    def _billed_on(self, day, contract):
        """What a run on ``day`` bills of ``contract``, oldest first."""
        return self._bill(day).line_ids.filtered(lambda line: line.contract_id == contract).invoice_id.sorted('id')

    def _add_line(self, contract, **values):
        before = contract.line_ids
        contract.line_ids = [
            Command.create({'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0, **values})
        ]
        return contract.line_ids - before

    def _texts(self, names):
        """Commands of the lines of a contract: (price, name) bills, (display type, name) only prints."""
        commands = []
        for number, (first, name) in enumerate(names):
            if isinstance(first, str):
                values = {'display_type': first, 'name': name, 'quantity': 0.0, 'price_unit': 0.0}
            else:
                values = {'product_id': self.service.id, 'name': name, 'price_unit': first}
            commands.append(Command.create({**values, 'sequence': number}))
        return commands

    def _reverse(self, invoice, *, again=False, modify=False):
        """The draft that core's wizard makes: the credit note, or the invoice made anew after it."""
        wizard = (
            self.env['account.move.reversal']
            .with_context(active_model='account.move', active_ids=invoice.ids)
            .create({'journal_id': invoice.journal_id.id, 'billing_bill_again': again})
        )
        if modify:
            wizard.modify_moves()
        else:
            wizard.refund_moves()
        return wizard.new_move_ids

    def _preview(self, contract, until=date(2026, 12, 5)):
        return self.env['billing.run'].create({'date_until': until, 'contract_id': contract.id})

    def _names(self, invoice):
        lines = invoice.invoice_line_ids.sorted('sequence')
        return [(line.display_type, line.name.split(",")[0]) for line in lines]

    # === CREDITS === #

    def test_a_line_ended_after_its_bill_is_credited_by_days(self):
        contract, invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 14)
        credit = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual((credit.move_type, credit.reversed_entry_id), ('out_refund', invoice))
        self.assertEntry(
            credit,
            date(2026, 9, 20),
            [
                ('411100', "Atelier Durand", 0.0, 64.0),
                ('706000', "Atelier Durand", 53.33, 0.0),
                ('445740', "Atelier Durand", 10.67, 0.0),
            ],
        )
        line = credit.invoice_line_ids
        self.assertEqual(
            (line.billing_kind, line.billing_credited_line_id, line.billing_date_start, line.billing_date_end),
            ('adjustment', invoice.invoice_line_ids, date(2026, 9, 15), date(2026, 9, 30)),
        )
        self.assertEqual(line.name, "Hosting, not owed from 09/15/2026 to 09/30/2026")
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (56.0, 0.0), "the bill is credited at once")
        self.assertFalse(self._bill(date(2026, 9, 21)), "never twice")

    def test_a_credit_takes_price_and_taxes_of_the_bill_not_todays(self):
        contract, invoice = self._september(price=90.0)
        taxes = self.vat_on_receipts
        contract.line_ids.write({'price_unit': 300.0, 'tax_ids': False, 'date_end': date(2026, 9, 20)})
        credit = self._billed_on(date(2026, 9, 21), contract)
        self.assertEqual((credit.amount_untaxed, credit.amount_tax), (30.0, 6.0))
        self.assertEqual(credit.invoice_line_ids.tax_ids, taxes)
        self.assertEqual(invoice.amount_residual, 72.0)

    def test_a_line_taken_back_whole_leaves_no_cent_of_its_bill(self):
        for price, quantity in ((33.33, 3.0), (0.07, 1.0), (99.99, 7.0)):
            with self.subTest(price=price, quantity=quantity):
                contract, invoice = self._september(price=price, quantity=quantity)
                contract.line_ids.date_start = date(2026, 10, 1)
                credit = self._billed_on(date(2026, 9, 20), contract)
                self.assertEqual(
                    (credit.invoice_line_ids.quantity, credit.invoice_line_ids.price_unit), (quantity, price)
                )
                self.assertEqual((credit.amount_total, invoice.amount_residual), (invoice.amount_total, 0.0))

    def test_days_taken_back_piece_by_piece_leave_no_cent_of_their_bill(self):
        contract, invoice = self._september(price=100.0)
        amounts = []
        for last, today in ((20, 21), (10, 22)):
            contract.line_ids.date_end = date(2026, 9, last)
            amounts.append(self._billed_on(date(2026, 9, today), contract).amount_untaxed)
        contract.line_ids.write({'date_start': date(2026, 10, 1), 'date_end': False})
        amounts.append(self._billed_on(date(2026, 9, 23), contract).amount_untaxed)
        self.assertEqual(amounts, [33.33, 33.34, 33.33])
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_a_line_that_runs_on_after_its_credit_is_charged_again(self):
        contract, _invoice = self._september(price=90.0)
        contract.line_ids.date_end = date(2026, 9, 20)
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).move_type, 'out_refund')
        contract.line_ids.date_end = date(2026, 9, 25)
        again = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((again.move_type, again.amount_untaxed), ('out_invoice', 15.0))
        self.assertIn("from 09/21/2026 to 09/25/2026 (5/30 days", again.invoice_line_ids.name)
        self.assertFalse(self._bill(date(2026, 9, 23)))

    def test_a_line_ended_and_one_added_stand_on_one_invoice(self):
        contract, _invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 14)
        self._add_line(contract, name="Hosting Pro", price_unit=200.0, date_start=date(2026, 9, 15))
        both = self._billed_on(date(2026, 9, 15), contract)
        self.assertEqual((len(both), both.move_type), (1, 'out_invoice'))
        self.assertEqual(
            [(line.billing_kind, line.price_subtotal) for line in both.invoice_line_ids.sorted('sequence')],
            [('adjustment', -53.33), ('recurring', 106.67)],
        )
        self.assertEntry(
            both,
            date(2026, 9, 15),
            [
                ('411100', "Atelier Durand", 64.01, 0.0),
                ('706000', "Atelier Durand", 0.0, 106.67),
                ('706000', "Atelier Durand", 53.33, 0.0),
                ('445740', "Atelier Durand", 0.0, 10.67),
            ],
        )
        self.assertFalse(self._bill(date(2026, 9, 16)))

    def test_a_credit_larger_than_the_charge_beside_it_gives_one_credit_note(self):
        contract, invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 15)
        self._add_line(contract, name="Hosting Mini", price_unit=20.0, date_start=date(2026, 9, 16))
        both = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((both.move_type, both.reversed_entry_id, both.amount_untaxed), ('out_refund', invoice, 40.0))
        self.assertEntry(
            both,
            date(2026, 9, 16),
            [
                ('411100', "Atelier Durand", 0.0, 48.0),
                ('706000', "Atelier Durand", 50.0, 0.0),
                ('706000', "Atelier Durand", 0.0, 10.0),
                ('445740', "Atelier Durand", 8.0, 0.0),
            ],
        )
        self.assertFalse(self._bill(date(2026, 9, 17)))

    def test_a_discounted_bill_is_credited_at_its_discounted_price(self):
        for quantity in (3.0, 1.0):
            with self.subTest(quantity=quantity):
                contract, invoice = self._september(quantity=quantity)
                invoice.button_draft()
                invoice.invoice_line_ids.discount = 10.0
                invoice.action_post()
                contract.line_ids.date_end = date(2026, 9, 15)
                credit = self._billed_on(date(2026, 9, 20), contract)
                self.assertEqual(credit.amount_untaxed, 45.0 * quantity)

    def test_the_preview_of_a_discounted_credit_equals_its_result(self):
        for quantity in (1.0, 3.0):
            with self.subTest(quantity=quantity):
                contract = self._started(date_start=date(2026, 12, 1), quantity=quantity)
                invoice = self._billed_on(date(2026, 12, 1), contract)
                invoice.button_draft()
                invoice.invoice_line_ids.discount = 10.0
                invoice.action_post()
                contract.line_ids.date_end = date(2026, 12, 10)
                run = self._preview(contract)
                announced = run.line_ids.amount_untaxed
                run.action_post()
                self.assertEqual(announced, -run.line_ids.invoice_id.amount_untaxed)

    def test_a_discounted_line_taken_back_whole_leaves_no_cent(self):
        contract, invoice = self._september(quantity=3.0, price=33.33)
        invoice.button_draft()
        invoice.invoice_line_ids.discount = 10.0
        invoice.action_post()
        contract.line_ids.date_start = date(2026, 10, 1)
        credit = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual((credit.amount_total, invoice.amount_residual), (invoice.amount_total, 0.0))

    def test_a_credit_follows_the_convention_of_its_bill(self):
        for convention, credited in (('actual', 41.79), ('thirty', 45.0), ('none', 0.0)):
            with self.subTest(convention):
                contract = self._started(date_start=date(2026, 2, 1), price=90.0, proration=convention)
                self._bill(date(2026, 2, 1))
                contract.line_ids.date_end = date(2026, 2, 15)
                credit = self._billed_on(date(2026, 2, 16), contract)
                self.assertEqual(sum(credit.mapped('amount_untaxed')), credited)

    # === CHARGES === #

    def test_a_line_added_to_a_billed_period_is_charged_for_its_days(self):
        contract, _invoice = self._september()
        added = self._add_line(contract, date_start=date(2026, 9, 15))
        invoice = self._billed_on(date(2026, 9, 15), contract)
        self.assertEqual(invoice.invoice_line_ids.billing_contract_line_id, added)
        self.assertIn("from 09/15/2026 to 09/30/2026 (16/30 days of", invoice.invoice_line_ids.name)
        self.assertEntry(
            invoice,
            date(2026, 9, 15),
            [
                ('411100', "Atelier Durand", 19.2, 0.0),
                ('706000', "Atelier Durand", 0.0, 16.0),
                ('445740', "Atelier Durand", 0.0, 3.2),
            ],
        )
        self.assertFalse(self._bill(date(2026, 9, 16)), "never twice")
        october = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(october.invoice_line_ids.mapped('price_subtotal'), [100.0, 30.0])

    def test_a_new_price_bills_only_days_that_are_not_billed(self):
        contract, _invoice = self._september()
        contract.line_ids.price_unit = 150.0
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 150.0)

    def test_a_new_quantity_bills_only_days_that_are_not_billed(self):
        contract, _invoice = self._september()
        contract.line_ids.quantity = 4.0
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 400.0)

    def test_a_fee_is_billed_once_and_in_full(self):
        contract = self._started(date_start=date(2026, 9, 20), anchor_day=1)
        self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0)
        first = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual(
            [(line.billing_kind, line.name, line.price_subtotal) for line in first.invoice_line_ids],
            [
                ('recurring', "Hosting, from 09/20/2026 to 09/30/2026 (11/30 days of 100.00\u00a0€)", 36.67),
                ('setup', "Set-up", 49.0),
            ],
        )
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 100.0)
        self.assertFalse(self._bill(date(2026, 10, 2)))

    def test_a_fee_added_to_a_running_contract_is_billed_with_the_next_run(self):
        contract, _invoice = self._september()
        self._add_line(contract, name="Training", kind='setup', price_unit=49.0, date_start=date(2026, 9, 10))
        self.assertEqual(self._billed_on(date(2026, 9, 10), contract).amount_untaxed, 49.0)
        self.assertFalse(self._bill(date(2026, 9, 11)))

    def test_a_fee_agreed_before_the_start_is_billed_with_the_first_period(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0, date_start=date(2026, 8, 20))
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 149.0)

    def test_a_fee_whose_line_is_taken_away_is_credited(self):
        contract, _invoice = self._september()
        fee = self._add_line(contract, name="Set-up", kind='setup', price_unit=49.0)
        self.assertEqual(self._billed_on(date(2026, 9, 2), contract).amount_untaxed, 49.0)
        fee.date_start = date(2026, 10, 1)
        credit = self._billed_on(date(2026, 9, 3), contract)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 49.0))
        self.assertEqual(self._billed_on(date(2026, 10, 1), contract).amount_untaxed, 149.0)

    # === CREDIT NOTES MADE BY HAND === #

    def test_a_credit_note_made_by_hand_does_not_bill_again(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice)
        for step in ("draft", "posted"):
            with self.subTest(step):
                self.assertFalse(self._bill(date(2026, 9, 20)))
                if step == "draft":
                    credit.action_post()
        self.assertEqual(contract.period_ids[0].state, 'invoiced')
        contract.line_ids.date_end = date(2026, 9, 14)
        self.assertFalse(self._bill(date(2026, 9, 21)), "nothing is left to credit")

    def test_a_credit_note_that_says_so_bills_again_once_it_is_posted(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice, again=True)
        self.assertFalse(self._bill(date(2026, 9, 20)), "a draft decides nothing")
        credit.action_post()
        self.assertEqual(contract.period_ids[0].state, 'planned')
        again = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual((again.amount_untaxed, again.invoice_date), (100.0, date(2026, 9, 20)))
        self.assertFalse(self._bill(date(2026, 9, 21)), "once")
        contract.line_ids.date_end = date(2026, 9, 15)
        final = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((final.amount_untaxed, final.reversed_entry_id), (50.0, again))

    def test_a_partial_credit_by_hand_never_bills_again(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice, again=True)
        credit.invoice_line_ids.price_unit = 40.0
        credit.action_post()
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(contract.period_ids[0].state, 'invoiced')

    def test_a_credit_by_hand_caps_what_the_engine_gives_back(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice)
        credit.invoice_line_ids.price_unit = 70.0
        credit.action_post()
        contract.line_ids.date_end = date(2026, 9, 15)
        mine = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual(mine.amount_untaxed, 30.0, "50 for 15 days, of which 30 are left")
        self.assertEqual(invoice.amount_residual, 0.0)
        contract.line_ids.write({'date_start': date(2026, 10, 1), 'date_end': False})
        self.assertFalse(self._bill(date(2026, 9, 21)))

    def test_an_invoice_made_anew_can_be_posted_and_counts_as_billed(self):
        contract, invoice = self._september()
        anew = self._reverse(invoice, modify=True)
        self.assertEqual((anew.move_type, anew.state), ('out_invoice', 'draft'))
        self.assertFalse(self._bill(date(2026, 9, 20)))
        anew.action_post()
        self.assertEqual((anew.state, contract.period_ids[0].state), ('posted', 'invoiced'))
        self.assertFalse(self._bill(date(2026, 9, 21)))
        contract.line_ids.date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((credit.amount_untaxed, credit.reversed_entry_id), (50.0, anew))

    def test_the_credit_of_a_document_that_holds_a_credit_gives_both_back(self):
        contract, _invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 15)
        self._add_line(contract, name="Hosting Pro", price_unit=120.0, date_start=date(2026, 9, 16))
        both = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual(both.amount_untaxed, 10.0)
        self._reverse(both, again=True).action_post()
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 10.0)

    def test_a_duplicate_of_an_invoice_is_no_bill_of_the_period(self):
        contract, invoice = self._september()
        copy = invoice.copy()
        self.assertFalse(copy.invoice_line_ids.billing_period_id)
        self.assertFalse(self._bill(date(2026, 9, 20)))
        invoice.button_draft()
        invoice.unlink()
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 100.0)

    # === DRAFTS === #

    def test_a_cancelled_draft_opens_its_period_again(self):
        contract, invoice = self._september()
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(contract.period_ids[0].state, 'planned')
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 100.0)

    def test_a_line_deleted_from_a_draft_is_billed_alone(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._add_line(contract)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        invoice.button_draft()
        invoice.invoice_line_ids[1].unlink()
        rest = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual(rest.invoice_line_ids.mapped('price_subtotal'), [30.0])

    def test_a_price_changed_by_hand_is_neither_billed_again_nor_forgotten(self):
        contract, invoice = self._september()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 60.0
        self.assertFalse(self._bill(date(2026, 9, 20)))
        invoice.action_post()
        self.assertFalse(self._bill(date(2026, 9, 20)))
        contract.line_ids.date_end = date(2026, 9, 15)
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).amount_untaxed, 30.0)

    def test_a_credit_that_was_cancelled_is_given_again(self):
        contract, _invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 20), contract)
        credit.button_draft()
        self.assertFalse(self._bill(date(2026, 9, 21)), "a draft credit counts as given")
        credit.button_cancel()
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).amount_untaxed, 50.0)

    # === NOTHING TO PAY === #

    def test_a_free_period_is_passed_over(self):
        contract = self._started(date_start=date(2026, 9, 1), price=0.0)
        self.assertFalse(self._bill(date(2026, 9, 1)))
        self.assertEqual(contract.period_ids[0].state, 'empty')
        self.assertFalse(contract._invoices())
        contract.line_ids.price_unit = 10.0
        self.assertFalse(self._bill(date(2026, 9, 2)), "what was passed over stays free")

    def test_a_plan_that_wants_it_invoices_free_periods_and_collects_nothing(self):
        plan = self.env['billing.plan'].create({'name': "Free", 'bills_zero': True})
        contract = self._started(date_start=date(2026, 9, 1), price=0.0, plan_id=plan.id)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual((invoice.state, invoice.amount_total), ('posted', 0.0))
        self.assertFalse(self._bill(date(2026, 9, 2)))
        lines = self.env['account.move.line']._billing_collectable_lines(self.company, date(2026, 12, 5))
        self.assertFalse(lines & invoice.line_ids)

    def test_what_an_invoice_line_bills_is_not_typed_over(self):
        contract, invoice = self._september()
        values = {'billing_period_id': False}, {'billing_date_end': date(2026, 9, 1)}, {'billing_revision': 7}
        for value in values:
            with self.subTest(value), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                invoice.invoice_line_ids.write(value)
        stranger = self._create_invoice_one_line(price_unit=10.0)
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            stranger.invoice_line_ids = [
                Command.create({'name': "Hosting", 'billing_contract_line_id': contract.line_ids.id})
            ]

    def test_a_price_agreed_later_bills_no_free_period_of_the_past(self):
        contract = self._started(date_start=date(2026, 9, 1), line_ids=self._texts([(0.0, "Hosting")]))
        for day in (date(2026, 9, 1), date(2026, 10, 1)):
            self.assertFalse(self._bill(day))
        contract.line_ids.price_unit = 50.0
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(
            (invoice.invoice_line_ids.billing_date_start, invoice.amount_untaxed), (date(2026, 11, 1), 50.0)
        )

    def test_an_invoice_below_a_credit_stays_posted(self):
        contract, invoice = self._september()
        contract.line_ids.date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 20), contract)
        with self.assertRaisesRegex(UserError, f"{invoice.name} .*is credited by .*{credit.name}"):
            invoice.button_draft()
        credit.button_draft()
        credit.button_cancel()
        invoice.button_draft()
        self.assertEqual(invoice.state, 'draft')

    def test_a_draft_is_not_credited_before_it_is_posted(self):
        contract, invoice = self._september()
        invoice.button_draft()
        contract.line_ids.date_end = date(2026, 9, 15)
        self.assertFalse(self._bill(date(2026, 9, 20)))
        invoice.action_post()
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 50.0)

    def test_whether_periods_are_owed_again_is_decided_before_posting(self):
        _contract, invoice = self._september()
        credit = self._reverse(invoice)
        credit.billing_bill_again = True
        credit.action_post()
        with self.assertRaisesRegex(UserError, "before a credit note is posted"):
            credit.billing_bill_again = False

    def test_a_tax_in_the_price_is_taken_out_where_the_customer_owes_none(self):
        included = self.vat_on_receipts.copy({'name': "20 % incl.", 'price_include_override': 'tax_included'})
        export = self.vat_on_receipts.copy({'name': "Export", 'amount': 0.0})
        export.original_tax_ids = included
        position = self.env['account.fiscal.position'].create({'name': "Export", 'tax_ids': [Command.link(export.id)]})
        product = self._create_product(
            name="Box", type='service', lst_price=120.0, taxes_id=[Command.set(included.ids)]
        )
        contract = self._contract(fiscal_position_id=position.id, line_ids=[Command.create({'product_id': product.id})])
        self.assertEqual((contract.line_ids.price_unit, contract.line_ids.tax_ids), (100.0, export))

    def test_a_whole_period_billed_for_a_part_shows_no_rest_ahead(self):
        contract = self._started(date_start=date(2026, 9, 1), date_end=date(2026, 9, 15), proration='none')
        self._bill(date(2026, 9, 1))
        contract.date_end = date(2026, 10, 31)
        self.assertEqual([row['slot'].start for row in contract._upcoming()], [date(2026, 10, 1)])

    def test_a_description_of_several_lines_keeps_them(self):
        _contract, invoice = self._september(line_ids=self._texts([(100.0, "Hosting\n- 10 GB\n- Backup")]))
        self.assertEqual(invoice.invoice_line_ids.name, "Hosting, from 09/01/2026 to 09/30/2026\n- 10 GB\n- Backup")

    def test_a_credit_note_names_the_invoice_that_it_corrects(self):
        contract, invoice = self._september(customer_reference="PO-77")
        contract.line_ids.date_end = date(2026, 9, 15)
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).ref, f"Credit of {invoice.name}, PO-77")

    def test_a_free_line_added_to_a_billed_period_makes_no_second_invoice(self):
        plan = self.env['billing.plan'].create({'name': "Free periods too", 'bills_zero': True})
        contract, _invoice = self._september(plan_id=plan.id)
        self._add_line(contract, price_unit=0.0, date_start=date(2026, 9, 10))
        self.assertFalse(self._billed_on(date(2026, 9, 20), contract))

    def test_a_free_line_is_printed_beside_a_paid_one(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._add_line(contract, name="Support", price_unit=0.0)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.mapped('price_subtotal'), [100.0, 0.0])
        self.assertFalse(self._bill(date(2026, 9, 2)))

    # === SECTIONS AND NOTES === #

    def test_sections_and_notes_stand_around_billed_lines_in_their_order(self):
        contract = self._started(
            date_start=date(2026, 9, 1),
            line_ids=self._texts(
                [
                    ('line_section', "Servers"),
                    (100.0, "Hosting"),
                    ('line_note', "In Paris"),
                    ('line_section', "Ended"),
                    (10.0, "Old"),
                    ('line_note', "Of old"),
                    ('line_section', "Services"),
                    ('line_subsection', "People"),
                    (50.0, "Support"),
                    ('line_section', "Empty"),
                ]
            ),
        )
        contract.line_ids.filtered(lambda line: line.name == "Old").date_end = date(2026, 8, 31)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(
            self._names(invoice),
            [
                ('line_section', "Servers"),
                ('product', "Hosting"),
                ('line_note', "In Paris"),
                ('line_section', "Services"),
                ('line_subsection', "People"),
                ('product', "Support"),
            ],
        )

    def test_a_note_stands_with_the_billed_line_above_it_only(self):
        contract = self._started(
            date_start=date(2026, 9, 1), line_ids=self._texts([(100.0, "Hosting"), ('line_note', "In Paris")])
        )
        first = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(self._names(first), [('product', "Hosting"), ('line_note', "In Paris")])
        self._add_line(contract, sequence=99)
        self.assertEqual(self._names(self._billed_on(date(2026, 9, 2), contract)), [('product', "Backup")])

    def test_a_subsection_without_billed_lines_is_not_printed(self):
        contract = self._started(
            date_start=date(2026, 9, 1),
            line_ids=self._texts(
                [
                    ('line_section', "Servers"),
                    ('line_subsection', "Old"),
                    (10.0, "Ended"),
                    ('line_subsection', "New"),
                    (50.0, "Hosting"),
                ]
            ),
        )
        contract.line_ids.filtered(lambda line: line.name == "Ended").date_end = date(2026, 8, 31)
        self.assertEqual(
            self._names(self._billed_on(date(2026, 9, 1), contract)),
            [('line_section', "Servers"), ('line_subsection', "New"), ('product', "Hosting")],
        )

    # === ONE INVOICE FOR SEVERAL CONTRACTS === #

    def test_contracts_of_a_customer_who_wants_it_stand_on_one_invoice(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1), price=price) for price in (100.0, 30.0))
        run = self._bill(date(2026, 9, 1))
        self.assertEqual(len(run.line_ids), 1)
        invoice = run.line_ids.invoice_id
        self.assertEqual([kind for kind, _name in self._names(invoice)], ['line_section', 'product'] * 2)
        lines = invoice.invoice_line_ids.sorted('sequence')
        for heading, line in zip(lines[::2], lines[1::2], strict=True):
            self.assertEqual(heading.name, f"Contract {line.billing_contract_id.name}")
        self.assertEntry(
            invoice,
            date(2026, 9, 1),
            [
                ('411100', "Atelier Durand", 156.0, 0.0),
                ('706000', "Atelier Durand", 0.0, 100.0),
                ('706000', "Atelier Durand", 0.0, 30.0),
                ('445740', "Atelier Durand", 0.0, 26.0),
            ],
        )
        self.assertEqual((one | two).period_ids.mapped('state').count('invoiced'), 2)
        self.assertFalse(self._bill(date(2026, 9, 2)))

    def test_contracts_of_one_invoice_stand_in_the_order_of_their_numbers(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1)) for _number in range(2))
        line = self._bill(date(2026, 9, 1)).line_ids
        self.assertEqual((line.origin, line.invoice_id.ref), (f"{one.name}, {two.name}", one.name))

    def test_what_differs_between_contracts_keeps_their_invoices_apart(self):
        self.customer.billing_consolidate = True
        usd = self.setup_other_currency('USD', rates=[('2026-01-01', 1.25)])
        terms = self.env.ref('account.account_payment_term_30days')
        for values in (
            {'payment_term_id': terms.id},
            {'currency_id': usd.id, 'debit': False},
            {'customer_reference': "PO-77"},
            {'debit': False},
            {'anchor_day': 2, 'date_start': date(2026, 9, 2)},
        ):
            with self.subTest(values):
                contracts = self._started(date_start=date(2026, 9, 1))
                contracts |= self._started(**{'date_start': date(2026, 9, 1), **values})
                self._bill(date(2026, 9, 2))
                self.assertEqual(len(contracts._invoices()), 2)
                contracts.line_ids.date_end = date(2026, 9, 30)

    def test_two_missed_periods_stay_two_invoices(self):
        self.customer.billing_consolidate = True
        one = self._started(date_start=date(2026, 9, 1))
        two = self._started(date_start=date(2026, 9, 1), price=30.0)
        invoices = self._bill(date(2026, 10, 15)).line_ids.invoice_id
        self.assertEqual(invoices.mapped('amount_untaxed'), [130.0, 130.0])
        self.assertEqual(set(invoices.mapped('invoice_date')), {date(2026, 10, 15)})
        self.assertEqual((one | two).period_ids.mapped('state').count('invoiced'), 4)

    @mute_logger(LOGGER)
    def test_the_fault_of_one_contract_is_told_by_all_that_share_its_invoice(self):
        self.customer.billing_consolidate = True
        one, two = (self._started(date_start=date(2026, 9, 1)) for _number in range(2))
        two.line_ids.product_id = self._create_product(name="No account", property_account_income_id=False)
        two.line_ids.product_id.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        two.journal_id.default_account_id = False
        self._bill(date(2026, 9, 1))
        self.assertIn("No account", one.period_ids[0].error)
        self.assertEqual(one.period_ids[0].error, two.period_ids[0].error)
        self.assertFalse((one | two)._invoices())

    # === CURRENCIES AND PRICES === #

    def test_prorated_parts_sum_to_the_whole_in_every_currency(self):
        for code, price, parts in (
            ('JPY', 1000.0, [333.0, 334.0, 333.0]),
            ('KWD', 100.0, [33.333, 33.334, 33.333]),
            ('TND', 0.1, [0.033, 0.034, 0.033]),
            ('EUR', 100.0, [33.33, 33.34, 33.33]),
        ):
            with self.subTest(code):
                currency = self.company.currency_id
                if code != 'EUR':
                    currency = self.setup_other_currency(code, rates=[('2026-01-01', 2.0)])
                contract = self._started(date_start=date(2026, 9, 1), price=price, currency_id=currency.id, debit=False)
                amounts = []
                for last in (10, 20, 30):
                    contract.line_ids.date_end = date(2026, 9, last)
                    amounts.append(self._billed_on(date(2026, 9, last), contract).amount_untaxed)
                self.assertEqual([currency.round(amount) for amount in amounts], parts)
                self.assertEqual(currency.compare_amounts(sum(amounts), price), 0)

    def test_a_foreign_currency_takes_the_rate_of_the_invoice_date(self):
        usd = self.setup_other_currency('USD', rates=[('2026-09-01', 1.25), ('2026-09-04', 2.0)])
        contract = self._started(date_start=date(2026, 9, 3), currency_id=usd.id, debit=False)
        invoice = self._billed_on(date(2026, 9, 5), contract)
        self.assertEqual((invoice.invoice_date, invoice.amount_total), (date(2026, 9, 3), 120.0))
        self.assertEntry(
            invoice,
            date(2026, 9, 3),
            [
                ('411100', "Atelier Durand", 96.0, 0.0),
                ('706000', "Atelier Durand", 0.0, 80.0),
                ('445740', "Atelier Durand", 0.0, 16.0),
            ],
        )
        late = self._started(date_start=date(2026, 9, 4), currency_id=usd.id, debit=False)
        self.assertEqual(self._billed_on(date(2026, 9, 20), late).amount_total_signed, 60.0)

    @mute_logger(LOGGER)
    def test_a_currency_without_rate_is_blocked_by_name(self):
        chf = self.setup_other_currency('CHF', rates=[('2026-10-01', 1.1)])
        contract = self._started(date_start=date(2026, 9, 1), currency_id=chf.id, debit=False)
        self._bill(date(2026, 9, 1))
        self.assertRegex(contract.parked_reason, rf"{contract.name}.*CHF has no rate on 09/01/2026.*rates")
        self.assertFalse(contract._invoices())

    def _pricelist(self, *items):
        """A pricelist with the fixed prices ``items`` of the service: (price, from, until)."""
        values = [
            {
                'applied_on': '1_product',
                'product_tmpl_id': self.service.product_tmpl_id.id,
                'compute_price': 'fixed',
                'fixed_price': price,
                'date_start': first,
                'date_end': last,
            }
            for price, first, last in items
        ]
        return self.env['product.pricelist'].create(
            {'name': "2026", 'currency_id': self.company.currency_id.id, 'item_ids': [*map(Command.create, values)]}
        )

    def test_a_line_that_follows_the_pricelist_takes_the_price_of_its_period(self):
        pricelist = self._pricelist((100.0, False, '2026-09-30 23:59:59'), (120.0, '2026-10-01 00:00:00', False))
        contract = self._started(date_start=date(2026, 9, 1), pricelist_id=pricelist.id)
        contract.line_ids.is_price_listed = True
        self._add_line(contract, name="Fixed", price_unit=50.0)
        for month, prices in ((9, [100.0, 50.0]), (10, [120.0, 50.0])):
            invoice = self._billed_on(date(2026, month, 1), contract)
            self.assertEqual(invoice.invoice_line_ids.mapped('price_unit'), prices)

    def test_the_text_of_a_share_names_the_price_that_it_is_a_share_of(self):
        pricelist = self._pricelist((90.0, False, '2026-09-09 23:59:59'), (300.0, '2026-09-10 00:00:00', False))
        contract, _invoice = self._september(pricelist_id=pricelist.id)
        self._add_line(contract, is_price_listed=True, date_start=date(2026, 9, 16))
        invoice = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual(invoice.amount_untaxed, 45.0)
        self.assertRegex(invoice.invoice_line_ids.name, r"15/30 days of \D*90\.00")

    def test_a_free_month_of_the_pricelist_that_costs_again_is_billed(self):
        pricelist = self._pricelist((0.0, False, False))
        contract = self._contract(date_start=date(2026, 9, 1), pricelist_id=pricelist.id)
        contract.line_ids.is_price_listed = True
        contract._start(date(2026, 8, 20))
        self.assertEqual(contract.period_ids[0].state, 'empty')
        pricelist.item_ids.fixed_price = 80.0
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 80.0)

    # === PRORATION, CALENDAR, DATES === #

    def test_a_short_period_is_billed_by_the_convention_of_its_contract(self):
        for convention, amount, text in (
            ('actual', 41.79, "13/28 days of"),
            ('thirty', 45.0, "15/30 days of"),
            ('none', 90.0, "from 02/01/2026 to 02/28/2026"),
        ):
            with self.subTest(convention):
                contract = self._started(date_start=date(2026, 2, 16), anchor_day=1, price=90.0, proration=convention)
                invoice = self._billed_on(date(2026, 2, 16), contract)
                self.assertEqual(invoice.amount_untaxed, amount)
                self.assertIn(text, invoice.invoice_line_ids.name)

    def test_a_whole_period_billed_for_a_part_is_not_billed_again_for_the_rest(self):
        contract = self._started(date_start=date(2026, 9, 1), date_end=date(2026, 9, 15), proration='none')
        self.assertEqual(self._billed_on(date(2026, 9, 1), contract).amount_untaxed, 100.0)
        contract.date_end = date(2026, 9, 30)
        self.assertFalse(self._bill(date(2026, 9, 16)))

    def test_months_of_30_days_are_refused_for_weeks(self):
        with self.assertRaisesRegex(ValidationError, r"C\d+.*months of 30 days.*Shorter Periods"):
            self._contract(recurrence_unit='week', proration='thirty')

    def test_the_calendar_and_its_first_short_period_show_before_saving(self):
        for values, start, texts in (
            (
                {'frequency': 'quarterly', 'anchor_month': '1'},
                date(2026, 11, 16),
                ("11/16/2026", "12/31/2026", "46/92 days", "50.00", "01/01/2027"),
            ),
            (
                {'frequency': 'yearly', 'anchor_month': '7'},
                date(2027, 4, 19),
                ("04/19/2027", "06/30/2027", "73/365 days", "20.00", "07/01/2027"),
            ),
            (
                {'recurrence_unit': 'week', 'recurrence_interval': 1, 'anchor_weekday': '0'},
                date(2026, 12, 11),
                ("12/11/2026", "12/13/2026", "3/7 days", "42.86", "12/14/2026"),
            ),
        ):
            with self.subTest(values):
                contract = self.env['billing.contract'].new(
                    {
                        'partner_id': self.customer.id,
                        'date_start': start,
                        'alignment': 'calendar',
                        'line_ids': [Command.create({'product_id': self.service.id})],
                        **values,
                    }
                )
                if 'frequency' in values:
                    contract._inverse_frequency()
                preview = str(contract.upcoming_preview)
                for text in texts:
                    self.assertIn(text, preview)

    def test_a_quarter_of_the_calendar_bills_its_stub_then_whole_quarters(self):
        contract = self._started(
            date_start=date(2026, 5, 17), frequency='quarterly', alignment='calendar', anchor_month='1', price=91.0
        )
        invoices = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(
            [(line.billing_date_start, line.billing_date_end) for line in invoices.invoice_line_ids],
            [
                (date(2026, 5, 17), date(2026, 6, 30)),
                (date(2026, 7, 1), date(2026, 9, 30)),
                (date(2026, 10, 1), date(2026, 12, 31)),
            ],
        )
        self.assertEqual(invoices.mapped('amount_untaxed'), [45.0, 91.0, 91.0])

    def test_an_invoice_is_planned_days_before_or_after_its_period_begins(self):
        for values, planned in (
            ({'invoice_offset': -5}, date(2026, 8, 27)),
            ({'invoice_offset': 3}, date(2026, 9, 4)),
            ({'invoice_offset': 4, 'on_open_days': True}, date(2026, 9, 7)),
            ({'invoice_offset': -1, 'timing': 'arrears'}, date(2026, 9, 29)),
            ({'timing': 'arrears', 'on_open_days': True}, date(2026, 9, 30)),
        ):
            with self.subTest(values):
                contract = self._contract(date_start=date(2026, 9, 1), **values)
                contract._start(date(2026, 8, 1))
                self.assertEqual(contract.next_invoice_date, planned)
                self._bill(date.fromordinal(planned.toordinal() - 1))
                self.assertFalse(contract._invoices())
                invoice = self._billed_on(planned, contract)
                self.assertEqual((invoice.invoice_date, invoice.amount_untaxed), (planned, 100.0))
                self.assertEqual(invoice.invoice_line_ids.billing_date_start, date(2026, 9, 1))

    def test_the_last_day_of_a_month_moves_back_to_an_open_day(self):
        contract = self._started(date_start=date(2026, 1, 1), timing='arrears', on_open_days=True)
        self.assertEqual(contract.period_ids[0].planned_date, date(2026, 1, 30), "the 31st is a Saturday")

    def test_the_form_shows_what_is_left_of_a_period_that_is_open_again(self):
        contract, _invoice = self._september()
        self._add_line(contract, date_start=date(2026, 9, 16))
        row = contract._upcoming()[0]
        self.assertEqual((row['slot'].start, row['untaxed']), (date(2026, 9, 1), 15.0))

    # === WHAT AN INVOICE CARRIES === #

    def test_shares_and_credits_speak_french(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        contract = self._started(date_start=date(2026, 10, 10), anchor_day=1, price=31.0)
        invoice = self._billed_on(date(2026, 10, 10), contract)
        self.assertIn("du 10/10/2026 au 31/10/2026 (22/31 jours", invoice.invoice_line_ids.name)
        contract.line_ids.date_end = date(2026, 10, 20)
        credit = self._billed_on(date(2026, 10, 21), contract)
        self.assertEqual(credit.amount_untaxed, 11.0)
        self.assertRegex(credit.invoice_line_ids.name, r"^Hosting, .*du 21/10/2026 au 31/10/2026$")

    def test_analytic_distribution_and_order_number_are_carried(self):
        plan = self.env['account.analytic.plan'].create({'name': "Projects"})
        account = self.env['account.analytic.account'].create({'name': "Site A", 'plan_id': plan.id})
        contract = self._started(date_start=date(2026, 9, 1), customer_reference="PO-77")
        contract.line_ids.analytic_distribution = {str(account.id): 100.0}
        invoice = self._billed_on(date(2026, 9, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.analytic_distribution, {str(account.id): 100.0})
        self.assertEqual(invoice.line_ids.analytic_line_ids.mapped('amount'), [100.0])
        contract.line_ids.analytic_distribution = False
        contract.line_ids.date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((invoice.ref, credit.ref), ("PO-77", f"Credit of {invoice.name}, PO-77"))
        self.assertEqual(
            credit.line_ids.analytic_line_ids.mapped('amount'), [-50.0], "a credit goes where its bill went"
        )

    def test_a_business_in_the_union_is_charged_no_vat(self):
        customer = self._customer(
            "Brouwerij Peeters", country_id=self.env.ref('base.be').id, vat='BE0477472701', zip="1000", city="Brussel"
        )
        contract = self._started(partner=customer, date_start=date(2026, 9, 1), debit=False)
        invoice = self._billed_on(date(2026, 9, 1), contract)
        position = (
            self.env['account.chart.template'].with_company(self.company).ref('fiscal_position_template_intraeub2b')
        )
        self.assertEqual((contract.fiscal_position_id, invoice.fiscal_position_id), (position, position))
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (100.0, 0.0))
        self.assertNotIn(self.vat_on_receipts, invoice.invoice_line_ids.tax_ids)
        self.assertEqual((contract.amount_tax, len(invoice.invoice_line_ids.tax_ids)), (0.0, 1))

    # === OPENING === #

    def test_the_first_run_after_an_opening_bills_exactly_the_rest(self):
        contract = self._contract(date_start=date(2026, 1, 1), price=31.0)
        self._add_line(contract, name="Backup", price_unit=30.0, billed_until=date(2026, 10, 31))
        self._add_line(contract, name="Set-up", price_unit=49.0, kind='setup', billed_until=date(2026, 1, 1))
        contract.line_ids[0].billed_until = date(2026, 10, 20)
        contract._start(date(2026, 11, 1))
        invoices = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(
            [
                (line.name.split(",")[0], line.billing_date_start, line.billing_date_end, line.price_subtotal)
                for line in invoices.invoice_line_ids
            ],
            [
                ("Hosting", date(2026, 10, 21), date(2026, 10, 31), 11.0),
                ("Hosting", date(2026, 11, 1), date(2026, 11, 30), 31.0),
                ("Backup", date(2026, 11, 1), date(2026, 11, 30), 30.0),
            ],
        )
        self.assertFalse(self._bill(date(2026, 11, 2)))

    def test_an_opening_counts_whole_periods_where_nothing_is_prorated(self):
        contract = self._contract(date_start=date(2026, 1, 1), proration='none')
        contract.line_ids.billed_until = date(2026, 10, 20)
        contract._start(date(2026, 11, 1))
        invoice = self._billed_on(date(2026, 11, 1), contract)
        self.assertEqual(invoice.invoice_line_ids.mapped('billing_date_start'), [date(2026, 11, 1)])

    def test_an_opening_is_told_before_the_start_and_after_the_first_day(self):
        with self.assertRaisesRegex(ValidationError, r"C\d+.*Already Billed Until.*08/31/2026.*09/01/2026"):
            self._contract(date_start=date(2026, 9, 1)).line_ids.billed_until = date(2026, 8, 31)
        contract = self._started(date_start=date(2026, 9, 1))
        with self.assertRaisesRegex(UserError, rf"{contract.name} is started.*From"):
            contract.line_ids.billed_until = date(2026, 9, 30)

    def test_an_opening_of_a_line_added_after_the_start_is_refused(self):
        contract = self._started(date_start=date(2026, 9, 1))
        with self.assertRaisesRegex(UserError, rf"{contract.name} is started.*From"):
            self._add_line(contract, billed_until=date(2026, 9, 30))

    # === PREVIEW === #

    def test_the_preview_of_a_change_equals_its_invoice(self):
        def ended(contract):
            contract.line_ids.date_end = date(2026, 12, 2)

        def added(contract):
            self._add_line(contract, date_start=date(2026, 12, 4), price_unit=77.77, quantity=3.0)

        def both(contract):
            ended(contract)
            added(contract)

        for change in (ended, added, both):
            with self.subTest(change.__name__):
                contract = self._started(date_start=date(2026, 12, 1), price=99.99)
                self._billed_on(date(2026, 12, 1), contract)
                change(contract)
                run = self._preview(contract)
                line = run.line_ids
                announced = (line.invoice_date, line.amount_untaxed, line.amount_total)
                run.action_post()
                invoice = line.invoice_id
                self.assertEqual(announced, (invoice.invoice_date, *self._signed(invoice)))
                self.assertEqual((run.amount_untaxed, run.amount_total), self._signed(invoice))

    def _signed(self, invoice):
        sign = -1 if invoice.move_type == 'out_refund' else 1
        return sign * invoice.amount_untaxed, sign * invoice.amount_total

    def test_a_taxes_included_price_is_prorated_with_its_taxes(self):
        chart = self.env['account.chart.template'].with_company(self.company)
        included = chart.ref('tva_normale_encaissement_ttc')
        included.active = True
        contract = self._started(date_start=date(2026, 9, 16), anchor_day=1, price=120.0)
        contract.line_ids.tax_ids = included
        invoice = self._billed_on(date(2026, 9, 16), contract)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (50.0, 60.0))
        contract.line_ids.write({'date_start': date(2026, 9, 1), 'date_end': date(2026, 9, 15)})
        credit = self._billed_on(date(2026, 9, 17), contract)
        self.assertEqual((credit.amount_total, invoice.amount_residual), (60.0, 0.0))

    @mute_logger(LOGGER)
    def test_a_fault_between_draft_and_posting_leaves_no_draft(self):
        contract = self._started(date_start=date(2026, 9, 1))
        good = self._started(date_start=date(2026, 9, 1), partner=self._customer("Cabinet Morel"), debit=False)
        moves = type(self.env['account.move'])
        post = moves._post
        reason = "No stamp"

        def failing(records, soft=True):
            if contract.partner_id in records.partner_id:
                raise UserError(reason)
            return post(records, soft=soft)

        with patch.object(moves, '_post', failing):
            self._bill(date(2026, 9, 1))
        self.assertEqual((contract.parked_reason, len(contract._invoices())), (reason, 0))
        self.assertEqual(good._invoices().state, 'posted')

    def test_a_form_shows_the_calendar_fields_that_its_terms_need(self):
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.date_start = date(2026, 11, 16)
            form.frequency = 'quarterly'
            form.alignment = 'calendar'
            form.anchor_month = '1'
            with form.line_ids.new() as line:
                line.product_id = self.service
            self.assertIn("46/92 days", form.upcoming_preview)
