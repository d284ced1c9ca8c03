"""What a bank says of one debit, one collection or one line of an account, whatever message carried it."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Literal

Event = Literal['rejected', 'accepted', 'pending', 'returned', 'credited', 'other']
Level = Literal['file', 'block', 'transaction', 'entry']


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One statement of the bank.

    `event` is what it means for us: ``rejected`` (before settlement, pain.002), ``accepted`` (pain.002: ACCP, ACTC,
    ACSP, ACSC …), ``pending`` (said, but not final: PDNG), ``returned`` (a debit taken back, camt), ``credited`` (the
    money of a collection, camt), ``other`` (nothing about direct debits that we make).
    """

    event: Event
    level: Level
    number: int  # place in its message, from 1: with the message it names this answer
    # the account's line
    account: str = ""  # IBAN, or the bank's own number, of the account that the line stands on
    booked: date | None = None
    value: date | None = None
    status: str = ""  # BOOK, PDNG, INFO; of pain.002 the status as it stands there
    sign: str = ""  # CRDT or DBIT
    is_reversal: bool = False
    code: str = ""  # bank transaction code: domain-family-subfamily, such as PMNT-IDDT-UPDD
    entry_amount: Decimal | None = None  # of the whole line of the account, which may hold several answers
    entry_reference: str = ""  # the bank's reference of the line (AcctSvcrRef)
    entry: int = 0  # which line of the message it is, from 1
    entry_size: int = 1  # how many transactions the line holds
    # the transaction
    amount: Decimal | None = None  # of this transaction, never of the batch
    currency: str = ""
    instructed: Decimal | None = None  # what we had asked for, where the message says so
    charges: Decimal = Decimal(0)  # the bank's fee, above zero; inside or beside the entry's amount
    transaction_reference: str = ""  # the bank's reference of the transaction (AcctSvcrRef, else TxId)
    end_to_end_id: str = ""  # empty where the bank says NOTPROVIDED
    instruction_id: str = ""
    payment_info_id: str = ""  # block of our file
    message_id: str = ""  # our own file, as the bank names it (OrgnlMsgId)
    mandate_reference: str = ""
    creditor_identifier: str = ""
    collection_date: date | None = None
    reason: str = ""  # ISO code, such as AM04
    proprietary_reason: str = ""
    texts: tuple[str, ...] = ()  # what the bank adds in words
    debtor: str = ""
    debtor_iban: str = ""
    remittance: tuple[str, ...] = ()
