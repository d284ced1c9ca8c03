from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models import billing_run_work, billing_worker
from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common import LOGGER, BillingCommon

TODAY = date(2026, 12, 5)


class Interrupted(Transaction):
    """Ends after the first slice that did something: by the clock, or by what ``then`` does."""

    def __init__(self, then=None):
        self.then = then

    def commit(self, done=0):
        if done and self.then:
            self.then()
            self.then = None
        elif done:
            self.is_over = True


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRunWork(BillingCommon):
    """A run at work: slice by slice, stopped, gone on with, around what is faulty."""

    def test_a_stopped_run_ends_after_its_slice_and_goes_on_later(self):
        contracts, run = self._stopped_after_two(5)
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('stopped', 2, 2))
        self.assertEqual((run.posted_count, run.invoice_count), (2, 5), "the link counts what is there")
        self.assertFalse(run._require_state('stopped'))
        self.assertEqual(run.progress, 40.0)
        run.action_go_on()
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('done', 5, 5))
        with self.assertRaisesRegex(UserError, "cannot become"):
            run.action_stop()

    def _stopped_after_two(self, count=3):
        """So many contracts, and their run stopped after two."""
        contracts = self._contracts(count)
        run = self._preview()
        stopping = Interrupted(then=run.action_stop)
        with (
            patch.object(billing_worker, 'SLICE', 2),
            patch.object(billing_run_work, 'Transaction', lambda: stopping),
        ):
            run.action_post()
        return contracts, run

    @mute_logger(LOGGER)
    def test_a_contract_whose_terms_cannot_be_turned_stops_no_other(self):
        faulty, sound = self._contracts(2)
        faulty._unguarded().next_turn = TODAY
        turn = self.env.registry['billing.contract']._turn

        def breaks(contracts, today):
            if faulty in contracts:
                raise ValueError("terms that cannot be")
            return turn(contracts, today)

        with patch.object(self.env.registry['billing.contract'], '_turn', breaks):
            run = self._bill(TODAY)
        remarks = run.line_ids.filtered(lambda line: line.contract_id == faulty).mapped('remark')
        self.assertTrue(any("unexpected fault" in (remark or "") for remark in remarks), remarks)
        self.assertTrue(sound._invoices())

    @mute_logger(LOGGER)
    def test_what_was_mended_is_billed_the_next_night(self):
        contracts = self._contracts(2)
        account = self.service.product_tmpl_id.property_account_income_id
        account.active = False
        self._bill(TODAY)
        self.assertEqual(len(contracts.activity_ids), 2)
        account.active = True
        self.assertFalse(self._bill(TODAY).line_ids.invoice_id, "not asked again on the same day")
        with freeze_time('2026-12-06'):
            self._bill(date(2026, 12, 6))
        self.assertEqual(len(contracts._invoices()), 2)
        self.assertFalse(contracts.activity_ids)

    def test_the_night_leaves_alone_what_a_person_stopped(self):
        contracts, run = self._stopped_after_two()
        self._bill(TODAY)
        self.assertEqual((run.state, len(contracts._invoices())), ('stopped', 2))
        run.action_go_on()
        self.assertEqual((run.state, run.line_ids.mapped('outcome')), ('done', ['posted'] * 3))
        self.assertEqual(len(contracts._invoices()), 3)

    def test_what_a_stopped_run_leaves_out_is_billed_by_the_night(self):
        contracts, run = self._stopped_after_two()
        run.action_leave_rest()
        self.assertEqual((run.state, sorted(run.line_ids.mapped('outcome'))), ('done', ['left', 'posted', 'posted']))
        self._bill(TODAY)
        self.assertEqual(len(contracts._invoices()), 3)

    def test_the_cron_of_a_started_run_begins_no_other(self):
        ticked, left = self._sound("Ticked"), self._sound("Left")
        run = self._preview()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        with patch.object(billing_run_work, 'SLICE', 0):
            run.action_post()
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_post').method_direct_trigger()
        self.assertEqual((run.state, len(ticked._invoices()), len(left._invoices())), ('done', 1, 0))

    def test_the_dates_of_the_preview_hold_over_several_slices(self):
        """Three were due two days ago, two today: older dates are numbered first, whatever the names."""
        contracts = [self._sound(f"Today {number}", date_start=TODAY) for number in range(2)]
        contracts += [self._sound(f"Late {number}", date_start=date(2026, 12, 3)) for number in range(3)]
        run = self._preview()
        announced = {line.contract_id: line.invoice_date for line in run.line_ids}
        with patch.object(billing_worker, 'SLICE', 2), patch.object(billing_run_work, 'SLICE', 100):
            run.action_post()
        self.assertEqual({contract: contract._invoices().invoice_date for contract in contracts}, announced)
        self.assertEqual(sorted(announced.values()), [date(2026, 12, 3)] * 3 + [TODAY] * 2)

    def test_a_large_run_is_posted_by_the_cron(self):
        contracts = self._contracts(3)
        run = self._preview()
        cron = self.env.ref('recurring_billing.ir_cron_post')
        with patch.object(billing_worker, 'SLICE', 2), patch.object(billing_run_work, 'SLICE', 2):
            asked = self._triggers('recurring_billing.ir_cron_post')
            run.action_post()
            self.assertEqual((run.state, len(contracts._invoices())), ('running', 0))
            self.assertEqual(self._triggers('recurring_billing.ir_cron_post'), asked + 1)
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual((run.state, len(contracts._invoices())), ('done', 3))
        self.assertEqual(run.line_ids.mapped('outcome'), ['posted'] * 3)

    def test_the_next_night_goes_on_with_an_interrupted_run(self):
        contracts = self._contracts(5)
        with patch.object(billing_worker, 'SLICE', 2):
            run = self.env['billing.run']._bill_company(self.company, TODAY, transaction=Interrupted())
            self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('running', 2, 2))
            self._bill(TODAY)
        self.assertEqual((run.state, run.done_count, len(contracts._invoices())), ('done', 5, 5))
        self.assertEqual(len(self.env['billing.run'].search([('company_id', '=', self.company.id)])), 1)

    def test_an_unforeseen_fault_of_one_contract_stops_no_other(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        to_bill = type(bad.period_ids)._to_bill

        def broken(period):
            if period.contract_id == bad:
                raise ZeroDivisionError
            return to_bill(period)

        with patch.object(type(bad.period_ids), '_to_bill', broken), mute_logger(LOGGER):
            self._bill(TODAY)
        self.assertEqual((len(good._invoices()), len(bad._invoices())), (1, 0))
        self.assertIn("ZeroDivisionError", bad.parked_reason)

    @mute_logger(LOGGER)
    def test_a_fault_of_planning_parks_its_own_contract_only(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        bad.line_ids._unguarded().is_price_listed = True
        self.env.flush_all()  # its figures, which read the list too, were computed when it was written
        reason = "This formula is broken"

        def listed_price(_line, _day):
            raise UserError(reason)

        with patch.object(type(bad.line_ids), '_listed_price', listed_price):
            self._bill(TODAY)
        self.assertEqual((len(good._invoices()), len(bad._invoices()), bad.parked_reason), (1, 0, reason))

    @mute_logger(LOGGER)
    def test_what_blocks_one_invoice_stops_no_other(self):
        good, bad = self._sound("Good"), self._sound("Bad")
        bad.line_ids._unguarded().product_id = self._create_product(name="No account", property_account_income_id=False)
        bad.line_ids.product_id.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False
        bad.journal_id.default_account_id = False
        run = self._preview()
        by_contract = run.line_ids.grouped('contract_id')
        self.assertEqual((by_contract[good].level, by_contract[bad].level), ('ok', 'blocked'))
        self.assertEqual((run.invoice_count, run.parked_count, run.amount_total), (1, 1, 120.0))
        by_contract[bad].is_selected = True
        run.action_post()
        self.assertEqual((by_contract[good].outcome, by_contract[bad].outcome), ('posted', 'blocked'))
        self.assertIn("income account", by_contract[bad].remark)
        self.assertEqual((run.state, run.invoice_count, run.parked_count), ('done', 1, 1))
        self.assertEqual((len(good._invoices()), len(bad._invoices())), (1, 0))
