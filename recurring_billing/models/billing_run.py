import typing

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .billing_contract_calendar import ONE_DAY
from .billing_transaction import is_under_way


class LineGroup(typing.NamedTuple):
    """How many lines of a run are alike in these fields, and their amounts in the company's currency."""

    is_selected: bool
    is_later: bool
    level: str
    outcome: str
    count: int
    untaxed: float
    total: float


class BillingRun(models.Model):
    """One run of the billing: what it would bill (preview), what it is billing, and what it did."""

    _name = 'billing.run'
    _description = "Billing Run"
    _inherit = ['billing.state.mixin']
    _order = 'date_until desc, id desc'
    _guarded = frozenset({'state', 'started_at', 'started_count'})
    _transitions = {
        'running': ('preview', 'stopped'),
        'stopped': ('running',),
        'done': ('running', 'stopped'),
    }
    _check_company_auto = True

    name = fields.Char(compute='_compute_name')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    contract_id = fields.Many2one(
        'billing.contract',
        check_company=True,
        index='btree_not_null',
        help="Empty: all running contracts.",
    )
    date_until = fields.Date("Due Until", required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [('preview', "Preview"), ('running', "Posting"), ('stopped', "Stopped"), ('done', "Done")],
        "Status",
        default='preview',
        required=True,
        readonly=True,
        index=True,
    )
    started_at = fields.Datetime(readonly=True)
    started_count = fields.Integer(readonly=True, help="Lines that were done when it was started, or gone on with.")
    line_ids = fields.One2many('billing.run.line', 'run_id')
    invoice_count = fields.Integer(compute='_compute_totals')
    posted_count = fields.Integer(compute='_compute_totals')
    look_count = fields.Integer("Need a Look", compute='_compute_totals')
    parked_count = fields.Integer("Blocked", compute='_compute_totals')
    done_count = fields.Integer(compute='_compute_totals')
    amount_untaxed = fields.Monetary(compute='_compute_totals')
    amount_total = fields.Monetary("Total with Taxes", compute='_compute_totals')
    later_count = fields.Integer("Not Due Yet", compute='_compute_totals')
    later_amount = fields.Monetary(compute='_compute_totals')
    todo_count = fields.Integer(compute='_compute_totals')
    is_under_way = fields.Boolean(compute='_compute_is_under_way')
    progress = fields.Float(compute='_compute_progress')
    progress_text = fields.Char(compute='_compute_progress')

    # === COMPUTE METHODS === #

    @api.depends('date_until', 'contract_id.name')
    def _compute_name(self):
        for run in self:
            parts = [run.contract_id.name, format_date(self.env, run.date_until)]
            run.name = " · ".join(part for part in parts if part)

    @api.depends(
        'line_ids.is_selected',
        'line_ids.is_later',
        'line_ids.level',
        'line_ids.outcome',
        'line_ids.company_amount_total',
    )
    def _compute_totals(self):
        groups = self._line_groups()
        for run in self:
            rows = groups.get(run.id, [])
            ticked = [row for row in rows if row.is_selected and row.outcome != 'free']
            billed = [row for row in ticked if row.outcome in ('todo', 'posted') and row.level != 'blocked']
            later = [row for row in rows if row.is_later]
            run.invoice_count = sum(row.count for row in billed)
            run.posted_count = sum(row.count for row in rows if row.outcome == 'posted')
            run.amount_untaxed = sum(row.untaxed for row in billed)
            run.amount_total = sum(row.total for row in billed)
            run.later_count = sum(row.count for row in later)
            run.later_amount = sum(row.total for row in later)
            seen = [row for row in rows if row.is_selected or row.outcome == 'free']
            run.look_count = sum(row.count for row in seen if row.level == 'look')
            run.parked_count = sum(row.count for row in rows if row.level == 'blocked')
            run.todo_count = sum(row.count for row in ticked if row.outcome == 'todo')
            run.done_count = sum(row.count for row in ticked) - run.todo_count

    def _line_groups(self):
        """{id of a run: list of `LineGroup`}: counted by the database, since a run may have thousands of lines.

        Lines of a form that is being edited are counted one by one.
        """
        names = ('is_selected', 'is_later', 'level', 'outcome')
        groups = {}
        if all(isinstance(run_id, int) for run_id in self._ids):
            sums = ['__count', 'company_amount_untaxed:sum', 'company_amount_total:sum']
            for run, *row in self.env['billing.run.line']._read_group(
                [('run_id', 'in', self.ids)], ['run_id', *names], sums
            ):
                groups.setdefault(run.id, []).append(LineGroup(*row))
            return groups
        for run in self:
            for line in run.line_ids:
                sums = (1, line.company_amount_untaxed, line.company_amount_total)
                groups.setdefault(run.id, []).append(LineGroup(*(line[name] for name in names), *sums))
        return groups

    @api.depends('done_count', 'todo_count', 'parked_count', 'started_at')
    def _compute_progress(self):
        for run in self:
            total = run.done_count + run.todo_count
            run.progress = 100.0 * run.done_count / total if total else 0.0
            texts = {'done': run.done_count, 'total': total, 'parked': run.parked_count}
            if seconds := run._seconds_left():
                text = self.env._(
                    "%(done)s of %(total)s, %(parked)s blocked, about %(seconds)s s left", **texts, seconds=seconds
                )
            else:
                text = self.env._("%(done)s of %(total)s, %(parked)s blocked", **texts)
            run.progress_text = text

    def _seconds_left(self):
        """A guess by the speed until now; 0 where nothing is known."""
        done = self.done_count - self.started_count
        if self.state != 'running' or not self.started_at or done <= 0:
            return 0
        elapsed = (fields.Datetime.now() - self.started_at).total_seconds()
        return round(elapsed / done * self.todo_count)

    @api.depends('state')
    def _compute_is_under_way(self):
        """Whether invoices may still come: a worker that a stop finds at work ends the slice that it has begun."""
        for run in self:
            stopped = run.state == 'stopped'
            run.is_under_way = run.state == 'running' or (
                stopped and is_under_way(self.env.cr, 'billing.run', run.company_id.id)
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        runs = super().create(vals_list)
        previews = runs.filtered(lambda run: not run.line_ids)
        previews._replace_abandoned()
        previews.action_compute()
        return runs

    def write(self, vals):
        """A preview whose question has changed is computed again."""
        result = super().write(vals)
        if vals.keys() & {'date_until', 'contract_id', 'company_id'}:
            self.filtered(lambda run: run.state == 'preview').action_compute()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_previews(self):
        if any(run.state != 'preview' for run in self):
            raise UserError(self.env._("A run that was done tells what was billed: it cannot be deleted."))

    def _replace_abandoned(self):
        """Delete the previews of the same user that ask what these ask: a new one says the same, as of now."""
        for run in self:
            asked = [(name, '=', run[name].id) for name in ('company_id', 'contract_id', 'create_uid')]
            domain = [('state', '=', 'preview'), ('date_until', '=', run.date_until), *asked]
            (self.search(domain) - self).unlink()

    @api.autovacuum
    def _gc_previews(self):
        """Previews that nobody has posted the day after are out of date."""
        self.search([('state', '=', 'preview'), ('write_date', '<', self.env.cr.now() - ONE_DAY)]).unlink()

    # === ACTION METHODS === #

    def action_compute(self):
        """List what is due, with dates, amounts and what stands in the way; writes no invoice."""
        today = fields.Date.context_today(self)
        for run in self:
            run._require_state('preview')
            lines = run._preview(today)
            run.line_ids.unlink()
            run._unguarded().line_ids = [fields.Command.create(values) for values in lines]
        return True

    def action_confirm_post(self):
        """Ask before the ticked invoices are posted: how many, how much, which dates."""
        self._compute_again()
        self._lines_to_post()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_run_post_action')
        return {**action, 'context': {'default_run_id': self.id}}

    def _compute_again(self):
        """List what is due by now, since hours may have passed; what was unticked stays so."""
        self.ensure_one()
        left = self.line_ids.filtered(
            lambda line: not line.is_selected and line.outcome == 'todo' and not line.is_later
        )
        unticked = {(line.contract_id, line.date_start) for line in left if line.level != 'blocked'}
        self.action_compute()
        self.line_ids.filtered(lambda line: (line.contract_id, line.date_start) in unticked).is_selected = False

    def action_post(self):
        """Create and post the selected invoices: a few at once, many in the background."""
        lines = self._lines_to_post()
        waiting = self.line_ids.filtered(lambda line: line.outcome == 'todo') - lines
        blocked = waiting.filtered(lambda line: line.level == 'blocked')
        blocked._unguarded().outcome = 'blocked'
        (waiting - blocked)._unguarded().outcome = 'left'
        lines.period_ids.filtered('error').action_retry()
        self._begin()
        return True

    def action_stop(self):
        """Stop posting after the invoices that are under way; the rest can go on later."""
        self.ensure_one()
        self._set_state('stopped')
        return True

    def action_go_on(self):
        """Post what a stopped run left."""
        self.ensure_one()
        self._require_state('stopped')
        self._begin()
        return True

    def action_leave_rest(self):
        """Close a stopped run; what it left is due again, and the next night bills it."""
        self.ensure_one()
        self._require_state('stopped')
        self.line_ids.filtered(lambda line: line.outcome == 'todo')._unguarded().outcome = 'left'
        self._set_state('done')
        return True

    def action_invoices(self):
        self.ensure_one()
        return self.line_ids.invoice_id._get_records_action(name=self.env._("Invoices"))

    def _lines_to_post(self):
        """The ticked lines of this preview.

        :raises UserError: not a preview, nothing ticked, or an invoice that is planned for a later day
        """
        self.ensure_one()
        self._require_state('preview')
        self._refuse_early(fields.Date.context_today(self))
        lines = self.line_ids.filtered(lambda line: line.is_selected and line.outcome == 'todo')
        if not lines:
            raise UserError(self.env._("No invoice is ticked: tick those that are to be posted."))
        return lines

    def _refuse_early(self, today):
        """An invoice is not issued before its planned date: the service is not due yet, nor is its VAT."""
        early = self.line_ids.filtered(lambda line: line.is_selected and line.planned_date > today)
        for line in early:
            raise UserError(
                self.env._(
                    "The invoice of contract %(contract)s is planned for %(planned)s and is posted on that day. Untick "
                    "it.",
                    contract=line.contract_id.name,
                    planned=format_date(self.env, line.planned_date),
                ),
            )
