from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.recurrence import Period, Slot


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
            'is_nothing_owed',
            'state',
            'revision',
            'error',
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
    is_nothing_owed = fields.Boolean(readonly=True, help="Looked at when due: no line owed anything for these days.")
    invoice_line_ids = fields.One2many('account.move.line', 'billing_period_id', readonly=True)
    invoice_ids = fields.Many2many('account.move', compute='_compute_invoice_ids')
    run_line_ids = fields.One2many('billing.run.line', 'period_id', readonly=True)
    state = fields.Selection(
        [('planned', "Planned"), ('draft', "Draft Invoice"), ('invoiced', "Invoiced"), ('empty', "Nothing Owed")],
        "Status",
        compute='_compute_state',
        store=True,
        index=True,
    )
    amount_untaxed = fields.Monetary(compute='_compute_amounts')
    amount_total = fields.Monetary("Total", compute='_compute_amounts')

    _contract_start_unique = models.UniqueIndex(
        "(contract_id, date_start)",
        "A contract has one row for each period: this one exists already.",
    )
    _due_idx = models.Index("(company_id, planned_date) WHERE state = 'planned'")

    # === COMPUTE METHODS === #

    @api.depends('invoice_line_ids.parent_state', 'is_nothing_owed')
    def _compute_state(self):
        for period in self:
            states = set(period.invoice_line_ids.mapped('parent_state'))
            if 'posted' in states:
                period.state = 'invoiced'
            elif 'draft' in states:
                period.state = 'draft'
            else:
                period.state = 'empty' if period.is_nothing_owed else 'planned'

    @api.depends('invoice_line_ids.move_id')
    def _compute_invoice_ids(self):
        for period in self:
            period.invoice_ids = period.invoice_line_ids.move_id

    @api.depends('contract_id.amount_total', 'invoice_line_ids')
    def _compute_amounts(self):
        for period in self:
            if period.invoice_ids:
                period.amount_untaxed = sum(period.invoice_ids.mapped('amount_untaxed'))
                period.amount_total = sum(period.invoice_ids.mapped('amount_total'))
            else:
                totals = period.contract_id._tax_totals(period._owed_minus_invoiced())
                period.amount_untaxed, _tax, period.amount_total = totals

    # === BUSINESS METHODS === #

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

    @api.model
    def _cron_bill(self):
        """Bill what is due today in each company, and write down what was done."""
        today = fields.Date.context_today(self)
        contracts = self.env['billing.contract']._read_group([('state', '!=', 'draft')], ['company_id'])
        for [company] in contracts:
            self.env['billing.run'].with_company(company)._bill_company(
                company,
                today,
                commit=self.env['ir.cron']._commit_progress,
            )

    def _is_loose(self):
        """Whether nothing names this period yet: no invoice, not even a cancelled one, and no run that was done."""
        self.ensure_one()
        done_runs = self.run_line_ids.filtered(lambda line: line.state == 'done')
        return self.state == 'planned' and not self.invoice_line_ids and not done_runs

    def _owed_minus_invoiced(self):
        """The bills of this period that no draft or posted invoice line holds yet.

        :return: list of `Bill`; a price below zero is what was billed too much
        """
        self.ensure_one()
        already = self._invoiced()
        bills = []
        for bill in self._owed():
            if bill.line not in already:
                bills.append(bill)
            elif rest := self.currency_id.round(bill.quantity * bill.price_unit - already[bill.line]):
                bills.append(bill._replace(quantity=1.0, price_unit=rest))
        return bills

    def _owed(self):
        """What each line of the contract owes for the days of this period."""
        last = min(self.date_end, self.contract_id.date_end or self.date_end)
        slot = Slot(Period(0, self.whole_start, self.whole_end), self.date_start, last)
        return [bill for line in self.contract_id.line_ids if (bill := line._owed(slot))]

    def _invoiced(self):
        """{contract line: amount} that draft and posted invoices bill for this period."""
        amounts = {}
        for line in self.invoice_line_ids.filtered(lambda line: line.parent_state != 'cancel'):
            contract_line = line.billing_contract_line_id
            amounts[contract_line] = amounts.get(contract_line, 0.0) + line.quantity * line.price_unit
        return amounts

    def _is_overbilled(self):
        return any(bill.price_unit < 0 for bill in self._owed_minus_invoiced())

    @api.model
    def _bill_off(self, domain, today, *, commit):
        """Bill all periods of ``domain``: first those that keep their planned date, then those dated ``today``.

        In one go by planned date, a late invoice dated today would push all after it to today as well.

        :param commit: see `_work_off`
        :return: the periods parked with an error
        """
        issue_dates = self.search(Domain(domain) & Domain('error', '=', False))._issue_dates(today)
        late = [period.id for period, day in issue_dates.items() if day != period.planned_date]
        _done, parked = self._work_off(
            domain & Domain('id', 'not in', late), lambda rows: rows._bill(today), commit=commit
        )
        _done, more = self._work_off(domain & Domain('id', 'in', late), lambda rows: rows._bill(today), commit=commit)
        return parked | more

    def _bill(self, today):
        """Create and post one invoice for each of these periods, in order of their dates.

        :param today: the day of issue
        :raises UserError: names the contract, the field and the remedy; nothing is written then
        :return: the posted invoices
        """
        values = []
        issue_dates = self._issue_dates(today)
        for period in self.sorted(lambda period: (issue_dates[period], period.contract_id.name, period.date_start)):
            bills = period._owed_minus_invoiced()
            if bills:
                values.append(period._invoice_values(bills, issue_dates[period]))
            else:
                period._unguarded().is_nothing_owed = True
        invoices = self.env['account.move'].create(values)
        invoices._post(soft=False)
        self.contract_id.filtered(lambda contract: contract.state == 'running')._plan_periods(today)
        return invoices

    def _issue_dates(self, today):
        """The date of each period's invoice: the planned date where numbers and dates stay in order, else ``today``.

        French invoices are numbered in the order of their dates (CGI ann. II art. 242 nonies A), so that no invoice may
        be dated before one that its journal holds already, nor in a locked period.
        """
        dates = {}
        for journal, periods in self.grouped(lambda period: period.contract_id.journal_id).items():
            [[latest]] = self.env['account.move']._read_group(
                [('journal_id', '=', journal.id), ('state', '=', 'posted'), ('move_type', '=', 'out_invoice')],
                aggregates=['invoice_date:max'],
            )
            for period in periods:
                planned = period.planned_date
                in_order = planned <= today and (not latest or planned >= latest)
                locked = in_order and period.company_id._get_violated_lock_dates(planned, True, journal)
                dates[period] = planned if in_order and not locked else today
        return dates

    def _invoice_values(self, bills, issue_date):
        """Values of the invoice for ``bills``: the one place where an invoice of this addon is put together."""
        self.ensure_one()
        contract = self.contract_id
        self._check_can_bill(issue_date)
        return {
            'move_type': 'out_invoice',
            'company_id': contract.company_id.id,
            'journal_id': contract.journal_id.id,
            'partner_id': contract.partner_id.id,
            'currency_id': contract.currency_id.id,
            'fiscal_position_id': contract.fiscal_position_id.id,
            'invoice_date': issue_date,
            # without terms, core would set the day on which the draft is made
            'invoice_date_due': issue_date,
            'invoice_payment_term_id': contract.payment_term_id.id,
            'preferred_payment_method_line_id': contract.payment_method_line_id.id,
            'billing_mandate_id': contract._active_mandate().id if contract.is_direct_debit else False,
            'invoice_user_id': contract.user_id.id,
            'invoice_origin': contract.name,
            'ref': contract.customer_reference or contract.name,
            'invoice_line_ids': [fields.Command.create(self._invoice_line_values(bill)) for bill in bills],
        }

    def _invoice_line_values(self, bill):
        line = bill.line
        return {
            'product_id': line.product_id.id,
            'name': line._label(bill),
            'quantity': bill.quantity,
            'product_uom_id': line.product_uom_id.id,
            'price_unit': bill.price_unit,
            'tax_ids': [fields.Command.set(line.tax_ids.ids)],
            'analytic_distribution': line.analytic_distribution,
            'billing_contract_line_id': line.id,
            'billing_period_id': self.id,
            'billing_revision': self.revision,
        }

    def _check_can_bill(self, issue_date):
        """Refuse what core would post wrongly or with a message that names no record."""
        self.ensure_one()
        contract = self.contract_id
        locks = contract.company_id._get_violated_lock_dates(issue_date, True, contract.journal_id)
        if locks:
            raise UserError(
                self.env._(
                    "Contract %(contract)s: the invoice date %(date)s lies in a locked period (%(locks)s). "
                    "Move the lock date of the company, or bill on a later day.",
                    contract=contract.display_name,
                    date=format_date(self.env, issue_date),
                    locks=self.env['res.company']._format_lock_dates(locks),
                ),
            )
        for line in contract.line_ids:
            product = line.product_id.with_company(contract.company_id)
            accounts = product.product_tmpl_id.get_product_accounts(contract.fiscal_position_id)
            if not (accounts['income'] or contract.journal_id.default_account_id):
                raise UserError(
                    self.env._(
                        "Contract %(contract)s: the product %(product)s has no income account. "
                        "Set one on the product, its category or the sales journal.",
                        contract=contract.display_name,
                        product=product.display_name,
                    ),
                )

    def _remark(self, issue_date, today):
        """What an accountant should know before this invoice is posted; the error comes first."""
        self.ensure_one()
        if self.error:
            return self.error
        if self.planned_date > today:
            return self.env._("Not due yet: posted on its planned date")
        if issue_date == self.planned_date:
            return False
        planned = format_date(self.env, self.planned_date)
        if self.company_id._get_violated_lock_dates(self.planned_date, True, self.contract_id.journal_id):
            return self.env._("Dated today: %s is locked", planned)
        return self.env._("Dated today: the journal holds invoices later than %s", planned)

    def _parked_activity(self):
        contract = self.contract_id
        summary = self.env._("Invoice of %s could not be posted", format_date(self.env, self.planned_date))
        return contract, summary, contract.user_id or self.env.user
