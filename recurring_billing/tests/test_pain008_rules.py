import inspect
import re

from odoo.tests import BaseCase

from . import pain008_rules
from .pain008_rules import broken_rules

DEBIT = """\
<DrctDbtTxInf><PmtId><InstrId>INS-1</InstrId><EndToEndId>FAC-2026-00117</EndToEndId></PmtId>\
<InstdAmt Ccy="EUR">49.90</InstdAmt>\
<DrctDbtTx><MndtRltdInf><MndtId>RUM-1</MndtId><DtOfSgntr>2025-03-14</DtOfSgntr></MndtRltdInf></DrctDbtTx>\
<DbtrAgt><FinInstnId><BICFI>UBSWCHZH80A</BICFI></FinInstnId></DbtrAgt>\
<Dbtr><Nm>Helene Dubois</Nm><PstlAdr><StrtNm>Rue de Nancy</StrtNm><BldgNb>12B</BldgNb><PstCd>1204</PstCd>\
<TwnNm>Geneva</TwnNm><Ctry>CH</Ctry></PstlAdr></Dbtr><DbtrAcct><Id><IBAN>CH9300762011623852957</IBAN></Id></DbtrAcct>\
<RmtInf><Ustrd>FAC-2026-00117</Ustrd></RmtInf></DrctDbtTxInf>"""
AMENDED = """\
<DrctDbtTxInf><PmtId><InstrId>INS-2</InstrId><EndToEndId>FAC-2026-00118</EndToEndId></PmtId>\
<InstdAmt Ccy="EUR">1200.00</InstdAmt>\
<DrctDbtTx><MndtRltdInf><MndtId>RUM-2</MndtId><DtOfSgntr>2024-01-08</DtOfSgntr><AmdmntInd>true</AmdmntInd>\
<AmdmntInfDtls><OrgnlMndtId>RUM-0</OrgnlMndtId><OrgnlCdtrSchmeId><Nm>Atelier</Nm><Id><PrvtId><Othr>\
<Id>FR19ZZZ654321</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id></OrgnlCdtrSchmeId>\
<OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct></AmdmntInfDtls></MndtRltdInf></DrctDbtTx>\
<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>\
<Dbtr><Nm>Societe des Eaux de l'Est</Nm><PstlAdr><PstCd>67000</PstCd><TwnNm>Strasbourg</TwnNm><Ctry>FR</Ctry>\
<AdrLine>Batiment C, 3e etage</AdrLine><AdrLine>18 quai des Bateliers</AdrLine></PstlAdr>\
<Id><OrgId><Othr><Id>552100554</Id></Othr></OrgId></Id></Dbtr>\
<DbtrAcct><Id><IBAN>FR1420041010050500013M02606</IBAN></Id></DbtrAcct><UltmtDbtr><Nm>Regie</Nm></UltmtDbtr>\
<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>\
</RmtInf></DrctDbtTxInf>"""
KIND = "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>B2B</Cd></LclInstrm><SeqTp>RCUR</SeqTp></PmtTpInf>"
SCHEME = (
    "<CdtrSchmeId><Id><PrvtId><Othr><Id>FR72ZZZ123456</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id>"
    "</CdtrSchmeId>"
)
HEAD = f"""\
<PmtInf><PmtInfId>REM-1</PmtInfId><PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg><NbOfTxs>2</NbOfTxs>\
<CtrlSum>1249.90</CtrlSum>{KIND}<ReqdColltnDt>2026-11-27</ReqdColltnDt><Cdtr><Nm>Atelier Numerique</Nm></Cdtr>\
<CdtrAcct><Id><IBAN>FR7630004008230000123456778</IBAN></Id></CdtrAcct>\
<CdtrAgt><FinInstnId><BICFI>BNPAFRPPXXX</BICFI></FinInstnId></CdtrAgt><ChrgBr>SLEV</ChrgBr>{SCHEME}"""
GOOD = f"""\
<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08">\
<CstmrDrctDbtInitn><GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-23T09:15:00</CreDtTm><NbOfTxs>2</NbOfTxs>\
<CtrlSum>1249.90</CtrlSum><InitgPty><Nm>Atelier Numerique</Nm></InitgPty></GrpHdr>
{HEAD}{DEBIT}{AMENDED}</PmtInf></CstmrDrctDbtInitn></Document>"""
ULTIMATE = "<UltmtCdtr><Nm>Atelier</Nm></UltmtCdtr>"
HYBRID = "<AdrLine>Batiment C, 3e etage</AdrLine>"
FIRST_BLOCK = HEAD.replace("<NbOfTxs>2", "<NbOfTxs>1").replace("1249.90", "49.90") + DEBIT + "</PmtInf>"
SECOND_BLOCK = FIRST_BLOCK.replace("REM-1", "REM-2").replace("00117", "00118").replace("INS-1", "INS-2")
TWICE = GOOD.replace(f"{HEAD}{DEBIT}{AMENDED}</PmtInf>", FIRST_BLOCK + SECOND_BLOCK).replace("1249.90", "99.80")

