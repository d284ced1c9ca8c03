"""A message of two debits as the tests vary it, and what its file must say."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from odoo.addons.recurring_billing.tools import pain008

FRENCH = "FR7630004008230000123456778"
SWISS = "CH9300762011623852957"

CREDITOR = pain008.Party("Atelier Numérique & Cie", "FR", "Paris", "75011", ("4 rue Oberkampf",))
DEBTOR = pain008.Party(
    "Hélène Dubois\n-Lefèvre",
    "FR",
    "Nancy",
    "54000",
    ("12 bis, rue de l\u2019Étang", "Bât. C", "3e"),
)
DEBIT = pain008.Debit(
    end_to_end_id="PRLV-2026-1-00001",
    amount=Decimal("49.90"),
    mandate_reference="RUM-C000042-01",
    signature_date=date(2025, 3, 14),
    debtor=DEBTOR,
    iban="FR7610278060390002020202006",
    bic="CMCIFR2AXXX",
    remittance="Atelier Numérique INV/2026/00117",
)
SECOND = replace(
    DEBIT,
    end_to_end_id="PRLV-2026-1-00002",
    amount=Decimal("1200"),
    mandate_reference="RUM-C000043-01",
    debtor=pain008.Party("Régie"),
    bic="",
    remittance="",
)
EXPECTED = """\
<?xml version='1.0' encoding='UTF-8'?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"><CstmrDrctDbtInitn>
<GrpHdr>
  <MsgId>PRLV-2026-1</MsgId>
  <CreDtTm>2026-11-23T09:15:00</CreDtTm>
  <NbOfTxs>2</NbOfTxs>
  <CtrlSum>1249.90</CtrlSum>
  <InitgPty>
    <Nm>Atelier Numerique</Nm>
  </InitgPty>
</GrpHdr>
<PmtInf><PmtInfId>PRLV-2026-1-1</PmtInfId>
<PmtMtd>DD</PmtMtd>
<BtchBookg>true</BtchBookg>
<NbOfTxs>2</NbOfTxs>
<CtrlSum>1249.90</CtrlSum>
<PmtTpInf>
  <SvcLvl>
    <Cd>SEPA</Cd>
  </SvcLvl>
  <LclInstrm>
    <Cd>CORE</Cd>
  </LclInstrm>
  <SeqTp>RCUR</SeqTp>
</PmtTpInf>
<ReqdColltnDt>2026-11-27</ReqdColltnDt>
<Cdtr>
  <Nm>Atelier Numerique + Cie</Nm>
  <PstlAdr>
    <PstCd>75011</PstCd>
    <TwnNm>Paris</TwnNm>
    <Ctry>FR</Ctry>
    <AdrLine>4 rue Oberkampf</AdrLine>
  </PstlAdr>
</Cdtr>
<CdtrAcct>
  <Id>
    <IBAN>FR7630004008230000123456778</IBAN>
  </Id>
</CdtrAcct>
<CdtrAgt>
  <FinInstnId>
    <BICFI>BNPAFRPP</BICFI>
  </FinInstnId>
</CdtrAgt>
<ChrgBr>SLEV</ChrgBr>
<CdtrSchmeId>
  <Id>
    <PrvtId>
      <Othr>
        <Id>FR72ZZZ123456</Id>
        <SchmeNm>
          <Prtry>SEPA</Prtry>
        </SchmeNm>
      </Othr>
    </PrvtId>
  </Id>
</CdtrSchmeId>
<DrctDbtTxInf>
  <PmtId>
    <EndToEndId>PRLV-2026-1-00001</EndToEndId>
  </PmtId>
  <InstdAmt Ccy="EUR">49.90</InstdAmt>
  <DrctDbtTx>
    <MndtRltdInf>
      <MndtId>RUM-C000042-01</MndtId>
      <DtOfSgntr>2025-03-14</DtOfSgntr>
    </MndtRltdInf>
  </DrctDbtTx>
  <DbtrAgt>
    <FinInstnId>
      <Othr>
        <Id>NOTPROVIDED</Id>
      </Othr>
    </FinInstnId>
  </DbtrAgt>
  <Dbtr>
    <Nm>Helene Dubois -Lefevre</Nm>
    <PstlAdr>
      <PstCd>54000</PstCd>
      <TwnNm>Nancy</TwnNm>
      <Ctry>FR</Ctry>
      <AdrLine>12 bis, rue de l'Etang</AdrLine>
      <AdrLine>Bat. C</AdrLine>
    </PstlAdr>
  </Dbtr>
  <DbtrAcct>
    <Id>
      <IBAN>FR7610278060390002020202006</IBAN>
    </Id>
  </DbtrAcct>
  <RmtInf>
    <Ustrd>Atelier Numerique INV/2026/00117</Ustrd>
  </RmtInf>
</DrctDbtTxInf>
<DrctDbtTxInf>
  <PmtId>
    <EndToEndId>PRLV-2026-1-00002</EndToEndId>
  </PmtId>
  <InstdAmt Ccy="EUR">1200.00</InstdAmt>
  <DrctDbtTx>
    <MndtRltdInf>
      <MndtId>RUM-C000043-01</MndtId>
      <DtOfSgntr>2025-03-14</DtOfSgntr>
    </MndtRltdInf>
  </DrctDbtTx>
  <DbtrAgt>
    <FinInstnId>
      <Othr>
        <Id>NOTPROVIDED</Id>
      </Othr>
    </FinInstnId>
  </DbtrAgt>
  <Dbtr>
    <Nm>Regie</Nm>
  </Dbtr>
  <DbtrAcct>
    <Id>
      <IBAN>FR7610278060390002020202006</IBAN>
    </Id>
  </DbtrAcct>
</DrctDbtTxInf>
</PmtInf>
</CstmrDrctDbtInitn></Document>"""


def make_block(*debits, **changes):
    values = {
        "block_id": "PRLV-2026-1-1",
        "scheme": "CORE",
        "sequence": "RCUR",
        "date": date(2026, 11, 27),
        "creditor": CREDITOR,
        "iban": FRENCH,
        "bic": "BNPAFRPP",
        "ics": "FR72ZZZ123456",
        "count": len(debits),
        "total": sum((debit.amount for debit in debits), Decimal()),
        "debits": debits,
    }
    return pain008.Block(**values | changes)


def make_message(*blocks, **changes):
    values = {
        "message_id": "PRLV-2026-1",
        "created": datetime(2026, 11, 23, 9, 15),
        "initiator": "Atelier Numérique",
        "count": sum(block.count for block in blocks),
        "total": sum((block.total for block in blocks), Decimal()),
        "blocks": blocks,
    }
    return pain008.Message(**values | changes)


def texts_of(xml, tag):
    return [element.text for element in etree.fromstring(xml).iter(f"{{*}}{tag}")]


def write_one(debit=DEBIT, version="08", **block):
    return pain008.write(make_message(make_block(debit, **block), version=version))
