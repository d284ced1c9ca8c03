"""Other people's addons from PyPI, for comparison only: fetched into .dev, never imported by ours."""

import hashlib
import pathlib
import shutil

from python_env import PYTHON
from steps import DEV, StepError, run, step, warn

PINNED = pathlib.Path(__file__).with_name("peers.txt")
FOLDER = DEV / "peers"
INSTALLED = FOLDER / "INSTALLED"  # holds the hash of the pinned versions, written last
ADDONS = FOLDER / "odoo" / "addons"


def fetch():
    """Tell whether the peers are there, fetched where they were not."""
    wanted = hashlib.sha256(PINNED.read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return True
    shutil.rmtree(FOLDER, ignore_errors=True)
    install = [PYTHON, "-m", "pip", "install", "--no-deps", "--target", FOLDER, "-r", PINNED]
    log = DEV / "log" / "peers.log"
    try:
        with step("OCA's addons from PyPI", "10 s"):
            run(*install, log=log)
    except StepError:
        warn(f"OCA's addons cannot be fetched and are left out; {log} says why")
        return False
    INSTALLED.write_text(wanted)
    return True
