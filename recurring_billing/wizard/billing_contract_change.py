from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class BillingContractChange(models.TransientModel):
    _name = 'billing.contract.change'
    _description = "Change a Running Contract"
    _inherit = ['billing.effect.mixin']

    action = fields.Selection(
        [('change', "Change"), ('pause', "Pause"), ('resume', "Resume"), ('undo', "Undo")],
        default='change',
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one(related='contract_id.partner_id')
    payer_id = fields.Many2one(related='contract_id.payer_id')
    amendment_id = fields.Many2one('billing.amendment', readonly=True)
    when = fields.Selection(
        [('today', "Today"), ('next_period', "Next period"), ('date', "Another day")],
        required=True,
        compute='_compute_when',
        store=True,
        readonly=False,
        precompute=True,
    )
    date = fields.Date(
        "From",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        help="First day on which it holds. A day in the past: what was billed since is credited and charged anew.",
    )
    is_past = fields.Boolean(compute='_compute_is_past')
    day_fault = fields.Char(compute='_compute_day_fault')
    reason = fields.Text(help="Why it was agreed. Kept in the history of the contract.")

    # === CHANGE === #

    line_ids = fields.One2many(
        'billing.contract.change.line',
        'change_id',
        "Agreed Lines",
        domain=[('line_id', '!=', False)],
        compute='_compute_line_ids',
        store=True,
        readonly=False,
    )
    added_ids = fields.One2many(
        'billing.contract.change.line', 'change_id', "New Lines", domain=[('line_id', '=', False)]
    )
    payment_method_line_id = fields.Many2one(
        'account.payment.method.line',
        "Paid By",
        domain="[('payment_type', '=', 'inbound'), ('company_id', '=', company_id)]",
        compute='_compute_payment_method_line_id',
        store=True,
        readonly=False,
        precompute=True,
        help="Holds at once for all that is not invoiced yet.",
    )
    is_direct_debit = fields.Boolean(compute='_compute_is_direct_debit')
    mandate_id = fields.Many2one(
        'billing.mandate', compute='_compute_mandate_id', store=True, readonly=False, precompute=True
    )

    # === PAUSE === #

    date_until = fields.Date("Until", help="Last day of the pause. Empty: until the contract is resumed.")
    is_billed = fields.Boolean("Billed All the Same", help="The days of the pause are invoiced as if there were none.")

    @api.depends('frequency', 'recurrence_interval', 'recurrence_unit')
    def _compute_when(self):
        for wizard in self:
            proposed = 'next_period' if wizard.contract_id.change_timing == 'next_period' else 'today'
            wizard.when = 'next_period' if wizard._is_new_frequency() else wizard.when or proposed

    @api.depends('when', 'contract_id')
    def _compute_date(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            contract = wizard.contract_id
            first = max(today, contract.date_start or today)
            if wizard.when == 'next_period' and contract:
                wizard.date = contract._next_period_start(first)
            else:
                wizard.date = wizard.date if wizard.when == 'date' and wizard.date else first

    @api.depends('date')
    def _compute_is_past(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            wizard.is_past = bool(wizard.date) and wizard.date < today

    @api.depends('contract_id', 'date', 'action')
    def _compute_day_fault(self):
        for wizard in self:
            is_asked = wizard.action != 'undo' and wizard.date and wizard.contract_id.date_start
            wizard.day_fault = wizard.contract_id._day_fault(wizard.action, wizard.date) if is_asked else False

    @api.depends('contract_id', 'date', 'action')
    def _compute_line_ids(self):
        """The lines that are in effect on the day; rows that stay keep what was typed, all of them on a wrong day."""
        for wizard in self:
            is_kept = wizard.action != 'change' or (wizard.line_ids and not wizard._is_within())
            items = wizard.line_ids.line_id if is_kept else wizard.contract_id._items_on(wizard.date)
            gone = wizard.line_ids.filtered(lambda row, items=items: row.line_id not in items)
            wizard.line_ids = [
                *(Command.delete(row.id) for row in gone),
                *(Command.create({'line_id': item.id}) for item in items - wizard.line_ids.line_id),
            ]

    @api.onchange('date', 'date_until')
    def _onchange_days(self):
        today = fields.Date.context_today(self)
        for name in ('date', 'date_until'):
            if self[name]:
                self.contract_id._refuse_far(self._fields[name]._description_string(self.env), self[name], today)

    @api.depends('contract_id')
    def _compute_payment_method_line_id(self):
        for wizard in self:
            wizard.payment_method_line_id = wizard.contract_id.payment_method_line_id

    @api.depends('payment_method_line_id.code')
    def _compute_is_direct_debit(self):
        for wizard in self:
            wizard.is_direct_debit = wizard.payment_method_line_id.code == 'billing_sdd'

    @api.depends('payment_method_line_id')
    def _compute_mandate_id(self):
        for wizard in self:
            contract = wizard.contract_id
            if wizard.payment_method_line_id == contract.payment_method_line_id:
                wizard.mandate_id = contract.mandate_id
            else:
                wizard.mandate_id = wizard.is_direct_debit and contract._active_mandate()

    # === WHAT IS WANTED === #

    def _apply(self, today):
        """OVERRIDE billing.effect.mixin: write the amendment that this dialog describes."""
        self.ensure_one()
        return getattr(self, f'_apply_{self.action}')(today)

    def _apply_change(self, today):
        lines = [(row.line_id, row._wanted()) for row in self.line_ids]
        return self.contract_id._change(
            self.date,
            today,
            lines=[(line, wanted) for line, wanted in lines if wanted != {}],
            added=[row._added_values() for row in self.added_ids],
            terms=self._wanted_terms(),
            reason=self.reason,
        )

    def _apply_pause(self, today):
        if self.date_until and self.date_until < self.date:
            raise UserError(
                self.env._(
                    "Contract %s, field “Until”: the pause ends before it begins. Enter its last day, or leave it "
                    "empty until the contract is resumed.",
                    self.contract_id.name,
                ),
            )
        pause = {'date_until': self.date_until, 'is_billed': self.is_billed, 'reason': self.reason}
        return self.contract_id._amend('pause', self.date, today, **pause)

    def _apply_resume(self, today):
        return self.contract_id._amend('resume', self.date, today, reason=self.reason)

    def _apply_undo(self, today):
        undoing = self.contract_id._undo(self.amendment_id, today)
        undoing.reason = self.reason
        return undoing

    def _wanted_terms(self):
        """The terms of the contract that are wanted otherwise than they are."""
        contract = self.contract_id
        terms = {
            name: self[name].id for name in ('payment_method_line_id', 'mandate_id') if self[name] != contract[name]
        }
        if self._is_new_frequency():
            self._check_offered()
            terms['recurrence'] = self._wanted_recurrence()
        return terms

    def _is_within(self):
        """Whether the day of the change is one of the contract's."""
        return bool(self.date) and not self.contract_id._day_fault(self.action, self.date)

    def _title(self):
        """OVERRIDE billing.effect.mixin: what is done, and to which contract."""
        action = dict(self._fields['action']._description_selection(self.env))[self.action]
        return f"{action} · {self.contract_id.name} · {self.partner_id.display_name}"
