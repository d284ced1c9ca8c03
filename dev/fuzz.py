"""`make fuzz`: random damage to messages and archives of the bank; the reader may refuse them, never crash on them."""

import subprocess

import python_env
from steps import ROOT, StepError, say, step

INSIDE = ROOT / "dev" / "fuzz_inside.py"
SECONDS = 60


def main(seconds=None):
    seconds = seconds or SECONDS
    with step("Random damage to the bank's messages", f"{seconds} s"):
        done = subprocess.run([python_env.PYTHON, INSIDE, str(seconds)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise StepError("the reader broke on a message: the example is above. Give it a test, then mend it.")
    say("", done.stdout.strip())
