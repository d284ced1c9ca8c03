"""camt.052, camt.053 and camt.054: which lines of our accounts are returns of debits, which the money of a collection.

The family of the bank transaction code is not reliable: sign and sub-family decide, beside the return information.
"""

from decimal import Decimal

from .bank_answer import Answer
from .bank_xml import amount, child, children, day, let_go, local_name, text, texts

ELEMENTS = ('Acct', 'Ntry')

_PARTS = ('Stmt', 'Rpt', 'Ntfctn')
_RETURNS = ('UPDD', 'PRDD')  # unpaid, reversed
_CREDITS = {'RDDT-PMDD', 'IDDT-PMDD', 'IDDT-ESDD', 'IDDT-BBDD', 'IDDT-OODD'}
_TRANSFERS = ('ICDT', 'RCDT', 'IRCT', 'RRCT')
_ABOUT_DEBITS = {*_RETURNS, *(kind[-4:] for kind in _CREDITS)}
_NO_REFERENCE = ('NONREF', 'NOTPROVIDED')


def answers(message, elements):
    """The answers in ``elements``: one for each debit that comes back and each collection credited, else one a line."""
    number = 0
    for element in elements:
        if local_name(element) == 'Acct':
            if local_name(element.getparent()) in _PARTS:
                message.accounts.append(text(element, 'Id/IBAN', 'Id/Othr/Id'))
            continue
        message.entries += 1
        account = message.accounts[-1] if message.accounts else ""
        for values in _of_entry(element):
            number += 1
            yield Answer(number=number, account=account, entry=message.entries, **values)
        let_go(element)


def _of_entry(entry):
    """The fields of each answer in one line of an account."""
    if not _may_be_about_debits(entry):
        yield {'event': 'other', 'level': 'entry'}
        return
    sign, code = text(entry, 'CdtDbtInd'), _code(entry)
    is_reversal = text(entry, 'RvslInd') in ('true', '1')
    details = [*children(entry, 'NtryDtls/TxDtls')]
    events = [_event(one, sign, code, is_reversal) for one in details] or [_event(None, sign, code, is_reversal)]
    if not {'returned', 'credited'} & {*events}:
        yield {'event': 'other', 'level': 'entry'}
        return
    total, currency = amount(entry, 'Amt')
    common = {
        'sign': sign,
        'is_reversal': is_reversal,
        'entry_amount': total,
        'currency': currency,
        'entry_size': max(len(details), 1),
        'status': text(entry, 'Sts/Cd', 'Sts'),
        'booked': day(entry, 'BookgDt/Dt', 'BookgDt/DtTm'),
        'value': day(entry, 'ValDt/Dt', 'ValDt/DtTm'),
        'entry_reference': _reference(text(entry, 'AcctSvcrRef')),
        'code': code,
    }
    credited = [one for one, event in zip(details, events, strict=False) if event == 'credited']
    if 'credited' in events:
        yield from _credits(entry, credited, common)
    for one, event in zip(details or [None], events, strict=True):
        if event != 'credited':
            yield {**common, 'event': event, **_transaction(entry, one, common)}


def _may_be_about_debits(entry):
    """Whether to look closer: most lines of a statement are not, and are told from the others by one walk."""
    return any(
        local_name(one) == 'RtrInf' or one.text in _ABOUT_DEBITS for one in entry.iter('{*}RtrInf', '{*}SubFmlyCd')
    )


def _event(details, sign, code, is_reversal):
    """What a transaction is for us: `Answer.event`.

    :param code: of its line; the transaction may have another, and either of them tells of a return
    """
    own = code
    if details is not None:
        sign, own = text(details, 'CdtDbtInd') or sign, _code(details) or code
    kinds = {one.partition("-")[2] for one in (code, own)}
    if sign == 'CRDT':
        return 'credited' if kinds & _CREDITS and not is_reversal else 'other'
    if any(kind.endswith(_RETURNS) for kind in kinds) or (is_reversal and kinds & _CREDITS):
        return 'returned'
    is_return = details is not None and child(details, 'RtrInf') is not None
    return 'returned' if is_return and not any(kind.startswith(_TRANSFERS) for kind in kinds) else 'other'


