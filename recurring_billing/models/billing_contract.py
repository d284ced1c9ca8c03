from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .billing_frequency_mixin import PLAN_TERMS
from .billing_revision_mixin import REVISION_BASE, REVISION_TERMS

LIVE = ('running', 'paused')  # states in which a contract is billed: a paused one owes what its pause leaves


class BillingContract(models.Model):
    _name = 'billing.contract'
    _description = "Recurring Contract"
    _inherit = ['billing.state.mixin', 'billing.frequency.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'name desc, id desc'
    _check_company_auto = True
    _rec_names_search = ['name', 'partner_id', 'customer_reference']
    _guarded = frozenset(
        {
            *('state', 'missed_accepted_until', 'change_count', 'service_state', 'suspension_on', 'suspension_reason'),
            *('is_billing_held', 'is_rest_of_suspension', 'resumed_on'),
        }
    )
    _transitions = {
        'running': ('draft', 'paused'),
        'paused': ('running',),
        'closed': ('running', 'paused'),
        'draft': ('running',),
    }

    name = fields.Char("Number", default='/', required=True, readonly=True, copy=False)
    state = fields.Selection(
        [('draft', "Draft"), ('running', "Running"), ('paused', "Paused"), ('closed', "Closed")],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner',
        "Customer",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        ondelete='restrict',
    )
    plan_id = fields.Many2one(
        'billing.plan',
        check_company=True,
        index='btree_not_null',
        ondelete='restrict',
        help="Fills in frequency and terms, which can then be changed for this contract.",
    )
    date_start = fields.Date(
        "Start",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="First day that is invoiced.",
    )
    date_end = fields.Date(
        "End",
        copy=False,
        tracking=True,
        help="Last day that is invoiced. Empty: the contract runs until it is ended.",
    )
    customer_reference = fields.Char("Customer's Order Number", help="Printed on each invoice.")
    user_id = fields.Many2one('res.users', "Responsible", default=lambda self: self.env.user, tracking=True)
    note = fields.Html("Notes")
    line_ids = fields.One2many('billing.contract.line', 'contract_id', copy=True)
    period_ids = fields.One2many('billing.period', 'contract_id', copy=False)

    _name_company_unique = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'",
        "This contract number is already used in the company.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains('line_ids')
    def _check_has_lines(self):
        self._live()._require_lines()

    def _require_lines(self):
        for contract in self:
            if fault := contract._lines_fault():
                raise ValidationError(fault)

    def _lines_fault(self):
        """Why the lines of this contract cannot be invoiced, or None."""
        self.ensure_one()
        if not all(self.line_ids.mapped('display_type')):
            return None
        return self.env._(
            "Contract %(contract)s has no lines: add what is to be invoiced, then start it.",
            contract=self.display_name,
        )

    @api.constrains('date_start', 'date_end')
    def _check_dates_in_order(self):
        for contract in self.filtered('date_end'):
            contract._refuse_end_before_start(contract.date_end)

    def _refuse_end_before_start(self, end):
        if end < self.date_start:
            raise ValidationError(
                self.env._(
                    "Contract %(contract)s ends before it starts: the field “End” is %(end)s, the field “Start” "
                    "is %(start)s. Correct one of them.",
                    contract=self.display_name,
                    end=format_date(self.env, end),
                    start=format_date(self.env, self.date_start),
                ),
            )

    @api.constrains('date_start')
    def _check_openings(self):
        self.line_ids._check_opening_after_start()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('name', '/') == '/':
                company = vals.get('company_id') or self.env.company.id
                sequence = self.env['ir.sequence'].with_company(company)
                vals['name'] = sequence.next_by_code('billing.contract')
        return super().create(vals_list)

    def write(self, vals):
        frozen = {
            *PLAN_TERMS,
            'date_start',
            'anchor_day',
            'frequency',
            'currency_id',
            'company_id',
            'partner_id',
            'plan_id',
            'journal_id',
            'fiscal_position_id',
            'pricelist_id',
            *REVISION_TERMS,
            *REVISION_BASE,
        }
        changed = frozen & vals.keys()
        if changed and not self._is_unguarded():
            self._refuse_change_of_terms(changed)
        return super().write(vals)

    def _refuse_change_of_terms(self, names):
        for contract in self.filtered(lambda contract: contract.state != 'draft'):
            labels = ", ".join(sorted(contract._fields[name]._description_string(self.env) for name in names))
            raise UserError(
                self.env._(
                    "Contract %(contract)s is %(state)s: %(fields)s can no longer be changed, since they "
                    "were agreed at its start. %(remedy)s",
                    contract=contract.display_name,
                    state=contract._state_label(contract.state).lower(),
                    fields=labels,
                    remedy=contract._remedy_for_terms(names),
                ),
            )

    def _remedy_for_terms(self, names):
        """What to do instead of changing the terms ``names`` of this started contract."""
        if self.state in LIVE and names == {'fiscal_position_id'}:
            return self.env._("Press “Change…”, which changes the taxes of each line from a day on.")
        if self.state in LIVE and names == {'pricelist_id'}:
            return self.env._("Press “Change…”, end the lines that follow it, and add them anew at their new price.")
        return self.env._("End this contract and start a new one with the new terms.")

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        for contract in self.filtered(lambda contract: contract.state != 'draft'):
            raise UserError(
                self.env._(
                    "Contract %(contract)s was started and belongs to the books: end it instead of deleting it.",
                    contract=contract.display_name,
                ),
            )

    # === ACTION METHODS === #

    def action_back_to_draft(self):
        """Take back the start of these contracts while nothing was invoiced, to correct or delete them."""
        for contract in self:
            if invoices := contract._invoices():
                raise UserError(
                    self.env._(
                        "Contract %(contract)s was invoiced in %(invoice)s and cannot go back to draft: end it "
                        "instead.",
                        contract=contract.display_name,
                        invoice=invoices[0].display_name,
                    ),
                )
        earned = self.discount_ids.filtered('loyalty_rule_id')
        for contract in (self.amendment_ids - earned.amendment_id).contract_id:
            raise UserError(
                self.env._("Contract %s was amended and cannot go back to draft: end it instead.", contract.name),
            )
        amendments = earned.amendment_id
        earned._unguarded().unlink()  # the next start agrees them anew
        amendments.sudo()._unguarded().unlink()  # nobody deletes amendments by hand, not even their user
        self._set_state('draft')
        self.period_ids.sudo().unlink()  # nor periods
        return True

    # === BUSINESS METHODS === #

    def _live(self):
        """Those of these contracts that are billed: running or paused."""
        return self.filtered(lambda contract: contract.state in LIVE)
