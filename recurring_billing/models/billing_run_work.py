from itertools import chain

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from .billing_contract import LIVE
from .billing_transaction import CronTransaction, Transaction
from .billing_worker import SLICE

LISTED_AT_ONCE = 500


class BillingRun(models.Model):
    """The run at work: slice by slice, by the night or by a person, by one process or several."""

    _inherit = 'billing.run'

    @api.model
    def _bill_company(self, company, today, *, transaction):
        """Go on with the runs of ``company`` that were interrupted, then bill all that is due until ``today``.

        :param transaction: see `Transaction`
        :return: the new run, empty where nothing is due
        """
        for run in self.search([('company_id', '=', company.id), ('state', '=', 'running')]):
            run._work(today, transaction)
        if transaction.is_over:
            return self.browse()
        run = transaction.attempt(lambda: self._open(company, today, transaction))
        run._work(today, transaction)
        return run

    @api.model
    def _open(self, company, today, transaction):
        """Plan the periods of ``company`` until ``today`` and make a run of what is due."""
        contracts = self.env['billing.contract']
        isolate = self.env['billing.period']._isolate
        faults = {}
        for found, step in (
            (contracts._to_turn, lambda some: some._turn(today)),
            (contracts._to_renew, lambda some: some._renew(today)),
            (contracts._to_reward, lambda some: some._agree_loyalty(today)),
        ):
            faults |= isolate(found(company, today), step, transaction)[1]
        live = contracts.search([('company_id', '=', company.id), ('state', 'in', LIVE)])
        for ids in split_every(LISTED_AT_ONCE, live.ids):
            _done, unplanned = isolate(live.browse(ids), lambda some: some._plan_periods(today), transaction)
            faults |= unplanned
            self.env.invalidate_all()  # thousands of contracts would stay in memory
        contracts.search([('company_id', '=', company.id), ('date_end', '<', today)])._close_finished(today)
        left = [self._unplanned_line(contract, error, today) for contract, error in faults.items()]
        run = self.browse()
        for lines in chain(self._due_lines(company, today, transaction), [left]):
            run = run._add_lines(company, today, lines)
        if run:
            run._begin(in_background=True)
        transaction.commit()
        return run

    @api.model
    def _due_lines(self, company, today, transaction):
        """Values of one line for each invoice to be made and for each contract held, as an iterator of lists."""
        periods = self.env['billing.period']
        periods._ask_again(company, today)
        free = periods._pass_over(company, today)
        due = periods.search(
            periods._due_domain(today, company) & Domain('error', '=', False) & ~self._stopped_domain(),
        )
        held = due._hold_missed(company)
        yield self._lines_without_bill(free)
        for rows in (due - held)._slices(LISTED_AT_ONCE):
            plans, faults = rows._plan_isolated(today, transaction)
            rows._check_looks(plans, today)
            yield [self._line_to_do(plan) for plan in plans]
            for period, error in faults.items():
                period._park(error)
                held |= period
        yield [
            {**self._blocked_line(missed, next(iter(missed)).error), 'outcome': 'blocked'}
            for missed in held.grouped('contract_id').values()
        ]

    def _add_lines(self, company, today, lines):
        """Add lines of these values to this run, which begins with its first ones, and return it."""
        commands = [fields.Command.create(values) for values in lines]
        run = self
        if self:
            self._unguarded().line_ids = commands
        elif lines:
            values = {'company_id': company.id, 'date_until': today, 'line_ids': commands}
            run = self._unguarded().create(values).with_env(self.env)
        self.env.invalidate_all()  # thousands of planned invoices would stay in memory
        return run

    @api.model
    def _stopped_domain(self):
        """Periods of runs that a person has stopped: they wait for that person."""
        return Domain(
            'run_line_ids',
            'any',
            [('run_id.state', '=', 'stopped'), ('is_selected', '=', True), ('outcome', '=', 'todo')],
        )

    @api.model
    def _unplanned_line(self, contract, error, today):
        """Values of the line that says why the periods of ``contract`` cannot be planned, and tell a person once."""
        reason = self.env['billing.period']._reason(error)
        self.env['billing.period']._tell(contract, contract._responsible(), reason)
        return {
            'contract_id': contract.id,
            'origin': contract.name,
            'planned_date': today,
            'is_selected': False,
            'outcome': 'blocked',
            'level': 'blocked',
            'remark': reason,
        }

    @api.model
    def _line_to_do(self, plan):
        return {
            **self._line_values(plan.periods),
            'invoice_date': plan.date,
            'level': 'look' if plan.looks else 'ok',
            'remark': "\n".join(plan.looks),
        }

    def _begin(self, in_background=False):
        """Start posting: at once where one slice does it, else by the cron."""
        self._set_state('running')
        self._unguarded().write({'started_at': fields.Datetime.now(), 'started_count': self.done_count})
        if in_background:
            return
        if len(self._lines_to_do()) <= SLICE:
            self._work(fields.Date.context_today(self), Transaction())
        else:
            self.env.ref('recurring_billing.ir_cron_post').sudo()._trigger()  # accountants may not write cron jobs

    @api.model
    def _cron_post(self):
        """Go on with the runs that a person has started or that were interrupted; begins none."""
        today = fields.Date.context_today(self)
        transaction = CronTransaction(self.env)
        for run in self.search([('state', '=', 'running')]):
            with transaction.alone('billing.run', run.company_id.id) as is_alone:
                if is_alone and not transaction.is_over:
                    run._in_words_of(run.company_id)._work(today, transaction)

    def _in_words_of(self, company):
        """These runs of ``company`` for a job of the night, which has no language of its own."""
        return self.with_company(company).with_context(lang=company.partner_id.lang or self.env.user.lang)

    def _work(self, today, transaction):
        """Post what this run still has to do, and close it where nothing is left."""
        for run in self:
            periods = transaction.attempt(lambda run=run: run._periods_to_bill(today, transaction))
            periods._work_off(
                self.env['billing.period']._due_domain(today, run.company_id),
                lambda rows, run=run: run._work_slice(rows, today, transaction),
                transaction=transaction,
                is_stopped=lambda run=run: run.state != 'running',
            )
            transaction.attempt(lambda run=run: run._finish(transaction))

    def _periods_to_bill(self, today, transaction):
        """The periods of the lines that wait, in the order of their invoices."""
        self.ensure_one()
        lines = self._lines_to_do()
        lines.contract_id._live()._plan_periods(today)
        lines._find_periods()
        transaction.commit()
        return lines.period_ids

    def _lines_to_do(self):
        """The lines of this run that wait, in the order of their invoices; searched, since thousands may be done."""
        self.ensure_one()
        domain = [('run_id', '=', self.id), ('is_selected', '=', True), ('outcome', '=', 'todo')]
        return self.line_ids.search(domain, order='invoice_date, id')

    def _work_slice(self, periods, today, transaction):
        """Bill these periods and write down what came of each."""
        self.ensure_one()
        faults = periods._bill(today, transaction)
        for line in periods.run_line_ids.filtered(lambda line: line.run_id == self):
            line._write_outcome(faults)
        return faults

    def _finish(self, transaction):
        """Close this run once each line has its outcome; what nobody can bill any more was billed elsewhere."""
        self.ensure_one()
        todo = self._lines_to_do()
        gone = todo.filtered(
            lambda line: all(period.state != 'planned' or period.error for period in line.period_ids),
        )
        gone._write_elsewhere()
        if todo == gone and self.state == 'running':
            self._set_state('done')
        transaction.commit()
