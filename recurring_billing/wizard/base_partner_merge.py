from datetime import date

from odoo import api, fields, models

from ..models.billing_guard_mixin import DOOR


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Customers that become one have one reminder case in each company, and keep their mandates."""

    _inherit = 'base.partner.merge.automatic.wizard'

    @api.model
    def _merge_bank_accounts(self, src_partners, dst_partner):
        """EXTENDS base: the mandates follow their accounts to the same customer, so that no account is overwritten."""
        return super()._merge_bank_accounts(src_partners.with_context(billing_door=DOOR), dst_partner)

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """EXTENDS base, which knows nothing of the index of one case a customer: two of them would end the merge."""
        self._billing_cases(src_partners)._move_to(dst_partner.commercial_partner_id)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """EXTENDS base: who becomes the contact of a company has no case beside that of the company."""
        result = super()._update_values(src_partners, dst_partner)
        customer = dst_partner.commercial_partner_id
        self._billing_cases(dst_partner - customer)._move_to(customer)
        # what is late, silent or covered by credits is known only now
        self._billing_cases(customer).open_item_ids._decisions(fields.Date.context_today(self))
        return result

    @api.model
    def _billing_cases(self, customers):
        # whoever merges contacts need not be of the recurring billing, nor of each company
        return self.env['billing.dunning.case'].sudo().search([('partner_id', 'in', customers.ids)])


class BillingDunningCase(models.Model):
    """How the cases of customers that are one become one."""

    _inherit = 'billing.dunning.case'

    def _move_to(self, customer):
        """Make these the cases of ``customer``: one that it has in the same company takes over all that they hold."""
        kept = {case.company_id: case for case in self.search([('partner_id', '=', customer.id)])}
        for case in self:
            if case.company_id in kept:
                kept[case.company_id]._take_over(case)
            else:
                case._unguarded().partner_id = customer
                kept[case.company_id] = case
        for case in kept.values():
            case.action_ids._unguarded().partner_id = customer

    def _take_over(self, other):
        """Take over all that ``other``, a case of the same company, holds; it ends with that."""
        self.ensure_one()
        name = other.display_name
        self._unguarded().write((self | other)._joined_values())
        self.message_subscribe(other.message_partner_ids.ids)  # the same follower twice would cost base all of them
        # as base merges the bank accounts: whatever hangs on a case follows, also what others hang on it
        merge = self.env['base.partner.merge.automatic.wizard']
        merge._update_foreign_keys_generic(self._name, other, self)
        merge._update_reference_fields_generic(self._name, other, self)
        self.modified(['partner_id', 'item_ids'])
        other.unlink()
        self.message_post(body=self.env._("The reminders of %s go on here: both are one customer.", name))

    def _joined_values(self):
        """What a case says that stands for all of these.

        Handed over is all that was at one of them, new contracts are held since the first day, and a word of thanks
        that waits for the bank goes on waiting. What is paid already says nothing of what is open.
        """
        telling = self.filtered('is_open') or self
        held, handed = telling.mapped('contracts_held_on'), telling.mapped('handed_over_on')
        by_end = telling.sorted(lambda case: case.closed_on or date.min)
        # an open case is thanked for what was reminded since it was closed: of two, since the one closed first
        end = by_end[0] if telling[0].is_open else by_end[-1]
        parked = self.filtered('error')[:1]
        return {
            'contracts_held_on': min(filter(None, held), default=False),
            'handed_over_on': max(filter(None, handed), default=False),
            'closed_on': end.closed_on,
            'thanks': 'waiting' if 'waiting' in self.mapped('thanks') else end.thanks,
            'error': parked.error,
            'error_date': parked.error_date,
        }
