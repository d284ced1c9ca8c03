import logging
import random
import time
from contextlib import contextmanager

from psycopg2.errors import UniqueViolation

from odoo.service.model import MAX_TRIES_ON_CONCURRENCY_FAILURE, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

# Another worker was here first: no record's fault. A unique index speaks where a lock could not, for rows of a commit
# that is younger than the transaction's snapshot.
CLASHES = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, UniqueViolation)


def is_under_way(cr, job, number):
    """Whether some worker does ``job`` number ``number`` now (see `CronTransaction.alone`)."""
    cr.execute(
        """
        SELECT EXISTS (
            SELECT FROM pg_locks
             WHERE locktype = 'advisory' AND granted AND objsubid = 2  -- a lock of two numbers, kept as unsigned ones
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid::bigint = hashtext(%s)::bigint & 4294967295 AND objid::bigint = %s
        )
        """,
        (job, number),
    )
    return cr.fetchone()[0]


class Transaction:
    """How a batch ends its slices. This one leaves it to the caller: a button, a test, a simulation."""

    is_over = False  # no time is left: the caller's next call goes on
    clashes = CLASHES

    def expect(self, count):
        """Tell that ``count`` more records wait."""

    def commit(self, done=0):
        """End a slice in which ``done`` records were finished."""

    def attempt(self, work):
        """Call ``work``, which ends with `commit`, and return its result."""
        return work()


class CronTransaction(Transaction):
    """Commits each slice within a cron job, and tries a slice again that clashed with another worker's."""

    def __init__(self, env):
        self.env = env
        self.waiting = 0

    def expect(self, count):
        self.waiting += count
        self._progress(0)

    def commit(self, done=0):
        self.waiting = max(self.waiting - done, 0)
        self._progress(done)
        self.env.invalidate_all()  # thousands of invoices would stay in memory

    def attempt(self, work):
        for tries_left in reversed(range(MAX_TRIES_ON_CONCURRENCY_FAILURE)):
            try:
                # what still stands when nobody else is in the way is a fault of its own
                self.clashes = CLASHES if tries_left else PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
                return work()
            except CLASHES as error:
                self.env.cr.rollback()
                self.env.transaction.reset()
                if not tries_left:
                    raise
                _logger.info("Another worker was faster (%s): trying again", type(error).__name__)
                time.sleep(random.uniform(0.0, 0.5))
        return None

    @contextmanager
    def alone(self, job, number):
        """Whether no other worker does ``job`` number ``number`` meanwhile; ends with the process, however that ends.

        Two workers on one queue would only wait for each other: each invoice takes the next number of one journal.
        """
        cr = self.env.cr
        cr.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", (job, number))  # outlives our commits
        [is_alone] = cr.fetchone()
        try:
            yield is_alone
        except Exception:
            cr.rollback()  # else the lock could not be given back
            raise
        finally:
            if is_alone:
                cr.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", (job, number))

    def _progress(self, done):
        self.is_over = not self.env['ir.cron']._commit_progress(done, remaining=self.waiting)
