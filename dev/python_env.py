"""The virtual environment .dev/venv with the pinned packages of requirements.txt."""

import hashlib
import shutil
import subprocess
import sys

from steps import DEV, ROOT, StepError, run, step

VENV = DEV / "venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
LOCK = ROOT / "dev" / "requirements.txt"
INSTALLED = VENV / "INSTALLED"  # holds the hash of the lock it was made from, written last


def ensure():
    wanted = f"{sys.version_info[:2]} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    if not has_venv():
        raise StepError("this Python has no venv module: install the package `python3-venv`.")
    with step("Python packages into .dev/venv", "20 to 60 s"):
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", VENV, log=DEV / "log" / "venv.log")
        install = [PYTHON, "-m", "pip", "install", "--no-deps", "-r", LOCK]
        run(*install, log=DEV / "log" / "pip.log")
        INSTALLED.write_text(wanted)


def has_venv():
    command = [sys.executable, "-c", "import venv, ensurepip"]
    return not subprocess.run(command, capture_output=True).returncode
