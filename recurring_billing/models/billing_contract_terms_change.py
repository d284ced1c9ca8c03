from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.commitment import Commitment
from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_frequency_mixin import LONGEST
from .billing_notice_mixin import NOTICE_TERMS

PAYMENT = {'payment_method_line_id', 'mandate_id'}
BINDING = {'date_end', *COMMITMENT_TERMS, *NOTICE_TERMS}


class BillingContract(models.Model):
    """How a running contract agrees on other terms: way of payment, commitment and notice, a later end."""

    _inherit = 'billing.contract'

    def _check_holds_at_once(self, kind, day, today, terms):
        """Refuse terms that are meant for a later day: they hold as soon as they are agreed."""
        latest = max(today, self.date_start)
        if day <= latest or kind in ('termination', 'plan'):
            return
        texts = {
            'contract': self.name,
            'day': format_date(self.env, day),
            'latest': format_date(self.env, latest),
        }
        if PAYMENT & terms.keys():
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: “Paid By” and “Mandate” hold at once, for all that is not "
                    "invoiced yet, so they cannot wait for %(day)s. Choose %(latest)s, or change them on that day by "
                    "a change of their own.",
                    **texts,
                ),
            )
        if BINDING & terms.keys():
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: commitment, notice and end are agreed at once, so they "
                    "cannot wait for %(day)s. Choose %(latest)s, or change them by a change of their own.",
                    **texts,
                ),
            )

    def _check_terms_hold(self, kind, today, terms):
        """Refuse terms under which this contract could not be paid, or would have ended in the past."""
        if 'payment_method_line_id' in terms and (fault := self._mandate_fault()):
            raise UserError(fault)
        if kind != 'termination' and BINDING & terms.keys() and self.date_end and self.date_end < today:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, fields “Minimum Term” and “Renewal”: with them it would have ended on "
                    "%(end)s, in the past. Enter a longer term, or press “Terminate…”.",
                    contract=self.name,
                    end=format_date(self.env, self.date_end),
                ),
            )

    def _extension(self, last):
        """The terms by which this contract lasts, or binds, until ``last``, for `_amend`.

        An end that was agreed as a day moves; a minimum term, counted in months, becomes longer.

        :raises UserError: ``last`` is no later than now, a termination counts, or no month of the term ends on it
        """
        self.ensure_one()
        bound = self.committed_until if self.renewal == 'end' or not self.date_end else self.date_end
        if self._termination():
            raise UserError(
                self.env._(
                    "Contract %s, field “Extend Until”: it is terminated. Press “Withdraw Termination” first.",
                    self.name,
                ),
            )
        if bound and last <= bound:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “Extend Until”: it runs until %(bound)s as it is. Choose a later "
                    "day, or press “Terminate…” to end it earlier.",
                    contract=self.name,
                    bound=format_date(self.env, bound),
                ),
            )
        if self.date_end and self.renewal != 'end':
            return {'date_end': fields.Date.to_string(last)}
        return {'commitment_months': self._months_until(last)}

    def _months_until(self, last):
        """The months of a minimum term that ends on ``last``, pauses that push it included."""
        pauses = self._commitment().pauses if self._commitment() else ()
        ends = {months: Commitment(self.date_start, months, 0, pauses).term(0).end for months in range(1, LONGEST + 1)}
        months = next((months for months, end in ends.items() if end == last), None)
        if months:
            return months
        before = max((end for end in ends.values() if end < last), default=None)
        after = min((end for end in ends.values() if end > last), default=None)
        raise UserError(
            self.env._(
                "Contract %(contract)s, field “Extend Until”: its term is counted in months from %(start)s, and none "
                "of them ends on %(last)s. Choose one of: %(days)s.",
                contract=self.name,
                start=format_date(self.env, self.date_start),
                last=format_date(self.env, last),
                days=", ".join(format_date(self.env, day) for day in (before, after) if day),
            ),
        )
