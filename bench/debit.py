"""`make bench-debit`: what a debit costs here, from the selection to the matched entry, beside Odoo's and OCA's."""

import os
import pathlib

import peers
import report
from steps import StepError, say, step
from track import FLOOR, OCA_DEBIT, OURS, Track

IS_PURE = False  # of Odoo
ROUNDS = 2
SIZE = 1000


def main(bench, size=None):
    size = size or SIZE
    if not pathlib.Path("/proc/self/stat").exists():
        raise StepError("the benchmark reads times from /proc, which only Linux has.")
    load = os.getloadavg()[0]
    track = Track(bench, "collectors")
    try:
        run(track, size, [OCA_DEBIT] if peers.fetch() else [])
    finally:
        track.clear()
    say("", *report.debit_lines(track.races, load, track.others))


def run(track, size, beside):
    contestants = (FLOOR, OURS, *beside)
    with step(f"Databases with {size} due invoices", "3 to 5 min"):
        track.found(customers=size)
        for contestant in contestants:
            track.prepare(contestant, [size])
    with step(f"{ROUNDS} rounds of {size} debits", "10 to 15 min"):
        for _round in range(ROUNDS):
            track.race(*[(contestant, size) for contestant in contestants])
