"""The rules of SEPA direct debit that a bank applies to a pain.008 file beyond its schema, as a reader of the file sees
them (usage rules of EPC130-08 and EPC131-08).

Written apart from the tools that it judges: it shares no code with them, and reads nothing but the file. Each rule has
an id, by which ``broken_rules`` names it.
"""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

from lxml import etree

_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_OTHERS = "AD AL CH GB GI MC MD ME MK RS SM VA"
_TEXT_TAGS = "Nm StrtNm BldgNb BldgNm Flr Room PstBx PstCd TwnNm TwnLctnNm DstrctNm AdrLine Ustrd"
_IDENTIFIER_TAGS = "MsgId PmtInfId InstrId EndToEndId MndtId OrgnlMndtId"
EEA = frozenset(_EEA.split())
SEPA = EEA | frozenset(_OTHERS.split())
ICS_LENGTHS = {"FR": 13, "DE": 18}
TEXT = re.compile(r"[a-zA-Z0-9/\-?:().,'+ ]*")
TEXT_TAGS = frozenset(_TEXT_TAGS.split())
IDENTIFIER_TAGS = frozenset(_IDENTIFIER_TAGS.split())

SCHEME_ID = "Id/PrvtId/Othr/Id Id/PrvtId/Othr/SchmeNm/Prtry"
_ADDRESS = "StrtNm BldgNb BldgNm Flr PstBx Room PstCd TwnNm TwnLctnNm DstrctNm Ctry AdrLine"
_PARTY_ID = "Id/OrgId/AnyBIC Id/OrgId/BICOrBEI Id/OrgId/LEI Id/OrgId/Othr Id/PrvtId/DtAndPlcOfBirth Id/PrvtId/Othr"
_BANK = "FinInstnId/BICFI FinInstnId/BIC FinInstnId/Othr/Id"
_KIND = "PmtTpInf/SvcLvl/Cd PmtTpInf/LclInstrm/Cd PmtTpInf/SeqTp PmtTpInf/CtgyPurp"


def _under(prefix, paths):
    return {f"{prefix}/{path}" for path in paths.split()}


def _party(tag, *parts):
    return {f"{tag}/Nm"}.union(*(_under(tag, part) for part in parts))


_PARTY_ADDRESS = " ".join(f"PstlAdr/{tag}" for tag in _ADDRESS.split())
_MANDATE = (
    {"MndtId", "DtOfSgntr", "AmdmntInd", "ElctrncSgntr"}
    | _under("AmdmntInfDtls", "OrgnlMndtId OrgnlDbtrAcct/Id/IBAN OrgnlDbtrAcct/Id/Othr/Id")
    | _party("AmdmntInfDtls/OrgnlCdtrSchmeId", SCHEME_ID)
)
_TRANSACTION = (
    {"PmtId/InstrId", "PmtId/EndToEndId", "InstdAmt", "ChrgBr", "DbtrAcct/Id/IBAN", "DbtrAcct/Ccy", "Purp", "RmtInf"}
    | _under("DrctDbtTx/MndtRltdInf", " ".join(_MANDATE))
    | _under("DrctDbtTx/CdtrSchmeId", SCHEME_ID)
    | _under("DbtrAgt", _BANK)
    | _party("Dbtr", _PARTY_ADDRESS, _PARTY_ID)
    | _party("UltmtDbtr", _PARTY_ID)
    | _party("UltmtCdtr", _PARTY_ID)
    | set(_KIND.split())
)
_BLOCK = (
    {"PmtInfId", "PmtMtd", "BtchBookg", "NbOfTxs", "CtrlSum", "ReqdColltnDt", "ChrgBr", "CdtrAcct/Id/IBAN"}
    | {"CdtrAcct/Ccy"}
    | set(_KIND.split())
    | _party("Cdtr", _PARTY_ADDRESS)
    | _party("UltmtCdtr", _PARTY_ID)
    | _under("CdtrAgt", _BANK)
    | _under("CdtrSchmeId", SCHEME_ID)
    | _under("DrctDbtTxInf", " ".join(_TRANSACTION))
)
_SUBSET = (
    _under("GrpHdr", "MsgId CreDtTm NbOfTxs CtrlSum")
    | _party("GrpHdr/InitgPty", _PARTY_ID)
    | _under("PmtInf", " ".join(_BLOCK))
)
_OPEN_ENDED = ("/PmtTpInf/CtgyPurp/", "/Purp/", "/RmtInf/", "/OrgId/Othr/", "/PrvtId/Othr/", "/DtAndPlcOfBirth/")


