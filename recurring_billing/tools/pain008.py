"""The collection message of SEPA Direct Debit, pain.008.001.08 or .02 (EPC130-08, EPC131-08), streamed.

``write`` makes the file of a message in which ``pain008_checks.faults`` found nothing. Only names, addresses and
remittance are converted to the SEPA characters; identifiers, accounts, dates and amounts are written as given or
refused, so that no text here can ever hold what XML would have to escape.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from . import sepa_ids
from .sepa_text import convert, is_sepa

SCHEMES = ("CORE", "B2B")
SEQUENCES = ("FRST", "RCUR", "FNAL", "OOFF")
VERSIONS = ("08", "02")
ADDRESS_POLICIES = ("always", "outside_eea")
NAME, STREET, BUILDING, POSTCODE, TOWN, LINE, REMITTANCE = 70, 70, 16, 16, 35, 70, 140
_CENT = Decimal("0.01")
_COUNTRY = re.compile("[A-Z]{2}")
_SIGN = re.compile("[A-Za-z0-9]")
_NEW_ACCOUNT = "SMNDA"  # same mandate, new debtor account: for a new bank and for the same one


@dataclass(frozen=True, slots=True)
class Party:
    """``country`` is an ISO 3166 code; ``lines`` are free and repeat neither postcode, town nor country.

    ``street`` and ``building`` are for those who keep them apart: nobody may guess them from a line.
    """

    name: str
    country: str = ""
    town: str = ""
    postcode: str = ""
    lines: Sequence[str] = ()
    street: str = ""
    building: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changed in a mandate since the last debit that settled: old values, each empty where nothing changed."""

    original_reference: str = ""
    original_ics: str = ""
    original_creditor_name: str = ""
    is_new_account: bool = False


@dataclass(frozen=True, slots=True)
class Debit:
    """One attempt to collect ``amount`` euros; ``bic`` may be empty, and is written where it is of use."""

    end_to_end_id: str
    amount: Decimal
    mandate_reference: str
    signature_date: date
    debtor: Party
    iban: str
    bic: str
    remittance: str
    ultimate_debtor: str = ""
    amendment: Amendment | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Debits of one scheme, sequence, collection date, creditor account and ICS.

    ``count`` and ``total`` are announced before the debits, which may be read only once.
    ``is_batch_booked``: one booking for the block, one for each debit, or (None) as agreed with the bank.
    ``with_addresses``: "always", or "outside_eea" for banks that refuse addresses where they are not needed.
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
    is_batch_booked: bool | None = True
    with_addresses: str = "always"

    def __post_init__(self):
        if self.scheme not in SCHEMES or self.sequence not in SEQUENCES:
            raise ValueError(f"unknown scheme or sequence: {self.scheme} {self.sequence}")
        if self.with_addresses not in ADDRESS_POLICIES:
            raise ValueError(f"unknown policy of addresses: {self.with_addresses}")


@dataclass(frozen=True, slots=True)
class Message:
    """A file; ``created`` is local time without a zone, ``version`` the last part of the message's name."""

    message_id: str
    created: datetime
    initiator: str
    count: int
    total: Decimal
    blocks: Sequence[Block]
    version: str = "08"

    def __post_init__(self):
        if self.version not in VERSIONS:
            raise ValueError(f"unknown version: {self.version}")


def readable(value: str, limit: int) -> str:
    """``value`` in SEPA characters as the file carries it; empty where no letter or digit is left."""
    text = convert(value, limit)
    return text if _SIGN.search(text) else ""


def has_address(party: Party) -> bool:
    """An address without town or country in tags of their own is refused everywhere, so it is never written."""
    return bool(_COUNTRY.fullmatch(party.country) and readable(party.town, TOWN))


def is_outside_eea(debit: Debit, block: Block) -> bool:
    """Whether either bank is outside the EEA, which asks for the debtor's address (EPC rulebook, AT-P005)."""
    return not {debit.iban[:2], block.iban[:2]} <= sepa_ids.EEA_PREFIXES


def write(message: Message, target: BinaryIO | None = None) -> bytes | None:
    """Write the file to ``target``, or return it; the same bytes for the same message.

    The debits are read once, in their order, and may be a generator: nothing is kept of them.

    :raises ValueError: an amount holds parts of a cent, or an identifier characters that no bank accepts
    """
    if target is None:
        write(message, content := BytesIO())
        return content.getvalue()
    target.write(_opening(message).encode())
    for block in message.blocks:
        target.write(_block_opening(block, message.version).encode())
        for debit in block.debits:
            target.write(_transaction(debit, block, message.version).encode())
        target.write(b"</PmtInf>\n")
    target.write(b"</CstmrDrctDbtInitn></Document>")
    return None


def _opening(message: Message) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.{message.version}"><CstmrDrctDbtInitn>\n'
        f"<GrpHdr><MsgId>{_sure(message.message_id)}</MsgId>"
        f"<CreDtTm>{message.created.isoformat(timespec='seconds')}</CreDtTm>"
        f"<NbOfTxs>{message.count}</NbOfTxs><CtrlSum>{_money(message.total)}</CtrlSum>"
        f"<InitgPty><Nm>{readable(message.initiator, NAME)}</Nm></InitgPty></GrpHdr>\n"
    )


