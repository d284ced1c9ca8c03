from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

LAPSES_AFTER = relativedelta(months=36)  # EPC rulebook: after the last collection presented, even one that failed
WARNED_BEFORE = timedelta(days=60)
OPEN = ('active', 'on_hold')  # signed, and not ended
LAPSE_ACTIVITY = 'recurring_billing.mail_activity_mandate_lapse'


class BillingMandate(models.Model):
    """The life of a mandate: sent, active, on hold, and the four ways in which it ends."""

    _inherit = 'billing.mandate'

    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('sent', "Sent to Debtor"),
            ('active', "Active"),
            ('on_hold', "On Hold"),
            ('revoked', "Revoked"),
            ('expired', "Expired"),
            ('consumed', "Used Up"),
        ],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    state_reason = fields.Char("Reason", readonly=True, copy=False)
    sent_on = fields.Date("Sent to the Debtor On", readonly=True, copy=False)
    revocation_date = fields.Date("Revoked On", readonly=True, copy=False, tracking=True)
    # guarded, and not readonly: a spreadsheet brings them with a running mandate
    first_collection_date = fields.Date("First Collection", copy=False)
    last_presentation_date = fields.Date(
        "Last Collection",
        copy=False,
        help="Date of the last debit that the bank was given, whether it was paid or not.",
    )
    is_only_rejected = fields.Boolean(
        readonly=True, copy=False, help="The bank rejected all debits so far: the next one is the first."
    )
    lapses_on = fields.Date(
        compute='_compute_lapses_on',
        store=True,
        index='btree_not_null',
        help="36 months after the last debit presented to the bank, or after the signature: from that day on the "
        "mandate must not be used any more.",
    )
    is_imported = fields.Boolean("Taken over from Other Software", readonly=True, copy=False)
    debit_ids = fields.One2many('billing.debit', 'mandate_id', readonly=True)
    debit_count = fields.Integer(compute='_compute_debit_count')

    @api.depends('last_presentation_date', 'signature_date')
    def _compute_lapses_on(self):
        for mandate in self:
            # of one taken over, the signature may be older than its last debit, never younger
            last = max(filter(None, (mandate.last_presentation_date, mandate.signature_date)), default=None)
            mandate.lapses_on = last and last + LAPSES_AFTER

    @api.depends('debit_ids')
    def _compute_debit_count(self):
        counts = dict(
            self.env['billing.debit']._read_group([('mandate_id', 'in', self.ids)], ['mandate_id'], ['__count']),
        )
        for mandate in self:
            mandate.debit_count = counts.get(mandate, 0)

    # === ACTION METHODS === #

    def action_redraft(self):
        """Take mandates back from the debtor, to correct and send them again."""
        self._require_state('sent')
        self._set_state('draft')
        self._unguarded().write({'sent_on': False})
        self.env.add_to_compute(self._fields['creditor_identifier'], self)
        return True

    def action_hold(self):
        return self._ask_reason('on_hold')

    def action_resume(self):
        return self._ask_reason('active')

    def action_end(self):
        return self._ask_reason('revoked')

    def _ask_reason(self, state):
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_mandate_stop_action')
        names = {
            'on_hold': self.env._("Put on Hold"),
            'active': self.env._("Resume"),
            'revoked': self.env._("Revoke"),
        }
        context = {'default_mandate_ids': self.ids, 'default_state': state}
        return {**action, 'name': names[state], 'context': context}

    def action_revoke(self):
        """End these mandates today; debits already sent go on, no new one is made."""
        self._revoke(fields.Date.context_today(self))
        return True

    def action_debits(self):
        self.ensure_one()
        return self.debit_ids._get_records_action(name=self.env._("Direct Debits"))

    # === BUSINESS METHODS === #

    def _hold(self, reason):
        """Make no debit from these mandates until they are resumed."""
        self._require_state('active')
        self._set_state('on_hold')
        self._give_reason(reason)

    def _resume(self, reason):
        """Debit from these mandates again."""
        self._require_state('on_hold')
        self._set_state('active')
        self._give_reason(reason)
        self._unguarded().write({'state_reason': False})

    def _revoke(self, day, reason=False):
        """End these mandates on ``day`` for ``reason``; a revoked mandate does not come back."""
        self._set_state('revoked')
        self._unguarded().write({'revocation_date': day})
        self._give_reason(reason)

    def _give_reason(self, reason):
        self._unguarded().write({'state_reason': reason})
        if reason:
            self._message_log_batch(bodies=dict.fromkeys(self.ids, reason))

    @api.model
    def _cron_expire(self):
        """End the mandates that have lapsed, and tell a person of those that will within 60 days."""
        today = fields.Date.context_today(self)
        lapsed = self._lapsed(today)
        lapsed._expire()
        self.env['ir.cron']._commit_progress(len(lapsed))
        soon = self._lapsing(today)
        for mandate in soon:
            mandate._warn_of_lapse()
        self.env['ir.cron']._commit_progress(len(soon))

    @api.model
    def _lapsed(self, today):
        """The mandates that nobody may use any more; a file of theirs that is not confirmed yet may have used them."""
        in_file = [('state', '=', 'in_file')]
        return self.search(
            [('state', 'in', OPEN), ('lapses_on', '<=', today), ('debit_ids', 'not any', in_file)],
        )

    def _expire(self):
        """End these mandates, which nobody has used for 36 months."""
        self._set_state('expired')
        self._give_reason(self.env._("No debit for 36 months: a new mandate is needed."))

    @api.model
    def _lapsing(self, today):
        """The mandates that lapse within 60 days and of which nobody was told."""
        domain = [('state', 'in', OPEN), ('lapses_on', '<=', today + WARNED_BEFORE)]
        mandates = self.search(domain)
        return mandates - self.browse(mandates.activity_search([LAPSE_ACTIVITY]).mapped('res_id'))

    def _warn_of_lapse(self):
        self._remind(
            LAPSE_ACTIVITY,
            self.env._(
                "Without a debit before this day the mandate lapses (36 months). Collect from it, or ask %s for a new "
                "one.",
                self.partner_id.display_name,
            ),
            self.lapses_on,
        )
