from dataclasses import replace
from decimal import Decimal

from lxml import etree

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import pain008
from odoo.addons.recurring_billing.tools.pain008_checks import faults, schema_faults

from .common_pain008 import (
    DEBIT,
    DEBTOR,
    EXPECTED,
    SECOND,
    SWISS,
    make_block,
    make_message,
    texts_of,
    write_one,
)


def unindented(text):
    return "".join(line.strip() for line in text.splitlines())


class TestPain008Write(BaseCase):
    def test_a_message_is_written_in_the_form_of_the_epc_guidelines(self):
        message = make_message(make_block(DEBIT, SECOND))
        self.assertEqual(faults(message), [])
        written = pain008.write(message).decode("utf-8")
        self.assertEqual(unindented(written), unindented(EXPECTED))
        self.assertEqual(schema_faults(written.encode("utf-8")), [])

    def test_each_debit_stands_on_a_line_of_its_own(self):
        lines = pain008.write(make_message(make_block(DEBIT, SECOND))).splitlines()
        self.assertEqual([line[:14] for line in lines].count(b"<DrctDbtTxInf>"), 2)
        self.assertTrue(all(line.endswith(b"</DrctDbtTxInf>") for line in lines if line.startswith(b"<DrctDbtTxInf>")))

    def test_each_block_carries_its_own_debits(self):
        blocks = (
            make_block(DEBIT),
            make_block(SECOND, block_id="PRLV-2026-1-2", ics="FR19ZZZ654321", scheme="CORE"),
        )
        xml = pain008.write(make_message(*blocks))
        self.assertEqual(texts_of(xml, "PmtInfId"), ["PRLV-2026-1-1", "PRLV-2026-1-2"])
        self.assertEqual(texts_of(xml, "CtrlSum"), ["1249.90", "49.90", "1200.00"])
        self.assertEqual(texts_of(xml, "NbOfTxs"), ["2", "1", "1"])
        self.assertEqual(schema_faults(xml), [])

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
                self.assertEqual(schema_faults(xml), [])

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
        debit = replace(DEBIT, end_to_end_id="inv/2026 (1)", mandate_reference="rum 1")
        xml = write_one(debit)
        self.assertEqual(texts_of(xml, "EndToEndId"), ["inv/2026 (1)"])
        self.assertEqual(texts_of(xml, "MndtId"), ["rum 1"])

    def test_what_no_bank_accepts_in_an_identifier_is_never_written(self):
        changes = (
            {"end_to_end_id": "inv & 1"},
            {"mandate_reference": "R\u00fcm"},
            {"iban": "<IBAN>"},
            {"amendment": pain008.Amendment(original_reference="A_B")},
            {"iban": SWISS, "bic": "UBSW\n"},
        )
        for change in changes:
            with self.subTest(change=change), self.assertRaises(ValueError):
                write_one(replace(DEBIT, **change))

    def test_parts_of_a_cent_are_never_written(self):
        with self.assertRaises(ValueError):
            pain008.write(make_message(make_block(replace(DEBIT, amount=Decimal("0.015")))))

    def test_an_unknown_choice_is_a_mistake_of_the_program(self):
        for changes in ({"scheme": "COR1"}, {"sequence": "RPRE"}, {"with_addresses": "never"}):
            with self.subTest(changes=changes), self.assertRaises(ValueError):
                make_block(DEBIT, **changes)
        with self.assertRaises(ValueError):
            make_message(make_block(DEBIT), version="09")

    def test_an_amendment_carries_each_old_value_in_the_order_of_the_schema(self):
        cases = (
            (
                pain008.Amendment("RUM-0", "FR19ZZZ654321", "Atelier & Fils", True),
                "RUM-0|Atelier + Fils|FR19ZZZ654321|SEPA|SMNDA",
            ),
            (pain008.Amendment(is_new_account=True), "SMNDA"),
            (pain008.Amendment(original_ics="FR19ZZZ654321"), "FR19ZZZ654321|SEPA"),
            (pain008.Amendment(original_creditor_name="Atelier & Fils"), "Atelier + Fils"),
        )
        for amendment, expected in cases:
            for version in pain008.VERSIONS:
                with self.subTest(amendment=amendment, version=version):
                    xml = write_one(replace(DEBIT, amendment=amendment), version)
                    details = etree.fromstring(xml).find(".//{*}AmdmntInfDtls")
                    self.assertEqual("|".join(details.itertext()), expected)
                    self.assertEqual(texts_of(xml, "AmdmntInd"), ["true"])
                    self.assertEqual(schema_faults(xml), [])
        self.assertEqual(texts_of(write_one(), "AmdmntInd"), [])

    def test_the_ultimate_debtor_is_named_behind_the_account(self):
        xml = write_one(replace(DEBIT, ultimate_debtor="R\u00e9gie & Cie"))
        ultimate = etree.fromstring(xml).find(".//{*}UltmtDbtr")
        self.assertEqual("".join(ultimate.itertext()), "Regie + Cie")
        self.assertTrue(ultimate.getprevious().tag.endswith("DbtrAcct"))
        self.assertEqual(schema_faults(xml), [])
        self.assertEqual(texts_of(write_one(), "UltmtDbtr"), [])

    def test_the_booking_of_the_block_is_asked_for_or_left_to_the_bank(self):
        for choice, expected in ((True, ["true"]), (False, ["false"]), (None, [])):
            with self.subTest(choice=choice):
                xml = write_one(is_batch_booked=choice)
                self.assertEqual(texts_of(xml, "BtchBookg"), expected)
                self.assertEqual(schema_faults(xml), [])

    def test_schemes_and_sequences_are_written_in_both_versions(self):
        for version in pain008.VERSIONS:
            for scheme in pain008.SCHEMES:
                for sequence in pain008.SEQUENCES:
                    with self.subTest(version=version, scheme=scheme, sequence=sequence):
                        xml = write_one(version=version, scheme=scheme, sequence=sequence)
                        self.assertEqual(texts_of(xml, "SeqTp"), [sequence])
                        self.assertIn(f"<LclInstrm><Cd>{scheme}</Cd></LclInstrm>".encode(), xml)
                        self.assertEqual(schema_faults(xml), [])
                        self.assertIn(f"pain.008.001.{version}\"".encode(), xml)

    def test_a_bank_is_named_where_the_account_does_not_say_it(self):
        swiss = replace(DEBIT, iban=SWISS, bic="UBSWCHZH80A")
        self.assertEqual(texts_of(write_one(swiss), "BICFI"), ["BNPAFRPP", "UBSWCHZH80A"])
        self.assertEqual(texts_of(write_one(swiss, "02"), "BIC"), ["BNPAFRPP", "UBSWCHZH80A"])
        self.assertEqual(schema_faults(write_one(swiss, "02")), [])
        self.assertEqual(texts_of(write_one(), "BICFI"), ["BNPAFRPP"])
        self.assertEqual(texts_of(write_one(iban=SWISS), "BICFI"), ["BNPAFRPP", DEBIT.bic])


