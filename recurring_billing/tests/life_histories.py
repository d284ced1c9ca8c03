"""Random lives of contracts: what is agreed at the start, what is decided on which day, and when runs bill it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from .life_oracle import DAY, Item, Terms, months_after

YEAR = date(2026, 1, 1)


@dataclass(frozen=True)
class Start:
    """A contract at its start; ``revision`` is the percentage of its yearly revision."""

    terms: Terms
    items: tuple
    revision: Decimal


@dataclass(frozen=True)
class History:
    """``events`` holds (day, contract, what is decided); ``runs`` the days of runs.

    ``loyalty`` holds (kind, months of seniority, percent or free months). ``keeps_drafts`` says whether drafts that
    were left are posted in the end, or cancelled; ``is_previewed`` that a dialog shows each change, billed on its day.
    """

    starts: tuple
    loyalty: tuple = ()
    events: tuple = ()
    runs: tuple = ()
    keeps_drafts: bool = True
    is_previewed: bool = False


def prices():
    return st.integers(100, 30000).map(lambda cents: Decimal(cents) / 100)


def days():
    return st.integers(0, 242).map(lambda number: YEAR + number * DAY)


def lines():
    """Values of a new line."""
    return st.builds(
        lambda price, quantity, tax: {
            "price": price,
            "quantity": Decimal(quantity),
            "discount": Decimal(0),
            "product": tax,
            "tax": tax,
        },
        prices(),
        st.integers(1, 3),
        st.sampled_from(["standard", "reduced"]),
    )


def starts():
    return st.builds(_start, _terms(), st.lists(lines(), min_size=1, max_size=2), st.sampled_from(["2.5", "-1", "0"]))


@st.composite
def _terms(draw):
    start = draw(st.sampled_from([YEAR, YEAR, date(2026, 1, 15), date(2026, 1, 31)]))
    unit, interval = draw(st.sampled_from([("month", 1), ("month", 1), ("month", 3), ("week", 2)]))
    conventions = ["actual", "actual", "none"] if unit == "week" else ["actual", "actual", "thirty", "none"]
    return Terms(
        start=start,
        end=draw(st.sampled_from([None, months_after(start, 8) - DAY])),
        unit=unit,
        interval=interval,
        timing=draw(st.sampled_from(["advance", "advance", "arrears"])),
        proration=draw(st.sampled_from(conventions)),
        is_calendar=draw(st.sampled_from([False, False, True])),
        commitment=draw(st.sampled_from([3, 6])),
        fee_percent=draw(st.sampled_from([Decimal(0), Decimal(50), Decimal("33.33")])),
    )


def _start(terms, values, percent):
    return Start(terms, tuple(Item(terms.start, line) for line in values), Decimal(percent))


def decisions():
    """What is decided, with the day from which it holds; a number stands for a line, an offer, a step, an invoice."""
    number = st.integers(0, 5)
    last = st.one_of(st.none(), st.integers(0, 90).map(timedelta))
    percent = st.sampled_from([Decimal(5), Decimal("33.33"), Decimal(100)])
    off = st.one_of(st.tuples(percent, st.none()), st.tuples(st.none(), prices()))
    grids = st.sampled_from([("month", 1), ("month", 3), ("month", 6), ("week", 2)])
    kinds = [
        st.tuples(st.just("quantity"), days(), number, st.integers(0, 4).map(Decimal)),
        st.tuples(st.just("price"), days(), number, prices()),
        st.tuples(st.just("discount"), days(), number, st.sampled_from([Decimal(0), Decimal(10), Decimal("33.33")])),
        st.tuples(st.just("swap"), days(), number, prices(), st.sampled_from(["standard", "reduced"])),
        st.tuples(st.just("end"), days(), number),
        st.tuples(st.just("add"), days(), lines(), st.booleans()),
        st.tuples(st.just("pause"), days(), last, st.booleans()),
        st.tuples(st.just("resume"), days()),
        st.tuples(st.just("offer"), days(), last, off, st.one_of(st.none(), number)),
        st.tuples(st.just("end_offer"), days(), number),
        st.tuples(st.just("frequency"), days(), grids),
        st.tuples(st.just("revision"), days()),
        st.tuples(st.just("termination"), days(), st.booleans()),
        st.tuples(st.just("withdrawal")),
        st.tuples(st.just("undo"), number),
        st.tuples(st.just("undo"), number),
        st.tuples(st.just("credit"), number, st.sampled_from(["again", "given", "modify"]), st.booleans()),
        st.tuples(st.just("draft"), number),
    ]
    return st.one_of(kinds)


def histories():
    events = st.lists(st.tuples(days(), st.integers(0, 1), decisions()), min_size=3, max_size=9)
    loyalty = st.one_of(
        st.tuples(st.just("percent"), st.sampled_from([0, 3, 6]), st.sampled_from([Decimal(5), Decimal(10)])),
        st.tuples(st.just("months"), st.just(0), st.integers(1, 2)),
    )
    return st.builds(
        History,
        starts=st.one_of(st.tuples(starts()), st.tuples(starts()), _companions()),
        loyalty=st.lists(loyalty, max_size=2, unique_by=lambda rule: rule[:2]).map(tuple),
        events=events.map(lambda found: tuple(sorted(found, key=lambda event: event[0]))),
        runs=st.one_of(
            st.lists(days(), max_size=6).map(tuple),
            st.just(tuple(months_after(YEAR, number) for number in range(9))),
        ),
        keeps_drafts=st.booleans(),
        is_previewed=st.booleans(),
    )


@st.composite
def _companions(draw):
    """Two contracts that may stand on one invoice: most often with the same periods."""
    first = draw(starts())
    values = tuple(draw(st.lists(lines(), min_size=1, max_size=2)))
    return first, _start(draw(st.sampled_from([first.terms, first.terms, draw(_terms())])), values, "0")
