"""The yardstick: lxml's incremental writer with nothing around it, told the texts as they stand in our file."""

import re

from lxml import etree

TEXTS = (
    "PmtId/EndToEndId",
    "InstdAmt",
    "DrctDbtTx/MndtRltdInf/MndtId",
    "DrctDbtTx/MndtRltdInf/DtOfSgntr",
    ".//OrgnlDbtrAcct/Id/Othr/Id",
    "DbtrAgt/FinInstnId/BICFI",
    "Dbtr/Nm",
    "Dbtr/PstlAdr/PstCd",
    "Dbtr/PstlAdr/TwnNm",
    "Dbtr/PstlAdr/Ctry",
    "Dbtr/PstlAdr/AdrLine",
    "DbtrAcct/Id/IBAN",
    "RmtInf/Ustrd",
)


def rows(file):
    """The texts of each debit, of which ours has one on a line; None for what is not there."""
    file.seek(0)
    for line in file:
        if line.startswith(b"<DrctDbtTxInf>"):
            debit = etree.fromstring(line)
            yield tuple(debit.findtext(path) for path in TEXTS)


def heads(file):
    """The namespace, and what stands before the first debit: the file's header, the block with its first parts."""
    start = b"".join(line for line, _number in zip(file, range(5), strict=False) if b"<DrctDbtTxInf>" not in line)
    header = re.search(b"<GrpHdr>.*</GrpHdr>", start)[0]
    block = re.search(b"<PmtInf>.*", start)[0] + b"</PmtInf>"
    return re.search(b'xmlns="(.*?)"', start)[1].decode(), etree.fromstring(header), etree.fromstring(block)


def write(namespace, header, block, debits, target):
    """The file of one block."""
    with etree.xmlfile(target, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element("Document", nsmap={None: namespace}), xml.element("CstmrDrctDbtInitn"):
            xml.write("\n", header, "\n")
            with xml.element("PmtInf"):
                xml.write(*block, "\n")
                for row in debits:
                    write_debit(xml.element, xml.write, *row)
            xml.write("\n")


def write_debit(
    element, write, reference, amount, mandate, day, smnda, bic, name, postcode, town, country, line, iban, text
):
    with element("DrctDbtTxInf"):
        with element("PmtId"), element("EndToEndId"):
            write(reference)
        with element("InstdAmt", Ccy="EUR"):
            write(amount)
        with element("DrctDbtTx"), element("MndtRltdInf"):
            with element("MndtId"):
                write(mandate)
            with element("DtOfSgntr"):
                write(day)
            if smnda:
                write_amendment(element, write, smnda)
        with element("DbtrAgt"), element("FinInstnId"):
            if bic:
                with element("BICFI"):
                    write(bic)
            else:
                with element("Othr"), element("Id"):
                    write("NOTPROVIDED")
        with element("Dbtr"):
            with element("Nm"):
                write(name)
            with element("PstlAdr"):
                with element("PstCd"):
                    write(postcode)
                with element("TwnNm"):
                    write(town)
                with element("Ctry"):
                    write(country)
                with element("AdrLine"):
                    write(line)
        with element("DbtrAcct"), element("Id"), element("IBAN"):
            write(iban)
        with element("RmtInf"), element("Ustrd"):
            write(text)
    write("\n")


def write_amendment(element, write, smnda):
    with element("AmdmntInd"):
        write("true")
    with element("AmdmntInfDtls"), element("OrgnlDbtrAcct"), element("Id"), element("Othr"), element("Id"):
        write(smnda)
