"""Messages of the bank: pain.002, camt.052, camt.053 and camt.054 in, an iterator of `Answer` out, in one pass.

Versions are read by local names, so that one not known yet is read too where it is built alike.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from . import bank_statements, bank_status, bank_xml
from .bank_answer import Answer
from .bank_xml import BankMessageError

__all__ = ['BankMessageError', 'Message', 'read']

_NAMESPACE = re.compile(r"\{[^}]*(pain\.002|camt\.05[234])\.(\d{3}\.\d{2})\}", re.ASCII)
_KINDS = {
    'CstmrPmtStsRpt': 'pain.002',
    'BkToCstmrAcctRpt': 'camt.052',
    'BkToCstmrStmt': 'camt.053',
    'BkToCstmrDbtCdtNtfctn': 'camt.054',
}
KNOWN_VERSIONS = {
    'pain.002': ('001.03', '001.10', '001.14'),
    'camt.052': ('001.02', '001.04', '001.08'),
    'camt.053': ('001.02', '001.04', '001.08'),
    'camt.054': ('001.02', '001.04', '001.08'),
}


class Message:
    """A message and what it says. The header is there once the first answer was asked for."""

    def __init__(self, stream):
        self._events = bank_xml.events(stream, ['GrpHdr', *bank_statements.ELEMENTS, *bank_status.ELEMENTS])
        self.kind, self.version = self._opened()
        self.message_id: str = ""
        self.created: datetime | None = None
        self.original_message_id: str = ""  # of pain.002: our own file
        self.accounts: list[str] = []  # of camt: those that it has lines of, in their order
        self.entries: int = 0  # of camt: lines of accounts, of whatever kind
        reader = bank_status.answers if self.kind == 'pain.002' else bank_statements.answers
        self.answers: Iterator[Answer] = reader(self, self._after_header())

    @property
    def is_known_version(self):
        return self.version in KNOWN_VERSIONS[self.kind]

    def _opened(self):
        """Kind and version, by what the document is and holds."""
        document = next(self._events, None)
        body = next(self._events, None)
        kind = _KINDS.get(bank_xml.local_name(body)) if body is not None else None
        if document is None or not kind:
            name = bank_xml.local_name(body if body is not None else document) if document is not None else ""
            raise BankMessageError('unknown_kind', text=name)
        found = _NAMESPACE.match(document.tag)
        return kind, found[2] if found else ""

    def _after_header(self):
        for element in self._events:
            if bank_xml.local_name(element) == 'GrpHdr':
                self.message_id = bank_xml.text(element, 'MsgId')
                self.created = bank_xml.moment(element, 'CreDtTm')
            else:
                yield element


def read(stream) -> Message:
    """Open the message in ``stream``, a binary file that can be rewound.

    :raises BankMessageError: where it is none; later too, while `Message.answers` is read to its end
    """
    return Message(stream)
