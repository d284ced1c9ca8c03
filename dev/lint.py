"""The code's form: ruff, pylint with pylint-odoo, and OCA's checks of XML, CSV and PO files."""

import subprocess

from python_env import BIN
from steps import ROOT, say

ADDON = "recurring_billing"
PYTHON = [name for name in ("dev", "bench", "setup.py", ADDON) if (ROOT / name).exists()]


def checks():
    translations = sorted(map(str, (ROOT / ADDON).glob("i18n/*.po*")))
    yield "ruff", "check", *PYTHON
    yield "ruff", "format", "--check", *PYTHON
    yield "pylint", "--rcfile=.pylintrc", ADDON
    yield "oca-checks-odoo-module", "--config=.oca_hooks.cfg", ADDON
    if translations:
        yield "oca-checks-po", "--config=.oca_hooks.cfg", *translations


def run():
    """Run every check, even after one that failed; return 1 if any did."""
    failed = 0
    for program, *arguments in checks():
        say(f"-> {program} {' '.join(arguments)}")
        failed |= bool(subprocess.run([BIN / program, *arguments], cwd=ROOT).returncode)
    say("lint: something to mend, see above" if failed else "lint: clean")
    return int(failed)
