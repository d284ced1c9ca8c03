from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import pain008
from odoo.addons.recurring_billing.tools.pain008_checks import faults, schema_faults

from .common_pain008 import CREDITOR, DEBIT, DEBTOR, EXPECTED, SECOND, SWISS, make_block, make_message

FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


class TestPain008Checks(BaseCase):
    def assertDebitFaults(self, expected, **changes):
        debit = replace(DEBIT, **changes)
        with self.subTest(changes=changes):
            found = faults(make_message(make_block(debit)))
            self.assertEqual(found, [(code, debit.end_to_end_id) for code in expected])

    def test_a_debit_must_carry_an_amount_that_banks_take(self):
        for amount in ("0.01", "999999999.99", "10", "10.000", "1E+2"):
            self.assertDebitFaults([], amount=Decimal(amount))
        for amount in ("0", "0.00", "-1", "0.009", "10.001", "1000000000"):
            self.assertDebitFaults(["amount"], amount=Decimal(amount))
        for amount in ("NaN", "Infinity"):
            debit = replace(DEBIT, amount=Decimal(amount))
            found = faults(make_message(make_block(debit)))
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
        found = faults(make_message(make_block(debit, iban=SWISS)))
        self.assertEqual(found, [("address_needed", debit.end_to_end_id)])

    def test_a_bank_outside_the_eea_must_be_named(self):
        self.assertDebitFaults(["bic_needed"], iban=SWISS, bic="")
        self.assertDebitFaults([], bic="")
        found = faults(make_message(make_block(replace(DEBIT, bic=""), iban=SWISS)))
        self.assertEqual(found, [])

    def test_an_account_must_lie_in_sepa_on_the_day_of_the_debit(self):
        serbian = replace(DEBIT, iban="RS35260005601001611379")
        for created, day, expected in (
            (datetime(2026, 4, 1), date(2026, 4, 30), ["iban"]),
            (datetime(2026, 4, 1), date(2026, 5, 4), []),
        ):
            with self.subTest(day=day):
                found = faults(make_message(make_block(serbian, date=day), created=created))
                self.assertEqual(found, [(code, serbian.end_to_end_id) for code in expected])
                block = make_block(DEBIT, iban=serbian.iban, date=day)
                self.assertEqual(faults(make_message(block, created=created)), [(code, "") for code in expected])

    def test_version_02_knows_fewer_bank_identifiers(self):
        debit = replace(DEBIT, bic="B2PAFRPP")
        self.assertEqual(faults(make_message(make_block(debit))), [])
        found = faults(make_message(make_block(debit), version="02"))
        self.assertEqual(found, [("bic", debit.end_to_end_id)])

    def test_an_ultimate_debtor_has_a_readable_name(self):
        self.assertDebitFaults([], ultimate_debtor="R\u00e9gie")
        for name in (" ", "\u682a\u5f0f\u4f1a\u793e"):
            self.assertDebitFaults(["ultimate_debtor"], ultimate_debtor=name)

    def test_an_amendment_names_what_changed_and_nothing_else(self):
        cases = (
            ({"is_new_account": True}, []),
            ({"original_reference": "RUM-0", "original_ics": "FR19ZZZ654321", "original_creditor_name": "Old"}, []),
            ({}, ["amendment_empty"]),
            ({"original_reference": "RUM/"}, ["amendment_reference"]),
            ({"original_reference": DEBIT.mandate_reference}, ["amendment_reference"]),
            ({"original_ics": "FR18ZZZ654321"}, ["amendment_ics"]),
            ({"original_ics": "fr19 ZZZ 654321"}, ["amendment_ics"]),
            ({"original_ics": "FR72ZZZ123456"}, ["amendment_ics"]),
            ({"original_creditor_name": CREDITOR.name}, ["amendment_name"]),
            ({"original_creditor_name": "\u6771"}, ["amendment_name"]),
        )
        for values, expected in cases:
            self.assertDebitFaults(expected, amendment=pain008.Amendment(**values))

    def test_the_day_must_be_open_and_leave_the_bank_a_day(self):
        cases = (
            (date(2026, 11, 24), []),
            (date(2026, 11, 23), ["too_late"]),
            (date(2026, 11, 20), ["too_late"]),
            (date(2026, 11, 28), ["closed_day"]),
            (date(2027, 3, 26), ["closed_day"]),
        )
        for day, expected in cases:
            with self.subTest(day=day):
                found = faults(make_message(make_block(DEBIT, date=day)))
                self.assertEqual(found, [(code, "") for code in expected])
        saturday = datetime(2026, 11, 28)
        found = faults(make_message(make_block(DEBIT, date=MONDAY), created=saturday))
        self.assertEqual(found, [("too_late", "")])

    def assertMandateFaults(self, expected, first, second, **changes):
        """Faults of two blocks, each (sequence, day), that use the same mandate."""
        debits = DEBIT, replace(SECOND, mandate_reference="rum-c000042 -01", **changes)
        blocks = [
            make_block(debit, block_id=str(number), sequence=sequence, date=day)
            for number, (debit, (sequence, day)) in enumerate(zip(debits, (first, second), strict=True))
        ]
        with self.subTest(first=first, second=second, changes=changes):
            found = faults(make_message(*blocks))
            self.assertEqual(found, [(code, SECOND.end_to_end_id) for code in expected])

    def test_a_mandate_is_used_as_its_sequence_allows(self):
        rcur = ("RCUR", FRIDAY)
        self.assertMandateFaults([], rcur, ("RCUR", MONDAY))
        self.assertMandateFaults([], rcur, ("FNAL", MONDAY))
        self.assertMandateFaults([], rcur, ("FNAL", FRIDAY))
        self.assertMandateFaults([], ("FRST", FRIDAY), ("RCUR", MONDAY))
        self.assertMandateFaults(["after_final"], ("FNAL", FRIDAY), ("RCUR", MONDAY))
        self.assertMandateFaults(["after_final"], ("RCUR", MONDAY), ("FNAL", FRIDAY))
        self.assertMandateFaults(["after_final"], ("FNAL", FRIDAY), ("FNAL", MONDAY))
        self.assertMandateFaults(["one_off_again"], ("OOFF", FRIDAY), ("OOFF", MONDAY))
        self.assertMandateFaults(["one_off_again"], ("OOFF", FRIDAY), rcur)
        self.assertMandateFaults(["one_off_again"], rcur, ("OOFF", FRIDAY))
        self.assertMandateFaults(["signature_differs"], rcur, ("RCUR", MONDAY), signature_date=date(2025, 3, 15))

    def test_a_final_debit_is_remembered_over_those_before_it(self):
        debits = [replace(DEBIT, end_to_end_id=str(number)) for number in range(3)]
        uses = (("FNAL", FRIDAY), ("RCUR", FRIDAY), ("RCUR", MONDAY))
        blocks = [
            make_block(debit, block_id=str(number), sequence=sequence, date=day)
            for number, (debit, (sequence, day)) in enumerate(zip(debits, uses, strict=True))
        ]
        self.assertEqual(faults(make_message(*blocks)), [("after_final", "2")])

    def test_debits_that_belong_together_stand_in_one_block(self):
        first = make_block(DEBIT)
        for changes, expected in (
            ({}, [("block_split", "")]),
            ({"ics": "FR19ZZZ654321"}, []),
            ({"date": MONDAY}, []),
            ({"sequence": "FRST"}, []),
            ({"iban": "FR1420041010050500013M02606"}, []),
        ):
            with self.subTest(changes=changes):
                second = make_block(SECOND, block_id="2", **changes)
                self.assertEqual(faults(make_message(first, second)), expected)

    def test_debits_are_read_one_after_the_other(self):
        class Rows:
            def __iter__(self):
                return iter((DEBIT, SECOND))

        block = replace(make_block(DEBIT, SECOND), debits=Rows())
        self.assertEqual(faults(make_message(block)), [])

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
                found = faults(make_message(make_block(DEBIT, **changes)))
                self.assertEqual(found, [(code, "")])

    def test_a_message_is_checked_too(self):
        good = make_block(DEBIT)
        other = make_block(SECOND, block_id="2", date=MONDAY)
        cases = (
            (make_message(), ["no_debit"]),
            (make_message(good, make_block(block_id="2", date=MONDAY)), ["no_debit"]),
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
                self.assertEqual(faults(message), [(code, "") for code in codes])

    def test_an_end_to_end_id_is_used_once_in_all_blocks(self):
        blocks = (make_block(DEBIT), make_block(DEBIT, block_id="2", date=MONDAY))
        found = faults(make_message(*blocks))
        self.assertEqual(found, [("duplicate_identifier", DEBIT.end_to_end_id)])

    def test_the_same_fault_is_named_once(self):
        block = make_block(DEBIT, bic="X", iban="")
        found = faults(make_message(block, replace(block, block_id="2", debits=[SECOND])))
        self.assertEqual(len(found), len(set(found)))
        self.assertIn(("bic", ""), found)


class TestPain008Schema(BaseCase):
    def test_the_schema_names_what_it_refuses_and_where(self):
        xml = EXPECTED.replace("<PmtMtd>DD</PmtMtd>", "<PmtMtd>XX</PmtMtd>").encode("utf-8")
        found = schema_faults(xml)
        self.assertTrue(found)
        self.assertTrue(all(text.startswith("13: ") and "PmtMtd" in text for text in found))

    def test_what_is_no_xml_is_refused(self):
        for xml in (b"", b"<Document>", EXPECTED[:-5].encode("utf-8")):
            with self.subTest(xml=xml[:20]):
                self.assertEqual(len(schema_faults(xml)), 1)

    def test_a_file_that_ends_too_early_is_refused_wherever_it_ends(self):
        xml = EXPECTED.encode("utf-8")
        for end in range(0, len(xml), 37):
            with self.subTest(end=xml[end - 10 : end]):
                self.assertTrue(schema_faults(xml[:end]))

    def test_a_file_object_is_read_from_where_it_stands(self):
        right, wrong = EXPECTED.encode("utf-8"), EXPECTED.replace(">DD<", ">XX<").encode("utf-8")
        for content in (right, wrong):
            source = BytesIO(b"before" + content)
            source.seek(6)
            self.assertEqual(schema_faults(source), schema_faults(content))

    def test_a_wrong_debit_among_many_is_found(self):
        debits = [replace(DEBIT, end_to_end_id=str(number)) for number in range(2000)]
        xml = pain008.write(make_message(make_block(*debits)))
        self.assertEqual(schema_faults(xml), [])
        line = 1 + xml[: xml.index(b">1234<")].count(b"\n")
        self.assertTrue(schema_faults(xml.replace(b">1234<", b"><"))[0].startswith(f"{line}: "))

    def test_another_message_is_refused(self):
        for version, change in (("03", "pain.008.001.03"), ("other", "pain.001.001.08")):
            with self.subTest(version=version):
                self.assertTrue(schema_faults(EXPECTED.replace("pain.008.001.08", change).encode("utf-8")))

    def test_each_version_has_its_schema(self):
        xml = EXPECTED.replace("pain.008.001.08", "pain.008.001.02")
        self.assertTrue(any("BICFI" in text for text in schema_faults(xml.encode("utf-8"))))
        self.assertEqual(schema_faults(xml.replace("BICFI", "BIC").encode("utf-8")), [])
