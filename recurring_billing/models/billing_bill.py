import typing
from decimal import Decimal

from odoo import models

from ..tools.proration import Days, Share


class Used(typing.NamedTuple):
    """What a bill of usage says of it: ``quantity`` of the ``total`` that was used in the period.

    ``kind`` is one of tools.usage_rating's rows, "late" for what an earlier invoice lacks, "corrected" where the line
    owes other days than were billed, or "minimum".
    """

    kind: str
    quantity: Decimal
    total: Decimal
    is_late: bool = False


class Bill(typing.NamedTuple):
    """One line to invoice; a quantity below zero gives back what ``credited``, a line of an invoice, billed."""

    line: models.BaseModel
    kind: str
    days: Days | None
    share: Share
    quantity: float
    price_unit: float
    full: float = 0.0  # price of the whole period that this is a share of
    discount: float = 0.0
    credited: models.BaseModel | None = None
    reductions: models.BaseModel | tuple = ()  # the discounts that are taken off these days
    among: models.BaseModel | tuple = ()  # the lines that share an amount off the whole contract on these days
    reduction: models.BaseModel | None = None  # the one that this line takes off
    deposit: models.BaseModel | None = None  # the advance that this line deducts
    part: int = 0  # which of the rows that price the same usage
    usage: Used | None = None
    manual: dict = {}  # net and taxes of what is given back, as the tax engine takes amounts that were typed by hand

    @property
    def amount(self) -> float:
        """Price times quantity less discount: with taxes where they are in the price, not rounded."""
        return self.quantity * self.price_unit * (1 - self.discount / 100)


def mirrors_bills(bills):
    """Whether a document of ``bills`` only takes back what others billed: then it takes shares of their taxes.

    One that charges too owes the taxes on its own sum, as any invoice.
    """
    return all(bill.credited for bill in bills)
