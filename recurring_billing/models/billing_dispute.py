from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.dunning_ladder import Silence

_DAYS_TO_ANSWER = 14


class BillingDispute(models.Model):
    """What a customer does not accept of an invoice: that part is neither reminded nor debited until it is answered."""

    _name = 'billing.dispute'
    _description = "Dispute"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'billing.state.mixin']
    _order = 'state desc, deadline, id'
    _check_company_auto = True
    _guarded = frozenset({'state', 'closed_on', 'credit_move_id'})
    _transitions = {'closed': ('open',)}

    move_id = fields.Many2one(
        'account.move',
        "Invoice",
        required=True,
        index=True,
        ondelete='restrict',
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('amount_residual', '>', 0)]",
    )
    company_id = fields.Many2one(related='move_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='move_id.commercial_partner_id', store=True, index=True, string="Customer")
    currency_id = fields.Many2one(related='move_id.currency_id')
    residual = fields.Monetary("Still Due", related='move_id.amount_residual')
    amount = fields.Monetary(
        "Disputed",
        compute='_compute_amount',
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="What the customer does not accept, with VAT: the whole of what is still due, or a part of it.",
    )
    reason = fields.Selection(
        [
            ('price', "Price or quantity"),
            ('service', "Service not delivered as agreed"),
            ('order', "Not ordered, or terminated"),
            ('invoice', "Fault of the invoice"),
            ('paid', "Says that it has paid"),
            ('other', "Other"),
        ],
        required=True,
        default='service',
        tracking=True,
    )
    description = fields.Text()
    user_id = fields.Many2one(
        'res.users', "Answered By", required=True, default=lambda self: self.env.user, tracking=True
    )
    opened_on = fields.Date(required=True, default=fields.Date.context_today)
    deadline = fields.Date(
        "Answer Until",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=_DAYS_TO_ANSWER),
        tracking=True,
    )
    state = fields.Selection(
        [('open', "Open"), ('closed', "Answered")],
        "Status",
        default='open',
        required=True,
        readonly=True,
        tracking=True,
    )
    outcome = fields.Selection(
        [('maintained', "Maintained"), ('credit', "Credit note"), ('goodwill', "Goodwill")],
        tracking=True,
        help="Maintained: the invoice is right, and is reminded again. Credit note: the customer is right. Goodwill: "
        "it is credited although it was right.",
    )
    answer = fields.Text()
    credit_move_id = fields.Many2one('account.move', "Credit Note", readonly=True, copy=False, ondelete='restrict')
    closed_on = fields.Date("Answered On", readonly=True, copy=False)
    days_to_answer = fields.Integer(compute='_compute_days_to_answer', store=True, aggregator='avg')

    @api.depends('move_id')
    def _compute_amount(self):
        for dispute in self:
            dispute.amount = dispute.amount or dispute.move_id.amount_residual

    @api.depends('opened_on', 'closed_on')
    def _compute_days_to_answer(self):
        for dispute in self:
            dispute.days_to_answer = (dispute.closed_on - dispute.opened_on).days if dispute.closed_on else 0

    @api.depends('move_id', 'partner_id')
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = f"{dispute.move_id.name} · {dispute.partner_id.display_name}"

    @api.constrains('amount', 'move_id', 'state')
    def _check_amount(self):
        for dispute in self.filtered(lambda dispute: dispute.state == 'open'):
            move, currency = dispute.move_id, dispute.currency_id
            total = move._billing_disputed()[move]
            if dispute.amount <= 0 or currency.compare_amounts(total, move.amount_residual) > 0:
                raise ValidationError(
                    self.env._(
                        "Invoice %(invoice)s: %(due)s is still due, so no more can be disputed. Enter an amount above "
                        "zero, at most what is due less other disputes of it.",
                        invoice=move.name,
                        due=currency.format(move.amount_residual),
                    )
                )

    @api.constrains('deadline', 'opened_on')
    def _check_deadline(self):
        for dispute in self:
            if dispute.deadline < dispute.opened_on:
                raise ValidationError(
                    self.env._(
                        "Invoice %s: “Answer Until” lies before the day on which the dispute was opened.",
                        dispute.move_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """The owner is asked to answer in time, and debits under way look at the invoices again."""
        disputes = super().create(vals_list)
        for dispute in disputes:
            dispute.activity_schedule(
                'mail.mail_activity_data_todo',
                dispute.deadline,
                summary=self.env._("Answer the dispute of %s", dispute.move_id.name),
                user_id=dispute.user_id.id,
            )
            dispute.move_id._message_log(body=self.env._("Disputed: %s.", dispute._in_words()))
        disputes._look_again()
        return disputes

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Disputes are kept as proof: close them instead."))

    def action_credit(self):
        """Open Odoo's own credit note for the invoice; once it is posted, the dispute can be closed with it."""
        self.ensure_one()
        self._require_state('open')
        action = self.env['ir.actions.act_window']._for_xml_id('account.action_view_account_move_reversal')
        return {**action, 'context': {'active_model': 'account.move', 'active_ids': self.move_id.ids}}

    def action_close(self):
        """Close with the outcome: what is maintained is reminded again.

        :raises UserError: names the dispute whose outcome or credit note is missing
        """
        for dispute in self:
            if not dispute.outcome:
                raise UserError(self.env._("%s: choose the outcome first.", dispute.display_name))
            if dispute.outcome != 'maintained' and not dispute.credit_move_id:
                raise UserError(
                    self.env._(
                        "%s: post the credit note first (button “Credit Note…”), or choose another outcome.",
                        dispute.display_name,
                    )
                )
        self._set_state('closed')
        self._unguarded().closed_on = fields.Date.context_today(self)
        self.activity_unlink(['mail.mail_activity_data_todo'])
        for dispute in self:
            dispute.move_id._message_log(body=self.env._("Dispute answered: %s.", dispute._in_words()))
        self._look_again()
        return True

    def _look_again(self):
        """Have ladders and debits under way look at the invoices as they are now."""
        today = fields.Date.context_today(self)
        self.move_id.line_ids._billing_follow()
        self.move_id.billing_dunning_item_ids.filtered('is_open')._decisions(today)

    def _in_words(self):
        self.ensure_one()
        reason = dict(self._fields['reason']._description_selection(self.env))[self.reason]
        outcome = dict(self._fields['outcome']._description_selection(self.env)).get(self.outcome)
        return ", ".join(filter(None, (self.currency_id.format(self.amount), reason, outcome)))


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_dispute_ids = fields.One2many('billing.dispute', 'move_id', "Disputes")

    def _billing_disputed(self):
        """{invoice: what is disputed of it, in its currency}, of those with an open dispute."""
        rows = self.env['billing.dispute']._read_group(
            [('move_id', 'in', self.ids), ('state', '=', 'open')], ['move_id'], ['amount:sum']
        )
        return dict(rows)

    def _billing_dispute_silence(self):
        """What is disputed as a whole; of a part the rest is reminded."""
        silences = {}
        for move, amount in self._billing_disputed().items():
            if move.currency_id.compare_amounts(amount, move.amount_residual) >= 0:
                dispute = move.billing_dispute_ids.filtered(lambda dispute: dispute.state == 'open')[:1]
                day = format_date(self.env, dispute.opened_on)
                silences[move] = Silence(self.env._("disputed since %s", day))
        return silences

    def _post(self, soft=True):
        """EXTENDS account: a credit note of a disputed invoice is the answer to its dispute."""
        posted = super()._post(soft)
        for credit in posted.filtered(lambda move: move.move_type == 'out_refund' and move.reversed_entry_id):
            # whoever posts a credit note need not be of the recurring billing
            disputes = credit.reversed_entry_id.sudo().billing_dispute_ids
            disputes.filtered(lambda dispute: dispute.state == 'open')._unguarded().credit_move_id = credit
        return posted
