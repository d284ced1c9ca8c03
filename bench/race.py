"""Several contestants at once, of whom one runs at a time, in short turns: what slows the machine slows all alike.

Each has a process and a database of its own. A turn begins and ends with a signal to the process, and a stopped process
costs no processor time.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time

from steps import StepError, child

TURN = 0.25  # seconds of the contestant with the fewest contracts; the others' turns are longer in proportion
LOOK = 0.01  # seconds between two looks at a process
TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Result:
    """What one contestant's run cost; times in seconds, memory in MB."""

    name: str
    size: int
    fault: str
    wall: float
    python: float
    postgres: float
    queries: int
    growth: float
    peak: float

    @property
    def each(self):
        """Milliseconds of processor time for one contract."""
        return (self.python + self.postgres) * 1000 / self.size


@dataclasses.dataclass(frozen=True)
class Starter:
    name: str
    size: int
    fault: str
    command: list
    environment: dict
    program: str  # for Odoo's shell
    file: pathlib.Path  # which the program writes when its measured part is over
    log: pathlib.Path


class Lane:
    def __init__(self, starter, process):
        self.starter = starter
        self.process = process
        self.wall = 0.0

    def wait_until_ready(self):
        """The process stops itself when Odoo is loaded and the measured part is next."""
        while self.state() != "T":
            self.fail_if_ended()
            time.sleep(LOOK)

    def state(self):
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def take_turn(self, seconds):
        """Run for ``seconds``; tell whether there is more to do."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGCONT)
        while time.monotonic() - begin < seconds and not self.starter.file.exists():
            self.fail_if_ended()
            time.sleep(LOOK)
        self.process.send_signal(signal.SIGSTOP)
        self.wall += time.monotonic() - begin
        return not self.starter.file.exists()

    def result(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.wait()
        self.fail_if_ended()
        starter = self.starter
        return Result(starter.name, starter.size, starter.fault, self.wall, **json.loads(starter.file.read_text()))

    def fail_if_ended(self):
        if self.process.poll():
            tail = "\n".join(self.starter.log.read_text(errors="replace").splitlines()[-25:])
            raise StepError(f"{tail}\n{self.starter.name} failed; the whole output is in {self.starter.log}")


def race(starters):
    """Run the ``starters`` in turns.

    :return: (list of Result, how many processors other programs kept busy meanwhile)
    """
    with contextlib.ExitStack() as stack:
        lanes = [stack.enter_context(started(starter)) for starter in starters]
        for lane in lanes:
            lane.wait_until_ready()
        begin, busy = time.monotonic(), time_of_machine()
        run_in_turns(lanes)
        others = (time_of_machine() - busy) / (time.monotonic() - begin) - 1
        return [lane.result() for lane in lanes], max(others, 0.0)


@contextlib.contextmanager
def started(starter):
    starter.file.unlink(missing_ok=True)
    with (
        starter.log.open("wb") as output,
        child(
            *starter.command, env=starter.environment, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        process.stdin.write(starter.program.encode())
        process.stdin.close()
        try:
            yield Lane(starter, process)
        finally:
            process.send_signal(signal.SIGCONT)  # a stopped process does not hear that it is to end


def run_in_turns(lanes):
    least = min(lane.starter.size for lane in lanes)
    running = list(lanes)
    while running:
        running = [lane for lane in running if lane.take_turn(TURN * lane.starter.size / least)]


def time_of_machine():
    """Seconds that all processors were at work, for whomever."""
    total = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system, _idle, _waiting, *interrupted_or_stolen = map(int, total.split()[1:9])
    return (user + nice + system + sum(interrupted_or_stolen)) / TICKS
