from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.billing_contract import LIVE


class BillingPlanMigration(models.TransientModel):
    """Running contracts keep the terms that they took; this moves those that are ticked to what the plan says now."""

    _name = 'billing.plan.migration'
    _description = "Move Contracts to Their Plan"

    plan_id = fields.Many2one('billing.plan', required=True, readonly=True, ondelete='cascade')
    date = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(fields.Date.add(fields.Date.context_today(self), months=1), 'month'),
        help="First day of the new prices. Commitment, notice and fee are agreed anew at once.",
    )
    is_stale = fields.Boolean(compute='_compute_is_stale')
    computed_date = fields.Date(readonly=True)
    line_ids = fields.One2many('billing.plan.migration.line', 'migration_id')

    @api.depends('date', 'computed_date')
    def _compute_is_stale(self):
        for wizard in self:
            wizard.is_stale = wizard.date != wizard.computed_date

    def action_compute(self):
        """List the running contracts that differ from the plan, with what would change."""
        self.ensure_one()
        rows = self._rows(fields.Date.context_today(self))
        self.write({'computed_date': self.date, 'line_ids': [Command.clear(), *map(Command.create, rows)]})
        return {
            **self._get_records_action(name=self.env._("Move Contracts")),
            'target': 'new',
            'views': [(False, 'form')],
        }

    def action_confirm(self):
        """Amend the contracts that are ticked."""
        self.ensure_one()
        lines = self.line_ids.filtered('is_selected')
        if self.is_stale or not lines:
            raise UserError(
                self.env._("Plan %s: press “Compute” and tick the contracts that are to be moved.", self.plan_id.name),
            )
        today = fields.Date.context_today(self)
        for contract in lines.contract_id:
            contract._follow_plan(self.date, today)
        return True

    def _rows(self, today):
        """Values of the rows: each contract is amended and read, then all of it is taken back."""
        domain = [
            ('plan_id', '=', self.plan_id.id),
            ('state', 'in', LIVE),
            ('company_id', 'in', self.env.companies.ids),
        ]
        contracts = self.env['billing.contract'].search(domain)
        with self.env.cr.savepoint() as savepoint:
            rows = [row for contract in contracts if (row := self._row(contract, today))]
            savepoint.rollback()
        self.env.invalidate_all()
        return rows

    def _row(self, contract, today):
        """Values of the row of ``contract``, or None where it is as its plan says."""
        values = {'contract_id': contract.id, 'mrr_before': contract._mrr_on(self.date)}
        try:
            with self.env.cr.savepoint():
                amendment = contract._follow_plan(self.date, today)
        except UserError as error:
            return {**values, 'mrr_after': values['mrr_before'], 'changes': str(error), 'is_refused': True}
        if not amendment:
            return None
        return {**values, 'mrr_after': amendment.mrr_after, 'changes': amendment.summary, 'is_selected': True}


class BillingPlanMigrationLine(models.TransientModel):
    _name = 'billing.plan.migration.line'
    _description = "Contract to Move"

    migration_id = fields.Many2one('billing.plan.migration', required=True, ondelete='cascade', index=True)
    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    is_selected = fields.Boolean("Move")
    is_refused = fields.Boolean(readonly=True)
    mrr_before = fields.Monetary("MRR Before", readonly=True)
    mrr_after = fields.Monetary("MRR After", readonly=True)
    changes = fields.Text("What Changes", readonly=True)
