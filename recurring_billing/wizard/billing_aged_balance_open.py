from odoo import fields, models
from odoo.tools import format_date


class BillingAgedBalanceOpen(models.TransientModel):
    _name = 'billing.aged.balance.open'
    _description = "Aged Balance at a Day"

    date = fields.Date("At the End Of", required=True, default=fields.Date.context_today)

    def action_open(self):
        """Show the aged balance at the end of the chosen day."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_aged_balance_action')
        return {
            **action,
            'name': self.env._("Aged balance on %s", format_date(self.env, self.date)),
            'context': {'search_default_group_partner': 1, 'billing_aged_on': fields.Date.to_string(self.date)},
        }
