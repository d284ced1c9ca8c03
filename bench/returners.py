"""Who takes debits back: runs inside Odoo. All invoices are collected, with VAT on receipts, before time is taken."""

import collectors

from odoo import fields

found = collectors.found
warm_up = collectors.warm_up


class Floor:
    """Odoo itself: each payment is taken off its invoice and reversed, one after the other."""

    @staticmethod
    def prepare(env, size):
        collectors.Floor.prepare(env, size)
        collectors.Floor.work(env, size)

    @staticmethod
    def work(env, size):
        today = fields.Date.context_today(env.user)
        for due in collectors.the_due(env):
            line = collectors.receivable(due)
            payment = line.matched_credit_ids.credit_move_id.move_id
            line.remove_move_reconcile()
            payment._reverse_moves([{'date': today, 'ref': "AM04"}], cancel=True)
        env.cr.commit()


class Ours:
    """This addon: all returns of a bank's file in one batch, with what follows from their reason."""

    @staticmethod
    def prepare(env, size):
        collectors.Ours.prepare(env, size)
        collectors.Ours.work(env, size)
        env.company.billing_tell_returns = False  # the floor tells nobody either
        env.cr.commit()

    @staticmethod
    def work(env, size):
        debits = env['billing.debit'].search([('state', '=', 'settled')])
        debits._return(max(debits.mapped('date')), 'AM04')
        env.cr.commit()


CONTESTANTS = {'floor': Floor, 'ours': Ours}


def check(env, wanted):
    """Only invoices that are open again count, with their VAT taken back."""
    invoices = collectors.the_due(env)
    opened = invoices.filtered(lambda due: due.amount_residual == due.amount_total == collectors.TOTAL)
    taken_back = env['account.move'].search([('tax_cash_basis_origin_move_id', 'in', invoices.ids)])
    if not len(opened) == len(invoices) == len(taken_back) // 2 == wanted:
        raise AssertionError(f"{len(opened)} of {len(invoices)} open, {len(taken_back)} with VAT; wanted: {wanted}")