class TestPain008Address(BaseCase):
    def addressOf(self, xml, party="Dbtr"):
        address = etree.fromstring(xml).find(f".//{{*}}{party}/{{*}}PstlAdr")
        return None if address is None else [(etree.QName(part).localname, part.text) for part in address]

    def test_parts_that_are_kept_apart_are_written_apart(self):
        debtor = replace(DEBTOR, street="rue de l'\u00c9tang", building="12 bis", lines=("B\u00e2t. C",))
        self.assertEqual(
            self.addressOf(write_one(replace(DEBIT, debtor=debtor))),
            [
                ("StrtNm", "rue de l'Etang"),
                ("BldgNb", "12 bis"),
                ("PstCd", "54000"),
                ("TwnNm", "Nancy"),
                ("Ctry", "FR"),
                ("AdrLine", "Bat. C"),
            ],
        )

    def test_version_02_has_no_free_lines_beside_town_and_country(self):
        expected = [("PstCd", "54000"), ("TwnNm", "Nancy"), ("Ctry", "FR")]
        self.assertEqual(self.addressOf(write_one(version="02")), expected)
        debtor = replace(DEBTOR, street="rue X", building="1")
        address = self.addressOf(write_one(replace(DEBIT, debtor=debtor), version="02"))
        self.assertEqual(address, [("StrtNm", "rue X"), ("BldgNb", "1"), *expected])

    def test_a_line_does_not_repeat_what_has_a_tag(self):
        cases = (
            ("18 quai A, 54000 Nancy", ["18 quai A"]),
            ("18 quai A - 54000 NANCY", ["18 quai A"]),
            ("18 quai A, 54000 Nancy Cedex, France", ["18 quai A"]),
            ("54000 Nancy", []),
            ("Nancy", []),
            ("54000", []),
            ("FR", []),
            ("4 rue de Nancy", ["4 rue de Nancy"]),
            ("\u6771\u4eac", []),
        )
        for line, expected in cases:
            with self.subTest(line=line):
                debit = replace(DEBIT, debtor=replace(DEBTOR, lines=(line,)))
                written = [text for tag, text in self.addressOf(write_one(debit)) if tag == "AdrLine"]
                self.assertEqual(written, expected)
        debit = replace(DEBIT, debtor=replace(DEBTOR, postcode="", lines=("4 rue de Nancy",)))
        self.assertIn(("AdrLine", "4 rue de Nancy"), self.addressOf(write_one(debit)))

    def test_addresses_inside_the_eea_can_be_left_out(self):
        inside = write_one(with_addresses="outside_eea")
        self.assertIsNone(self.addressOf(inside))
        self.assertIsNone(self.addressOf(inside, "Cdtr"))
        swiss = replace(DEBIT, iban=SWISS)
        self.assertEqual(self.addressOf(write_one(swiss, with_addresses="outside_eea")), self.addressOf(write_one()))
        from_monaco = write_one(iban=SWISS, with_addresses="outside_eea")
        self.assertIsNotNone(self.addressOf(from_monaco))
        self.assertIsNotNone(self.addressOf(from_monaco, "Cdtr"))
