# ruff: noqa: RUF001 - the texts to convert are made of look-alikes.
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.sepa_text import convert, is_identifier

LAW = settings(max_examples=200, deadline=None, database=None)


class TestSepaText(BaseCase):
    def test_letters_keep_their_sound(self):
        cases = {
            "Hélène Lefèvre-Noël": "Helene Lefevre-Noel",
            "Crêperie de l’Île d'Yeu": "Creperie de l'Ile d'Yeu",
            "Sœurs & Frères": "Soeurs + Freres",
            "ŒUVRE, Ærø, Łódź, Đorđe": "OEUVRE, AEro, Lodz, Dorde",
            "Straße, STRAẞE": "Strasse, STRASSE",
            "Κώστας Παπαδόπουλος": "Kostas Papadopoulos",
            "ΑΘΗΝΑ, Ούρσουλα, ΟΎΡΣΟΥΛΑ, Κύπρος": "ATHINA, Oursoula, OURSOULA, Kypros",
            "Иван Петков, Николай": "Ivan Petkov, Nikolay",
            "Николаи\u0306": "Nikolay",
            "Љубљана, Ђорђе, Ќе": "LJubljana, DJordje, KJe",
            "ﬁnance Ⅳ": "finance IV",
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(convert(text, 70), expected)

    def test_signs_are_replaced_by_what_they_mean_or_by_a_point(self):
        cases = {
            "12 € n° 3": "12 EUR no 3",
            "a_b~c – d — e": "a-b-c - d - e",
            "[x] {y}": "(x) (y)",
            "“x” «y» l´eau": "'x' 'y' l'eau",
            "a\\b|c;d": "a/b/c,d",
            "50 % * #1 <@> = !": "50 . . .1 ... . .",
            "Tea 茶 😀": "Tea . .",
            "a-z A-Z 0/9 ?:().,'+": "a-z A-Z 0/9 ?:().,'+",
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertEqual(convert(text, 70), expected)

    def test_white_space_of_any_kind_becomes_one_blank(self):
        for text in (
            "a b",
            " a  b ",
            "a\r\nb",
            "a\t\nb\n",
            "a\u00a0b",
            "a\u2009\u202fb",
            "a\u2028b",
        ):
            with self.subTest(text=text):
                self.assertEqual(convert(text, 70), "a b")

    def test_what_nobody_sees_leaves_nothing(self):
        for text in ("a\u200bb", "a\u00adb", "\ufeffab", "ab\u0301", "ab\u20dd"):
            with self.subTest(text=text):
                self.assertEqual(convert(text, 70), "ab")

    def test_a_text_is_cut_after_it_was_converted(self):
        cases = (
            ("x" * 71, 70, "x" * 70),
            ("œ" * 40, 70, "oe" * 35),
            ("abc def", 4, "abc"),
            ("abc", 0, ""),
        )
        for text, limit, expected in cases:
            with self.subTest(text=text, limit=limit):
                self.assertEqual(convert(text, limit), expected)

    def test_an_identifier_is_accepted_or_refused_as_it_stands(self):
        cases = {
            "INV/2026/00117": True,
            "RUM 2026+1 (a):b?c.d,e'f": True,
            "X": True,
            "x" * 35: True,
            "": False,
            "x" * 36: False,
            "/INV": False,
            "INV/": False,
            "INV//1": False,
            " INV": False,
            "INV ": False,
            "INV\n": False,
            "INV_1": False,
            "INV#1": False,
            "É": False,
            "١": False,
            "a&b": False,
        }
        for text, expected in cases.items():
            with self.subTest(text=text):
                self.assertIs(is_identifier(text), expected)

    @LAW
    @given(st.text(max_size=80), st.integers(1, 140))
    @example("\u0344\u1fef½ﷺ", 70)
    def test_a_converted_text_holds_only_what_banks_accept(self, text, limit):
        converted = convert(text, limit)
        self.assertLessEqual(len(converted), limit)
        self.assertIsNone(re.search(r"[^A-Za-z0-9/?:().,'+ -]", converted))
        self.assertEqual(converted, " ".join(converted.split()))
        self.assertEqual(convert(converted, limit), converted)

    @LAW
    @given(st.text(alphabet="ABCabc 019/-?:().,'+", max_size=40))
    def test_a_text_of_accepted_characters_is_not_changed(self, text):
        plain = " ".join(text.split())
        self.assertEqual(convert(plain, 40), plain)
