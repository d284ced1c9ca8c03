from odoo import api, models

_HANGS_ON_A_CASE = ('billing.dunning.item', 'billing.dunning.action', 'billing.promise', 'billing.payment.plan')


class BillingDunningCase(models.Model):
    """Cases of customers who turn out to be one: nothing of either is lost."""

    _inherit = 'billing.dunning.case'

    @api.model
    def _join(self, partners, customer):
        """Leave one case in each company of those of ``partners``, that of ``customer`` where it has one."""
        cases = self.search([('partner_id', 'in', partners.ids)])
        for some in cases.grouped('company_id').values():
            kept = some.filtered(lambda case: case.partner_id == customer) or some[0]
            for other in some - kept:
                kept._absorb(other)

    def _absorb(self, other):
        """Take over what hangs on the case ``other``, with its history; of each state the graver one stays."""
        self.ensure_one()
        for model in _HANGS_ON_A_CASE:
            self.env[model].search([('case_id', '=', other.id)])._unguarded().case_id = self
        earlier = {
            name: min(filter(None, (self[name], other[name])), default=False)
            for name in ('handed_over_on', 'contracts_held_on')
        }
        self._unguarded().write({**earlier, 'error': self.error or other.error})
        other.message_change_thread(self)
        other.activity_ids.res_id = self.id
        self.message_post(body=self.env._("The case of %s was joined with this one.", other.display_name))
        other.invalidate_recordset()
        other.unlink()
