from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..tools.usage_rating import Tier, rate

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


class BillingUsageTermsMixin(models.AbstractModel):
    """What usage costs: agreed on the line of a contract, offered on that of a plan.

    A model that takes it has ``kind``, ``price_unit``, ``discount`` and ``tier_ids``, computes ``currency_id``,
    and says in `_name_in_texts` how its messages name a record.
    """

    _name = 'billing.usage.terms.mixin'
    _description = "Terms of Usage"

    currency_id = fields.Many2one('res.currency')
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
    has_tiers = fields.Boolean(compute='_compute_has_tiers')

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

    def action_usage_terms(self):
        """Open what the usage of this line costs."""
        self.ensure_one()
        view = f"recurring_billing.{self._table}_view_form_usage"
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Prices of Usage"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(self.env.ref(view).id, 'form')],
            'target': 'new',
        }

    def _refuse_usage_terms(self, is_price_listed):
        """Refuse a metered line that cannot be priced."""
        self.ensure_one()
        if self.discount or is_price_listed:
            raise ValidationError(
                self.env._(
                    "%s is billed by usage: it knows neither a discount nor the pricelist. Enter its prices in the "
                    "field “Tiers” or “Price”.",
                    self._name_in_texts(),
                ),
            )
        self._rated(Decimal(0))

    def _rated(self, quantity):
        """The rows that price a ``quantity`` of one period (see tools.usage_rating.rate)."""
        self.ensure_one()
        try:
            return rate(
                quantity,
                self._tiers(),
                Decimal(str(self.currency_id.rounding or 0.01)),
                self.usage_scheme,
                included=Decimal(str(self.usage_included)),
                package_size=Decimal(str(self.usage_package)),
            )
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "%s, field “Tiers”: let the tiers rise and leave “Up To” of the last one at zero, which means "
                    "open; packages have the price of the line and no tiers.",
                    self._name_in_texts(),
                ),
            ) from error

    def _counts_by_period(self):
        """Whether usage costs something else where periods are longer."""
        self.ensure_one()
        has_minimum = self.usage_minimum and self.usage_minimum_term == 'period'
        return bool(self.usage_included or has_minimum or any(tier.up_to or tier.flat for tier in self.tier_ids))

    def _usage_values(self, length, factor):
        """What usage costs where a period is as long as ``length`` of those meant here, and costs ``factor`` of them.

        Units count by length: a year includes twelve times what a month does, whatever the year costs.
        """
        self.ensure_one()
        is_yearly = self.usage_minimum_term == 'year'
        tiers = [
            {'up_to': tier.up_to * length, 'price': tier.price, 'flat': tier.flat * factor} for tier in self.tier_ids
        ]
        return {
            'usage_scheme': self.usage_scheme,
            'usage_package': self.usage_package,
            'usage_included': self.usage_included * length,
            'usage_minimum': self.usage_minimum * (1 if is_yearly else factor),
            'usage_minimum_term': self.usage_minimum_term,
            'tier_ids': [Command.clear(), *map(Command.create, tiers)],
        }

    def _tiers(self):
        if not self.tier_ids:
            return [Tier(None, Decimal(str(self.price_unit)))]
        rows = self.tier_ids.sorted(lambda tier: (not tier.up_to, tier.up_to))
        return [tier._tier() for tier in rows]
