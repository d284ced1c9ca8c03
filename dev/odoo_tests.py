"""The addon's tests in Odoo: progress as they run, then each failure in full; an exact count."""

import re
import subprocess

from server import free_port
from steps import DEV, ROOT, child, say, step
from tally import Tally

ADDON = "recurring_billing"
LOG = DEV / "log" / "test.log"

# What Odoo's logging (odoo/netsvc.py) and its test result (odoo/tests/result.py) write.
RECORD = re.compile(r"[\d-]{10} [\d:,]{12} \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)")
STARTED = re.compile(r"Starting (\S+) \.\.\.")
SKIPPED = re.compile(r"skipped (.+?) : (.*\S)")
FAILED = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(\S+)")
SUMMARY = re.compile(r"\d+ failed, \d+ error\(s\) of \d+ tests when loading database")


class Progress:
    """Reads Odoo's log; a test is known by its module and its name, ``Class.method``.

    The sets count each test once, however often a subtest of it fails or Odoo tries it again.
    """

    def __init__(self):
        self.started = set()
        self.failed = set()
        self.skipped = {}
        self.reports = []  # each a list of log lines
        self.finished = False
        self.running = None
        self.report = None  # the one that the lines without a time stamp belong to

    def read(self, line):
        record = RECORD.match(line)
        if record:
            self.report = None
            self.read_record(line, **record.groupdict())
        elif self.report is not None:
            self.report.append(line)

    def read_record(self, line, level, logger, text):
        if started := STARTED.match(text):
            self.start((logger, started[1]))
        elif skipped := SKIPPED.match(text):
            self.skipped[logger, skipped[1]] = skipped[2]
        elif level == "ERROR" and (failed := FAILED.match(text)):
            self.failed.add((logger, failed[1]))
            self.keep(line)
        elif level == "CRITICAL":
            self.keep(line)
        elif SUMMARY.match(text):
            self.settle()
            self.finished = True

    def keep(self, line):
        self.report = [line]
        self.reports.append(self.report)

    def start(self, test):
        self.settle()
        if not self.running or group(test) != group(self.running):
            print(f"\n   {group(test)} ", end="", flush=True)
        self.running = test
        self.started.add(test)

    def settle(self):
        """Show how the test that ran last has ended."""
        if self.running in self.failed:
            print("F", end="", flush=True)
        elif self.running:
            print("s" if self.running in self.skipped else ".", end="", flush=True)

    @property
    def tally(self):
        broken = not self.finished and not self.failed
        skipped = self.skipped.keys() - self.failed
        return Tally(
            passed=len(self.started - self.failed - skipped),
            failed=len(self.failed) + broken,
            skipped=len(skipped),
        )


def group(test):
    logger, name = test
    return f"{logger.rpartition('.')[2]}.{name.rpartition('.')[0]}"


def run(bench, tags):
    """Install the addon in a fresh copy of the template and run the tests that ``tags`` select."""
    database = bench.copy("test")
    options = [f"--init={ADDON}", "--skip-auto-install", "--stop-after-init"]
    options += [f"--test-tags={tags}", f"--http-port={free_port()}"]
    progress = Progress()
    with step(f"Odoo installs the addon, then tests it; its log is {LOG}", "20 s, then the tests"):
        follow(bench.command(database, *options), bench.environment, progress)
        say("")
    for (logger, name), reason in progress.skipped.items():
        say(f"   skipped {group((logger, name))}.{name.rpartition('.')[2]}: {reason}")
    for report in progress.reports:
        say("", "".join(report).rstrip())
    if not progress.finished:
        say("", f"Odoo ended before its tests did; {LOG} says why.")
    return progress.tally


def follow(command, environment, progress):
    """Run Odoo, write its log and let ``progress`` read along."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with (
        LOG.open("w", encoding="utf-8") as log,
        child(*command, env=environment, cwd=ROOT, errors="replace", **output) as odoo,
    ):
        for line in odoo.stdout:
            log.write(line)
            progress.read(line)
