from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import pain008, sepa_ids

UNDER_WAY = ('planned', 'in_file', 'sent')  # the unique index of the items says the same in SQL


class BillingDebit(models.Model):
    """One attempt to collect what one customer owes from one mandate: an invoice, or several with credit notes."""

    _name = 'billing.debit'
    _description = "Direct Debit"
    _order = 'date desc, id desc'
    _inherit = ['billing.state.mixin']
    _check_company_auto = True
    _guarded = frozenset(
        {
            'state',
            'collection_id',
            'company_id',
            'date',
            'partner_id',
            'account_id',
            'mandate_id',
            'currency_id',
            'amount',
            'is_imported',
            'imported_reference',
            'end_to_end_id',
            'sequence_type',
            'check_text',
            'check_model',
            'check_res_id',
            'recall_text',
            'confirmed_on',
            'settlement_line_id',
            'return_date',
            'return_reason_id',
            'return_kind',
            'return_note',
            'return_amount',
            'return_fee',
            'return_interest',
            'return_move_id',
            'retry_on',
            'is_given_up',
            'return_head_id',
            'return_message_id',
            'return_told_to',
            'recharge_move_id',
        },
    )
    _transitions = {
        'in_file': ('planned',),
        'sent': ('in_file',),
        'settled': ('sent',),
        'returned': ('sent', 'settled'),
        'dropped': ('planned', 'in_file'),
    }

    collection_id = fields.Many2one('billing.collection', readonly=True, ondelete='restrict', index=True)
    is_imported = fields.Boolean("Sent by Another Software", readonly=True, copy=False)
    company_id = fields.Many2one(related='mandate_id.company_id', store=True, index=True)
    date = fields.Date("Collection Date", compute='_compute_date', store=True, readonly=True)
    item_ids = fields.One2many('billing.debit.item', 'debit_id', "Invoices and Credit Notes")
    move_ids = fields.Many2many('account.move', string="Invoices", compute='_compute_moves', search='_search_move_ids')
    reference = fields.Char("Invoice Numbers", compute='_compute_moves')
    partner_id = fields.Many2one('res.partner', "Customer", required=True, readonly=True, index=True)
    account_id = fields.Many2one(
        'account.account',
        "Receivable Account",
        readonly=True,
        check_company=True,
        ondelete='restrict',
        index=True,
    )
    mandate_id = fields.Many2one(
        'billing.mandate',
        required=True,
        readonly=True,
        ondelete='restrict',
        index=True,
        check_company=True,
    )
    masked_iban = fields.Char(related='mandate_id.masked_iban')
    mandate_creditor_identifier = fields.Char(related='mandate_id.creditor_identifier')
    currency_id = fields.Many2one(
        'res.currency', default=lambda self: self.env.ref('base.EUR'), required=True, readonly=True
    )
    amount = fields.Monetary(compute='_compute_amount', store=True, readonly=True)
    sequence_type = fields.Selection(
        [('RCUR', "Recurrent"), ('FRST', "First"), ('OOFF', "One-off"), ('FNAL', "Last")],
        "Sequence",
        readonly=True,
        help="How the bank is told of this debit; set by the check.",
    )
    is_last = fields.Boolean(
        "Last Debit of the Mandate",
        copy=False,
        help="Tells the bank so (FNAL): once it is sent, the mandate has ended.",
    )
    end_to_end_id = fields.Char("End-to-End Id", readonly=True, copy=False, help="Comes back with the bank's answer.")
    state = fields.Selection(
        [
            ('planned', "Planned"),
            ('in_file', "In File"),
            ('sent', "Sent"),
            ('settled', "Settled"),
            ('returned', "Returned"),
            ('dropped', "Dropped"),
        ],
        "Status",
        default='planned',
        required=True,
        readonly=True,
        index=True,
    )
    settlement_line_id = fields.Many2one(
        'account.move.line',
        "Settlement Item",
        readonly=True,
        ondelete='restrict',
        index='btree_not_null',
    )

    _in_a_collection = models.Constraint(
        'CHECK (collection_id IS NOT NULL OR is_imported)',
        "A debit belongs to a collection, or was sent by another software.",
    )
    _takes_something = models.Constraint('CHECK (amount > 0)', "A debit takes more than nothing from the customer.")
    _end_to_end_unique = models.UniqueIndex(
        "(company_id, end_to_end_id) WHERE end_to_end_id IS NOT NULL",
        "Each attempt needs an end-to-end id of its own.",
    )

    # === COMPUTE METHODS === #

    @api.depends('collection_id.date')
    def _compute_date(self):
        for debit in self:
            debit.date = debit.collection_id.date or debit.date  # of an imported one, as it was given

    @api.depends('item_ids.amount')
    def _compute_amount(self):
        for debit in self:
            debit.amount = sum(debit.item_ids.mapped('amount')) if debit.item_ids else debit.amount

    @api.depends('item_ids.move_id.name', 'imported_reference', 'end_to_end_id')
    def _compute_moves(self):
        for debit in self:
            debit.move_ids = debit.item_ids.move_id
            names = ", ".join(debit.move_ids.mapped('name'))
            debit.reference = names or debit.imported_reference or debit.end_to_end_id

    def _search_move_ids(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return Domain('item_ids.move_id', operator, value)

    @api.depends('reference', 'partner_id')
    def _compute_display_name(self):
        for debit in self:
            debit.display_name = f"{debit.reference} · {debit.partner_id.display_name}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        debits = super().create(vals_list)
        debits._check_collectable()
        return debits

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Direct debits are kept as they happened: drop or return them instead."))

    def write(self, vals):
        if 'is_last' not in vals:
            return super().write(vals)
        self._require_state('planned')
        result = super().write(vals)
        self._set_sequences()
        self.collection_id._reopen()
        return result

    # === ACTION METHODS === #

    def action_drop(self):
        """Take planned debits out of their collection: the invoice may be collected later or paid otherwise."""
        self._require_state('planned')
        self._set_state('dropped')
        self.collection_id._reopen()
        return True

    def action_invoice(self):
        self.ensure_one()
        return self.move_ids._get_records_action()

    # === BUSINESS METHODS === #

    def _check_collectable(self):
        """Refuse what may not be debited.

        :raises UserError: names invoice, customer, field and remedy
        """
        for debit in self:
            for item in debit.item_ids:
                if reason := item.move_line_id._billing_refusal(debit.mandate_id):
                    raise UserError(reason)

    def _message_part(self):
        """This debit as plain data for the bank file."""
        self.ensure_one()
        mandate = self.mandate_id
        return pain008.Debit(
            end_to_end_id=self.end_to_end_id,
            amount=self._exact_amount(),
            mandate_reference=mandate.name,
            signature_date=mandate.signature_date,
            debtor=mandate.partner_id._billing_party(),
            iban=sepa_ids.compact(mandate.partner_bank_id.acc_number),
            bic=sepa_ids.compact(mandate.partner_bank_id.bank_bic),
            remittance=f"{self.company_id.name} {self.reference}",
            ultimate_debtor=self._paid_for().name or "",
            amendment=mandate._amendment_part(),
        )

    def _paid_for(self):
        """Whom the debit is made for, where the file must name them: as the mandate says, or who is paid for."""
        self.ensure_one()
        mandate = self.mandate_id
        is_paid_for = mandate.partner_id.commercial_partner_id != self.partner_id
        return mandate.ultimate_debtor_id or (self.partner_id if is_paid_for else self.partner_id.browse())

    def _matches(self):
        """The items that settle this debit, in order: credit notes go off the invoices, then money pays the rest.

        Invoices taken whole come before one taken in part. What was paid meanwhile is left out: the money for it stays
        a visible credit of the customer.
        """
        self.ensure_one()
        items = self.item_ids.filtered(lambda item: not item.move_line_id.reconciled)
        invoices = items.filtered(lambda item: item.amount > 0)
        parts = invoices.filtered(lambda item: item._is_part())
        credits = (items - invoices).move_line_id
        return [
            paid + owed
            for paid in (credits, self.settlement_line_id)
            for owed in ((invoices - parts).move_line_id, parts.move_line_id)
            if paid and owed
        ]

    def _exact_amount(self):
        return Decimal(f"{self.amount:.2f}")

    def _after_return(self, today):
        """Tell the invoices of these debits that they came back, and what follows, as planned ``today``."""
        bodies = {}
        for debit in self:
            for move in debit.move_ids:
                bodies.setdefault(move.id, debit._status_text())
        self.env['account.move'].browse(bodies)._message_log_batch(bodies=bodies)

    def _settlement_line_values(self, day):
        """The line of the settlement entry of ``day`` that clears this debit's invoice."""
        self.ensure_one()
        company = self.company_id
        balance = self.currency_id._convert(self.amount, company.currency_id, company, day)
        return {
            'name': f"{self.reference} {self.mandate_id.name}",
            'account_id': self._receivable_account().id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'amount_currency': -self.amount,
            'balance': -balance,
        }

    def _receivable_account(self):
        """The customer's account that this debit clears; of one that another software sent, the customer's own."""
        self.ensure_one()
        return self.account_id or self.partner_id.with_company(self.company_id).property_account_receivable_id
