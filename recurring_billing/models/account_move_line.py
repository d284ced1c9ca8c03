from odoo import Command, api, fields, models

from .billing_debit import UNDER_WAY

_DOUBTFUL = '416'  # accounts of doubtful debts in the French chart, which are no receivable accounts there


class AccountMoveLine(models.Model):
    _name = 'account.move.line'
    _inherit = ['account.move.line', 'billing.guard.mixin']

    # What a line bills is told by the run that made it: another word here would bill it twice, or never.
    _guarded = frozenset(
        {
            'billing_contract_line_id',
            'billing_period_id',
            'billing_kind',
            'billing_date_start',
            'billing_date_end',
            'billing_full_amount',
            'billing_credited_line_id',
            'billing_discount_ids',
            'billing_discount_id',
            'billing_shared_line_ids',
            'billing_part',
            'billing_revision',
            'billing_deposit_id',
        },
    )

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
    billing_kind = fields.Selection(
        [
            ('recurring', "Recurring"),
            ('setup', "Once"),
            ('usage', "Usage"),
            ('true_up', "Minimum Commitment"),
            ('discount', "Discount"),
            ('adjustment', "Adjustment"),
            ('deposit', "Deposit"),
            ('kept', "Kept of a deposit"),
        ],
        "Billed As",
        readonly=True,
        copy=False,
    )
    billing_date_start = fields.Date("Billed From", readonly=True, copy=False)
    billing_date_end = fields.Date("Billed Until", readonly=True, copy=False)
    billing_full_amount = fields.Monetary(
        "Price of the Period",
        readonly=True,
        copy=False,
        help="Where this line bills a part of a period: the price of the whole one, which its credits are shares of. "
        "Of usage: what this line bills, whatever is corrected by hand.",
    )
    billing_credited_line_id = fields.Many2one(
        'account.move.line',
        "Credited Line",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='set null',
        help="The invoice line that this line takes back.",
    )
    billing_discount_ids = fields.Many2many(
        'billing.discount',
        'billing_discount_move_line_rel',
        'move_line_id',
        'discount_id',
        "Discounts",
        readonly=True,
        copy=False,
        help="The discounts with which these days are billed: with others they are owed anew.",
    )
    billing_discount_id = fields.Many2one(
        'billing.discount',
        "Discount Given",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
        help="The discount that this line takes off.",
    )
    billing_shared_line_ids = fields.Many2many(
        'billing.contract.line',
        'billing_shared_move_line_rel',
        'move_line_id',
        'line_id',
        "Shared Among",
        readonly=True,
        copy=False,
        help="The lines that share an amount off the whole contract on these days: with others they are owed anew.",
    )
    billing_part = fields.Integer("Row of Usage", readonly=True, copy=False)
    billing_revision = fields.Integer(
        readonly=True,
        copy=False,
        help="Which billing of the period made this line; with line, period and kind it is unique. Zero: made by hand.",
    )
    billing_account_code = fields.Char("Account Code", related='account_id.code')
    billing_debit_item_ids = fields.One2many('billing.debit.item', 'move_line_id', "Direct Debits", readonly=True)

    _billing_once = models.UniqueIndex(
        "(billing_contract_line_id, billing_period_id, billing_kind, billing_date_start, "
        "COALESCE(billing_credited_line_id, 0), COALESCE(billing_discount_id, 0), COALESCE(billing_part, 0), "
        "billing_revision) "
        "WHERE billing_contract_line_id IS NOT NULL AND billing_revision > 0 AND parent_state != 'cancel'",
        "This contract line is already invoiced for this period.",
    )

    def _copy_data_extend_business_fields(self, values):
        """EXTENDS account: a credit note, and the invoice made anew after it, know which days they are about."""
        result = super()._copy_data_extend_business_fields(values)
        if self.billing_contract_line_id:
            values.update(
                {
                    'billing_contract_line_id': self.billing_contract_line_id.id,
                    'billing_period_id': self.billing_period_id.id,
                    'billing_kind': self.billing_kind,
                    'billing_date_start': self.billing_date_start,
                    'billing_date_end': self.billing_date_end,
                    'billing_credited_line_id': self.id,
                    'billing_discount_ids': [Command.set(self.billing_discount_ids.ids)],
                    'billing_discount_id': self.billing_discount_id.id,
                    'billing_shared_line_ids': [Command.set(self.billing_shared_line_ids.ids)],
                },
            )
            if self._billing_is_metered():
                values['billing_full_amount'] = self.billing_full_amount
        return result

    @api.model
    def _billing_match(self, matches, day=None):
        """Match each of ``matches``, with VAT on receipts made in one batch.

        Core makes the cash-basis entries match by match, which costs more than all the rest. Its own method, called
        once for all partials, gives the same entries.

        :param matches: lists of recordsets, of one company: those of one list are matched one after the other
        :param day: when they count as matched, if not on the later day of both: VAT on receipts is dated so
        """
        # a list in the list makes core remember from one round to the next what is left
        plan = [rounds[0] if len(rounds) == 1 else rounds for rounds in matches if rounds]
        lines = self.browse().union(*(lines for rounds in matches for lines in rounds))
        if lines.currency_id - lines.company_id.currency_id:
            self._reconcile_plan(plan)  # exchange differences want core's own way, match by match
            return
        before = lines.matched_debit_ids | lines.matched_credit_ids
        untaxed = lines.move_id.filtered(lambda move: not (move.line_ids.tax_ids | move.line_ids.tax_line_id))
        matching = self.with_context(billing_untaxed=frozenset(untaxed.ids))
        matching.with_context(no_cash_basis=True)._reconcile_plan(plan)
        partials = (lines.matched_debit_ids | lines.matched_credit_ids) - before
        if day:
            partials.max_date = day
        if any(lines.company_id.mapped('tax_exigibility')):
            partials = partials.with_env(matching.env)
            partials._create_tax_cash_basis_moves()
            partials._set_draft_caba_move_vals()

    @api.model
    def _billing_open_credits(self, partners, companies):
        """What these customers paid, or were credited, that nothing uses yet.

        An entry that moves what a customer owes to the account of doubtful debts, or to another customer's name, brings
        no money.
        """
        lines = self.search(
            [
                ('company_id', 'in', companies.ids),
                ('partner_id', 'child_of', partners.ids),
                ('parent_state', '=', 'posted'),
                ('account_type', '=', 'asset_receivable'),
                ('amount_residual', '<', 0),
            ]
        )
        return lines.filtered(lambda line: not line._billing_moves_a_debt())

    def _billing_moves_a_debt(self):
        """Whether this item stands in an entry that only puts the debt elsewhere."""
        self.ensure_one()
        move = self.move_id
        if move.move_type != 'entry' or move.origin_payment_id or move.statement_line_id:
            return False
        others = move.line_ids.filtered(lambda line: line.balance > 0)
        return all(
            line.partner_id
            and (line.account_type == 'asset_receivable' or (line.account_id.code or "").startswith(_DOUBTFUL))
            for line in others
        )

    @api.model
    def _billing_collectable_lines(self, company, day):
        """What ``company`` may collect by debit on ``day``: due invoices, and open credit notes of their customers.

        Open receivable items, posted, not under way, not disputed as a whole nor promised; of a debt in a payment plan
        by debit, the instalments due. One whose debit came back is tried again from the day that its reason's policy or
        a person planned; without one it is left to a person and to the reminders. Credit notes come last, below zero.
        `_billing_debit_amounts` says how much of each.
        """
        came_back = [
            *('&', ('debit_id.state', '=', 'returned'), '&', ('debit_id.is_overtaken', '=', False)),
            *('|', ('debit_id.retry_on', '=', False)),
        ]
        open_items = [
            ('company_id', '=', company.id),
            ('parent_state', '=', 'posted'),
            ('account_id.account_type', '=', 'asset_receivable'),
            ('reconciled', '=', False),
            ('move_id.payment_state', '!=', 'blocked'),
            ('no_followup', '=', False),
            ('billing_debit_item_ids', 'not any', [('state', 'in', UNDER_WAY)]),
            ('billing_debit_item_ids', 'not any', [*came_back, ('debit_id.retry_on', '>', day)]),
        ]
        invoices = self.search(
            [
                *open_items,
                ('move_id.move_type', '=', 'out_invoice'),
                ('amount_residual_currency', '>', 0),
                ('date_maturity', '<=', day),
                ('move_id.preferred_payment_method_line_id.code', '=', 'billing_sdd'),
            ],
            order='date_maturity, id',
        )
        amounts = invoices._billing_debit_amounts(day)
        invoices = invoices.filtered(lambda line: amounts[line] > 0)
        credits = self.search(
            [
                *open_items,
                ('move_id.move_type', '=', 'out_refund'),
                ('amount_residual_currency', '<', 0),
                ('currency_id.name', '=', 'EUR'),
                ('move_id.commercial_partner_id', 'in', invoices.move_id.commercial_partner_id.ids),
                ('account_id', 'in', invoices.account_id.ids),
            ],
            order='date, id',
        )
        return invoices + credits

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
                "Invoice %(invoice)s: %(customer)s has no active mandate, or it was revoked. Activate a mandate, drop "
                "the debit if there is one, and prepare again; or choose another way of payment on the invoice.",
                **texts,
            )
        if not mandate._pays_for(move.commercial_partner_id):
            return self.env._(
                "Invoice %(invoice)s of %(customer)s cannot be debited from mandate %(mandate)s of %(debtor)s. Choose "
                "a mandate of the same customer on the invoice, or enter on the customer who pays for it (“Paid By”).",
                mandate=mandate.name,
                debtor=mandate.partner_id.display_name,
                **texts,
            )
        if self.reconciled or move.state != 'posted':
            return self.env._("Invoice %(invoice)s of %(customer)s is not due any more: drop its debit.", **texts)
        return None