def broken_rules(content, known_messages=()):
    """The ids of the rules that the file ``content`` (bytes) breaks; ``known_messages``: ids of files sent before."""
    found = set(_rules_of_bytes(content))
    try:
        document = etree.fromstring(content)
    except etree.XMLSyntaxError:
        return found | {"XML-04"}
    version = re.fullmatch(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.008\.001\.(08|02)\}Document", document.tag)
    if not version or [etree.QName(child).localname for child in document] != ["CstmrDrctDbtInitn"]:
        return found | {"XML-04"}
    return found | set(_File(document[0], version[1]).broken_rules(known_messages))


def _rules_of_bytes(content):
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield "XML-01"
        text = content.decode("latin-1")
    declared = re.match(r"\ufeff?<\?xml [^>]*encoding=['\"]([\w-]+)['\"]", text)
    if declared and declared[1].upper() != "UTF-8":
        yield "XML-01"
    if content.startswith(b"\xef\xbb\xbf"):
        yield "XML-02"
    if "<!DOCTYPE" in text:
        yield "XML-03"


class _File:
    def __init__(self, root, version):
        self.version = version
        for element in root.iter(etree.Element):
            element.tag = etree.QName(element).localname
        self.root = root
        self.blocks = root.findall("PmtInf")
        self.created = datetime.fromisoformat(root.findtext("GrpHdr/CreDtTm")).date()

    def broken_rules(self, known_messages):
        yield from self._subset()
        yield from self._group(known_messages)
        yield from self._cuts()
        yield from self._characters()
        yield from self._uniqueness()
        yield from self._mandates()
        for party in self.root.iter("PstlAdr"):
            yield from _address(party, self.version)
        for party in self.root.iter("InitgPty", "Cdtr", "Dbtr", "UltmtCdtr", "UltmtDbtr"):
            yield from _named(party)
        for block in self.blocks:
            yield from self._block(block)
            for debit in block.findall("DrctDbtTxInf"):
                yield from self._debit(block, debit)

    # --- the file ---

    def _subset(self):
        tree = self.root.getroottree()
        start = len(tree.getpath(self.root)) + 1
        for leaf in self.root.iter(etree.Element):
            path = re.sub(r"\[\d+\]", "", tree.getpath(leaf))[start:]
            if not len(leaf) and path not in _SUBSET and not any(part in f"/{path}/" for part in _OPEN_ENDED):
                yield "XML-05"
            if not len(leaf) and not (leaf.text or "").strip():
                yield "XML-05"

    def _group(self, known_messages):
        header, debits = self.root.find("GrpHdr"), self.root.findall("PmtInf/DrctDbtTxInf")
        yield from _sums(header, debits, "GRP-02", "GRP-03")
        if len(set(self.root.xpath("//LclInstrm/Cd/text()"))) > 1:
            yield "GRP-04"
        if header.findtext("MsgId") in known_messages:
            yield "UNQ-01"
        if header.find("InitgPty/Nm") is None and header.find("InitgPty/Id") is None:
            yield "TXN-05"

    def _cuts(self):
        paths = ("PmtTpInf/LclInstrm/Cd", "PmtTpInf/SeqTp", "ReqdColltnDt", "CdtrAcct/Id/IBAN", "CdtrSchmeId")
        keys = [tuple(str(block.xpath(f"string({path})")).strip() for path in paths) for block in self.blocks]
        if len(set(keys)) < len(keys):
            yield "SEQ-01"

    def _characters(self):
        for element in self.root.iter(etree.Element):
            text = element.text or ""
            if element.tag in TEXT_TAGS and not (TEXT.fullmatch(text) and re.search("[a-zA-Z0-9]", text)):
                yield "CHR-01"
            if element.tag in IDENTIFIER_TAGS and not _is_identifier(text):
                yield "CHR-02"

    def _uniqueness(self):
        for rule, tag in (("UNQ-02", "PmtInfId"), ("UNQ-03", "EndToEndId"), ("UNQ-04", "InstrId")):
            texts = [element.text for element in self.root.iter(tag)]
            if len(set(texts)) < len(texts):
                yield rule

    def _mandates(self):
        uses = {}
        for debit in self.root.findall("PmtInf/DrctDbtTxInf"):
            block = debit.getparent()
            ics = _first(debit.find("DrctDbtTx"), block, path="CdtrSchmeId/Id/PrvtId/Othr/Id") or ""
            reference = debit.findtext("DrctDbtTx/MndtRltdInf/MndtId") or ""
            key = "".join((ics[:4] + ics[7:] + "|" + reference).upper().split())
            signed = debit.findtext("DrctDbtTx/MndtRltdInf/DtOfSgntr")
            sequence = _first(debit, block, path="PmtTpInf/SeqTp")
            uses.setdefault(key, []).append((sequence, block.findtext("ReqdColltnDt"), signed))
        for used in uses.values():
            sequences = Counter(sequence for sequence, _day, _signed in used)
            if sequences["OOFF"] and len(used) > 1:
                yield "SEQ-02"
            if len({signed for _sequence, _day, signed in used}) > 1:
                yield "SEQ-03"
            final = [day for sequence, day, _signed in used if sequence == "FNAL"]
            if len(final) > 1 or (final and max(day for _sequence, day, _signed in used) > final[0]):
                yield "SEQ-04"

    # --- a block ---

    def _block(self, block):
        debits = block.findall("DrctDbtTxInf")
        yield from _sums(block, debits, "PMT-01", "PMT-02")
        yield from _block_levels(block, debits)
        day = date.fromisoformat(block.findtext("ReqdColltnDt"))
        if not _is_t2_day(day):
            yield "PMT-08"
        if _t2_day_before(day) < self.created:
            yield "PMT-09"
        yield from self._bank(block.find("CdtrAgt"), "PMT-10")
        if not _is_sepa_iban(block.findtext("CdtrAcct/Id/IBAN")):
            yield "PMT-13"

    def _bank(self, bank, rule):
        known = bank.findtext("FinInstnId/BICFI" if self.version == "08" else "FinInstnId/BIC")
        if len(bank.find("FinInstnId")) != 1 or not (known or bank.findtext("FinInstnId/Othr/Id") == "NOTPROVIDED"):
            yield rule

    # --- a debit ---

    def _debit(self, block, debit):
        iban = debit.findtext("DbtrAcct/Id/IBAN") or ""
        yield from self._bank(debit.find("DbtrAgt"), "PMT-11")
        if iban[:2] not in EEA and debit.find("DbtrAgt/FinInstnId/Othr") is not None:
            yield "PMT-12"
        if not _is_sepa_iban(iban):
            yield "PMT-13"
        outside = {iban[:2], (block.findtext("CdtrAcct/Id/IBAN") or "")[:2]} - EEA
        if outside and debit.find("Dbtr/PstlAdr") is None:
            yield "ADR-06"
        yield from _amount(debit.find("InstdAmt"))
        mandate = debit.find("DrctDbtTx/MndtRltdInf")
        signed = mandate.findtext("DtOfSgntr")
        if not mandate.findtext("MndtId") or not signed:
            yield "TXN-03"
        elif date.fromisoformat(signed) > self.created:
            yield "TXN-04"
        yield from _remittance(debit.findall("RmtInf/*"))
        yield from _amendment(mandate, _first(debit.find("DrctDbtTx"), block, path="CdtrSchmeId/Id/PrvtId/Othr/Id"))


