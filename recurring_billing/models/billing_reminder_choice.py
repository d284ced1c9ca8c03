"""Which reminder policy is chosen where; `billing.dunning.policy._for` says which of them counts."""

from odoo import fields, models

_BY_DOMAIN = "[('state', '=', 'in_force')]"
_OWN_COMPANY = "[('state', '=', 'in_force'), ('company_id', 'in', [company_id, False])]"


class BillingContract(models.Model):
    _inherit = 'billing.contract'

    dunning_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminder Policy",
        check_company=True,
        domain=_OWN_COMPANY,
        ondelete='restrict',
        help="Empty: that of the customer, the plan, the customer's tags or the company, in this order.",
    )


class BillingPlan(models.Model):
    _inherit = 'billing.plan'

    dunning_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminder Policy",
        check_company=True,
        domain=_OWN_COMPANY,
        ondelete='restrict',
        help="For contracts of this plan, unless the contract or the customer has one of its own.",
    )


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_dunning_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminder Policy",
        domain=_BY_DOMAIN,
        ondelete='restrict',
        help="For this customer, unless a contract has its own. Empty: that of the plan, the tags or the company.",
    )


class ResPartnerCategory(models.Model):
    _inherit = 'res.partner.category'

    billing_dunning_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminder Policy",
        domain=_BY_DOMAIN,
        ondelete='restrict',
        help="For customers with this tag, unless contract, customer or plan have one of their own.",
    )


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_reminders_an_hour = fields.Integer(
        "E-mails an Hour",
        help="At most so many reminders leave in an hour, so that the mail server is not taken for a spammer's. Zero: "
        "as fast as it takes them.",
    )
    _billing_reminders_an_hour_positive = models.Constraint(
        'CHECK (billing_reminders_an_hour >= 0)', "The number of e-mails an hour is zero or more."
    )

    billing_dunning_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminders of Businesses",
        domain="[('state', '=', 'in_force'), ('audience', '=', 'business'), ('company_id', 'in', [id, False])]",
        ondelete='restrict',
        help="For businesses and public buyers, unless something closer decides. Empty: the French ladder.",
    )
    billing_dunning_consumer_policy_id = fields.Many2one(
        'billing.dunning.policy',
        "Reminders of Consumers",
        domain="[('state', '=', 'in_force'), ('audience', '=', 'consumer'), ('company_id', 'in', [id, False])]",
        ondelete='restrict',
        help="For consumers and non-professionals, unless something closer decides. Empty: the French ladder.",
    )
