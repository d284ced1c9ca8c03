"""`make bench-billing`: what an invoice costs here, beside Odoo's own cost and the peers', all in one run."""

import os
import pathlib

import peers
import report
from steps import StepError, say, step
from track import FLOOR, OCA_CONTRACT, OURS, Track

IS_PURE = False  # of Odoo
ROUNDS = 3
SIZE = 1000
LEAST = 200  # below, what a job does once outweighs what it does for each contract


def main(bench, size=None):
    size = size or SIZE
    if not pathlib.Path("/proc/self/stat").exists():
        raise StepError("the benchmark reads times from /proc, which only Linux has.")
    if size < LEAST:
        raise StepError(f"SIZE={size} says nothing: take {LEAST} or more.")
    load = os.getloadavg()[0]
    track = Track(bench, "billers")
    try:
        run(track, size, [OCA_CONTRACT] if peers.fetch() else [])
    finally:
        track.clear()
    say("", *report.lines(track.races, size, load, track.others))


def run(track, size, beside):
    few, many = size // 2, size * 5
    with step(f"Databases with up to {many} contracts", "1 to 3 min"):
        track.found(customers=many)
        for contestant in (FLOOR, OURS):
            track.prepare(contestant, [size, few, many])
        for peer in beside:
            track.prepare(peer, [size])
    with step(f"{ROUNDS} rounds of {size} contracts", "4 to 6 min"):
        faulty = [(OURS, size, fault) for fault in ("early", "late")]
        track.race((FLOOR, size), (OURS, size), *faulty, *[(peer, size) for peer in beside])
        for _round in range(ROUNDS - 1):
            track.race((FLOOR, size), (OURS, size))
    with step(f"{few} and {many} contracts", "5 to 6 min"):
        track.race((OURS, few), (OURS, many), (FLOOR, few), (FLOOR, many))
