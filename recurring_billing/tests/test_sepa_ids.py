from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import sepa_ids

LAW = settings(max_examples=100, deadline=None, database=None)
FRENCH_IBAN = "FR7630004008230000123456778"


class TestSepaIds(BaseCase):
    def test_sepa_has_42_prefixes_of_which_30_are_in_the_eea(self):
        self.assertEqual(len(sepa_ids.SEPA_PREFIXES), 42)
        self.assertEqual(len(sepa_ids.EEA_PREFIXES), 30)
        self.assertLess(sepa_ids.EEA_PREFIXES, sepa_ids.SEPA_PREFIXES)

    def test_a_country_belongs_to_sepa_from_its_day_on(self):
        cases = (
            (date(2025, 10, 4), "AL MD ME MK RS"),
            (date(2025, 10, 5), "RS"),
            (date(2026, 4, 30), "RS"),
            (date(2026, 5, 1), ""),
        )
        for day, missing in cases:
            with self.subTest(day=day):
                self.assertEqual(sepa_ids.SEPA_PREFIXES - sepa_ids.sepa_prefixes(day), set(missing.split()))
        serbian = "RS35260005601001611379"
        self.assertEqual(sepa_ids.iban_fault(serbian, date(2026, 4, 30)), "not_sepa")
        self.assertIsNone(sepa_ids.iban_fault(serbian, date(2026, 5, 1)))

    def test_a_bank_is_named_only_outside_the_eea(self):
        cases = {FRENCH_IBAN: False, "li21": False, "CH93": True, "MC58": True, "RS35": True}
        for iban, expected in cases.items():
            with self.subTest(iban=iban):
                self.assertIs(sepa_ids.bic_needed(iban), expected)

    def test_an_iban_is_accepted_in_any_common_writing(self):
        for value in (
            FRENCH_IBAN,
            "fr76 3000 4008 2300 0012 3456 778",
            " FR76\u00a030004008230000123456778\n",
            "FR1420041010050500013M02606",
            "DE89370400440532013000",
            "GB82WEST12345698765432",
            "CH9300762011623852957",
            "RS35260005601001611379",
        ):
            with self.subTest(value=value):
                self.assertIsNone(sepa_ids.iban_fault(value))

    def test_an_iban_is_refused_with_the_reason(self):
        cases = {
            None: "missing",
            "": "missing",
            " \u00a0": "missing",
            "BR1500000000000010932840814P2": "not_sepa",
            "12345678901": "not_sepa",
            "FR": "structure",
            FRENCH_IBAN[:-1]: "structure",
            FRENCH_IBAN + "0": "structure",
            "FR76-3000-4008-2300-0012-3456-778": "structure",
            "FR76३0004008230000123456778": "structure",
            "DE8937040044053201300X": "structure",
            "FR7630004008230000123456779": "checksum",
            "FR7730004008230000123456778": "checksum",
            "FR\u0667\u066630004008230000123456778": "checksum",
            "DE01370400444396477027": "checksum",
            "DE99370400445102589964": "checksum",
            "DE00370400449473674616": "checksum",
            "DE0A370400447093537819": "structure",
            "FR4930004008230000123456779": "national_key",
            "BE41539007547035": "national_key",
        }
        for value, fault in cases.items():
            with self.subTest(value=value):
                self.assertEqual(sepa_ids.iban_fault(value), fault)

    def test_a_number_is_compacted_but_not_repaired(self):
        cases = {
            " fr76 3000\t4008\u00a02300": "FR76300040082300",
            "FR76-3000": "FR76-3000",
            "f\u0131": "f\u0131",
            None: "",
        }
        for value, expected in cases.items():
            with self.subTest(value=value):
                self.assertEqual(sepa_ids.compact(value), expected)

    def test_a_masked_iban_shows_country_check_digits_and_the_end(self):
        cases = {
            FRENCH_IBAN: "FR76 •••• •••• 6778",
            "no93 8601 1117 947": "NO93 •••• •••• 7947",
            "12345678901": "••••",
            "": "••••",
            None: "••••",
        }
        for value, expected in cases.items():
            with self.subTest(value=value):
                self.assertEqual(sepa_ids.mask_iban(value), expected)

    def test_the_eea_ends_where_the_addresses_are_needed(self):
        cases = {
            FRENCH_IBAN: True,
            "no93 8601": True,
            "LI21": True,
            "CH93": False,
            "MC58": False,
            "GB82": False,
            "AD12": False,
        }
        for iban, expected in cases.items():
            with self.subTest(iban=iban):
                self.assertIs(sepa_ids.is_eea(iban), expected)

    def test_a_creditor_identifier_is_checked_with_its_country(self):
        cases = {
            "FR72ZZZ123456": None,
            "fr19 zzz 654321": None,
            "FR44ZZZ8A2B3C": None,
            "FR72ABC123456": None,
            "DE98ZZZ09999999999": None,
            "ES23ZZZ47690558N": None,
            None: "missing",
            " ": "missing",
            "XX86ZZZ123456": "country",
            "123": "country",
            "FR82ZZZ1234567890123": "length",
            "DE98ZZZ0999999999": "length",
            "FR72ZZZ": "length",
            "ES23ZZZ": "length",
            "ES23ZZZ" + "1" * 29: "length",
            "FR73ZZZ123456": "checksum",
            "FR72ZZZ12345#": "checksum",
            "ES23-ZZZ47690558N": "checksum",
            "ES23ZZZ47690558\u00d1": "checksum",
            'ES23ZZZ"47690558N': "checksum",
        }
        for value, fault in cases.items():
            with self.subTest(value=value):
                self.assertEqual(sepa_ids.ics_fault(value), fault)

    def test_a_mandate_reference_is_accepted_or_refused_as_it_stands(self):
        cases = {
            "RUM-C000042-01": None,
            "rum 42": None,
            "x" * 35: None,
            None: "missing",
            "  ": "missing",
            "x" * 36: "too_long",
            "RUM_1": "characters",
            "RUM/": "characters",
            "RUM//1": "characters",
            " RUM": "characters",
            "RÜM": "characters",
        }
        for value, fault in cases.items():
            with self.subTest(value=value):
                self.assertEqual(sepa_ids.mandate_reference_fault(value), fault)

    def test_a_mandate_is_known_by_identifier_and_reference_without_case_blanks_business_code(self):
        key = sepa_ids.mandate_key("FR72ZZZ123456", "RUM-1")
        same = (("fr72 zzz 123456", "rum - 1"), ("FR72001123456", "RUM-1"))
        other = (("FR72ZZZ123456", "RUM-2"), ("FR19ZZZ654321", "RUM-1"), ("FR72ZZZ12345", "6RUM-1"))
        for ics, reference in same:
            with self.subTest(ics=ics, reference=reference):
                self.assertEqual(sepa_ids.mandate_key(ics, reference), key)
        for ics, reference in other:
            with self.subTest(ics=ics, reference=reference):
                self.assertNotEqual(sepa_ids.mandate_key(ics, reference), key)

    @LAW
    @given(st.sampled_from(sorted(sepa_ids.SEPA_PREFIXES)), st.randoms(use_true_random=False))
    def test_an_iban_of_each_sepa_country_is_accepted(self, country, random):
        iban = str(IBAN.random(country, random=random))
        self.assertIsNone(sepa_ids.iban_fault(iban))

    @LAW
    @given(st.integers(4, 26), st.integers(1, 9))
    def test_one_mistyped_digit_is_always_found(self, position, step):
        digit = (int(FRENCH_IBAN[position]) + step) % 10
        mistyped = f"{FRENCH_IBAN[:position]}{digit}{FRENCH_IBAN[position + 1 :]}"
        self.assertEqual(sepa_ids.iban_fault(mistyped), "checksum")

    @LAW
    @given(
        st.sampled_from(["FR", "FR", "MC", *sorted(sepa_ids.SEPA_PREFIXES)]),
        st.randoms(use_true_random=False),
        st.integers(2, 33),
        st.sampled_from(["", "0", "7", "A", "\u0663"]),
        st.integers(-1, 1),
    )
    def test_an_iban_is_judged_as_schwifty_judges_it(self, country, random, position, sign, alias):
        """Also where a sign differs, and where check digits are another number of the same remainder."""
        iban = str(IBAN.random(country, random=random, use_registry=False))
        if sign and position < len(iban):
            iban = iban[:position] + sign + iban[position + 1 :]
        elif iban[2:4].isdigit() and 0 <= (check := int(iban[2:4]) + 97 * alias) <= 99:
            iban = f"{country}{check:02d}{iban[4:]}"
        self.assertEqual(sepa_ids.iban_fault(iban) is None, self.is_right_for_schwifty(iban))

    @LAW
    @given(st.from_regex("[0-9]{10}[0-9A-Z]{11}", fullmatch=True), st.integers(0, 99))
    @example("0" * 21, 0)
    @example("0" * 21, 97)
    def test_the_french_key_is_judged_as_schwifty_judges_it(self, account, key):
        for bban in (f"{account}{key:02d}", f"{account}{self.french_key(account):02d}"):
            iban = str(IBAN.from_bban("FR", bban))
            self.assertEqual(sepa_ids.iban_fault(iban) is None, self.is_right_for_schwifty(iban))

    def french_key(self, account):
        digits = account.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789"))
        return 97 - int(f"{digits}00") % 97

    def is_right_for_schwifty(self, iban):
        try:
            return IBAN(iban, validate_bban=iban[:2] in {"BE", "ES", "FR", "IT", "MC", "PT"}).is_valid
        except SchwiftyException:
            return False
