from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestAccountMove(BillingCommon):
    """What a person does with our invoices in Odoo's own screens: credit, reset to draft, cancel, delete."""

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
        contract.line_ids._unguarded().date_end = date(2026, 9, 14)
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
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        final = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((final.amount_untaxed, final.reversed_entry_id), (50.0, again))

    def test_a_part_of_a_line_given_back_bills_nothing_again(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice, again=True)
        credit.invoice_line_ids.price_unit = 40.0
        reason = r"“Hosting.*” gives back \D*40\.00\D* of \D*100\.00\D*: .*in full.*“Bill These Periods Again”"
        with self.assertRaisesRegex(UserError, rf"^Draft Credit Note.*, line {reason}"):
            credit.action_post()
        credit.billing_bill_again = False
        credit.action_post()
        self.assertFalse(self._bill(date(2026, 9, 20)))
        self.assertEqual(contract.period_ids[0].state, 'invoiced')

    def test_what_goodwill_left_is_no_reason_to_bill_again_but_the_whole_line_is(self):
        contract, invoice = self._september()
        goodwill = self._reverse(invoice)
        goodwill.invoice_line_ids.price_unit = 30.0
        goodwill.action_post()
        rest = self._reverse(invoice, again=True)
        rest.invoice_line_ids.price_unit = 70.0
        with self.assertRaisesRegex(UserError, r"70\.00\D* of \D*100\.00"):
            rest.action_post()
        rest.invoice_line_ids.price_unit = 100.0
        rest.action_post()
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 100.0)

    def test_a_credit_stays_while_its_days_are_billed_again(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice, again=True)
        credit.action_post()
        again = self._billed_on(date(2026, 9, 20), contract)
        reason = (
            rf"^{credit.name} takes back what {again.name} bills again for contract {contract.name}.*{again.name} first"
        )
        for step in (credit.button_draft, credit.button_cancel):
            with self.assertRaisesRegex(UserError, reason):
                step()
        self.assertEqual(credit.state, 'posted')
        again.button_draft()
        again.button_cancel()
        credit.button_draft()
        credit.button_cancel()
        self.assertFalse(self._bill(date(2026, 9, 21)), "the first invoice counts again")

    def test_the_credit_of_an_invoice_made_anew_stays(self):
        _contract, invoice = self._september()
        self._reverse(invoice, modify=True)
        credit = invoice.reversal_move_ids
        self.assertEqual(credit.state, 'posted')
        with self.assertRaisesRegex(UserError, "takes back what .* bills again"):
            credit.button_draft()

    def test_a_credit_of_ours_stays_while_its_days_are_charged_again(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 20)
        credit = self._billed_on(date(2026, 9, 21), contract)
        credit.button_draft()
        contract.line_ids._unguarded().date_end = date(2026, 9, 25)
        again = self._billed_on(date(2026, 9, 22), contract)
        for step in (credit.button_cancel, credit.unlink, credit.invoice_line_ids.unlink):
            with self.assertRaisesRegex(UserError, f"what {again.name} bills again"):
                step()
        again.button_draft()
        (credit | again).button_cancel()
        self.assertEqual(set((credit | again).mapped('state')), {'cancel'})

    def test_a_credit_by_hand_caps_what_the_engine_gives_back(self):
        contract, invoice = self._september()
        credit = self._reverse(invoice)
        credit.invoice_line_ids.price_unit = 70.0
        credit.action_post()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        mine = self._billed_on(date(2026, 9, 20), contract)
        self.assertEqual(mine.amount_untaxed, 30.0, "50 for 15 days, of which 30 are left")
        self.assertEqual(invoice.amount_residual, 0.0)
        contract.line_ids._unguarded().write({'date_start': date(2026, 10, 1), 'date_end': False})
        self.assertFalse(self._bill(date(2026, 9, 21)))

    def test_an_invoice_made_anew_can_be_posted_and_counts_as_billed(self):
        contract, invoice = self._september()
        anew = self._reverse(invoice, modify=True)
        self.assertEqual((anew.move_type, anew.state), ('out_invoice', 'draft'))
        self.assertFalse(self._bill(date(2026, 9, 20)))
        anew.action_post()
        self.assertEqual((anew.state, contract.period_ids[0].state), ('posted', 'invoiced'))
        self.assertFalse(self._bill(date(2026, 9, 21)))
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 22), contract)
        self.assertEqual((credit.amount_untaxed, credit.reversed_entry_id), (50.0, anew))

    def test_the_credit_of_a_document_that_holds_a_credit_gives_both_back(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
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

    def test_whether_periods_are_owed_again_is_decided_before_posting(self):
        _contract, invoice = self._september()
        credit = self._reverse(invoice)
        credit.billing_bill_again = True
        credit.action_post()
        with self.assertRaisesRegex(UserError, "before a credit note is posted"):
            credit.billing_bill_again = False

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
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).amount_untaxed, 30.0)

    def test_a_credit_that_was_cancelled_is_given_again(self):
        contract, _invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        credit = self._billed_on(date(2026, 9, 20), contract)
        credit.button_draft()
        self.assertFalse(self._bill(date(2026, 9, 21)), "a draft credit counts as given")
        credit.button_cancel()
        self.assertEqual(self._billed_on(date(2026, 9, 21), contract).amount_untaxed, 50.0)

    def test_an_invoice_below_a_credit_stays_posted(self):
        contract, invoice = self._september()
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
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
        contract.line_ids._unguarded().date_end = date(2026, 9, 15)
        self.assertFalse(self._bill(date(2026, 9, 20)))
        invoice.action_post()
        self.assertEqual(self._billed_on(date(2026, 9, 20), contract).amount_untaxed, 50.0)

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
