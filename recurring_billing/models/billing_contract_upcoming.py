import typing
from datetime import date
from itertools import islice, takewhile

from odoo import api, fields, models

from ..tools.proration import WHOLE
from ..tools.recurrence import Slot
from .billing_frequency_mixin import PLAN_TERMS

UPCOMING = 6  # invoices shown ahead on the form


class Upcoming(typing.NamedTuple):
    """An invoice that lies ahead: what it bills (nothing where ``bills`` is empty), when, and what is to be said."""

    slot: Slot
    planned_date: date
    date: date
    bills: list
    untaxed: float
    total: float
    remarks: list
    error: str
    deductions: list


class BillingContract(models.Model):
    """The next invoices of a contract as its form shows them, before anything is saved or made."""

    _inherit = 'billing.contract'

    next_issue_date = fields.Date(
        "Next Invoice On", compute='_compute_next_issue_date', help="The date that the next invoice would get by today."
    )
    upcoming_preview = fields.Html(compute='_compute_upcoming_preview', sanitize=False)

    @api.depends('next_invoice_date')
    def _compute_next_issue_date(self):
        today = fields.Date.context_today(self)
        periods = self.env['billing.period']
        latest = periods._latest_dates(self.journal_id)
        for contract in self:
            planned = contract.next_invoice_date
            contract.next_issue_date = planned and max(planned, periods._issue_date(contract, planned, today, latest))

    @api.depends(
        *PLAN_TERMS,
        'date_start',
        'date_end',
        'anchor_day',
        'currency_id',
        'journal_id',
        'pricelist_id',
        'line_ids.kind',
        'line_ids.quantity',
        'line_ids.price_unit',
        'line_ids.is_price_listed',
        'line_ids.billed_until',
        'line_ids.discount',
        'line_ids.tax_ids',
        'line_ids.valid_from',
        'line_ids.valid_until',
        'line_ids.is_void',
        'amendment_ids.state',
        'discount_ids.date_from',
        'discount_ids.last_day',
        'discount_ids.kind',
        'discount_ids.percent',
        'discount_ids.amount',
        'discount_ids.line_id',
        'deposit_ids.remaining_amount',
        'line_ids.date_start',
        'line_ids.date_end',
        'partner_id',
        'payment_method_line_id',
        'mandate_id',
        'period_ids.state',
    )
    def _compute_upcoming_preview(self):
        today = fields.Date.context_today(self)
        for contract in self:
            values = {
                'contract': contract,
                'rows': contract._upcoming(today),
                'lacks_mandate': contract.is_direct_debit and not contract._active_mandate(),
            }
            contract.upcoming_preview = self.env['ir.qweb']._render('recurring_billing.contract_upcoming', values)

    def _upcoming(self, today, until=None):
        """The next invoices, as they would be made from ``today`` on; works before the contract is saved.

        :param until: all that are planned up to this day; if not given, the first few
        :return: list of `Upcoming`
        """
        self.ensure_one()
        latest = self.env['billing.period']._latest_dates(self.journal_id)
        advances = self._origin._advances_left()
        rows = []
        slots = self._with_offers(today)._slots_ahead()
        ahead = islice(slots, UPCOMING)
        if until:
            ahead = takewhile(lambda row: self._planned_date(row[0]) <= until, slots)
        for slot, bills, error in ahead:
            row = self._upcoming_row(slot, bills, error, today, latest, advances)
            row.remarks.extend(self._remarks_ahead(row, rows[-1] if rows else None, today))
            rows.append(row)
        return rows

    def _slots_ahead(self):
        """(slot, bills, error) of each period that is not invoiced: of the planned rows, then of the calendar."""
        if not self._recurrences() or not self.line_ids or self.state == 'closed':
            return
        waiting = self.period_ids.filtered(
            lambda period: period.state == 'planned' or (period.state == 'empty' and not period.is_passed_over)
        )
        for period in waiting.sorted('date_start'):
            yield period._slot(), period._to_bill(), period.error
        for slot in self._slots(self._first_unplanned_day(), self.date_end or None):
            bills = [bill for line in self.line_ids for bill in line._bills(slot)]
            is_free = self.env['billing.period']._is_free(bills) and not self.bills_zero
            yield slot, [] if is_free else bills, False

    def _upcoming_row(self, slot, bills, error, today, latest, advances):
        owed = self._tax_totals(bills)[0]
        deductions = self._deductions(bills, advances) if owed > 0 else []
        untaxed, _tax, total = self._tax_totals(bills + deductions)
        planned_date = self._planned_date(slot)
        issue_date = today
        if owed >= 0:
            issue_date = self.env['billing.period']._issue_date(self, planned_date, today, latest)
        return Upcoming(slot, planned_date, max(issue_date, planned_date), bills, untaxed, total, [], error, deductions)

    # === REMARKS === #

    def _remarks_ahead(self, row, last, today):
        """What is to be said of the invoice ``row``: its date, and why it differs from the ``last`` one."""
        if not row.bills:
            free = self._free_lines(row.slot)
            yield free._owes_nothing_text() if free else self.env._("Nothing owed")
            return
        if row.untaxed < 0:
            yield self.env._("Credit note: billed for days that are not owed any more")
        elif row.date != row.planned_date:
            yield self.env['billing.period']._late_date_remark(self, row.planned_date, today)
        if row.deductions:
            yield self.env._("Advance deducted")
        yield from self._share_remarks(row)
        yield from self._price_remarks(row, last)
        yield from self._discount_remarks(row, last)
        if last:
            yield from self._change_remarks(row.slot, last.slot)

    def _share_remarks(self, row):
        lengths = {}  # of a line that is billed in pieces, as where a discount begins, the days are counted together
        for bill in row.bills:
            if bill.share != WHOLE and not bill.credited and not bill.reduction:
                key = bill.line._item(), bill.share.whole
                lengths[key] = lengths.get(key, 0) + bill.share.days
        shares = dict.fromkeys((days, whole) for (_item, whole), days in lengths.items() if days < whole)
        for days, whole in shares:
            yield self.env._("Shorter period: %(days)s/%(whole)s days", days=days, whole=whole)
        if row.slot.is_short and not shares:
            yield self.env._("Shorter period, billed as a whole one")

    def _price_remarks(self, row, last):
        if once := [bill.line for bill in row.bills if bill.kind == 'setup']:
            yield self.env._("Billed once: %s", self._names(once))
        last_prices = self._full_prices(last) if last else {}
        prices = self._full_prices(row)
        listed = [line for line in prices if line.is_price_listed and prices[line] != last_prices.get(line)]
        if listed:
            yield self.env._("Price from the list: %s", self._names(listed))
        if free := [line for line, price in prices.items() if not price and last_prices.get(line) != price]:
            yield self.env._("Free: %s", self._names(free))

    def _discount_remarks(self, row, last):
        given, before = self._discounts(row), self._discounts(last) if last else {}
        if begun := [name for name in given if name not in before]:
            yield self.env._("Discount: %s", ", ".join(begun))
        if ended := [name for name in before if name not in given]:
            yield self.env._("Discount ended: %s", ", ".join(ended))

    def _change_remarks(self, slot, last_slot):
        """The lines that begin, are agreed otherwise or have ended between two periods."""
        lines = self.line_ids.filtered(lambda line: not line.display_type and line.kind == 'recurring' and line._days())
        begun = lines.filtered(lambda line: last_slot.end < line._days().first <= slot.end)
        if new := begun.filtered(lambda line: not line.root_id):
            yield self.env._("New: %s", self._names(new))
        if changed := begun - new:
            yield self.env._("Changed: %s", self._names(changed))
        past = lines.filtered(lambda line: last_slot.start <= line._days().last < slot.start)
        if ended := past.filtered(lambda line: not line._item()._version_on(slot.start)):
            yield self.env._("Ended: %s", self._names(ended))

    @staticmethod
    def _full_prices(row):
        """{line: what it costs for a whole period}"""
        return {bill.line: bill.full or bill.amount for bill in row.bills if not bill.credited and not bill.reduction}

    @staticmethod
    def _discounts(row):
        """The names of the discounts that ``row`` takes off, in their order, as keys."""
        return dict.fromkeys(bill.reduction.name for bill in row.bills if bill.reduction)

    @staticmethod
    def _names(lines):
        return ", ".join(line._first_words() for line in lines)