# Rule, what stands in the good file, what stands there in the broken one.
BROKEN = (
    ("XML-01", 'encoding="UTF-8"', 'encoding="ISO-8859-1"'),
    ("XML-02", "<?xml", "\ufeff<?xml"),
    ("XML-03", "<Document", "<!DOCTYPE Document><Document"),
    ("XML-04", "</Document>", ""),
    ("XML-04", "pain.008.001.08", "pain.001.001.09"),
    ("XML-04", "</CstmrDrctDbtInitn>", "</CstmrDrctDbtInitn><CstmrDrctDbtInitn/>"),
    ("XML-05", "<Cdtr><Nm>Atelier Numerique</Nm>", "<Cdtr><Nm>Atelier Numerique</Nm><CtryOfRes>FR</CtryOfRes>"),
    ("XML-05", "<BldgNb>12B</BldgNb>", "<BldgNb></BldgNb>"),
    ("XML-05", "</DbtrAcct><RmtInf>", "</DbtrAcct><RgltryRptg><Dtls><Cd>1</Cd></Dtls></RgltryRptg><RmtInf>"),
    ("GRP-02", "<NbOfTxs>2</NbOfTxs><CtrlSum>1249.90</CtrlSum><InitgPty>",
     "<NbOfTxs>3</NbOfTxs><CtrlSum>1249.90</CtrlSum><InitgPty>"),
    ("GRP-03", "<CtrlSum>1249.90</CtrlSum><InitgPty>", "<CtrlSum>1249.91</CtrlSum><InitgPty>"),
    ("GRP-03", "<CtrlSum>1249.90</CtrlSum><InitgPty>", "<InitgPty>"),
    ("PMT-01", f"<NbOfTxs>2</NbOfTxs><CtrlSum>1249.90</CtrlSum>{KIND}",
     f"<NbOfTxs>1</NbOfTxs><CtrlSum>1249.90</CtrlSum>{KIND}"),
    ("PMT-02", f"<CtrlSum>1249.90</CtrlSum>{KIND}", f"<CtrlSum>1249.900</CtrlSum>{KIND}"),
    ("PMT-03", KIND, ""),
    ("PMT-03", "</PmtId>", f"</PmtId>{KIND}"),
    ("PMT-04", "<SvcLvl><Cd>SEPA</Cd></SvcLvl>", ""),
    ("PMT-04", "</SvcLvl>", "</SvcLvl><SvcLvl><Cd>SEPA</Cd></SvcLvl>"),
    ("PMT-05", "<Cd>B2B</Cd>", "<Cd>COR1</Cd>"),
    ("PMT-06", "<SeqTp>RCUR</SeqTp>", "<SeqTp>RPRE</SeqTp>"),
    ("PMT-06", "<SeqTp>RCUR</SeqTp>", ""),
    ("PMT-07", "SLEV", "SHAR"),
    ("PMT-07", "<ChrgBr>SLEV</ChrgBr>", ""),
    ("PMT-08", "2026-11-27", "2026-11-29"),
    ("PMT-08", "2026-11-27", "2027-03-26"),
    ("PMT-09", "2026-11-27", "2026-11-23"),
    ("PMT-10", "<BICFI>BNPAFRPPXXX</BICFI>", "<Othr><Id>UNKNOWN</Id></Othr>"),
    ("PMT-10", "<BICFI>BNPAFRPPXXX</BICFI>", "<BIC>BNPAFRPPXXX</BIC>"),
    ("PMT-11", "<BICFI>UBSWCHZH80A</BICFI>", "<BICFI>UBSWCHZH80A</BICFI><Nm>UBS</Nm>"),
    ("PMT-12", "<BICFI>UBSWCHZH80A</BICFI>", "<Othr><Id>NOTPROVIDED</Id></Othr>"),
    ("PMT-13", "CH9300762011623852957", "CH9300762011623852958"),
    ("PMT-13", "CH9300762011623852957", "BR1500000000000010932840814P2"),
    ("PMT-13", "FR7630004008230000123456778", "FR7630004008230000123456779"),
    ("PMT-14", f"<ChrgBr>SLEV</ChrgBr>{SCHEME}{DEBIT}",
     f"{ULTIMATE}<ChrgBr>SLEV</ChrgBr>{SCHEME}{DEBIT.replace('<DbtrAgt>', f'{ULTIMATE}<DbtrAgt>')}"),
    ("ICS-01", SCHEME, ""),
    ("ICS-01", "</MndtRltdInf></DrctDbtTx>", f"</MndtRltdInf>{SCHEME}</DrctDbtTx>"),
    ("ICS-02", "<CdtrSchmeId><Id>", "<CdtrSchmeId><Nm>Atelier</Nm><Id>"),
    ("ICS-02", "<Id>FR72ZZZ123456</Id><SchmeNm><Prtry>SEPA", "<Id>FR72ZZZ123456</Id><SchmeNm><Prtry>NONE"),
    ("ICS-03", "FR72ZZZ123456", "FR73ZZZ123456"),
    ("ICS-03", "FR72ZZZ123456", "FR82ZZZ1234567890123"),
    ("ICS-03", "FR72ZZZ123456", "XX86ZZZ123456"),
    ("TXN-01", 'Ccy="EUR">49.90', 'Ccy="USD">49.90'),
    ("TXN-02", ">49.90</InstdAmt>", ">49.905</InstdAmt>"),
    ("TXN-02", ">49.90</InstdAmt>", ">0.00</InstdAmt>"),
    ("TXN-02", ">49.90</InstdAmt>", ">1000000000.00</InstdAmt>"),
    ("TXN-03", "<MndtId>RUM-1</MndtId>", ""),
    ("TXN-03", "<DtOfSgntr>2025-03-14</DtOfSgntr>", ""),
    ("TXN-04", "2025-03-14", "2026-11-24"),
    ("TXN-05", "<Dbtr><Nm>Helene Dubois</Nm>", "<Dbtr>"),
    ("TXN-05", "Helene Dubois", "x" * 71),
    ("TXN-05", "<InitgPty><Nm>Atelier Numerique</Nm></InitgPty>", "<InitgPty/>"),
    ("TXN-06", "</Ustrd>", "</Ustrd><Ustrd>more</Ustrd>"),
    ("TXN-06", "<Ustrd>FAC-2026-00117", f"<Ustrd>{'x' * 141}"),
    ("TXN-07", "<Strd>", "<Strd><AddtlRmtInf>x</AddtlRmtInf>"),
    ("TXN-07", "<Cd>SCOR</Cd>", "<Cd>PUOR</Cd>"),
    ("TXN-07", "<Ref>RF18539007547034</Ref>", f"<Ref>{'R' * 140}</Ref>"),
    ("TXN-08", "<Id>552100554</Id></Othr>", "<Id>552100554</Id></Othr><Othr><Id>1</Id></Othr>"),
    ("AMD-01", "<AmdmntInd>true</AmdmntInd>", ""),
    ("AMD-01", "<AmdmntInd>true</AmdmntInd>", "<AmdmntInd>false</AmdmntInd>"),
    ("AMD-01", "</DtOfSgntr></MndtRltdInf>", "</DtOfSgntr><AmdmntInd>true</AmdmntInd></MndtRltdInf>"),
    ("AMD-02", "RUM-0", "RUM-2"),
    ("AMD-03", "FR19ZZZ654321", "FR18ZZZ654321"),
    ("AMD-03", "FR19ZZZ654321", "FR72ZZZ123456"),
    ("AMD-03", "<Nm>Atelier</Nm>", f"<Nm>{'x' * 71}</Nm>"),
    ("AMD-04", "SMNDA", "SMNDB"),
    ("AMD-05", "</OrgnlDbtrAcct>", "</OrgnlDbtrAcct><OrgnlDbtrAgt><FinInstnId><Othr><Id>SMNDA</Id></Othr></FinInstnId>"
     "</OrgnlDbtrAgt>"),
    ("ADR-01", "<TwnNm>Geneva</TwnNm>", ""),
    ("ADR-01", "<Ctry>CH</Ctry>", ""),
    ("ADR-02", "<Ctry>CH</Ctry>", "<Ctry>CHE</Ctry>"),
    ("ADR-03", HYBRID, HYBRID * 2),
    ("ADR-03", "Batiment C, 3e etage", "x" * 71),
    ("ADR-04", "18 quai des Bateliers", "18 quai des Bateliers, 67000 Strasbourg"),
    ("ADR-04", "18 quai des Bateliers", "STRASBOURG"),
    ("ADR-05", "pain.008.001.08", "pain.008.001.02"),
    ("ADR-06", DEBIT[DEBIT.index("<PstlAdr>") : DEBIT.index("</Dbtr>")], ""),
    ("CHR-01", "Helene Dubois", "Hélène Dubois"),
    ("CHR-01", "Helene Dubois", "Dubois &amp; Cie"),
    ("CHR-01", "Helene Dubois", "Helene\nDubois"),
    ("CHR-01", "Rue de Nancy", "Rue_de_Nancy"),
    ("CHR-02", "FAC-2026-00117</EndToEndId>", "FAC//2026</EndToEndId>"),
    ("CHR-02", "RUM-1", "/RUM-1"),
    ("CHR-02", "MSG-1", "MSG-1/"),
    ("CHR-02", "REM-1", "REM#1"),
    ("CHR-02", "RUM-0", "R" * 36),
    ("UNQ-03", "FAC-2026-00118<", "FAC-2026-00117<"),
    ("UNQ-04", "INS-2", "INS-1"),
    ("SEQ-03", "RUM-2", "rum -1"),
)  # fmt: skip
BROKEN_TWICE = (
    ("GRP-04", "<Cd>B2B</Cd>", "<Cd>CORE</Cd>"),
    ("UNQ-02", "REM-2", "REM-1"),
    ("SEQ-02", "RCUR", "OOFF"),
    ("SEQ-03", "2025-03-14", "2025-03-15"),
)


