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

    ``known_until`` is the day to which ``ahead`` looks.
    """

    documents: list
    ahead: list
    known_until: date
    date_end: date | None

    @property
    def due(self):
        """What is to be paid at once, with taxes; below zero: to be given back."""
        return sum(document.total for document in self.documents)


class Effect(typing.NamedTuple):
    """What an amendment does to the money of a contract."""

    summary: list
    before: Figures
    after: Figures
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
            effect = Effect(
                (amendment.summary or "").splitlines(),
                before,
                self._billing_figures(today),
                amendment.mrr_before,
                amendment.mrr_after,
            )
            savepoint.rollback()
        self.env.invalidate_all()
        return effect

    def _billing_figures(self, today):
        """What the next run bills of this contract, and the invoices after it."""
        due = self._due_periods(today)
        documents = [self._document(plan) for plan in due._plan_invoices(today)]
        rows = self._upcoming(today)
        ahead = [(row.date, row.total) for row in rows if row.bills and row.date > today]
        known_until = rows[-1].date if len(rows) == UPCOMING else date.max
        return Figures(documents, ahead, known_until, self.date_end or None)

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