def _block_opening(block: Block, version: str) -> str:
    """A block up to its first debit."""
    is_address_wanted = block.with_addresses == "always" or not sepa_ids.is_eea(block.iban)
    return (
        f"<PmtInf><PmtInfId>{_sure(block.block_id)}</PmtInfId><PmtMtd>DD</PmtMtd>{_booking(block.is_batch_booked)}"
        f"<NbOfTxs>{block.count}</NbOfTxs><CtrlSum>{_money(block.total)}</CtrlSum>"
        f"<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>{block.scheme}</Cd></LclInstrm>"
        f"<SeqTp>{block.sequence}</SeqTp></PmtTpInf><ReqdColltnDt>{block.date.isoformat()}</ReqdColltnDt>"
        f"<Cdtr>{_party(block.creditor, version, is_address_wanted)}</Cdtr>"
        f"<CdtrAcct><Id><IBAN>{_sure(block.iban)}</IBAN></Id></CdtrAcct>"
        f"<CdtrAgt>{_bank(block.bic, version)}</CdtrAgt><ChrgBr>SLEV</ChrgBr>"
        f"<CdtrSchmeId>{_creditor_id(block.ics)}</CdtrSchmeId>\n"
    )


def _transaction(debit: Debit, block: Block, version: str) -> str:
    is_outside = is_outside_eea(debit, block)
    ultimate = readable(debit.ultimate_debtor, NAME)
    remittance = readable(debit.remittance, REMITTANCE)
    return (
        f"<DrctDbtTxInf><PmtId><EndToEndId>{_sure(debit.end_to_end_id)}</EndToEndId></PmtId>"
        f'<InstdAmt Ccy="EUR">{_money(debit.amount)}</InstdAmt>'
        f"<DrctDbtTx><MndtRltdInf><MndtId>{_sure(debit.mandate_reference)}</MndtId>"
        f"<DtOfSgntr>{debit.signature_date.isoformat()}</DtOfSgntr>"
        f"{_amendment(debit.amendment) if debit.amendment else ''}</MndtRltdInf></DrctDbtTx>"
        f"<DbtrAgt>{_bank(debit.bic if is_outside else '', version)}</DbtrAgt>"
        f"<Dbtr>{_party(debit.debtor, version, is_outside or block.with_addresses == 'always')}</Dbtr>"
        f"<DbtrAcct><Id><IBAN>{_sure(debit.iban)}</IBAN></Id></DbtrAcct>"
        f"{f'<UltmtDbtr><Nm>{ultimate}</Nm></UltmtDbtr>' if ultimate else ''}"
        f"{f'<RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>' if remittance else ''}</DrctDbtTxInf>\n"
    )


def _amendment(amendment: Amendment) -> str:
    creditor = _name_if_any(amendment.original_creditor_name)
    creditor += _creditor_id(amendment.original_ics) if amendment.original_ics else ""
    account = f"<Id><Othr><Id>{_NEW_ACCOUNT}</Id></Othr></Id>" if amendment.is_new_account else ""
    details = (
        _element("OrgnlMndtId", _sure(amendment.original_reference))
        + _element("OrgnlCdtrSchmeId", creditor)
        + _element("OrgnlDbtrAcct", account)
    )
    return f"<AmdmntInd>true</AmdmntInd><AmdmntInfDtls>{details}</AmdmntInfDtls>"


def _party(party: Party, version: str, is_address_wanted: bool) -> str:
    address = _address(party, version) if is_address_wanted else ""
    return f"<Nm>{readable(party.name, NAME)}</Nm>{address}"


def _address(party: Party, version: str) -> str:
    """Structured as far as the caller keeps parts apart, hybrid (EPC153-22) with what he keeps in lines.

    Only guides of the version 08 know the hybrid form, so version 02 leaves the lines out.
    """
    if not has_address(party):
        return ""
    town, postcode = readable(party.town, TOWN), readable(party.postcode, POSTCODE)
    street = readable(party.street, STREET)
    lines = _free_lines(party, town, postcode) if version == "08" else ()
    return (
        "<PstlAdr>"
        f"{f'<StrtNm>{street}</StrtNm>' if street else ''}"
        f"{_element('BldgNb', readable(party.building, BUILDING)) if street and party.building else ''}"
        f"{f'<PstCd>{postcode}</PstCd>' if postcode else ''}<TwnNm>{town}</TwnNm><Ctry>{party.country}</Ctry>"
        f"{''.join([f'<AdrLine>{line}</AdrLine>' for line in lines])}</PstlAdr>"
    )


def _free_lines(party: Party, town: str, postcode: str) -> list[str]:
    """At most two lines, without what they repeat of the other tags (which the guides forbid)."""
    place = f"{postcode} {town}".upper()
    said = (town.upper(), postcode.upper(), party.country, "")
    lines = []
    for value in party.lines:
        line = readable(value, LINE)
        if postcode and (start := line.upper().find(place)) >= 0:
            line = readable(line[:start].rstrip(" ,-"), LINE)
        if line.upper() not in said:
            lines.append(line)
    return lines[:2]


def _bank(bic: str, version: str) -> str:
    if not bic:
        return "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>"
    tag = "BICFI" if version == "08" else "BIC"
    return f"<FinInstnId><{tag}>{_sure(bic)}</{tag}></FinInstnId>"


def _creditor_id(ics: str) -> str:
    return f"<Id><PrvtId><Othr><Id>{_sure(ics)}</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id>"


def _booking(is_batch_booked: bool | None) -> str:
    return "" if is_batch_booked is None else f"<BtchBookg>{'true' if is_batch_booked else 'false'}</BtchBookg>"


def _name_if_any(name: str) -> str:
    return _element("Nm", readable(name, NAME))


def _element(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>" if content else ""


def _sure(identifier: str) -> str:
    if not is_sepa(identifier):
        raise ValueError(f"an identifier that no bank accepts: {identifier!r}")
    return identifier


def _money(amount: Decimal) -> str:
    cents = amount.quantize(_CENT)
    if cents != amount:
        raise ValueError(f"parts of a cent: {amount}")
    return str(cents)
