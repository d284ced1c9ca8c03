"""What the suspension of a service hangs on and changes: billing, reminders, debits that come back, agreements."""

from odoo import api, fields, models
from odoo.fields import Domain

from .billing_transaction import Transaction

_BACK_DAYS = 30  # days after a resumption in which a debit that comes back announces the suspension again
_CLEARED_DAYS = 90  # days in which a write-off keeps a service from being resumed by itself


class BillingPeriod(models.Model):
    _inherit = 'billing.period'

    @api.model
    def _due_domain(self, until, company):
        """EXTENDS recurring_billing: suspended time that is billed later waits for the resumption."""
        return super()._due_domain(until, company) & Domain('contract_id.is_billing_held', '=', False)


class BillingDebit(models.Model):
    _inherit = 'billing.debit'

    def _after_return(self, today):
        """EXTENDS recurring_billing: what was resumed lately, by a payment that came back, is announced again."""
        result = super()._after_return(today)
        since = fields.Date.subtract(today, days=_BACK_DAYS)
        contracts = self.move_ids.line_ids.billing_contract_id.filtered(
            lambda contract: contract.resumed_on and contract.resumed_on >= since and not contract._suspension_fault()
        )
        for contract in contracts:
            day = fields.Date.add(today, days=contract.company_id.billing_suspension_days)
            contract._announce_suspension(day, self.env._("the payment came back"))
        return result


class BillingDunningCase(models.Model):
    _inherit = 'billing.dunning.case'

    contract_ids = fields.Many2many('billing.contract', compute='_compute_contract_ids', string="Contracts")

    @api.depends('partner_id', 'company_id')
    def _compute_contract_ids(self):
        contracts = self.env['billing.contract'].search(
            [('partner_id', 'child_of', self.partner_id.ids), ('company_id', 'in', self.company_id.ids)]
        )
        found = contracts.grouped(lambda one: (one.company_id, one.partner_id.commercial_partner_id))
        for case in self:
            case.contract_ids = found.get((case.company_id, case.partner_id), False)

    def _do_effect(self, effect, today):
        """EXTENDS recurring_billing: a service is announced to be suspended, a contract is terminated."""
        if effect not in ('suspend', 'terminate'):
            return super()._do_effect(effect, today)
        contracts = self.contract_ids & self.open_item_ids.move_id.line_ids.billing_contract_id
        able = contracts.filtered(lambda contract: not contract._suspension_fault())
        day = fields.Date.add(today, days=self.company_id.billing_suspension_days)
        if effect == 'suspend':
            able._announce_suspension(day, self.env._("unpaid invoices"))
        else:
            able._terminate_unpaid(day, today)
        return able == contracts and bool(able)

    def _lift(self, today, transaction=None):
        """Resume the services of those of these cases whose debt is paid with money that has come.

        A service that cannot be resumed keeps nobody from registering a payment: a person is told.
        """
        for case in self.filtered(lambda case: not case._late_items(today)):
            held = case._held_contracts()
            if held and not case._lately_cleared(today) & {'other', 'waiting'}:
                why = self.env._("everything is paid")
                _done, faults = self._isolate(
                    held, lambda some, why=why: some._resume_service(today, why), transaction or Transaction()
                )
                for contract, error in faults.items():
                    self._tell(contract, contract._responsible(), self._reason(error))

    def _held_contracts(self):
        """The contracts whose service is suspended, or announced to be."""
        return self.contract_ids.filtered(
            lambda contract: contract.service_state != 'active' and contract.state in ('running', 'paused')
        )

    def _late_items(self, today):
        return self.open_item_ids.filtered(lambda item: item.date_due < today)

    def _lately_cleared(self, today):
        """How the invoices of this case were cleared in the last months (see `_payment_kinds`)."""
        since = fields.Date.subtract(today, days=_CLEARED_DAYS)
        parts = self.item_ids.move_line_id.matched_credit_ids.filtered(lambda part: part.max_date >= since)
        return {self._payment_kind(line, today) for line in parts.credit_move_id}

    def _lift_at(self, agreement):
        """Resume the services where the settings let an ``agreement`` do: 'plan' or 'promise'."""
        order = ['paid', 'plan', 'promise']
        for case in self:
            if order.index(case.company_id.billing_resume_at) >= order.index(agreement):
                held = case._held_contracts()
                why = {'plan': self.env._("a payment plan was agreed"), 'promise': self.env._("a promise was taken")}
                held._resume_service(fields.Date.context_today(self), why[agreement])


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _billing_count_anew(self):
        """EXTENDS recurring_billing: payment lifts suspensions at once, once the money is there."""
        result = super()._billing_count_anew()
        # whoever registers a payment need not be of the recurring billing
        self.sudo().billing_dunning_item_ids.case_id._lift(fields.Date.context_today(self))
        return result


class BillingPaymentPlan(models.Model):
    _inherit = 'billing.payment.plan'

    def action_agree(self):
        """EXTENDS recurring_billing: a plan may resume the service."""
        result = super().action_agree()
        self.case_id._lift_at('plan')
        return result


class BillingPromise(models.Model):
    _inherit = 'billing.promise'

    @api.model_create_multi
    def create(self, vals_list):
        """EXTENDS recurring_billing: a promise may resume the service."""
        promises = super().create(vals_list)
        promises.case_id._lift_at('promise')
        return promises


class BillingDunningLevel(models.Model):
    _inherit = 'billing.dunning.level'

    effect = fields.Selection(
        selection_add=[('terminate', "Contracts terminated"), ('hand_over',)], ondelete={'terminate': 'set default'}
    )
