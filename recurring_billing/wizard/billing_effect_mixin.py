from odoo import fields, models


class BillingEffectMixin(models.AbstractModel):
    """A dialog in two steps: what is wanted, then what it does to the money, before it is confirmed."""

    _name = 'billing.effect.mixin'
    _description = "Change with a Look at Its Effect"

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade')
    company_id = fields.Many2one(related='contract_id.company_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    step = fields.Selection([('edit', "Edit"), ('effect', "Effect")], default='edit', required=True, readonly=True)
    effect = fields.Html(readonly=True, sanitize=False)

    def action_see_effect(self):
        """Show what would be credited, charged and invoiced, without writing any of it."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        effect = self.contract_id._effect(lambda: self._apply(today), today)
        self.write({'step': 'effect', 'effect': self.contract_id._render_effect(effect)})
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.step = 'edit'
        return self._reopen()

    def action_confirm(self):
        """Do it, and tell where it is written down."""
        self.ensure_one()
        amendment = self._apply(fields.Date.context_today(self))
        return amendment._notice()

    def _apply(self, today):
        """Amend the contract as this dialog says.

        :return: the amendment
        """
        raise NotImplementedError

    def _reopen(self):
        action = self._get_records_action(name=self._title(), context={'dialog_size': 'extra-large'})
        return {**action, 'target': 'new', 'views': [(False, 'form')]}

    def _title(self):
        """The dialog's heading."""
        return self.contract_id.display_name
