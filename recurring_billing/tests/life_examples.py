"""Lives told by hand, each of something that is hard to bill."""

from datetime import date, timedelta
from decimal import Decimal

from .life_histories import History, Start
from .life_oracle import Item, Terms


def day(month, number):
    return date(2026, month, number)


def line(price, quantity=1, tax="standard", discount=0):
    values = {"price": price, "quantity": quantity, "discount": discount}
    return {**{name: Decimal(str(value)) for name, value in values.items()}, "product": tax, "tax": tax}


def start(*lines, unit="month", interval=1, **values):
    terms = Terms(day(1, 1), values.pop("end", None), unit, interval, **values)
    return Start(terms, tuple(Item(terms.start, values) for values in lines), Decimal("2.5"))


MONTHLY = tuple(day(month, 1) for month in range(1, 10))
FREE = (Decimal(100), None)

EXAMPLES = {
    "a free month is taken back once it has passed": History(
        (start(line(100)),),
        events=(
            (day(1, 5), 0, ("offer", day(2, 1), timedelta(27), FREE, None)),
            (day(4, 5), 0, ("undo", 0)),
        ),
        runs=MONTHLY,
    ),
    "what was given away is given once": History(
        (start(line(100)),),
        events=(
            (day(2, 5), 0, ("credit", 1, "given", False)),
            (day(4, 5), 0, ("price", day(2, 10), 0, Decimal(150))),
            (day(5, 5), 0, ("undo", 0)),
        ),
        runs=MONTHLY,
    ),
    "a draft was left while the price changed": History(
        (start(line(100)),),
        events=(
            (day(2, 5), 0, ("draft", 1)),
            (day(2, 6), 0, ("price", day(2, 10), 0, Decimal(150))),
            (day(3, 5), 0, ("credit", 1, "again", False)),
        ),
        runs=MONTHLY,
    ),
    "two contracts share their invoices": History(
        (start(line(100), line(9, 2, "reduced")), start(line(50))),
        events=(
            (day(2, 5), 0, ("price", day(1, 10), 0, Decimal(20))),
            (day(2, 6), 1, ("swap", day(1, 10), 0, Decimal(44), "reduced")),
            (day(3, 3), 1, ("pause", day(1, 20), None, False)),
        ),
        runs=MONTHLY,
    ),
    "whole periods are paused, resumed and less": History(
        (start(line(100), line(9, 2), proration="none"),),
        events=(
            (day(2, 5), 0, ("pause", day(2, 1), timedelta(40), False)),
            (day(2, 6), 0, ("offer", day(3, 1), timedelta(40), (None, Decimal(30)), None)),
            (day(4, 6), 0, ("resume", day(2, 1))),
            (day(5, 6), 0, ("undo", 2)),
            (day(6, 6), 0, ("end", day(4, 1), 1)),
        ),
        runs=MONTHLY,
    ),
    "amounts off go with the frequency": History(
        (start(line(100), line(9, 2)),),
        events=(
            (day(1, 5), 0, ("offer", day(2, 1), None, (None, Decimal(12)), None)),
            (day(2, 6), 0, ("frequency", day(4, 1), ("month", 3))),
            (day(2, 8), 0, ("undo", 1)),
            (day(3, 8), 0, ("frequency", day(5, 1), ("week", 2))),
        ),
        runs=MONTHLY,
    ),
    "amounts off go with a frequency that begins within its first period": History(
        (start(line(100), line(9, 2), is_calendar=True),),
        events=(
            (day(1, 5), 0, ("offer", day(2, 1), None, (None, Decimal(12)), None)),
            (day(2, 6), 0, ("frequency", day(3, 1), ("month", 3))),
        ),
        runs=MONTHLY,
    ),
    "the fee follows the end": History(
        (start(line(100), line(9, 2), commitment=6, fee_percent=Decimal("33.33")),),
        events=(
            (day(1, 5), 0, ("termination", day(3, 8), True)),
            (day(1, 6), 0, ("offer", day(2, 1), None, (Decimal(10), None), None)),
            (day(2, 6), 0, ("termination", day(4, 15), True)),
            (day(3, 5), 0, ("withdrawal",)),
            (day(4, 5), 0, ("termination", day(2, 15), True)),
        ),
        runs=MONTHLY,
    ),
    "loyalty, revision and another tax meet": History(
        (start(line(100), line(9, 2)),),
        loyalty=(("percent", 3, Decimal(5)), ("percent", 0, Decimal(10)), ("months", 0, 2)),
        events=(
            (day(3, 5), 0, ("price", day(1, 20), 0, Decimal(33))),
            (day(5, 5), 0, ("revision", day(4, 10))),
            (day(6, 5), 0, ("swap", day(3, 10), 0, Decimal(44), "reduced")),
        ),
        runs=MONTHLY,
        is_previewed=True,
    ),
}
