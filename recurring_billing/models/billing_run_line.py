from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


def in_words(env, first, last):
    """The days from ``first`` to ``last`` for a person, in the language of ``env``; empty where there are none."""
    days = dict.fromkeys(format_date(env, day) for day in (first, last) if day)
    return " \N{EN DASH} ".join(days)


class BillingRunLine(models.Model):
    """One invoice of a run: planned, then made, or what stood in its way."""

    _name = 'billing.run.line'
    _description = "Billing Run Line"
    _inherit = ['billing.guard.mixin']
    _order = 'run_id, invoice_date, id'

    _guarded = frozenset(
        {
            'contract_id',
            'contract_ids',
            'origin',
            'period_ids',
            'date_start',
            'date_end',
            'planned_date',
            'level',
            'is_later',
            'outcome',
            'remark',
            'invoice_date',
            'invoice_id',
            'amount_untaxed',
            'amount_total',
        },
    )

    run_id = fields.Many2one('billing.run', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='run_id.company_id', store=True, index=True)
    state = fields.Selection(related='run_id.state')
    contract_id = fields.Many2one('billing.contract', readonly=True, ondelete='cascade', index=True)
    contract_ids = fields.Many2many(
        'billing.contract',
        'billing_contract_run_line_rel',
        'line_id',
        'contract_id',
        "Billed Contracts",
        readonly=True,
    )
    origin = fields.Char("Contracts", readonly=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    period_ids = fields.Many2many(
        'billing.period', 'billing_period_run_line_rel', 'line_id', 'period_id', readonly=True
    )
    currency_id = fields.Many2one(related='contract_id.currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    date_start = fields.Date("From", readonly=True)
    date_end = fields.Date("Until", readonly=True)
    period_text = fields.Char("Days Billed", compute='_compute_period_text')
    planned_date = fields.Date("Planned", readonly=True)
    planned_beside = fields.Date(
        "Planned For",
        compute='_compute_planned_beside',
        help="Where the invoice gets another date than the planned one.",
    )
    payment_method_line_id = fields.Many2one(related='contract_id.payment_method_line_id')
    is_selected = fields.Boolean("Post", default=True)
    level = fields.Selection(
        [('ok', "OK"), ('look', "Look"), ('blocked', "Blocked")],
        "Check",
        default='ok',
        readonly=True,
        help="Look: something you should know; it is posted all the same. Blocked: cannot be posted as it is.",
    )
    is_later = fields.Boolean("Not Due Yet", readonly=True)
    outcome = fields.Selection(
        [
            ('todo', "To do"),
            ('posted', "Posted"),
            ('blocked', "Blocked"),
            ('elsewhere', "Billed elsewhere"),
            ('left', "Left out"),
            ('free', "Owes nothing"),
        ],
        default='todo',
        readonly=True,
    )
    remark = fields.Text(readonly=True)
    invoice_date = fields.Date(readonly=True)
    invoice_id = fields.Many2one('account.move', readonly=True, index='btree_not_null')
    invoice_name = fields.Char("Invoice Number", related='invoice_id.name')
    amount_untaxed = fields.Monetary(readonly=True)
    amount_total = fields.Monetary("Total", readonly=True)
    company_amount_untaxed = fields.Monetary(
        compute='_compute_company_amounts', currency_field='company_currency_id', store=True
    )
    company_amount_total = fields.Monetary(
        compute='_compute_company_amounts', currency_field='company_currency_id', store=True
    )

    @api.depends('amount_untaxed', 'amount_total', 'currency_id', 'company_currency_id', 'invoice_date')
    def _compute_company_amounts(self):
        for line in self:
            day = line.invoice_date or fields.Date.context_today(line)
            for name in ('amount_untaxed', 'amount_total'):
                amount = line.currency_id._convert(line[name], line.company_currency_id, line.company_id, day)
                line[f'company_{name}'] = amount

    @api.depends('date_start', 'date_end')
    def _compute_period_text(self):
        for line in self:
            line.period_text = in_words(self.env, line.date_start, line.date_end)

    @api.depends('planned_date', 'invoice_date')
    def _compute_planned_beside(self):
        for line in self:
            line.planned_beside = line.planned_date != line.invoice_date and line.planned_date

    @api.ondelete(at_uninstall=False)
    def _unlink_only_previews(self):
        if any(line.run_id.state != 'preview' for line in self):
            raise UserError(self.env._("A line of a run that was done tells what was billed: it cannot be deleted."))

    def write(self, vals):
        """A tick decides before the run is started, and nothing afterwards."""
        if 'is_selected' in vals and any(line.run_id.state != 'preview' for line in self):
            raise UserError(self.env._("This run was started: its lines can no longer be ticked or unticked."))
        return super().write(vals)

    def action_open(self):
        """Open the invoice, or the contract where there is none."""
        self.ensure_one()
        return (self.invoice_id or self.contract_id)._get_records_action()

    def _find_periods(self):
        """Tie lines listed ahead of time to the periods that were planned since."""
        untied = self.filtered(lambda line: not line.period_ids)
        domain = [
            ('contract_id', 'in', untied.contract_ids.ids),
            ('planned_date', 'in', untied.mapped('planned_date')),
        ]
        periods = self.env['billing.period'].search(domain).grouped(lambda row: (row.contract_id, row.planned_date))
        for line in untied:
            planned = line.period_ids.concat(
                *(periods.get((contract, line.planned_date), ()) for contract in line.contract_ids)
            )
            line._unguarded().period_ids = planned.filtered(
                lambda row, line=line: line.date_start <= row.date_start and row.date_end <= line.date_end
            )

    def _write_outcome(self, faults):
        """Write down the invoice that this line's periods now stand on, or the error that stopped them.

        :param faults: {period: error}
        """
        self.ensure_one()
        if any(period in faults for period in self.period_ids):
            error = next(faults[period] for period in self.period_ids if period in faults)
            self._unguarded().write(
                {'outcome': 'blocked', 'level': 'blocked', 'remark': self.period_ids._reason(error)}
            )
        elif invoice := self.period_ids._invoice_of_this_run():
            self._write_invoice(invoice, 'posted')
        else:
            self._write_elsewhere()

    def _write_elsewhere(self):
        """What this run found billed or blocked by somebody else meanwhile."""
        for line in self:
            if error := next((period.error for period in line.period_ids if period.error), None):
                line._unguarded().write({'outcome': 'blocked', 'level': 'blocked', 'remark': error})
            else:
                line._write_invoice(line.period_ids._last_invoice(), 'elsewhere')

    def _write_invoice(self, invoice, outcome):
        sign = -1 if invoice.move_type == 'out_refund' else 1
        self._unguarded().write(
            {
                'outcome': outcome,
                'invoice_id': invoice.id,
                'invoice_date': invoice.invoice_date or self.invoice_date,
                'amount_untaxed': sign * invoice.amount_untaxed,
                'amount_total': sign * invoice.amount_total,
            },
        )
