from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..tools import payment_plan
from ..tools.payment_plan import Instalment, Payment


class BillingPaymentPlan(models.Model):
    """Instalments in which a customer pays what it owes. The invoices keep their due dates: while the plan is kept, its
    dates count instead for reminders and debits."""

    _name = 'billing.payment.plan'
    _description = "Payment Plan"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'billing.state.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {'state', 'name', 'amount', 'agreed_on', 'agreed_by', 'ended_on', 'partial_from', 'switched_ids'}
    )
    _transitions = {
        'agreed': ('draft', 'kept'),
        'kept': ('agreed',),
        'broken': ('agreed',),
        'cancelled': ('draft', 'agreed'),
    }

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    case_id = fields.Many2one('billing.dunning.case', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='case_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='case_id.partner_id', store=True, string="Customer")
    debt_ids = fields.Many2many(
        'account.move.line',
        'billing_payment_plan_debt_rel',
        'plan_id',
        'line_id',
        "Due Items",
        compute='_compute_debt_ids',
        store=True,
        readonly=False,
        copy=False,
        domain="[('id', 'in', offered_ids)]",
    )
    offered_ids = fields.Many2many('account.move.line', compute='_compute_offered_ids')
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id', store=True)
    debt = fields.Monetary(compute='_compute_debt', help="What is still due of these invoices.")
    amount = fields.Monetary("Agreed Sum", readonly=True, copy=False)
    line_ids = fields.One2many('billing.payment.plan.line', 'plan_id', "Instalments", copy=False)
    planned = fields.Monetary("Sum of Instalments", compute='_compute_planned')
    difference = fields.Monetary("Not Yet in Instalments", compute='_compute_planned')
    paid = fields.Monetary(compute='_compute_paid')
    rest = fields.Monetary("Still to Pay", compute='_compute_paid')
    next_on = fields.Date("Next Instalment", compute='_compute_paid')
    missed = fields.Integer("Missed Instalments", compute='_compute_paid')

    count = fields.Integer("Number of Instalments", default=3)
    first_on = fields.Date(default=fields.Date.context_today, help="Today: the first is paid at once.")
    step = fields.Selection(
        [('week', "Week"), ('fortnight', "Two weeks"), ('month', "Month")], "Every", default='month', required=True
    )
    day_of_month = fields.Integer(help="Of the second and later ones, such as 5. Zero: that of the first.")
    method = fields.Selection(
        [('transfer', "Transfer by the customer"), ('debit', "Direct debit")],
        "Paid By",
        default='transfer',
        required=True,
    )
    mandate_id = fields.Many2one(
        'billing.mandate',
        check_company=True,
        domain="[('partner_id', 'child_of', partner_id), ('state', '=', 'active')]",
        ondelete='restrict',
    )
    rule = fields.Selection(
        [('last', "the last instalments first"), ('spread', "all open instalments alike")],
        "Other Payments Lower",
        required=True,
        default='last',
        help="What is paid beyond the next instalment, and what credit notes take off.",
    )
    grace_days = fields.Integer("Days of Grace", default=3, help="So many days after its day an instalment is missed.")
    misses = fields.Integer("Broken After", default=1, help="So many missed instalments break the plan.")
    consent = fields.Selection(
        [('signed', "Signed agreement"), ('mail', "E-mail"), ('call', "Call")],
        default='signed',
        required=True,
        help="How the customer agreed. A signed agreement is uploaded here.",
    )
    signed_document = fields.Binary(attachment=True, copy=False)
    signed_name = fields.Char(copy=False)
    note = fields.Text()
    agreed_on = fields.Date(readonly=True, copy=False, tracking=True)
    agreed_by = fields.Many2one('res.users', readonly=True, copy=False)
    ended_on = fields.Date(readonly=True, copy=False)
    partial_from = fields.Integer(readonly=True, copy=False)
    switched_ids = fields.Many2many(
        'account.move',
        'billing_payment_plan_switched_rel',
        'plan_id',
        'move_id',
        "Paid by Debit Since",
        readonly=True,
        copy=False,
    )
    state = fields.Selection(
        [
            ('draft', "Draft"),
            ('agreed', "Agreed"),
            ('kept', "Honoured"),
            ('broken', "Broken"),
            ('cancelled', "Cancelled"),
        ],
        "Status",
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    _plausible = models.Constraint(
        'CHECK (grace_days BETWEEN 0 AND 60 AND misses BETWEEN 1 AND 12 AND day_of_month BETWEEN 0 AND 31)',
        "Days of grace are 0 to 60, missed instalments 1 to 12, the day of the month 1 to 31 or zero.",
    )

    # === COMPUTE METHODS === #

    @api.depends('case_id')
    def _compute_debt_ids(self):
        for plan in self:
            late = plan.case_id.open_item_ids.filtered('days_late')
            plan.debt_ids = plan.debt_ids or (late or plan.case_id.open_item_ids).move_line_id

    @api.depends('case_id')
    def _compute_offered_ids(self):
        for plan in self:
            plan.offered_ids = plan.case_id.open_item_ids.move_line_id

    @api.depends('debt_ids', 'company_id')
    def _compute_currency_id(self):
        for plan in self:
            plan.currency_id = plan.debt_ids.currency_id[:1] or plan.company_id.currency_id

    @api.depends('debt_ids.amount_residual_currency')
    def _compute_debt(self):
        for plan in self:
            plan.debt = sum(plan.debt_ids.mapped('amount_residual_currency'))

    @api.depends('line_ids.amount', 'debt', 'amount', 'state')
    def _compute_planned(self):
        for plan in self:
            plan.planned = sum(plan.line_ids.mapped('amount'))
            wanted = plan.debt if plan.state == 'draft' else plan.amount
            plan.difference = wanted - plan.planned

    @api.depends('line_ids.amount', 'line_ids.date', 'debt', 'state', 'partial_from')
    def _compute_paid(self):
        today = fields.Date.context_today(self)
        for plan in self:
            left = plan._left()
            lines = plan.line_ids.sorted()
            plan.rest = float(sum(left))
            plan.paid = plan.planned - plan.rest
            plan.next_on = next((line.date for line, rest in zip(lines, left, strict=True) if rest), False)
            plan.missed = plan._missed(left, today) if plan.state in ('agreed', 'broken') else 0

    @api.depends('name', 'partner_id')
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = plan.partner_id.display_name if plan.name == "/" else plan.name

    # === DRAFT === #

    @api.constrains('debt_ids', 'state')
    def _check_debts(self):
        for plan in self.filtered(lambda plan: plan.state in ('draft', 'agreed')):
            strange = plan.debt_ids.filtered(
                lambda line, plan=plan: (
                    line.partner_id.commercial_partner_id != plan.partner_id
                    or line.company_id != plan.company_id
                    or line.account_type != 'asset_receivable'
                )
            )
            if strange or len(plan.debt_ids.currency_id) > 1:
                raise ValidationError(
                    self.env._(
                        "Payment plan of %s: all due items are of this customer and company, and in one currency.",
                        plan.partner_id.display_name,
                    )
                )

    @api.onchange('count', 'first_on', 'step', 'day_of_month', 'debt_ids')
    def _onchange_terms(self):
        """The instalments follow what is entered, until they are changed by hand."""
        if self.state == 'draft' and self.first_on and self.debt > 0 and 0 < self.count <= 120:
            self.line_ids = [Command.clear(), *map(Command.create, self._proposal())]

    def action_propose(self):
        """Divide the debt into equal instalments, instead of those that are there."""
        self._require_state('draft')
        for plan in self:
            plan.line_ids = [Command.clear(), *map(Command.create, plan._proposal())]
        return True

    def _proposal(self):
        """The instalments' values.

        :raises UserError: the debt cannot be divided so
        """
        self.ensure_one()
        try:
            instalments = payment_plan.propose(
                self._exact(self.debt),
                self.count,
                self.first_on,
                self.step,
                day_of_month=self.day_of_month or None,
                rounding=Decimal(str(self.currency_id.rounding)),
            )
        except ValueError:
            raise UserError(
                self.env._(
                    "%(debt)s cannot be paid in %(count)s instalments: enter at least one, and at most so many that "
                    "each is above zero.",
                    debt=self.currency_id.format(self.debt),
                    count=self.count,
                ),
            ) from None
        return [{'date': one.day, 'amount': float(one.amount)} for one in instalments]

    # === AGREEMENT === #

    def action_agree(self):
        """The customer agreed: from now on the plan's dates count.

        :raises UserError: names what is missing, or who may grant more than the settings allow
        """
        self._require_state('draft')
        today = fields.Date.context_today(self)
        last = self.env['account.partial.reconcile'].sudo().search([], order='id desc', limit=1)
        for plan in self:
            plan._check_agreement(today)
            number = plan.name
            if number == "/":
                number = self.env['ir.sequence'].next_by_code('billing.payment.plan')
            plan._unguarded().write(
                {
                    'name': number,
                    'amount': plan.debt,
                    'agreed_on': today,
                    'agreed_by': self.env.uid,
                    'partial_from': last.id or 0,
                }
            )
            plan._set_state('agreed')
            plan._take_over()
            plan.case_id.message_post(
                body=self.env._(
                    "Payment plan %(plan)s: %(amount)s in %(count)s instalments until %(day)s.",
                    plan=plan.name,
                    amount=plan.currency_id.format(plan.amount),
                    count=len(plan.line_ids),
                    day=format_date(self.env, max(plan.line_ids.mapped('date'))),
                )
            )
        self._look_again()
        return True

    def action_cancel(self):
        """The plan no longer holds: what is still due is reminded again."""
        self._set_state('cancelled')
        self._unguarded().ended_on = fields.Date.context_today(self)
        for plan in self:
            plan._give_back_method()
        self._look_again()
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._require_state('draft')

    def write(self, vals):
        terms = {'debt_ids', 'line_ids', 'method', 'mandate_id', 'rule', 'grace_days', 'misses', 'case_id', 'consent'}
        if terms & vals.keys() and not self._is_unguarded():
            self._require_state('draft')
        return super().write(vals)

    def _check_agreement(self, today):
        self.ensure_one()
        fault = self._instalment_fault(today) or self._debt_fault() or self._consent_fault()
        if fault:
            raise UserError(
                self.env._("Payment plan of %(customer)s: %(fault)s", customer=self.partner_id.name, fault=fault)
            )
        self._check_limits()

    def _instalment_fault(self, today):
        """What is wrong with the instalments, in words, or None."""
        found = payment_plan.fault(self._instalments(), self._exact(self.debt), today)
        if not found:
            return None
        kind, number = found
        texts = {
            'empty': self.env._("it has no instalment. Press “Propose”, or add them."),
            'amount': self.env._("instalment %s is not above zero.", number),
            'past': self.env._("instalment %s lies in the past. Choose a day from today on.", number),
            'order': self.env._("instalment %s does not come after the one before it.", number),
            'sum': self.env._(
                "the instalments sum to %(planned)s, but %(debt)s is due. Correct one of them.",
                planned=self.currency_id.format(self.planned),
                debt=self.currency_id.format(self.debt),
            ),
        }
        return texts[kind]

    def _debt_fault(self):
        """Why these debts cannot be put into a plan, in words, or None."""
        others = self.search([('state', '=', 'agreed'), ('debt_ids', 'in', self.debt_ids.ids)]) - self
        if others:
            names = ", ".join((others.debt_ids & self.debt_ids).move_id.mapped('name'))
            return self.env._("%(invoices)s is in plan %(plan)s already.", invoices=names, plan=others[:1].name)
        under_way = self.debt_ids.filtered(lambda line: line.billing_debit_item_ids._is_under_way())
        if under_way:
            names = ", ".join(under_way.move_id.mapped('name'))
            return self.env._("%s is in a debit under way: drop that debit, or wait for the bank's answer.", names)
        disputed = self.debt_ids.move_id._billing_disputed()
        if disputed:
            names = ", ".join(move.name for move in disputed)
            return self.env._("%s is disputed: answer the dispute first.", names)
        if self.method == 'debit' and self.mandate_id.state != 'active':
            return self.env._("instalments by direct debit need an active mandate: choose one, or choose transfers.")
        return None

    def _consent_fault(self):
        if self.consent == 'signed' and not self.signed_document:
            return self.env._("upload the signed agreement, or say how else the customer agreed (“Consent”).")
        return None

    def _check_limits(self):
        """Refuse what the settings do not allow, unless a dunning manager grants it."""
        if self.env.user.has_group('recurring_billing.group_dunning'):
            return
        company = self.company_id
        amount = self.currency_id._convert(self.debt, company.currency_id, company, fields.Date.context_today(self))
        is_large = company.billing_plan_amount and amount > company.billing_plan_amount
        is_long = company.billing_plan_count and len(self.line_ids) > company.billing_plan_count
        if is_large or is_long:
            raise AccessError(
                self.env._(
                    "Payment plan of %(customer)s: more than %(amount)s, or more than %(count)s instalments, are "
                    "granted by the role “Reminders / Formal notices”. Ask somebody who has it.",
                    customer=self.partner_id.name,
                    amount=company.currency_id.format(company.billing_plan_amount),
                    count=company.billing_plan_count,
                )
            )

    def _take_over(self):
        """From now on the debts are paid by the plan's way: attempts before it are overtaken."""
        self.ensure_one()
        moves = self.debt_ids.move_id
        # whoever agrees on a plan need not be of the direct debit role
        debits = self.debt_ids.sudo().billing_debit_item_ids.debit_id
        debits.filtered(lambda debit: debit.state == 'returned')._unguarded().is_overtaken = True
        if self.method == 'debit':
            switched = moves.filtered(lambda move: move.preferred_payment_method_line_id.code != 'billing_sdd')
            self._unguarded().switched_ids = switched
            moves.write(
                {
                    'preferred_payment_method_line_id': self.company_id._billing_debit_method().id,
                    'billing_mandate_id': self.mandate_id.id,
                }
            )
        self.case_id.promise_ids.filtered(lambda promise: promise.state == 'open').action_cancel()

    # === FOLLOWING === #

    def _judge_one(self, today):
        """Say of this plan whether it is paid, or broken by ``today``."""
        left = self._left()
        if self.state == 'kept' and any(left):  # its last payment came back
            self._set_state('agreed')
            self._unguarded().ended_on = False
        if not any(left):
            if self.state != 'kept':
                is_given_up = self._partials().credit_move_id.move_id.filtered('billing_loss_ids')
                self._end('cancelled' if is_given_up else 'kept', today)
        elif self._missed(left, today) >= self.misses:
            self._end('broken', today)
            self.case_id._ask(
                'mail.mail_activity_data_todo', self.env._("Payment plan %s is broken: decide what follows", self.name)
            )

    def _end(self, state, today):
        self._set_state(state)
        self._unguarded().ended_on = today
        self._give_back_method()
        self.activity_unlink(['mail.mail_activity_data_todo'])
        label = dict(self._fields['state']._description_selection(self.env))[state]
        self.case_id.message_post(body=self.env._("Payment plan %(plan)s: %(state)s.", plan=self.name, state=label))
        self._look_again()

    def _give_back_method(self):
        """What was paid by transfer before the plan is not debited as a whole once the plan has ended."""
        if self.state in ('broken', 'cancelled'):
            self.switched_ids.filtered('amount_residual').preferred_payment_method_line_id = False

    def _instalments(self):
        return [Instalment(line.date, self._exact(line.amount)) for line in self.line_ids.sorted()]

    def _left(self):
        """What is left of each instalment, in their order."""
        self.ensure_one()
        instalments = self._instalments()
        rest, payments = sum(one.amount for one in instalments), []
        for part in self._partials() if self.state != 'draft' else ():
            # an older payment that came back later may let more be paid than was planned
            amount = min(self._exact(part.debit_amount_currency), rest)
            rest -= amount
            payments.append(Payment(amount, part.credit_move_id.move_id._billing_is_money()))
        rounding = Decimal(str(self.currency_id.rounding))
        return payment_plan.remaining(instalments, payments, self.rule, rounding=rounding)

    def _partials(self):
        """What was matched with the debts since the agreement, in its order."""
        parts = self.debt_ids.matched_credit_ids.filtered(lambda part: part.id > self.partial_from)
        return parts.sorted('id')

    def _missed(self, left, today):
        """How many instalments are missed; one whose debit is under way, or tried again, is not yet."""
        instalments = self._instalments()
        is_excused = self._awaits_bank()
        first = next((position for position, rest in enumerate(left) if rest), None)
        excused = [is_excused and position == first for position in range(len(instalments))]
        return payment_plan.missed(instalments, left, today, self.grace_days, excused)

    def _awaits_bank(self):
        """Whether the debit of the next instalment is with the bank, or came back and is tried again."""
        return bool(self._debit_items()._is_under_way() or self._is_tried_again())

    def _is_tried_again(self):
        """Whether the debit of an instalment came back and another one is planned."""
        debits = self._debit_items().debit_id
        return bool(debits.filtered(lambda debit: debit.state == 'returned' and debit.retry_on))

    def _debit_items(self):
        return self.debt_ids.billing_debit_item_ids.filtered(lambda item: not item.debit_id.is_overtaken)

    def _shares(self, until):
        """{debt: what the instalments whose debit is due until ``until`` take of it}."""
        self.ensure_one()
        debts = self.debt_ids.sorted(lambda line: (line.date_maturity, line.id))
        residuals = [self._exact(line.amount_residual_currency) for line in debts]
        rows = payment_plan.shares(residuals, self._left())
        shares = dict.fromkeys(debts, Decimal())
        for line, row in zip(self.line_ids.sorted(), rows, strict=True):
            if line._debit_day() <= until:
                shares |= {debt: shares[debt] + part for debt, part in zip(debts, row, strict=True)}
        return shares

    def _look_again(self):
        """Have ladders and debits under way look at the invoices as they are now."""
        today = fields.Date.context_today(self)
        self.debt_ids._billing_follow()
        self.case_id.open_item_ids._decisions(today)

    def _exact(self, amount):
        return Decimal(str(self.currency_id.round(amount)))

    # === DOCUMENT === #

    def action_send(self):
        """Open the e-mail with the agreement, ready to be sent to the customer."""
        self.ensure_one()
        template = self.env.ref('recurring_billing.mail_template_payment_plan')
        return (
            self.env['billing.contract']
            .browse()
            ._compose(
                default_model=self._name,
                default_res_ids=self.ids,
                default_template_id=template.id,
                default_email_layout_xmlid='mail.mail_notification_light',
            )
        )

    def _document_name(self):
        self.ensure_one()
        return self.env._("Payment plan %s", self.partner_id.name if self.name == "/" else self.name)
