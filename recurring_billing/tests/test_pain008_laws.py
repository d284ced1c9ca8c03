# ruff: noqa: RUF001 - names as people write them are made of look-alikes.
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from schwifty import IBAN

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import pain008
from odoo.addons.recurring_billing.tools.pain008_checks import faults, schema_faults
from odoo.addons.recurring_billing.tools.sepa_ids import SEPA_PREFIXES

from .common_pain008 import make_message, texts_of
from .pain008_rules import broken_rules

LAW = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
CREATED = datetime(2026, 11, 23, 9, 15)
OPEN_DAYS = [date(2026, 11, 24), date(2026, 11, 30), date(2026, 12, 28), date(2027, 3, 30)]
CLOSED_DAYS = [date(2026, 11, 20), date(2026, 11, 28), date(2026, 12, 25), date(2027, 1, 1), date(2027, 3, 29)]
ICS = ["FR72ZZZ123456", "FR19ZZZ654321", "DE98ZZZ09999999999", "ES23ZZZ47690558N"]

PEOPLE = [
    "Hélène Dubois-Lefèvre",
    "Dupont & Fils, \"L'Étoile\" n° 3",
    "Κώστας Παπαδόπουλος",
    "Љубиша Ђорђевић",
    "Œuvre\u00a0 des\r\nSœurs",
    "SCI " + "du Grand Chêne " * 9,
    "A" * 140,
    "12 €",
    "O’Neill – <b>Ltd</b>",
    "//Slash//",
]
NAMELESS = ["", " \n", "株式会社", "\u200b", "&&&", "😀"]
TOWNS = ["Nancy", "Saint-Étienne", "Ξάνθη", "Ниш", "Llanfair" * 9, "L'Isle\u2011d'Abeau", "Bâle & Riehen"]
LINES = [
    "12 bis, rue de l’Étang",
    "Bât. C\n3e",
    "54000 Nancy",
    "NANCY",
    "x" * 140,
    "北京",
    "",
    "Άνω 3, 54000 Nancy Cedex",
]
ODD_IDENTIFIERS = ["", "/INV/1", "INV/", "A//B", "RÜM", "A_B", "x" * 36, "A\n", " A"]


def seldom(odd, usual):
    """Mostly ``usual``, so that a message of many parts has a chance to be right."""
    return st.integers(0, 39).flatmap(lambda number: odd if number == 17 else usual)


def accounts(*countries):
    return st.builds(
        lambda country, random: str(IBAN.random(country, random=random, use_registry=False)),
        st.sampled_from(countries),
        st.randoms(use_true_random=False),
    )


WRONG_ACCOUNTS = st.sampled_from(
    ["", "FR7630004008230000123456779", "FR76 3000 4008 2300 0012 3456 778", "BR1500000000000010932840814P2", "RS3526"],
) | st.text(max_size=34)
IDENTIFIERS = st.from_regex(r"[A-Za-z0-9?:().,'+-]([A-Za-z0-9 ?:().,'+-]{0,32}/?[A-Z])?", fullmatch=True)
NAMES = st.sampled_from(PEOPLE) | st.text(max_size=150).map(lambda text: f"N{text}")
BICS = st.sampled_from(["BNPAFRPP", "CMCIFR2AXXX", "UBSWCHZH80A"])


