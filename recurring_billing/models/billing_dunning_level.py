from odoo import api, fields, models

from ..tools import short_text

_WRITES = ('by_email', 'by_letter')
_TEXTS = ('by_sms', 'by_gateway')
_CHANNELS = (*_WRITES, *_TEXTS, 'by_call')


class BillingDunningLevel(models.Model):
    """One step of a reminder policy: when it comes, how it is said, what it costs and what follows from it."""

    _name = 'billing.dunning.level'
    _description = "Reminder Level"
    _order = 'policy_id, sequence, id'
    _check_company_auto = True

    policy_id = fields.Many2one('billing.dunning.policy', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='policy_id.company_id', store=True, index='btree_not_null')
    currency_id = fields.Many2one(related='policy_id.currency_id')
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    days = fields.Integer(
        "Days After Due Date", required=True, help="Below zero: before it, such as -7 for a week before."
    )
    min_days = fields.Integer(
        "Days Since Last Action",
        default=7,
        help="At least so many days lie between the last action about an invoice and this one, also where reminders "
        "were not run for a while.",
    )
    min_amount = fields.Monetary("Smallest Amount", help="An invoice of which less is open stays where it is.")

    by_email = fields.Boolean("E-mail", default=True)
    by_sms = fields.Boolean("SMS")
    by_gateway = fields.Boolean("Messaging Platform")
    by_letter = fields.Boolean("Letter")
    by_call = fields.Boolean("Call", help="An activity asks somebody to phone.")
    template_id = fields.Many2one(
        'mail.template',
        "Text",
        domain="[('model', '=', 'billing.dunning.action')]",
        ondelete='restrict',
        help="Of the e-mail and of the letter, in the customer's language: translate it in the template.",
    )
    short_text = fields.Text(
        translate=True,
        help="Of the SMS and of the messaging platform, in the customer's language. {company}, {customer}, {amount}, "
        "{invoices} and {days} stand for what they say; {days} counts from the oldest due date.",
    )
    attaches_invoices = fields.Boolean("Attach Invoices", help="The e-mail carries the invoices as PDF.")

    late_fees = fields.Selection(
        [('none', "Not mentioned"), ('announced', "Announced"), ('charged', "Charged")],
        "Interest and Indemnity",
        required=True,
        default='none',
        help="Announced: the message tells what lateness costs so far. Charged: a document of its own, without VAT, "
        "is posted. Consumers never owe the indemnity of 40 EUR.",
    )
    is_formal_notice = fields.Boolean(
        "Formal Notice", help="Starts the interest that consumers owe, on the day they receive it."
    )
    is_manual = fields.Boolean("Confirmed by Hand", help="Nothing of this level is done before a person confirms it.")
    effect = fields.Selection(
        [
            ('none', "Nothing"),
            ('hold_contracts', "No new contracts"),
            ('suspend', "Service suspended"),
            ('hand_over', "Handed over to litigation"),
        ],
        "What Follows",
        required=True,
        default='none',
    )
    effect_mode = fields.Selection(
        [('propose', "Proposed to a person"), ('do', "Done by itself")], "How", required=True, default='propose'
    )

    _days_plausible = models.Constraint(
        'CHECK (days BETWEEN -60 AND 730)', "A level comes between 60 days before and 730 days after the due date."
    )
    _limits_positive = models.Constraint(
        'CHECK (COALESCE(min_days, 0) >= 0 AND COALESCE(min_amount, 0) >= 0)',
        "Days since the last action and the smallest amount of a level are zero or more.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels.policy_id._require_draft()
        return levels

    def write(self, vals):
        self.policy_id._require_draft()
        result = super().write(vals)
        if 'policy_id' in vals:
            self.policy_id._require_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts_only(self):
        self.policy_id._require_draft()

    @api.onchange('is_formal_notice', 'effect')
    def _onchange_legal_act(self):
        """Formal notices and suspensions need a person, unless somebody decides otherwise."""
        if self.is_formal_notice or self.effect in ('suspend', 'terminate', 'hand_over'):
            self.is_manual = True

    def _is_grave(self):
        """Whether only the role of formal notices may do this level."""
        self.ensure_one()
        does = self.effect in ('suspend', 'terminate') and self.effect_mode == 'do'
        return self.is_formal_notice or self.effect == 'hand_over' or does

    def _stage(self):
        """How far a case has come that has reached this level."""
        self.ensure_one()
        if self.effect == 'hand_over':
            return 'court'
        if self.is_formal_notice:
            return 'notice'
        if self.days <= 0:
            return 'before'
        after = self.policy_id.level_ids.sorted().filtered(lambda level: level.days > 0)
        return 'first' if self == after[:1] else 'further'

    def _channel_fault(self):
        """Why this level could say nothing to anybody, or None."""
        self.ensure_one()
        if not any(self[channel] for channel in _CHANNELS) and self.effect != 'hand_over':
            return self.env._("Level “%s” has no channel: choose one, such as the e-mail.", self.name)
        if any(self[channel] for channel in _WRITES) and not self.template_id:
            return self.env._("Level “%s” has no text for its e-mail or letter: choose a template.", self.name)
        if self.template_id and self.template_id.model != 'billing.dunning.action':
            return self.env._("Level “%s”: its text is not one of reminders. Choose another template.", self.name)
        if any(self[channel] for channel in _TEXTS) and not (self.short_text or "").strip():
            return self.env._("Level “%s” has no text for its SMS or message: enter one.", self.name)
        for lang, _name in self.env['res.lang'].get_installed():
            text = self.with_context(lang=lang).short_text
            if unknown := text and short_text.fault(text):
                return self.env._(
                    "Level “%(level)s”: its SMS or message cannot be filled (%(fault)s). Between braces may stand "
                    "%(places)s.",
                    level=self.name,
                    fault=unknown,
                    places=", ".join(f"{{{place}}}" for place in short_text.PLACES),
                )
        return None

    def _early_fault(self):
        """Why nothing of this may come before anybody is late, or None."""
        self.ensure_one()
        is_harmless = self.late_fees == 'none' and self.effect == 'none' and not self.is_formal_notice
        if self.days > 0 or is_harmless:
            return None
        return self.env._(
            "Level “%s” comes before anybody is late: no interest, no formal notice and no effect belong there.",
            self.name,
        )
