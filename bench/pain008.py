"""`make bench-pain008`: what a bank file costs here, checks included, beside a bare lxml writer of the same bytes."""

import json
import subprocess

import python_env
from steps import ROOT, StepError, say, step

IS_PURE = True  # of Odoo
SIZE = 100_000
LEAST = 1000
INSIDE = ROOT / "bench" / "pain008_inside.py"
ROW = "{:<52}{:>10}{:>8}{:>10}"


def main(size=None):
    size = size or SIZE
    if size < LEAST:
        raise StepError(f"SIZE={size} says nothing: take {LEAST} or more.")
    with step(f"{size} debits, written in turns", "1 to 2 min"):
        race = inside("race", size)
    with step("The same in processes of their own, for the memory", "1 min"):
        memory = {work: inside(work, size) for work in ("bare", "ours", "schema")}
    say("", *lines(size, race, memory))


def inside(work, size):
    command = [python_env.PYTHON, INSIDE, work, str(size)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise StepError(f"the measurement `{work}` failed: see above.")
    return json.loads(done.stdout)


def lines(size, race, memory):
    times = race["times"]
    bare, ours = times["bare"], times["faults"] + times["write"]
    yield f"{size} debits, {race['bytes'] / 1e6:.1f} MB; the bare writer's bytes are the same: {race['is_same']}"
    yield ROW.format("", "CPU µs", "ratio", "MB more")
    for title, seconds, megabytes in (
        ("bare lxml.etree.xmlfile writer, no check", bare, memory["bare"]),
        ("recurring_billing, checks included", ours, memory["ours"]),
        ("  the checks alone", times["faults"], None),
        ("  the writer alone", times["write"], None),
        ("validation by the official schema, on top of it", times["schema"], memory["schema"]),
        ("all three", ours + times["schema"], None),
    ):
        grown = "" if megabytes is None else f"{megabytes:.0f}"
        yield ROW.format(title, f"{seconds * 1e6 / size:.1f}", f"{seconds / bare:.2f}", grown)
    yield "Times are medians of the rounds. MB is what the process grew by, at its peak, reading debits one by one."
