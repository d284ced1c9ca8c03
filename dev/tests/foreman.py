"""One process of Odoo that forks billing workers on order, as Odoo's own server with several processes does.

A start of Odoo takes seconds; a fork takes none, and is as real a process, with its own connection to the database.
"""

import os
import time
import traceback

import portfolio

from odoo import SUPERUSER_ID, api, sql_db

from odoo.addons.recurring_billing.models import billing_worker


def serve(env, company_id, slice_size, orders):
    """Found a portfolio, then obey the orders of workers.py: one line each, answered by one line.

    :param orders: file descriptor
    """
    billing_worker.SLICE = slice_size
    portfolio.found(env, company_id)
    env.cr.execute("ALTER TABLE account_move ADD COLUMN made_by integer DEFAULT pg_backend_pid()")
    env.cr.commit()
    env.cr.close()
    sql_db.close_all()  # what is connected to a database keeps it from being copied
    registry = env.registry
    print("ready", flush=True)
    with os.fdopen(orders) as lines:
        for line in lines:
            verb, *arguments = line.strip().split(maxsplit=1)
            answer = fork(registry, *arguments) if verb == "fork" else wait(*arguments[0].split())
            print(answer, flush=True)
    os._exit(0)  # the shell would go on with the cursor that is closed


def fork(registry, log):
    sql_db.close_all()  # a connection of two processes would mix up their answers
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        bill(registry)
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def bill(registry):
    """What Odoo does for the nightly job, less the rows that tell of its progress."""
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["billing.period"]._cron_bill()


def wait(pid, seconds):
    """Return how the process ended, or "running" where it did not within ``seconds``."""
    until = time.monotonic() + float(seconds)
    while True:
        ended, status = os.waitpid(int(pid), os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return "running"
        time.sleep(0.005)
