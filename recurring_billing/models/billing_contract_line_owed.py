from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import format_date, formatLang, groupby
from odoo.tools.float_utils import json_float_round

from ..tools.decimals import decimals
from ..tools.owing import shares, subtract, to_charge, to_credit
from ..tools.proration import WHOLE, Days, overlap, part, prorate, share
from .billing_bill import Bill

# A pricelist's day begins at midnight where the accountant sits: at noon, UTC, it is that day almost everywhere.
NOON = time(12)


class BillingContractLine(models.Model):
    """What a line owes for some days, less what was billed for them."""

    _inherit = 'billing.contract.line'

    def _bills(self, slot, billed=()):
        """What is to be invoiced of this line for the days of ``slot`` (see tools.recurrence).

        :param billed: list of `Billed` (see tools.owing): what invoices hold of these days already
        :return: list of `Bill`
        """
        self.ensure_one()
        if self.display_type or self.kind == 'usage':  # usage is owed once it is known, see billing_period_usage
            return []
        whole = Days(slot.whole.start, slot.whole.end)
        owed = self._owed_days(Days(slot.start, slot.end), whole)
        return [
            bill
            for off, days, entries in self._by_discounts(owed, billed)
            for bill in self._bills_of_days(off, days, entries, whole)
        ]

    def _bills_of_days(self, off, owed, billed, whole):
        """The bills for the ``owed`` days of ``whole``, all with the same discounts, less what is ``billed``."""
        charged = [entry for entry in billed if entry.key.billing_kind != 'discount']
        charges = [self._charge(days, whole) for days in to_charge(owed, charged)]
        bills = [
            bill
            for charge in charges
            if charge.share.days
            for bill in self._with_discounts(charge, off, whole.first, whole)
        ]
        posted = [entry for entry in billed if entry.key.parent_state == 'posted']  # a draft may still be corrected
        return bills + self._credits(to_credit(owed, posted, self._rounding(), self.contract_id.proration))

    def _whole_period(self, day):
        """What this line bills for a period of ``day`` that it fills, as `Bill`s: none if it only prints or meters."""
        self.ensure_one()
        if self.display_type or self.kind == 'usage' or not self.product_id:
            return []
        return [Bill(self, self.kind, None, WHOLE, self.quantity, self._price_on(day), discount=self.discount)]

    def _owed_days(self, days, whole):
        """The days of ``days`` that this line owes, as a list of ranges."""
        self.ensure_one()
        if self.kind == 'setup':
            return self._setup_days(days)
        opening = self._item().billed_until
        days_in_effect = self._days()
        owed = days_in_effect and overlap(days, days_in_effect)
        if owed and opening:
            owed = overlap(owed, Days(opening + timedelta(days=1), date.max))
        left = subtract([owed] if owed else [], self.contract_id._rests())
        if left and self.contract_id.proration == 'none':
            return [whole] if not opening or whole.first > opening else []
        return left

    def _setup_days(self, days):
        """A fee is owed on the line's first day, whatever period that falls into."""
        in_effect = self._days()
        opening = self._item().billed_until
        if not in_effect or (opening and opening >= in_effect.first):
            return []
        owed = overlap(days, Days(in_effect.first, in_effect.first))
        return [owed] if owed else []

    def _charge(self, days, whole):
        """The bill for ``days`` of the period ``whole``.

        A part of a period stands as one amount: a share of what the whole one costs, as a credit of the rest leaves it.
        """
        price = self._price_on(whole.first)
        convention = self.contract_id.proration
        if self.kind == 'setup' or days == whole:
            return Bill(self, self.kind, days, WHOLE, self.quantity, price, discount=self.discount)
        full = prorate(self._full_price(whole.first), Fraction(1), self._rounding())
        amount = part(full, days, whole, self._rounding(), convention)
        return Bill(self, self.kind, days, share(days, whole, convention), 1.0, float(amount), full=float(full))

    def _credits(self, credits):
        """The bills that give ``credits`` back, at price and taxes of the invoice lines that they take back."""
        bills = []
        for billed, group in groupby(credits, key=lambda credit: credit.billed):
            taxes = self._credited_taxes(billed, group)
            bills += [self._credit(credit, amounts) for credit, amounts in zip(group, taxes, strict=True)]
        return bills

    def _credit(self, credit, amounts):
        line = credit.billed.key
        if credit.is_whole:
            values = {'quantity': -abs(line.quantity), 'price_unit': line.price_unit, 'discount': line.discount}
            given = WHOLE
        else:
            values = {'quantity': -1.0, 'price_unit': float(credit.amount), 'full': float(credit.billed.amount)}
            given = self._share_given(credit)
        manual = {'manual_total_excluded_currency': -amounts.pop(('total_excluded', False)), 'manual_tax_amounts': {}}
        for (name, tax), amount in amounts.items():
            manual['manual_tax_amounts'].setdefault(str(tax), {})[name] = -amount
        return Bill(self, 'adjustment', credit.days, given, **values, credited=line, manual=manual)

    def _credited_taxes(self, billed, credits):
        """Net and taxes of each of ``credits``: shares of what the ledger holds, which the last one uses up.

        Taxes computed anew on each part would leave a cent with the bill (100.00 + 20.00 given back in three parts).
        """
        given = [credit._billing_tax_amounts() for credit in billed.credits]
        rows = [{} for _credit in credits]
        for key, total in billed.key._billing_tax_amounts().items():
            if total == billed.amount:  # the net, unless a tax is in the price: of a part it is no share of days
                amounts = [credit.amount for credit in credits]
            else:
                amounts = shares(
                    [credit.days for credit in credits],
                    billed.days,
                    total,
                    total - sum(amounts.get(key, 0) for amounts in given),
                    credits[-1].is_last,
                    self._rounding(),
                    self.contract_id.proration,
                )
            for row, amount in zip(rows, amounts, strict=True):
                row[key] = float(amount)
        return rows

    def _share_given(self, credit):
        """The share of its bill that ``credit`` gives back; the whole where other credits leave less than that."""
        amount, days, billed = credit.billed.amount, credit.days, credit.billed.days
        convention = self.contract_id.proration
        is_exact = credit.billed.key.billing_kind != 'discount' and credit.amount == part(
            amount, days, billed, self._rounding(), convention
        )
        return share(days, billed, convention) if is_exact else WHOLE

    def _price_on(self, day):
        """The price of one unit for the period that begins on ``day``."""
        self.ensure_one()
        return self._listed_price(day) if self.is_price_listed else self.price_unit

    def _listed_price(self, day):
        """The pricelist's price on ``day`` in the contract's currency, less an included tax that is mapped away."""
        self.ensure_one()
        contract = self.contract_id
        company = contract.company_id or self.env.company
        product = self.product_id.with_company(company)
        price = contract.pricelist_id.with_company(company)._get_product_price(
            product,
            quantity=self.quantity or 1.0,
            currency=contract.currency_id or company.currency_id,
            uom=self.product_uom_id or product.uom_id,
            date=datetime.combine(day, NOON),
        )
        return product._get_tax_included_unit_price_from_price(
            price, product.taxes_id._filter_taxes_by_company(company), fiscal_position=contract.fiscal_position_id
        )

    def _rounding(self):
        return Decimal(str(self.currency_id.rounding or 0.01))

    def _text_values(self, is_below_heading=False):
        """Values of the section or note that this line prints on an invoice; below another heading a section is a
        subsection."""
        self.ensure_one()
        is_section = is_below_heading and self.display_type == 'line_section'
        return {'display_type': 'line_subsection' if is_section else self.display_type, 'name': self.name}

    def _headings_above(self, waiting):
        """Those of the ``waiting`` headings and notes that this heading stands under: none above a section, the section
        and its notes above a subsection."""
        self.ensure_one()
        if self.display_type == 'line_section':
            return []
        types = [line.display_type for line in waiting]
        return waiting[: types.index('line_subsection')] if 'line_subsection' in types else waiting

    def _label(self, bill, lang=None):
        """The text of the invoice line: what, which days, which share of which price.

        :param lang: language of the text; the customer's where it is left out
        """
        self.ensure_one()
        env = self.with_context(lang=lang or self.partner_id.lang or self.company_id.partner_id.lang).env
        if bill.deposit:
            return bill.deposit._deduction_text(env)
        title, *details = self.name.strip().splitlines()
        if bill.usage:
            return self._usage_title(bill, title, env)
        if discount := bill.reduction or (bill.credited and bill.credited.billing_discount_id):
            text = discount.with_env(env)._text(bill.days.first)
            title = env._("%(discount)s on %(line)s", discount=text, line=title)
            details = []
        return "\n".join([self._title(bill, title, env), *details])

    @staticmethod
    def _title(bill, title, env):
        texts = {
            'name': title,
            'first': format_date(env, bill.days.first),
            'last': format_date(env, bill.days.last),
        }
        if bill.kind == 'setup':
            return texts['name']
        if bill.share == WHOLE and bill.credited:
            return env._("%(name)s, not owed from %(first)s to %(last)s", **texts)
        if bill.share == WHOLE:
            return env._("%(name)s, from %(first)s to %(last)s", **texts)
        texts |= {
            'days': bill.share.days,
            'whole': bill.share.whole,
            'full': bill.line._full_text(bill, env),
        }
        if bill.credited:
            return env._(
                "%(name)s, not owed from %(first)s to %(last)s (-%(days)s/%(whole)s days of %(full)s)", **texts
            )
        return env._("%(name)s, from %(first)s to %(last)s (%(days)s/%(whole)s days of %(full)s)", **texts)

    def _full_text(self, bill, env):
        """The price of the whole period: as quantity and unit price, where the line on the invoice hides both.

        CGI ann. II art. 242 nonies A asks for them.
        """
        self.ensure_one()
        is_reduction = bill.reduction or (bill.credited and bill.credited.billing_discount_id)
        if self.quantity in (0.0, 1.0) or is_reduction:
            return formatLang(env, bill.full, currency_obj=self.currency_id)
        quantity = formatLang(env, self.quantity, digits=decimals(self.quantity))
        digits = env['decimal.precision'].precision_get('Product Price')
        price = json_float_round(bill.full / self.quantity, digits)
        return f"{quantity} × {self.currency_id.with_env(env)._billing_price_text(price)}"
