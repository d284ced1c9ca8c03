"""Phone numbers as networks dial them."""

import phonenumbers


def international(number: str | None, country: str | None) -> str | None:
    """``number`` as +33612345678, or None: it is no phone number.

    :param country: ISO code of the country whose national numbers it may follow
    """
    try:
        parsed = phonenumbers.parse(number or "", country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
