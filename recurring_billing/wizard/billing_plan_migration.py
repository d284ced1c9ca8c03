import time

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.billing_contract import LIVE
from ..models.billing_contract_plan_move import PARTS
from ..models.billing_transaction import Transaction

SLICE = 25  # contracts between two looks at the clock
PATIENCE = 40.0  # seconds of one press of a button: proxies wait for a minute


class BillingPlanMigration(models.TransientModel):
    """Running contracts keep the terms that they took; this moves what is ticked of each to what the plan says now."""

    _name = 'billing.plan.migration'
    _description = "Move Contracts to Their Plan"

    plan_id = fields.Many2one('billing.plan', required=True, readonly=True, ondelete='cascade')
    date = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.start_of(fields.Date.add(fields.Date.context_today(self), months=1), 'month'),
        help="First day of the new prices. Commitment, notice, fee and terms of revision are agreed anew at once.",
    )
    step = fields.Selection(
        [('edit', "Choose"), ('effect', "Effect"), ('done', "Done")], default='edit', required=True, readonly=True
    )
    is_stale = fields.Boolean(compute='_compute_is_stale')
    computed_date = fields.Date(readonly=True)
    line_ids = fields.One2many('billing.plan.migration.line', 'migration_id')
    parts = fields.Char(compute='_compute_parts')
    summary = fields.Text(readonly=True)
    progress = fields.Char(readonly=True, help="What is left where time was too short.")
    refused_ids = fields.Many2many('billing.plan.migration.line', compute='_compute_refused_ids')

    @api.depends('date', 'computed_date')
    def _compute_is_stale(self):
        for wizard in self:
            wizard.is_stale = wizard.date != wizard.computed_date

    @api.depends('line_ids.parts')
    def _compute_parts(self):
        """Which columns the list needs."""
        for wizard in self:
            found = {part for line in wizard.line_ids for part in (line.parts or "").split()}
            wizard.parts = " ".join(part for part in PARTS if part in found)

    @api.depends('line_ids.is_refused')
    def _compute_refused_ids(self):
        for wizard in self:
            wizard.refused_ids = wizard.line_ids.filtered('is_refused')

    # === ACTION METHODS === #

    def action_compute(self):
        """List the running contracts that differ from the plan; what was negotiated is not ticked."""
        self.ensure_one()
        domain = [
            ('plan_id', '=', self.plan_id.id),
            ('state', 'in', LIVE),
            ('company_id', 'in', self.env.companies.ids),
        ]
        rows = (self._row(contract) for contract in self.env['billing.contract'].search(domain))
        commands = [Command.create(row) for row in rows if row['parts']]
        self.write({'computed_date': self.date, 'step': 'edit', 'line_ids': [Command.clear(), *commands]})
        self._look(self.line_ids.filtered('is_selected'))
        return self._reopen()

    def action_see_effect(self):
        """Tell how many contracts would be moved, what it does to the revenue, and which of them are refused."""
        self.ensure_one()
        lines = self._ticked()
        if not self._look(lines):
            able = lines.filtered(lambda line: not line.is_refused)
            self.write({'step': 'effect', 'summary': self._summary(able)})
        return self._reopen()

    def action_back(self):
        self.ensure_one()
        self.step = 'edit'
        return self._reopen()

    def action_confirm(self):
        """Amend the contracts that are ticked, each on its own: what stops one of them is shown, and stops no other."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        left = self._in_slices(self._ticked(), lambda rows: self._move_slice(rows, today))
        done = self.line_ids.filtered('is_moved')
        self.progress = (
            self.env._(
                "Moved so far: %(done)s. Still to be moved: %(left)s. Press “Move Contracts” again to go on.",
                done=len(done),
                left=len(left),
            )
            if left
            else False
        )
        if not left:
            self.write({'step': 'done', 'summary': self._summary(done)})
        return self._reopen()

    # === BUSINESS METHODS === #

    def _ticked(self):
        lines = self.line_ids.filtered(lambda line: line.is_selected and not line.is_moved and line._chosen())
        if self.is_stale or not lines:
            raise UserError(
                self.env._("Plan %s: press “Compute” and tick the contracts that are to be moved.", self.plan_id.name),
            )
        return lines

    def _row(self, contract):
        """Values of the row of ``contract``: where it differs from its plan, and what is ticked to begin with."""
        texts = contract._plan_texts(self.date)
        negotiated = contract._negotiated_parts(self.date)
        ticked = {part for part in texts if part not in negotiated and part != 'ended'}
        return {
            'contract_id': contract.id,
            'parts': " ".join(texts),
            'changes': "\n".join(self._part_text(part, texts[part], part in negotiated) for part in texts),
            'is_negotiated': bool(negotiated & texts.keys()),
            'is_selected': bool(ticked),
            'mrr_before': (mrr := contract._mrr_on(self.date)),
            'mrr_after': mrr,
            **{f'moves_{part}': part in ticked for part in texts},
        }

    def _part_text(self, part, sentences, is_negotiated):
        text = "\n".join(sentences)
        if part == 'ended':
            return self.env._("%s (the plan no longer has it)", text)
        return self.env._("%s (negotiated)", text) if is_negotiated else text

    def _look(self, lines):
        """Write on ``lines`` what moving them would come to, or why it is refused; each is moved and taken back.

        :return: those that time was too short for, empty where all are known
        """
        today = fields.Date.context_today(self)
        new = lines.filtered(lambda line: line.looked_at != line._choice())
        left = self._in_slices(new, lambda rows: self._look_slice(rows, today))
        self.progress = (
            self.env._(
                "Computed so far: %(done)s of %(all)s contracts. Press “See the Effect” to go on.",
                done=len(lines) - len(left),
                all=len(lines),
            )
            if left
            else False
        )
        return left

    def _look_slice(self, lines, today):
        with self.env.cr.savepoint() as savepoint:
            done, refused = self._isolate(lines, today)
            savepoint.rollback()
        self.env.invalidate_all()
        for line, mrr in done.items():
            line.write({'mrr_after': mrr, 'is_refused': False, 'reason': False, 'looked_at': line._choice()})
        for line, error in refused.items():
            line._refuse(error)

    def _move_slice(self, lines, today):
        done, refused = self._isolate(lines, today)
        for line, mrr in done.items():
            line.write({'is_moved': True, 'is_refused': False, 'mrr_after': mrr})
        for line, error in refused.items():
            line._refuse(error)

    def _isolate(self, lines, today):
        """Move ``lines``, each on its own.

        :return: ({line: revenue afterwards}, {line: error})
        """
        done, refused = self.env['billing.worker']._isolate(
            lines, lambda rows: [row._move(today) for row in rows], Transaction()
        )
        return {line: mrr for rows, result in done for line, mrr in zip(rows, result, strict=True)}, refused

    def _in_slices(self, lines, step):
        """Call ``step`` on ``lines``, slice by slice, for as long as a person waits for a button.

        :return: the lines that are left
        """
        end = time.monotonic() + PATIENCE
        for start in range(0, len(lines), SLICE):
            step(lines[start : start + SLICE])
            if time.monotonic() >= end:
                return lines[start + SLICE :]
        return lines.browse()

    def _summary(self, lines):
        """How many contracts ``lines`` move, and their revenue before and after, in each currency."""
        texts = []
        for currency, rows in lines.grouped('currency_id').items():
            before, after = (sum(rows.mapped(name)) for name in ('mrr_before', 'mrr_after'))
            texts.append(
                self.env._(
                    "Contracts: %(count)s. MRR without taxes: %(before)s before, %(after)s after (%(sign)s%(change)s).",
                    count=len(rows),
                    before=currency.format(before),
                    after=currency.format(after),
                    sign="+" if after >= before else "",
                    change=currency.format(after - before),
                )
            )
        return "\n".join(texts) or self.env._("No contract.")

    def _reopen(self):
        title = self.env._("Move Contracts · %s", self.plan_id.name)
        action = self._get_records_action(name=title, context={'dialog_size': 'extra-large'})
        return {**action, 'target': 'new', 'views': [(False, 'form')]}


class BillingPlanMigrationLine(models.TransientModel):
    _name = 'billing.plan.migration.line'
    _description = "Contract to Move"

    migration_id = fields.Many2one('billing.plan.migration', required=True, ondelete='cascade', index=True)
    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    is_selected = fields.Boolean("Move")
    moves_frequency = fields.Boolean("Frequency")
    moves_prices = fields.Boolean("Prices")
    moves_lines = fields.Boolean("Lines", help="Products that the plan sells now, and lines that it has added.")
    moves_ended = fields.Boolean("Ended", help="End the lines that the plan no longer has.")
    moves_terms = fields.Boolean("Commitment", help="Minimum term, renewal, notice and fee.")
    moves_revision = fields.Boolean("Revision", help="How prices are revised each year.")
    parts = fields.Char(readonly=True, help="Where the contract differs from the plan.")
    is_negotiated = fields.Boolean(readonly=True)
    looked_at = fields.Char(readonly=True, help="The parts of which the revenue afterwards is known.")
    is_refused = fields.Boolean(readonly=True)
    is_moved = fields.Boolean(readonly=True)
    reason = fields.Text("Refused Because", readonly=True)
    mrr_before = fields.Monetary("MRR Before", readonly=True)
    mrr_after = fields.Monetary("MRR After", readonly=True)
    changes = fields.Text(readonly=True)
    note = fields.Text("What Changes", compute='_compute_note', help="Or why the contract cannot be moved.")

    @api.depends('changes', 'is_refused', 'reason')
    def _compute_note(self):
        for line in self:
            line.note = line.reason if line.is_refused else line.changes

    @api.onchange(*(f'moves_{part}' for part in PARTS))
    def _onchange_moves(self):
        """Whoever ticks a part of a contract wants it moved."""
        self.is_selected = bool(self._chosen())

    def _chosen(self):
        """Those of the parts in which this contract differs that are ticked."""
        self.ensure_one()
        return [part for part in (self.parts or "").split() if self[f'moves_{part}']]

    def _choice(self):
        return " ".join(self._chosen())

    def _move(self, today):
        """Move what is ticked of this contract, and return its revenue by the terms of the day of the move."""
        self.ensure_one()
        day, contract = self.migration_id.date, self.contract_id
        if fault := contract._day_fault('plan', day):
            raise UserError(fault)
        if not contract._follow_plan(day, today, self._chosen()):
            raise UserError(
                self.env._(
                    "Contract %s: nothing would change by what is ticked. Prices of a plan that bills otherwise come "
                    "with its frequency; press “Compute” where the contract was changed since.",
                    contract.name,
                ),
            )
        return contract._mrr_on(day)

    def _refuse(self, error):
        reason = self.env['billing.worker']._reason(error)
        values = {'is_refused': True, 'is_selected': False, 'reason': reason, 'looked_at': False}
        self.write({**values, 'mrr_after': self.mrr_before})
