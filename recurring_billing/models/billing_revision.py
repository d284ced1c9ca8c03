from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .billing_contract import LIVE
from .billing_transaction import CronTransaction, Transaction

AHEAD = 60  # days: time to write to the customers before their prices change
AT_ONCE = 20  # contracts that a button revises while its user waits: each takes up to half a second with its letter


class BillingRevision(models.Model):
    """The revision of the prices of all contracts that is due until a day: previewed, then done."""

    _name = 'billing.revision'
    _description = "Price Revision"
    _inherit = ['billing.state.mixin']
    _order = 'date_until desc, id desc'
    _guarded = frozenset({'state'})
    _transitions = {'running': ('preview',), 'done': ('running',)}
    _check_company_auto = True

    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_until = fields.Date(
        "Revisions Until",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=AHEAD),
        help="Contracts whose prices are to be revised on or before this day.",
    )
    writes_letters = fields.Boolean(
        "Write to Customers",
        default=True,
        help="Each customer gets a letter with old and new prices, in their language.",
    )
    state = fields.Selection(
        [('preview', "Preview"), ('running', "Revising"), ('done', "Done")],
        "Status",
        default='preview',
        required=True,
        readonly=True,
        index=True,
    )
    line_ids = fields.One2many('billing.revision.line', 'revision_id')
    contract_count = fields.Integer("Contracts", compute='_compute_totals')
    look_count = fields.Integer("Need a Look", compute='_compute_totals')
    blocked_count = fields.Integer("Blocked", compute='_compute_totals')
    letter_count = fields.Integer("Letters to Print", compute='_compute_totals')
    mrr_change = fields.Monetary("MRR Change", compute='_compute_totals')

    @api.depends('date_until')
    def _compute_display_name(self):
        for revision in self:
            revision.display_name = format_date(self.env, revision.date_until)

    @api.depends('line_ids.is_selected', 'line_ids.level', 'line_ids.outcome', 'line_ids.mrr_change', 'line_ids.letter')
    def _compute_totals(self):
        for revision in self:
            lines = revision.line_ids
            ticked = lines.filtered(lambda line: line.is_selected and line.level != 'blocked')
            revision.contract_count = len(ticked)
            revision.mrr_change = sum(ticked.mapped('mrr_change'))
            revision.look_count = len(lines.filtered(lambda line: line.level == 'look'))
            revision.blocked_count = len(lines.filtered(lambda line: line.level == 'blocked'))
            revision.letter_count = len(lines.filtered(lambda line: line.letter == 'print'))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        revisions = super().create(vals_list)
        revisions.action_compute()
        return revisions

    def write(self, vals):
        """A preview whose question has changed is computed again."""
        result = super().write(vals)
        if vals.keys() & {'date_until', 'company_id'}:
            self.filtered(lambda revision: revision.state == 'preview').action_compute()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_previews(self):
        if any(revision.state != 'preview' for revision in self):
            raise UserError(self.env._("A revision that was done tells how prices came about: it cannot be deleted."))

    # === ACTION METHODS === #

    def action_compute(self):
        """List the contracts to be revised, with old and new amounts and what stands in the way."""
        today = fields.Date.context_today(self)
        for revision in self:
            revision._require_state('preview')
            contracts = revision._due_contracts()
            revision.line_ids.unlink()
            revision._unguarded().line_ids = [
                fields.Command.create(revision.line_ids._planned_values(contract, today)) for contract in contracts
            ]
        return True

    def action_revise(self):
        """Revise the ticked contracts and write to their customers: a few at once, many in the background."""
        self.ensure_one()
        self._require_state('preview')
        lines = self.line_ids.filtered('is_selected')
        if not lines:
            raise UserError(self.env._("No contract is ticked: tick those whose prices are to be revised."))
        (self.line_ids - lines)._unguarded().outcome = 'left'
        self._set_state('running')
        if len(lines) <= AT_ONCE:
            self._work(fields.Date.context_today(self), Transaction())
        else:
            self.env.ref('recurring_billing.ir_cron_revise').sudo()._trigger()  # accountants may not write cron jobs
        return True

    def action_amendments(self):
        self.ensure_one()
        return self.line_ids.amendment_id._get_records_action(name=self.env._("Revised Contracts"))

    def action_print_letters(self):
        """The letters for the customers who have no e-mail address."""
        self.ensure_one()
        amendments = self.line_ids.filtered(lambda line: line.letter == 'print').amendment_id
        return self.env.ref('recurring_billing.billing_amendment_report_revision').report_action(amendments)

    # === BUSINESS METHODS === #

    def _due_contracts(self):
        """The contracts to be revised until the day of this revision, in the order of their dates."""
        self.ensure_one()
        return self.env['billing.contract'].search(
            [
                ('company_id', '=', self.company_id.id),
                ('state', 'in', LIVE),
                ('next_revision_date', '<=', self.date_until),
            ],
            order='next_revision_date, name',
        )

    @api.model
    def _cron_revise(self):
        """Go on with the revisions that a person has started; begins none."""
        today = fields.Date.context_today(self)
        transaction = CronTransaction(self.env)
        for revision in self.search([('state', '=', 'running')]):
            company = revision.company_id
            lang = company.partner_id.lang or self.env.user.lang
            revision.with_company(company).with_context(lang=lang)._work(today, transaction)

    def _work(self, today, transaction):
        """Revise what is still to be revised, and close this revision where nothing is left."""
        self.ensure_one()
        to_do = [('is_selected', '=', True), ('outcome', '=', 'todo')]
        self.line_ids.filtered_domain(to_do)._work_off(
            to_do, lambda lines: lines._revise(today, transaction), transaction=transaction, limit=AT_ONCE
        )
        if not self.line_ids.filtered_domain(to_do):
            self._set_state('done')
            transaction.commit()
