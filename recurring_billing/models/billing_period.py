import logging
from decimal import Decimal

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.owing import Billed
from ..tools.proration import Days, overlap
from ..tools.recurrence import Period, Slot
from .billing_transaction import CronTransaction

_logger = logging.getLogger(__name__)


class BillingPeriod(models.Model):
    """One row per contract and period: what is planned, and the invoices that bill it."""

    _name = 'billing.period'
    _description = "Billing Period"
    _inherit = ['billing.worker']
    _order = 'planned_date, contract_id, id'
    _rec_name = 'contract_id'
    _check_company_auto = True
    _guarded = frozenset(
        {
            'contract_id',
            'whole_start',
            'whole_end',
            'date_start',
            'date_end',
            'planned_date',
            'is_settlement',
            'is_passed_over',
            'free_line_ids',
            'state',
            'revision',
            'error',
            'error_date',
        },
    )

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True)
    currency_id = fields.Many2one(related='contract_id.currency_id')
    whole_start = fields.Date(
        required=True, readonly=True, help="First day of the whole period of the contract's calendar."
    )
    whole_end = fields.Date(
        required=True, readonly=True, help="Last day of the whole period of the contract's calendar."
    )
    date_start = fields.Date("From", required=True, readonly=True)
    date_end = fields.Date("Until", required=True, readonly=True)
    planned_date = fields.Date("Planned Invoice Date", required=True, readonly=True)
    invoice_line_ids = fields.One2many('account.move.line', 'billing_period_id', readonly=True)
    invoice_ids = fields.Many2many('account.move', compute='_compute_invoice_ids')
    is_settlement = fields.Boolean(
        readonly=True, help="After the last day of a contract that is billed in advance: bills its last usage."
    )
    is_passed_over = fields.Boolean(readonly=True, help="It was due and owed nothing.")
    free_line_ids = fields.Many2many(
        'billing.contract.line', string="Free Lines", readonly=True, help="Lines that cost nothing when it was due."
    )
    run_line_ids = fields.Many2many(
        'billing.run.line', 'billing_period_run_line_rel', 'period_id', 'line_id', readonly=True
    )
    state = fields.Selection(
        [('planned', "Planned"), ('draft', "Draft Invoice"), ('invoiced', "Invoiced"), ('empty', "Nothing Owed")],
        "Status",
        compute='_compute_state',
        store=True,
        index=True,
        help="Planned: something is owed that no invoice bills, or billed that is not owed any more.",
    )
    amount_untaxed = fields.Monetary(compute='_compute_amounts')
    amount_total = fields.Monetary("Total", compute='_compute_amounts')

    _contract_start_unique = models.UniqueIndex(
        "(contract_id, date_start, COALESCE(is_settlement, FALSE))",
        "A contract has one row for each period: this one exists already.",
    )
    _due_idx = models.Index("(company_id, planned_date) WHERE state = 'planned'")

    # === COMPUTE METHODS === #

    @api.depends(
        'date_start',
        'date_end',
        'contract_id.date_end',
        'contract_id.bills_zero',
        'free_line_ids',
        'contract_id.line_ids.display_type',
        'contract_id.line_ids.kind',
        'contract_id.line_ids.date_start',
        'contract_id.line_ids.date_end',
        'contract_id.line_ids.quantity',
        'contract_id.line_ids.price_unit',
        'contract_id.line_ids.discount',
        'contract_id.line_ids.valid_from',
        'contract_id.line_ids.valid_until',
        'contract_id.line_ids.is_void',
        'contract_id.amendment_ids.state',
        'contract_id.discount_ids.date_from',
        'contract_id.discount_ids.last_day',
        'contract_id.discount_ids.percent',
        'contract_id.discount_ids.amount',
        'invoice_line_ids.parent_state',
        'invoice_line_ids.quantity',
        'invoice_line_ids.price_unit',
        'invoice_line_ids.move_id.billing_bill_again',
    )
    def _compute_state(self):
        for period in self:
            states = set(period.invoice_line_ids.mapped('parent_state'))
            if period._is_open():
                period.state = 'planned'
            elif 'draft' in states:
                period.state = 'draft'
            else:
                period.state = 'invoiced' if 'posted' in states else 'empty'

    @api.depends('invoice_line_ids.move_id')
    def _compute_invoice_ids(self):
        for period in self:
            period.invoice_ids = period.invoice_line_ids.move_id

    @api.depends('state', 'contract_id.amount_total', 'invoice_line_ids.price_total')
    def _compute_amounts(self):
        for period in self:
            if period.state == 'planned':
                totals = period.contract_id._tax_totals(period._to_bill())
                period.amount_untaxed, _tax, period.amount_total = totals
                continue
            untaxed = total = 0.0
            for line in period._live_lines():
                sign = -1 if line.move_id.move_type == 'out_refund' else 1
                untaxed += sign * line.price_subtotal
                total += sign * line.price_total
            period.amount_untaxed, period.amount_total = untaxed, total

    # === OWED MINUS INVOICED === #

    def _to_bill(self):
        """What is owed for this period and not billed, and what is billed and not owed (quantities below zero).

        :return: list of `Bill`; empty too where it comes to nothing, unless the plan wants invoices of free periods
        """
        self.ensure_one()
        billed = self._billed()
        slot = self._slot()
        lines = self.contract_id.line_ids.browse() if self.is_settlement else self.contract_id.line_ids
        if self.free_line_ids:
            lines = lines.filtered(lambda line: line._origin not in self.free_line_ids)
        bills = [bill for line in lines for bill in line._bills(slot, billed.get(line._origin, ()))]
        bills += self._usage_bills()
        is_free_invoice = bills and not billed and self.contract_id.bills_zero
        return bills if is_free_invoice or not self._is_free(bills) else []

    @staticmethod
    def _is_free(bills):
        """Whether ``bills`` ask and give nothing: prices of zero, or discounts that take all off."""
        nets = {}
        for bill in bills:
            if bill.credited:
                return False
            nets[bill.line, bill.days] = nets.get((bill.line, bill.days), 0.0) + bill.amount
        return not any(bill.line.currency_id.round(nets[bill.line, bill.days]) for bill in bills)

    def _free_lines(self):
        """The lines of the contract that cost nothing for this period."""
        self.ensure_one()
        return self.contract_id._free_lines(self._slot())

    def _is_open(self):
        """Whether this period is to be billed; where that cannot be told, the run finds out and says why."""
        try:
            return bool(self._to_bill())
        except psycopg2.Error:
            raise
        except Exception:
            return True

    def _slot(self):
        is_cut = self.contract_id.date_end and not self.is_settlement
        last = min(self.date_end, self.contract_id.date_end) if is_cut else self.date_end
        return Slot(Period(0, self.whole_start, self.whole_end), self.date_start, last)

    def _live_lines(self):
        return self.invoice_line_ids.filtered(lambda line: line.parent_state != 'cancel')

    def _billed(self, without=()):
        """{contract line: list of `Billed`} of the draft and posted invoices of this period, less their credits.

        :param without: lines of invoices that are to be counted as if they were not there
        """
        self.ensure_one()
        credits, billed = {}, {}
        lines = self._live_lines().filtered(lambda line: line not in without and not line._billing_is_metered())
        given = lines.filtered(lambda line: line._billing_is_credit())
        taken_back = given.filtered(lambda line: line._billing_reopens()).billing_credited_line_id
        for line in given - taken_back:
            credits.setdefault(line.billing_credited_line_id, []).append(line)
        for line in (lines - given).filtered(lambda line: line._billing_is_charge()):
            entry = self._billed_line(line, credits.get(line, ()))
            billed.setdefault(line.billing_contract_line_id, []).append(entry)
        return billed

    def _billed_line(self, line, credits):
        full, whole = line._billing_basis(Decimal(str(self.currency_id.rounding)))
        return Billed(
            key=line,
            days=Days(line.billing_date_start, line.billing_date_end),
            amount=line._billing_amount(),
            reopened=tuple(
                Days(credit.billing_date_start, credit.billing_date_end)
                for credit in credits
                if credit._billing_reopens()
            ),
            credited=sum(credit._billing_amount() for credit in credits),
            credits=tuple(credits),
            full=full,
            whole=whole,
        )

    def _is_billed_twice(self, without=()):
        """Whether two invoice lines, not credited, bill the same days of a contract line; ``without`` as above."""
        for billed in self._billed(without).values():
            charges = [entry for entry in billed if entry.key.billing_kind != 'discount']
            ranges = [days for entry in charges if entry.creditable or not entry.amount for days in entry.covered]
            if any(overlap(one, other) for index, one in enumerate(ranges) for other in ranges[:index]):
                return True
        return False

    def _last_invoice(self):
        """The invoice that billed these periods last."""
        return self.invoice_line_ids.move_id.sorted('id')[-1:]

    def _invoice_of_this_run(self):
        """The invoice that the run which holds these periods has made of them."""
        lines = self.invoice_line_ids
        return lines.filtered(lambda line: line.billing_revision == line.billing_period_id.revision).move_id[:1]

    # === BUSINESS METHODS === #

    @api.model
    def _cron_bill(self):
        """Bill what is due today in each company that no other worker bills, and write down what was done."""
        today = fields.Date.context_today(self)
        transaction = CronTransaction(self.env)
        contracts = self.env['billing.contract']._read_group([('state', '!=', 'draft')], ['company_id'])
        failure = None
        for [company] in contracts:
            try:
                with transaction.alone('billing.run', company.id) as is_alone:
                    if is_alone and not transaction.is_over:
                        runs = self.env['billing.run']._in_words_of(company)
                        runs._bill_company(company.with_env(runs.env), today, transaction=transaction)
            except Exception as error:  # the other companies are billed all the same
                _logger.exception("The billing of company %s failed", company.id)
                failure = error
        if failure:
            raise failure  # so that the job counts as failed

    @api.model
    def _due_domain(self, until, company):
        return Domain(
            [
                ('company_id', '=', company.id),
                ('state', '=', 'planned'),
                ('planned_date', '<=', until),
                # a closed contract whose last invoice was deleted owes it again
                ('contract_id.state', '!=', 'draft'),
            ],
        )

    def _is_loose(self):
        """Whether nothing names this period yet: no invoice, not even a cancelled one, and no run that was done."""
        self.ensure_one()
        done_runs = self.run_line_ids.filtered(lambda line: line.state != 'preview')
        return not self.invoice_line_ids and not done_runs

    def _parked_activity(self):
        return self.contract_id, self.contract_id._responsible()

    def _parked_beside(self):
        return self.contract_id.period_ids.filtered('error') - self
