from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import BillingCommon

TODAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingAmendment(BillingCommon):
    """A change of a running contract, and what the next run makes of it."""

    def _september(self, **values):
        """A contract at 90.00 a month from 1 September, whose first month is billed."""
        contract = self._contract(date_start=date(2026, 9, 1), **{'price': 90.0, **values})
        contract._start(contract.date_start)
        return contract, self._billed(date(2026, 9, 1))

    def _billed(self, day):
        """What a run on ``day`` bills, as invoices."""
        return self._bill(day).line_ids.invoice_id

    def _amend(self, contract, kind, day, **values):
        return contract._amend(kind, day, TODAY, **values)

    def _change(self, contract, day, line=None, **values):
        return self._amend(contract, 'lines', day, lines=[((line or contract.line_ids[0]), values)])

    def _rows(self, invoice):
        return [
            (line.billing_date_start.day, line.billing_date_end.day, line.price_subtotal)
            for line in invoice.invoice_line_ids
        ]

    # === LINES === #

    def test_a_quantity_raised_within_a_period_is_billed_by_days(self):
        """90.00 for September: 16 of its 30 days are 48.00, and 96.00 for two."""
        contract, bill = self._september()
        amendment = self._change(contract, TODAY, quantity=2.0)
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 180.0))
        self.assertEqual(amendment.summary, "Hosting: Quantity 1 → 2")
        self.assertEqual(
            contract.line_ids.mapped(lambda line: (line.valid_from, line.valid_until, line.quantity)),
            [(False, date(2026, 9, 14), 1.0), (date(2026, 9, 15), False, 2.0)],
        )
        invoice = self._billed(TODAY)
        self.assertEqual((invoice.move_type, invoice.amount_untaxed, invoice.amount_tax), ('out_invoice', 48.0, 9.6))
        self.assertEqual(self._rows(invoice), [(15, 30, -48.0), (15, 30, 96.0)])
        self.assertEqual(bill.amount_residual, 108.0)
        self.assertFalse(self._billed(TODAY), "never twice")
        self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 180.0)

    def test_a_price_lowered_within_a_period_gives_a_credit_note(self):
        contract, bill = self._september()
        self._change(contract, date(2026, 9, 21), price_unit=60.0)
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed, credit.amount_tax), ('out_refund', 10.0, 2.0))
        self.assertEqual(credit.reversed_entry_id, bill)
        self.assertEqual(bill.amount_residual, 96.0)

    def test_what_a_credit_note_charged_is_credited_in_its_turn(self):
        """Down to 60.00 from the 21st stands on a credit note: 10 days at 60.00 for 90.00. Then down to 30.00."""
        contract, _bill = self._september()
        self._change(contract, date(2026, 9, 21), price_unit=60.0)
        self._billed(TODAY)
        self._change(contract, date(2026, 9, 21), price_unit=30.0)
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 10.0))
        self.assertEqual(self._rows(credit), [(21, 30, 20.0), (21, 30, -10.0)])

    def test_a_change_for_the_next_period_touches_nothing_billed(self):
        contract, _bill = self._september()
        self._change(contract, date(2026, 10, 1), price_unit=60.0)
        self.assertFalse(self._billed(TODAY))
        self.assertEqual((contract.mrr, contract.next_turn), (90.0, date(2026, 10, 1)))
        with freeze_time('2026-10-01'):
            self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 60.0)
        self.assertEqual((contract.mrr, contract.next_turn), (60.0, False))

    def test_a_change_that_moves_no_period_leaves_the_planned_ones_alone(self):
        """What was planned stays in the preview that shows it; another end plans it anew."""
        contract, _bill = self._september()
        planned = contract.next_period_id
        preview = self._preview(contract, until=date(2026, 10, 1))
        preview.action_compute()
        self._change(contract, date(2026, 10, 1), quantity=2.0)
        self.assertEqual((contract.next_period_id, preview.line_ids.period_ids), (planned, planned))
        contract._terminate(date(2026, 10, 15), TODAY)
        self.assertFalse(planned.exists())
        self.assertEqual(contract.next_period_id.date_end, date(2026, 10, 15))

    def test_a_change_for_the_past_is_billed_as_if_it_had_been_known(self):
        contract, _bill = self._september()
        october = self._billed(date(2026, 10, 1))
        self.assertEqual(october.amount_untaxed, 90.0)
        with freeze_time('2026-10-05'):
            contract._amend(
                'quantity', date(2026, 9, 16), date(2026, 10, 5), lines=[(contract.line_ids, {'quantity': 2.0})]
            )
            invoice = self._billed(date(2026, 10, 5))
        self.assertEqual(invoice.amount_untaxed, 135.0)
        rows = invoice.invoice_line_ids
        nets = [sum(lines.mapped('price_subtotal')) for lines in rows.grouped('billing_period_id').values()]
        self.assertEqual(nets, [45.0, 90.0], "half of September, then October")

    def test_a_product_is_swapped_with_its_name_and_price(self):
        contract, _bill = self._september()
        other = self._create_product(name="Cloud", type='service', taxes_id=self.service.taxes_id)
        self._change(contract, date(2026, 10, 1), product_id=other.id, name="Cloud", price_unit=120.0)
        invoice = self._billed(date(2026, 10, 1))
        self.assertEqual(invoice.invoice_line_ids.product_id, other)
        self.assertEqual(invoice.amount_untaxed, 120.0)

    def test_taxes_may_all_be_taken_off(self):
        contract, _bill = self._september()
        self._change(contract, date(2026, 10, 1), tax_ids=[])
        invoice = self._billed(date(2026, 10, 1))
        self.assertEqual((invoice.amount_untaxed, invoice.amount_tax), (90.0, 0.0))

    def test_a_discount_is_taken_off_and_printed(self):
        contract, _bill = self._september()
        self._change(contract, date(2026, 10, 1), discount=10.0)
        invoice = self._billed(date(2026, 10, 1))
        self.assertEqual((invoice.invoice_line_ids.discount, invoice.amount_untaxed), (10.0, 81.0))

    def test_a_line_is_added_and_another_ended(self):
        contract, _bill = self._september()
        amendment = self._amend(
            contract,
            'lines',
            date(2026, 9, 16),
            lines=[(contract.line_ids, None)],
            added=[{'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}],
        )
        self.assertEqual(amendment.summary, "Added: 1 Backup at 30.00\xa0€\nHosting: until 09/15/2026")
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 30.0))
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 30.0))
        self.assertEqual(self._rows(credit), [(16, 30, 45.0), (16, 30, -15.0)])
        self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 30.0)

    def test_what_was_agreed_for_later_stays_where_an_earlier_day_is_changed(self):
        contract, _bill = self._september()
        self._change(contract, date(2026, 12, 1), price_unit=100.0)
        self._change(contract, date(2026, 11, 1), price_unit=95.0, quantity=2.0)
        amounts = [self._billed(date(2026, month, 1)).amount_untaxed for month in (10, 11, 12)]
        self.assertEqual(amounts, [90.0, 190.0, 200.0])

    def test_days_on_a_draft_are_not_billed_beside_it(self):
        contract, bill = self._september()
        bill.button_draft()
        self._change(contract, date(2026, 9, 16), quantity=2.0)
        run = self._bill(TODAY)
        self.assertFalse(run.line_ids.invoice_id)
        self.assertIn(f"the draft {bill.display_name} bills days that are agreed otherwise", run.line_ids.remark)
        bill.action_post()
        with freeze_time('2026-09-16'):
            invoice = self._billed(date(2026, 9, 16))
        self.assertEqual(self._rows(invoice), [(16, 30, -45.0), (16, 30, 90.0)])
        self.assertFalse(contract.activity_ids)

    def test_a_change_frees_what_was_blocked_by_what_it_changes(self):
        contract, _bill = self._september()
        self.service.product_tmpl_id.property_account_income_id.active = False
        with mute_logger('odoo.addons.recurring_billing.models.billing_worker'), freeze_time('2026-10-01'):
            self._bill(date(2026, 10, 1))
        self.assertTrue(contract.parked_reason)
        other = self._create_product(name="Cloud", type='service', taxes_id=self.service.taxes_id)
        with freeze_time('2026-10-01'):
            contract._amend(
                'product', date(2026, 10, 1), date(2026, 10, 1), lines=[(contract.line_ids, {'product_id': other.id})]
            )
            self.assertFalse(contract.parked_reason)
            self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 90.0)
        self.assertFalse(contract.activity_ids)

    # === UNDOING === #

    def test_an_undone_change_is_billed_back_to_the_cent(self):
        contract, bill = self._september(price=100.0)
        amendment = self._change(contract, TODAY, quantity=3.0)
        upgrade = self._billed(TODAY)
        amendment.action_undo()
        undoing = contract.amendment_ids.filtered(lambda found: found.kind == 'undo')
        self.assertEqual((undoing.undoes_id, amendment.state), (amendment, 'undone'))
        self.assertEqual((undoing.mrr_before, undoing.mrr_after), (300.0, 100.0))
        credit = self._billed(TODAY)
        self.assertAlmostEqual(upgrade.amount_untaxed + bill.amount_untaxed - credit.amount_untaxed, 100.0, 2)
        self.assertFalse(self._billed(TODAY))
        self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 100.0)

    def test_an_undone_line_is_owed_no_more(self):
        contract, _bill = self._september()
        line = {'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}
        amendment = self._amend(contract, 'new_line', date(2026, 9, 16), added=[line])
        self.assertEqual(self._billed(TODAY).amount_untaxed, 15.0)
        amendment.action_undo()
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 15.0))

    def test_a_change_below_later_ones_can_be_undone(self):
        contract, _bill = self._september()
        first = self._change(contract, date(2026, 10, 1), quantity=2.0)
        self._change(contract, date(2026, 11, 1), price_unit=100.0)
        first.action_undo()
        amounts = [self._billed(date(2026, month, 1)).amount_untaxed for month in (10, 11)]
        self.assertEqual(amounts, [90.0, 100.0])

    def test_undoing_is_not_undone(self):
        contract, _bill = self._september()
        amendment = self._change(contract, TODAY, quantity=2.0)
        amendment.action_undo()
        with self.assertRaisesRegex(UserError, "make the change again"):
            contract.amendment_ids.filtered(lambda found: found.kind == 'undo').action_undo()
        with self.assertRaisesRegex(UserError, "cannot become"):
            amendment.action_undo()

    # === PAUSES === #

    def test_a_pause_owes_nothing_and_what_is_billed_of_it_is_credited(self):
        contract, _bill = self._september()
        amendment = self._amend(contract, 'pause', date(2026, 9, 21), date_until=date(2026, 10, 20))
        self.assertEqual(amendment.summary, "Paused until 10/20/2026, not billed")
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 0.0))
        self.assertEqual(contract.state, 'running')
        credit = self._billed(TODAY)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ('out_refund', 30.0))
        with freeze_time('2026-10-01'):
            october = self._billed(date(2026, 10, 1))
        self.assertEqual(contract.state, 'paused')
        self.assertEqual(self._rows(october), [(21, 31, 31.94)])  # 90.00 less 58.06 for 20 of 31 days
        with freeze_time('2026-11-01'):
            self.assertEqual(self._billed(date(2026, 11, 1)).amount_untaxed, 90.0)
        self.assertEqual(contract.state, 'running')

    def test_a_pause_without_end_rests_until_it_is_resumed(self):
        contract, _bill = self._september()
        self._amend(contract, 'pause', date(2026, 10, 1))
        self.assertFalse(self._billed(date(2026, 10, 1)))
        with freeze_time('2026-11-11'):
            self.assertFalse(self._billed(date(2026, 11, 1)))
            contract._amend('resume', date(2026, 11, 11), date(2026, 11, 11))
            self.assertEqual(contract.state, 'running')
            invoice = self._billed(date(2026, 11, 11))
        self.assertEqual(self._rows(invoice), [(11, 30, 60.0)])

    def test_a_pause_may_be_billed(self):
        contract, _bill = self._september()
        self._amend(contract, 'pause', TODAY, date_until=date(2026, 10, 31), is_billed=True)
        self.assertEqual((contract.state, contract.mrr), ('paused', 90.0))
        self.assertFalse(self._billed(TODAY))
        self.assertEqual(self._billed(date(2026, 10, 1)).amount_untaxed, 90.0)

    def test_a_billed_pause_decided_after_an_unbilled_one_bills_its_days(self):
        """10 of the 31 days of October at 90.00."""
        contract, _bill = self._september()
        self._amend(contract, 'pause', date(2026, 10, 1), date_until=date(2026, 10, 31))
        self._amend(contract, 'pause', date(2026, 10, 11), date_until=date(2026, 10, 20), is_billed=True)
        self.assertEqual(self._rows(self._billed(date(2026, 10, 1))), [(11, 20, 29.03)])

    def test_an_undone_pause_is_billed_again(self):
        contract, _bill = self._september()
        pause = self._amend(contract, 'pause', date(2026, 9, 21), date_until=date(2026, 9, 30))
        self.assertEqual(self._billed(TODAY).amount_untaxed, 30.0)
        pause.action_undo()
        again = self._billed(TODAY)
        self.assertEqual((again.move_type, again.amount_untaxed), ('out_invoice', 30.0))

    # === SEVERAL PERIODS === #

    def _autumn(self, **values):
        """A contract whose September and October are billed, and what it is on 15 October."""
        contract, september = self._september(**values)
        return contract, september + self._billed(date(2026, 10, 1))

    def test_a_change_for_several_billed_periods_gives_one_credit_note(self):
        """60.00 instead of 90.00 from 16 September on: 15.00 and 30.00 back, with 9.00 of VAT."""
        contract, bills = self._autumn()
        self._change(contract, date(2026, 9, 16), price_unit=60.0)
        credit = self._billed(date(2026, 10, 15))
        self.assertEqual((credit.move_type, credit.amount_untaxed, credit.amount_tax), ('out_refund', 45.0, 9.0))
        self.assertEqual(
            credit.invoice_line_ids.mapped(lambda line: (line.billing_date_start, line.price_subtotal)),
            [
                (date(2026, 9, 16), 45.0),
                (date(2026, 10, 1), 90.0),
                (date(2026, 9, 16), -30.0),
                (date(2026, 10, 1), -60.0),
            ],
        )
        self.assertEqual(credit.ref, f"Credit of {bills[0].name}, {bills[1].name}, {contract.name}")
        self.assertEqual((credit.amount_residual, sum(bills.mapped('amount_residual'))), (0.0, 162.0))
        self.assertFalse(self._billed(date(2026, 10, 15)), "never twice")

    def test_a_credit_of_several_bills_gives_back_their_taxes_to_the_cent(self):
        """33.33 with 6.67 a month: the last half of September, and October, are 16.66 + 33.33 with 3.33 + 6.67."""
        contract, bills = self._autumn(price=33.33)
        self._amend(contract, 'end_line', date(2026, 9, 16), lines=[(contract.line_ids, None)])
        credit = self._billed(date(2026, 10, 15))
        self.assertEqual((credit.amount_untaxed, credit.amount_tax), (49.99, 10.0))
        self._amend(contract, 'end_line', date(2026, 9, 1), lines=[(contract.line_ids, None)])
        rest = self._billed(date(2026, 10, 15))
        self.assertEqual(credit.amount_tax + rest.amount_tax, sum(bills.mapped('amount_tax')))
        residuals = [sum(moves.mapped('amount_residual')) for moves in (bills, credit, rest)]
        self.assertEqual(residuals, [0.0, 0.0, 0.0], "also where the first credit took all of September")

    def test_a_dearer_past_gives_one_invoice_beside_that_of_the_next_period(self):
        contract, _bills = self._autumn()
        self._change(contract, date(2026, 9, 16), price_unit=120.0)
        invoices = self._billed(date(2026, 11, 1)).sorted('amount_untaxed')
        self.assertEqual(invoices.mapped('move_type'), ['out_invoice'] * 2)
        self.assertEqual(invoices.mapped('amount_untaxed'), [45.0, 120.0])

    # === FREQUENCY AND TERMS === #

    def test_a_frequency_changes_with_the_next_period_and_keeps_the_day(self):
        contract = self._contract(date_start=date(2026, 8, 31), price=90.0)
        contract._start(contract.date_start)
        self._billed(date(2026, 8, 31))
        amendment = self._amend(
            contract,
            'frequency',
            date(2026, 9, 30),
            terms={'recurrence': ['month', 3]},
            lines=[(contract.line_ids, {'price_unit': 270.0})],
        )
        self.assertEqual(amendment.summary, "Hosting: Price 90.00\xa0€ → 270.00\xa0€\nFrequency Monthly → Quarterly")
        self.assertEqual((amendment.mrr_before, amendment.mrr_after), (90.0, 90.0))
        self.assertEqual(contract.frequency, 'monthly', "until the day comes")
        with freeze_time('2026-12-31'):
            invoices = self._billed(date(2026, 9, 30)) + self._billed(date(2026, 12, 31))
        self.assertEqual(contract.frequency, 'quarterly')
        self.assertEqual(
            [(line.billing_date_start, line.billing_date_end) for line in invoices.invoice_line_ids],
            [(date(2026, 9, 30), date(2026, 12, 30)), (date(2026, 12, 31), date(2027, 3, 30))],
        )
        self.assertEqual(invoices.mapped('amount_untaxed'), [270.0, 270.0])

    def test_an_undone_frequency_plans_the_old_periods_again(self):
        contract, _bill = self._september()
        amendment = self._amend(contract, 'frequency', date(2026, 10, 1), terms={'recurrence': ['year', 1]})
        self.assertEqual(contract.period_ids.sorted('date_start')[-1].date_end, date(2027, 9, 30))
        amendment.action_undo()
        self.assertEqual(contract.period_ids.sorted('date_start')[-1].date_end, date(2026, 10, 31))

    def test_the_latest_way_of_payment_holds_and_the_first_comes_back(self):
        contract, _bill = self._september()
        amendment = self._amend(contract, 'payment', TODAY, terms={'payment_method_line_id': False})
        self.assertFalse(contract.payment_method_line_id)
        amendment.action_undo()
        self.assertEqual(contract.payment_method_line_id, self.sdd)

    # === BAD INPUT === #

    def test_two_people_do_not_change_one_contract_at_once(self):
        contract, _bill = self._september()
        amendment = self._change(contract, TODAY, quantity=2.0)
        self.assertEqual(contract.change_count, 1)
        steps = (lambda: self._change(contract, TODAY, quantity=3.0), amendment.action_undo)
        for step in steps:
            with (
                patch.object(type(contract), 'try_lock_for_update', lambda self, **_kwargs: self.browse()),
                self.assertRaisesRegex(UserError, f"Contract {contract.name} is being changed or billed by"),
            ):
                step()
        amendment.action_undo()
        self.assertEqual(contract.change_count, 2)

    def test_amendments_that_cannot_be_are_refused_with_a_remedy(self):
        contract, _bill = self._september()
        self._amend(contract, 'termination', TODAY, terms={'date_end': '2026-12-31'})
        draft = self._contract(date_start=date(2026, 9, 1))
        whole = self._contract(date_start=date(2026, 9, 1), proration='none')
        whole._start(date(2026, 9, 1))
        quantity = {'quantity': 2.0}
        cases = (
            (draft, date(2026, 9, 15), quantity, "is “Draft”"),
            (contract, date(2026, 8, 31), quantity, "“From”: 08/31/2026 is outside the contract.*Choose a day"),
            (contract, date(2027, 1, 1), quantity, "“From”: 01/01/2027 is outside the contract"),
            (contract, date(2026, 9, 15), {'quantity': 1.0}, "nothing would change"),
            (whole, date(2026, 9, 15), quantity, "in the middle of a period.*10/01/2026"),
        )
        for record, day, values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self._change(record, day, line=record.line_ids[0], **values)
        self.assertFalse(draft.amendment_ids + whole.amendment_ids)

    def test_an_amendment_without_effect_is_refused(self):
        contract, _bill = self._september()
        line = contract.line_ids
        self._add_line(contract)
        self._amend(contract, 'end_line', date(2026, 10, 1), lines=[(line, None)])
        message = f"{contract.name}, field “From”: line Hosting has ended by 10/01/2026.*a day before its end"
        for wanted in ({'quantity': 2.0}, None):
            with self.subTest(wanted), self.assertRaisesRegex(UserError, message):
                self._amend(contract, 'lines', date(2026, 10, 1), lines=[(line, wanted)])
        self._change(contract, date(2026, 9, 30), line, quantity=2.0)
        self._amend(contract, 'pause', date(2026, 10, 1), date_until=date(2026, 10, 10))
        for day in (TODAY, date(2026, 10, 11)):
            message = f"{contract.name}, field “From”: no pause holds on {day:%m/%d/%Y}.*Choose a day of a pause"
            with self.subTest(day), self.assertRaisesRegex(UserError, message):
                self._amend(contract, 'resume', day)

    def test_a_locked_period_is_not_amended(self):
        contract, _bill = self._september()
        self.company.fiscalyear_lock_date = date(2026, 9, 10)
        with self.assertRaisesRegex(UserError, "locked period. Choose 09/11/2026"):
            self._change(contract, date(2026, 9, 5), quantity=2.0)
        self._change(contract, date(2026, 9, 11), quantity=2.0)

    def test_what_was_collected_is_not_opened_again(self):
        contract, _bill = self._september()
        self._billed(date(2026, 10, 1))
        self._collect(date(2026, 10, 5), date(2026, 10, 1))
        with self.assertRaisesRegex(UserError, "invoice .* of 10/01/2026 was collected already"):
            self._change(contract, date(2026, 9, 20), quantity=2.0)
        self._change(contract, date(2026, 10, 2), quantity=2.0)

    def test_a_frequency_is_not_changed_below_what_is_billed(self):
        contract, _bill = self._september()
        self._billed(date(2026, 10, 1))
        for day, message in (
            (date(2026, 10, 15), "in the middle of a period"),
            (date(2026, 10, 1), "until 10/31/2026 are planned by a run or billed already. Choose 11/01/2026"),
        ):
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                self._amend(contract, 'frequency', day, terms={'recurrence': ['year', 1]})

    def test_an_amendment_is_never_altered_or_deleted(self):
        contract, _bill = self._september()
        amendment = self._change(contract, TODAY, quantity=2.0)
        with self.assertRaisesRegex(UserError, "by hand"):
            amendment.date = date(2026, 9, 20)
        with self.assertRaisesRegex(UserError, "by hand"):
            amendment.change_ids.new_value = 9.0
        with self.assertRaises(AccessError):
            amendment.unlink()
        with self.assertRaisesRegex(UserError, "undo it instead"):
            amendment.sudo().unlink()
        amendment.reason = "The customer called"
