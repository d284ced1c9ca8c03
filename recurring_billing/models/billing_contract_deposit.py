from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.proration import WHOLE
from .billing_bill import Bill


class BillingContract(models.Model):
    """The deposits of a contract, and what its next invoices deduct of its advances."""

    _inherit = 'billing.contract'

    deposit_ids = fields.One2many('billing.deposit', 'contract_id', copy=False)
    deposit_count = fields.Integer("Number of Deposits", compute='_compute_deposit_count')
    next_invoice_amount = fields.Monetary(
        "Next Amount", compute='_compute_next_invoice_amount', help="With taxes, less the advances that it deducts."
    )

    @api.depends('deposit_ids')
    def _compute_deposit_count(self):
        for contract in self:
            contract.deposit_count = len(contract.deposit_ids)

    @api.depends('next_period_id.amount_total', 'next_invoice_date', 'deposit_ids.remaining_amount')
    def _compute_next_invoice_amount(self):
        for contract in self:
            period = contract._next_owing()
            contract.next_invoice_amount = period.amount_total
            if pool := contract._advances_left() if period else {}:
                bills = period._to_bill()
                contract.next_invoice_amount = contract._tax_totals(bills + contract._deductions(bills, pool))[2]

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_with_their_deposits(self):
        if asked := self.deposit_ids.filtered('move_line_ids')[:1]:
            raise UserError(
                self.env._(
                    "Contract %(contract)s cannot be deleted: %(deposit)s was invoiced. Give it back, and keep the "
                    "contract as a draft.",
                    contract=asked.contract_id.name,
                    deposit=asked.display_name,
                ),
            )
        self.deposit_ids.unlink()

    def action_deposits(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_deposit_action')
        return {
            **action,
            'domain': [('contract_id', '=', self.id)],
            'context': {'default_contract_id': self.id},
        }

    def _advance_taxes(self):
        """The taxes of what this contract bills first: an advance bears those of the service that it pays."""
        self.ensure_one()
        if lines := self.line_ids.filtered(lambda line: line.kind == 'recurring' and not line.display_type):
            return lines[:1].tax_ids
        return self.fiscal_position_id.map_tax(self.company_id.account_sale_tax_id)

    def _advances_left(self):
        """{advance: `Decimal` that is left of it} of these contracts, the oldest first."""
        advances = self.deposit_ids.filtered(lambda deposit: deposit.kind == 'advance' and deposit.remaining_amount > 0)
        return {advance: Decimal(str(advance.remaining_amount)) for advance in advances.sorted('id')}

    def _deductions(self, bills, pool):
        """What an invoice of ``bills`` of this contract deducts of its advances.

        Never more than its lines with the taxes of the advance come to: neither the total nor a VAT goes below zero.

        :param pool: see `_advances_left`; what is deducted is taken out of it
        :return: list of `Bill`, amounts below zero
        """
        self.ensure_one()
        deductions = []
        for advance in [advance for advance in pool if advance.contract_id == self._origin and pool[advance]]:
            room, carrier = self._room(bills + deductions, advance.tax_ids)
            amount = min(pool[advance], room)
            if carrier and amount > 0:
                pool[advance] -= amount
                deductions.append(Bill(carrier, 'deposit', None, WHOLE, -1.0, float(amount), deposit=advance))
        return deductions

    def _room(self, bills, taxes):
        """(what ``bills`` with ``taxes`` come to, one line that bears them or None)"""
        same = [bill for bill in bills if (bill.credited or bill.line).tax_ids == taxes]
        carriers = [bill.line for bill in same if not bill.credited and bill.amount > 0]
        room = sum(Decimal(str(self.currency_id.round(bill.amount))) for bill in same)
        return room, carriers[0] if carriers else None
