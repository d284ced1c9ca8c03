from odoo import Command, fields, models


class BillingDebit(models.Model):
    """The bank's fee on a returned debit, recharged to a business by an invoice; never to a consumer.

    Costs of recovery without an enforceable title stay with the creditor (code of civil enforcement procedures, art.
    L111-8); between businesses their contract may say otherwise.
    """

    _inherit = 'billing.debit'

    recharge_move_id = fields.Many2one(
        'account.move', "Fee Recharged By", readonly=True, copy=False, index='btree_not_null', ondelete='restrict'
    )

    def _after_return(self, today):
        """EXTENDS recurring_billing"""
        self.filtered(lambda debit: debit._is_fee_recharged())._recharge_fees(today)
        return super()._after_return(today)

    def _is_fee_recharged(self):
        is_business = self.partner_id.billing_party_kind == 'business'
        return bool(self.return_fee) and is_business and bool(self.company_id.billing_fee_product_id)

    def _recharge_fees(self, today):
        """Post one invoice for the fee of each of these debits."""
        if not self:
            return
        moves = self.env['account.move'].create([debit._recharge_values(today) for debit in self])
        moves._post(soft=False)
        for debit, move in zip(self, moves, strict=True):
            debit._unguarded().recharge_move_id = move
        moves._billing_queue_sending()

    def _recharge_values(self, today):
        product = self.company_id.billing_fee_product_id
        name = self.env._("%(product)s: direct debit %(reference)s", product=product.name, reference=self.reference)
        line = {'product_id': product.id, 'name': name, 'quantity': 1.0, 'price_unit': self.return_fee}
        return {
            'move_type': 'out_invoice',
            'company_id': self.company_id.id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'invoice_date': today,
            'invoice_origin': self.end_to_end_id,
            'invoice_line_ids': [Command.create(line)],
        }


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_fee_product_id = fields.Many2one(
        'product.product',
        "Recharge Fees to Businesses As",
        domain="[('type', '=', 'service')]",
        help="The product, with its account (708800 in France) and tax, that invoices the bank's fee on a returned "
        "debit to a business. Empty: fees are not recharged. Consumers never pay them.",
    )
