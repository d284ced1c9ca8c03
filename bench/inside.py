"""The entry from the benchmark into Odoo's process."""

import json
import os
import pathlib
import signal

import contestants
import meter

from odoo import api, fields

WARM_UP = 20


def found(env, customers):
    contestants.found(env, customers)
    env.cr.commit()


def prepare(env, name, size):
    contestants.CONTESTANTS[name].prepare(env, size)
    env.cr.commit()


def measure(env, name, size, fault, file):
    """Let a contestant bill its ``size`` contracts and write into ``file`` what it cost."""
    if fault:
        contestants.FAULTS[fault](env)
        env.cr.commit()
    contestants.Floor.bill(env, WARM_UP)  # a server that has run for a day has its caches filled
    with env.registry.cursor() as cr:  # but a job starts without any record in its cache
        fresh = api.Environment(cr, env.uid, dict(env.context))
        os.kill(os.getpid(), signal.SIGSTOP)  # ready; see `race`
        cost = meter.measure(cr, lambda: contestants.CONTESTANTS[name].bill(fresh, size))
        pathlib.Path(file).write_text(json.dumps(cost))
        check(fresh, size - bool(fault))


def check(env, wanted):
    """Only posted invoices of today and of the right amount count."""
    today = fields.Date.context_today(env.user)
    invoices = env['account.move'].search([('move_type', '=', 'out_invoice'), ('invoice_date', '=', today)])
    good = invoices.filtered(lambda invoice: invoice.state == 'posted' and invoice.amount_total == 120.0)
    if not len(good) == len(invoices) == WARM_UP + wanted:
        raise AssertionError(f"{len(good)} of {len(invoices)} invoices are good, wanted: {WARM_UP + wanted}")
