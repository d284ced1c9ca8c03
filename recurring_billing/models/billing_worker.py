import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class BillingWorker(models.AbstractModel):
    """What every queue of the chain shares: rows are locked, written and done in slices; a faulty one is parked."""

    _name = 'billing.worker'
    _description = "Recurring Billing Worker"
    _inherit = ['billing.guard.mixin']

    _guarded = frozenset({'revision', 'error'})

    revision = fields.Integer(
        readonly=True,
        copy=False,
        help="Counts the runs that took this row. Writing it makes a second worker with an older view of the row fail.",
    )
    error = fields.Text("Blocked Because", readonly=True, copy=False)

    @api.model
    def _work_off(self, domain, work, *, commit, limit=100):
        """Apply ``work`` to all records of ``domain``, slice by slice.

        :param domain: selects the rows with work to do; ``work`` must take its rows out of it
        :param work: function of a recordset that does one slice or raises
        :param commit: function of (number of records done, remaining=number or None), called after each slice; returns
            the seconds left: `ir.cron._commit_progress` in real life, anything that does not commit elsewhere
        :return: (records done, records parked with an error)
        """
        done, parked = self.browse(), self.browse()
        domain = Domain(domain) & Domain('error', '=', False)
        commit(0, remaining=self.search_count(domain))
        while rows := self.search(domain, limit=limit):
            rows = rows.try_lock_for_update().filtered_domain(domain)
            if not rows:
                break  # another worker has them
            faulty = rows._work_slice(work)
            done |= rows - faulty
            parked |= faulty
            if not commit(len(rows)):
                break
        return done, parked

    def _work_slice(self, work):
        """Run ``work`` on these rows in a savepoint; halve on an error until the faulty row stands alone, and park it.

        :return: the parked rows
        """
        try:
            with self.env.cr.savepoint():
                self._take()
                work(self)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # no row's fault: the whole transaction must be run again
        except Exception as error:
            if len(self) > 1:
                half = len(self) // 2
                return self[:half]._work_slice(work) | self[half:]._work_slice(work)
            self._park(error)
            return self
        return self.browse()

    def _take(self):
        for row in self._unguarded():
            row.revision += 1

    def _park(self, error):
        """Take this row out of the queue with the reason in words, and tell a person once."""
        self.ensure_one()
        if isinstance(error, UserError):
            reason = str(error)
            _logger.warning("%s %s is parked: %s", self._name, self.id, error)
        else:
            reason = self.env._(
                "An unexpected fault stopped this (%s). The server's log says more.", type(error).__name__
            )
            _logger.error("%s %s is parked", self._name, self.id, exc_info=error)
        self._unguarded().error = reason
        target, summary, user = self._parked_activity()
        target.activity_schedule('mail.mail_activity_data_todo', summary=summary, note=reason, user_id=user.id)

    def _parked_activity(self):
        """What tells a person of a parked row: (record that bears the activity, its summary, whom)."""
        return self, self.env._("%s is blocked", self.display_name), self.env.user

    def action_retry(self):
        """Free parked rows: the next run takes them again, and asks again where they still fail."""
        self.check_access('write')
        for row in self.filtered('error'):
            target, summary, _user = row._parked_activity()
            target.activity_ids.filtered(lambda activity, summary=summary: activity.summary == summary).unlink()
            row._unguarded().error = False
