from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from .billing_usage_terms_mixin import USAGE_TERMS


class BillingContractLine(models.Model):
    """A metered line: how the records of its usage find it, and what they cost."""

    _name = 'billing.contract.line'
    _inherit = ['billing.contract.line', 'billing.usage.terms.mixin']

    meter = fields.Char(
        copy=False,
        index='btree_not_null',
        help="How the metering system calls what is used here. Usage is recorded by this name, on the line that has it "
        "and runs on that day.",
    )
    tier_ids = fields.One2many(
        'billing.usage.tier', 'line_id', copy=True, help="Empty: each unit costs the price of the line."
    )
    is_usage_billed = fields.Boolean(compute='_compute_is_usage_billed')
    usage_ids = fields.One2many('billing.usage', 'contract_line_id', readonly=True)

    @api.depends('usage_move_line_ids.parent_state')
    def _compute_is_usage_billed(self):
        for line in self:
            line.is_usage_billed = any(row.parent_state != 'cancel' for row in line.usage_move_line_ids)

    @api.constrains('kind', 'tier_ids', 'usage_scheme', 'usage_package', 'discount', 'is_price_listed')
    def _check_usage_terms(self):
        for line in self.filtered(lambda line: line.kind == 'usage'):
            line._refuse_usage_terms(line.is_price_listed)

    def write(self, vals):
        if USAGE_TERMS & vals.keys():  # frozen once an invoice bills usage of the line
            self._refuse_other_usage_terms()
        return super().write(vals)

    def _names_in_texts(self):
        return {'contract': self.contract_id.display_name, 'line': self._first_words()}

    def _refuse_change_of_usage(self, names):
        """Refuse to agree the fields ``names`` of a metered line otherwise: its usage would belong to two prices."""
        raise UserError(
            self.env._(
                "Contract %(contract)s, line %(line)s is billed by usage: %(fields)s cannot be changed from a day on. "
                "End this line and add a new one from the first day of the new terms.",
                fields=self._labels(set(names)),
                **self._names_in_texts(),
            ),
        )

    def _refuse_other_usage_terms(self):
        """What was billed is never priced anew: another price of usage is another line."""
        for line in self:
            if invoice := line.usage_move_line_ids.filtered(lambda row: row.parent_state != 'cancel').move_id[:1]:
                raise UserError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s: its usage is billed by %(invoice)s, so that its tiers "
                        "and prices stay as they are. For new prices press “Change…”: end this line and add a new one "
                        "from the first day of the new prices.",
                        invoice=invoice.display_name,
                        **line._names_in_texts(),
                    ),
                )

    def _usage_texts(self):
        """What usage of this line costs, in sentences for the customer."""
        self.ensure_one()
        money = self.currency_id._billing_price_text
        texts = []
        if self.usage_included:
            texts.append(
                self.env._("%s included per period", self._number(self.env, Decimal(str(self.usage_included))))
            )
        if self.usage_scheme == 'package':
            size = self._number(self.env, Decimal(str(self.usage_package)))
            texts.append(self.env._("%(price)s for each %(size)s begun", price=money(self.price_unit), size=size))
        else:
            texts += self._tier_texts(money)
        if self.usage_minimum:
            term = dict(self._fields['usage_minimum_term']._description_selection(self.env))[self.usage_minimum_term]
            texts.append(
                self.env._("at least %(minimum)s %(term)s", minimum=money(self.usage_minimum), term=term.lower())
            )
        return texts

    def _tier_texts(self, money):
        for tier in self._tiers():
            price = money(float(tier.price))
            if tier.up_to:
                text = self.env._("up to %(end)s: %(price)s", end=self._number(self.env, tier.up_to), price=price)
            elif len(self.tier_ids) > 1:
                text = self.env._("above: %s", price)
            else:
                text = self.env._("%s each", price)
            yield (
                text if not tier.flat else self.env._("%(tier)s and %(flat)s", tier=text, flat=money(float(tier.flat)))
            )

    def _days_of_usage(self):
        """The days on which usage of this line is billed here, or None; not those that another software billed."""
        self.ensure_one()
        days = self._days()
        opening = self.billed_until
        if not days or not opening or opening < days.first:
            return days
        first = fields.Date.add(opening, days=1)
        return days._replace(first=first) if first <= days.last else None

    def _anew(self, day, recurrence):
        """Values of the metered line that takes the place of this one from ``day`` on, for periods of ``recurrence``.

        What a period includes, its tiers and its minimum follow its length.
        """
        self.ensure_one()
        factors = self.contract_id._length_factors(day, recurrence, self.plan_line_id.plan_id)
        length = factors['length_factor']
        return {
            **self.copy_data()[0],
            **self._usage_values(length, factors['plan_factor'] or length),
            'meter': self.meter,
            'date_start': max(day, self._days().first),
            'billed_until': self.billed_until,
        }
