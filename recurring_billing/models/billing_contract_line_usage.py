from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from ..tools.usage_rating import Tier, rate

# What usage is priced by; frozen once an invoice bills usage of the line.
USAGE_TERMS = frozenset(
    {
        'usage_scheme',
        'usage_package',
        'usage_included',
        'usage_minimum',
        'usage_minimum_term',
        'tier_ids',
    },
)


class BillingContractLine(models.Model):
    """A metered line: how the records of its usage find it, and what they cost."""

    _inherit = 'billing.contract.line'

    meter = fields.Char(
        copy=False,
        index='btree_not_null',
        help="How the metering system calls what is used here. Usage is recorded by this name, on the line that has it "
        "and runs on that day.",
    )
    usage_scheme = fields.Selection(
        [('graduated', "Each tier by its price"), ('volume', "All by the tier reached"), ('package', "By package")],
        "Usage Price",
        default='graduated',
        required=True,
        help="Each tier by its price: the units of a tier cost its price. All by the tier reached: its price holds for "
        "all units of the period. By package: each package that is begun costs the price of the line.",
    )
    usage_package = fields.Float("Package Size", digits='Product Unit', default=1.0, help="Units in one package.")
    usage_included = fields.Float(
        "Included", digits='Product Unit', help="Units that each period includes, whole or not; used up first."
    )
    usage_minimum = fields.Monetary(
        "Minimum", help="What usage costs at least, without taxes; what is missing is billed at the end of the term."
    )
    usage_minimum_term = fields.Selection(
        [('period', "Per period"), ('year', "Per contract year")],
        "Minimum Term",
        default='period',
        required=True,
        help="A term that the line fills in part owes its days' share of the minimum.",
    )
    tier_ids = fields.One2many(
        'billing.usage.tier', 'line_id', copy=True, help="Empty: each unit costs the price of the line."
    )
    has_tiers = fields.Boolean(compute='_compute_has_tiers')
    is_usage_billed = fields.Boolean(compute='_compute_is_usage_billed')
    usage_ids = fields.One2many('billing.usage', 'contract_line_id', readonly=True)

    _usage_not_negative = models.Constraint(
        'CHECK(usage_included >= 0 AND usage_minimum >= 0)',
        "The included units and the minimum amount of usage are zero or more.",
    )
    _package_holds_something = models.Constraint(
        "CHECK(usage_package > 0)",
        "A package holds more than zero units: correct the field “Package Size”.",
    )

    @api.depends('tier_ids')
    def _compute_has_tiers(self):
        for line in self:
            line.has_tiers = bool(line.tier_ids)

    @api.depends('usage_move_line_ids.parent_state')
    def _compute_is_usage_billed(self):
        for line in self:
            line.is_usage_billed = any(row.parent_state != 'cancel' for row in line.usage_move_line_ids)

    @api.constrains('kind', 'tier_ids', 'usage_scheme', 'usage_package', 'discount', 'is_price_listed')
    def _check_usage_terms(self):
        for line in self.filtered(lambda line: line.kind == 'usage'):
            if line.discount or line.is_price_listed:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s, line %(line)s is billed by usage: it knows neither a discount nor the "
                        "pricelist. Enter its prices in the field “Tiers” or “Price”.",
                        **line._names_in_texts(),
                    ),
                )
            line._rated(Decimal(0))

    def write(self, vals):
        if USAGE_TERMS & vals.keys():
            self._refuse_other_usage_terms()
        return super().write(vals)

    def action_usage_terms(self):
        """Open what the usage of this line costs."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Prices of Usage"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(self.env.ref('recurring_billing.billing_contract_line_view_form_usage').id, 'form')],
            'target': 'new',
        }

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

    def _rated(self, quantity):
        """The rows that price a ``quantity`` of one period (see tools.usage_rating.rate)."""
        self.ensure_one()
        try:
            return rate(
                quantity,
                self._tiers(),
                self._rounding(),
                self.usage_scheme,
                included=Decimal(str(self.usage_included)),
                package_size=Decimal(str(self.usage_package)),
            )
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "Contract %(contract)s, line %(line)s, field “Tiers”: let the tiers rise and leave “Up To” of the "
                    "last one at zero, which means open; packages have the price of the line and no tiers.",
                    **self._names_in_texts(),
                ),
            ) from error

    def _usage_texts(self):
        """What usage of this line costs, in sentences for the customer."""
        self.ensure_one()

        def money(amount):
            decimals = max(2, len(f"{Decimal(str(amount)):f}".partition(".")[2]))
            return f"{formatLang(self.env, amount, digits=decimals)}\u00a0{self.currency_id.symbol}"

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

    def _tiers(self):
        if not self.tier_ids:
            return [Tier(None, Decimal(str(self.price_unit)))]
        rows = self.tier_ids.sorted(lambda tier: (not tier.up_to, tier.up_to))
        return [tier._tier() for tier in rows]

    def _days_of_usage(self):
        """The days on which usage of this line is billed here, or None; not those that another software billed."""
        self.ensure_one()
        days = self._days()
        opening = self.billed_until
        if not days or not opening or opening < days.first:
            return days
        first = fields.Date.add(opening, days=1)
        return days._replace(first=first) if first <= days.last else None
