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
    is_effect_new = fields.Boolean(readonly=True, help="The effect is another one than was shown first.")

    def action_see_effect(self):
        """Show what would be credited, charged and invoiced, without writing any of it."""
        self.ensure_one()
        self.write({'step': 'effect', 'effect': self._seen_effect(), 'is_effect_new': False})
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.step = 'edit'
        return self._reopen()

    def action_confirm(self):
        """Do it, and tell where it is written down; what would come out otherwise than was shown is shown again."""
        self.ensure_one()
        if self.step == 'effect' and (effect := self._seen_effect()) != self.effect:
            self.write({'effect': effect, 'is_effect_new': True})
            return self._reopen()
        amendment = self._apply(fields.Date.context_today(self))
        return amendment._notice()

    def _seen_effect(self):
        """What is shown of the effect as of today."""
        today = fields.Date.context_today(self)
        contract = self.contract_id
        return contract._render_effect(contract._effect(lambda: self._apply(today), today))

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
