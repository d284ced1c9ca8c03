from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .billing_debit import UNDER_WAY


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
            'billing_credited_line_id',
            'billing_discount_ids',
            'billing_discount_id',
            'billing_revision',
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
            ('discount', "Discount"),
            ('adjustment', "Adjustment"),
        ],
        "Billed As",
        readonly=True,
        copy=False,
    )
    billing_date_start = fields.Date("Billed From", readonly=True, copy=False)
    billing_date_end = fields.Date("Billed Until", readonly=True, copy=False)
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
    billing_revision = fields.Integer(
        readonly=True,
        copy=False,
        help="Which billing of the period made this line; with line, period and kind it is unique. Zero: made by hand.",
    )
    billing_account_code = fields.Char("Account Code", related='account_id.code')
    billing_debit_ids = fields.One2many('billing.debit', 'move_line_id', "Direct Debits")

    _billing_once = models.UniqueIndex(
        "(billing_contract_line_id, billing_period_id, billing_kind, billing_date_start, "
        "COALESCE(billing_credited_line_id, 0), COALESCE(billing_discount_id, 0), billing_revision) "
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
                },
            )
        return result

    def _billing_is_credit(self):
        """Whether this line takes back what another one billed; a copy made after a credit bills anew."""
        self.ensure_one()
        is_refund = self.move_id.move_type == 'out_refund'
        return bool(self.billing_credited_line_id) and (is_refund or self.quantity < 0)

    def _billing_is_charge(self):
        """Whether this line takes money for what it bills; a credit whose invoice is gone does not."""
        self.ensure_one()
        return self.quantity <= 0 if self.move_id.move_type == 'out_refund' else self.quantity >= 0

    def _billing_amount(self):
        """Price times quantity less discount, as a `Decimal` in the currency of the invoice.

        Positive whether it charges or credits; the line of a discount is below zero.
        """
        self.ensure_one()
        amount = self.currency_id.round(abs(self.quantity) * self.price_unit * (1 - self.discount / 100))
        return Decimal(str(amount))

    def _billing_tax_amounts(self):
        """What this invoice line bears in the ledger, as `Decimal`, positive where the line takes or gives money.

        :return: {(name of a total, id of its tax or False): amount}, by the names that core gives amounts typed by hand
        """
        self.ensure_one()
        base_lines, _tax_lines = self.move_id._get_rounded_base_and_tax_lines()
        details = next(line for line in base_lines if line['record'] == self)['tax_details']
        net = details['total_excluded_currency'] + details['delta_total_excluded_currency']
        amounts = {('total_excluded', False): net}
        for data in details['taxes_data']:
            if not data['is_reverse_charge']:  # core mirrors the tax itself
                amounts['tax_amount_currency', data['tax'].id] = data['tax_amount_currency']
                amounts['base_amount_currency', data['tax'].id] = data['base_amount_currency']
        sign = -1 if self.quantity < 0 else 1
        return {key: Decimal(str(sign * self.currency_id.round(amount))) for key, amount in amounts.items()}

    def _billing_reopens(self):
        """Whether the days of this credit are owed again: our own always, one made by hand where a person said so.

        A part of a line credited by hand is a goodwill gesture, which bills nothing again.
        """
        self.ensure_one()
        if self.billing_revision:
            return True
        move = self.move_id
        return move.billing_bill_again and move.state == 'posted' and self._billing_is_whole()

    def _billing_is_whole(self):
        """Whether this credit takes back all that its line billed."""
        self.ensure_one()
        return self._billing_amount() == self.billing_credited_line_id._billing_amount()

    def _billing_refuse_taking_away(self):
        """Refuse that these lines stop counting where one is a credit whose days are billed again meanwhile."""
        credits = self.filtered(lambda line: line.billing_period_id and line._billing_is_credit())
        for period in credits.billing_period_id:
            if period._is_billed_twice() or not period._is_billed_twice(without=self):
                continue
            mine = credits.filtered(lambda line, period=period: line.billing_period_id == period)
            again = mine._billing_charged_again() - self.move_id
            raise UserError(
                self.env._(
                    "%(credit)s takes back what %(invoices)s bills again for contract %(contract)s. Without it, "
                    "the same days would be billed twice: cancel or credit %(invoices)s first.",
                    credit=mine.move_id[:1]._get_move_display_name(),
                    invoices=", ".join(move._get_move_display_name() for move in again),
                    contract=period.contract_id.name,
                ),
            )

    def _billing_charged_again(self):
        """The invoices that charge the contract lines of these credits for their periods, beside the credited ones."""
        lines = self.billing_period_id._live_lines() - self.billing_credited_line_id
        again = lines.filtered(lambda line: line.billing_contract_line_id in self.billing_contract_line_id)
        return again.filtered(lambda line: line._billing_is_charge()).move_id

    @api.ondelete(at_uninstall=False)
    def _unlink_keeps_credits_of_what_is_billed_again(self):
        self._billing_refuse_taking_away()

    @api.model
    def _billing_match(self, pairs):
        """Match each recordset of ``pairs``, with VAT on receipts made in one batch.

        Core makes the cash-basis entries match by match, which costs more than all the rest. Its own method, called
        once for all partials, gives the same entries.
        """
        foreign = [pair for pair in pairs if pair.currency_id != pair.company_id.currency_id]
        if foreign:  # exchange differences want core's own way, match by match
            self._reconcile_plan(foreign)
        pairs = [pair for pair in pairs if pair.currency_id == pair.company_id.currency_id]
        if not pairs:
            return
        lines = self.browse().union(*pairs)
        before = lines.matched_debit_ids | lines.matched_credit_ids
        self.with_context(no_cash_basis=True)._reconcile_plan(pairs)
        partials = (lines.matched_debit_ids | lines.matched_credit_ids) - before
        if any(lines.company_id.mapped('tax_exigibility')):
            partials._create_tax_cash_basis_moves()
            partials._set_draft_caba_move_vals()

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

    def _billing_mandates(self):
        """The mandate that each line is debited from: its invoice's own while that is active, else the customer's."""
        active = {
            company: self.env['billing.mandate']._active_by_partner(lines.move_id.commercial_partner_id, company)
            for company, lines in self.grouped('company_id').items()
        }
        mandates = {}
        for line in self:
            own = line.move_id.billing_mandate_id
            customers = active[line.company_id].get(line.move_id.commercial_partner_id, own)
            mandates[line] = own if own.state == 'active' else customers
        return mandates

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
        if mandate.partner_id.commercial_partner_id != move.commercial_partner_id:
            return self.env._(
                "Invoice %(invoice)s of %(customer)s cannot be debited from mandate %(mandate)s of %(debtor)s. Choose "
                "a mandate of the same customer on the invoice.",
                mandate=mandate.name,
                debtor=mandate.partner_id.display_name,
                **texts,
            )
        if self.reconciled or move.state != 'posted':
            return self.env._("Invoice %(invoice)s of %(customer)s is not due any more: drop its debit.", **texts)
        return None
