from datetime import date

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import BillingCommon, no_commit

REASON = "Mend me"
LOGGER = 'odoo.addons.recurring_billing.models.billing_worker'


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingWorker(BillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contracts = cls.env['billing.contract']
        for _number in range(5):
            contracts |= cls._contract(date_start=date(2026, 12, 1), debit=False)
        contracts._start(date(2026, 11, 1))
        cls.periods = contracts.period_ids

    def _work_off(self, work):
        domain = [('id', 'in', self.periods.ids), ('is_nothing_owed', '=', False)]
        return self.env['billing.period']._work_off(domain, work, commit=no_commit, limit=4)

    @mute_logger(LOGGER)
    def test_the_faulty_row_is_found_and_the_others_are_done(self):
        def work(rows):
            if self.periods[2] in rows:
                raise UserError(REASON)
            rows._unguarded().write({'is_nothing_owed': True})

        done, parked = self._work_off(work)
        self.assertEqual((done, parked), (self.periods - self.periods[2], self.periods[2]))
        self.assertEqual(parked.error, REASON)
        self.assertEqual(parked.contract_id.activity_ids.mapped('user_id'), parked.contract_id.user_id)

    @mute_logger(LOGGER)
    def test_an_unforeseen_fault_is_parked_in_plain_words(self):
        def work(rows):
            rows._unguarded().write({'is_nothing_owed': True})
            raise ValueError("list index out of range")

        done, parked = self._work_off(work)
        self.assertEqual((len(done), parked), (0, self.periods))
        self.assertEqual(
            set(parked.mapped('error')),
            {
                "An unexpected fault stopped this (ValueError). The server's log says more.",
            },
        )
        self.assertEqual(set(parked.mapped('is_nothing_owed')), {False}, "nothing half-written")

    def test_a_clash_of_two_workers_is_no_rows_fault(self):
        def work(_rows):
            raise SerializationFailure

        with self.assertRaises(SerializationFailure):
            self._work_off(work)
        self.assertFalse(self.periods.filtered('error'))

    def test_each_row_taken_is_written(self):
        self._work_off(lambda rows: rows._unguarded().write({'is_nothing_owed': True}))
        self.assertEqual(set(self.periods.mapped('revision')), {1})
