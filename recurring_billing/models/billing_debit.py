from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import pain008, sepa_ids

UNDER_WAY = ('planned', 'in_file', 'sent')  # the unique index below says the same in SQL


class BillingDebit(models.Model):
    """One attempt to collect one due invoice from one mandate."""

    _name = 'billing.debit'
    _description = "Direct Debit"
    _order = 'date desc, id desc'
    _inherit = ['billing.state.mixin']
    _check_company_auto = True
    _guarded = frozenset(
        {
            'state',
            'collection_id',
            'move_line_id',
            'mandate_id',
            'amount',
            'end_to_end_id',
            'settlement_line_id',
            'return_date',
            'return_reason',
            'return_note',
            'return_move_id',
        },
    )
    _transitions = {
        'in_file': ('planned',),
        'sent': ('in_file',),
        'settled': ('sent',),
        'returned': ('sent', 'settled'),
        'dropped': ('planned', 'in_file'),
    }

    collection_id = fields.Many2one('billing.collection', required=True, readonly=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='collection_id.company_id', store=True, index=True)
    date = fields.Date("Collection Date", related='collection_id.date', store=True)
    move_line_id = fields.Many2one(
        'account.move.line',
        "Due Item",
        required=True,
        readonly=True,
        ondelete='restrict',
        index=True,
        check_company=True,
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice", store=True, index=True)
    partner_id = fields.Many2one(related='move_id.commercial_partner_id', string="Customer", store=True, index=True)
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
    currency_id = fields.Many2one(related='move_line_id.currency_id')
    amount = fields.Monetary(required=True, readonly=True)
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

    _once_under_way = models.UniqueIndex(
        "(move_line_id) WHERE state IN ('planned', 'in_file', 'sent')",
        "This invoice is already in another collection under way.",
    )
    _end_to_end_unique = models.UniqueIndex(
        "(end_to_end_id) WHERE end_to_end_id IS NOT NULL",
        "Each attempt needs an end-to-end id of its own.",
    )

    # === COMPUTE METHODS === #

    @api.depends('move_id.name', 'partner_id')
    def _compute_display_name(self):
        for debit in self:
            debit.display_name = f"{debit.move_id.name} · {debit.partner_id.display_name}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        debits = super().create(vals_list)
        debits._check_collectable()
        return debits

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Direct debits are kept as they happened: drop or return them instead."))

    # === ACTION METHODS === #

    def action_drop(self):
        """Take planned debits out of their collection: the invoice may be collected later or paid otherwise."""
        self._require_state('planned')
        self._set_state('dropped')
        return True

    def action_invoice(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    # === BUSINESS METHODS === #

    def _check_collectable(self):
        """Refuse what may not be debited.

        :raises UserError: names invoice, customer, field and remedy
        """
        for debit in self:
            if reason := debit.move_line_id._billing_refusal(debit.mandate_id):
                raise UserError(reason)

    def _faults(self):
        """Say in words why these debits cannot go into a file, one line each."""
        faults = []
        for debit in self:
            line = debit.move_line_id
            if reason := line._billing_refusal(debit.mandate_id):
                faults.append(reason)
            elif line.date_maturity > debit.date:
                faults.append(
                    self.env._(
                        "Invoice %(invoice)s of %(customer)s is due on %(due)s, after the collection date. Choose a "
                        "later date, or drop this debit.",
                        invoice=debit.move_id.name,
                        customer=debit.partner_id.display_name,
                        due=format_date(self.env, line.date_maturity),
                    ),
                )
            elif debit.currency_id.compare_amounts(line.amount_residual_currency, debit.amount) < 0:
                faults.append(
                    self.env._(
                        "Invoice %(invoice)s of %(customer)s: %(due)s is still due, but the debit takes %(amount)s. "
                        "Drop this debit and prepare the collection again.",
                        invoice=debit.move_id.name,
                        customer=debit.partner_id.display_name,
                        due=debit.currency_id.format(line.amount_residual_currency),
                        amount=debit.currency_id.format(debit.amount),
                    ),
                )
        return faults

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
            remittance=f"{self.company_id.name} {self.move_id.name}",
        )

    def _exact_amount(self):
        return Decimal(f"{self.amount:.2f}")

    def _status_text(self):
        """Where this debit stands, in one sentence for people."""
        self.ensure_one()
        env, day = self.env, format_date(self.env, self.date)
        texts = {
            'planned': env._("Direct debit planned for %s", day),
            'in_file': env._("Direct debit of %s in the bank file", day),
            'sent': env._("Direct debit of %s sent to the bank", day),
            'settled': env._("Collected by direct debit on %s", day),
            'dropped': env._("Direct debit of %s dropped", day),
        }
        if self.state == 'returned':
            returned = format_date(env, self.return_date)
            return env._(
                "Direct debit of %(day)s returned on %(returned)s: %(reason)s",
                day=day,
                returned=returned,
                reason=dict(self._fields['return_reason']._description_selection(env))[self.return_reason],
            )
        return texts[self.state]

    def _settlement_line_values(self, day):
        """The line of the settlement entry of ``day`` that clears this debit's invoice."""
        self.ensure_one()
        company = self.company_id
        balance = self.currency_id._convert(self.amount, company.currency_id, company, day)
        return {
            'name': f"{self.move_id.name} {self.mandate_id.name}",
            'account_id': self.move_line_id.account_id.id,
            'partner_id': self.partner_id.id,
            'currency_id': self.currency_id.id,
            'amount_currency': -self.amount,
            'balance': -balance,
        }