class Parts:
    """Strategies for the parts of a message, which hold something wrong here and there where ``is_odd``."""

    def __init__(self, is_odd):
        self.odd = seldom if is_odd else lambda _odd, usual: usual

    def parties(self, is_address_needed):
        anywhere = st.sampled_from(TOWNS) | st.just("")
        town = st.sampled_from(TOWNS) if is_address_needed else anywhere
        return st.builds(
            pain008.Party,
            name=self.odd(st.sampled_from(NAMELESS), NAMES),
            country=self.odd(st.sampled_from(["", "fr", "FRA", "é1"]), st.sampled_from(["FR", "CH", "GR"])),
            town=self.odd(st.sampled_from(["", "東京", "-"]), town),
            postcode=st.sampled_from(["", "54000", "SW1A 1AA", "１２３", "x" * 20]),
            lines=st.lists(st.sampled_from(LINES) | st.text(max_size=80), max_size=4),
            street=st.sampled_from(["", "", "rue de l’Étang", "東"]),
            building=st.sampled_from(["", "12 bis", "n° 3", "x" * 20]),
        )

    def amendments(self):
        odd = st.builds(
            pain008.Amendment,
            original_reference=st.sampled_from(["", *ODD_IDENTIFIERS]),
            original_ics=st.sampled_from(["", "FR73ZZZ123456", *ICS]),
            original_creditor_name=st.sampled_from(["", *NAMELESS, *PEOPLE]),
        )
        usual = st.builds(
            pain008.Amendment,
            original_reference=st.just("") | IDENTIFIERS.map(lambda text: f"OLD {text}"[:30].rstrip(" /")),
            original_ics=st.sampled_from(["", "FR44ZZZ8A2B3C"]),
            original_creditor_name=st.sampled_from(["", "Older & Co"]),
            is_new_account=st.just(True),
        )
        return st.none() | self.odd(odd, usual)

    @st.composite
    @staticmethod
    def debit(draw, self):
        country = draw(st.sampled_from(["FR"] * 4 + ["CH", "GB", "MC", "RS", "GR", *sorted(SEPA_PREFIXES)]))
        identifiers = self.odd(st.sampled_from(ODD_IDENTIFIERS), IDENTIFIERS)
        amounts = st.decimals("0.01", "999999999.99", places=2)
        wrong_amounts = st.sampled_from(list(map(Decimal, ("0", "-1", "0.001", "1e9", "NaN", "Infinity"))))
        return pain008.Debit(
            end_to_end_id=draw(identifiers),
            amount=draw(self.odd(wrong_amounts, amounts)),
            mandate_reference=draw(identifiers),
            signature_date=draw(self.odd(st.just(date(2026, 11, 24)), st.dates(date(2009, 11, 1), CREATED.date()))),
            debtor=draw(self.parties(is_address_needed=True)),
            iban=draw(self.odd(WRONG_ACCOUNTS, accounts(country))),
            bic=draw(self.odd(st.sampled_from(["", "BNPA", "bnpafrpp", "B2PAFRPP"]), BICS)),
            remittance=draw(st.text(max_size=200) | st.just("FAC 2026/117 – “été”")),
            ultimate_debtor=draw(st.just("") | self.odd(st.sampled_from(NAMELESS), NAMES)),
            amendment=draw(self.amendments()),
        )

    @st.composite
    @staticmethod
    def block(draw, self, number, scheme, cut):
        day, sequence = cut
        debits = draw(st.lists(self.debit(self), min_size=1, max_size=3))
        finite = [debit.amount for debit in debits if debit.amount.is_finite()]
        return pain008.Block(
            block_id=draw(self.odd(st.sampled_from(["", "A/", "A#"]), st.just(f"PRLV-2026-1-{number}"))),
            scheme=draw(self.odd(st.sampled_from(pain008.SCHEMES), st.just(scheme))),
            sequence=sequence,
            date=draw(self.odd(st.sampled_from(CLOSED_DAYS), st.just(day))),
            creditor=draw(self.parties(is_address_needed=False)),
            iban=draw(self.odd(WRONG_ACCOUNTS, accounts("FR", "FR", "MC", "DE"))),
            bic=draw(self.odd(st.just("XX"), st.just("") | BICS)),
            ics=draw(self.odd(st.sampled_from(["", "FR73ZZZ123456", "fr72zzz123456"]), st.sampled_from(ICS))),
            count=len(debits) + draw(self.odd(st.just(1), st.just(0))),
            total=sum(finite, Decimal()) + draw(self.odd(st.just(Decimal("0.01")), st.just(0))),
            debits=debits,
            is_batch_booked=draw(st.sampled_from([True, False, None])),
            with_addresses=draw(st.sampled_from(pain008.ADDRESS_POLICIES)),
        )

    @st.composite
    @staticmethod
    def message(draw, self):
        cuts = st.tuples(st.sampled_from(OPEN_DAYS), st.sampled_from(pain008.SEQUENCES))
        scheme = draw(st.sampled_from(pain008.SCHEMES))
        blocks = [
            draw(self.block(self, number, scheme, cut))
            for number, cut in enumerate(draw(st.lists(cuts, min_size=1, max_size=3)))
        ]
        return make_message(
            *blocks,
            message_id=draw(self.odd(st.sampled_from(ODD_IDENTIFIERS), st.just("PRLV-2026-1"))),
            initiator=draw(self.odd(st.sampled_from(NAMELESS), st.sampled_from(PEOPLE))),
            version=draw(st.sampled_from(pain008.VERSIONS)),
        )


# Two random debits may clash: that is no mistake of theirs, and nothing to wonder at.
CLASHES = {"duplicate_identifier", "signature_differs", "one_off_again", "after_final", "block_split"}
RIGHT, ODD = Parts(is_odd=False), Parts(is_odd=True)


class TestPain008Laws(BaseCase):
    def assertPasses(self, message):
        """The file passes its schema and every rule of banks, says what it was given, and comes out the same again."""
        xml = pain008.write(message)
        self.assertEqual(schema_faults(xml), [])
        self.assertEqual(broken_rules(xml), set())
        streamed = [replace(block, debits=(debit for debit in block.debits)) for block in message.blocks]
        self.assertEqual(pain008.write(replace(message, blocks=streamed)), xml)
        debits = [debit for block in message.blocks for debit in block.debits]
        self.assertEqual(texts_of(xml, "EndToEndId"), [debit.end_to_end_id for debit in debits])
        self.assertEqual(list(map(Decimal, texts_of(xml, "InstdAmt"))), [debit.amount for debit in debits])
        self.assertEqual(len(texts_of(xml, "UltmtDbtr")), sum(bool(debit.ultimate_debtor) for debit in debits))
        self.assertEqual(len(texts_of(xml, "AmdmntInd")), sum(bool(debit.amendment) for debit in debits))
        self.assertEqual(texts_of(xml, "Id").count("SMNDA"), len(texts_of(xml, "OrgnlDbtrAcct")))

    @LAW
    @given(RIGHT.message(RIGHT))
    def test_right_data_in_any_letters_give_a_file_that_banks_take(self, message):
        found = {code for code, _debit in faults(message)}
        self.assertLessEqual(found, CLASHES)
        if not found:
            self.assertPasses(message)

    @LAW
    @given(ODD.message(ODD))
    def test_any_data_are_refused_before_there_is_a_file_or_give_one_that_banks_take(self, message):
        found = faults(message)
        event("refused" if found else "accepted")
        if not found:
            self.assertPasses(message)
        known = {"", *(debit.end_to_end_id for block in message.blocks for debit in block.debits)}
        self.assertLessEqual({end_to_end_id for _code, end_to_end_id in found}, known)
