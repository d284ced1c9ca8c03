"""pain.002: what the bank says of a file of ours, of its blocks and of its transactions, before it books anything."""

from .bank_answer import Answer
from .bank_xml import amount, children, day, let_go, local_name, text, texts

ELEMENTS = ('OrgnlGrpInfAndSts', 'OrgnlPmtInfAndSts', 'TxInfAndSts')

_EVENTS = {
    'RJCT': 'rejected',
    'CANC': 'rejected',
    'PDNG': 'pending',
    'RCVD': 'pending',
    **dict.fromkeys(('ACCP', 'ACTC', 'ACSP', 'ACSC', 'ACCC', 'ACFC', 'ACWC', 'ACWP'), 'accepted'),
}


def answers(message, elements):
    """The answers in ``elements``, those of single transactions before their block's, and the file's at the end.

    So what the bank says of one transaction is known before what it says of all the others.
    """
    file, number = None, 0
    for element in elements:
        name = local_name(element)
        if name == 'OrgnlGrpInfAndSts':
            file = element
            message.original_message_id = text(element, 'OrgnlMsgId')
            continue
        number += 1
        if name == 'TxInfAndSts':
            yield _of_transaction(message, element, file, number)
            element.clear()
        else:
            yield _of_block(message, element, number)
            let_go(element) if file is None else element.clear()
    if file is not None and text(file, 'GrpSts'):
        yield Answer(
            event=_EVENTS.get(text(file, 'GrpSts'), 'other'),
            level='file',
            number=number + 1,
            status=text(file, 'GrpSts'),
            message_id=message.original_message_id,
            **_reasons(file),
        )


def _of_block(message, block, number):
    status = text(block, 'PmtInfSts')
    return Answer(
        event=_EVENTS.get(status, 'other'),
        level='block',
        number=number,
        status=status,
        message_id=message.original_message_id,
        payment_info_id=text(block, 'OrgnlPmtInfId'),
        **_reasons(block),
    )


def _of_transaction(message, element, file, number):
    """One transaction, which has its block's or its file's status and reason where it has none of its own."""
    block = element.getparent()
    status = text(element, 'TxSts') or text(block, 'PmtInfSts') or (text(file, 'GrpSts') if file is not None else "")
    reasons = next((one for part in (element, block, file) if part is not None and (one := _reasons(part))), {})
    asked, currency = amount(
        element, 'OrgnlTxRef/Amt/InstdAmt', 'OrgnlTxRef/Amt/EqvtAmt/Amt', 'OrgnlTxRef/IntrBkSttlmAmt'
    )
    identifier = text(element, 'OrgnlEndToEndId')
    return Answer(
        event=_EVENTS.get(status, 'other'),
        level='transaction',
        number=number,
        status=status,
        amount=asked,
        currency=currency,
        instructed=asked,
        transaction_reference=text(element, 'StsId'),
        end_to_end_id="" if identifier == 'NOTPROVIDED' else identifier,
        instruction_id=text(element, 'OrgnlInstrId'),
        payment_info_id=text(block, 'OrgnlPmtInfId'),
        message_id=message.original_message_id,
        mandate_reference=text(element, 'OrgnlTxRef/MndtRltdInf/MndtId', 'OrgnlTxRef/MndtRltdInf/DrctDbtMndt/MndtId'),
        creditor_identifier=text(element, 'OrgnlTxRef/CdtrSchmeId/Id/PrvtId/Othr/Id'),
        collection_date=day(element, 'OrgnlTxRef/ReqdColltnDt'),
        debtor=text(element, 'OrgnlTxRef/Dbtr/Nm', 'OrgnlTxRef/Dbtr/Pty/Nm'),
        debtor_iban=text(element, 'OrgnlTxRef/DbtrAcct/Id/IBAN'),
        remittance=texts(element, 'OrgnlTxRef/RmtInf/Ustrd'),
        **reasons,
    )


def _reasons(element):
    """Why, in the fields of `Answer`; the first code counts. Empty where the bank gives no reason here."""
    found = [*children(element, 'StsRsnInf')]
    if not found:
        return {}
    codes = [text(one, 'Rsn/Cd') for one in found]
    own = [text(one, 'Rsn/Prtry') for one in found]
    return {
        'reason': next(filter(None, codes), ""),
        'proprietary_reason': next(filter(None, own), ""),
        'texts': tuple(word for one in found for word in texts(one, 'AddtlInf')),
    }
