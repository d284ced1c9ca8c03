from datetime import date, timedelta
from decimal import Decimal

from odoo import models

from ..tools.proration import WHOLE, Days, part
from .billing_bill import Bill


class BillingContractLine(models.Model):
    """What is taken off a line: days with other discounts are billed apart, each discount on a line of its own."""

    _inherit = 'billing.contract.line'

    def _discounts(self):
        """The discounts of the contract that are taken off this line, on whatever days."""
        self.ensure_one()
        return self.contract_id.discount_ids._of_line(self) if self.contract_id.discount_ids else self._no_discount()

    def _no_discount(self):
        return self.env['billing.discount']

    def _lasting_bills(self, day, price=None):
        """What a whole period of this line costs by the terms of ``day``, less the discounts that have no end.

        :param price: of one unit, if it were another one than is agreed
        """
        self.ensure_one()
        lasting = self._discounts().filtered(lambda discount: not discount.last_day and discount._covers(day))
        charges = [charge if price is None else charge._replace(price_unit=price) for charge in self._whole_period(day)]
        return [bill for charge in charges for bill in self._with_discounts(charge, lasting, None)]

    def _by_discounts(self, owed, billed):
        """Owed days and what bills them, apart for each set of discounts.

        Days that were billed with other discounts than are agreed now are thus owed anew, and credited as billed.

        :return: list of (discounts, owed days, entries of ``billed``)
        """
        groups = {}
        for days in owed:
            for piece, discounts in self._pieces(days):
                groups.setdefault(discounts, ([], []))[0].append(piece)
        for entry in billed:
            groups.setdefault(entry.key.billing_discount_ids.sorted(), ([], []))[1].append(entry)
        return [(discounts, days, entries) for discounts, (days, entries) in groups.items()]

    def _pieces(self, days):
        """``days`` cut where a discount begins or ends, each piece with its discounts."""
        discounts = self._discounts()
        if not discounts:
            return [(days, discounts)]
        if self.contract_id.proration == 'none':  # whole periods have the discounts of their first owed day
            first = max(days.first, self.contract_id.date_start)
            return [(days, discounts.filtered(lambda discount: discount._covers(first)).sorted())]
        starts = {days.first, *self._turns_of(discounts, days)}
        ends = [start - timedelta(days=1) for start in sorted(starts)[1:]] + [days.last]
        pieces = [Days(first, last) for first, last in zip(sorted(starts), ends, strict=True)]
        return [
            (piece, discounts.filtered(lambda discount, day=piece.first: discount._covers(day)).sorted())
            for piece in pieces
        ]

    @staticmethod
    def _turns_of(discounts, days):
        """The days within ``days`` on which a discount begins or no longer holds."""
        for covered in filter(None, (discount._days() for discount in discounts)):
            for turn in (covered.first, covered.last + timedelta(days=1) if covered.last < date.max else date.max):
                if days.first < turn <= days.last:
                    yield turn

    def _with_discounts(self, charge, discounts, whole):
        """``charge`` for days of the period ``whole``, and what each of ``discounts`` takes off it, as `Bill`s."""
        if not discounts:
            return [charge]
        full = Decimal(str(charge.full or charge.amount))
        bills = [charge._replace(reductions=discounts)]
        for discount, reduction in zip(discounts, discounts._reductions(full, self._rounding()), strict=True):
            amount = reduction
            if charge.share != WHOLE:
                amount = part(reduction, charge.days, whole, self._rounding(), self.contract_id.proration)
            if amount:
                bills.append(
                    Bill(
                        self,
                        'discount',
                        charge.days,
                        charge.share,
                        1.0,
                        -float(amount),
                        full=-float(reduction),
                        reductions=discounts,
                        reduction=discount,
                    ),
                )
        return bills
