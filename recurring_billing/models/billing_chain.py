import typing
from datetime import date

from odoo import api, fields, models
from odoo.tools import format_date

from .billing_debit import UNDER_WAY


class Step(typing.NamedTuple):
    """One badge of the chain: what it is, where it stands, and the record it opens."""

    label: str
    text: str
    record: models.BaseModel
    path: str  # of the record's action in the address
    tone: str  # 'success', 'info', 'secondary', 'warning' or 'danger'
    day: date | None = None
    amount: str = ""


class BillingChain(models.AbstractModel):
    """The chain from contract to reminder as one line of badges, the same on every record of it."""

    _name = 'billing.chain'
    _description = "Chain of a Contract"

    @api.model
    def _render(self, move, debit=None):
        """The chain through the invoice ``move``, as HTML; empty where there is nothing but the invoice.

        :param debit: the attempt to show, if not the last one
        """
        debit = debit or move.billing_debit_ids.filtered(lambda one: one.state != 'dropped').sorted('id')[-1:]
        steps = [step for step in self._steps(move, debit) if step]
        if len(steps) < 2:
            return False
        rows = [(step, format_date(self.env, step.day) if step.day else "") for step in steps]
        return self.env['ir.qweb']._render('recurring_billing.chain', {'rows': rows})

    @api.model
    def _steps(self, move, debit):
        return [
            self._contract_step(move.line_ids.billing_contract_id[:1]),
            self._invoice_step(move),
            self._debit_step(debit),
            self._bank_step(debit),
            self._reminder_step(move),
        ]

    @api.model
    def _contract_step(self, contract):
        if not contract:
            return None
        tone = {'running': 'success', 'paused': 'warning'}.get(contract.state, 'secondary')
        return Step(self.env._("Contract"), contract.name, contract, 'billing-contracts', tone, contract.date_start)

    @api.model
    def _invoice_step(self, move):
        tone = 'secondary'
        if move.state == 'posted':
            tone = 'info' if move.amount_residual else 'success'
            if move._billing_late(fields.Date.context_today(move)):
                tone = 'danger'
        amount = move.currency_id.format(move.amount_total)
        return Step(self.env._("Invoice"), move.name or "", move, 'customer-invoices', tone, move.invoice_date, amount)

    @api.model
    def _debit_step(self, debit):
        if not debit:
            return None
        tone = {'planned': 'secondary', 'settled': 'success', 'returned': 'danger'}.get(debit.state, 'info')
        state = debit._state_label(debit.state)
        amount = debit.currency_id.format(debit.amount)
        return Step(self.env._("Debit"), state, debit, 'billing-debits', tone, debit.date, amount)

    @api.model
    def _bank_step(self, debit):
        """What the bank said last of ``debit``."""
        label, collection = self.env._("Bank"), debit.collection_id
        if debit.state == 'returned':
            text = debit.next_step if debit.retry_on else debit.return_reason_id.display_name
            text = text or debit.return_reason_id.display_name
            tone = 'danger' if debit.needs_hand else 'warning'
            return Step(label, text, debit, 'billing-debits', tone, debit.return_date)
        if debit.state == 'settled' and debit._is_refundable():
            text = self.env._("Refundable until %s", format_date(self.env, debit.refundable_until))
            return Step(label, text, debit, 'billing-debits', 'success', collection.credited_on)
        if collection.credited_on:
            text = self.env._("Credited")
            return Step(label, text, collection, 'billing-collections', 'success', collection.credited_on)
        if collection.accepted_on and debit.state in UNDER_WAY:
            text = self.env._("Accepted")
            return Step(label, text, collection, 'billing-collections', 'info', collection.accepted_on)
        return None

    @api.model
    def _reminder_step(self, move):
        last = move.billing_reminder_ids.sorted('id')[-1:]
        if not last or not move.amount_residual:
            return None
        amount = move.currency_id.format(move.amount_residual)
        return Step(self.env._("Reminder"), self.env._("Sent"), last, 'billing-reminders', 'danger', last.date, amount)


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_chain = fields.Html(compute='_compute_billing_chain', sanitize=False)

    def _compute_billing_chain(self):
        for move in self:
            move.billing_chain = move.move_type == 'out_invoice' and self.env['billing.chain']._render(move)


class BillingDebit(models.Model):
    _inherit = 'billing.debit'

    chain = fields.Html(compute='_compute_chain', sanitize=False)

    def _compute_chain(self):
        for debit in self:
            move = debit.move_ids[:1]
            debit.chain = move and self.env['billing.chain']._render(move, debit)


class BillingContract(models.Model):
    """How the last invoice of a contract fared, and the debits of all of them."""

    _inherit = 'billing.contract'

    chain = fields.Html(compute='_compute_chain_of_last', sanitize=False)
    debit_note = fields.Char("Last Debit", compute='_compute_debit_note')
    debit_ids = fields.Many2many(
        'billing.debit', string="Direct Debits", compute='_compute_debit_ids', search='_search_debit_ids'
    )

    def _last_invoices(self):
        """{contract: its last posted invoice}"""
        rows = self.env['account.move.line']._read_group(
            [
                ('billing_contract_id', 'in', self.ids),
                ('parent_state', '=', 'posted'),
                ('move_type', '=', 'out_invoice'),
            ],
            ['billing_contract_id'],
            ['move_id:recordset'],
        )
        return {contract: moves.sorted(lambda move: (move.invoice_date, move.id))[-1:] for contract, moves in rows}

    def _compute_chain_of_last(self):
        invoices = self._last_invoices()
        for contract in self:
            move = invoices.get(contract._origin)
            contract.chain = move and self.env['billing.chain']._render(move)

    def _compute_debit_note(self):
        invoices = self._last_invoices()
        for contract in self:
            contract.debit_note = contract._origin in invoices and invoices[contract._origin].billing_debit_note

    def _compute_debit_ids(self):
        for contract in self:
            contract.debit_ids = contract._invoices().billing_debit_ids

    def _search_debit_ids(self, operator, value):
        if operator not in ('any', 'in'):
            return NotImplemented
        lines = self.env['account.move.line']._search(
            [
                ('billing_contract_id', '!=', False),
                ('move_id.billing_debit_item_ids', 'any', [('debit_id', operator, value)]),
            ]
        )
        return [('id', 'in', lines.subselect('billing_contract_id'))]


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_debit_ids = fields.One2many('billing.debit', 'partner_id', "Direct Debits", readonly=True)
    billing_chain = fields.Html(compute='_compute_billing_chain', sanitize=False)
    billing_debit_note = fields.Char("Last Debit", compute='_compute_billing_debit_note')
    billing_debit_count = fields.Integer(compute='_compute_billing_debit_note')

    def _billing_kept_debits(self):
        self.ensure_one()
        debits = self.commercial_partner_id.billing_debit_ids
        return debits.filtered(lambda debit: debit.state != 'dropped').sorted('id')

    def _compute_billing_chain(self):
        for partner in self:
            move = partner._billing_kept_debits()[-1:].move_ids[:1]
            partner.billing_chain = move and self.env['billing.chain']._render(move)

    def _compute_billing_debit_note(self):
        for partner in self:
            debits = partner._billing_kept_debits()
            partner.billing_debit_count = len(debits)
            partner.billing_debit_note = debits[-1:]._status_text() if debits else False

    def action_billing_debits(self):
        self.ensure_one()
        debits = self.commercial_partner_id.billing_debit_ids
        return debits._get_records_action(name=self.env._("Direct Debits"))
