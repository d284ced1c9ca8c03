from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.recurrence import per_month
from .billing_bill import mirrors_bills
from .billing_contract import LIVE


class BillingContract(models.Model):
    """What a contract is worth: per period and per month, by what is in effect today."""

    _inherit = 'billing.contract'

    amount_untaxed = fields.Monetary(compute='_compute_amounts', store=True)
    amount_tax = fields.Monetary("Taxes", compute='_compute_amounts', store=True)
    amount_total = fields.Monetary("Total per Period", compute='_compute_amounts', store=True)
    mrr = fields.Monetary(
        "MRR",
        compute='_compute_amounts',
        store=True,
        help="Monthly recurring revenue: amount without taxes per month, less the discounts that have no end. Zero "
        "while a pause is not billed, and of a closed contract.",
    )
    next_turn = fields.Date(
        compute='_compute_amounts',
        store=True,
        index='btree_not_null',
        help="The next day on which something agreed begins or ends, and with it these figures change.",
    )

    @api.depends(
        'line_ids.quantity',
        'line_ids.price_unit',
        'line_ids.is_price_listed',
        'line_ids.discount',
        'line_ids.tax_ids',
        'line_ids.kind',
        'line_ids.date_start',
        'line_ids.date_end',
        'line_ids.valid_from',
        'line_ids.valid_until',
        'line_ids.is_void',
        'amendment_ids.state',
        'discount_ids.date_from',
        'discount_ids.last_day',
        'discount_ids.percent',
        'discount_ids.amount',
        'state',
        'currency_id',
        'company_id',
        'partner_id',
        'date_start',
        'date_end',
        'recurrence_unit',
        'recurrence_interval',
    )
    def _compute_amounts(self):
        today = fields.Date.context_today(self)
        for contract in self:
            day = contract._day_of_figures(today)
            totals = contract._tax_totals(contract._bills_on(day))
            contract.amount_untaxed, contract.amount_tax, contract.amount_total = totals
            contract.mrr = 0.0 if contract.state == 'closed' else contract._per_month(totals[0], day)
            contract.next_turn = min((turn for turn in contract._turns() if turn > today), default=False)

    def _day_of_figures(self, today):
        """The day whose terms the figures show: today, but within the days of the contract."""
        self.ensure_one()
        return max(min(today, self.date_end or today), self.date_start or today)

    def _bills_on(self, day, prices=None):
        """What a whole period costs by the terms of ``day``, as a list of `Bill`.

        :param prices: {line: price} of lines, if they were others than are agreed
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.kind == 'recurring' and line._is_in_effect(day))
        return [bill for line in lines for bill in line._lasting_bills(day, prices or {})]

    def _mrr_on(self, day):
        """Monthly recurring revenue by the terms of ``day``, without taxes."""
        self.ensure_one()
        return self._per_month(self._tax_totals(self._bills_on(day))[0], day)

    def _per_month(self, amount, day):
        """What an ``amount`` per period is per month, by the frequency of ``day``; zero while nothing is owed."""
        recurrence = self._recurrence_on(day)
        if not recurrence or self._rests_on(day):
            return 0.0
        return amount * float(per_month(recurrence.unit, recurrence.interval))

    def _turns(self):
        """The days on which something of this contract begins, or no longer holds."""
        self.ensure_one()
        ranges = [line._days() for line in self.line_ids if not line.display_type] + self._rests()
        ranges += [discount._days() for discount in self.discount_ids]
        for days in filter(None, ranges):
            yield days.first
            if days.last < date.max:
                yield fields.Date.add(days.last, days=1)
        yield from self._frequency_changes().mapped('date')

    @api.model
    def _to_turn(self, company, today):
        """The contracts of ``company`` of which something begins or ends until ``today``, or whose prices are those of
        a list, which may say another one by now."""
        listed = Domain('line_ids', 'any', [('is_price_listed', '=', True), ('is_void', '=', False)])
        turning = Domain('next_turn', '<=', today) | (Domain('state', 'in', LIVE) & listed)
        return self.search(Domain('company_id', '=', company.id) & turning)

    def _turn(self, today):
        """Bring state, frequency and figures of these contracts up to ``today``."""
        self._update_state(today)
        self._update_frequency(today)
        self.env.add_to_compute(self._fields['mrr'], self)
        listed = self.line_ids.filtered('is_price_listed')
        self.env.add_to_compute(listed._fields['price_subtotal'], listed)
        self.flush_recordset(['next_turn'])  # left for later, it would be that of a later day

    def _tax_totals(self, bills):
        """Sum ``bills`` with core's own tax computation, as the invoice will.

        :param bills: list of `Bill` (see billing.contract.line)
        :return: (untaxed, taxes, total) in the contract's currency
        """
        self.ensure_one()
        if not bills:
            return 0.0, 0.0, 0.0
        taxes = self.env['account.tax'].with_company(self.company_id)
        totals = taxes._get_tax_totals_summary(self._taxed_lines(bills), self.currency_id, self.company_id)
        return totals['base_amount_currency'], totals['tax_amount_currency'], totals['total_amount_currency']

    def _taxed_lines(self, bills):
        """``bills`` as core's tax engine knows the lines of one document, with what each comes to."""
        taxes = self.env['account.tax'].with_company(self.company_id)
        is_mirror = mirrors_bills(bills)
        base_lines = [
            taxes._prepare_base_line_for_taxes_computation(
                bill.line,
                quantity=bill.quantity,
                price_unit=bill.price_unit,
                discount=bill.discount,
                tax_ids=bill.credited.tax_ids if bill.credited else bill.line.tax_ids,
                partner_id=self.partner_id,
                currency_id=self.currency_id,
                **(bill.manual if is_mirror else {}),
            )
            for bill in bills
        ]
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        return base_lines
