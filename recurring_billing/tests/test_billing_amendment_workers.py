from datetime import date

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_workers import WorkersCommon

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingAmendmentWorkers(WorkersCommon):
    """Two workers at once change one contract: whoever comes second fails and writes nothing."""

    def _assert_amended_once(self, is_committed, error):
        contract = self._committed_contract()
        with self.registry.cursor() as one, self.registry.cursor() as two:
            first, second = self._worker(one, contract), self._worker(two, contract)
            second.read(['change_count'])  # takes the second's snapshot
            self._double(first)
            if is_committed:
                one.commit()
            with self.assertRaises(error):
                self._double(second)
            two.rollback()
        with self.registry.cursor() as cr:
            amended = self._worker(cr, contract)
            self.assertEqual(len(amended.amendment_ids), 1)
            self.assertEqual(sorted(amended.line_ids.mapped('quantity')), [1.0, 2.0])

    def _double(self, contract):
        line = contract.line_ids
        contract._amend('quantity', date(2026, 12, 20), TODAY, lines=[(line, {'quantity': 2 * line.quantity})])

    def test_a_change_that_another_one_has_not_finished_is_refused(self):
        self._assert_amended_once(False, UserError)

    @mute_logger('odoo.sql_db')
    def test_a_change_that_did_not_see_another_one_fails(self):
        self._assert_amended_once(True, SerializationFailure)
