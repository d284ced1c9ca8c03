"""The ladders as the ledger sees them: on a due item, on an invoice, and where either is cleared or taken back."""

from odoo import api, fields, models


class AccountMoveLine(models.Model):
    """Clearing as the ladder sees it."""

    _inherit = 'account.move.line'

    billing_dunning_item_ids = fields.One2many('billing.dunning.item', 'move_line_id', "Ladders")

    def _billing_count_anew(self):
        """After a part is paid, or is owed again, the wait for the next level begins anew."""
        # whoever registers a payment need not be of the recurring billing
        items = self.env['billing.dunning.item'].sudo().search([('move_line_id', 'in', self.ids)])
        items._unguarded().anchor = fields.Date.context_today(self)
        items.case_id._follow_clearing()


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_dunning_item_ids = fields.One2many('billing.dunning.item', 'move_id', "Ladders")
    billing_dunning_case_id = fields.Many2one(
        'billing.dunning.case', "Reminder Case", compute='_compute_billing_dunning_case_id', compute_sudo=True
    )

    @api.depends('billing_dunning_item_ids.case_id')
    def _compute_billing_dunning_case_id(self):
        for move in self:
            move.billing_dunning_case_id = move.billing_dunning_item_ids.case_id[:1]

    def write(self, vals):
        """EXTENDS account: what is reset to draft or cancelled is owed no more."""
        result = super().write(vals)
        if vals.get('state') in ('draft', 'cancel'):
            # whoever resets an invoice need not be of the recurring billing
            self.sudo().billing_dunning_item_ids.case_id._follow_clearing()
        return result

    def _billing_contracts(self):
        """{invoice: its contract}, the first of several, of those that a contract billed."""
        rows = self.env['account.move.line']._read_group(
            [('move_id', 'in', self.ids), ('billing_contract_id', '!=', False)],
            ['move_id'],
            ['billing_contract_id:min'],
        )
        contracts = self.env['billing.contract'].browse([contract for _move, contract in rows])
        return {move: contract for (move, _id), contract in zip(rows, contracts, strict=True)}