def _sums(announcing, debits, count_rule, sum_rule):
    total = sum((Decimal(debit.findtext("InstdAmt")) for debit in debits), Decimal())
    if announcing.findtext("NbOfTxs") != str(len(debits)) or not debits:
        yield count_rule
    announced = announcing.findtext("CtrlSum") or ""
    if not re.fullmatch(r"\d+(\.\d{1,2})?", announced) or Decimal(announced) != total:
        yield sum_rule


def _block_levels(block, debits):
    """What stands in the block or in each of its debits, never in both."""
    holders = [(block, debit) for debit in debits]
    for level in holders:
        kinds = [kind for holder in level if (kind := holder.find("PmtTpInf")) is not None]
        if len(kinds) != 1:
            yield "PMT-03"
        for kind in kinds:
            yield from _kind(kind)
        if {charge.text for holder in level if (charge := holder.find("ChrgBr")) is not None} != {"SLEV"}:
            yield "PMT-07"
        if sum(holder.find("UltmtCdtr") is not None for holder in level) > 1:
            yield "PMT-14"
        schemes = [block.find("CdtrSchmeId"), level[1].find("DrctDbtTx/CdtrSchmeId")]
        schemes = [scheme for scheme in schemes if scheme is not None]
        if len(schemes) != 1:
            yield "ICS-01"
        for scheme in schemes:
            yield from _scheme_id(scheme, "ICS-02", "ICS-03")


def _kind(kind):
    if [code.text for code in kind.findall("SvcLvl/Cd")] != ["SEPA"]:
        yield "PMT-04"
    if kind.findtext("LclInstrm/Cd") not in ("CORE", "B2B"):
        yield "PMT-05"
    if kind.findtext("SeqTp") not in ("FRST", "RCUR", "FNAL", "OOFF"):
        yield "PMT-06"


