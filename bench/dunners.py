"""Who looks at late invoices: runs inside Odoo.

Each contestant has ``prepare``, outside of the measured time, and ``work``, the measured time: from posted invoices
that nobody has looked at yet to a committed list that says which reminder each gets. All look at the same invoices of
the same customers, two or three of each.
"""

import billers
from dateutil.relativedelta import relativedelta

from odoo import Command, fields

CUSTOMERS = 0.4  # for each invoice
DAYS_LATE = 17

found = billers.found


def invoice(env, size):
    """Post ``size`` invoices, due for `DAYS_LATE` days."""
    day = fields.Date.context_today(env.user) - relativedelta(days=DAYS_LATE)
    lines = [*billers.line_values(env, round(size * CUSTOMERS))]
    values = []
    for number in range(size):
        customer, taxes, line = lines[number % len(lines)]
        due = {**billers.invoice_values(customer, day, {**line, 'tax_ids': taxes.ids}), 'invoice_date_due': day}
        values.append(due)
    billers.invoice(env, values)


def the_due(env):
    day = fields.Date.context_today(env.user) - relativedelta(days=DAYS_LATE)
    domain = [('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('invoice_date', '=', day)]
    return env['account.move'].search(domain, order='id')


class Ours:
    """This addon's “Prepare Reminders”."""

    @staticmethod
    def prepare(env, size):
        invoice(env, size)
        env['account.move'].search([('invoice_date', '>', '2000-01-01')]).filtered(
            lambda move: move.partner_id.name == "Customer of the month before"
        ).no_followup = True

    @staticmethod
    def work(env, size):
        env['billing.dunning.case'].action_prepare_all()
        env.cr.commit()

    @staticmethod
    def reached(env):
        items = env['billing.dunning.item'].search([('step', '=', 'due')])
        return items.move_line_id.move_id


class Oca:
    """OCA's credit control run."""

    @staticmethod
    def prepare(env, size):
        invoice(env, size)
        policy = env.ref('account_credit_control.credit_control_3_time')
        policy.account_ids = [Command.set(the_due(env).line_ids.account_id.ids)]
        env.company.credit_policy_id = policy
        env['account.move'].search([('partner_id.name', '=', "Customer of the month before")]).write(
            {'credit_policy_id': env.ref('account_credit_control.credit_control_no_follow').id}
        )

    @staticmethod
    def work(env, size):
        run = env['credit.control.run'].create({'date': fields.Date.context_today(env.user)})
        run.generate_credit_lines()
        env.cr.commit()

    @staticmethod
    def reached(env):
        return env['credit.control.line'].search([]).invoice_id


CONTESTANTS = {'ours': Ours, 'oca': Oca}


def warm_up(env):
    the_due(env)[:20].line_ids.mapped('amount_residual')


def check(env, wanted):
    """Only invoices of which each has its reminder count."""
    contestant = Ours if 'billing.dunning.item' in env.registry else Oca
    reached = contestant.reached(env) & the_due(env)
    if len(reached) != wanted:
        raise AssertionError(f"{len(reached)} invoices have their reminder, wanted: {wanted}")
