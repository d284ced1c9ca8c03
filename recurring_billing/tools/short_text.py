"""Texts of an SMS or a message, with places for a few facts."""

from string import Formatter

PLACES = ("company", "customer", "amount", "invoices", "days")


def fault(text: str) -> str | None:
    """What stands between braces in ``text`` and is no place, or how the braces fail; None: the text can be filled."""
    try:
        names = [name for _text, name, _format, _conversion in Formatter().parse(text) if name is not None]
    except ValueError as error:
        return str(error)
    unknown = [f"{{{name}}}" for name in names if name not in PLACES]
    return ", ".join(unknown) or None


def fill(text: str, facts: dict[str, str]) -> str:
    """``text`` with the ``facts`` in their places.

    :param facts: by the names of `PLACES`
    """
    return text.format_map(facts)
