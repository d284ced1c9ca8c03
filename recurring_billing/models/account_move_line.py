from odoo import api, fields, models

from .billing_debit import UNDER_WAY


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    billing_contract_line_id = fields.Many2one(
        'billing.contract.line',
        "Contract Line",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
    )
    billing_contract_id = fields.Many2one(
        'billing.contract',
        "Contract",
        related='billing_contract_line_id.contract_id',
        store=True,
        index='btree_not_null',
    )
    billing_period_id = fields.Many2one(
        'billing.period',
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
    )
    billing_revision = fields.Integer(
        readonly=True,
        copy=False,
        help="Which billing of the period made this line; with line and period it is unique.",
    )
    billing_debit_ids = fields.One2many('billing.debit', 'move_line_id', "Direct Debits")

    _billing_once = models.UniqueIndex(
        "(billing_contract_line_id, billing_period_id, billing_revision) "
        "WHERE billing_contract_line_id IS NOT NULL AND parent_state != 'cancel'",
        "This contract line is already invoiced for this period.",
    )

    @api.model
    def _billing_match(self, pairs):
        """Match each recordset of ``pairs``, with VAT on receipts made in one batch.

        Core makes the cash-basis entries match by match, which costs more than all the rest. Its own method, called
        once for all partials, gives the same entries.
        """
        lines = self.browse().union(*pairs)
        before = lines.matched_debit_ids | lines.matched_credit_ids
        self.with_context(no_cash_basis=True)._reconcile_plan(pairs)
        partials = (lines.matched_debit_ids | lines.matched_credit_ids) - before
        if any(lines.company_id.mapped('tax_exigibility')):
            partials._create_tax_cash_basis_moves()
            partials._set_draft_caba_move_vals()
        return partials

    @api.model
    def _billing_collectable_lines(self, company, day):
        """The open receivable lines of ``company``, due until ``day``, that are paid by debit and not debited yet.

        A returned debit is not tried again by itself: its invoice is left to a person and to the reminders.
        """
        return self.search(
            [
                ('company_id', '=', company.id),
                ('parent_state', '=', 'posted'),
                ('move_id.move_type', '=', 'out_invoice'),
                ('account_id.account_type', '=', 'asset_receivable'),
                ('reconciled', '=', False),
                ('amount_residual_currency', '>', 0),
                ('date_maturity', '<=', day),
                ('move_id.preferred_payment_method_line_id.code', '=', 'billing_sdd'),
                ('move_id.payment_state', '!=', 'blocked'),
                ('no_followup', '=', False),
                ('billing_debit_ids', 'not any', [('state', 'in', (*UNDER_WAY, 'returned'))]),
            ],
            order='date_maturity, id',
        )

    def _billing_mandate(self):
        """The mandate that this line is debited from: the one of its invoice, else the customer's active one."""
        self.ensure_one()
        own = self.move_id.billing_mandate_id
        return own or self.env['billing.mandate']._active_for(self.move_id.commercial_partner_id, self.company_id)

    def _billing_refusal(self, mandate):
        """Say why this line may not be debited from ``mandate``, or None; names invoice, customer, field and remedy."""
        self.ensure_one()
        move = self.move_id
        texts = {'invoice': move.name, 'customer': move.commercial_partner_id.display_name}
        if self.currency_id.name != 'EUR':
            return self.env._(
                "Invoice %(invoice)s of %(customer)s is in %(currency)s: SEPA debits are in euros only. "
                "Choose another way of payment on the invoice.",
                currency=self.currency_id.name,
                **texts,
            )
        if mandate.state != 'active':
            return self.env._(
                "Invoice %(invoice)s: %(customer)s has no active mandate. Activate a mandate, or choose another way of "
                "payment on the invoice.",
                **texts,
            )
        if self.reconciled or move.state != 'posted':
            return self.env._("Invoice %(invoice)s of %(customer)s is not due any more: drop its debit.", **texts)
        return None
