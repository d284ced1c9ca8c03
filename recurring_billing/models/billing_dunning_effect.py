from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingDunningCase(models.Model):
    """What follows from a reminder level beyond its message: done by itself, or proposed to a person."""

    _inherit = 'billing.dunning.case'

    contracts_held_on = fields.Date(
        "No New Contracts Since", readonly=True, copy=False, tracking=True, help="Until everything is paid."
    )

    def _apply_effect(self, level, today):
        """Do what ``level`` brings about, or ask a person to."""
        for case in self:
            if level.effect == 'none':
                continue
            if level.effect_mode == 'do' and case._do_effect(level.effect, today):
                continue
            label = dict(level._fields['effect']._description_selection(self.env))[level.effect]
            summary = self.env._("%(level)s: %(effect)s", level=level.name, effect=label)
            case._ask('mail.mail_activity_data_todo', summary)

    def _do_effect(self, effect, today):
        """Do ``effect``; tell whether this case could."""
        if effect == 'hold_contracts':
            self._unguarded().contracts_held_on = today
        elif effect == 'hand_over':
            self._hand_over(today)
        else:
            return False
        return True

    def action_hold_contracts(self):
        """Let no further contract of this customer start until everything is paid."""
        self._unguarded().contracts_held_on = fields.Date.context_today(self)
        return True

    def action_release_contracts(self):
        """Let contracts of this customer start again, whatever is still due."""
        self._unguarded().contracts_held_on = False
        return True

    def action_hand_over(self):
        """Hand the case over to litigation: nobody is reminded any more, and the file for the lawyer is made."""
        self.ensure_one()
        self.check_access('write')
        self._require_dunning_manager()
        if not self.is_open:
            raise UserError(self.env._("%s owes nothing: there is nothing to hand over.", self.display_name))
        self._hand_over(fields.Date.context_today(self))
        return True

    def action_take_back(self):
        """Remind again what was handed over."""
        self._require_dunning_manager()
        self._unguarded().handed_over_on = False
        self.item_ids.filtered('is_open')._decisions(fields.Date.context_today(self))
        return True

    def _close(self):
        """EXTENDS recurring_billing: who owes nothing may have new contracts."""
        self.filtered('contracts_held_on')._unguarded().contracts_held_on = False
        return super()._close()


class BillingContract(models.Model):
    _inherit = 'billing.contract'

    def _start_faults(self):
        """EXTENDS recurring_billing: who is late beyond patience gets no further contract."""
        faults = super()._start_faults()
        for contract in self - self.browse().concat(*faults):
            case = contract.dunning_case_id
            if case.contracts_held_on and case.is_open:
                faults[contract] = self.env._(
                    "Contract %(contract)s: %(customer)s gets no new contract since %(day)s, because invoices are "
                    "late. Wait for the payment, or press “Allow Contracts” on its case under Late Payers.",
                    contract=contract.display_name,
                    customer=contract.partner_id.display_name,
                    day=format_date(self.env, case.contracts_held_on),
                )
        return faults
