from datetime import date
from unittest.mock import MagicMock, patch

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo.exceptions import UserError
from odoo.service.model import MAX_TRIES_ON_CONCURRENCY_FAILURE
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models import billing_transaction
from odoo.addons.recurring_billing.models.billing_transaction import CronTransaction, Transaction

from .common_workers import WorkersCommon

REASON = "Mend me"
DONE = date(2030, 1, 1)
LOGGER = 'odoo.addons.recurring_billing.models.billing_worker'


class Committed(Transaction):
    """Empties the cache before the first slice, as a commit does."""

    def __init__(self, env):
        self.env = env

    def expect(self, count):
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingWorker(WorkersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contracts = cls.env['billing.contract']
        for _number in range(5):
            contracts |= cls._contract(date_start=date(2026, 12, 1), debit=False)
        contracts._start(date(2026, 11, 1))
        cls.periods = contracts.period_ids

    def _work_off(self, work):
        """Work that is done once the planned date is `DONE`."""
        domain = [('planned_date', '!=', DONE)]
        transaction = Transaction()
        period = self.env['billing.period']
        return self.periods._work_off(
            domain, lambda rows: period._isolate(rows, work, transaction)[1], transaction=transaction, limit=4
        )

    def _done(self):
        return self.periods.filtered(lambda period: period.planned_date == DONE)

    @mute_logger(LOGGER)
    def test_the_faulty_row_is_found_and_the_others_are_done(self):
        def work(rows):
            if self.periods[2] in rows:
                raise UserError(REASON)
            rows._unguarded().planned_date = DONE

        parked = self._work_off(work)
        self.assertEqual((self._done(), parked), (self.periods - self.periods[2], self.periods[2]))
        self.assertEqual(parked.error, REASON)
        self.assertEqual(parked.contract_id.activity_ids.mapped('user_id'), parked.contract_id.user_id)

    @mute_logger(LOGGER)
    def test_an_unforeseen_fault_is_parked_in_plain_words(self):
        def work(rows):
            rows._unguarded().planned_date = DONE
            raise ValueError("list index out of range")

        self.assertEqual(self._work_off(work), self.periods)
        self.assertEqual(
            set(self.periods.mapped('error')),
            {"An unexpected fault stopped this (ValueError). The server's log says more."},
        )
        self.assertFalse(self._done(), "nothing half-written")

    def test_a_clash_of_two_workers_is_no_rows_fault(self):
        def work(_rows):
            raise SerializationFailure

        with self.assertRaises(SerializationFailure):
            self._work_off(work)
        self.assertFalse(self.periods.filtered('error'))

    def test_each_row_taken_is_written(self):
        self._work_off(lambda rows: rows._unguarded().write({'planned_date': DONE}))
        self.assertEqual(set(self.periods.mapped('revision')), {1})

    def test_what_others_did_meanwhile_is_left_alone(self):
        self.periods[:2]._unguarded().planned_date = DONE
        taken = []
        self._work_off(taken.append)
        self.assertEqual(self.periods.union(*taken), self.periods)
        self.assertEqual(set((self.periods.browse().union(*taken)).ids), set(self.periods[2:].ids))

    def test_a_row_parked_once_is_not_taken_again(self):
        self.periods[0]._unguarded().error = REASON
        self._work_off(lambda rows: rows._unguarded().write({'planned_date': DONE}))
        self.assertEqual(self._done(), self.periods[1:])

    def test_work_that_is_stopped_ends_after_its_slice(self):
        transaction, slices = Transaction(), []
        self.periods._work_off(
            [], lambda rows: slices.append(rows) or {}, transaction=transaction, limit=1, is_stopped=lambda: True
        )
        self.assertEqual(len(slices), 1)

    # === TRYING AGAIN === #

    def test_rows_are_read_together_whatever_led_to_them(self):
        def queries(contracts):
            rows = contracts.period_ids  # as the periods of a run's lines
            before = self.env.cr.sql_log_count
            rows._work_off([], lambda _rows: {}, transaction=Committed(self.env))
            return self.env.cr.sql_log_count - before

        contracts = self.periods.contract_id
        queries(contracts)
        self.assertEqual(queries(contracts[:1]), queries(contracts[1:]))

    def _cron_transaction(self, seconds_left=60.0):
        """A transaction whose commits and rollbacks are counted, not done."""
        env = MagicMock()
        env['ir.cron']._commit_progress.return_value = seconds_left
        return CronTransaction(env)

    def _failing(self, error, times):
        """Work that fails so many times, then succeeds; and the list of its calls."""
        calls = []

        def work():
            calls.append(error)
            if len(calls) <= times:
                raise error
            return "done"

        return work, calls

    def test_a_slice_that_clashed_is_tried_again_in_a_new_transaction(self):
        for error in (SerializationFailure, UniqueViolation):
            with self.subTest(error.__name__), patch.object(billing_transaction.time, 'sleep'):
                transaction = self._cron_transaction()
                work, calls = self._failing(error, 2)
                self.assertEqual((transaction.attempt(work), len(calls)), ("done", 3))
                self.assertEqual(transaction.env.cr.rollback.call_count, 2)
                self.assertEqual(transaction.env.transaction.reset.call_count, 2)

    def test_a_clash_that_lasts_is_given_up_after_the_limit(self):
        with patch.object(billing_transaction.time, 'sleep'):
            transaction = self._cron_transaction()
            work, calls = self._failing(SerializationFailure, 99)
            with self.assertRaises(SerializationFailure):
                transaction.attempt(work)
        self.assertEqual(len(calls), MAX_TRIES_ON_CONCURRENCY_FAILURE)
        self.assertEqual(transaction.env.cr.rollback.call_count, MAX_TRIES_ON_CONCURRENCY_FAILURE)

    def test_another_error_is_not_tried_again(self):
        transaction = self._cron_transaction()
        work, calls = self._failing(ValueError, 1)
        with self.assertRaises(ValueError):
            transaction.attempt(work)
        self.assertEqual((len(calls), transaction.env.cr.rollback.call_count), (1, 0))

    def test_a_unique_violation_that_stays_is_the_rows_own_fault(self):
        tries = []

        def step(rows):
            tries.append(rows)
            if self.periods[2] in rows:
                raise UniqueViolation

        with patch.object(billing_transaction.time, 'sleep'):
            transaction = self._cron_transaction()
            done, faults = transaction.attempt(lambda: self.periods._isolate(self.periods, step, transaction))
        self.assertEqual(transaction.env.cr.rollback.call_count, MAX_TRIES_ON_CONCURRENCY_FAILURE - 1)
        self.assertEqual([*faults], [self.periods[2]])
        self.assertEqual(self.periods.browse().union(*(rows for rows, _none in done)), self.periods - self.periods[2])

    def test_a_cron_without_time_ends_after_its_slice(self):
        transaction, slices = self._cron_transaction(seconds_left=0), []
        self.periods._work_off([], lambda rows: slices.append(rows) or {}, transaction=transaction, limit=2)
        self.assertEqual((len(slices), transaction.waiting), (1, 3))

    # === TWO WORKERS, EACH WITH A CURSOR OF ITS OWN === #

    def _bill_committed(self, contract, transaction=None):
        runs = contract.env['billing.run']
        runs._bill_company(contract.company_id, date(2026, 12, 5), transaction=transaction or Transaction())

    def _invoice_count(self, contract):
        with self.registry.cursor() as cr:
            return len(self._worker(cr, contract)._invoices())

    @mute_logger('odoo.sql_db')
    def test_a_worker_with_an_older_view_fails_instead_of_billing_twice(self):
        contract = self._committed_contract()
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)
            self.assertEqual(second.period_ids.mapped('state'), ['planned', 'planned'], "takes the second's snapshot")
            self._bill_committed(first)
            one.commit()
            with self.assertRaises(SerializationFailure):
                self._bill_committed(second)
            two.rollback()
        self.assertEqual(self._invoice_count(contract), 1)

    @mute_logger('odoo.sql_db')
    def test_taking_a_row_is_enough_to_make_an_older_view_fail(self):
        contract = self._committed_contract()
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)
            self.assertEqual(second.period_ids.mapped('revision'), [0, 0], "takes the second's snapshot")
            first.period_ids._take([])
            one.commit()
            with self.assertRaises(SerializationFailure):
                second.period_ids._take([])
            two.rollback()

    def test_a_worker_passes_over_what_another_one_holds(self):
        contract = self._committed_contract()
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)
            self._bill_committed(first)
            taken = second.period_ids._take([])
            self.assertNotIn(second.period_ids[0], taken, "it is locked, and nobody waits for it")
            two.rollback()
            one.commit()
        self.assertEqual(self._invoice_count(contract), 1)

    @mute_logger('odoo.sql_db')
    def test_a_night_that_meets_another_worker_tries_again_and_bills_once(self):
        contract = self._committed_contract()
        periods = type(self.env['billing.period'])
        take, met = periods._take, []
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)

            def meeting(rows, domain):
                if rows.env.cr is two and not met:
                    met.append(rows.mapped('state'))  # takes the snapshot
                    self._bill_committed(first)
                    one.commit()
                return take(rows, domain)

            with patch.object(periods, '_take', meeting), patch.object(billing_transaction.time, 'sleep') as slept:
                self._bill_committed(second, CronTransaction(second.env))
            self.assertEqual((len(met), slept.call_count), (1, 1))
            lines = second.env['billing.run.line'].search([('contract_id', '=', contract)], order='id')
            self.assertEqual(lines.mapped('outcome'), ['elsewhere', 'posted'], "the night's own line, the other's")
            self.assertEqual((lines.run_id.mapped('state'), len(lines.invoice_id)), (['done', 'done'], 1))
        self.assertEqual(self._invoice_count(contract), 1)
