from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .billing_frequency_mixin import MONTHS

REVISION_TERMS = {  # what a contract copies from its plan, and what it begins with where it has none
    'revision': 'none',
    'revision_percent': 0.0,
    'revision_index_id': False,
    'revision_lag': 0,
    'revision_when': 'anniversary',
    'revision_day': 1,
    'revision_month': '1',
    'revision_has_cap': False,
    'revision_cap': 0.0,
    'revision_has_floor': False,
    'revision_floor': 0.0,
    'revision_rounding': 'currency',
    'revision_notice': 30,
}
# where the first revision of a contract starts from
REVISION_BASE = ('revision_agreed_on', 'revision_base_month', 'revision_base')


class BillingRevisionMixin(models.AbstractModel):
    """How prices are revised each year: shared by the plan, which proposes it, and the contract, which agrees on it."""

    _name = 'billing.revision.mixin'
    _description = "Terms of Price Revision"

    revision = fields.Selection(
        [('none', "None"), ('percent', "Fixed percentage"), ('index', "Published index")],
        "Price Revision",
        default='none',
        required=True,
        help="Once a year the prices of the contract follow a percentage or an index. Prices of a pricelist do not.",
    )
    revision_percent = fields.Float("Change (%)", digits=(6, 3), help="Added to each price; negative lowers it.")
    revision_index_id = fields.Many2one('billing.index', "Index", check_company=True, ondelete='restrict')
    revision_lag = fields.Integer(
        "Months Back",
        help="Which value counts: that of the month of the revision (0), or of so many months before it, since an "
        "index is published late. Of a quarterly index: the quarter that holds that month.",
    )
    revision_when = fields.Selection(
        [('anniversary', "Anniversary of the contract"), ('fixed', "Fixed day of the year")],
        "Revised On",
        default='anniversary',
        required=True,
    )
    revision_day = fields.Integer("Day of Revision", default=1)
    revision_month = fields.Selection(MONTHS, "Month of Revision", default='1')
    revision_has_cap = fields.Boolean("Capped")
    revision_cap = fields.Float("Cap (%)", digits=(6, 3), help="Largest change of a price in percent.")
    revision_has_floor = fields.Boolean("With a Floor")
    revision_floor = fields.Float(
        "Floor (%)", digits=(6, 3), help="Smallest change of a price in percent. 0: prices never fall."
    )
    revision_rounding = fields.Selection(
        [
            ('price', "Decimals of prices"),
            ('currency', "Cents"),
            ('tenth', "Tenths"),
            ('unit', "Whole amounts"),
        ],
        "New Prices In",
        default='currency',
        required=True,
        help="What a new price is rounded to. Cents: the smallest unit of the currency.",
    )
    revision_notice = fields.Integer(
        "Announced Days Before", default=30, help="Days between the letter to the customer and the new prices."
    )

    @api.constrains(
        'revision',
        'revision_index_id',
        'revision_lag',
        'revision_notice',
        'revision_percent',
        'revision_has_cap',
        'revision_cap',
        'revision_has_floor',
        'revision_floor',
        'revision_day',
    )
    def _check_revision(self):
        for record in self.filtered(lambda record: record.revision != 'none'):
            if problem := next(record._revision_problems(), None):
                raise ValidationError(
                    self.env._("%(record)s: %(problem)s", record=record.display_name, problem=problem),
                )

    def _revision_problems(self):
        """What is wrong with these terms, each with its remedy."""
        env = self.env
        if self.revision == 'index' and not self.revision_index_id:
            yield env._("prices follow an index, but none is chosen in the field “Index”.")
        if self.revision == 'percent' and self.revision_percent <= -100:
            yield env._("the field “Change (%)” lowers prices by 100 % or more. Enter more than -100.")
        if self.revision_when == 'fixed' and not 1 <= self.revision_day <= 31:
            yield env._("the field “Day of Revision” is no day of a month. Enter 1 to 31 (31: the last day).")
        if self.revision_lag < 0 or self.revision_notice < 0:
            yield env._("the fields “Months Back” and “Announced Days Before” are counted backwards. Enter 0 or more.")
        yield from self._bound_problems()

    def _bound_problems(self):
        cap, floor = self._revision_bounds()
        if any(bound is not None and bound <= -100 for bound in (cap, floor)):
            yield self.env._("“Cap (%)” or “Floor (%)” lowers prices by 100 % or more. Enter more than -100.")
        if cap is not None and floor is not None and floor > cap:
            yield self.env._("the field “Floor (%)” lies above the field “Cap (%)”. Correct one of them.")

    def _revision_bounds(self):
        """(cap, floor) of an index in percent, as Decimal; None knows no bound."""
        cap = Decimal(str(self.revision_cap)) if self.revision_has_cap else None
        floor = Decimal(str(self.revision_floor)) if self.revision_has_floor else None
        return cap, floor
