"""The characters that every SEPA bank accepts (EPC implementation guidelines, EPC217-08).

Free text is converted, identifiers are only checked: whoever changes an identifier changes what
the customer signed.
"""

# ruff: noqa: RUF001 - the table is made of look-alikes.
import re
import unicodedata

_ALLOWED = r"A-Za-z0-9/\-?:().,'+ "
_NOT_ALLOWED = re.compile(f"[^{_ALLOWED}]")
_LONGEST_IDENTIFIER = 35

# Two letters for one sound: Παπαδόπουλος signs as Papadopoulos, not as Papadopoylos.
_GREEK_OU = ((re.compile("(?<=[οΟ])[υύ]"), "u"), (re.compile("(?<=[οΟ])[ΥΎ]"), "U"))
_SIGNS = str.maketrans(
    {
        "&": "+",
        "€": "EUR",
        "£": "GBP",
        "°": "o",
        ";": ",",
        "\\": "/",
        "|": "/",
        "⁄": "/",
        "_": "-",
        "~": "-",
        "[": "(",
        "{": "(",
        "]": ")",
        "}": ")",
        "ẞ": "SS",
    }
    | dict.fromkeys('"`´‘’‚‛“”„«»‹›′″ʼ', "'")
    | dict.fromkeys("‐‑‒–—―−", "-"),
)

_LETTERS = """
    œ oe  æ ae  ß ss  ø o  ł l  đ d  ð d  þ th  ħ h  ŧ t  ŋ n  ı i

    α a  β v  γ g  δ d  ε e  ζ z  η i  θ th  ι i  κ k  λ l  μ m  ν n  ξ x  ο o  π p  ρ r
    σ s  ς s  τ t  υ y  φ f  χ ch  ψ ps  ω o

    а a  б b  в v  г g  д d  е e  ж zh  з z  и i  й y  к k  л l  м m  н n  о o  п p  р r
    с s  т t  у u  ф f  х h  ц ts  ч ch  ш sh  щ sht  ъ a  ы y  ь y  э e  ю yu  я ya
    ђ dj  ѓ gj  є ye  ѕ dz  і i  ј j  љ lj  њ nj  ћ c  ќ kj  џ dz
"""


def _letter_table() -> dict[int, str]:
    words = _LETTERS.split()
    table = {}
    for letter, latin in zip(words[::2], words[1::2], strict=True):
        table[ord(letter)] = latin
        if len(letter.upper()) == 1:
            table[ord(letter.upper())] = latin.upper()
    return table


_TABLE = _SIGNS | _letter_table()


class _Replacements(dict):
    """Code point → what stands for it, found when it is first met; what has no like becomes a point."""

    def __missing__(self, code: int) -> str:
        # Letters of the table (й, ѓ) go first, those that decomposing lays bare after it.
        decomposed = unicodedata.normalize("NFKD", chr(code).translate(_TABLE)).translate(_TABLE)
        self[code] = "".join(map(_replacement, decomposed))
        return self[code]


def _replacement(char: str) -> str:
    if char.isspace():
        return " "
    return "" if _is_invisible(char) else _NOT_ALLOWED.sub(".", char)


_REPLACEMENTS = _Replacements()


def convert(text: str, limit: int) -> str:
    """``text`` in the SEPA characters, at most ``limit`` long: a point stands for what has no like.

    Meant for names, addresses and remittance information, never for identifiers.
    """
    if _NOT_ALLOWED.search(text):
        composed = unicodedata.normalize("NFC", text)
        for upsilon, latin in _GREEK_OU:
            composed = upsilon.sub(latin, composed)
        text = composed.translate(_REPLACEMENTS)
    return " ".join(text.split())[:limit].rstrip()


def is_sepa(text: str) -> bool:
    """Whether ``text`` holds only characters that every bank accepts; an empty one does."""
    return not _NOT_ALLOWED.search(text)


def is_identifier(text: str) -> bool:
    """Whether ``text`` may stand unchanged as an identifier: 1 to 35 of the SEPA characters.

    EPC guidelines: no slash at either end and no two in a row. Blanks at the ends are refused
    too, since banks strip them.
    """
    return (
        0 < len(text) <= _LONGEST_IDENTIFIER
        and text[0] not in "/ "
        and text[-1] not in "/ "
        and "//" not in text
        and is_sepa(text)
    )


def _is_invisible(char: str) -> bool:
    """Accents left by decomposing, zero-width characters, soft hyphens."""
    return unicodedata.category(char) in ("Mn", "Me", "Cf")