def _scheme_id(scheme, form_rule, value_rule, may_be_named=False):
    parts = [part for part in scheme if not (may_be_named and part.tag == "Nm")]
    leaves = [leaf for part in parts for leaf in part.iter() if not len(leaf)]
    if [leaf.tag for leaf in leaves] != ["Id", "Prtry"] or leaves[1].text != "SEPA":
        yield form_rule
    if not _is_ics(scheme.findtext("Id/PrvtId/Othr/Id") or ""):
        yield value_rule


def _amount(amount):
    if amount.get("Ccy") != "EUR":
        yield "TXN-01"
    plain = re.fullmatch(r"\d+(\.\d{1,2})?", amount.text)
    if not plain or not Decimal("0.01") <= Decimal(amount.text) <= Decimal("999999999.99"):
        yield "TXN-02"


def _named(party):
    name = party.findtext("Nm")
    if (party.tag in ("Cdtr", "Dbtr") and not name) or len(name or "") > 70:
        yield "TXN-05"
    if len(party.findall("Id/*/*")) > 1:
        yield "TXN-08"


def _remittance(parts):
    if len(parts) > 1 or any(part.tag == "Ustrd" and len(part.text) > 140 for part in parts):
        yield "TXN-06"
    for part in parts:
        if part.tag == "Strd" and (
            [child.tag for child in part] != ["CdtrRefInf"]
            or part.findtext("CdtrRefInf/Tp/CdOrPrtry/Cd") != "SCOR"
            or not part.findtext("CdtrRefInf/Ref")
            or len(re.sub(rb' xmlns="[^"]*"', b"", etree.tostring(part[0]))) > 140
        ):
            yield "TXN-07"


def _amendment(mandate, ics):
    details = mandate.find("AmdmntInfDtls")
    if (mandate.findtext("AmdmntInd") == "true") != (details is not None) or (details is not None and not len(details)):
        yield "AMD-01"
    if details is None:
        return
    if details.findtext("OrgnlMndtId") == mandate.findtext("MndtId"):
        yield "AMD-02"
    creditor = details.find("OrgnlCdtrSchmeId")
    if creditor is not None:
        if len(creditor.findtext("Nm", "x")) > 70 or creditor.findtext("Id/PrvtId/Othr/Id") == ics:
            yield "AMD-03"
        if creditor.find("Nm") is None or creditor.find("Id") is not None:
            yield from _scheme_id(creditor, "AMD-03", "AMD-03", may_be_named=True)
    account = details.find("OrgnlDbtrAcct/Id")
    if account is not None and account.findtext("Othr/Id") != "SMNDA" and not _is_iban(account.findtext("IBAN") or ""):
        yield "AMD-04"
    if details.find("OrgnlDbtrAgt") is not None:
        yield "AMD-05"


def _address(address, version):
    town, country, postcode = (address.findtext(tag) or "" for tag in ("TwnNm", "Ctry", "PstCd"))
    lines = [line.text for line in address.findall("AdrLine")]
    if not town or not country:
        yield "ADR-01"
    if country and not re.fullmatch("[A-Z]{2}", country):
        yield "ADR-02"
    if len(lines) > 2 or any(len(line) > 70 for line in lines):
        yield "ADR-03"
    for line in lines:
        plain, place = line.upper(), f"{postcode} {town}".upper()
        if plain in (town.upper(), postcode.upper(), country) or (postcode and place in plain):
            yield "ADR-04"
    if lines and version == "02":
        yield "ADR-05"


def _first(*holders, path):
    return next((text for holder in holders if holder is not None and (text := holder.findtext(path))), None)


def _is_identifier(text):
    return bool(TEXT.fullmatch(text)) and 0 < len(text) <= 35 and "/" not in (text[0], text[-1]) and "//" not in text


def _is_iban(text):
    return bool(re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text)) and _remainder(text[4:] + text[:4]) == 1


def _is_sepa_iban(text):
    return _is_iban(text or "") and text[:2] in SEPA


def _is_ics(text):
    return (
        bool(re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9/\-?:().,'+]{1,28}", text))
        and text[:2] in SEPA
        and len(text) == ICS_LENGTHS.get(text[:2], len(text))
        and _remainder(re.sub("[^A-Z0-9]", "", text[7:]) + text[:4]) == 1
    )


def _remainder(text):
    return int("".join(str(int(char, 36)) for char in text)) % 97


def _is_t2_day(day):
    easter = _easter(day.year)
    closed = {easter - timedelta(2), easter + timedelta(1)}
    return day.weekday() < 5 and (day.month, day.day) not in {(1, 1), (5, 1), (12, 25), (12, 26)} and day not in closed


def _t2_day_before(day):
    return next(before for step in range(1, 9) if _is_t2_day(before := day - timedelta(step)))


def _easter(year):
    """Gauss's rule in the form of Meeus, Jones and Butcher."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * correction + 114, 31)
    return date(year, month, day + 1)
