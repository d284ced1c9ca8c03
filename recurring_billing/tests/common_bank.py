"""Messages of the bank as text, each test with what it is about."""

import io
import pathlib

from odoo.addons.recurring_billing.tools import bank_messages

IBAN = 'FR7630004056560376143653714'  # of the test company, see BillingCommon
NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:'
BODIES = {
    'camt.052': ('BkToCstmrAcctRpt', 'Rpt'),
    'camt.053': ('BkToCstmrStmt', 'Stmt'),
    'camt.054': ('BkToCstmrDbtCdtNtfctn', 'Ntfctn'),
}


def samples():
    """The folder of sample messages beside the project, or None where it is not there."""
    folders = (parent / 'shared' / 'iso20022' / 'samples' for parent in pathlib.Path(__file__).resolve().parents)
    return next((folder for folder in folders if folder.is_dir()), None)


def read(content):
    """(message, its answers) of a text or of bytes."""
    data = content.encode() if isinstance(content, str) else content
    message = bank_messages.read(io.BytesIO(data))
    return message, [*message.answers]


def element(tag, *content, **attributes):
    """An element with ``content``, or nothing where all of that is empty."""
    inside = "".join(content)
    named = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{named}>{inside}</{tag}>" if inside else ""


def document(kind, body, *content):
    inside = element(body, *content)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{kind}">{inside}</Document>'


def header(number, day):
    return element('GrpHdr', element('MsgId', number), element('CreDtTm', f"{day}T06:00:00"))


def camt(*entries, kind='camt.054', version='001.04', account=IBAN, number='N1'):
    """A camt message of one account with ``entries``."""
    body, part = BODIES[kind]
    own = element('Acct', element('Id', element('IBAN', account)))
    lines = element(part, element('Id', '1'), own, *entries)
    return document(f'{kind}.{version}', body, header(number, '2026-09-09'), lines)


def entry(
    *details, amount='120.00', sign='DBIT', code='PMNT-IDDT-UPDD', day='2026-09-08', status='BOOK', ref='', **more
):
    """A line of an account; ``more``: `reversal`, `currency`, `batch` and `extra` elements as text."""
    return element(
        'Ntry',
        element('Amt', amount, Ccy=more.get('currency', 'EUR')),
        element('CdtDbtInd', sign),
        element('RvslInd', 'true' if more.get('reversal') else ''),
        element('Sts', status),
        element('BookgDt', element('Dt', day)),
        element('ValDt', element('Dt', day)),
        element('AcctSvcrRef', ref),
        bank_code(code),
        more.get('extra', ''),
        element('NtryDtls', more.get('batch', ''), *details),
    )


def bank_code(code):
    if not code:
        return ''
    domain, family, sub_family = code.split('-')
    inside = element('Fmly', element('Cd', family), element('SubFmlyCd', sub_family))
    return element('BkTxCd', element('Domn', element('Cd', domain), inside))


def tx(end_to_end='', *, amount='', reason='', asked='', charges='', **more):
    """A transaction of a line; ``more``: `mandate`, `block`, `ref`, `own` reason, `info`, `debtor`."""
    code = element('Cd', reason) or element('Prtry', more.get('own', ''))
    return element(
        'TxDtls',
        element(
            'Refs',
            element('AcctSvcrRef', more.get('ref', '')),
            element('PmtInfId', more.get('block', '')),
            element('EndToEndId', end_to_end),
            element('MndtId', more.get('mandate', '')),
        ),
        element('Amt', amount, Ccy='EUR'),
        element('AmtDtls', element('InstdAmt', element('Amt', asked, Ccy='EUR'))),
        charges,
        element('RltdPties', element('Dbtr', element('Nm', more.get('debtor', '')))),
        element('RtrInf', element('Rsn', code), element('AddtlInf', more.get('info', ''))),
    )


def charges(amount, *, records=True):
    fee = element('Amt', amount, Ccy='EUR')
    return element('Chrgs', element('Rcrd', fee) if records else fee)


def status(*blocks, file='PRLV1', group='', reason='', version='001.10', number='S1', day='2026-09-02'):
    """A pain.002 about our file ``file``."""
    about = element(
        'OrgnlGrpInfAndSts',
        element('OrgnlMsgId', file),
        element('OrgnlMsgNmId', 'pain.008.001.08'),
        element('GrpSts', group),
        why(reason),
    )
    return document(f'pain.002.{version}', 'CstmrPmtStsRpt', header(number, day), about, *blocks)


def block(*transactions, name='B1', is_status='', reason=''):
    inside = (element('OrgnlPmtInfId', name), element('PmtInfSts', is_status), why(reason))
    return element('OrgnlPmtInfAndSts', *inside, *transactions)


def rejection(end_to_end, *, is_status='RJCT', reason='AC01', amount='120.00'):
    return element(
        'TxInfAndSts',
        element('StsId', '1'),
        element('OrgnlEndToEndId', end_to_end),
        element('TxSts', is_status),
        why(reason),
        element('OrgnlTxRef', element('Amt', element('InstdAmt', amount, Ccy='EUR'))),
    )


def why(reason):
    return element('StsRsnInf', element('Rsn', element('Cd', reason)))
