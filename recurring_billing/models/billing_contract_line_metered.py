from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_date, formatLang

from ..tools.proration import WHOLE, Days, overlap, part
from ..tools.usage_rating import contract_year, true_up
from .billing_bill import Bill, Used

METERED = ('usage', 'true_up')  # kinds of invoice lines


class BillingContractLine(models.Model):
    """What the usage of a line owes for periods that are over, less what invoices bill of it."""

    _inherit = 'billing.contract.line'

    usage_move_line_ids = fields.One2many(
        'account.move.line', 'billing_contract_line_id', domain=[('billing_kind', 'in', METERED)], readonly=True
    )
    usage_to_bill = fields.Json(
        compute='_compute_usage_to_bill',
        help="Of periods with records that no invoice bills, or with billed days that are not agreed any more: "
        "[period, quantity of all, of those not billed].",
    )

    @api.depends(
        'usage_ids.quantity',
        'usage_ids.date',
        'usage_ids.move_line_id',
        'date_start',
        'date_end',
        'valid_from',
        'valid_until',
        'is_void',
        'contract_id.date_end',
        'contract_id.period_ids.date_end',
        'usage_move_line_ids.parent_state',
        'usage_move_line_ids.move_id.billing_bill_again',
    )
    def _compute_usage_to_bill(self):
        metered = self.filtered(lambda line: line.kind == 'usage' and line._origin)
        sums = metered._origin._sum_usage() if metered else {}
        for line in self:
            line.usage_to_bill = sums.get(line._origin.id, [])

    def _sum_usage(self):
        """{line id: rows of `usage_to_bill`}, however many records there are, by one statement for all these lines."""
        self.env['billing.usage'].flush_model()
        self.env['billing.period'].flush_model(['contract_id', 'date_start', 'date_end', 'is_settlement'])
        dead = self.usage_move_line_ids._billing_dead()
        rows = self.env.execute_query(
            SQL(
                """
                WITH line(id, first, last) AS (VALUES %(lines)s), slot AS MATERIALIZED (
                    SELECT line.id AS line_id, period.id, GREATEST(period.date_start, line.first) AS first,
                           LEAST(period.date_end, line.last) AS last
                      FROM line
                      JOIN billing_contract_line ON billing_contract_line.id = line.id
                      JOIN billing_period period ON period.contract_id = billing_contract_line.contract_id
                                                AND period.is_settlement IS NOT TRUE
                ), open AS MATERIALIZED (
                    SELECT slot.*
                      FROM billing_usage usage
                      JOIN slot ON usage.contract_line_id = slot.line_id AND usage.date BETWEEN slot.first AND slot.last
                     WHERE usage.contract_line_id IN %(ids)s AND %(is_waiting)s
                     UNION
                    SELECT slot.* FROM slot WHERE (slot.line_id, slot.id) IN %(strays)s
                )
                SELECT open.line_id, open.id, COALESCE(SUM(usage.quantity), 0),
                       COALESCE(SUM(usage.quantity) FILTER (WHERE %(is_waiting)s), 0)
                  FROM open
                  LEFT JOIN billing_usage usage ON usage.contract_line_id = open.line_id
                                               AND usage.date BETWEEN open.first AND open.last
                 GROUP BY open.line_id, open.id, open.first
                 ORDER BY open.first
                """,
                lines=SQL(", ").join(SQL("(%s, %s::date, %s::date)", line.id, *line._span_of_usage()) for line in self),
                ids=tuple(self.ids),
                strays=tuple(stray for line in self for stray in line._strays()) or ((0, 0),),
                is_waiting=self.env['billing.usage']._is_waiting(dead),
            ),
        )
        sums = {}
        for line, period, total, waiting in rows:
            sums.setdefault(line, []).append([period, str(total), str(waiting)])
        return sums

    def _span_of_usage(self):
        """The days whose usage is billed here; where there are none, the last one is before the first."""
        return self._days_of_usage() or Days(date.max, date.min)

    def _strays(self):
        """(this line, period) of each period whose invoices bill usage of other days than this line owes now."""
        rows = self.usage_move_line_ids.filtered(lambda row: row.billing_kind == 'usage')
        for period in self.contract_id._grid_periods() if rows else ():
            days = overlap(Days(period.date_start, period.date_end), self._span_of_usage())
            within = [row for row in rows if period.date_start <= row.billing_date_start <= period.date_end]
            if any((row.billing_date_start, row.billing_date_end) != days for row in within):
                yield self.id, period.id

    # === BILLS === #

    def _usage_bills(self, after, until):
        """What usage owes for the periods that end after the day ``after`` and until the day ``until`` (included).

        :return: list of `Bill`
        """
        self.ensure_one()
        slots = {period.id: period._slot() for period in self.contract_id._grid_periods()}
        last = max((slot.end for slot in slots.values() if slot.end <= until), default=None)
        bills = []
        for period_id, total, waiting in self.usage_to_bill or ():
            slot = slots[period_id]
            if after < slot.end <= until:
                days = self._days_of_slot(slot)
                bills += self._bills_of_usage(days, Decimal(total), Decimal(waiting), is_late=slot.end < last)
        if self.usage_minimum:
            bills += self._true_ups(after, until, bills)
        return bills

    def _days_of_slot(self, slot):
        """The days of ``slot`` whose usage this line owes; all of them where it does not owe any of it any more."""
        days = Days(slot.start, max(slot.start, slot.end))
        in_effect = self._days_of_usage()
        return (in_effect and overlap(days, in_effect)) or days

    def _bills_of_usage(self, days, total, waiting, is_late):
        """The ``total`` of a period, tier by tier; where some of it is billed, what that lacks as one amount."""
        rows = self._rated(total)
        if not self._billed_usage('usage', days)[1]:
            return [
                self._usage_bill('usage', days, row.amount, Used(row.kind, row.quantity, total, is_late))._replace(
                    quantity=float(row.quantity), price_unit=float(row.price), part=number
                )
                for number, row in enumerate(rows)
            ]
        missing = sum(row.amount for row in rows) - self._billed_usage('usage', days)[0]
        if not (missing or waiting):
            return []
        used = Used('late', waiting, total, True) if waiting else Used('corrected', waiting, total)
        return [self._usage_bill('usage', days, missing, used)]

    def _usage_bill(self, kind, days, amount, used):
        """``amount`` as one line; below zero it gives back."""
        sign = -1.0 if amount < 0 else 1.0
        return Bill(self, kind, days, WHOLE, sign, abs(float(amount)), full=float(amount), usage=used)

    def _billed_usage(self, kind, days):
        """(what invoice lines of ``kind`` bill of ``days``, whether any do)"""
        rows = self._origin.usage_move_line_ids.filtered(
            lambda row: row.billing_kind == kind and days.first <= row.billing_date_start <= days.last
        )
        charges = (rows - rows._billing_dead()).filtered(lambda row: not row._billing_is_credit())
        return sum((Decimal(str(row.billing_full_amount)) for row in charges), Decimal(0)), bool(charges)

    # === MINIMUM === #

    def _true_ups(self, after, until, bills):
        """What is missing to the minimum of each term that ends within these days, with ``bills`` of the same run."""
        terms = [(overlap(term, self._days_of_usage()), term, closing) for term, closing in self._minimum_terms()]
        yield from self._true_ups_of_no_term(after, until, [days for days, _term, _closing in terms])
        for days, term, closing in terms:
            if not after < closing <= until:
                continue
            minimum = part(Decimal(str(self.usage_minimum)), days, term, self._rounding())
            used = self._billed_usage('usage', days)[0]
            used += sum(Decimal(str(bill.full)) for bill in bills if days.first <= bill.days.first <= days.last)
            missing = true_up(minimum, [used]) - self._billed_usage('true_up', days)[0]
            if missing:
                yield self._usage_bill('true_up', days, missing, Used('minimum', used, minimum))

    def _true_ups_of_no_term(self, after, until, terms):
        """What was billed to minimums of days that are none of ``terms`` any more, to be given back."""
        billed = self._origin.usage_move_line_ids.filtered(
            lambda row: (
                row.billing_kind == 'true_up'
                and after < row.billing_date_end <= until
                and not any(days.first <= row.billing_date_start <= days.last for days in terms)
            )
        )
        for days in {Days(row.billing_date_start, row.billing_date_end) for row in billed}:
            if amount := self._billed_usage('true_up', days)[0]:
                nothing = Decimal(0)
                yield self._usage_bill('true_up', days, -amount, Used('minimum', nothing, nothing))

    def _minimum_terms(self):
        """(days of a term, last day of its last period) of each term that the planned periods reach."""
        in_effect = self._days_of_usage()
        terms = {}
        for period in self.contract_id._grid_periods().sorted('date_start') if in_effect else ():
            slot = period._slot()
            first = max(slot.start, in_effect.first)
            if first > min(slot.end, in_effect.last):
                continue
            term = Days(slot.whole.start, slot.whole.end)
            if self.usage_minimum_term == 'year':
                term = contract_year(self.contract_id.date_start, first)
            terms[term] = slot.end
        reached = in_effect and min(in_effect.last, max(terms.values(), default=date.min))
        return [(term, end) for term, end in terms.items() if min(term.last, in_effect.last) <= reached]

    # === TEXT === #

    def _usage_title(self, bill, title, env):
        """The text of an invoice line of usage: the period, what of it, how much of all."""
        texts = {'name': title, 'first': format_date(env, bill.days.first), 'last': format_date(env, bill.days.last)}
        if bill.usage.kind == 'minimum':
            what = env._("%(name)s, minimum from %(first)s to %(last)s", **texts)
        elif bill.usage.is_late:
            what = env._("%(name)s, late usage from %(first)s to %(last)s", **texts)
        elif bill.usage.kind == 'corrected':
            what = env._("%(name)s, usage from %(first)s to %(last)s, corrected", **texts)
        else:
            what = env._("%(name)s, usage from %(first)s to %(last)s", **texts)
        return env._("%(what)s: %(detail)s", what=what, detail=self._usage_detail(bill.usage, env))

    def _usage_detail(self, used, env):
        unit = self.product_uom_id.with_env(env).name or ""
        texts = {
            'quantity': self._number(env, used.quantity),
            'total': self._number(env, used.total),
            'unit': unit,
            'size': self._number(env, Decimal(str(self.usage_package))),
        }
        if used.kind == 'minimum':
            money = {
                name: formatLang(env, float(value), currency_obj=self.currency_id)
                for name, value in (('minimum', used.total), ('used', used.quantity))
            }
            return env._("%(minimum)s less %(used)s of usage", **money)
        if used.kind == 'included':
            return env._("%(quantity)s of %(total)s %(unit)s, included", **texts)
        if used.kind == 'flat':
            return env._("flat fee")
        if used.kind == 'corrected':
            return env._("%(total)s %(unit)s owed", **texts)
        if used.kind == 'usage' and self.usage_scheme == 'package':
            return env._("%(quantity)s packages of %(size)s for %(total)s %(unit)s", **texts)
        return env._("%(quantity)s of %(total)s %(unit)s", **texts)

    @staticmethod
    def _number(env, quantity):
        """A quantity in the customer's language, without zeros at its end."""
        text = f"{quantity:f}"
        decimals = len(text.partition(".")[2].rstrip("0"))
        return formatLang(env, float(quantity), digits=decimals)


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _billing_is_metered(self):
        self.ensure_one()
        return self.billing_kind in METERED

    def _billing_dead(self):
        """Those of these lines of usage that bill nothing any more: cancelled, or credited to be billed again."""
        reopened = self.filtered(
            lambda row: row.parent_state != 'cancel' and row._billing_is_credit() and row._billing_reopens()
        )
        return self.filtered(lambda row: row.parent_state == 'cancel') | reopened.billing_credited_line_id
