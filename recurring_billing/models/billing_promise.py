from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.dunning_ladder import Silence


class BillingPromise(models.Model):
    """A customer's word to pay an amount until a day: nothing is said or debited until then."""

    _name = 'billing.promise'
    _description = "Promise to Pay"
    _inherit = ['mail.thread', 'billing.state.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset({'state', 'partial_from'})
    _transitions = {'kept': ('open',), 'broken': ('open',), 'cancelled': ('open',)}

    case_id = fields.Many2one('billing.dunning.case', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='case_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='case_id.partner_id', store=True, string="Customer")
    move_ids = fields.Many2many(
        'account.move',
        'billing_promise_move_rel',
        'promise_id',
        'move_id',
        "Invoices",
        required=True,
        compute='_compute_move_ids',
        store=True,
        readonly=False,
    )
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date("Pays Until", required=True, tracking=True)
    amount = fields.Monetary(compute='_compute_amount', store=True, readonly=False, tracking=True)
    taken_on = fields.Date(required=True, default=fields.Date.context_today)
    user_id = fields.Many2one('res.users', "Taken By", required=True, default=lambda self: self.env.user)
    channel = fields.Selection(
        [('call', "Call"), ('mail', "E-mail"), ('letter', "Letter"), ('meeting', "Meeting"), ('portal', "Portal")],
        "How",
        required=True,
        default='call',
    )
    note = fields.Text()
    state = fields.Selection(
        [('open', "Open"), ('kept', "Honoured"), ('broken', "Broken"), ('cancelled', "Cancelled")],
        "Status",
        default='open',
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    paid = fields.Monetary(compute='_compute_paid', help="Of these invoices since the promise.")
    partial_from = fields.Integer(readonly=True, copy=False)

    @api.depends('case_id')
    def _compute_move_ids(self):
        for promise in self:
            late = promise.case_id.open_item_ids.filtered('days_late')
            promise.move_ids = promise.move_ids or (late or promise.case_id.open_item_ids).move_id

    @api.depends('move_ids')
    def _compute_amount(self):
        for promise in self:
            due = promise.move_ids.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')
            promise.amount = promise.amount or sum(due.mapped('amount_residual'))

    @api.depends('move_ids.amount_residual', 'partial_from', 'date')
    def _compute_paid(self):
        for promise in self:
            paid = promise._partials().filtered(lambda part, promise=promise: part.max_date <= promise.date)
            promise.paid = sum(paid.mapped('amount'))

    @api.depends('partner_id', 'date')
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = f"{promise.partner_id.display_name} · {format_date(self.env, promise.date)}"

    @api.constrains('amount', 'date', 'taken_on')
    def _check_plausible(self):
        for promise in self:
            if promise.amount <= 0:
                raise ValidationError(
                    self.env._("%s: a promise is about an amount above zero.", promise.partner_id.display_name)
                )
            if promise.date < promise.taken_on:
                raise ValidationError(
                    self.env._(
                        "%s: the promised day lies before the day of the promise.", promise.partner_id.display_name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """
        :raises UserError: the promise is beyond the limits of the settings, and not granted by who may
        """
        last = self.env['account.partial.reconcile'].sudo().search([], order='id desc', limit=1)
        for vals in vals_list:
            self._refuse_guarded(vals)
        promises = super().create(vals_list)
        promises._unguarded().partial_from = last.id or 0
        for promise in promises:
            promise._check_limits()
            promise.case_id.message_post(body=self.env._("Promise: %s.", promise._in_words()))
        promises._look_again()
        return promises

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Promises are kept: cancel them instead."))

    def action_cancel(self):
        """The promise no longer holds: reminders go on."""
        self._set_state('cancelled')
        self._look_again()
        return True

    def _check_limits(self):
        """Refuse what the settings do not allow, unless a dunning manager grants it."""
        self.ensure_one()
        if self.env.user.has_group('recurring_billing.group_dunning'):
            return
        company = self.company_id
        days = (self.date - fields.Date.context_today(self)).days
        if company.billing_promise_days and days > company.billing_promise_days:
            raise UserError(
                self.env._(
                    "%(customer)s: a promise may reach %(most)s days ahead, not %(days)s. Agree on an earlier day or a "
                    "payment plan, or ask somebody of the role “Reminders / Formal notices”.",
                    customer=self.partner_id.display_name,
                    most=company.billing_promise_days,
                    days=days,
                )
            )
        broken = self.search_count([('case_id', '=', self.case_id.id), ('state', '=', 'broken')])
        if company.billing_promise_count and broken >= company.billing_promise_count:
            raise UserError(
                self.env._(
                    "%(customer)s has broken %(count)s promises: agree on a payment plan, or ask somebody of the role "
                    "“Reminders / Formal notices”.",
                    customer=self.partner_id.display_name,
                    count=broken,
                )
            )

    def _partials(self):
        """What was matched with these invoices since the promise, but for credit notes."""
        due = self.move_ids.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')
        return due.matched_credit_ids.filtered(
            lambda part: part.id > self.partial_from and part.credit_move_id.move_id._billing_is_money()
        )

    def _judge_one(self, today):
        """Say of this open promise whether it was kept: paid in full until its day, inclusive."""
        if self.currency_id.compare_amounts(self.paid, self.amount) >= 0:
            self._set_state('kept')
        elif not any(self.move_ids.mapped('amount_residual')):  # nothing is left to be paid
            self._set_state('cancelled')
        elif today > self.date:
            self._set_state('broken')
            self.case_id.message_post(body=self.env._("Promise broken: %s.", self._in_words()))

    def _look_again(self):
        self.move_ids.line_ids._billing_follow()
        self.case_id.open_item_ids._decisions(fields.Date.context_today(self))

    def _in_words(self):
        self.ensure_one()
        return self.env._(
            "%(amount)s until %(day)s, said to %(user)s",
            amount=self.currency_id.format(self.amount),
            day=format_date(self.env, self.date),
            user=self.user_id.name,
        )


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_promise_ids = fields.Many2many(
        'billing.promise', 'billing_promise_move_rel', 'move_id', 'promise_id', "Promises"
    )

    def _billing_promise_silence(self, day):
        """What the customer promised to pay on ``day`` or later."""
        promises = self.env['billing.promise'].search(
            [('move_ids', 'in', self.ids), ('state', '=', 'open'), ('date', '>=', day)], order='date'
        )
        silences = {}
        for promise in promises:
            text = self.env._("promised for %s", format_date(self.env, promise.date))
            silences |= dict.fromkeys(promise.move_ids & self, Silence(text, promise.date))
        return silences


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_promise_days = fields.Integer(
        "Promises Reach (Days)",
        default=14,
        help="So many days ahead a promise may reach, unless somebody who may send formal notices grants more. Zero: "
        "as far as one likes.",
    )
    billing_promise_count = fields.Integer(
        "Broken Promises",
        default=2,
        help="After so many broken promises a customer is asked for a payment plan. Zero: never.",
    )
