from psycopg2 import errors

from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

INSERT = "INSERT INTO billing_debit_item (debit_id, move_line_id, amount, state) VALUES (-1, %s, 5, %s)"


@tagged('post_install', '-at_install')
class TestBillingDebitItem(TransactionCase):
    def _cursor(self):
        """A cursor on a connection of its own, which is rolled back; it may name records that are not there."""
        cr = db_connect(self.cr.dbname).cursor()
        self.addCleanup(cr.close)
        self.addCleanup(cr.rollback)
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("SET LOCAL lock_timeout = '200ms'")
        return cr

    def _take(self, cr, item, state):
        cr.execute(INSERT, (item, state))

    def test_of_two_transactions_at_once_one_alone_takes_an_invoice(self):
        for state in ('planned', 'in_file', 'sent'):
            with self.subTest(state):
                one, other = self._cursor(), self._cursor()
                self._take(one, -7, state)
                self._take(other, -8, state)
                with mute_logger('odoo.sql_db'), self.assertRaises(errors.LockNotAvailable):
                    self._take(other, -7, 'planned')
                one.rollback()
                other.rollback()

    def test_what_was_dropped_or_came_back_can_be_taken_again(self):
        cr = self._cursor()
        for state in ('dropped', 'returned', 'settled', 'planned'):
            self._take(cr, -7, state)
        with mute_logger('odoo.sql_db'), self.assertRaises(errors.UniqueViolation):
            self._take(cr, -7, 'planned')
