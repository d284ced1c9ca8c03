from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.import_template import in_language
from ..tools.late_interest import (
    BUSINESS_POINTS,
    FLOOR_FACTOR,
    PUBLIC_POINTS,
    HalfYear,
    MissingRate,
    floor,
    half_year,
    late_interest,
)


class BillingInterestRate(models.Model):
    """The published rates of one half-year, from which interest on late payments follows; they are of no company."""

    _name = 'billing.interest.rate'
    _description = "Interest Rates of a Half-Year"
    _order = 'date_from desc'

    date_from = fields.Date(
        "Half-Year From", required=True, help="Any day of the half-year: its first, 1 January or 1 July, is kept."
    )
    ecb_refi = fields.Float(
        "ECB Rate (%)",
        required=True,
        digits=(5, 2),
        help="The main refinancing rate of the European Central Bank on the first day of the half-year.",
    )
    legal_professional = fields.Float(
        "Legal Rate (%)",
        digits=(5, 2),
        help="The legal interest rate for creditors who are professionals, by the order of the minister. Zero: not yet "
        "known; consumers are then charged no interest and contract rates cannot be checked.",
    )
    legal_private = fields.Float(
        "Legal Rate, Private Creditor (%)",
        digits=(5, 2),
        help="The legal interest rate where the creditor is a private person: for information.",
    )
    business_rate = fields.Float("Businesses (%)", digits=(5, 2), compute='_compute_rates')
    public_rate = fields.Float("Public Buyers (%)", digits=(5, 2), compute='_compute_rates')
    contract_floor = fields.Float(
        "Lowest Contract Rate (%)",
        digits=(5, 2),
        compute='_compute_rates',
        help="A contract with a business may not name a lower rate: three times the legal one.",
    )
    is_confirmed = fields.Boolean(
        "Confirmed", default=True, help="Not ticked: the rates still have to be compared with their publication."
    )
    source = fields.Char(help="Where the rates were read.")

    _date_from_unique = models.Constraint(
        'UNIQUE(date_from)', "The rates of this half-year are in the list already: correct those."
    )
    _rates_plausible = models.Constraint(
        'CHECK (ecb_refi BETWEEN -5 AND 50 AND COALESCE(legal_professional, 0) BETWEEN 0 AND 50 '
        'AND COALESCE(legal_private, 0) BETWEEN 0 AND 50)',
        "Rates are percentages, such as 2.15: the rate of the central bank lies between -5 and 50, legal rates between "
        "0 and 50.",
    )

    @api.depends('ecb_refi', 'legal_professional')
    def _compute_rates(self):
        for rate in self:
            rate.business_rate = rate.ecb_refi + float(BUSINESS_POINTS)
            rate.public_rate = rate.ecb_refi + float(PUBLIC_POINTS)
            rate.contract_floor = rate.legal_professional * FLOOR_FACTOR

    @api.depends('date_from')
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = self._half_year_name(rate.date_from)

    @api.model_create_multi
    def create(self, vals_list):
        """Rates that an import brings a second time are the same record, so that a table can be imported again."""
        vals_list = [self._on_first_day(vals) for vals in vals_list]
        self._free_cases()
        if not self.env.context.get('import_file'):
            return super().create(vals_list)
        rates = self.browse()
        known = {rate.date_from: rate for rate in self.search([])}
        for vals in vals_list:  # a few rows a year
            rate = known.get(vals.get('date_from'))
            if rate:
                rate.write(vals)
            rates += rate or super().create([vals])
        return rates

    def write(self, vals):
        self._free_cases()
        return super().write(self._on_first_day(vals))

    @api.model
    def _free_cases(self):
        """Have the night look again at the cases that are blocked: the rate that it missed may be here now."""
        # rates are of no company, and neither are those whom they keep waiting
        self.env['billing.dunning.case'].sudo().search([('error', '!=', False)]).action_retry()

    @api.model
    def get_import_templates(self):
        """The file that Odoo's import offers for rates."""
        return [
            {
                'label': self.env._("Interest rates by half-years"),
                'template': in_language(
                    '/recurring_billing/static/csv/interest_rates_import_template.csv', self.env.lang
                ),
            },
        ]

    @api.model
    def _by_half_year(self):
        """The rates as `late_interest` takes them: {first day of the half-year: rates}."""
        return {
            rate.date_from: HalfYear(
                _percent(rate.ecb_refi),
                _percent(rate.legal_professional) or None,
                is_sure=rate.is_confirmed,
            )
            for rate in self.search([])
        }

    @api.model
    def _late_interest(self, claim, until, currency, table=None):
        """What lateness costs the claim ``claim`` to the end of ``until``, as `tools.late_interest.LateInterest`.

        :param currency: of the claim; the indemnity is in EUR, whatever it is
        :param table: `_by_half_year`, where many claims are computed
        :raises UserError: a half-year in which interest accrues has no rate
        """
        rates = self._by_half_year() if table is None else table
        try:
            return late_interest(claim, rates, until, rounding=Decimal(str(currency.rounding)))
        except MissingRate as missing:
            raise UserError(self._missing_text(missing)) from missing

    @api.model
    def _contract_floor(self, day):
        """The lowest rate in percent that a contract with a business may name on ``day``, or None: not known."""
        try:
            return float(floor(self._by_half_year(), day))
        except MissingRate:
            return None

    @api.model
    def _missing_text(self, missing):
        """What is missing, and where to enter it."""
        name = 'ecb_refi' if missing.name == 'refi' else 'legal_professional'
        return self.env._(
            "Late interest cannot be computed: “%(rate)s” of the half-year %(period)s is not known. Enter it under "
            "Recurring Billing › Configuration › Interest Rates.",
            rate=self._fields[name]._description_string(self.env),
            period=self._half_year_name(missing.first),
        )

    @api.model
    def _half_year_name(self, day):
        """How people read the half-year that begins on ``day``."""
        if not day:
            return ""
        last = fields.Date.add(day, months=6, days=-1)
        return self.env._("%(first)s to %(last)s", first=format_date(self.env, day), last=format_date(self.env, last))

    @api.model
    def _on_first_day(self, vals):
        """``vals`` with the first day of the half-year."""
        day = fields.Date.to_date(vals.get('date_from'))
        return {**vals, 'date_from': half_year(day)} if day else vals


def _percent(value):
    """A rate of two decimals as it was entered, free of what a float adds."""
    return Decimal(f"{value:.2f}")
