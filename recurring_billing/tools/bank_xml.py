"""Reading XML of strangers: no document type, no entities, no network, and one error for whatever is wrong with it."""

import functools
import re
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

_CUT = (
    etree.ErrorTypes.ERR_DOCUMENT_END,
    etree.ErrorTypes.ERR_GT_REQUIRED,
    etree.ErrorTypes.ERR_LTSLASH_REQUIRED,
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED,
)
_WRONG_ENCODING = (
    etree.ErrorTypes.ERR_INVALID_ENCODING,
    etree.ErrorTypes.ERR_INVALID_CHAR,
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
    etree.ErrorTypes.I18N_CONV_FAILED,
)
_AMOUNT = re.compile(r"\d{1,13}(\.\d{0,5})?", re.ASCII)


class BankMessageError(ValueError):
    """Why a file of the bank cannot be read: a ``code`` that callers put into words, and the ``values`` of its words.

    Codes: ``empty``, ``not_xml`` (line, text), ``truncated`` (line), ``encoding`` (line, text), ``doctype``,
    ``unknown_kind`` (text), ``bad_value`` (element, text), and those of the archive: ``bad_zip``, ``encrypted``,
    ``path_in_zip`` (text), ``nested``, ``too_many`` (limit), ``too_large`` (limit).
    """

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


def events(stream, names):
    """Parse ``stream`` in one pass.

    :param stream: binary file
    :param names: local names of the elements wanted at their end, whatever their namespace
    :return: iterator of (is the document element, element): first the document element and its first child, at their
        start, then those named
    :raises BankMessageError: where the file cannot be trusted or understood
    """
    tags = [f"{{*}}{name}" for name in names]
    try:
        yield from _opening(stream)
        stream.seek(0)
        parser = etree.iterparse(
            stream,
            events=("end",),
            tag=tags,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
        for _event, element in parser:
            yield element
    except etree.XMLSyntaxError as error:
        raise _readable(error) from error
    except (LookupError, UnicodeError) as error:
        raise BankMessageError('encoding', line=1, text=str(error)) from error


def _opening(stream):
    """The document element and its first child, as soon as they open: they say what the file is."""
    if not stream.read(1):
        raise BankMessageError('empty')
    stream.seek(0)
    parser = etree.iterparse(
        stream, events=("start",), resolve_entities=False, load_dtd=False, no_network=True, collect_ids=False
    )
    for place, (_event, element) in enumerate(parser):
        if place == 0 and element.getroottree().docinfo.doctype:
            raise BankMessageError('doctype')
        if isinstance(element.tag, str):
            yield element
        if place == 1:
            return


def _readable(error):
    line = error.lineno or 0
    text = (error.msg or "").rpartition(", line ")[0] or error.msg or ""  # libxml2 says the line once more
    if error.code in _WRONG_ENCODING:
        return BankMessageError('encoding', line=line, text=text)
    if error.code in _CUT:
        return BankMessageError('truncated', line=line)
    return BankMessageError('not_xml', line=line, text=text)


def let_go(element):
    """Free ``element`` and all before it: what was read is not kept."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def local_name(element):
    return element.tag.rpartition('}')[2]


@functools.cache
def _path(path):
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def children(element, path):
    """The elements at ``path``, local names with slashes between."""
    return element.iterfind(_path(path))


def child(element, path):
    return element.find(_path(path))


def text(element, *paths):
    """The text at the first of ``paths`` that has one, else an empty one."""
    for path in paths:
        found = (element.findtext(_path(path)) or "").strip()
        if found:
            return found
    return ""


def texts(element, path):
    return tuple(found for one in children(element, path) if (found := (one.text or "").strip()))


def amount(element, *paths):
    """(amount, currency) at the first of ``paths`` that is there, else (None, "")."""
    for path in paths:
        found = child(element, path)
        if found is not None:
            return exact(found.text, local_name(found)), found.get("Ccy", "")
    return None, ""


def exact(value, element):
    """``value`` as an amount of money; none of the messages knows one below zero."""
    value = (value or "").strip()
    if not _AMOUNT.fullmatch(value):
        raise BankMessageError('bad_value', element=element, text=value[:40])
    return Decimal(value)


def day(element, *paths):
    """The date at the first of ``paths`` that is there, a time cut off; None where there is none."""
    value = text(element, *paths)
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise BankMessageError('bad_value', element=paths[0], text=value[:40]) from error


def moment(element, path):
    """The date and time at ``path``, in the bank's own time, or None where there is none that can be read."""
    try:
        return datetime.fromisoformat(text(element, path)).replace(tzinfo=None)
    except ValueError:
        return None
