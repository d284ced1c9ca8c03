"""The commands of `python3 dev` and how they end: one clear line for whatever stops them."""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile

import chromium
import databases
import lint
import odoo_tests
import package_tests
import postgres
import python_env
import server
from steps import DEV, ROOT, StepError, locked, run, say, step, warn


def demo():
    """set everything up, run the demo and say what it did"""
    import demo as the_demo

    with locked():
        the_demo.main(databases.prepare())


def test(tags=None):
    """set everything up and run the tests: the addon's in Odoo, then the package's"""
    with locked():
        bench = databases.prepare()
        chromium.ensure()
        tally = odoo_tests.run(bench, tags or f"/{odoo_tests.ADDON}")
        if not tags and tally.total:
            tally += package_tests.run()
    if not tally.total:
        warn(f"no test ran: {DEV / 'log' / 'test.log'} says why")
    say("", tally)
    return 0 if tally.total and not tally.failed else 1


def serve():
    """start the server on the demo's database"""
    bench, database = demo_database()
    log = DEV / "log" / "serve.log"
    say(f"-> Odoo's server on database {database} (5 to 10 s); its log is {log}")
    with server.running(bench, database, log) as odoo:
        say(f"{odoo.address} (login admin, password admin); Ctrl-C ends it")
        try:
            odoo.wait()
        except KeyboardInterrupt:
            say("", "stopped")


def shell():
    """open Odoo's Python shell on the demo's database"""
    bench, database = demo_database()
    command = bench.command(database, subcommand="shell")
    os.execve(command[0], command, bench.environment)


def demo_database():
    with locked():
        bench = databases.prepare()
    database = bench.name("demo")
    if not bench.exists(database):
        raise StepError("there is no demo yet: run `make demo` first.")
    return bench, database


def translate():
    """bring the terms and their French up to date with the code"""
    import i18n

    with locked():
        i18n.main(databases.prepare())


def check():
    """check the code's form: ruff, pylint with Odoo's and OCA's rules"""
    with locked():
        python_env.ensure()
    return lint.run()


def benchmark(subject, size=None):
    """measure against Odoo's own cost and the peers'"""
    sys.path.append(str(ROOT / "bench"))
    contest = importlib.import_module(subject)
    with locked():
        if contest.IS_PURE:
            python_env.ensure()
            contest.main(size)
        else:
            contest.main(databases.prepare(), size)


def fuzz(seconds=None):
    """damage the bank's messages at random, and see that the reader refuses them in order"""
    import fuzz as the_fuzz

    with locked():
        python_env.ensure()
    the_fuzz.main(seconds)


def stop():
    """stop the private PostgreSQL server"""
    with locked():
        postgres.Cluster().stop()


def clean():
    """remove whatever these commands made"""
    with locked():
        databases.drop_shared()
        postgres.Cluster().remove()
        shutil.rmtree(DEV)


def lock():
    """pin the newest fitting versions of requirements.in in requirements.txt"""
    log = DEV / "log" / "lock.log"
    with tempfile.TemporaryDirectory() as folder, step("Newest versions of all packages", "30 s"):
        run(sys.executable, "-m", "venv", folder, log=log)
        run(f"{folder}/bin/pip", "install", "uv", log=log)
        options = ["--universal", "--python-version=3.11", "--no-header", "--no-annotate"]
        files = ["dev/requirements.in", "-o", "dev/requirements.txt"]
        run(f"{folder}/bin/uv", "pip", "compile", "--upgrade", *options, *files, log=log, cwd=ROOT)


COMMANDS = {
    "demo": demo,
    "test": test,
    "serve": serve,
    "shell": shell,
    "lint": check,
    "i18n": translate,
    "bench": benchmark,
    "fuzz": fuzz,
    "stop": stop,
    "clean": clean,
    "lock": lock,
}


def main():
    command, arguments = parse()
    os.umask(0o022)  # started by root, PostgreSQL is another user, who has to read our files
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return command(*arguments) or 0
    except StepError as error:
        warn(error)
        return 1
    except PermissionError as error:
        warn(f"{error}\n   Did another user run this before? Then `make clean` as that user.")
        return 1
    except KeyboardInterrupt:
        say("")
        warn("interrupted; run the same command again to go on")
        return 130


def parse():
    parser = argparse.ArgumentParser(prog="dev", description="Runs one of these commands:")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, function in COMMANDS.items():
        subparsers.add_parser(name, help=function.__doc__, description=function.__doc__)
    subparsers.choices["test"].add_argument("tags", nargs="?", help="as Odoo's --test-tags")
    subparsers.choices["bench"].add_argument(
        "subject", choices=["billing", "debit", "pain008", "bank_messages", "returns", "dunning"]
    )
    subparsers.choices["bench"].add_argument("size", nargs="?", type=int, help="number of contracts or debits")
    subparsers.choices["fuzz"].add_argument("seconds", nargs="?", type=int, help="how long, 60 if not given")
    options = vars(parser.parse_args())
    return COMMANDS[options.pop("command")], options.values()
