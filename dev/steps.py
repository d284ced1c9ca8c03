"""How the set-up speaks: each step says how long it may take, and at its end how long it took."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
CLONE_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


class StepError(Exception):
    """A step that cannot be done here; the message says what to do instead."""


@contextlib.contextmanager
def step(title, expected):
    """Announce ``title`` with its ``expected`` duration (text), then print how long it took."""
    say(f"-> {title} ({expected})")
    start = time.monotonic()
    yield
    say(f"   done in {time.monotonic() - start:.0f} s")


def run(*command, log, **kwargs):
    """Run ``command``, its output in the file ``log``; raise StepError with its end on failure."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, **kwargs)
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        words = " ".join(map(str, command[:3]))
        raise StepError(f"{tail}\n`{words} ...` failed; the whole output is in {log}")


@contextlib.contextmanager
def child(*command, **kwargs):
    """Yield a running process; it ends with the block, together with all that it started."""
    process = subprocess.Popen(command, start_new_session=True, **kwargs)
    try:
        yield process
    finally:
        for kill in signal.SIGTERM, signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, kill)
                process.wait(10)


@contextlib.contextmanager
def locked():
    """Let only one command at a time change what .dev holds."""
    DEV.mkdir(exist_ok=True)
    with (DEV / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("-> Another command is at work in this clone: waiting for its end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(*lines):
    for line in lines:
        print(line, flush=True)


def warn(line):
    print(f"!! {line}", file=sys.stderr, flush=True)
