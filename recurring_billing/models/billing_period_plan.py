from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from odoo import api, models
from odoo.fields import Command, Domain

from ..tools.invoice_date import issued
from .billing_bill import mirrors_bills


def _by_contract(period):
    return period.contract_id.name, period.date_start


@dataclass(eq=False)
class PlannedInvoice:
    """An invoice as it would be made now; nothing of it is written.

    ``bills`` holds (period, `Bill`); ``blocks`` says what forbids it, ``looks`` what a person should know first;
    ``deductions`` are the `Bill`s that take advances off it.
    """

    periods: models.BaseModel
    bills: list
    planned_date: date
    date: date
    blocks: list = field(default_factory=list)
    looks: list = field(default_factory=list)
    deductions: list = field(default_factory=list)

    @property
    def contract(self):
        """The contract whose terms the invoice follows: the first of those that it bills."""
        return next(iter(self.periods)).contract_id  # a slice would be read alone, not with its companions

    @cached_property
    def is_credit_note(self):
        """Whether more is given back than asked, with taxes: core posts no invoice below zero."""
        bills = [bill for _period, bill in self.bills]
        total = sum(bill.amount for bill in bills)
        if not self.is_mirror and any(bill.credited for bill in bills):  # the taxes given back may be other ones
            total = self.contract._tax_totals(bills)[2]
        return self.contract.currency_id.compare_amounts(total, 0.0) < 0

    @property
    def is_mirror(self):
        return mirrors_bills(bill for _period, bill in self.bills)

    def totals(self):
        """(untaxed, taxes, total) of the invoice in its currency; below zero for a credit note."""
        return self.contract._tax_totals([bill for _period, bill in self.bills] + self.deductions)