def _credits(entry, details, common):
    """One answer for each block of ours that a line credits."""
    blocks = {}
    for one in details:
        blocks.setdefault(text(one, 'Refs/PmtInfId'), []).append(one)
    is_whole = len(blocks) < 2 and len(details) in (0, common['entry_size'])
    for block, group in (blocks or {"": []}).items():
        amounts = [_amounts(one, common)[0] for one in group]
        parts = None if None in amounts else sum(amounts, Decimal())
        yield {
            **common,
            'event': 'credited',
            'level': 'block',
            'amount': common['entry_amount'] if is_whole else parts,
            'payment_info_id': block or text(entry, 'NtryDtls/Btch/PmtInfId'),
            'message_id': text(entry, 'NtryDtls/Btch/MsgId') or (text(group[0], 'Refs/MsgId') if group else ""),
            'end_to_end_id': text(group[0], 'Refs/EndToEndId') if len(group) == 1 else "",
        }


def _transaction(entry, details, common):
    """The fields of one transaction; of a line without details, what the line says."""
    if details is None:
        return {'level': 'entry', 'amount': common['entry_amount'], 'charges': _charges(entry)}
    taken, currency, asked = _amounts(details, common)
    identifier = text(details, 'Refs/EndToEndId')
    return {
        'level': 'transaction',
        'sign': text(details, 'CdtDbtInd') or common['sign'],
        'code': common['code'] or _code(details),
        'amount': taken,
        'currency': currency or common['currency'],
        'instructed': asked,
        'charges': _charges(details) or (_charges(entry) if common['entry_size'] == 1 else Decimal()),
        'transaction_reference': _reference(text(details, 'Refs/AcctSvcrRef', 'Refs/TxId')),
        'end_to_end_id': "" if identifier in _NO_REFERENCE else identifier,
        'instruction_id': text(details, 'Refs/InstrId'),
        'payment_info_id': text(details, 'Refs/PmtInfId'),
        'message_id': text(details, 'Refs/MsgId'),
        'mandate_reference': text(details, 'Refs/MndtId'),
        'creditor_identifier': text(
            details, 'RltdPties/Cdtr/Id/PrvtId/Othr/Id', 'RltdPties/Cdtr/Pty/Id/PrvtId/Othr/Id'
        ),
        'reason': text(details, 'RtrInf/Rsn/Cd'),
        'proprietary_reason': text(details, 'RtrInf/Rsn/Prtry'),
        'texts': texts(details, 'RtrInf/AddtlInf'),
        'debtor': text(details, 'RltdPties/Dbtr/Nm', 'RltdPties/Dbtr/Pty/Nm'),
        'debtor_iban': text(details, 'RltdPties/DbtrAcct/Id/IBAN'),
        'remittance': texts(details, 'RmtInf/Ustrd'),
    }


def _amounts(details, common):
    """(amount, its currency, what was asked for): the transaction's own, never that of a line that holds several."""
    asked, asked_currency = amount(details, 'AmtDtls/InstdAmt/Amt')
    taken, currency = amount(details, 'Amt', 'AmtDtls/TxAmt/Amt')
    if taken is not None:
        return taken, currency, asked
    if asked is not None:
        return asked, asked_currency, asked
    return (common['entry_amount'], common['currency'], None) if common['entry_size'] == 1 else (None, "", None)


def _charges(element):
    """What the bank charges, by its parts where it names them."""
    total = Decimal()
    for charges in children(element, 'Chrgs'):
        parts = [*children(charges, 'Rcrd')] or [charges]
        sums = [amount(part, 'Amt')[0] for part in parts if text(part, 'CdtDbtInd') != 'CRDT']
        whole = amount(charges, 'TtlChrgsAndTaxAmt')[0]
        total += sum(filter(None, sums), Decimal()) or whole or Decimal()
    return total


def _code(element):
    """The bank transaction code: domain, family, sub-family with hyphens between; empty where there is none."""
    domain = child(element, 'BkTxCd/Domn')
    if domain is None:
        return ""
    return f"{text(domain, 'Cd')}-{text(domain, 'Fmly/Cd')}-{text(domain, 'Fmly/SubFmlyCd')}"


def _reference(value):
    return "" if value in _NO_REFERENCE else value
