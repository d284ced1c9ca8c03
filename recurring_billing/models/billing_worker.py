import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BLOCKED = 'recurring_billing.mail_activity_blocked'
SLICE = 200  # records that are worked off between two commits


class BillingWorker(models.AbstractModel):
    """What every queue of the chain shares: rows are locked, written and done in slices; a faulty one is parked."""

    _name = 'billing.worker'
    _description = "Recurring Billing Worker"
    _inherit = ['billing.guard.mixin']

    _guarded = frozenset({'revision', 'error', 'error_date'})

    revision = fields.Integer(
        readonly=True,
        copy=False,
        help="Counts the runs that took this row. Writing it makes a second worker with an older view of the row fail.",
    )
    error = fields.Text("Blocked Because", readonly=True, copy=False)
    error_date = fields.Date("Blocked On", readonly=True, copy=False)

    def _work_off(self, domain, work, *, transaction, limit=None, is_stopped=lambda: False):
        """Apply ``work`` to these records in their order, slice by slice.

        :param domain: what a row must still be to have work to do, looked at once it is locked
        :param work: function of a recordset that does one slice and returns {record: error} of the faulty ones
        :param transaction: see `Transaction`
        :param is_stopped: function that says between two slices whether a person has stopped the work
        :return: the records parked with an error
        """
        parked = self.browse()
        transaction.expect(len(self))
        # what led to these rows left the cache with the commit: without a prefetch of their own, each is read alone
        for rows in self.with_prefetch()._slices(limit or SLICE):
            parked |= transaction.attempt(lambda rows=rows: rows._work_slice(domain, work, transaction))
            if transaction.is_over or is_stopped():
                break
        return parked

    def _slices(self, limit):
        """These records in pieces of about ``limit``: one piece is done or undone as a whole."""
        return map(self.browse, split_every(limit, self.ids))

    def _work_slice(self, domain, work, transaction):
        """Lock these rows, do what is left to do of them, park the faulty ones, commit.

        :return: the parked rows
        """
        rows = self._take(Domain(domain) & Domain('error', '=', False))
        parked = self.browse()
        for row, error in (work(rows) if rows else {}).items():
            row._park(error)
            parked |= row
        transaction.commit(len(self))
        return parked

    def _take(self, domain):
        """Those of these rows that no other worker holds and that still match ``domain``, in their order.

        Each is written at once: a worker whose snapshot is older than this commit fails on it instead of doing it
        again.
        """
        free = set(self.try_lock_for_update().ids)
        rows = self.browse(id_ for id_ in self.ids if id_ in free).filtered_domain(domain)
        for row in rows._unguarded():
            row.revision += 1
        rows.flush_recordset(['revision'])
        return rows

    @api.model
    def _isolate(self, items, step, transaction):
        """Call ``step`` on all ``items`` in a savepoint; on an error halve them until the faulty ones stand alone.

        :param items: recordset or list
        :param transaction: says which errors are a clash with another worker, and nobody's fault
        :return: ([(items of a call, its result)], {item: error})
        """
        if not items:
            return [], {}
        try:
            with self.env.cr.savepoint():
                return [(items, step(items))], {}
        except transaction.clashes:
            raise  # the whole transaction must be run again
        except Exception as error:
            if len(items) == 1:
                return [], {items[0]: error}
        half = len(items) // 2
        done, faults = self._isolate(items[:half], step, transaction)
        more_done, more_faults = self._isolate(items[half:], step, transaction)
        return done + more_done, faults | more_faults

    @api.model
    def _each_company(self, companies, step, transaction):
        """Call ``step`` on each of ``companies``, each in a transaction of its own: the fault of one is logged, and the
        others go on.

        :param transaction: see `Transaction`
        """
        for company in companies:
            _done, faults = self._isolate(company, step, transaction)
            for error in faults.values():
                _logger.error("%s: the night's work of company %s failed", self._name, company.id, exc_info=error)
            transaction.commit(1)

    def _park(self, error):
        """Take this row out of the queue with the reason in words, and tell a person once."""
        self.ensure_one()
        if isinstance(error, UserError):
            _logger.warning("%s %s is parked: %s", self._name, self.id, error)
        else:
            _logger.error("%s %s is parked", self._name, self.id, exc_info=error)
        self._hold(self._reason(error))

    @api.model
    def _reason(self, error):
        """What an accountant is told of ``error``."""
        if isinstance(error, UserError):
            return str(error)
        name = type(error).__name__
        return self.env._("An unexpected fault stopped this (%s). The server's log says more.", name)

    def _hold(self, reason):
        """Take these rows out of the queue for one reason, and tell a person once."""
        self._unguarded().write({'error': reason, 'error_date': fields.Date.context_today(self)})
        target, user = next(iter(self))._parked_activity()
        self._tell(target, user, reason)

    @api.model
    def _tell(self, target, user, reason):
        """Leave one activity on ``target``, however often it is blocked."""
        if not target.activity_search([BLOCKED]):
            target.activity_schedule(BLOCKED, note=reason, user_id=user.id)

    def _parked_activity(self):
        """What tells a person of a parked row: (record that bears the activity, whom)."""
        return self, self.env.user

    def action_retry(self):
        """Free parked rows: the next run takes them again, and asks again where they still fail."""
        self.check_access('write')
        for row in self.filtered('error'):
            row._unguarded().error = False
            target, _user = row._parked_activity()
            if not row._parked_beside():
                target.activity_unlink([BLOCKED])

    def _parked_beside(self):
        """Other parked rows that the activity of this one speaks for."""
        return self.browse()
