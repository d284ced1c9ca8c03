"""Faults of IBANs, creditor identifiers and mandate references, as codes; nothing is repaired."""

import re
from datetime import date
from functools import lru_cache

from schwifty import IBAN
from schwifty.exceptions import InvalidBBANChecksum, InvalidChecksumDigits, SchwiftyException
from stdnum.eu import at_02

from .sepa_text import is_identifier

# EPC409-09 v8.0 of 24 December 2025, list of SEPA scheme countries: prefixes of the IBAN.
_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_OTHERS = "AD AL CH GB GI MC MD ME MK RS SM VA"
EEA_PREFIXES = frozenset(_EEA.split())
SEPA_PREFIXES = EEA_PREFIXES | frozenset(_OTHERS.split())

# First days on which banks there can be debited (EPC: operational readiness), of those that joined since 2024.
_JOINED_ON = {
    "AL": date(2025, 10, 5),
    "MD": date(2025, 10, 5),
    "ME": date(2025, 10, 5),
    "MK": date(2025, 10, 5),
    "RS": date(2026, 5, 1),
}

# The only countries whose national key schwifty checks without false alarms.
_NATIONAL_KEY_PREFIXES = frozenset(("BE", "ES", "FR", "IT", "MC", "PT"))
_RIB_PREFIXES = frozenset(("FR", "MC"))
_TWO_DIGITS = str.maketrans({chr(ord("A") + step): str(10 + step) for step in range(26)})
_RIB_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
_ICS_LENGTHS = {"FR": 13, "DE": 18}
_MAX_LENGTH = 35
_SHORTEST_IBAN = 15


def compact(value: str | None) -> str:
    """``value`` in capitals and without blanks, as it stands in a bank file."""
    text = "".join((value or "").split())
    # Other letters may have ASCII capitals (a dotless i has): that would repair a wrong number.
    return text.upper() if text.isascii() else text


@lru_cache(maxsize=64)
def sepa_prefixes(day: date) -> frozenset[str]:
    """The prefixes of IBANs that can be debited on ``day``, as known in November 2026."""
    return SEPA_PREFIXES - {prefix for prefix, joined_on in _JOINED_ON.items() if day < joined_on}


def iban_fault(value: str | None, day: date | None = None) -> str | None:
    """Why an account number is no IBAN for a direct debit; None where it is one.

    :param day: of the collection; None counts all countries of SEPA in
    :return: "missing", "not_sepa", "structure", "checksum" or "national_key" (the key that France,
        Monaco, Belgium, Spain, Italy and Portugal keep inside the number)
    """
    iban = compact(value)
    if not iban:
        return "missing"
    if iban[:2] not in (SEPA_PREFIXES if day is None else sepa_prefixes(day)):
        return "not_sepa"
    return None if _is_right(iban) else _schwifty_fault(iban)


def _is_right(iban: str) -> bool:
    """A quick yes, with schwifty's pattern and no objects; whatever else, also a rare right number, is schwifty's."""
    prefix, check, bban = iban[:2], iban[2:4], iban[4:]
    is_rib = prefix in _RIB_PREFIXES
    return bool(
        (is_rib or prefix not in _NATIONAL_KEY_PREFIXES)
        and iban.isascii()
        and check.isdigit()
        and _bban_pattern(prefix).fullmatch(bban)
        and "02" <= check <= "98"
        and int((bban + prefix + check).translate(_TWO_DIGITS)) % 97 == 1
        and (not is_rib or ("01" <= bban[-2:] <= "97" and int(bban.translate(_RIB_DIGITS)) % 97 == 0)),
    )


@lru_cache(maxsize=64)
def _bban_pattern(prefix: str) -> re.Pattern[str]:
    return IBAN(prefix, allow_invalid=True).spec.regex


def _schwifty_fault(iban: str) -> str | None:
    try:
        IBAN(iban, validate_bban=iban[:2] in _NATIONAL_KEY_PREFIXES)
    except InvalidChecksumDigits:
        return "checksum"
    except InvalidBBANChecksum:
        return "national_key"
    except SchwiftyException:
        return "structure"
    return None


def mask_iban(value: str | None) -> str:
    """Country, check digits and the last four characters; nothing of what is too short."""
    iban = compact(value)
    if len(iban) < _SHORTEST_IBAN:
        return "••••"
    return f"{iban[:4]} •••• •••• {iban[-4:]}"


def is_eea(iban: str) -> bool:
    return compact(iban)[:2] in EEA_PREFIXES


def bic_needed(iban: str) -> bool:
    """Whether a debit must name the debtor's bank: inside the EEA the IBAN alone says it (reason RC01 otherwise)."""
    return not is_eea(iban)


def ics_fault(value: str | None) -> str | None:
    """Why a creditor identifier (ICS) is wrong; None where it is right.

    :return: "missing", "country", "length" or "checksum" (also where a character is refused, for
        no check digits can be computed then)
    """
    ics = compact(value)
    if not ics:
        return "missing"
    country = ics[:2]
    if country not in SEPA_PREFIXES:
        return "country"
    if not 7 < len(ics) <= _MAX_LENGTH or len(ics) != _ICS_LENGTHS.get(country, len(ics)):
        return "length"
    # stdnum skips punctuation, which EPC262-08 allows in the national part only.
    if not (ics[:7].isalnum() and is_identifier(ics) and at_02.is_valid(ics)):
        return "checksum"
    return None


def mandate_reference_fault(value: str | None) -> str | None:
    """Why a mandate reference (RUM) is refused; None where it is accepted.

    :return: "missing", "too_long" (over 35) or "characters"
    """
    if not (value or "").strip():
        return "missing"
    if len(value) > _MAX_LENGTH:
        return "too_long"
    return None if is_identifier(value) else "characters"


def mandate_key(ics: str, reference: str) -> str:
    """What makes a mandate unique (EPC rulebook: creditor identifier and reference).

    Case and blanks do not count, nor does the business code in positions 5 to 7 of the ICS.
    """
    identifier = compact(ics)
    return f"{identifier[:4]}{identifier[7:]}|{compact(reference)}"
