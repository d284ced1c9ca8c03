from odoo import models

from .billing_dunning_policy import AUDIENCE


class BillingDunningItem(models.Model):
    """The policy of an invoice where its customer turns out to be of another kind than the ladder began with."""

    _inherit = 'billing.dunning.item'

    def _decisions(self, today):
        """EXTENDS recurring_billing: a consumer is not reminded by the rules for businesses, nor a business as one."""
        self._follow_kind()
        return super()._decisions(today)

    def _follow_kind(self):
        """Have these items go on under a policy for the kind of their customer: above its levels for which they were
        late enough when they were reminded last."""
        strangers = self.browse()
        for policy, items in self.grouped('policy_id').items():
            others = items.partner_id.filtered(
                lambda customer, policy=policy: policy.audience != AUDIENCE[customer.billing_party_kind or 'consumer']
            )
            if others:  # a kind is seldom corrected
                strangers |= items.filtered(lambda item, others=others: item.partner_id in others)
        contracts = strangers.move_id._billing_contracts()
        for item in strangers:
            policy = item.policy_id._for(item.company_id, item.partner_id, contracts.get(item.move_id))
            if policy:
                passed = policy.level_ids.filtered(lambda level, item=item: level.days <= item.level_id.days)
                item._unguarded().write({'policy_id': policy.id, 'level': len(passed) if item.level else 0})
