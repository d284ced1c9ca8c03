from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    billing_is_essential = fields.Boolean(
        "Essential Service",
        help="Water, energy of a home, emergency calls: a contract with such a service is never suspended.",
    )


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_suspension_days = fields.Integer(
        "Suspension Announced (Days)",
        default=15,
        help="So many days lie between the announcement of a suspension and the suspension.",
    )
    billing_suspension_billing = fields.Selection(
        [
            ('none', "is not billed: no service, no price"),
            ('later', "is billed once the service is resumed"),
            ('bill', "is billed as before"),
        ],
        "Suspended Time",
        default='none',
        required=True,
    )
    billing_resume_at = fields.Selection(
        [('paid', "everything is paid"), ('plan', "a payment plan is agreed"), ('promise', "a promise is taken")],
        "Service Resumed When",
        default='paid',
        required=True,
    )
    _billing_suspension_days_plausible = models.Constraint(
        'CHECK (billing_suspension_days BETWEEN 0 AND 90)', "A suspension is announced 0 to 90 days before."
    )


class BillingContract(models.Model):
    """The service of a contract: delivered, announced to be suspended, suspended until the customer pays."""

    _inherit = 'billing.contract'

    service_state = fields.Selection(
        [('active', "Active"), ('announced', "Suspension announced"), ('suspended', "Suspended")],
        "Service",
        default='active',
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    suspension_on = fields.Date(
        "Suspended From", readonly=True, copy=False, help="The announced day, or since when the service is suspended."
    )
    suspension_reason = fields.Char(readonly=True, copy=False)
    suspension_billing = fields.Selection(
        selection=lambda self: self.env['res.company']._fields['billing_suspension_billing'].selection,
        string="Suspended Time",
        help="Empty: as in the settings.",
    )
    is_billing_held = fields.Boolean(readonly=True, copy=False)
    is_rest_of_suspension = fields.Boolean(readonly=True, copy=False)
    resumed_on = fields.Date("Service Resumed On", readonly=True, copy=False)
    suspension_note = fields.Char(compute='_compute_suspension_note')

    @api.depends('service_state', 'suspension_on', 'suspension_reason')
    @api.depends_context('lang')
    def _compute_suspension_note(self):
        """Since when, why, and what lifts it."""
        resume_at = dict(self.company_id._fields['billing_resume_at']._description_selection(self.env))
        for contract in self:
            if contract.service_state == 'active':
                contract.suspension_note = False
                continue
            texts = {
                'day': format_date(self.env, contract.suspension_on),
                'reason': contract.suspension_reason,
                'lifted': resume_at[contract.company_id.billing_resume_at],
            }
            contract.suspension_note = (
                self.env._("Service suspended since %(day)s: %(reason)s. Resumed when %(lifted)s.", **texts)
                if contract.service_state == 'suspended'
                else self.env._("Suspension announced for %(day)s: %(reason)s. Void when %(lifted)s.", **texts)
            )

    # === ACTION METHODS === #

    def action_suspend(self):
        """Open the dialog that announces a suspension, or suspends."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_suspend_action')
        return {**action, 'context': {'default_contract_id': self.id}}

    def action_resume_service(self):
        """Deliver again, whatever is still due."""
        self._require_suspender()
        today = fields.Date.context_today(self)
        for contract in self:
            if contract.service_state == 'active':
                raise UserError(self.env._("Contract %s: its service is not suspended.", contract.name))
        self._resume_service(today, self.env._("by %s", self.env.user.name))
        return True

    @api.model
    def _require_suspender(self):
        if not self.env.user.has_group('recurring_billing.group_dunning'):
            raise AccessError(
                self.env._("Only the role “Reminders / Formal notices” may suspend a service or resume it by hand.")
            )

    # === BUSINESS METHODS === #

    def _suspension_fault(self):
        """Why the service of this contract may not be suspended, in words, or None."""
        self.ensure_one()
        if self.state not in ('running', 'paused'):
            return self.env._("Contract %s is not running: there is no service to suspend.", self.name)
        today = fields.Date.context_today(self)
        lines = self.line_ids.filtered(lambda line: not line.display_type and line._is_in_effect(today))
        essential = lines.product_id.filtered('billing_is_essential')
        if essential:
            return self.env._(
                "Contract %(contract)s: %(products)s is an essential service, which is never suspended.",
                contract=self.name,
                products=", ".join(essential.mapped('display_name')),
            )
        return None

    def _announce_suspension(self, day, reason):
        """Tell the customers that their service is suspended on ``day``, unless they pay before.

        :raises UserError: a contract that may not be suspended
        """
        for contract in self:
            if fault := contract._suspension_fault():
                raise UserError(fault)
        news = self.filtered(lambda contract: contract.service_state == 'active')
        news._unguarded().write({'service_state': 'announced', 'suspension_on': day, 'suspension_reason': reason})
        news._tell_service('recurring_billing.mail_template_suspension_announced')
        for contract in news:
            contract._message_log(body=contract.suspension_note)

    def _suspend(self, today, reason=None):
        """Suspend the service of these contracts from ``today`` on, and tell who delivers it.

        :raises UserError: an essential service; a consumer who was not told in time
        """
        for contract in self.filtered(lambda contract: contract.service_state != 'suspended'):
            if fault := contract._suspension_fault() or contract._told_fault(today):
                raise UserError(fault)
            why = reason or contract.suspension_reason
            contract._unguarded().write(
                {'service_state': 'suspended', 'suspension_on': today, 'suspension_reason': why}
            )
            contract._stop_billing(today)
            contract._tell_service('recurring_billing.mail_template_suspended')
            contract._message_log(body=contract.suspension_note)
            contract._emit('contract.suspended', lambda one: {'since': str(today), 'reason': one.suspension_reason})

    def _told_fault(self, today):
        """Consumers are told, and given the announced days, before anything is cut off."""
        if self.partner_id.commercial_partner_id.billing_party_kind not in ('consumer', 'nonpro'):
            return None
        if self.service_state == 'announced' and self.suspension_on <= today:
            return None
        return self.env._(
            "Contract %(contract)s: %(customer)s is a consumer, whose service is suspended only after it was announced "
            "and the announced day has come. Announce it first.",
            contract=self.name,
            customer=self.partner_id.display_name,
        )

    def _stop_billing(self, today):
        """What becomes of the suspended time: no price, a price later, or the price as before."""
        way = self.suspension_billing or self.company_id.billing_suspension_billing
        if way == 'later':
            self._unguarded().is_billing_held = True
        elif way == 'none' and not self._is_paused_on(today):
            self._amend('pause', today, today, date_until=False, is_billed=False, reason=self.env._("Suspended"))
            self._unguarded().is_rest_of_suspension = True

    def _resume_service(self, today, why):
        """Deliver again from ``today`` on: announcements are void, suspended services are resumed."""
        for contract in self.filtered(lambda contract: contract.service_state != 'active'):
            was_suspended = contract.service_state == 'suspended'
            is_rest = contract.is_rest_of_suspension and contract._is_paused_on(today)
            contract._unguarded().write(
                {
                    **{'service_state': 'active', 'suspension_on': False, 'suspension_reason': False},
                    **{'is_billing_held': False, 'is_rest_of_suspension': False},
                    'resumed_on': today if was_suspended else contract.resumed_on,
                }
            )
            if is_rest:
                contract._amend('resume', today, today, reason=self.env._("Service resumed"))
            if was_suspended:
                contract._message_log(body=self.env._("Service resumed: %s.", why))
                contract._tell_service('recurring_billing.mail_template_service_resumed')
                contract._emit('contract.resumed', lambda _one: {'since': str(today)})
            else:
                contract._message_log(body=self.env._("The announced suspension is void: %s.", why))

    def _tell_service(self, template):
        """Write to the customers of these contracts who have an address."""
        mailed = self.filtered('partner_id.email')
        self.env.ref(template).sudo().send_mail_batch(mailed.ids)  # users may not read templates

    def _emit(self, event, data):
        """Tell the systems that deliver the services of these contracts.

        :param data: function of a contract, called where somebody listens
        """
        hooks = {company: self.env['billing.webhook']._of(company, 'service') for company in self.company_id}
        for contract in self.filtered(lambda contract: hooks[contract.company_id]):
            hooks[contract.company_id]._emit(event, contract, {**contract._event_data(), **data(contract)})

    def _event_data(self):
        """How another system knows this contract."""
        return {
            'contract': self.name,
            'reference': self.external_reference or None,
            'customer': {'name': self.partner_id.name, 'reference': self.partner_id.ref or None},
            'state': self.state,
            'service': self.service_state,
        }

    def _terminate_unpaid(self, last, today):
        """End these contracts on ``last`` for unpaid invoices, with the fee that their terms name."""
        reason = self.env.ref('recurring_billing.termination_reason_unpaid')
        for contract in self:
            fee = contract._early_fee(last, today)
            contract._terminate(last, today, fee, termination_reason_id=reason.id, reason=reason.name)

    # === NIGHT === #

    @api.model
    def _announced_until(self, company, today):
        """The contracts of ``company`` whose announced day has come."""
        return self.search(
            [('company_id', '=', company.id), ('service_state', '=', 'announced'), ('suspension_on', '<=', today)]
        )

    def _judge_one(self, today):
        """Suspend what was announced for ``today`` and is still late; consumers wait for a person's click."""
        case = self.dunning_case_id
        if not case._late_items(today):
            self._resume_service(today, self.env._("nothing is late any more"))
            return
        if self._is_service_spared(case, today):
            return
        if self.partner_id.commercial_partner_id.billing_party_kind in ('consumer', 'nonpro'):
            summary = self.env._("Suspension of %s: its announced day has come, decide", self.name)
            case._ask('mail.mail_activity_data_todo', summary)
        else:
            self._suspend(today)

    def _is_service_spared(self, case, today):
        """Whether nothing is late now that nothing silences: then the announced day passes without effect."""
        late = case.open_item_ids.filtered(lambda item: item.date_due < today)
        silences = late.move_line_id._billing_silences(today)
        return not late.filtered(lambda item: item.move_line_id not in silences)
