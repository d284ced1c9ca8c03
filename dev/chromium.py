"""Chromium for the browser tests (tours)."""

import os
import pathlib
import shutil
import sys

from steps import DEV, StepError, run, step, warn

# Where Odoo's test browser looks, in odoo/tests/common.py.
LINUX = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def ensure():
    """Install Chromium where possible; without it Odoo skips the tours, which CI must not."""
    if installed() or from_apt():
        return
    missing = "no Chromium here: install the package `chromium`"
    if os.environ.get("CI") == "true":
        raise StepError(f"{missing}; without it the browser tests cannot run.")
    warn(f"{missing} to run the browser tests (tours) too; they are skipped.")


def installed():
    if sys.platform == "darwin":
        return any(pathlib.Path(program).exists() for program in MACOS)
    return any(map(shutil.which, LINUX))


def from_apt():
    if os.getuid() or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log = DEV / "log" / "chromium.log"
    try:
        with step("Chromium for the browser tests, through apt", "1 to 2 min"):
            run("apt-get", "-q", "update", log=log, env=environment)
            command = ["apt-get", "-q", "install", "-y", "--no-install-recommends", "chromium"]
            run(*command, log=log, env=environment)
    except StepError as error:
        warn(error)
    return installed()
