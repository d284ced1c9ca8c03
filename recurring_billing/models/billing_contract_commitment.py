from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..tools.commitment import Commitment, notice_window
from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_contract import LIVE

ONE_DAY = timedelta(days=1)
# Code de la consommation L215-1 and L215-3: consumers and non-professionals are told that they can refuse a renewal.
PROTECTED = ('consumer', 'nonpro')
FROM_PLAN = {'compute': '_compute_plan_terms', 'store': True, 'readonly': False, 'precompute': True}


class BillingContract(models.Model):
    """Until when a contract binds: its minimum term, its renewals, and the days on which notice is due."""

    _name = 'billing.contract'
    _inherit = ['billing.contract', 'billing.commitment.mixin']

    commitment_months = fields.Integer(**FROM_PLAN)
    renewal = fields.Selection(default=None, **FROM_PLAN)
    renewal_months = fields.Integer(**FROM_PLAN)
    notice_count = fields.Integer(**FROM_PLAN)
    notice_unit = fields.Selection(default=None, **FROM_PLAN)
    early_fee = fields.Selection(default=None, **FROM_PLAN)
    early_fee_percent = fields.Float(**FROM_PLAN)
    early_fee_amount = fields.Float(**FROM_PLAN)
    early_fee_product_id = fields.Many2one(**FROM_PLAN)
    pause_extends = fields.Boolean(**FROM_PLAN)
    change_timing = fields.Selection(default=None, **FROM_PLAN)
    committed_until = fields.Date(
        compute='_compute_commitment',
        store=True,
        index='btree_not_null',
        help="Last day of the term that binds the customer. Empty: none, or a pause without end pushes it.",
    )
    next_renewal = fields.Date(
        compute='_compute_commitment', store=True, help="First day of the next term, where nobody gives notice."
    )
    notice_deadline = fields.Date(
        "Notice Until", compute='_compute_commitment', store=True, help="Latest day on which a renewal can be refused."
    )
    notify_from = fields.Date(
        "Tell Renewal From",
        compute='_compute_commitment',
        store=True,
        help="A consumer or non-professional must be told that the renewal can be refused, three months to one month "
        "before the latest day of notice (Code de la consommation L215-1).",
    )
    notify_until = fields.Date("Tell Renewal Until", compute='_compute_commitment', store=True)

    @api.depends(
        *(name for name in COMMITMENT_TERMS if not name.startswith('early_fee')),
        'date_start',
        'date_end',
        'amendment_ids.state',
        'partner_id.billing_party_kind',
    )
    def _compute_commitment(self):
        for contract in self:
            last = contract._term_end()
            end = contract.date_end
            contract.committed_until = min(filter(None, (last, end)), default=False) if last else False
            is_renewed = last and contract.renewal == 'tacit' and not (end and end <= last)
            deadline = contract._notice().latest(last) if is_renewed else False
            window = deadline and contract.partner_id.billing_party_kind in PROTECTED and notice_window(deadline)
            contract.next_renewal = last + ONE_DAY if is_renewed else False
            contract.notice_deadline = deadline
            contract.notify_from, contract.notify_until = window or (False, False)

    @api.constrains('date_start', 'date_end', 'commitment_months', 'renewal')
    def _check_commitment_within_contract(self):
        """A draft binds no longer than it runs; a running contract is ended early by a termination only."""
        for contract in self.filtered(lambda contract: contract.state == 'draft' and contract.date_end):
            commitment = contract._commitment()
            last = commitment and commitment.term(0).end
            is_other = contract.renewal == 'end' and contract.date_end != last
            if last and (is_other or contract.date_end < last):
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, field “Minimum Term”: %(months)s months last until %(last)s, but the "
                        "field “End” is %(end)s. Shorten the minimum term, or empty the field “End”.",
                        contract=contract.display_name,
                        months=contract.commitment_months,
                        last=format_date(self.env, last),
                        end=format_date(self.env, contract.date_end),
                    ),
                )

    def _replay_terms(self):
        result = super()._replay_terms()
        self._end_with_commitment()
        return result

    def _end_with_commitment(self):
        """Contracts that are not renewed end with their minimum term, as far as pauses push it."""
        for contract in self.filtered(lambda contract: contract.renewal == 'end' and not contract._termination()):
            last = contract._term_end() or False
            if contract.date_end != last:
                contract._unguarded().date_end = last

    def _commitment(self):
        """The terms of this contract for `tools.commitment`, or None where it has none."""
        self.ensure_one()
        if not (self.date_start and self.commitment_months > 0):
            return None
        pauses = tuple(days for days in self._rests() if days.last < date.max) if self.pause_extends else ()
        renewal = (self.renewal_months or self.commitment_months) if self.renewal == 'tacit' else 0
        return Commitment(self.date_start, self.commitment_months, renewal, pauses)

    def _term_end(self):
        """The last day of the term that has begun last; None without one, or while a pause pushes it without end."""
        self.ensure_one()
        commitment = self._commitment()
        if not commitment:
            return None
        renewals = self.amendment_ids._applied().filtered(lambda amendment: amendment.kind == 'renewal')
        term = commitment.term_on(max(renewals.mapped('date'), default=self.date_start))
        is_open = self.pause_extends and any(first <= term.end and last == date.max for first, last in self._rests())
        return None if is_open else term.end

    def _termination(self):
        """The amendment that ends this contract, if one counts."""
        self.ensure_one()
        return self.amendment_ids._applied().filtered(lambda amendment: amendment.kind == 'termination')[-1:]

    # === RENEWAL === #

    @api.model
    def _to_renew(self, company, today):
        """The contracts of ``company`` whose term is over and begins anew."""
        return self.search(
            [('company_id', '=', company.id), ('state', 'in', LIVE), ('next_renewal', '<=', today)], order='id'
        )

    def _renew(self, today):
        """Write down each term of these contracts that has begun anew until ``today``, the missed ones too."""
        for contract in self:
            while contract.next_renewal and contract.next_renewal <= today:
                contract._amend('renewal', contract.next_renewal, today)
