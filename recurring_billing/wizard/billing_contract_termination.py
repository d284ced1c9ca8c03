from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingContractTermination(models.TransientModel):
    """What a termination needs to know, what it costs and brings, and then the termination itself."""

    _name = 'billing.contract.termination'
    _description = "Terminate a Contract"
    _inherit = ['billing.effect.mixin']

    committed_until = fields.Date(related='contract_id.committed_until')
    billed_until = fields.Date("Invoiced Until", compute='_compute_billed_until')
    early_fee = fields.Selection(string="Fee by Contract", related='contract_id.early_fee')
    reason_id = fields.Many2one('billing.termination.reason', required=True, ondelete='restrict')
    comment = fields.Text(help="What the customer said, or what was agreed.")
    notice_date = fields.Date(
        "Notice Received On", required=True, default=fields.Date.context_today, help="The notice period runs from it."
    )
    when = fields.Selection(
        [
            ('at_once', "At once, after the notice period"),
            ('period', "At the end of the billing period"),
            ('commitment', "At the end of the commitment"),
        ],
        "Ends",
        default='commitment',
        required=True,
    )
    earliest_date = fields.Date(
        "Earliest by Contract",
        compute='_compute_earliest_date',
        help="The first day on which the contract may end without breaking commitment or notice.",
    )
    date_end = fields.Date(
        "Last Day",
        required=True,
        compute='_compute_date_end',
        store=True,
        readonly=False,
        precompute=True,
        help="Last day that is invoiced; enter the day that the customer wishes. A period that is cut short is billed "
        "by days.",
    )
    is_early = fields.Boolean(compute='_compute_earliest_date')
    is_agreed = fields.Boolean("Agreed with the Customer", help="The contract ends before it has to, by agreement.")
    fee = fields.Monetary(
        "Early-Termination Fee",
        compute='_compute_fee',
        store=True,
        readonly=False,
        precompute=True,
        help="Without taxes, as the terms say. Enter 0 to waive it.",
    )
    fee_total = fields.Monetary("Fee with Taxes", compute='_compute_fee_total')

    @api.depends('contract_id')
    def _compute_billed_until(self):
        for wizard in self:
            wizard.billed_until = wizard.contract_id._billed_until()

    @api.depends('contract_id', 'notice_date', 'date_end')
    def _compute_earliest_date(self):
        for wizard in self:
            given = wizard.notice_date
            wizard.earliest_date = wizard.contract_id._earliest_end(given) if given else False
            wizard.is_early = bool(given and wizard.date_end and wizard.date_end < wizard.earliest_date)

    @api.depends('contract_id', 'notice_date', 'when')
    def _compute_date_end(self):
        for wizard in self:
            given = wizard.notice_date
            wizard.date_end = wizard.contract_id._earliest_end(given, wizard.when) if given and wizard.when else False

    @api.depends('contract_id', 'notice_date', 'date_end')
    def _compute_fee(self):
        for wizard in self:
            is_known = wizard.date_end and wizard.notice_date
            wizard.fee = wizard.contract_id._early_fee(wizard.date_end, wizard.notice_date) if is_known else 0.0

    @api.depends('contract_id', 'fee')
    def _compute_fee_total(self):
        for wizard in self:
            taxes = wizard.contract_id._fee_taxes()
            total = taxes.compute_all(wizard.fee, wizard.currency_id, handle_price_include=False)['total_included']
            wizard.fee_total = total

    @api.onchange('notice_date', 'date_end')
    def _onchange_days(self):
        """Refuse a slip of the year as soon as it is typed: nothing can be counted from it."""
        contract, today = self.contract_id, fields.Date.context_today(self)
        contract._check_notice_date(self.notice_date, today)
        if self.date_end:
            contract._refuse_far_start_or_end({'date_end': self.date_end}, today)
            contract._refuse_longer(self.date_end)

    @api.constrains('fee')
    def _check_fee(self):
        for wizard in self:
            if wizard.fee < 0:
                raise UserError(
                    self.env._(
                        "Contract %s, field “Early-Termination Fee”: it is below zero. Enter 0 to waive it.",
                        wizard.contract_id.name,
                    ),
                )

    def _apply(self, today):
        """OVERRIDE billing.effect.mixin: terminate; the contract closes once its last day has passed and is billed."""
        self.ensure_one()
        self._check_agreed()
        return self.contract_id._terminate(
            self.date_end,
            today,
            self.fee,
            termination_reason_id=self.reason_id.id,
            notice_date=self.notice_date,
            reason=self.comment,
        )

    def _title(self):
        """OVERRIDE billing.effect.mixin: what is done, and to which contract."""
        return self.env._("Terminate %s", f"{self.contract_id.name} · {self.contract_id.partner_id.display_name}")

    def _check_agreed(self):
        if self.is_early and not self.is_agreed:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “Last Day”: %(end)s is before %(earliest)s, the earliest day by "
                    "contract. Choose that day or a later one, or tick “Agreed with the Customer”.",
                    contract=self.contract_id.name,
                    end=format_date(self.env, self.date_end),
                    earliest=format_date(self.env, self.earliest_date),
                ),
            )
