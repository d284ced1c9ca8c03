from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingDunningCase(models.Model):
    """The late debt of one customer: each invoice on its own ladder, one message for all of them."""

    _name = 'billing.dunning.case'
    _description = "Reminder Case"
    _inherit = ['billing.worker', 'mail.thread', 'mail.activity.mixin']
    _order = 'is_open desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            *('company_id', 'partner_id', 'handed_over_on', 'contracts_held_on', 'closed_on', 'thanks'),
            *('revision', 'error', 'error_date'),
        }
    )

    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict'
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    item_ids = fields.One2many('billing.dunning.item', 'case_id', "All Invoices")
    open_item_ids = fields.One2many('billing.dunning.item', 'case_id', "Open Invoices", domain=[('is_open', '=', True)])
    action_ids = fields.One2many('billing.dunning.action', 'case_id', "Done")
    is_open = fields.Boolean(compute='_compute_is_open', store=True, index=True)
    stage = fields.Selection(
        [
            ('none', "No reminder yet"),
            ('before', "Before the due date"),
            ('first', "First reminder"),
            ('further', "Further reminders"),
            ('notice', "Formal notice"),
            ('court', "Litigation"),
        ],
        compute='_compute_stage',
        store=True,
    )
    credit_line_ids = fields.Many2many(
        'account.move.line', string="Credits to Match", compute='_compute_credit_line_ids', compute_sudo=True
    )
    amount_late = fields.Monetary("Overdue", compute='_compute_amounts')
    amount_open = fields.Monetary("Open, Not Late Yet", compute='_compute_amounts')
    amount_credit = fields.Monetary("Open Credits", compute='_compute_amounts')
    days_late = fields.Integer(compute='_compute_amounts')
    amount_fees = fields.Monetary(
        "Late Fees So Far",
        compute='_compute_amount_fees',
        help="Interest and indemnities that were neither charged nor waived yet. Nothing where a rate is missing.",
    )
    last_step = fields.Char("Last", compute='_compute_last_step')
    next_on = fields.Date(compute='_compute_next')
    next_step = fields.Char("Next", compute='_compute_next')
    bank_warning = fields.Char(compute='_compute_bank_warning')
    handed_over_on = fields.Date(readonly=True, copy=False, tracking=True)

    _one_case = models.UniqueIndex('(company_id, partner_id)', "A customer has one case in each company.")

    # === COMPUTE METHODS === #

    @api.depends('partner_id.display_name')
    def _compute_display_name(self):
        for case in self:
            case.display_name = case.partner_id.display_name

    @api.depends('item_ids.is_open')
    def _compute_is_open(self):
        for case in self:
            case.is_open = any(case.item_ids.mapped('is_open'))

    @api.depends('item_ids.is_open', 'item_ids.level')
    def _compute_stage(self):
        order = [*dict(self._fields['stage'].selection)]
        for case in self:
            reached = case.item_ids.filtered(lambda item: item.is_open and item.level).mapped('level_id')
            case.stage = max((level._stage() for level in reached), key=order.index, default='none')

    @api.depends('item_ids.is_open')
    def _compute_amounts(self):
        today = fields.Date.context_today(self)
        for case in self:
            items = case.item_ids.filtered('is_open')
            late = items.filtered(lambda item: item.date_due < today)
            case.amount_late = sum(late.move_line_id.mapped('amount_residual'))
            case.amount_open = sum((items - late).move_line_id.mapped('amount_residual'))
            case.amount_credit = -sum(case.credit_line_ids.mapped('amount_residual'))
            case.days_late = max(late.mapped('days_late'), default=0)

    @api.depends('item_ids.late_fee_ids.state')
    def _compute_amount_fees(self):
        today = fields.Date.context_today(self)
        for case in self:
            try:
                owed = case.item_ids._late_fees_owed(today)
            except UserError:  # the button that charges them says which rate is missing
                owed = {}
            case.amount_fees = sum(
                item.currency_id._convert(fee.interest + fee.indemnity, case.currency_id, case.company_id, today)
                for item, fee in owed.items()
            )

    @api.depends('action_ids')
    def _compute_last_step(self):
        for case in self:
            last = case.action_ids.sorted(lambda action: (action.date, action.id))[-1:]
            case.last_step = last and last._step_in_words()

    @api.depends('item_ids.step', 'item_ids.next_on', 'item_ids.is_left_out')
    def _compute_next(self):
        today = fields.Date.context_today(self)
        for case in self:
            items = case.item_ids.filtered(lambda item: item.is_open and item.next_on and not item.is_left_out)
            item = items.sorted('next_on')[:1]
            case.next_on = item and max(item.next_on, today)
            case.next_step = item.next_level_id.name

    @api.depends('company_id')
    def _compute_bank_warning(self):
        today = fields.Date.context_today(self)
        for company, cases in self.grouped('company_id').items():
            cases.bank_warning = company._billing_bank_silence(today)

    def _compute_credit_line_ids(self):
        """The customer's credit notes and payments that are not matched yet."""
        found = self._open_credits()
        for case in self:
            case.credit_line_ids = found.get((case.company_id, case.partner_id), False)

    def _open_credits(self):
        """{(company, customer): what the customer paid or was credited, and nothing uses yet}"""
        # whoever reminds need not read the books
        lines = self.sudo().env['account.move.line']._billing_open_credits(self.partner_id, self.company_id)
        return lines.sudo(False).grouped(lambda line: (line.company_id, line.partner_id.commercial_partner_id))

    def _with_open_credits(self):
        """Those of these cases whose customers have open credits, looked up anew: they hang on no field."""
        found = self._open_credits()
        credited = self.filtered(lambda case: (case.company_id, case.partner_id) in found)
        credited.invalidate_recordset(['credit_line_ids'])
        return credited

    # === QUEUE === #

    @api.model
    def _of(self, keys):
        """{(company, customer): case} for these pairs; new ones where there are none."""
        keys = dict.fromkeys(keys)
        companies = self.env['res.company'].union(*(company for company, _customer in keys))
        customers = [customer.id for _company, customer in keys]
        found = self.search([('company_id', 'in', companies.ids), ('partner_id', 'in', customers)])
        cases = {(case.company_id, case.partner_id): case for case in found}
        missing = [key for key in keys if key not in cases]
        # as it is once it has its items, so that the row is not written twice
        begun = {'is_open': True, 'stage': 'none'}
        values = [{'company_id': company.id, 'partner_id': partner.id, **begun} for company, partner in missing]
        new = self._unguarded().with_context(tracking_disable=True).create(values).with_env(self.env)
        return cases | dict(zip(missing, new, strict=True))

    # === WHAT FOLLOWS === #

    def action_partner(self):
        return self.partner_id._get_records_action()

    def _ask(self, type_, summary, note=""):
        """Ask somebody to do what ``summary`` says, once: who is asked already is not asked again.

        :return: the activity
        """
        self.ensure_one()
        asked = self.activity_ids.filtered(lambda activity: activity.summary == summary)[:1]
        return asked or self.activity_schedule(type_, summary=summary, note=note, user_id=self._responsible().id)

    def _log_step(self, actions, due, listed):
        """What was done, in the case and on each invoice that reached a level."""
        self.ensure_one()
        labels = dict(actions._fields['channel']._description_selection(self.env))
        channels = ", ".join(labels[action.channel] for action in actions)
        self.message_post(
            body=self.env._(
                "%(level)s by %(channels)s: %(amount)s for %(count)s invoices.",
                level=actions[:1].level_id.name,
                channels=channels,
                amount=self.currency_id.format(actions[:1].amount),
                count=len(listed),
            )
        )
        for item in due:
            item.move_id._message_log(
                body=self.env._(
                    "%(level)s by %(channels)s: %(amount)s due since %(date)s.",
                    level=item.next_level_id.name,
                    channels=channels,
                    amount=item.currency_id.format(item.residual),
                    date=format_date(self.env, item.date_due),
                )
            )

    def _follow_clearing(self):
        """What of these cases was cleared, or taken back, asks for nothing any more."""
        self.action_ids._void_settled()
        self.filtered(lambda case: not case.is_open)._close()

    def _close(self):
        """Say in these cases that the debt is gone, and that their tasks are."""
        for case in self:
            if own := case.activity_ids.filtered('automated'):  # what people noted for themselves stays
                own.unlink()
                case.message_post(body=self.env._("Nothing is open any more: the reminders end."))

    def _stage_in_words(self):
        """How far this case has come, empty where there is none."""
        return dict(self._fields['stage']._description_selection(self.env)).get(self.stage)

    def _responsible(self):
        """Whom to ask about this customer: who sold the last invoice, else who runs the job."""
        self.ensure_one()
        return self.item_ids.move_id.invoice_user_id[:1] or self.env.user

    def _parked_activity(self):
        """EXTENDS recurring_billing"""
        self.ensure_one()
        return self, self._responsible()
