from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingRun(models.Model):
    """One run of the billing: what it would bill (preview), and what it did."""

    _name = 'billing.run'
    _description = "Billing Run"
    _inherit = ['billing.state.mixin']
    _order = 'date_until desc, id desc'
    _transitions = {'done': ('preview',)}
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
        [('preview', "Preview"), ('done', "Done")], "Status", default='preview', required=True, readonly=True
    )
    line_ids = fields.One2many('billing.run.line', 'run_id')
    invoice_count = fields.Integer(compute='_compute_totals', store=True)
    parked_count = fields.Integer("Blocked", compute='_compute_totals', store=True)
    amount_untaxed = fields.Monetary(compute='_compute_totals', store=True)
    amount_total = fields.Monetary("Total with Taxes", compute='_compute_totals', store=True)

    @api.depends('date_until', 'contract_id.name')
    def _compute_name(self):
        for run in self:
            parts = [run.contract_id.name, format_date(self.env, run.date_until)]
            run.name = " · ".join(part for part in parts if part)

    @api.depends(
        'line_ids.is_selected', 'line_ids.is_blocked', 'line_ids.amount_total', 'line_ids.company_amount_total'
    )
    def _compute_totals(self):
        for run in self:
            lines = run.line_ids.filtered(lambda line: line.is_selected and not line.is_blocked)
            run.invoice_count = len(lines)
            run.parked_count = len(run.line_ids.filtered('is_blocked'))
            run.amount_untaxed = sum(lines.mapped('company_amount_untaxed'))
            run.amount_total = sum(lines.mapped('company_amount_total'))

    @api.model_create_multi
    def create(self, vals_list):
        runs = super().create(vals_list)
        runs.filtered(lambda run: not run.line_ids).action_compute()
        return runs

    def action_compute(self):
        """List what is due, with dates, amounts and what stands in the way; writes no invoice."""
        for run in self:
            run._require_state('preview')
            periods = run._due_periods()
            run.line_ids.unlink()
            run.line_ids = [fields.Command.create(values) for values in run._line_values(periods)]
        return True

    def action_post(self):
        """Create and post the selected invoices."""
        self.ensure_one()
        self._require_state('preview')
        today = fields.Date.context_today(self)
        lines = self.line_ids.filtered('is_selected')
        self._refuse_early(lines, today)
        lines.period_id.filtered('error').action_retry()
        Period = self.env['billing.period']
        domain = self._due_domain() & fields.Domain('id', 'in', lines.period_id.ids)
        parked = Period._bill_off(domain, today, commit=lambda *_args, **_kwargs: 1)
        self._write_result(parked)
        return True

    def action_invoices(self):
        self.ensure_one()
        return self.line_ids.invoice_id._get_records_action(name=self.env._("Invoices"))

    @api.model
    def _bill_company(self, company, today, *, commit):
        """Bill all that is due in ``company`` until ``today`` and return the run that tells of it, or None."""
        contracts = self.env['billing.contract'].search([('company_id', '=', company.id), ('state', '=', 'running')])
        contracts._plan_periods(today)
        contracts._close_finished(today)
        Period = self.env['billing.period']
        domain = Period._due_domain(today, company)
        due = Period.search(domain & fields.Domain('error', '=', False))
        if not due:
            return None
        lines = [fields.Command.create({'period_id': period.id}) for period in due]
        run = self.create({'company_id': company.id, 'date_until': today, 'line_ids': lines})
        parked = Period._bill_off(domain, today, commit=commit)
        run._write_result(parked)
        return run

    @api.ondelete(at_uninstall=False)
    def _unlink_only_previews(self):
        if any(run.state == 'done' for run in self):
            raise UserError(self.env._("A run that was done tells what was billed: it cannot be deleted."))

    def _refuse_early(self, lines, today):
        """An invoice is not issued before its planned date: the service is not due yet, nor is its VAT."""
        for line in lines.filtered(lambda line: line.planned_date > today):
            raise UserError(
                self.env._(
                    "The invoice of contract %(contract)s is planned for %(planned)s and is posted on that day. Untick "
                    "it.",
                    contract=line.contract_id.name,
                    planned=format_date(self.env, line.planned_date),
                ),
            )

    def _due_domain(self):
        self.ensure_one()
        domain = self.env['billing.period']._due_domain(self.date_until, self.company_id)
        return domain & fields.Domain('contract_id', '=', self.contract_id.id) if self.contract_id else domain

    def _due_periods(self):
        self.ensure_one()
        contracts = self.contract_id or self.env['billing.contract'].search(
            [('company_id', '=', self.company_id.id), ('state', '=', 'running')],
        )
        today = fields.Date.context_today(self)
        contracts.filtered(lambda contract: contract.state == 'running')._plan_periods(min(self.date_until, today))
        return self.env['billing.period'].search(self._due_domain())

    def _line_values(self, periods):
        today = fields.Date.context_today(self)
        issue_dates = periods._issue_dates(today)
        return [self._planned_line(period, issue_dates[period], today) for period in periods]

    def _planned_line(self, period, issue_date, today):
        bills = period._owed_minus_invoiced()
        untaxed, _tax, total = period.contract_id._tax_totals(bills)
        return {
            'period_id': period.id,
            'is_selected': period.planned_date <= today,
            'invoice_date': max(issue_date, period.planned_date),
            'amount_untaxed': untaxed,
            'amount_total': total,
            'is_blocked': bool(period.error),
            'remark': period._remark(issue_date, today),
        }

    def _write_result(self, parked):
        """Tie each line to its invoice or to the error that stopped it."""
        self.ensure_one()
        for line in self.line_ids.filtered('is_selected'):
            period = line.period_id
            invoice = period.invoice_ids[-1:]
            line.write(
                {
                    'invoice_id': invoice.id,
                    'invoice_date': invoice.invoice_date,
                    'amount_untaxed': invoice.amount_untaxed,
                    'amount_total': invoice.amount_total,
                    'is_blocked': period in parked,
                    'remark': period.error,
                },
            )
        self._set_state('done')
