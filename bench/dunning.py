"""`make bench-dunning`: what it costs to say which reminder each late invoice gets, beside OCA's credit control."""

import os
import pathlib

import peers
import report
from steps import StepError, say, step
from track import OCA_CREDIT, OURS, Track

IS_PURE = False  # of Odoo
ROUNDS = 2
SIZE = 10_000


def main(bench, size=None):
    size = size or SIZE
    if not pathlib.Path("/proc/self/stat").exists():
        raise StepError("the benchmark reads times from /proc, which only Linux has.")
    load = os.getloadavg()[0]
    track = Track(bench, "dunners")
    try:
        run(track, size, [OCA_CREDIT] if peers.fetch() else [])
    finally:
        track.clear()
    say("", *report.dunning_lines(track.races, load, track.others))


def run(track, size, beside):
    contestants = (OURS, *beside)
    few = size // 5
    with step(f"Databases with {size} late invoices", "2 to 15 min"):
        track.found(customers=size // 2)
        for contestant in contestants:
            track.prepare(contestant, [size, few] if contestant is OURS else [size])
    with step(f"{ROUNDS} rounds of {size} late invoices", "1 to 5 min"):
        for _round in range(ROUNDS):
            track.race(*[(contestant, size) for contestant in contestants])
        track.race((OURS, few))
