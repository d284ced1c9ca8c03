"""The collection message pain.008.001.08 of SEPA Direct Debit (EPC130-08, EPC131-08).

``faults`` finds what a bank would refuse, ``write`` makes the bytes, ``schema_faults`` compares
them with the official schema. Only names, addresses and remittance are converted to the SEPA
characters; identifiers, accounts, dates and amounts are written as given or refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from io import BytesIO
from itertools import chain

from lxml import etree

from . import sepa_ids
from .sepa_text import convert, is_identifier

_SCHEMES = ("CORE", "B2B")
_SEQUENCES = ("FRST", "RCUR", "FNAL", "OOFF")
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
_CENT = Decimal("0.01")
_LARGEST_AMOUNT = Decimal("999999999.99")
_BIC = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_NAME, _TOWN, _POSTCODE, _LINE, _REMITTANCE = 70, 35, 16, 70, 140


@dataclass(frozen=True)
class Party:
    """``country`` is an ISO 3166 code; ``lines`` repeat neither postcode, town nor country."""

    name: str
    country: str = ""
    town: str = ""
    postcode: str = ""
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Amendment:
    """What the last debit known to the bank bore: old values, empty where nothing changed."""

    original_reference: str = ""
    original_ics: str = ""
    original_creditor_name: str = ""
    is_new_account: bool = False


@dataclass(frozen=True)
class Debit:
    """One attempt to collect ``amount`` euros; ``bic`` may be empty."""

    end_to_end_id: str
    amount: Decimal
    mandate_reference: str
    signature_date: date
    debtor: Party
    iban: str
    bic: str
    remittance: str


@dataclass(frozen=True)
class Block:
    """Debits of one scheme, sequence, collection date, creditor account and ICS.

    ``count`` and ``total`` are announced before the debits, which may be read only once.
    """

    block_id: str
    scheme: str
    sequence: str
    date: date
    creditor: Party
    iban: str
    bic: str
    ics: str
    count: int
    total: Decimal
    debits: Iterable[Debit]

    def __post_init__(self):
        if self.scheme not in _SCHEMES or self.sequence not in _SEQUENCES:
            raise ValueError(f"unknown scheme or sequence: {self.scheme} {self.sequence}")


@dataclass(frozen=True)
class Message:
    """A file; ``created`` is local time without a zone."""

    message_id: str
    created: datetime
    initiator: str
    count: int
    total: Decimal
    blocks: Sequence[Block]


def faults(message: Message) -> list[tuple[str, str]]:
    """The faults as (code, end-to-end id of the debit, or "" for the message), each once.

    The debits of each block must be sequences here: they are read more than once.

    Codes: "no_debit", "scheme" (mixed), "count", "total", "identifier", "duplicate_identifier",
    "name_missing", "iban", "bic", "ics", "amount", "signature_in_future" and "address_needed".
    """
    found = [(code, "") for code in _message_faults(message)]
    ids = Counter(debit.end_to_end_id for block in message.blocks for debit in block.debits)
    found += [("duplicate_identifier", name) for name, times in ids.items() if times > 1]
    for block in message.blocks:
        found += [(code, "") for code in _block_faults(block)]
        for debit in block.debits:
            codes = _debit_faults(debit, block, message.created.date())
            found += [(code, debit.end_to_end_id) for code in codes]
    return list(dict.fromkeys(found))


def _message_faults(message: Message) -> Iterator[str]:
    if not (blocks := message.blocks) or not all(block.debits for block in blocks):
        yield "no_debit"
    if len({block.scheme for block in blocks}) > 1:
        yield "scheme"
    if message.count != sum(len(block.debits) for block in blocks):
        yield "count"
    if message.total != sum(debit.amount for block in blocks for debit in block.debits):
        yield "total"
    if not is_identifier(message.message_id):
        yield "identifier"
    if len({block.block_id for block in blocks}) < len(blocks):
        yield "duplicate_identifier"
    if not _text(message.initiator, _NAME):
        yield "name_missing"


def _block_faults(block: Block) -> Iterator[str]:
    if block.count != len(block.debits):
        yield "count"
    if block.total != sum(debit.amount for debit in block.debits):
        yield "total"
    if not is_identifier(block.block_id):
        yield "identifier"
    if sepa_ids.ics_fault(block.ics) or block.ics != sepa_ids.compact(block.ics):
        yield "ics"
    yield from _party_faults(block.creditor, block.iban, block.bic)


def _debit_faults(debit: Debit, block: Block, today: date) -> Iterator[str]:
    if not (is_identifier(debit.end_to_end_id) and is_identifier(debit.mandate_reference)):
        yield "identifier"
    if not _is_amount(debit.amount):
        yield "amount"
    if debit.signature_date > today:
        yield "signature_in_future"
    # EPC rulebook, attribute AT-P005: a bank of either side outside the EEA asks for the address.
    in_eea = sepa_ids.is_eea(debit.iban) and sepa_ids.is_eea(block.iban)
    if not in_eea and not _has_address(debit.debtor):
        yield "address_needed"
    yield from _party_faults(debit.debtor, debit.iban, debit.bic)


def _party_faults(party: Party, iban: str, bic: str) -> Iterator[str]:
    if not _text(party.name, _NAME):
        yield "name_missing"
    if sepa_ids.iban_fault(iban) or iban != sepa_ids.compact(iban):
        yield "iban"
    if bic and not _BIC.fullmatch(bic):
        yield "bic"


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and _CENT <= amount <= _LARGEST_AMOUNT and amount == round(amount, 2)


def write(message: Message) -> bytes:
    """The file, with the same bytes for the same message; meant for one without ``faults``.

    The debits are read once, in their order, and may be a generator.

    :raises ValueError: an amount holds parts of a cent, or a text what XML cannot hold
    """
    content = BytesIO()
    with etree.xmlfile(content, encoding="UTF-8") as xml:
        xml.write_declaration()
        with (
            xml.element(f"{{{_NAMESPACE}}}Document", nsmap={None: _NAMESPACE}),
            xml.element(f"{{{_NAMESPACE}}}CstmrDrctDbtInitn"),
        ):
            # Parts are built without a namespace and read in the Document's default one: otherwise
            # lxml repeats the declaration on each of them.
            xml.write(_group_header(message), pretty_print=True)
            for block in message.blocks:
                with xml.element(f"{{{_NAMESPACE}}}PmtInf"):
                    for part in chain(_block_header(block), map(_transaction, block.debits)):
                        xml.write(part, pretty_print=True)
    return content.getvalue()


def _group_header(message: Message) -> etree._Element:
    header = etree.Element("GrpHdr")
    _add(header, "MsgId", message.message_id)
    _add(header, "CreDtTm", message.created.isoformat(timespec="seconds"))
    _add(header, "NbOfTxs", str(message.count))
    _add(header, "CtrlSum", _money(message.total))
    _add(header, "InitgPty/Nm", _text(message.initiator, _NAME))
    return header


def _block_header(block: Block) -> etree._Element:
    """An element whose children open the block, in the order of the schema."""
    header = etree.Element("PmtInf")
    _add(header, "PmtInfId", block.block_id)
    _add(header, "PmtMtd", "DD")
    _add(header, "BtchBookg", "true")  # one line on the statement, as one entry settles them
    _add(header, "NbOfTxs", str(block.count))
    _add(header, "CtrlSum", _money(block.total))
    kind = _add(header, "PmtTpInf")
    _add(kind, "SvcLvl/Cd", "SEPA")
    _add(kind, "LclInstrm/Cd", block.scheme)
    _add(kind, "SeqTp", block.sequence)
    _add(header, "ReqdColltnDt", block.date.isoformat())
    _add_party(header, "Cdtr", block.creditor)
    _add(header, "CdtrAcct/Id/IBAN", block.iban)
    _add_bank(header, "CdtrAgt", block.bic)
    _add(header, "ChrgBr", "SLEV")
    scheme_id = _add(header, "CdtrSchmeId/Id/PrvtId/Othr")
    _add(scheme_id, "Id", block.ics)
    _add(scheme_id, "SchmeNm/Prtry", "SEPA")
    return header


def _transaction(debit: Debit) -> etree._Element:
    transaction = etree.Element("DrctDbtTxInf")
    _add(transaction, "PmtId/EndToEndId", debit.end_to_end_id)
    _add(transaction, "InstdAmt", _money(debit.amount)).set("Ccy", "EUR")
    mandate = _add(transaction, "DrctDbtTx/MndtRltdInf")
    _add(mandate, "MndtId", debit.mandate_reference)
    _add(mandate, "DtOfSgntr", debit.signature_date.isoformat())
    _add_bank(transaction, "DbtrAgt", debit.bic)
    _add_party(transaction, "Dbtr", debit.debtor)
    _add(transaction, "DbtrAcct/Id/IBAN", debit.iban)
    if remittance := _text(debit.remittance, _REMITTANCE):
        _add(transaction, "RmtInf/Ustrd", remittance)
    return transaction


def _add_party(parent: etree._Element, tag: str, party: Party) -> None:
    element = _add(parent, tag)
    _add(element, "Nm", _text(party.name, _NAME))
    if _has_address(party):
        _add_address(element, party)


def _add_address(parent: etree._Element, party: Party) -> None:
    """The hybrid form (EPC153-22): street lines are free, the rest stands in its own tags."""
    address = _add(parent, "PstlAdr")
    if postcode := _text(party.postcode, _POSTCODE):
        _add(address, "PstCd", postcode)
    _add(address, "TwnNm", _text(party.town, _TOWN))
    _add(address, "Ctry", party.country)
    lines = [text for line in party.lines if (text := _text(line, _LINE))]
    for line in lines[:2]:
        _add(address, "AdrLine", line)


def _add_bank(parent: etree._Element, tag: str, bic: str) -> None:
    bank = _add(parent, f"{tag}/FinInstnId")
    _add(bank, "BICFI" if bic else "Othr/Id", bic or "NOTPROVIDED")


def _add(parent: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """Append the elements of ``path``, one inside the other; the last holds ``text``."""
    for tag in path.split("/"):
        parent = etree.SubElement(parent, tag)
    parent.text = text
    return parent


def _has_address(party: Party) -> bool:
    """An address without town or country in their own tags is refused, so it is left out."""
    return bool(party.country and _text(party.town, _TOWN))


def _text(value: str, limit: int) -> str:
    """``value`` in SEPA characters; empty where no letter or digit is left."""
    text = convert(value, limit)
    return text if any(char.isalnum() for char in text) else ""


def _money(amount: Decimal) -> str:
    cents = round(amount, 2)
    if cents != amount:
        raise ValueError(f"parts of a cent: {amount}")
    return str(cents)


def schema_faults(xml: bytes) -> list[str]:
    """What the ISO schema says against ``xml``, in libxml2's words, one text for each place."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        document = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return [str(error)]
    schema_file = resources.files("sepaxml") / "schemas" / "pain.008.001.08.xsd"
    schema = etree.XMLSchema(etree.fromstring(schema_file.read_bytes(), parser))
    schema.validate(document)
    return [f"{error.line}: {error.message}" for error in schema.error_log]
