"""The databases of the contestants, prepared once, and races on copies of them."""

import dataclasses
import pathlib

import peers
import race
from steps import DEV, ROOT, run

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    addon: str = ""
    addons: tuple = ()


# Each has its own database, so that the floor does not bear what an addon adds to every posting.
FLOOR = Contestant("floor")
OURS = Contestant("ours", "recurring_billing", (ROOT,))
OCA_CONTRACT = Contestant("oca", "contract", (peers.ADDONS,))
OCA_CREDIT = Contestant("oca", "account_credit_control", (peers.ADDONS,))
OCA_DEBIT = Contestant("oca", "account_banking_sepa_direct_debit", (peers.ADDONS,))


class Track:
    """The ground of one contest, which is the name of a module like `billers`."""

    def __init__(self, bench, contest):
        self.bench = bench
        self.contest = contest
        self.purposes = {}  # as an ordered set
        self.races = []
        self.others = []

    def found(self, customers):
        self.copy("bench", self.bench.template())
        self.call("bench", "found", customers=customers)

    def prepare(self, contestant, sizes):
        """Install the contestant's addon, then make a database for each number of records."""
        installed = self.copy(f"bench_{contestant.name}", self.bench.name("bench"))
        if contestant.addon:
            options = [f"--init={contestant.addon}", "--skip-auto-install", "--stop-after-init", "--no-http"]
            command = self.bench.command(installed, *options, addons=contestant.addons)
            run(*command, log=DEV / "log" / "bench-install.log", env=self.environment(contestant))
        for size in sizes:
            purpose = f"bench_{contestant.name}_{size}"
            database = self.copy(purpose, installed)
            self.call(purpose, "prepare", contestant, name=contestant.name, size=size)
            self.bench.psql("VACUUM ANALYZE", database)  # the private cluster does not by itself

    def race(self, *starters):
        """Let ``starters`` race: each (contestant, size, fault or "")."""
        results, others = race.race([self.starter(number, *starter) for number, starter in enumerate(starters)])
        self.races.append(results)
        self.others.append(others)

    def starter(self, number, contestant, size, fault=""):
        database = self.copy(f"bench_run_{number}", self.bench.name(f"bench_{contestant.name}_{size}"))
        file = DEV / "log" / f"bench-{number}.json"
        return race.Starter(
            name=contestant.name,
            size=size,
            fault=fault,
            command=self.bench.command(database, "--no-http", subcommand="shell", addons=contestant.addons),
            environment=self.environment(contestant),
            program=self.text("measure", name=contestant.name, size=size, fault=fault, file=str(file)),
            file=file,
            log=file.with_suffix(".log"),
        )

    def call(self, purpose, function, contestant=FLOOR, **arguments):
        database = self.bench.name(purpose)
        command = self.bench.command(database, "--no-http", subcommand="shell", addons=contestant.addons)
        program = self.text(function, **arguments).encode()
        run(*command, log=DEV / "log" / "bench.log", env=self.environment(contestant), input=program)

    def environment(self, contestant):
        """Peers find their Python packages behind Odoo's own."""
        environment = self.bench.environment
        if peers.ADDONS not in contestant.addons:
            return environment
        return {**environment, "PYTHONPATH": f"{environment['PYTHONPATH']}:{peers.FOLDER}"}

    def text(self, function, **arguments):
        """The program, for Odoo's shell, that calls a function of `inside`."""
        call = f"inside.{function}(env, {self.contest!r}, **{arguments!r})"
        return f"import sys; sys.path.append({str(HERE)!r}); import inside; {call}"

    def copy(self, purpose, source):
        self.purposes[purpose] = True
        return self.bench.copy(purpose, source)

    def clear(self):
        for purpose in self.purposes:
            self.bench.drop(self.bench.name(purpose))