class TestPain008Rules(BaseCase):
    """The checker of the property test finds what is broken, and nothing in what is right."""

    def test_a_good_file_breaks_no_rule(self):
        self.assertEqual(broken_rules(GOOD.encode()), set())
        self.assertEqual(broken_rules(GOOD.encode(), known_messages=["MSG-2"]), set())

    def test_each_broken_file_is_found_under_its_rule(self):
        for rule, good, broken in BROKEN:
            with self.subTest(rule=rule, broken=broken[:60]):
                self.assertIn(good, GOOD)
                self.assertIn(rule, broken_rules(GOOD.replace(good, broken).encode()))

    def test_each_rule_of_the_checker_is_broken_somewhere(self):
        rules = set(re.findall('"([A-Z]{3}-[0-9]{2})"', inspect.getsource(pain008_rules)))
        shown = {rule for rule, _good, _broken in BROKEN + BROKEN_TWICE} | {"UNQ-01", "SEQ-01", "SEQ-04"}
        self.assertEqual(rules, shown)

    def test_what_is_no_utf_8_is_found(self):
        self.assertIn("XML-01", broken_rules(GOOD.replace("Helene", "Hélène").encode("latin-1")))

    def test_a_message_id_is_never_sent_again(self):
        self.assertEqual(broken_rules(GOOD.encode(), known_messages=["MSG-1"]), {"UNQ-01"})

    def test_two_blocks_that_clash_are_found(self):
        self.assertEqual(broken_rules(TWICE.encode()), {"SEQ-01"})
        later = TWICE[::-1].replace("2026-11-27"[::-1], "2026-11-30"[::-1], 1)[::-1]
        self.assertEqual(broken_rules(later.encode()), set())
        for rule, good, broken in BROKEN_TWICE:
            with self.subTest(rule=rule):
                place = later.index(good, later.index("REM-2"))
                self.assertIn(rule, broken_rules((later[:place] + broken + later[place + len(good) :]).encode()))
        final_first = later.replace("RCUR", "FNAL", 1)
        self.assertEqual(broken_rules(final_first.encode()), {"SEQ-04"})
