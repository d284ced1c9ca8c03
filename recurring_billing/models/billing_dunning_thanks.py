from odoo import api, fields, models
from odoo.tools import format_date


class BillingDunningCase(models.Model):
    """The word of thanks that ends a case, with the receipt, once the money is there to stay."""

    _inherit = 'billing.dunning.case'

    closed_on = fields.Date("Paid On", readonly=True, copy=False)
    thanks = fields.Selection(
        [('waiting', "Waits for the bank"), ('sent', "Sent"), ('none', "None: it was not paid")],
        "Thank-You",
        readonly=True,
        copy=False,
        index='btree_not_null',
    )

    def _close(self):
        """EXTENDS recurring_billing"""
        today = fields.Date.context_today(self)
        for case in self:
            reminded = case.action_ids.filtered(lambda action: action.state == 'done' and action.level_id.days > 0)
            is_new = reminded and (not case.closed_on or max(reminded.mapped('date')) > case.closed_on)
            case._unguarded().write({'closed_on': today, 'thanks': 'waiting' if is_new else case.thanks})
        return super()._close()

    @api.model
    def _thank_all(self, company, today, transaction):
        """Thank the reminded customers of ``company`` whose debts are paid, once the bank has the money.

        What was written off, netted or only credited is no payment: nobody is thanked for it.
        """
        if not company.billing_confirm_payments:
            return
        closed = [('company_id', '=', company.id), ('is_open', '=', False), ('thanks', '=', 'waiting')]
        cases = self.search(closed)
        kinds = {case: case._payment_kinds(today) for case in cases}
        unpaid = cases.filtered(lambda case: 'other' in kinds[case] or kinds[case] <= {'credit'})
        unpaid._unguarded().thanks = 'none'
        paid = (cases - unpaid).filtered(lambda case: not kinds[case] & {'waiting', 'settled'})
        _done, faults = self._isolate(paid, lambda some: some._send_thanks(), transaction)
        for case, error in faults.items():
            self._tell(case, case._responsible(), self._reason(error))
        transaction.commit()

    def _send_thanks(self):
        template = self.env.ref('recurring_billing.mail_template_dunning_thanks').sudo()  # users may not read templates
        template.send_mail_batch(self.filtered(lambda case: case._email()).ids)
        self._unguarded().thanks = 'sent'

    def _payment_kinds(self, today):
        """How the reminded invoices were cleared, as far as these occur: 'bank', 'settled' (a debit that may still come
        back), 'waiting', 'credit' and 'other'."""
        self.ensure_one()
        lines = self._reminded_items().move_line_id.matched_credit_ids.credit_move_id
        return {self._payment_kind(line, today) for line in lines}

    def _payment_kind(self, line, today):
        """What ``line``, which cleared an invoice, is (see `_payment_kinds`)."""
        move = line.move_id
        if move.move_type == 'out_refund':
            return 'credit'
        if move.statement_line_id:
            return 'bank'
        if payment := move.origin_payment_id:
            return 'bank' if payment.is_matched else 'waiting'
        debits = (
            self.env['billing.debit.item']
            .sudo()
            .search([('move_line_id', 'in', line.matched_debit_ids.debit_move_id.ids), ('state', '=', 'settled')])
        )
        if not debits:
            return 'other'
        return 'bank' if max(debit._return_window_end() for debit in debits.debit_id) < today else 'settled'

    def _reminded_items(self):
        return self.action_ids.filtered(lambda action: action.level_id.days > 0).item_ids

    def _receipt_rows(self):
        """What was paid when of the reminded invoices, in the customer's language."""
        self.ensure_one()
        partials = self._reminded_items().move_line_id.matched_credit_ids.sorted('max_date')
        return [
            {
                'name': partial.debit_move_id.move_id.name,
                'date': format_date(self.env, partial.max_date),
                'amount': partial.debit_currency_id.format(partial.debit_amount_currency),
                'kind': self.env._("credit note %s", partial.credit_move_id.move_id.name)
                if partial.credit_move_id.move_id.move_type == 'out_refund'
                else self.env._("payment"),
            }
            for partial in partials
        ]
