"""The measurements of `make bench-pain008`, each in a process of its own: prints what it found as JSON.

Every hundredth debit changes its account, eight of a hundred debtors have theirs in another country, about half of the
names and streets hold letters that no bank accepts.
"""

import filecmp
import gc
import json
import pathlib
import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from decimal import Decimal

import pain008_bare as bare

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "recurring_billing"))

from tools import pain008, pain008_checks

ROUNDS = 5
FIRST_NAMES = "Jean Marie Hélène Éric Chloé Paul Zoé Luc Anaïs Karim".split()  # noqa: SIM905
LAST_NAMES = "Dupont Martin Lefèvre Dubois Garçon Noël Petit Müller Nguyen Moreau".split()  # noqa: SIM905
TOWNS = "Paris Lyon Nancy Saint-Étienne Besançon Lille Nîmes Rennes".split()  # noqa: SIM905
STREETS = ["rue de la Paix", "avenue de l’Étoile", "quai des Bateliers", "place du Marché", "allée des Tilleuls"]  # noqa: RUF001
CENT = Decimal("0.01")
PARIS = pain008.Party("Atelier Numérique & Cie", "FR", "Paris", "75011", ("4 rue Oberkampf",))


class Debits:
    """The same debits each time they are read, made one by one."""

    def __init__(self, size):
        self.size = size

    def __iter__(self):
        return map(make_debit, range(self.size))


def make_debit(number):
    pick = random.Random(number)
    iban = foreign_iban(pick) if pick.random() < 0.08 else french_iban(pick)
    street = f"{pick.randrange(1, 200)} {pick.choice(STREETS)}"
    return pain008.Debit(
        end_to_end_id=f"PRLV-2026-1-{number:06d}",
        amount=amount(number),
        mandate_reference=f"RUM-C{number:06d}-01",
        signature_date=date(2024, 1, 1) + timedelta(pick.randrange(900)),
        debtor=pain008.Party(
            f"{pick.choice(FIRST_NAMES)} {pick.choice(LAST_NAMES)}",
            "FR",
            pick.choice(TOWNS),
            f"{pick.randrange(1000, 96000):05d}",
            (street,),
        ),
        iban=iban,
        bic="UBSWCHZH80A" if iban.startswith("CH") else "",
        remittance=f"Atelier Numérique INV/2026/{number:05d}",
        amendment=None if number % 100 else pain008.Amendment(is_new_account=True),
    )


def amount(number):
    return (1000 + number * 37 % 50000) * CENT


def french_iban(pick):
    account = f"{pick.randrange(10**21):021d}"
    return with_check_digits("FR", f"{account}{97 - int(account + '00') % 97:02d}")


def foreign_iban(pick):
    country, digits = pick.choice((("DE", 18), ("LU", 16), ("CH", 17), ("AT", 16)))
    return with_check_digits(country, f"{pick.randrange(10**digits):0{digits}d}")


def with_check_digits(country, bban):
    letters = "".join(str(int(letter, 36)) for letter in country)
    return f"{country}{98 - int(f'{bban}{letters}00') % 97:02d}{bban}"


def make_message(debits, size):
    total = sum(map(amount, range(size)), Decimal())
    block = pain008.Block(
        block_id="PRLV-2026-1-1",
        scheme="CORE",
        sequence="RCUR",
        date=date(2026, 11, 27),
        creditor=PARIS,
        iban="FR7630004008230000123456778",
        bic="BNPAFRPP",
        ics="FR72ZZZ123456",
        count=size,
        total=total,
        debits=debits,
    )
    return pain008.Message("PRLV-2026-1", datetime(2026, 11, 23, 9, 15), "Atelier Numérique", size, total, [block])


def race(size, folder):
    """The works in turns, several rounds; the debits are there before."""
    ours, theirs = folder / "ours.xml", folder / "bare.xml"
    message = make_message(list(Debits(size)), size)
    write(message, ours)
    with ours.open("rb") as file:
        heads = bare.heads(file)
        rows = list(bare.rows(file))
    works = {
        "bare": lambda: write_bare(heads, rows, theirs),
        "faults": lambda: check(message),
        "write": lambda: write(message, ours),
        "schema": lambda: validate(ours),
    }
    gc.collect()
    gc.freeze()
    times = {name: [] for name in works}
    for _round in range(ROUNDS):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name].append(time.process_time() - start)
    return {
        "times": {name: statistics.median(seconds) for name, seconds in times.items()},
        "bytes": ours.stat().st_size,
        "is_same": filecmp.cmp(ours, theirs, shallow=False),
    }


def memory_of_ours(size, folder):
    message = make_message(Debits(size), size)

    def work():
        check(message)
        write(message, folder / "ours.xml")

    return growth(work)


def memory_of_bare(size, folder):
    write(make_message(Debits(size), size), folder / "ours.xml")
    with (folder / "ours.xml").open("rb") as file:
        heads = bare.heads(file)
        return growth(lambda: write_bare(heads, bare.rows(file), folder / "bare.xml"))


def memory_of_schema(size, folder):
    write(make_message(Debits(size), size), folder / "ours.xml")
    return growth(lambda: validate(folder / "ours.xml"))


def growth(work):
    """By how many MB the process's peak grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def check(message):
    if found := pain008_checks.faults(message):
        raise ValueError(f"the bench's own debits are wrong: {found[:3]}")


def validate(path):
    with path.open("rb") as file:
        if found := pain008_checks.schema_faults(file):
            raise ValueError(f"the file is wrong: {found[:3]}")


def write(message, path):
    with path.open("wb") as file:
        pain008.write(message, file)


def write_bare(heads, rows, path):
    with path.open("wb") as file:
        bare.write(*heads, rows, file)


WORKS = {"race": race, "ours": memory_of_ours, "bare": memory_of_bare, "schema": memory_of_schema}


def main(work, size):
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(WORKS[work](int(size), pathlib.Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
