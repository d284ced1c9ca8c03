"""Databases: a template with the French chart, built once and copied for each use."""

import os
import shutil

import odoo_source
import postgres
import python_env
from steps import CLONE_ID, DEV, ROOT, StepError, run, step

# What the addon depends on, and the French chart that its demo and its tests use.
MODULES = "account_payment,base_iban,base_import,portal,spreadsheet_dashboard,l10n_fr_account"
# Made once in the template, else each copy keeps its first page or browser test waiting for 20 s.
BUNDLE_ASSETS = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"
NAME = "recurring_billing"
DATA_DIR = DEV / "data"
CONFIG = DEV / "odoo.conf"


class Workbench:
    """Odoo, its Python and its PostgreSQL server, ready to run; made by ``prepare``."""

    def __init__(self, odoo, environment, prefix):
        self.odoo = odoo
        self.prefix = prefix
        self.environment = {
            **environment,
            "ODOO_RC": str(CONFIG),  # else Odoo would read the user's own ~/.odoorc
            "PYTHONPATH": str(odoo.path),
            "PATH": f"{python_env.BIN}:{environment['PATH']}",
        }

    def name(self, purpose):
        return f"{self.prefix}_{purpose}"

    def command(self, database, *arguments, addons=(ROOT,), subcommand="server"):
        """The command line of Odoo's ``subcommand`` on ``database``.

        -P keeps the current folder out of Python's path: an addon's name may be a library's too.
        """
        folders = ",".join(map(str, (*self.odoo.addons, *addons)))
        return [
            *(str(python_env.PYTHON), "-P", "-m", "odoo"),
            *(f"--addons-path={folders}", *subcommand.split(), "-d", database),
            *arguments,
        ]

    def run_inside(self, database, program, log, **options):
        """Run ``program``, Python text that finds Odoo's environment as ``env``."""
        command = self.command(database, "--no-http", subcommand="shell", **options)
        run(*command, log=log, env=self.environment, input=program.encode())

    def psql(self, query, database="postgres"):
        done = postgres.psql(query, self.environment, database)
        if done.returncode:
            raise StepError(done.stderr.strip())
        return done.stdout.strip()

    def exists(self, database):
        return self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'") == "1"

    def drop(self, database):
        self.psql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        shutil.rmtree(filestore(database), ignore_errors=True)

    def template(self):
        """Return the template's name; build it where it is missing, half-built or out of date."""
        database = self.name("template")
        wanted = f"{self.odoo.version} {MODULES}"
        comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        if self.psql(f"{comment} WHERE datname = '{database}'") == wanted:
            return database
        with step("Template database: French chart, English and French", "50 s to 2 min"):
            self.drop(database)
            self.psql(f"CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'")
            options = [f"--init={MODULES}", "--load-language=en_US,fr_FR", "--skip-auto-install"]
            command = self.command(database, *options, "--stop-after-init", "--no-http", addons=())
            run(*command, log=DEV / "log" / "template.log", env=self.environment)
            self.run_inside(database, BUNDLE_ASSETS, log=DEV / "log" / "assets.log", addons=())
            # Written last: a template that was interrupted has no comment, and is built again.
            self.psql(f"COMMENT ON DATABASE \"{database}\" IS '{wanted}'")
        return database

    def copy(self, purpose, source=None):
        """Return the name of a fresh copy of the template, or of ``source``; an older copy is dropped."""
        template, database = source or self.template(), self.name(purpose)
        self.drop(database)
        has_strategy = int(self.psql("SHOW server_version_num")) >= 150000
        strategy = "STRATEGY FILE_COPY" if has_strategy else ""  # the only one before version 15
        self.psql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" {strategy}')
        if filestore(template).exists():
            shutil.copytree(filestore(template), filestore(database))
        return database


def filestore(database):
    return DATA_DIR / "filestore" / database


def prepare():
    """Fetch and start whatever is missing; return the Workbench."""
    odoo = odoo_source.find()
    python_env.ensure()
    options = {"data_dir": DATA_DIR, "http_interface": "127.0.0.1"}
    lines = [f"{key} = {value}\n" for key, value in options.items()]
    CONFIG.write_text("".join(["[options]\n", *lines]))
    return Workbench(odoo, *server())


def server():
    """Return the environment that leads to a PostgreSQL server, and how our databases there begin.

    A server that others use may hold the databases of another clone, too.
    """
    if postgres.shared():
        return dict(os.environ), f"{NAME}_{CLONE_ID}"
    return postgres.Cluster().ensure(), NAME


def drop_shared():
    """Drop our databases where they lie on a server that is not ours."""
    if not (python_env.INSTALLED.exists() and postgres.shared()):
        return
    ours = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{NAME}_{CLONE_ID}_')"
    for database in postgres.psql(ours, dict(os.environ)).stdout.split():
        postgres.psql(f'DROP DATABASE "{database}" WITH (FORCE)', dict(os.environ))
