import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import split_every

from .billing_transaction import CronTransaction, Transaction

_logger = logging.getLogger(__name__)

PLANNED_AT_ONCE = 1000  # cases that are looked at together


class BillingDunningCase(models.Model):
    """Who is reminded today: by the night, and by a person who looks first."""

    _inherit = 'billing.dunning.case'

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
        items._begin(items._to_begin(company, today))
        # by cases: open credits are held against all that a customer is late with
        cases = self.search([('company_id', '=', company.id), ('is_open', '=', True)])
        for ids in split_every(PLANNED_AT_ONCE, cases.ids):
            self.browse(ids).open_item_ids._decisions(today)
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
        for _case, due, listed in steps:
            due._reach(today)
            listed.filtered('word').word = False
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
