import json
from datetime import date
from decimal import Decimal

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from odoo.addons.recurring_billing.tools.bank_messages import BankMessageError

from .common_bank import block, camt, charges, entry, read, rejection, samples, status, tx


def events(answers):
    return [answer.event for answer in answers]


@tagged('post_install', '-at_install')
class TestBankMessageSamples(BaseCase):
    """Every sample message gives what is known to be in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = samples()
        if not folder:
            cls.skipTest(cls, "the sample messages are not beside the project")
        cls.folder = folder
        cls.expected = json.loads((folder / 'expected.json').read_text())

    def _messages(self):
        for name, expected in self.expected.items():
            if 'msg_id' in expected:
                yield name, expected, *read((self.folder / name).read_bytes())

    def test_headers_accounts_and_lines(self):
        for name, expected, message, _answers in self._messages():
            with self.subTest(name):
                self.assertEqual(f"{message.kind}.{message.version}", expected['version'])
                self.assertEqual((message.message_id, message.is_known_version), (expected['msg_id'], True))
                self.assertEqual(message.entries, expected.get('entry_count', 0))
                self.assertEqual(message.accounts, [one['iban'] for one in expected.get('accounts', [])])
                self.assertEqual(message.original_message_id, expected.get('orig_msg_id', ""))

    def test_returns(self):
        for name, expected, _message, answers in self._messages():
            wanted = [self._return(one) for one in expected.get('returns', ()) if one['direct_debit_return']]
            found = [self._found(one) for one in answers if one.event == 'returned']
            with self.subTest(name):
                self.assertEqual(found, wanted)

    def test_rejections(self):
        for name, expected, _message, answers in self._messages():
            wanted = [
                (one['e2e'], one['reasons'][0], one['amount'], one['mandate'], one['date'], one['iban'], one['block'])
                for one in expected.get('rejects', ())
            ]
            found = [
                (
                    one.end_to_end_id,
                    one.reason,
                    str(one.amount),
                    one.mandate_reference,
                    str(one.collection_date),
                    one.debtor_iban,
                    one.payment_info_id,
                )
                for one in answers
                if one.event == 'rejected'
            ]
            with self.subTest(name):
                self.assertEqual(found, wanted)

    @staticmethod
    def _return(one):
        reference = one['entry_ref']
        return {
            'account': one['account'],
            'booked': one['booked'],
            'status': one['status'],
            'entry_amount': one['entry_amount'],
            'code': one['code'] or "",
            'entry_reference': "" if reference == 'NONREF' else reference,
            'amount': one['amount'],
            'end_to_end_id': one.get('e2e', ""),
            'mandate_reference': one.get('mandate', ""),
            'payment_info_id': one.get('pmtinf', ""),
            'reason': one['reason'],
            'texts': [text.strip() for text in one['info']],
            'charges': str(sum(map(Decimal, one['charges']))),
            'debtor': one['debtor'],
            'debtor_iban': one['debtor_iban'],
            'remittance': one['remittance'],
        }

    @classmethod
    def _found(cls, answer):
        names = (
            'account',
            'status',
            'code',
            'entry_reference',
            'end_to_end_id',
            'mandate_reference',
            'payment_info_id',
        )
        texts = {name: getattr(answer, name) for name in (*names, 'reason', 'debtor', 'debtor_iban')}
        exact = {name: str(getattr(answer, name)) for name in ('booked', 'entry_amount', 'amount', 'charges')}
        return {**texts, **exact, 'texts': [*answer.texts], 'remittance': [*answer.remittance]}


@tagged('post_install', '-at_install')
class TestBankMessages(BaseCase):
    """Each variant that banks write, as the least text that shows it."""

    # === camt: what is a return === #

    def test_sign_sub_family_and_return_information_decide(self):
        why = tx("E1", amount='120.00', reason='AM04')
        plain = tx("E1", amount='120.00')
        for sign, code, details, reversal, expected in (
            ('DBIT', 'PMNT-IDDT-UPDD', why, False, 'returned'),
            ('DBIT', 'PMNT-IDDT-UPDD', plain, False, 'returned'),
            ('DBIT', 'PMNT-RDDT-PRDD', plain, False, 'returned'),
            ('DBIT', '', why, False, 'returned'),
            ('DBIT', 'PMNT-RDDT-ESDD', plain, False, 'other'),  # a debit that we pay to a supplier
            ('DBIT', 'PMNT-RDDT-PMDD', plain, True, 'returned'),  # the credit of a debit is reversed
            ('DBIT', 'PMNT-RCDT-RRTN', why, False, 'other'),  # a transfer that we send back
            ('CRDT', 'PMNT-ICDT-RRTN', why, False, 'other'),  # a transfer that comes back to us
            ('CRDT', 'PMNT-IDDT-UPDD', why, False, 'other'),
            ('CRDT', 'PMNT-RDDT-PMDD', plain, False, 'credited'),
            ('CRDT', 'PMNT-IDDT-ESDD', plain, False, 'credited'),
            ('CRDT', 'PMNT-IDDT-BBDD', plain, False, 'credited'),
            ('CRDT', 'PMNT-RCDT-ESCT', plain, False, 'other'),
            ('DBIT', '', plain, False, 'other'),
        ):
            with self.subTest(sign=sign, code=code, reversal=reversal):
                _message, answers = read(camt(entry(details, sign=sign, code=code, reversal=reversal)))
                self.assertEqual(events(answers), [expected])

    def test_several_returns_in_one_line_have_their_own_amounts(self):
        line = entry(
            tx("E1", amount='564.05', reason='MD06'), tx("E2", amount='100.00', reason='AM04'), amount='664.05'
        )
        _message, answers = read(camt(line))
        self.assertEqual(
            [(one.end_to_end_id, str(one.amount), str(one.entry_amount), one.entry_size) for one in answers],
            [("E1", '564.05', '664.05', 2), ("E2", '100.00', '664.05', 2)],
        )

    def test_a_transaction_of_several_without_an_amount_has_none(self):
        _message, answers = read(camt(entry(tx("E1", reason='AM04'), tx("E2", reason='AM04'), amount='664.05')))
        self.assertEqual([one.amount for one in answers], [None, None])

    def test_fees_inside_or_beside_in_each_version_of_the_message(self):
        for version, fee in (('001.02', charges('3.00', records=False)), ('001.08', charges('3.00'))):
            for total in ('53.00', '50.00'):
                details = tx("E1", asked='50.00', reason='MS03', charges=fee)
                _message, (answer,) = read(camt(entry(details, amount=total), version=version))
                with self.subTest(version=version, total=total):
                    self.assertEqual((answer.amount, answer.charges), (Decimal('50.00'), Decimal('3.00')))

    def test_a_refund_may_be_higher_than_what_was_asked_for(self):
        details = tx("E1", amount='120.80', asked='120.00', reason='MD06')
        _message, (answer,) = read(camt(entry(details, amount='120.80')))
        self.assertEqual((answer.amount, answer.instructed), (Decimal('120.80'), Decimal('120.00')))

    def test_mandate_only_not_provided_and_own_reasons(self):
        details = tx("NOTPROVIDED", mandate="RUM-7", amount='50.00', own='907', info="Motif 907")
        _message, (answer,) = read(camt(entry(details)))
        self.assertEqual((answer.end_to_end_id, answer.mandate_reference), ("", "RUM-7"))
        self.assertEqual((answer.reason, answer.proprietary_reason, answer.texts), ("", '907', ("Motif 907",)))

    def test_a_pending_line_says_so_in_each_version(self):
        details = tx("E1", amount='120.00', reason='AM04')
        for version, text in (('001.04', 'PDNG'), ('001.08', '<Cd>PDNG</Cd>')):
            _message, (answer,) = read(camt(entry(details, status=text), version=version))
            self.assertEqual((answer.event, answer.status), ('returned', 'PDNG'), version)

    def test_a_return_without_details_is_still_one(self):
        _message, (answer,) = read(camt(entry(code='PMNT-IDDT-UPDD', amount='120.00')))
        self.assertEqual((answer.event, answer.level, answer.amount), ('returned', 'entry', Decimal('120.00')))

    def test_a_credit_by_its_block_alone_or_by_its_transactions(self):
        credit = {'sign': 'CRDT', 'code': 'PMNT-RDDT-PMDD', 'amount': '220.00'}
        for details, batch in (
            ((), '<Btch><PmtInfId>PRLV1</PmtInfId></Btch>'),
            ((tx(block="PRLV1", amount='220.00'),), ''),
            ((tx("E1", block="PRLV1", amount='100.00'), tx("E2", block="PRLV1", amount='120.00')), ''),
        ):
            _message, (answer,) = read(camt(entry(*details, batch=batch, **credit)))
            self.assertEqual(
                (answer.event, answer.level, answer.payment_info_id, answer.amount),
                ('credited', 'block', "PRLV1", Decimal('220.00')),
            )

    def test_a_line_that_credits_two_blocks_and_takes_a_return_off(self):
        details = (
            tx("E1", block="PRLV1", amount='100.00'),
            tx("E2", block="PRLV2", amount='150.00'),
            tx("E3", amount='30.00', reason='AM04').replace('<Amt', '<CdtDbtInd>DBIT</CdtDbtInd><Amt'),
        )
        _message, answers = read(camt(entry(*details, sign='CRDT', code='PMNT-RDDT-PMDD', amount='220.00')))
        self.assertEqual(
            [(one.event, one.payment_info_id, one.end_to_end_id, str(one.amount)) for one in answers],
            [
                ('credited', "PRLV1", "E1", '100.00'),
                ('credited', "PRLV2", "E2", '150.00'),
                ('returned', "", "E3", '30.00'),
            ],
        )

    # === pain.002 === #

    def test_a_rejected_file_or_block_rejects_all_of_it(self):
        for text, expected in (
            (status(file="PRLV1", group='RJCT', reason='FF01'), [('rejected', 'file', 'FF01')]),
            (status(block(is_status='RJCT', reason='AG02')), [('rejected', 'block', 'AG02')]),
            (
                status(block(rejection("E1", reason='AC04'), is_status='RJCT', reason='AG02'), group='PART'),
                [('rejected', 'transaction', 'AC04'), ('rejected', 'block', 'AG02'), ('other', 'file', '')],
            ),
        ):
            _message, answers = read(text)
            self.assertEqual([(one.event, one.level, one.reason) for one in answers], expected)

    def test_a_transaction_without_status_has_its_blocks(self):
        text = status(block(rejection("E1", is_status='', reason=''), is_status='RJCT', reason='AG02'))
        _message, answers = read(text)
        self.assertEqual([(one.event, one.reason) for one in answers], [('rejected', 'AG02')] * 2)

    def test_only_a_rejection_is_one(self):
        for code, expected in (
            ('RJCT', 'rejected'),
            ('CANC', 'rejected'),
            ('PDNG', 'pending'),
            ('RCVD', 'pending'),
            ('ACCP', 'accepted'),
            ('ACTC', 'accepted'),
            ('ACSP', 'accepted'),
            ('ACSC', 'accepted'),
            ('ACWC', 'accepted'),
            ('PART', 'other'),
            ('XYZZ', 'other'),
        ):
            _message, answers = read(status(block(rejection("E1", is_status=code)), group=code))
            self.assertEqual(
                [(one.event, one.level) for one in answers][::2], [(expected, 'transaction'), (expected, 'file')]
            )

    # === shapes of files === #

    def test_prefixes_byte_order_marks_and_encodings(self):
        text = camt(entry(tx("E1", amount='120.00', reason='AM04', debtor="Frédéric")))
        prefixed = text.replace('<', '<n:').replace('<n:/', '</n:').replace('<n:?', '<?').replace('xmlns=', 'xmlns:n=')
        for data in (
            prefixed.encode(),
            b'\xef\xbb\xbf' + text.encode(),
            text.replace('UTF-8', 'ISO-8859-1').encode('latin-1'),
            text.replace('UTF-8', 'UTF-16').encode('utf-16'),
        ):
            _message, (answer,) = read(data)
            self.assertEqual((answer.event, answer.debtor), ('returned', "Frédéric"))

    def test_an_unknown_version_is_read_and_told(self):
        message, answers = read(camt(entry(tx("E1", amount='1.00', reason='AM04')), version='001.13'))
        self.assertEqual((message.is_known_version, events(answers)), (False, ['returned']))

    def test_days_may_carry_a_time(self):
        text = camt(entry(tx("E1", amount='1.00', reason='AM04')))
        text = text.replace('<BookgDt><Dt>2026-09-08</Dt>', '<BookgDt><DtTm>2026-09-08T23:59:00+02:00</DtTm>')
        _message, (answer,) = read(text)
        self.assertEqual(answer.booked, date(2026, 9, 8))

    # === bad files === #

    def test_each_bad_file_has_its_own_error(self):
        good = camt(entry(tx("E1", amount='120.00', reason='AM04')))
        bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Document>&b;</Document>'
        stolen = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>'
        for data, code in (
            (b'', 'empty'),
            (b'hello', 'not_xml'),
            (b'\x00\x01\x02', 'not_xml'),
            (good[: len(good) // 2].encode(), 'truncated'),
            (good.replace('</Ntry>', '</Entry>').encode(), 'not_xml'),
            (good.replace('AM04', 'Frédéric').encode('latin-1'), 'encoding'),
            (good.replace('UTF-8', 'KLINGON').encode(), 'encoding'),
            (bomb.encode(), 'doctype'),
            (stolen.encode(), 'doctype'),
            (good.replace('E1', '&nothing;').encode(), 'not_xml'),
            (b'<Document/>', 'unknown_kind'),
            (b'<html><body/></html>', 'unknown_kind'),
            (good.replace('BkToCstmrDbtCdtNtfctn', 'CstmrDrctDbtInitn').encode(), 'unknown_kind'),
            (good.replace('>120.00<', '>12O.00<').encode(), 'bad_value'),
            (good.replace('>120.00<', '>-120.00<').encode(), 'bad_value'),
            (good.replace('>2026-09-08<', '>08/09/2026<').encode(), 'bad_value'),
            (good.replace('>2026-09-08<', '>2026-13-08<').encode(), 'bad_value'),
        ):
            with self.subTest(code, data=data[:60]), self.assertRaises(BankMessageError) as caught:
                read(data)
            self.assertEqual(caught.exception.code, code)

    def test_what_was_said_before_the_cut_is_known_but_the_reader_ends_in_an_error(self):
        text = camt(*(entry(tx(f"E{number}", amount='1.00', reason='AM04')) for number in range(3)))
        with self.assertRaises(BankMessageError):
            read(text[: text.rindex('<Ntry>')])
