"""The entry from the benchmark into Odoo's process."""

import importlib
import json
import os
import pathlib
import signal

import meter

from odoo import api


def found(env, contest, customers):
    importlib.import_module(contest).found(env, customers)
    env.cr.commit()


def prepare(env, contest, name, size):
    importlib.import_module(contest).CONTESTANTS[name].prepare(env, size)
    env.cr.commit()


def measure(env, contest, name, size, fault, file):
    """Let a contestant do its work on ``size`` records and write into ``file`` what it cost."""
    contest = importlib.import_module(contest)
    if fault:
        contest.FAULTS[fault](env)
        env.cr.commit()
    contest.warm_up(env)  # a server that has run for a day has its caches filled
    with env.registry.cursor() as cr:  # but a job starts without any record in its cache
        fresh = api.Environment(cr, env.uid, dict(env.context))
        os.kill(os.getpid(), signal.SIGSTOP)  # ready; see `race`
        cost = meter.measure(cr, lambda: contest.CONTESTANTS[name].work(fresh, size))
        pathlib.Path(file).write_text(json.dumps(cost))
        contest.check(fresh, size - bool(fault))
