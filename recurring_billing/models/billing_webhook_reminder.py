from odoo import models


class BillingWebhookDelivery(models.Model):
    _inherit = 'billing.webhook.delivery'

    def _give_up(self):
        """EXTENDS recurring_billing: a person sends the text instead."""
        result = super()._give_up()
        actions = self.env['billing.dunning.action'].search([('delivery_id', 'in', self.ids), ('state', '=', 'done')])
        for action in actions:
            action._unguarded().write({'state': 'failed', 'failure': self.failure})
            action._ask_for(
                self.env._("The messaging platform did not take the reminder: reach the customer otherwise")
            )
        return result
