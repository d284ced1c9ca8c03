from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang

from ..models.billing_frequency_mixin import FREQUENCIES, LONGEST, PRESETS, UNITS
from ..tools.decimals import decimals


class BillingContractChange(models.TransientModel):
    """Another frequency: those that the plan offers, with what each makes of the prices."""

    _inherit = 'billing.contract.change'

    frequency = fields.Selection(
        FREQUENCIES,
        required=True,
        compute='_compute_frequency',
        store=True,
        readonly=False,
        precompute=True,
        help="Another one begins with a period that is not billed yet; the price of each line follows its length.",
    )
    offered_frequencies = fields.Json(compute='_compute_offers')
    offer_text = fields.Text(compute='_compute_offers')
    recurrence_interval = fields.Integer(
        "Every", compute='_compute_frequency', store=True, readonly=False, precompute=True
    )
    recurrence_unit = fields.Selection(
        UNITS, "Unit", compute='_compute_frequency', store=True, readonly=False, precompute=True
    )

    @api.depends('contract_id')
    def _compute_frequency(self):
        for wizard in self:
            wizard.frequency = wizard.contract_id.frequency
            wizard.recurrence_interval = wizard.contract_id.recurrence_interval
            wizard.recurrence_unit = wizard.contract_id.recurrence_unit

    @api.depends('contract_id', 'date', 'line_ids.version_id')
    def _compute_offers(self):
        for wizard in self:
            offers = wizard._offers()
            wizard.offered_frequencies = [name for _steps, name in offers] or [name for name, _label in FREQUENCIES]
            wizard.offer_text = "\n".join(wizard._offer_text(*steps) for steps, _name in offers) or False

    @api.onchange('frequency')
    def _onchange_frequency(self):
        """Of periods that have no name, propose those that the plan offers."""
        own = [self.recurrence_unit, self.recurrence_interval]
        custom = [list(steps) for steps, name in self._offers() if name == 'custom']
        if self.frequency == 'custom' and custom and own not in custom:
            self.recurrence_unit, self.recurrence_interval = custom[0]

    @api.constrains('recurrence_interval')
    def _check_recurrence_interval(self):
        for wizard in self:
            if not 1 <= wizard.recurrence_interval <= LONGEST:
                raise ValidationError(
                    self.env._(
                        "%(record)s, field “Every”: %(interval)s is refused. Enter 1 to %(longest)s days, weeks, "
                        "months or years.",
                        record=wizard.contract_id.name,
                        interval=wizard.recurrence_interval,
                        longest=LONGEST,
                    ),
                )

    def _offers(self):
        """[((unit, interval), name of the frequency)] that the plan lists, its own first; empty: it lists none."""
        plan = self.contract_id.plan_id
        if not plan.frequency_ids:
            return []
        names = {steps: name for name, steps in PRESETS.items()}
        own = (plan.recurrence_unit, plan.recurrence_interval)
        listed = [(offer.recurrence_unit, offer.recurrence_interval) for offer in plan.frequency_ids]
        return [(steps, names.get(steps, 'custom')) for steps in (own, *listed)]

    def _offer_text(self, unit, interval):
        """What a frequency makes of each price: “Yearly: Hosting 90.00 € × 10 = 900.00 €”."""
        contract = self.contract_id
        name = contract._frequency_text(unit, interval)
        if (unit, interval) == (contract.recurrence_unit, contract.recurrence_interval):
            return self.env._("%s, as now", name)
        lines = self.line_ids.version_id.filtered(lambda line: line.kind == 'recurring' and self._is_within())
        texts = [self._price_text(line, unit, interval) for line in lines]
        return "\n".join(self.env._("%(subject)s: %(text)s", subject=name, text=text) for text in texts) or name

    def _price_text(self, line, unit, interval):
        price, factor = line._price_on(self.date), line._length_factor(self.date, (unit, interval))
        price, result = map(self.currency_id._billing_price_text, (price, line._scaled_price(price, factor)))
        return f"{line._first_words()} {price} × {formatLang(self.env, factor, digits=decimals(factor))} = {result}"

    def _check_offered(self):
        """Where the plan lists other frequencies, the contract changes to one of them, or to the plan's own."""
        contract = self.contract_id
        plan = contract.plan_id
        if plan.frequency_ids and not plan._factor(*self._wanted_recurrence()):
            own = contract._frequency_text(plan.recurrence_unit, plan.recurrence_interval)
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “Frequency”: plan %(plan)s does not offer it. Choose one of: "
                    "%(offered)s.",
                    contract=contract.name,
                    plan=plan.display_name,
                    offered=", ".join([own, *plan.frequency_ids.mapped('display_name')]),
                ),
            )

    def _is_new_frequency(self):
        contract = self.contract_id
        unit, interval = self._wanted_recurrence()
        is_complete = contract and unit and interval > 0
        return bool(is_complete) and (unit, interval) != (contract.recurrence_unit, contract.recurrence_interval)

    def _wanted_recurrence(self):
        """[unit, interval] of the chosen frequency."""
        return list(PRESETS.get(self.frequency, (self.recurrence_unit, self.recurrence_interval)))
