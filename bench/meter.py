"""What a piece of work in Odoo costs: processor time, queries, memory. Runs inside Odoo, on Linux."""

import contextlib
import gc
import os
import pathlib
import time

from odoo import sql_db

TICKS = os.sysconf("SC_CLK_TCK")


def measure(cr, work):
    """Do ``work`` and return what it cost, in seconds and MB."""
    gc.collect()
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak of memory is counted from here
    memory, before = memory_of_python()["VmRSS"], counters(cr)
    work()
    after, end = counters(cr), memory_of_python()
    cost = {name: after[name] - before[name] for name in after}
    return {**cost, "growth": end["VmRSS"] - memory, "peak": end["VmHWM"] - memory}


def counters(cr):
    return {
        "python": time.process_time(),
        "postgres": sum(map(time_of_postgres, backends(cr))),
        "queries": sql_db.sql_counter,
    }


def backends(cr):
    """The processes that serve this database: the job may open more cursors than its own."""
    cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return [pid for [pid] in cr.fetchall()]


def time_of_postgres(pid):
    """Seconds of processor time; none where the server runs on another machine."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    if not stat.exists() or "(postgres" not in (text := stat.read_text()):
        return 0.0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


def memory_of_python():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    sizes = dict(line.split(":") for line in lines if line.startswith("Vm"))
    return {name: int(size.split()[0]) / 1024 for name, size in sizes.items()}
