"""Real processes that bill copies of one database: start, kill and wait for them, and see what they did."""

import contextlib
import os
import signal
import subprocess
import time

import packaged
from steps import child

SLICE = 6  # small, so that kills hit before, within and after many commits
PATIENCE = 120  # seconds that a worker may take; it takes five
INVOICES = """
    SELECT concat_ws(' ', move.move_type, move.state, string_agg(
        concat_ws(' ', contract.name, period.date_start, period.date_end, line.name, line.quantity, line.price_unit,
                  line.price_subtotal),
        ' + ' ORDER BY contract.name, period.date_start, line.billing_contract_line_id))
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN billing_period period ON period.id = line.billing_period_id
    JOIN billing_contract_line ON billing_contract_line.id = line.billing_contract_line_id
    JOIN billing_contract contract ON contract.id = billing_contract_line.contract_id
    GROUP BY move.id
"""
PERIODS = """
    SELECT concat_ws(' ', contract.name, period.date_start, period.date_end, period.planned_date, period.state)
    FROM billing_period period JOIN billing_contract contract ON contract.id = period.contract_id
"""
NUMBERED = """
    SELECT name, sequence_number, invoice_date, date,
           lag(sequence_number, 1, 0) OVER numbers AS last_number,
           lag(invoice_date) OVER numbers AS last_invoice_date,
           lag(date) OVER numbers AS last_date
    FROM account_move WHERE move_type = 'out_invoice' AND state = 'posted'
    WINDOW numbers AS (PARTITION BY journal_id, sequence_prefix ORDER BY sequence_number)
"""
FAULTS = {  # each finds what must not be
    "drafts": "SELECT id FROM account_move WHERE state = 'draft'",
    "billed twice": """
        SELECT string_agg(move_name || ' ' || name, ' = ') FROM account_move_line
        WHERE billing_contract_line_id IS NOT NULL
        GROUP BY billing_contract_line_id, billing_period_id HAVING count(*) > 1
    """,
    "numbers left out": f"SELECT name FROM ({NUMBERED}) AS moves WHERE sequence_number != last_number + 1",
    "dates not in the order of numbers": f"""
        SELECT concat_ws(' ', name, last_invoice_date, invoice_date) FROM ({NUMBERED}) AS moves
        WHERE invoice_date < last_invoice_date OR date < last_date
    """,
    "due": """
        SELECT id FROM billing_period
        WHERE state = 'planned' AND planned_date <= (now() AT TIME ZONE 'UTC')::date
    """,
    "parked": "SELECT error FROM billing_period WHERE error IS NOT NULL",
    "entries out of balance": "SELECT move_id FROM account_move_line GROUP BY move_id HAVING sum(balance) != 0",
    "accountants called for help": "SELECT summary FROM mail_activity",
}


class Foreman:
    """Has workers forked, all on one database, which ``fresh`` makes anew; see foreman.py."""

    def __init__(self, bench, database, process, orders):
        self.bench, self.database = bench, database
        self.process, self.orders = process, orders
        self.answer()  # the portfolio is there
        self.template = bench.copy("portfolio", source=database)

    def order(self, *words):
        print(*words, file=self.orders, flush=True)
        return self.answer()

    def answer(self):
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise AssertionError(f"Odoo ended:\n{tail(packaged.LOGS / 'workers.log')}")
        return answer

    def fresh(self):
        """Put the database back to where nothing is billed."""
        self.bench.copy("workers", source=self.template)

    def worker(self, name):
        return Worker(self, packaged.LOGS / f"workers-{name}.log")

    def query(self, query):
        return sorted(self.bench.psql(query, self.database).splitlines())

    def count(self):
        """Return how many invoices are committed."""
        return int(self.bench.psql("SELECT count(*) FROM account_move WHERE state = 'posted'", self.database))

    def outcome(self):
        """Return what must be the same whoever billed, and whatever stopped them."""
        return {"invoices": self.query(INVOICES), "periods": self.query(PERIODS)}

    def faults(self):
        """Return the first examples of each fault that there is."""
        return {fault: found[:5] for fault, query in FAULTS.items() if (found := self.query(query))}

    def disconnected(self):
        """Wait until PostgreSQL has noticed each death: until then the locks of the dead hold."""
        others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.database}'"
        until = time.monotonic() + PATIENCE
        while self.bench.psql(others) != "0" and time.monotonic() < until:
            time.sleep(0.05)


class Worker:
    """A process that bills whatever is due, and ends."""

    def __init__(self, foreman, log):
        self.foreman, self.log = foreman, log
        log.unlink(missing_ok=True)
        self.pid = int(foreman.order("fork", log))
        self.status = "running"

    def wait(self, seconds=PATIENCE):
        """Wait for the end, at most ``seconds``; return whether it came."""
        if self.status == "running":
            self.status = self.foreman.order("wait", self.pid, seconds)
        return self.status != "running"

    def finish(self):
        """Wait for the end, which must be a good one."""
        if not self.wait():
            self.kill()
        if self.status != "0":
            raise AssertionError(f"a worker ended with {self.status}:\n{tail(self.log)}")

    def kill(self):
        """Kill this worker; return whether it was still at work."""
        if not self.wait(0):
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        return self.status == str(-signal.SIGKILL)


def kill_one(candidates, count, seconds):
    """Kill one of these workers that is at work, ``seconds`` after ``count`` invoices were there; return the others.

    :raises AssertionError: where all had ended
    """
    foreman = candidates[0].foreman
    until = time.monotonic() + PATIENCE
    while foreman.count() < count and time.monotonic() < until and not all(one.wait(0.01) for one in candidates):
        pass
    time.sleep(seconds)
    for candidate in candidates:
        if candidate.kill():
            return [other for other in candidates if other is not candidate]
    ends = "\n".join(f"ended with {one.status} before the kill:\n{tail(one.log)}" for one in candidates)
    raise AssertionError(ends)


def tail(log):
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:]) if log.exists() else ""


@contextlib.contextmanager
def foreman():
    """Yield a `Foreman` at a copy of the database with the addon that is packaged.py's."""
    package = packaged.database()
    database = package.bench.copy("workers", source=package.installed)
    reading, writing = os.pipe()
    program = f"import foreman; foreman.serve(env, {package.company}, {SLICE}, {reading})"
    command = package.command(database, "--no-http", subcommand="shell")
    with (
        (packaged.LOGS / "workers.log").open("w") as log,
        os.fdopen(writing, "w") as orders,
        child(
            *command,
            env=package.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            pass_fds=[reading],
        ) as process,
        process.stdout,
    ):
        os.close(reading)
        process.stdin.write(program)
        process.stdin.close()
        yield Foreman(package.bench, database, process, orders)
