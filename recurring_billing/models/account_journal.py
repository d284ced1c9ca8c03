from odoo import models
from odoo.exceptions import UserError


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    def _default_inbound_payment_methods(self):
        """EXTENDS account: a bank journal in euros offers SEPA direct debit."""
        methods = super()._default_inbound_payment_methods()
        direct_debit = self.env.ref('recurring_billing.account_payment_method_sdd', raise_if_not_found=False)
        # while our own data is not loaded yet, post_init_hook comes back to the journals
        if direct_debit and self.type == 'bank' and self._billing_is_in_euros():
            methods |= direct_debit
        return methods

    def _get_available_payment_method_lines(self, payment_type):
        """EXTENDS account: a debit is collected by our files, never by typing in a payment."""
        lines = super()._get_available_payment_method_lines(payment_type)
        return lines.filtered(lambda line: line.code != 'billing_sdd')

    def _billing_add_direct_debit(self):
        """Offer SEPA direct debit on these bank journals, where they are kept in euros and do not offer it yet."""
        method = self.env.ref('recurring_billing.account_payment_method_sdd')
        for journal in self:
            offered = journal.inbound_payment_method_line_ids.mapped('code')
            if journal._billing_is_in_euros() and 'billing_sdd' not in offered:
                self.env['account.payment.method.line'].create(
                    {'name': method.name, 'payment_method_id': method.id, 'journal_id': journal.id},
                )

    def _billing_is_in_euros(self):
        return (self.currency_id or self.company_id.currency_id).name == 'EUR'

    def _billing_outstanding_account(self):
        """The account of the payment method on this bank journal: 511600 in France.

        :raises UserError: where it has none
        """
        self.ensure_one()
        line = self.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')[:1]
        if not line.payment_account_id:
            raise UserError(
                self.env._(
                    "Journal %(journal)s: its payment method “SEPA Direct Debit” has no outstanding account. "
                    "Set one in the journal, on the page of incoming payments (511600 in France).",
                    journal=self.name,
                ),
            )
        return line.payment_account_id
