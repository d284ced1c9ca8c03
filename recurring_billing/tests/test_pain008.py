from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from schwifty import IBAN

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import pain008, pain008_checks
from odoo.addons.recurring_billing.tools.sepa_ids import SEPA_PREFIXES

LAW = settings(max_examples=100, deadline=None, database=None)

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
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"><CstmrDrctDbtInitn><GrpHdr>
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
      <BICFI>CMCIFR2AXXX</BICFI>
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
</PmtInf></CstmrDrctDbtInitn></Document>"""


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


IDENTIFIERS = st.from_regex(
    r"[A-Za-z0-9?:().,'+-]([A-Za-z0-9?:().,'+-]{1,33}[A-Z])?",
    fullmatch=True,
)
AMOUNTS = st.decimals("0.01", "999999999.99", places=2)
IBANS = st.builds(
    lambda country, random: str(IBAN.random(country, random=random, use_registry=False)),
    st.sampled_from(sorted(SEPA_PREFIXES)),
    st.randoms(use_true_random=False),
)
BICS = st.sampled_from(["", "BNPAFRPP", "CMCIFR2AXXX"])
DAYS_BEFORE = st.dates(date(2010, 1, 1), date(2026, 11, 23))


def parties(names, towns):
    return st.builds(
        pain008.Party,
        name=names,
        country=st.sampled_from(["FR", "CH", "GR"]),
        town=towns,
        postcode=st.text(max_size=20),
        lines=st.lists(st.text(max_size=80), max_size=4),
    )


def debits(identifiers, amounts, names, towns, ibans, bics):
    return st.builds(
        pain008.Debit,
        end_to_end_id=identifiers,
        amount=amounts,
        mandate_reference=identifiers,
        signature_date=DAYS_BEFORE,
        debtor=parties(names, towns),
        iban=ibans,
        bic=bics,
        remittance=st.text(max_size=200),
    )


READABLE = st.text(max_size=80).map(lambda text: f"N{text}")
GOOD_DEBITS = debits(IDENTIFIERS, AMOUNTS, READABLE, READABLE, IBANS, BICS)
ANY_TEXT = st.text(max_size=36)
ANY_DEBITS = debits(
    IDENTIFIERS | ANY_TEXT,
    AMOUNTS | st.decimals(allow_nan=False) | st.just(Decimal("NaN")),
    READABLE | ANY_TEXT,
    READABLE | ANY_TEXT,
    IBANS | ANY_TEXT,
    BICS | ANY_TEXT,
)


class TestPain008Write(BaseCase):
    def test_a_message_is_written_in_the_form_of_the_epc_guidelines(self):
        message = make_message(make_block(DEBIT, SECOND))
        self.assertEqual(pain008_checks.faults(message), [])
        self.assertEqual(pain008.write(message).decode("utf-8").splitlines(), EXPECTED.splitlines())
        self.assertEqual(pain008_checks.schema_faults(EXPECTED.encode("utf-8")), [])

    def test_each_block_carries_its_own_debits(self):
        blocks = (
            make_block(DEBIT),
            make_block(SECOND, block_id="PRLV-2026-1-2", ics="FR19ZZZ654321", scheme="CORE"),
        )
        xml = pain008.write(make_message(*blocks))
        self.assertEqual(texts_of(xml, "PmtInfId"), ["PRLV-2026-1-1", "PRLV-2026-1-2"])
        self.assertEqual(texts_of(xml, "CtrlSum"), ["1249.90", "49.90", "1200.00"])
        self.assertEqual(texts_of(xml, "NbOfTxs"), ["2", "1", "1"])
        self.assertEqual(pain008_checks.schema_faults(xml), [])

    def test_an_address_without_town_or_country_is_left_out(self):
        cases = (
            ({"town": ""}, False),
            ({"town": " \u200b"}, False),
            ({"town": "東京"}, False),
            ({"country": ""}, False),
            ({"postcode": "", "lines": ()}, True),
        )
        for changes, is_written in cases:
            with self.subTest(changes=changes):
                debit = replace(DEBIT, debtor=replace(DEBTOR, **changes))
                block = make_block(debit, creditor=pain008.Party("Atelier"))
                xml = pain008.write(make_message(block))
                self.assertEqual(len(texts_of(xml, "PstlAdr")), int(is_written))
                self.assertEqual(pain008_checks.schema_faults(xml), [])

    def test_long_texts_are_cut_to_what_the_scheme_carries(self):
        long = "x" * 200
        debtor = pain008.Party(long, "FR", long, long, ("", long, long, long))
        debit = replace(DEBIT, debtor=debtor, remittance=long)
        xml = pain008.write(make_message(make_block(debit, creditor=replace(debtor, lines=()))))
        for tag, limit in (("PstCd", 16), ("TwnNm", 35), ("AdrLine", 70), ("Ustrd", 140)):
            with self.subTest(tag=tag):
                self.assertEqual(set(texts_of(xml, tag)), {"x" * limit})
        self.assertEqual(texts_of(xml, "Nm")[1:], ["x" * 70] * 2)
        self.assertEqual(len(texts_of(xml, "AdrLine")), 2)

    def test_identifiers_are_written_as_given(self):
        debit = replace(DEBIT, end_to_end_id="inv/2026 & 1", mandate_reference="Rüm_1")
        xml = pain008.write(make_message(make_block(debit)))
        self.assertEqual(texts_of(xml, "EndToEndId"), ["inv/2026 & 1"])
        self.assertEqual(texts_of(xml, "MndtId"), ["Rüm_1"])

    def test_parts_of_a_cent_are_never_written(self):
        with self.assertRaises(ValueError):
            pain008.write(make_message(make_block(replace(DEBIT, amount=Decimal("0.015")))))

    def test_an_unknown_scheme_or_sequence_is_a_mistake_of_the_program(self):
        for changes in ({"scheme": "COR1"}, {"sequence": "RPRE"}):
            with self.subTest(changes=changes), self.assertRaises(ValueError):
                make_block(DEBIT, **changes)

    @LAW
    @given(
        st.lists(GOOD_DEBITS, min_size=1, max_size=2, unique_by=lambda debit: debit.end_to_end_id),
    )
    def test_accepted_debits_give_a_valid_file_and_always_the_same_bytes(self, accepted):
        message = make_message(make_block(*accepted))
        self.assertEqual(pain008_checks.faults(message), [])
        xml = pain008.write(message)
        self.assertEqual(pain008_checks.schema_faults(xml), [])
        streamed = replace(message.blocks[0], debits=(debit for debit in accepted))
        self.assertEqual(pain008.write(replace(message, blocks=[streamed])), xml)
        self.assertEqual(texts_of(xml, "EndToEndId"), [debit.end_to_end_id for debit in accepted])
        self.assertEqual(sum(map(Decimal, texts_of(xml, "InstdAmt"))), message.total)
        self.assertTrue(xml.isascii())

    @LAW
    @given(ANY_DEBITS)
    def test_any_debit_is_refused_or_gives_a_valid_file(self, debit):
        message = make_message(make_block(debit))
        if not pain008_checks.faults(message):
            self.assertEqual(pain008_checks.schema_faults(pain008.write(message)), [])


class TestPain008Faults(BaseCase):
    def assertDebitFaults(self, expected, **changes):
        debit = replace(DEBIT, **changes)
        with self.subTest(changes=changes):
            found = pain008_checks.faults(make_message(make_block(debit)))
            self.assertEqual(found, [(code, debit.end_to_end_id) for code in expected])

    def test_a_debit_must_carry_an_amount_that_banks_take(self):
        for amount in ("0.01", "999999999.99", "10", "10.000", "1E+2"):
            self.assertDebitFaults([], amount=Decimal(amount))
        for amount in ("0", "0.00", "-1", "0.009", "10.001", "1000000000"):
            self.assertDebitFaults(["amount"], amount=Decimal(amount))
        for amount in ("NaN", "Infinity"):
            debit = replace(DEBIT, amount=Decimal(amount))
            found = pain008_checks.faults(make_message(make_block(debit)))
            self.assertIn(("amount", debit.end_to_end_id), found)

    def test_a_debit_must_carry_identifiers_that_banks_take(self):
        for name in ("end_to_end_id", "mandate_reference"):
            for value in ("", "INV/", "INV//1", "x" * 36, "É"):
                self.assertDebitFaults(["identifier"], **{name: value})

    def test_a_mandate_is_not_signed_after_the_file_was_made(self):
        self.assertDebitFaults([], signature_date=date(2026, 11, 23))
        self.assertDebitFaults(["signature_in_future"], signature_date=date(2026, 11, 24))

    def test_a_debtor_needs_a_name_a_sepa_account_and_at_most_a_well_formed_bic(self):
        self.assertDebitFaults(["name_missing"], debtor=replace(DEBTOR, name=" "))
        self.assertDebitFaults(["name_missing"], debtor=replace(DEBTOR, name="株式会社"))
        self.assertDebitFaults(["iban"], iban="FR7610278060390002020202007")
        self.assertDebitFaults(["iban"], iban="FR76 1027 8060 3900 0202 0202 006")
        for bic in ("CMCIFR2", "cmcifr2a", "CMCIFR2A "):
            self.assertDebitFaults(["bic"], bic=bic)

    def test_an_address_is_needed_where_either_bank_is_outside_the_eea(self):
        nowhere = replace(DEBTOR, town="")
        self.assertDebitFaults([], debtor=nowhere)
        self.assertDebitFaults(["address_needed"], debtor=nowhere, iban=SWISS)
        self.assertDebitFaults(["address_needed"], debtor=replace(DEBTOR, country=""), iban=SWISS)
        self.assertDebitFaults([], iban=SWISS)
        debit = replace(DEBIT, debtor=nowhere)
        found = pain008_checks.faults(make_message(make_block(debit, iban=SWISS)))
        self.assertEqual(found, [("address_needed", debit.end_to_end_id)])

    def test_a_block_is_checked_too(self):
        cases = (
            ({"block_id": "/1"}, "identifier"),
            ({"ics": "FR73ZZZ123456"}, "ics"),
            ({"ics": "FR72 ZZZ 123456"}, "ics"),
            ({"iban": ""}, "iban"),
            ({"bic": "X"}, "bic"),
            ({"creditor": replace(CREDITOR, name="")}, "name_missing"),
        )
        for changes, code in cases:
            with self.subTest(changes=changes):
                found = pain008_checks.faults(make_message(make_block(DEBIT, **changes)))
                self.assertEqual(found, [(code, "")])

    def test_a_message_is_checked_too(self):
        good = make_block(DEBIT)
        other = make_block(SECOND, block_id="2")
        cases = (
            (make_message(), ["no_debit"]),
            (make_message(good, make_block(block_id="2")), ["no_debit"]),
            (make_message(good, replace(other, scheme="B2B")), ["scheme"]),
            (make_message(good, replace(other, block_id=good.block_id)), ["duplicate_identifier"]),
            (make_message(good, message_id="a//b"), ["identifier"]),
            (make_message(good, initiator="\n"), ["name_missing"]),
            (make_message(good, count=2), ["count"]),
            (make_message(good, total=Decimal("49.91")), ["total"]),
            (make_message(replace(good, count=2), count=1), ["count"]),
            (make_message(replace(good, total=Decimal(1)), total=good.total), ["total"]),
        )
        for message, codes in cases:
            with self.subTest(codes=codes, message=message):
                self.assertEqual(pain008_checks.faults(message), [(code, "") for code in codes])

    def test_an_end_to_end_id_is_used_once_in_all_blocks(self):
        blocks = (make_block(DEBIT), make_block(DEBIT, block_id="2"))
        found = pain008_checks.faults(make_message(*blocks))
        self.assertEqual(found, [("duplicate_identifier", DEBIT.end_to_end_id)])

    def test_the_same_fault_is_named_once(self):
        block = make_block(DEBIT, bic="X", iban="")
        found = pain008_checks.faults(make_message(block, replace(block, block_id="2", debits=[SECOND])))
        self.assertEqual(len(found), len(set(found)))
        self.assertIn(("bic", ""), found)


class TestPain008Schema(BaseCase):
    def test_the_schema_names_what_it_refuses_and_where(self):
        xml = EXPECTED.replace("<PmtMtd>DD</PmtMtd>", "<PmtMtd>XX</PmtMtd>").encode("utf-8")
        found = pain008_checks.schema_faults(xml)
        self.assertTrue(found)
        self.assertTrue(all(text.startswith("12: ") and "PmtMtd" in text for text in found))

    def test_what_is_no_xml_is_refused(self):
        for xml in (b"", b"<Document>", EXPECTED[:-5].encode("utf-8")):
            with self.subTest(xml=xml[:20]):
                self.assertEqual(len(pain008_checks.schema_faults(xml)), 1)

    def test_another_message_is_refused(self):
        xml = EXPECTED.replace("pain.008.001.08", "pain.008.001.02").encode("utf-8")
        self.assertTrue(pain008_checks.schema_faults(xml))
