"""What a bank would refuse of a collection message, found before any file exists (EPC130-08, EPC131-08).

``faults`` holds the rules of the scheme against a message, ``schema_faults`` the official schema against its file.
The limits that a bank sets, and the life of mandates, are known to the models alone and checked there.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from importlib import resources
from io import BytesIO
from typing import BinaryIO

from lxml import etree

from . import bank_calendar, sepa_ids
from .pain008 import NAME, VERSIONS, Amendment, Block, Debit, Message, has_address, is_outside_eea, readable
from .sepa_text import is_identifier

_SMALLEST, _LARGEST = Decimal("0.01"), Decimal("999999999.99")
_CENT = Decimal("0.01")
_BIC_PATTERNS = {
    "08": re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?"),
    "02": re.compile("[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?"),
}


def faults(message: Message) -> list[tuple[str, str]]:
    """The faults as (code, end-to-end id of the debit, or "" for the message or a block), each once.

    The debits of each block are read once, so that they must be such that ``write`` can read them again.

    Codes of the message: "no_debit", "scheme" (mixed), "count", "total", "identifier", "duplicate_identifier" and
    "name_missing". Of a block: the last five, "block_split" (two for the same scheme, sequence, date, account and
    ICS), "closed_day" (of T2), "too_late" (the bank needs the file one open day before), "iban", "bic" and "ics".
    Of a debit: "identifier", "duplicate_identifier", "amount", "name_missing", "ultimate_debtor" (has no readable
    name), "iban", "bic" (malformed), "bic_needed" and "address_needed" (outside the EEA), "signature_in_future",
    "signature_differs", "one_off_again" and "after_final" (from another debit of the same mandate), and
    "amendment_empty", "amendment_reference", "amendment_ics" and "amendment_name" (malformed, or nothing changed).
    """
    checker = _Checker(message)
    for block in message.blocks:
        checker.take(block)
    checker.finish()
    return list(checker.found)


class _Checker:
    """Reads the blocks of one message; keeps of their debits no more than what makes two of them clash."""

    def __init__(self, message: Message):
        self.message = message
        self.found = {}  # a set that keeps its order
        self.end_to_end_ids = set()
        self.mandates = {}  # ICS and reference → signature date, block of the last use
        self.block_ids, self.block_keys = set(), set()
        self.count, self.total = 0, Decimal()

    def take(self, block: Block) -> None:
        self._add(_block_faults(block, self.message))
        self._add(self._block_clashes(block))
        count, total = 0, Decimal()
        for debit in block.debits:
            if codes := _debit_faults(debit, block, self.message) + self._debit_clashes(debit, block):
                self._add(codes, debit.end_to_end_id)
            count += 1
            if debit.amount.is_finite():
                total += debit.amount
        self._add(_sum_faults(block, count, total))
        self.count += count
        self.total += total

    def finish(self) -> None:
        message = self.message
        self._add(_sum_faults(message, self.count, self.total))
        if len({block.scheme for block in message.blocks}) > 1:
            self._add(["scheme"])
        if not is_identifier(message.message_id):
            self._add(["identifier"])
        if not readable(message.initiator, NAME):
            self._add(["name_missing"])

    def _add(self, codes: Iterable[str], end_to_end_id: str = "") -> None:
        for code in codes:
            self.found[code, end_to_end_id] = True

    def _block_clashes(self, block: Block) -> Iterator[str]:
        key = (block.scheme, block.sequence, block.date, block.iban, block.ics)
        if key in self.block_keys:
            yield "block_split"
        if block.block_id in self.block_ids:
            yield "duplicate_identifier"
        self.block_keys.add(key)
        self.block_ids.add(block.block_id)

    def _debit_clashes(self, debit: Debit, block: Block) -> list[str]:
        codes = []
        if debit.end_to_end_id in self.end_to_end_ids:
            codes.append("duplicate_identifier")
        self.end_to_end_ids.add(debit.end_to_end_id)
        key = sepa_ids.mandate_key(block.ics, debit.mandate_reference)
        if used := self.mandates.get(key):
            signature_date, last = used
            if signature_date != debit.signature_date:
                codes.append("signature_differs")
            codes += _sequence_faults(block, last)
            block = last if _ends_mandate(last) else block
        self.mandates[key] = debit.signature_date, block
        return codes


def _sequence_faults(block: Block, last: Block) -> list[str]:
    """What is wrong with a mandate's use in ``block`` where ``last`` has used it before in the same message."""
    if "OOFF" in (block.sequence, last.sequence):
        return ["one_off_again"]
    if block.sequence == last.sequence == "FNAL":
        return ["after_final"]
    for final, other in ((block, last), (last, block)):
        if final.sequence == "FNAL" and other.date > final.date:
            return ["after_final"]
    return []


