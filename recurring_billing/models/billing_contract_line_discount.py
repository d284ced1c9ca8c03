import typing
from datetime import date, timedelta
from decimal import Decimal

from odoo import models

from ..tools.proration import WHOLE, Days, part
from .billing_bill import Bill

ONE_DAY = timedelta(days=1)


class Off(typing.NamedTuple):
    """What decides on the discounts of some days: ``discounts``, and the lines ``among`` which an amount is shared.

    Where an amount off the whole contract is shared, all discounts of the contract decide on each line's part.
    """

    discounts: models.BaseModel
    among: models.BaseModel


def _known(records):
    """``records`` by what is saved of them: those of a form that is being edited are the same ones."""
    return records.browse(record._origin.id or record.id for record in records)


class BillingContractLine(models.Model):
    """What is taken off a line: days with other discounts are billed apart, each discount on a line of its own."""

    _inherit = 'billing.contract.line'

    def _lasting_bills(self, day, prices):
        """What a whole period of this line costs by the terms of ``day``, less the discounts that have no end.

        :param prices: {line: price of one unit}, where it were another one than is agreed
        """
        self.ensure_one()
        lasting = self.contract_id._known_discounts().filtered(lambda discount: not discount.last_day)
        off = self._off_on(day, lasting)
        charges = [
            charge._replace(price_unit=prices.get(self, charge.price_unit)) for charge in self._whole_period(day)
        ]
        return [bill for charge in charges for bill in self._with_discounts(charge, off, day, prices=prices)]

    def _by_discounts(self, owed, billed):
        """Owed days and what bills them, apart for each `Off`.

        Days that were billed with other discounts than are agreed now are thus owed anew, and credited as billed.

        :return: list of (off, owed days, entries of ``billed``)
        """
        groups = {}
        for days in owed:
            for piece, off in self._pieces(days):
                key = Off(*map(_known, off))
                groups.setdefault(key, (off, [], []))[1].append(piece)
        for entry in billed:
            off = Off(entry.key.billing_discount_ids.sorted(), entry.key.billing_shared_line_ids)
            groups.setdefault(off, (off, [], []))[2].append(entry)
        return list(groups.values())

    def _pieces(self, days):
        """``days`` cut where what decides on the discounts changes, each piece with its `Off`."""
        contract = self.contract_id
        known = contract._known_discounts()
        if not known or self.kind != 'recurring':
            return [(days, Off(known.browse(), self.browse()))]
        if contract.proration == 'none':  # whole periods have the discounts of their first owed day
            return [(days, self._off_on(max(days.first, contract.date_start), known))]
        is_shared = any(discount._is_shared() for discount in known)
        ranges = [discount._days() for discount in (known if is_shared else known._of_line(self))]
        if is_shared:
            ranges += [owing for line in contract._recurring_versions() for owing in line._days_to_share()]
        starts = sorted({days.first, *self._turns_within(days, ranges)})
        pieces = []
        for first, last in zip(starts, [*(start - ONE_DAY for start in starts[1:]), days.last], strict=True):
            off = self._off_on(first, known)
            if pieces and pieces[-1][1] == off:
                first = pieces.pop()[0].first
            pieces.append((Days(first, last), off))
        return pieces

    def _off_on(self, day, discounts):
        """The `Off` of this line on ``day``, of these ``discounts``."""
        covering = discounts.filtered(lambda discount: discount._covers(day)).sorted()
        if self.kind == 'recurring' and any(discount._is_shared() for discount in covering):
            return Off(covering, self.contract_id._sharing_lines(day) | self)
        return Off(covering._of_line(self), self.browse())

    def _days_to_share(self):
        """The days on which this line bears its part of an amount off the whole contract, as a list of ranges."""
        days, opening = self._days(), self._item().billed_until
        if not days or (opening and opening >= days.last):
            return []
        return [Days(max(days.first, opening + ONE_DAY), days.last) if opening else days]

    @staticmethod
    def _turns_within(days, ranges):
        """The days within ``days`` on which one of ``ranges`` begins or no longer holds."""
        for covered in filter(None, ranges):
            for turn in (covered.first, covered.last + ONE_DAY if covered.last < date.max else date.max):
                if days.first < turn <= days.last:
                    yield turn

    def _with_discounts(self, charge, off, day, whole=None, prices=None):
        """``charge`` for days of the period ``whole``, and what each discount of ``off`` takes off it, as `Bill`s.

        :param day: first day of the period
        :param prices: as of `_lasting_bills`
        """
        if not off.discounts:
            return [charge]
        full = {line: line._full_price(day, prices) for line in off.among or self}
        full[self] = Decimal(str(charge.full or charge.amount))
        marks = {'reductions': off.discounts, 'among': off.among}
        bills = [charge._replace(**marks)]
        within = charge.days.first if charge.days else day  # a new frequency may begin within its first whole period
        for discount, parts in off.discounts._taken_off(full, within, self._rounding()).items():
            amount = reduction = parts[self]
            if charge.share != WHOLE:
                amount = part(reduction, charge.days, whole, self._rounding(), self.contract_id.proration)
            if amount:
                price = {'quantity': 1.0, 'price_unit': -float(amount), 'full': -float(reduction)}
                bills.append(Bill(self, 'discount', charge.days, charge.share, **price, **marks, reduction=discount))
        return bills

    def _full_price(self, day, prices=None):
        """What a whole period that begins on ``day`` costs before discounts of the contract, as a `Decimal`."""
        self.ensure_one()
        price = (prices or {}).get(self, self._price_on(day))
        return Decimal(str(self.quantity)) * Decimal(str(price)) * (1 - Decimal(str(self.discount)) / 100)
