"""The addon as others get it: a wheel, installed into a folder of its own, used from there."""

import functools
import json
import pathlib
import shutil
import subprocess

import databases
import python_env
import traces
from steps import DEV, ROOT, run

ADDON = "recurring_billing"
HOME = DEV / "package"
LOGS = DEV / "log"


class Packaged:
    """A database with a French company and the addon from ``folder``, out of the clone's reach."""

    def __init__(self, folder):
        self.bench = databases.prepare()
        self.name = self.bench.copy("package")
        self.command = functools.partial(self.bench.command, addons=())
        paths = f"{self.bench.odoo.path}:{folder}:{pathlib.Path(__file__).parent}"
        self.environment = {**self.bench.environment, "PYTHONPATH": paths}

    def query(self, query):
        """Return the first column of what ``query`` finds."""
        return set(self.bench.psql(query, self.name).splitlines())

    def call(self, function, *arguments):
        """Call a function of books.py inside Odoo and return its result."""
        call = ", ".join(["env", *map(repr, arguments)])
        program = f"import books, json; print(json.dumps(books.{function}({call}))); env.cr.commit()"
        command = self.command(self.name, "--no-http", subcommand="shell")
        with (LOGS / f"package-{function}.log").open("w") as log:
            pipes = {"stdout": subprocess.PIPE, "stderr": log, "text": True}
            asked = subprocess.run(command, env=self.environment, input=program, **pipes)
        if asked.returncode:
            raise AssertionError(f"{function} failed inside Odoo: {log.name} says why")
        return json.loads(asked.stdout)

    def install(self):
        options = [f"--init={ADDON}", "--skip-auto-install", "--stop-after-init", "--no-http"]
        self.run(*options, subcommand="server", log="install")

    def uninstall(self):
        self.run(ADDON, subcommand="module uninstall", log="uninstall")

    def run(self, *arguments, subcommand, log):
        command = self.command(self.name, *arguments, subcommand=subcommand)
        run(*command, log=LOGS / f"package-{log}.log", env=self.environment)


@functools.cache
def wheel():
    """Build the wheel from a copy of its sources, so that the clone stays clean."""
    shutil.rmtree(HOME, ignore_errors=True)
    source = HOME / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / ADDON, source / ADDON, ignore=ignore)
    for name in ("setup.py", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", HOME, source)
    return next(HOME.glob("*.whl"))


@functools.cache
def folder():
    """Install the wheel into what stands for a site-packages."""
    pip("install", "--target", HOME / "site", wheel())
    return HOME / "site"


def pip(command, *arguments):
    pip = [python_env.PYTHON, "-m", "pip", command, "--no-deps", "--disable-pip-version-check"]
    run(*pip, *arguments, log=LOGS / f"package-{command}.log")


@functools.cache
def database():
    """Return the one database of all tests here: some uninstall the addon from it, others work on copies.

    ``installed`` names such a copy, which keeps the addon.
    """
    database = Packaged(folder())
    database.company = database.call("found_company")
    database.before = traces.of(database)
    database.install()
    database.installed = database.bench.copy("installed", source=database.name)
    return database
