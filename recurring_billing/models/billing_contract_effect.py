import typing
from datetime import date

from odoo import models

from .billing_contract_upcoming import UPCOMING


class Document(typing.NamedTuple):
    """An invoice or credit note that the next run makes: ``rows`` holds (text, amount without taxes)."""

    is_credit_note: bool
    date: date
    rows: list
    untaxed: float
    tax: float
    total: float


class Figures(typing.NamedTuple):
    """What a contract bills: ``documents`` at once, ``ahead`` [(date, total)] later, until ``date_end``.

    ``known_until`` is the day to which ``ahead`` looks, ``committed_until`` the last day that binds the customer.
    """

    documents: list
    ahead: list
    known_until: date
    date_end: date | None
    committed_until: date | None

    @property
    def due(self):
        """What is to be paid at once, with taxes; below zero: to be given back."""
        return sum(document.total for document in self.documents)


class Effect(typing.NamedTuple):
    """What an amendment does to the money of a contract: ``mrr_before`` and ``mrr_after`` are those of ``mrr_day``."""

    summary: list
    warnings: list
    before: Figures
    after: Figures
    mrr_day: date
    mrr_before: float
    mrr_after: float

    @property
    def ahead(self):
        """[(date, total before or None, total after or None)] of the next invoices, as far as both are known."""
        before, after = dict(self.before.ahead), dict(self.after.ahead)
        known_until = min(self.before.known_until, self.after.known_until)
        days = sorted(day for day in before.keys() | after.keys() if day <= known_until)
        return [(day, before.get(day), after.get(day)) for day in days]


class BillingContract(models.Model):
    """What a change would do, found out by doing it: the amendment is made, read, and rolled back."""

    _inherit = 'billing.contract'

    def _effect(self, step, today):
        """The `Effect` of ``step``, a function that amends this contract and returns the amendment."""
        self.ensure_one()
        with self.env.cr.savepoint() as savepoint:
            self._plan_periods(today)
            before = self._billing_figures(today)
            amendment = step()
            day = max(amendment.date, today)  # what the change of a day past comes to now
            summary, warnings = (amendment.summary or "").splitlines(), list(self._effect_warnings(amendment))
            after, mrr_after = self._billing_figures(today), self.currency_id.round(self._mrr_on(day))
            savepoint.rollback()
        self.env.invalidate_all()
        mrr_before = self.currency_id.round(self._mrr_on(day))
        return Effect(summary, warnings, before, after, day, mrr_before, mrr_after)

    def _effect_warnings(self, amendment):
        """What a person may not have meant by ``amendment``, which is made already, in sentences."""
        for discount in amendment.discount_ids.filtered(lambda discount: discount.kind == 'amount'):
            day = discount.date_from
            lines = discount.line_id._version_on(day) if discount.line_id else self._sharing_lines(day)
            prices = {line: line._full_price(day) for line in lines}
            covering = self._known_discounts().filtered(lambda other, day=day: other._covers(day)).sorted()
            taken = covering._taken_off(prices, day, lines[:1]._rounding()).get(discount, {})
            if sum(taken.values()) < discount._amount_on(day):
                yield self.env._(
                    "“%(discount)s” is larger than what it is taken off, %(price)s per period: only %(taken)s of it "
                    "counts, and the rest is not carried over.",
                    discount=discount._text(),
                    price=self.currency_id.format(float(sum(prices.values()))),
                    taken=self.currency_id.format(float(sum(taken.values()))),
                )

    def _billing_figures(self, today):
        """What the next run bills of this contract, and the invoices after it."""
        due = self._due_periods(today)
        documents = [self._document(plan) for plan in due._plan_invoices(today)]
        rows = self._upcoming(today)
        ahead = [(row.date, row.total) for row in rows if row.bills and row.date > today]
        known_until = rows[-1].date if len(rows) == UPCOMING else date.max
        return Figures(documents, ahead, known_until, self.date_end or None, self.committed_until or None)

    def _document(self, plan):
        bills = [bill for _period, bill in plan.bills] + plan.deductions
        texts = [bill.line._label(bill, self.env.lang).partition("\n")[0] for bill in bills]
        nets = [self._net(line) for line in self._taxed_lines(bills)]
        rows = list(zip(texts, nets, strict=True))
        return Document(plan.is_credit_note, plan.date, rows, *map(self.currency_id.round, plan.totals()))

    def _net(self, line):
        details = line['tax_details']
        return self.currency_id.round(
            details['total_excluded_currency'] + details['delta_total_excluded_currency'],
        )

    def _render_effect(self, effect):
        """``effect`` as the dialogs show it before a person confirms it."""
        return self.env['ir.qweb']._render('recurring_billing.contract_effect', {'contract': self, 'effect': effect})