def _ends_mandate(block: Block) -> bool:
    return block.sequence in ("OOFF", "FNAL")


def _sum_faults(announced: Message | Block, count: int, total: Decimal) -> Iterator[str]:
    if not count:
        yield "no_debit"
    if announced.count != count:
        yield "count"
    if announced.total != total:
        yield "total"


def _block_faults(block: Block, message: Message) -> Iterator[str]:
    if not is_identifier(block.block_id):
        yield "identifier"
    if not bank_calendar.is_open(block.date):
        yield "closed_day"
    elif bank_calendar.subtract_open_days(block.date, 1) < message.created.date():
        yield "too_late"
    if sepa_ids.ics_fault(block.ics) or block.ics != sepa_ids.compact(block.ics):
        yield "ics"
    if not readable(block.creditor.name, NAME):
        yield "name_missing"
    yield from _account_faults(block.iban, block.bic, block.date, message.version)


def _debit_faults(debit: Debit, block: Block, message: Message) -> list[str]:
    codes = _account_faults(debit.iban, debit.bic, block.date, message.version)
    if not (is_identifier(debit.end_to_end_id) and is_identifier(debit.mandate_reference)):
        codes.append("identifier")
    if not _is_amount(debit.amount):
        codes.append("amount")
    if debit.signature_date > message.created.date():
        codes.append("signature_in_future")
    if not readable(debit.debtor.name, NAME):
        codes.append("name_missing")
    if debit.ultimate_debtor and not readable(debit.ultimate_debtor, NAME):
        codes.append("ultimate_debtor")
    if is_outside_eea(debit, block):
        codes += _outside_faults(debit)
    if debit.amendment:
        codes += _amendment_faults(debit.amendment, debit, block)
    return codes


def _account_faults(iban: str, bic: str, day: date, version: str) -> list[str]:
    codes = []
    if sepa_ids.iban_fault(iban, day) or iban != sepa_ids.compact(iban):
        codes.append("iban")
    if bic and not _BIC_PATTERNS[version].fullmatch(bic):
        codes.append("bic")
    return codes


def _outside_faults(debit: Debit) -> Iterator[str]:
    if not debit.bic and sepa_ids.bic_needed(debit.iban):
        yield "bic_needed"
    if not has_address(debit.debtor):
        yield "address_needed"


def _amendment_faults(amendment: Amendment, debit: Debit, block: Block) -> Iterator[str]:
    """Only what changed may be named, and something must have."""
    reference, ics = amendment.original_reference, amendment.original_ics
    if amendment == Amendment():
        yield "amendment_empty"
    if reference and (not is_identifier(reference) or reference == debit.mandate_reference):
        yield "amendment_reference"
    if ics and (sepa_ids.ics_fault(ics) or ics != sepa_ids.compact(ics) or ics == block.ics):
        yield "amendment_ics"
    if amendment.original_creditor_name:
        name = readable(amendment.original_creditor_name, NAME)
        if name in ("", readable(block.creditor.name, NAME)):
            yield "amendment_name"


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and _SMALLEST <= amount <= _LARGEST and amount == amount.quantize(_CENT)


def schema_faults(content: bytes | BinaryIO) -> list[str]:
    """What the ISO schema of its version says against a file, in libxml2's words, one text for each place.

    A right file is validated as it is read, and nothing of it is kept; only a wrong one is read again, as a whole, to
    name the lines. A file object must be seekable and is read from where it stands.
    """
    source = BytesIO(content) if isinstance(content, bytes) else content
    start = source.tell()
    schema = _schema(_version(source))
    source.seek(start)
    with suppress(etree.XMLSyntaxError):
        # Without resolve_entities=False, with which lxml 6.1 overlooks a file that ends too early.
        for _event, debit in etree.iterparse(source, events=("end",), tag="{*}DrctDbtTxInf", schema=schema):
            debit.clear()
            while (before := debit.getprevious()) is not None:
                debit.getparent().remove(before)
        return []
    source.seek(start)
    return _places(source, schema)


def _version(source: BinaryIO) -> str:
    """The version that the root element names; the default one where it names none of ours."""
    with suppress(etree.XMLSyntaxError):
        for _event, root in etree.iterparse(source, events=("start",)):
            version = (etree.QName(root).namespace or "")[-2:]
            return version if version in VERSIONS else VERSIONS[0]
    return VERSIONS[0]


def _places(source: BinaryIO, schema: etree.XMLSchema) -> list[str]:
    try:
        document = etree.parse(source, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError as error:
        return [str(error)]
    schema.validate(document)
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def _schema(version: str) -> etree.XMLSchema:
    schema_file = resources.files("sepaxml") / "schemas" / f"pain.008.001.{version}.xsd"
    return etree.XMLSchema(etree.fromstring(schema_file.read_bytes()))
