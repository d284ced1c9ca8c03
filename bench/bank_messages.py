"""`make bench-bank-messages`: what reading a bank's statement costs, beside a bare pass of lxml over the same file."""

import json
import subprocess

import python_env
from steps import ROOT, StepError, say, step

IS_PURE = True  # of Odoo
SIZE = 50_000
LEAST = 1000
INSIDE = ROOT / "bench" / "bank_messages_inside.py"
ROW = "{:<52}{:>10}{:>8}{:>10}"


def main(size=None):
    size = size or SIZE
    if size < LEAST:
        raise StepError(f"SIZE={size} says nothing: take {LEAST} or more.")
    with step(f"A camt.053 of {size} lines, read in turns", "30 s"):
        race = inside("race", size)
    with step("The same in processes of their own, for the memory", "20 s"):
        memory = {work: inside(work, size) for work in ("bare", "ours")}
    say("", *lines(size, race, memory))


def inside(work, size):
    done = subprocess.run([python_env.PYTHON, INSIDE, work, str(size)], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise StepError(f"the measurement `{work}` failed: see above.")
    return json.loads(done.stdout)


def lines(size, race, memory):
    times = race["times"]
    yield f"{size} lines of an account, {race['bytes'] / 1e6:.1f} MB, {race['returns']} returns found in each round"
    yield ROW.format("", "CPU µs", "ratio", "MB in all")
    for title, name in (("bare lxml.etree.iterparse, elements cleared", "bare"), ("recurring_billing", "ours")):
        seconds = times[name]
        yield ROW.format(title, f"{seconds * 1e6 / size:.1f}", f"{seconds / times['bare']:.2f}", f"{memory[name]:.0f}")
    yield "Times are medians of the rounds. MB is the process at its peak, Python and lxml included."