class BillingPeriod(models.Model):
    """Which invoices are to be made of due periods: preview, run and cron ask here, and nothing is written."""

    _inherit = 'billing.period'

    def _plan_invoices(self, today):
        """The invoices of these periods, in the order of their dates.

        :param today: the day of issue
        :return: list of `PlannedInvoice`; periods that owe nothing are in none
        """
        return self._deduct_advances(self._plan_bills(today))

    def _plan_bills(self, today):
        """The invoices of these periods as `_plan_invoices` returns them, before advances are deducted."""
        latest = self._latest_dates(self.contract_id.journal_id)
        plans = []
        for periods in self._invoice_groups():
            bills = [(period, bill) for period in periods for bill in period._to_bill()]
            if bills:
                plan = PlannedInvoice(periods, bills, periods[0].planned_date, today)
                if not plan.is_credit_note:
                    plan.date = self._issue_date(plan.contract, plan.planned_date, today, latest)
                plans.append(plan)
        plans.sort(key=lambda plan: (plan.date, plan.contract.name))
        return plans

    @api.model
    def _deduct_advances(self, plans):
        """Fill in ``deductions`` of these planned invoices, in their order, and return them."""
        contracts = self.env['billing.contract'].union(*(plan.periods.contract_id for plan in plans))
        pool = contracts._origin._advances_left()
        for plan in plans if pool else ():
            if plan.is_credit_note:
                continue
            for contract in plan.periods.contract_id:
                bills = [bill for period, bill in plan.bills if period.contract_id == contract]
                plan.deductions += contract._deductions(bills, pool)
        return plans

    def _plan_isolated(self, today, transaction):
        """(planned invoices of these periods, {period: error} of those that cannot be planned)"""
        groups = self._invoice_groups()
        done, failed = self._isolate(
            groups,
            lambda some: self._together([row for group in some for row in group])._plan_bills(today),
            transaction,
        )
        faults = {period: error for group, error in failed.items() for period in group}
        plans = sorted((plan for _groups, plans in done for plan in plans), key=lambda plan: plan.date)
        return self._deduct_advances(plans), faults

    def _slices(self, limit):
        """EXTENDS billing.worker: periods that share an invoice stay together."""
        ids = []
        for group in self._invoice_groups():
            ids += group.ids
            if len(ids) >= limit:
                yield self.browse(ids)
                ids = []
        if ids:
            yield self.browse(ids)

    def _invoice_groups(self):
        """These periods as one recordset per invoice: alone, or together where the customer wants one for all; those of
        a contract that correct what was billed share one document."""
        groups = {}
        for period in self:
            groups.setdefault(period._invoice_key(), []).append(period)
        return [self._together(sorted(rows, key=_by_contract)) for rows in groups.values()]

    def _together(self, rows):
        """These single records as one recordset; made anew, they would be read one by one."""
        return self.browse(row.id for row in rows).with_prefetch(self._prefetch_ids)

    def _invoice_key(self):
        """What periods must share to stand on one invoice."""
        contract = self.contract_id
        corrects = any(line.parent_state == 'posted' for line in self.invoice_line_ids)
        if not contract.partner_id.commercial_partner_id.billing_consolidate:
            return (contract, corrects) if corrects else self
        return (
            corrects or self.planned_date,
            contract.partner_id,
            contract.company_id,
            contract.currency_id,
            contract.journal_id,
            contract.fiscal_position_id,
            contract.payment_term_id,
            contract.payment_method_line_id,
            contract.mandate_id,
            contract.customer_reference,
        )

    @api.model
    def _pass_over(self, company, today):
        """Decide on the due periods that owe nothing: what is free now stays free, whatever is priced later.

        :return: these periods
        """
        free = self._free_until(today, company).filtered(lambda period: period.state == 'empty')
        for period in free._unguarded():
            period.write({'is_passed_over': True, 'free_line_ids': [Command.set(period._free_lines().ids)]})
        return free

    @api.model
    def _free_until(self, until, company):
        """The periods planned until ``until`` that owed nothing and are not decided on: their state is asked once more,
        since a pricelist may have changed after they were planned."""
        free = self.search(
            [
                ('company_id', '=', company.id),
                ('state', '=', 'empty'),
                ('planned_date', '<=', until),
                ('is_passed_over', '=', False),
                ('contract_id.state', '!=', 'draft'),
            ],
        )
        self.env.add_to_compute(self._fields['state'], free)
        return free

    @api.model
    def _ask_again(self, company, today):
        """Free the periods that were parked before ``today``: what was mended is billed, the rest parked again."""
        parked = self.search(self._due_domain(today, company) & Domain('error', '!=', False))
        parked.filtered(lambda period: not period.error_date or period.error_date < today)._unguarded().error = False

    def _hold_missed(self, company):
        """Park the periods of contracts that have more due than the night bills by itself, and return them.

        :param company: the company of all these periods
        """
        held = self.browse()
        counts = self._read_group([('id', 'in', self.ids)], ['contract_id'], ['id:recordset', '__count'])
        many = [rows for _contract, rows, count in counts if count > company.billing_missed_limit]
        suspects = self.browse().union(*many)  # the others, thousands of them, are not read here
        for contract, reason in suspects._missed_too_many().items():
            missed = suspects.filtered(lambda period, contract=contract: period.contract_id == contract)
            missed._hold(reason)
            held |= missed
        return held

    def _missed_too_many(self):
        """{contract: reason} where more of these due periods are missed than the night bills by itself."""
        reasons = {}
        for contract, periods in self.grouped('contract_id').items():
            limit = contract.company_id.billing_missed_limit
            accepted = contract.missed_accepted_until or date.min
            count = sum(period.planned_date > accepted for period in periods)
            if count > limit:
                reasons[contract] = self.env._(
                    "Contract %(contract)s: %(count)s periods are due at once, more than %(limit)s. Check its start "
                    "and “Already Billed Until”; where they are right, press “Bill Missed Periods” on the contract.",
                    contract=contract.name,
                    count=count,
                    limit=limit,
                )
        return reasons

    @api.model
    def _latest_dates(self, journals):
        """{journal: date of its latest invoice} of ``journals``; credit notes count where they share the invoices'
        numbers."""
        numbered = Domain('move_type', '=', 'out_invoice') | (
            Domain('move_type', '=', 'out_refund') & Domain('journal_id.refund_sequence', '=', False)
        )
        posted = Domain('journal_id', 'in', journals.ids) & Domain('state', '=', 'posted')
        rows = self.env['account.move']._read_group(posted & numbered, ['journal_id'], ['invoice_date:max'])
        return dict(rows)

    @api.model
    def _issue_date(self, contract, planned_date, today, latest):
        """The date of an invoice of ``contract``: the planned one where the order of dates and numbers allows it, else
        ``today``."""
        company = contract.company_id
        day = issued(
            planned_date,
            today,
            latest=latest.get(contract.journal_id),
            tolerance=company.billing_late_tolerance,
        )
        is_locked = day != today and company._get_violated_lock_dates(day, True, contract.journal_id)
        return today if is_locked else day
