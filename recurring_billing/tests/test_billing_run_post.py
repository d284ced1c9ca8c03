from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.recurring_billing.models import billing_run_work
from odoo.addons.recurring_billing.models.billing_transaction import CronTransaction, is_under_way

from .common import BillingCommon

TODAY = date(2026, 12, 5)
DASH = "\N{EN DASH}"


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRunPost(BillingCommon):
    """What a person sees of a run before it is posted, and is asked first."""

    # === WHAT OWES NOTHING === #

    def test_a_contract_with_price_zero_is_listed_and_never_billed(self):
        free, paid = self._sound("Free", price=0.0), self._sound("Paid")
        run = self._preview()
        line = run.line_ids.filtered(lambda line: line.contract_id == free)
        self.assertEqual(
            (line.level, line.is_selected, line.outcome, line.amount_total, line.invoice_date, line.remark),
            ('look', False, 'free', 0.0, False, "Owes nothing, price or quantity zero: Hosting"),
        )
        self.assertEqual((run.invoice_count, run.look_count, run.parked_count, run.amount_total), (1, 1, 0, 120.0))
        line.is_selected = True
        self.assertEqual((run.invoice_count, run.done_count, run.todo_count), (1, 0, 1))
        run.action_post()
        self.assertEqual(
            (run.state, line.outcome, len(free._invoices()), len(paid._invoices())), ('done', 'free', 0, 1)
        )

    def test_a_quantity_of_zero_is_listed_too_and_ended_lines_are_not(self):
        self._sound("Zero", quantity=0.0)
        ended = self._sound("Ended", date_start=date(2026, 11, 5))
        self._bill(date(2026, 11, 5))
        ended.line_ids._unguarded().date_end = date(2026, 12, 4)
        self.assertEqual(self._preview().line_ids.mapped('partner_id.name'), ["Zero"])

    def test_a_free_period_ahead_is_listed_and_not_saved(self):
        free = self._sound("Free", price=0.0)
        before = free.period_ids
        lines = self._preview(until=date(2027, 2, 5)).line_ids
        self.assertEqual(
            lines.mapped(lambda line: (line.planned_date, line.outcome, line.is_later)),
            [(TODAY, 'free', False), (date(2027, 1, 5), 'free', False), (date(2027, 2, 5), 'free', False)],
        )
        self.assertEqual(free.period_ids, before)

    def test_what_is_asked_about_is_what_is_due_by_now(self):
        kept, dearer, billed = (self._sound(name) for name in ("Kept", "Dearer", "Billed"))
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == kept).is_selected = False
        dearer._amend('price', TODAY, TODAY, lines=[(dearer.line_ids, {'price_unit': 200.0})])
        other = self.env['billing.run'].create({'date_until': TODAY, 'contract_id': billed.id})
        other.action_post()
        run.action_confirm_post()
        self.assertEqual(
            run.line_ids.mapped(lambda line: (line.contract_id, line.is_selected, line.amount_total)),
            [(kept, False, 120.0), (dearer, True, 240.0)],
        )

    def test_a_price_entered_before_the_night_is_billed(self):
        free = self._sound("Free", price=0.0)
        self.assertEqual(self._preview().line_ids.outcome, 'free')
        free.line_ids._unguarded().price_unit = 10.0
        line = self._preview().line_ids
        self.assertEqual((line.outcome, line.is_selected, line.amount_total), ('todo', True, 12.0))

    def test_only_free_lines_leave_nothing_to_post(self):
        self._sound("Free", price=0.0)
        with self.assertRaisesRegex(UserError, "No invoice is ticked"):
            self._preview().action_confirm_post()

    def test_the_night_says_once_what_owed_nothing(self):
        free = self._sound("Free", price=0.0)
        run = self._bill(TODAY)
        self.assertEqual((run.state, run.invoice_count, run.look_count), ('done', 0, 1))
        self.assertEqual((run.line_ids.contract_id, run.line_ids.outcome), (free, 'free'))
        self.assertFalse(self._bill(TODAY))

    # === LINES AND PERIODS === #

    def test_lines_listed_ahead_are_tied_to_their_own_contract_whatever_the_names(self):
        one, other = self._sound("One"), self._sound("Other")
        run = self._preview(one, until=date(2027, 2, 5))
        ahead = run.line_ids.filtered(lambda line: not line.period_ids)
        self.assertEqual((ahead.planned_date, ahead.contract_ids), (date(2027, 2, 5), one))
        one.name, other.name = "C, 1", one.name
        (one | other)._plan_periods(date(2027, 2, 5))
        run.line_ids._find_periods()
        self.assertEqual((ahead.period_ids.contract_id, ahead.period_ids.planned_date), (one, date(2027, 2, 5)))

    def test_a_preview_is_computed_again_when_its_day_or_contract_changes(self):
        one, _other = self._sound("One"), self._sound("Other", date_start=date(2026, 12, 20))
        with Form(self.env['billing.run']) as form:
            self.assertEqual(form.date_until, TODAY)
        run = form.record
        self.assertEqual(len(run.line_ids), 1)
        run.date_until = date(2026, 12, 31)
        self.assertEqual(len(run.line_ids), 2)
        run.contract_id = one
        self.assertEqual(run.line_ids.contract_id, one)

    def test_a_line_shows_its_period_and_the_planned_date_where_it_differs(self):
        late, sound = self._sound("Late", date_start=date(2026, 11, 20)), self._sound("Sound")
        lines = self._preview().line_ids.grouped('contract_id')
        self.assertEqual(lines[late].period_text, f"11/20/2026 {DASH} 12/19/2026")
        self.assertEqual((lines[late].planned_beside, lines[sound].planned_beside), (date(2026, 11, 20), False))

    # === ASKED BEFORE === #

    def test_posting_says_first_how_many_how_much_and_which_dates(self):
        self._sound("Late", date_start=date(2026, 11, 20))
        self._sound("Yesterday", date_start=date(2026, 12, 4), price=50.0)
        left = self._sound("Left")
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        action = run.action_confirm_post()
        wizard = self.env[action['res_model']].with_context(**action['context']).create({})
        self.assertEqual(
            (wizard.invoice_count, wizard.amount_total, wizard.dates, wizard.look_count, wizard.left_count),
            (2, 180.0, f"12/04/2026 {DASH} 12/05/2026", 1, 1),
        )
        self.assertFalse(run.line_ids.invoice_id, "nothing is posted before the answer")
        wizard.action_confirm()
        self.assertEqual((run.state, len(run.line_ids.invoice_id)), ('done', 2))
        self.assertEqual(run.action_invoices()['domain'], [('id', 'in', run.line_ids.invoice_id.ids)])

    def test_the_dialog_counts_what_needs_a_look_as_the_run_does(self):
        """One is late, one owes nothing; one that is late is unticked."""
        for name in ("Late", "Left"):
            left = self._sound(name, date_start=date(2026, 11, 20))
        self._sound("Free", price=0.0)
        self._sound("Sound")
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        wizard = self.env['billing.run.post'].create({'run_id': run.id})
        self.assertEqual((run.look_count, wizard.look_count), (2, 2))

    def test_a_row_that_was_blocked_is_not_called_left_out(self):
        self._sound("Sound")
        left, blocked = self._sound("Left"), self._sound("Blocked")
        blocked.period_ids[0]._unguarded().error = "Mend me"
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        run.action_post()
        outcomes = {line.contract_id: line.outcome for line in run.line_ids}
        self.assertEqual((outcomes[left], outcomes[blocked]), ('left', 'blocked'))

    # === ABANDONED PREVIEWS === #

    def test_a_new_preview_takes_the_place_of_one_that_asked_the_same(self):
        contract = self._sound("Cabinet Morel")
        old, other_day, other_contract = (
            self._preview(),
            self._preview(until=date(2026, 12, 31)),
            self._preview(contract),
        )
        new = self._preview()
        runs = old + other_day + other_contract + new
        self.assertEqual(runs.exists(), other_day + other_contract + new)
        new.action_post()
        self._preview()
        self.assertTrue(new.exists(), "what was posted stays")

    def test_a_preview_vanishes_after_a_day(self):
        self._sound("Cabinet Morel")
        run = self._preview()
        self.env.flush_all()
        run._gc_previews()
        self.assertTrue(run.exists())
        self.env.cr.execute("UPDATE billing_run SET write_date = write_date - interval '25 hours'")
        run._gc_previews()
        self.assertFalse(run.exists())

    def test_one_date_is_said_once(self):
        run = self._preview(self._sound("Cabinet Morel"))
        self.assertEqual(self.env['billing.run.post'].create({'run_id': run.id}).dates, "12/05/2026")

    def test_billing_missed_periods_says_first_how_many_how_much_and_which_dates(self):
        self.company.billing_missed_limit = 3
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        self._bill(TODAY)
        action = contract.action_bill_missed()
        wizard = self.env[action['res_model']].with_context(**action['context']).create({})
        self.assertEqual(
            (wizard.invoice_count, wizard.amount_total, wizard.dates, wizard.periods, wizard.faults),
            (5, 600.0, "12/05/2026", f"08/01/2026 {DASH} 12/31/2026", ""),
        )
        self.assertFalse(contract._invoices())
        shown = wizard.action_confirm()
        run = self.env[shown['res_model']].browse(shown['res_id'])
        self.assertEqual((run.state, run.invoice_count, run.line_ids.invoice_id), ('done', 5, contract._invoices()))
        self.assertFalse(contract.parked_reason)

    def test_missed_periods_that_are_blocked_are_shown_and_not_billed(self):
        self.company.billing_missed_limit = 3
        journal = self.company_data['default_journal_sale'].copy({'code': "OLD"})
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1), journal_id=journal.id)
        self._bill(TODAY)
        journal.active = False
        shown = self.env['billing.contract.missed'].create({'contract_id': contract.id}).action_confirm()
        run = self.env[shown['res_model']].browse(shown['res_id'])
        self.assertEqual((run.state, run.parked_count, len(contract._invoices())), ('preview', 5, 0))

    # === STOPPED === #

    def test_a_stopped_run_is_under_way_while_a_worker_ends_its_slice(self):
        self._sound("Cabinet Morel")
        run = self._preview()
        self.assertFalse(run.is_under_way)
        with patch.object(billing_run_work, 'SLICE', 0):
            run.action_post()
        self.assertTrue(run.is_under_way)
        run.action_stop()
        self.assertFalse(run.is_under_way)
        for number in (self.company.id, 2**31 - 1):
            with CronTransaction(self.env).alone('billing.run', number):
                self.assertTrue(is_under_way(self.env.cr, 'billing.run', number))
                run.invalidate_recordset(['is_under_way'])
                self.assertEqual(run.is_under_way, number == self.company.id)
        run.invalidate_recordset(['is_under_way'])
        self.assertFalse(run.is_under_way)
        self.assertFalse(is_under_way(self.env.cr, 'billing.run', self.company.id))
