from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import pain008, sepa_ids

UNDER_WAY = ('planned', 'in_file', 'sent')  # the unique index below says the same in SQL
RETURN_REASONS = [  # EPC173-14; what follows from each is decided by the accountant
    ('AC01', "AC01 Account number wrong"),
    ('AC04', "AC04 Account closed"),
    ('AC06', "AC06 Account blocked"),
    ('AG01', "AG01 Debit forbidden on this account"),
    ('AM04', "AM04 Insufficient funds"),
    ('MD01', "MD01 No valid mandate"),
    ('MD06', "MD06 Refund asked by the customer"),
    ('MD07', "MD07 Customer deceased"),
    ('MS02', "MS02 Refused by the customer"),
    ('MS03', "MS03 Reason not given by the bank"),
    ('SL01', "SL01 Blocked by the customer's bank on demand"),
]


class BillingDebit(models.Model):
    """One attempt to collect one due invoice from one mandate."""

    _name = 'billing.debit'
    _description = "Direct Debit"
    _order = 'date desc, id desc'
    _inherit = ['billing.state.mixin']
    _check_company_auto = True
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
    return_date = fields.Date("Returned On", readonly=True)
    return_reason = fields.Selection(RETURN_REASONS, readonly=True)
    return_note = fields.Char("Bank's Text", readonly=True)
    return_move_id = fields.Many2one('account.move', "Return Entry", readonly=True, index='btree_not_null')

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
        self._set_state('dropped')
        return True

    def action_return(self):
        """Ask for date and reason of a return."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_debit_return_action')
        return {**action, 'context': {'default_debit_id': self.id}}

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

    def _return(self, day, reason, note=False):
        """Take these debits back: the invoice is open again, by an entry of the day of the return where it was settled.

        :param day: date of the return by the bank
        :param reason: a code of RETURN_REASONS
        :param note: the bank's own words
        :raises UserError: for a debit that was not sent, a day before the collection or in a locked period
        """
        for debit in self:
            debit._check_return(day)
        settled = self.filtered(lambda debit: debit.state == 'settled')
        self._set_state('returned')
        self.write({'return_date': day, 'return_reason': reason, 'return_note': note})
        if settled:
            settled._book_return(day)
        for debit in self:
            debit.move_id.message_post(body=debit._status_text())

    def _check_return(self, day):
        self.ensure_one()
        if self.state == 'settled':
            if day < self.date:
                raise UserError(
                    self.env._(
                        "The debit of invoice %(invoice)s was collected on %(date)s: it cannot be returned on %(day)s. "
                        "Enter the date of the bank's statement.",
                        invoice=self.move_id.name,
                        date=format_date(self.env, self.date),
                        day=format_date(self.env, day),
                    ),
                )
            self.company_id._billing_check_open_day(day, self.collection_id.settlement_journal_id, self.move_id)

    def _book_return(self, day):
        """Undo the match with the invoice and book the contra-entry, both dated ``day``, VAT on receipts included."""
        settlement_lines = self.settlement_line_id
        partials = settlement_lines.matched_debit_ids
        partials.with_context(billing_return_date=day).unlink()
        entries = self.env['account.move'].create([debit._return_entry_values(day) for debit in self])
        entries._post(soft=False)
        pairs = []
        for debit, entry in zip(self, entries, strict=True):
            debit.return_move_id = entry
            receivable = entry.line_ids.filtered(
                lambda line, debit=debit: line.account_id == debit.move_line_id.account_id
            )
            pairs.append(receivable + debit.settlement_line_id)
        self.env['account.move.line']._billing_match(pairs)

    def _return_entry_values(self, day):
        """Values of the contra-entry: customer back to owing, the outstanding account gives back what it held."""
        self.ensure_one()
        settled = self.settlement_line_id
        text = self.env._("Return %(reason)s %(invoice)s", reason=self.return_reason, invoice=self.move_id.name)
        shared = {'name': text, 'currency_id': settled.currency_id.id, 'partner_id': settled.partner_id.id}
        return {
            'move_type': 'entry',
            'journal_id': self.collection_id.settlement_journal_id.id,
            'company_id': self.company_id.id,
            'date': day,
            'ref': " ".join([self.return_reason, self.end_to_end_id or ""]).strip(),
            'line_ids': [
                fields.Command.create(
                    {
                        **shared,
                        'account_id': settled.account_id.id,
                        'amount_currency': -settled.amount_currency,
                        'balance': -settled.balance,
                    },
                ),
                fields.Command.create(
                    {
                        **shared,
                        'account_id': self.collection_id._outstanding_account().id,
                        'amount_currency': settled.amount_currency,
                        'balance': settled.balance,
                    },
                ),
            ],
        }
