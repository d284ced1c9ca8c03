import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, split_every

from .billing_dunning_item import PLANNED_AT_ONCE
from .billing_transaction import CronTransaction, Transaction

_logger = logging.getLogger(__name__)


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

    # === RUN === #

    @api.model
    def _of(self, keys):
        """{(company, customer): case} for these pairs; new ones where there are none."""
        keys = dict.fromkeys(keys)
        companies = self.env['res.company'].union(*(company for company, _customer in keys))
        customers = [customer.id for _company, customer in keys]
        found = self.search([('company_id', 'in', companies.ids), ('partner_id', 'in', customers)])
        cases = {(case.company_id, case.partner_id): case for case in found}
        missing = [key for key in keys if key not in cases]
        values = [{'company_id': company.id, 'partner_id': partner.id} for company, partner in missing]
        new = self._unguarded().with_context(tracking_disable=True).create(values).with_env(self.env)
        return cases | dict(zip(missing, new, strict=True))

    @api.model
    def _cron_run(self):
        """Remind the customers of each company, as far as no person has to confirm it."""
        today = fields.Date.context_today(self)
        transaction = CronTransaction(self.env)
        failure = None
        for company in self._companies():
            try:
                with transaction.alone('billing.dunning.case', company.id) as is_alone:
                    if is_alone and not transaction.is_over:
                        self._in_words_of(company)._run(company, today, transaction=transaction)
            except Exception as error:  # the others' customers are reminded all the same
                _logger.exception("The reminders of company %s failed", company.id)
                failure = error
        if failure:
            raise failure  # so that the job counts as failed

    @api.model
    def _companies(self):
        """Those with open invoices, and those with cases: what is paid is to be thanked for, and resumed."""
        open_invoices = [('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('amount_residual', '>', 0)]
        owing = self.env['account.move']._read_group(open_invoices, ['company_id'])
        known = self._read_group([], ['company_id'])
        return self.env['res.company'].union(*(company for [company] in [*owing, *known]))

    @api.model
    def _in_words_of(self, company):
        """The cases for a job of the night, which has no language of its own."""
        return self.with_company(company).with_context(lang=company.partner_id.lang or self.env.user.lang)

    @api.model
    def _run(self, company, today, *, transaction):
        """Put what is new on its ladder and do the levels of ``today`` that need no hand.

        :param transaction: see `Transaction`
        :return: the reminders made
        """
        last = self.env['billing.dunning.action'].search([], order='id desc', limit=1)
        transaction.attempt(lambda: self._judge(company, today, transaction))
        transaction.attempt(lambda: self._prepare(company, today, transaction))
        transaction.attempt(lambda: self._thank_all(company, today, transaction))
        if reason := company._billing_bank_silence(today):
            self._tell_bank_silence(company, reason)
            return last.browse()
        cases = self.search([('company_id', '=', company.id), ('is_open', '=', True), ('error', '=', False)])
        cases._work_off(
            [('is_open', '=', True)],
            lambda rows: self._isolate(rows, lambda some: some._remind(today), transaction)[1],
            transaction=transaction,
        )
        made = [('company_id', '=', company.id), ('id', '>', last.id or 0)]
        return self.env['billing.dunning.action'].search(made)

    @api.model
    def _judge(self, company, today, transaction):
        """Say of promises and payment plans whether they were kept, and suspend or resume what follows from it, before
        anybody is reminded. The fault of one stops no other: a person is told."""
        own = [('company_id', '=', company.id)]
        contracts = self.env['billing.contract']
        self._judge_each(self.env['billing.promise'].search([*own, ('state', '=', 'open')]), today, transaction)
        self._judge_each(self.env['billing.payment.plan'].search([*own, ('state', '=', 'agreed')]), today, transaction)
        held = contracts.search([*own, ('service_state', '!=', 'active')])
        held.dunning_case_id._lift(today, transaction)
        self._judge_each(contracts._announced_until(company, today), today, transaction)
        transaction.commit()

    @api.model
    def _judge_each(self, records, today, transaction):
        """Call `_judge_one` on each of ``records``; a person is told of those that fail."""
        _done, faults = self._isolate(records, lambda some: [record._judge_one(today) for record in some], transaction)
        for record, error in faults.items():
            target = record.case_id if 'case_id' in record else record
            self._tell(target, self.env.user, self._reason(error))

    @api.model
    def _tell_bank_silence(self, company, reason):
        """Leave one activity on the bank's journal: nobody is reminded until its news are there."""
        if journal := company.billing_bank_journal_id:
            self._tell(journal, company._billing_last_bank_news().create_uid, reason)

    @api.model
    def _prepare(self, company, today, transaction):
        """Put the open due items of ``company`` on their ladders, and write down what each gets on ``today``."""
        items = self.env['billing.dunning.item']
        for ids in split_every(PLANNED_AT_ONCE, items._to_begin(company, today).ids):
            items._begin(self.env['account.move.line'].browse(ids))
        known = items.search([('company_id', '=', company.id), ('is_open', '=', True)])
        for ids in split_every(PLANNED_AT_ONCE, known.ids):
            items.browse(ids)._decisions(today)
        transaction.commit()

    def _remind(self, today, only=None):
        """Do what is due of these cases on ``today``.

        :param only: the items that a person chose and confirms; without it the levels that need no hand
        :return: the reminders made, one for each channel
        """
        decisions = self.item_ids.filtered('is_open')._decisions(today)
        steps = []
        for case in self:
            due = case._due(decisions, today, only)
            if due:
                steps.append((case, due, case._listed(decisions, due, today)))
        actions = self.env['billing.dunning.action']._take_steps(steps, today)
        for _case, due, _listed in steps:
            due._reach(today)
        self.env['billing.dunning.item'].concat(*(due for _case, due, _listed in steps))._decisions(today)
        return actions

    def _due(self, decisions, today, only):
        """The items of this case that get their level today: what is late speaks alone, and a friendly word about what
        is not due yet waits for a day without such a message."""
        items = self.item_ids.filtered(
            lambda item: item in decisions and decisions[item].level and not item.is_left_out
        )
        if only is not None:
            items &= only
        else:
            items = items.filtered(lambda item: not item.next_level_id.is_manual)
        return items.filtered(lambda item: item.date_due < today) or items

    def _listed(self, decisions, due, today):
        """What the message tells of: what is due, and whatever else is late and not silent."""
        rest = self.item_ids.filtered(
            lambda item: (
                item in decisions
                and item.date_due < today
                and decisions[item].reason != 'silent'
                and not item.is_left_out
            )
        )
        is_late = any(item.date_due < today for item in due)
        return due | rest if is_late else due

    def _remind_by_hand(self, items):
        """Do what is due of ``items``, which a person confirms.

        :raises UserError: nothing of it is due; `AccessError`: a formal notice is not theirs to send
        """
        today = fields.Date.context_today(self)
        due = items.filtered(lambda item: item.step == 'due' and not item.is_left_out)
        if not due:
            reasons = "\n".join(f"{item.move_id.name}: {item.reason}" for item in items[:10])
            raise UserError(self.env._("None of these invoices is to be reminded today:\n%s", reasons))
        self._require_manager(due)
        last = self.env['billing.dunning.action'].search([], order='id desc', limit=1)
        transaction = Transaction()
        due.case_id.filtered('error').action_retry()
        parked = due.case_id._work_off(
            [('is_open', '=', True)],
            lambda rows: self._isolate(rows, lambda some: some._remind(today, only=due), transaction)[1],
            transaction=transaction,
        )
        actions = self.env['billing.dunning.action'].search(
            [('case_id', 'in', due.case_id.ids), ('id', '>', last.id or 0)]
        )
        if parked and not actions:
            return parked._get_records_action()
        return actions._get_records_action(name=self.env._("Reminders"))

    @api.model
    def _require_manager(self, items):
        grave = items.next_level_id.filtered(lambda level: level._is_grave())
        if grave and not self.env.user.has_group('recurring_billing.group_dunning'):
            raise AccessError(
                self.env._(
                    "%s: only the role “Reminders / Formal notices” may send a formal notice, hand a case over, "
                    "suspend a service or end a contract. Ask somebody who has it.",
                    ", ".join(grave.mapped('name')),
                )
            )

    @api.model
    def action_prepare_all(self):
        """Look at all open invoices of the user's companies now, and list what is due with its reason."""
        today = fields.Date.context_today(self)
        for company in self.env.companies:
            self.with_company(company)._prepare(company, today, Transaction())
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_dunning_item_action_due')
        silences = [silence for company in self.env.companies if (silence := company._billing_bank_silence(today))]
        if not silences:
            return action
        params = {'type': 'warning', 'sticky': True, 'message': "\n".join(silences), 'next': action}
        return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': params}

    def action_remind(self):
        """Do now what is due of this case."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        self.item_ids.filtered('is_open')._decisions(today)
        return self._remind_by_hand(self.item_ids.filtered('is_open'))

    def action_partner(self):
        return self.partner_id._get_records_action()

    # === WHAT FOLLOWS === #

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
