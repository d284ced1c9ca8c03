"""`make bench-returns`: what a returned debit costs here, beside Odoo's own reversal of its payment, one by one."""

import os
import pathlib

import report
from steps import StepError, say, step
from track import FLOOR, OURS, Track

IS_PURE = False  # of Odoo
ROUNDS = 2
SIZE = 1000


def main(bench, size=None):
    size = size or SIZE
    if not pathlib.Path("/proc/self/stat").exists():
        raise StepError("the benchmark reads times from /proc, which only Linux has.")
    load = os.getloadavg()[0]
    track = Track(bench, "returners")
    try:
        run(track, size)
    finally:
        track.clear()
    say("", *report.return_lines(track.races, load, track.others))


def run(track, size):
    with step(f"Databases with {size} collected invoices", "3 to 6 min"):
        track.found(customers=size)
        for contestant in (FLOOR, OURS):
            track.prepare(contestant, [size])
    with step(f"{ROUNDS} rounds of {size} returns", "5 to 10 min"):
        for _round in range(ROUNDS):
            track.race((FLOOR, size), (OURS, size))
