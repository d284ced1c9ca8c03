from odoo import api, fields, models

from ..models.billing_commitment_mixin import COMMITMENT_TERMS
from ..models.billing_notice_mixin import NOTICE_TERMS

AGREED_TERMS = COMMITMENT_TERMS | NOTICE_TERMS

FROM_CONTRACT = {'compute': '_compute_commitment_terms', 'store': True, 'readonly': False, 'precompute': True}


class BillingContractChange(models.TransientModel):
    """Commitment and notice of one contract, agreed anew; a fixed term that goes on until a later day."""

    _name = 'billing.contract.change'
    _inherit = ['billing.contract.change', 'billing.commitment.mixin', 'billing.notice.mixin']

    commitment_months = fields.Integer(**FROM_CONTRACT)
    renewal = fields.Selection(default=None, **FROM_CONTRACT)
    renewal_months = fields.Integer(**FROM_CONTRACT)
    notice_count = fields.Integer(**FROM_CONTRACT)
    notice_unit = fields.Selection(default=None, **FROM_CONTRACT)
    early_fee = fields.Selection(default=None, **FROM_CONTRACT)
    early_fee_percent = fields.Float(**FROM_CONTRACT)
    early_fee_amount = fields.Float(**FROM_CONTRACT)
    early_fee_product_id = fields.Many2one(**FROM_CONTRACT)
    pause_extends = fields.Boolean(**FROM_CONTRACT)
    change_timing = fields.Selection(default=None, **FROM_CONTRACT)
    notice_debit_days = fields.Integer(**FROM_CONTRACT)
    committed_until = fields.Date(related='contract_id.committed_until')
    date_end = fields.Date(related='contract_id.date_end')
    extend_until = fields.Date(
        help="Last day of a longer term: the end moves, or the minimum term becomes longer. Tacit renewals follow it."
    )

    @api.depends('contract_id')
    def _compute_commitment_terms(self):
        for wizard in self:
            for name, default in AGREED_TERMS.items():
                wizard[name] = wizard.contract_id[name] or default

    @api.depends('contract_id')
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = wizard.contract_id.display_name

    @api.onchange('extend_until')
    def _onchange_extend_until(self):
        if self.extend_until:
            today = fields.Date.context_today(self)
            label = self._fields['extend_until']._description_string(self.env)
            self.contract_id._refuse_far(label, self.extend_until, today)

    def _wanted_terms(self):
        """EXTENDS billing.contract.change: with the commitment, and the longer term"""
        contract = self.contract_id
        wanted = {name: self._plain_term(name) for name in AGREED_TERMS}
        terms = {name: value for name, value in wanted.items() if value != contract._plain_term(name)}
        if self.extend_until:
            terms |= contract._extension(self.extend_until)
        return {**super()._wanted_terms(), **terms}
