from odoo import fields, models
from odoo.exceptions import UserError


class BillingDunningCase(models.Model):
    """The other steps that a person takes from a case: to phone, to suspend, to write off."""

    _inherit = 'billing.dunning.case'

    def action_call(self):
        """Open a call to note down: what came of it is entered, and “Done” keeps it."""
        self.ensure_one()
        actions = self.env['billing.dunning.action']
        today = fields.Date.context_today(self)
        values = actions._values(self, actions.level_id, self.open_item_ids, 'call', today)
        call = actions._unguarded().create(values).with_env(self.env)
        return call._get_records_action(name=self.env._("Call"))

    def action_suspend(self):
        """Open the suspension of this customer's service, or its contracts where several could be suspended.

        :raises UserError: no contract of this customer can be suspended
        """
        self.ensure_one()
        able = self.contract_ids.filtered(
            lambda contract: contract.service_state != 'suspended' and not contract._suspension_fault()
        )
        if not able:
            faults = [contract._suspension_fault() for contract in self.contract_ids]
            raise UserError(
                "\n".join(filter(None, faults))
                or self.env._("%s has no contract whose service could be suspended.", self.display_name)
            )
        if len(able) > 1:
            return able._get_records_action(name=self.env._("Which Contract?"))
        return self._open_new('recurring_billing.billing_contract_suspend_action', contract_id=able.id)

    def action_write_off(self):
        """Open the write-off of the oldest invoice.

        :raises UserError: nothing is open
        """
        self.ensure_one()
        oldest = self.open_item_ids.sorted('date_due').move_id[:1]
        if not oldest:
            raise UserError(self.env._("%s owes nothing: there is nothing to write off.", self.display_name))
        return self._open_new('recurring_billing.billing_write_off_new_action', move_id=oldest.id)

    def _open_new(self, name, **defaults):
        """The action ``name`` with these default values."""
        action = self.env['ir.actions.act_window']._for_xml_id(name)
        return {**action, 'context': {f'default_{field}': value for field, value in defaults.items()}}
