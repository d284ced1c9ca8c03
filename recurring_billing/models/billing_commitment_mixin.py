from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.commitment import Notice
from .billing_frequency_mixin import LONGEST

COMMITMENT_TERMS = {  # what a contract copies from its plan, and what it begins with where it has none
    'commitment_months': 0,
    'renewal': 'open',
    'renewal_months': 0,
    'notice_count': 0,
    'notice_unit': 'month',
    'early_fee': 'none',
    'early_fee_percent': 0.0,
    'early_fee_amount': 0.0,
    'early_fee_product_id': False,
    'pause_extends': False,
    'change_timing': 'at_once',
}


class BillingCommitment(models.AbstractModel):
    """How long a customer is bound and what an early end costs: offered by the plan, agreed in the contract."""

    _name = 'billing.commitment.mixin'
    _description = "Commitment"

    commitment_months = fields.Integer("Minimum Term", help="In months from the start. 0: no minimum term.")
    renewal = fields.Selection(
        [
            ('open', "None: goes on without a term"),
            ('tacit', "Tacit: a new term begins"),
            ('end', "None: ends with its minimum term"),
        ],
        default='open',
        required=True,
        help="What happens at the end of the minimum term where nobody gives notice.",
    )
    renewal_months = fields.Integer("Renewed By", help="Months of each new term. 0: as long as the minimum term.")
    notice_count = fields.Integer("Notice", help="How long before its end the contract must be terminated.")
    notice_unit = fields.Selection([('day', "Days"), ('month', "Months")], default='month', required=True)
    early_fee = fields.Selection(
        [('none', "None"), ('percent', "Share of what remains"), ('fixed', "Fixed amount")],
        "Early-Termination Fee",
        default='none',
        required=True,
        help="What the customer owes for ending before the term. It is the price of a service and bears VAT.",
    )
    early_fee_percent = fields.Float("Share (%)", digits='Discount', help="Of the amounts without taxes that remain.")
    early_fee_amount = fields.Float("Fee", digits='Product Price', help="In the currency of the contract.")
    early_fee_product_id = fields.Many2one(
        'product.product',
        "Fee Product",
        domain="[('type', '=', 'service')]",
        check_company=True,
        ondelete='restrict',
        help="Gives the fee its account and its taxes.",
    )
    pause_extends = fields.Boolean(
        "Pauses Push the Term", help="Days of a pause that are not billed are added to the end of the term."
    )
    change_timing = fields.Selection(
        [('at_once', "At once, by days"), ('next_period', "From the next period")],
        "Changes Hold",
        default='at_once',
        required=True,
        help="What is proposed when something is changed in the middle of a period.",
    )

    @api.constrains('commitment_months', 'renewal_months', 'notice_count', 'early_fee_percent', 'early_fee_amount')
    def _check_commitment_ranges(self):
        limits = {
            'commitment_months': LONGEST,
            'renewal_months': LONGEST,
            'notice_count': LONGEST,
            'early_fee_percent': 100,
            'early_fee_amount': 1e9,
        }
        for record in self:
            for name, most in limits.items():
                if not 0 <= record[name] <= most:
                    raise ValidationError(
                        self.env._(
                            "%(record)s, field “%(field)s”: %(value)s is refused. Enter zero or more, at most "
                            "%(most)s.",
                            record=record.display_name,
                            field=record._fields[name]._description_string(self.env),
                            value=f"{record[name]:g}",
                            most=f"{most:g}",
                        ),
                    )

    @api.constrains('commitment_months', 'renewal', 'early_fee', 'early_fee_product_id')
    def _check_commitment_is_complete(self):
        for record in self:
            if record.renewal != 'open' and not record.commitment_months:
                raise ValidationError(
                    self.env._(
                        "%s, field “Renewal”: there is no minimum term that could end. Enter its months in the field "
                        "“Minimum Term”, or let the contract go on without a term.",
                        record.display_name,
                    ),
                )
            if record.early_fee != 'none' and not record.early_fee_product_id:
                raise ValidationError(
                    self.env._(
                        "%s: choose in the field “Fee Product” what the early-termination fee is invoiced as; it gives "
                        "account and taxes.",
                        record.display_name,
                    ),
                )

    def _plain_term(self, name):
        """The value of the field ``name``, comparable and fit for JSON."""
        self.ensure_one()
        value, field = self[name], self._fields[name]
        if field.type == 'date':
            return fields.Date.to_string(value) or False
        return value.id if field.relational else value

    def _notice(self):
        self.ensure_one()
        return Notice(self.notice_count, self.notice_unit)
