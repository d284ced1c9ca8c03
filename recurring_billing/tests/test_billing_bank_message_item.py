from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common_bank import IBAN, block, camt, charges, entry, rejection, status, tx
from .common_bank_message import RETURNED, BankMessageCommon
from .common_collection import DAY

OTHER_IBAN = 'FR7630002609130830166131893'


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingBankMessageItem(BankMessageCommon):
    """Every answer of the bank acts once on what it means, or waits for a person with the reason in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank_journal.billing_books_bank_lines = False

    def _one(self, *entries, **options):
        message = self._import(camt(*entries, **options))
        return message.item_ids

    # === which debit === #

    def test_a_return_by_its_end_to_end_id_is_booked_on_the_banks_day(self):
        first, second = self._debits(self._settled_collection())
        item = self._import(self._returning(first)).item_ids
        self.assertEqual((item.state, item.debit_id, first.state, second.state), ('done', first, 'returned', 'settled'))
        self.assertEqual((item.move_id, first.return_reason_id.code), (first.return_move_id, 'AM04'))
        rows = [('411100', self.customer.name, 120.0, 0.0), ('511600', self.customer.name, 0.0, 120.0)]
        self.assertEntry(first.return_move_id, RETURNED, rows)
        self.assertIn("returned on 09/08/2026", item.explanation)

    def test_the_mandate_the_amount_and_the_days_find_a_debit_that_has_no_id(self):
        first, _second = self._debits(self._settled_collection())
        for day, found in (('2026-09-02', False), ('2026-09-18', False), ('2026-09-17', True)):
            details = tx("NOTPROVIDED", mandate=self.mandate.name, amount='120.00', reason='AM04')
            with freeze_time('2026-09-20'):
                item = self._one(entry(details, day=day), number=day)
            self.assertEqual((item.state, first.state == 'returned'), ('done' if found else 'to_decide', found), day)

    def test_the_amount_alone_finds_nothing_but_a_candidate(self):
        first, _second = self._debits(self._settled_collection())
        item = self._one(entry(tx(amount='120.00', reason='AM04', debtor="Atelier Durand")))
        self.assertEqual(
            (item.state, item.explanation), ('to_decide', "The bank names no debit: choose it, or ignore this.")
        )
        self.assertEqual((first.state, item.candidate_ids), ('settled', first))

    def test_two_debits_of_one_mandate_and_amount_are_a_choice(self):
        self._invoice()
        self._invoice()
        collection = self._collect(DAY, date(2026, 9, 1))
        self._settle(DAY)
        item = self._one(entry(tx(mandate=self.mandate.name, amount='120.00', reason='AM04')))
        self.assertEqual((item.state, item.explanation), ('to_decide', "2 debits may be meant: choose one."))
        chosen = collection.debit_ids[1]
        chosen.with_context(billing_item_id=item.id).action_answer()
        self.assertEqual((item.state, chosen.state), ('done', 'returned'))
        self.assertEqual((collection.debit_ids - chosen).state, 'settled')

    def test_a_debit_of_other_software_waits_for_a_person(self):
        self._settled_collection()
        item = self._one(entry(tx("OTHER-1", mandate=self.mandate.name, amount='120.00', reason='AM04')))
        self.assertEqual(item.state, 'to_decide')
        self.assertIn("No debit has the end-to-end id OTHER-1", item.explanation)
        with self.assertRaisesRegex(UserError, "Choose the debit"):
            item.action_take()

    def test_a_file_of_an_account_that_is_not_ours_is_refused_and_may_come_again(self):
        first, _second = self._debits(self._settled_collection())
        self.bank_journal.bank_account_id, own = False, self.bank_journal.bank_account_id
        text = self._returning(first)
        refused = self._import(text)
        self.assertEqual((refused.state, first.state), ('refused', 'settled'))
        self.assertIn("is none of a bank journal of", refused.error)
        self.assertNotIn("4056560376143653714", refused.error)
        self.bank_journal.bank_account_id = own
        self.assertEqual((self._import(text).state, first.state), ('done', 'returned'))

    def test_an_account_among_others_that_is_not_ours_waits_until_it_is_entered(self):
        first, second = self._debits(self._settled_collection())
        ours, other = self._returning(first), self._returning(second).replace(IBAN, OTHER_IBAN)
        part = other[other.index('<Ntfctn>') : other.index('</BkToCstmrDbtCdtNtfctn>')]
        message = self._import(ours.replace('</BkToCstmrDbtCdtNtfctn>', f'{part}</BkToCstmrDbtCdtNtfctn>'))
        self.assertEqual((first.state, second.state, message.state), ('returned', 'settled', 'to_decide'))
        self.assertIn("is none of a bank journal of", message.decide_ids.explanation)
        self.env['account.journal'].create(
            {
                'name': "Second bank",
                'type': 'bank',
                'code': "BNK9",
                'bank_account_id': self.env['res.partner.bank']
                .create({'partner_id': self.company.partner_id.id, 'acc_number': OTHER_IBAN})
                .id,
            }
        )
        message.decide_ids.action_try_again()
        self.assertEqual((second.state, message.state), ('returned', 'done'))

    # === once === #

    def test_the_same_return_in_the_notice_and_in_the_statement_acts_once(self):
        for ref in ('REF1', ''):
            debit = self._debits(self._settled_collection())[0]
            notice = self._import(self._returning(debit, ref=ref))
            statement = self._import(self._returning(debit, ref=ref, kind='camt.053', number='S1'))
            self.assertEqual((notice.item_ids.state, statement.item_ids.state), ('done', 'ignored'))
            self.assertIn("said so already in “camt.054", statement.item_ids.explanation)

    def test_a_debit_that_came_back_comes_back_once(self):
        first, _second = self._debits(self._settled_collection())
        first._return(RETURNED, 'AM04')
        item = self._import(self._returning(first)).item_ids
        self.assertEqual(item.state, 'ignored')
        self.assertIn("came back on 09/08/2026 already", item.explanation)

    def test_a_line_announced_first_acts_when_it_is_booked(self):
        first, _second = self._debits(self._settled_collection())
        announced = self._import(self._returning(first, ref='R1', status='PDNG')).item_ids
        self.assertEqual((announced.state, first.state), ('ignored', 'settled'))
        self.assertIn("Not booked by the bank yet", announced.explanation)
        booked = self._import(self._returning(first, ref='R1', number='N2')).item_ids
        self.assertEqual((booked.state, first.state), ('done', 'returned'))

    def test_two_like_lines_of_one_file_are_two_answers(self):
        line = entry(tx("OTHER", amount='5.00', reason='AM04'), amount='5.00')
        self.assertEqual(self._one(line, line).mapped('state'), ['to_decide', 'to_decide'])
        self.assertEqual(self._one(line, line, kind='camt.053').mapped('state'), ['ignored', 'ignored'])

    # === amounts === #

    def test_fees_inside_the_line_or_beside_it(self):
        for total, fee in (('123.00', ''), ('123.00', charges('3.00')), ('120.00', charges('3.00'))):
            debit = self._debits(self._settled_collection())[0]
            details = tx(debit.end_to_end_id, amount='120.00', reason='AM04', charges=fee)
            item = self._one(entry(details, amount=total), number=debit.end_to_end_id)
            with self.subTest(total=total, fee=bool(fee)):
                self.assertEqual((item.state, debit.return_amount, debit.return_fee), ('done', 120.0, 3.0))
                rows = [
                    ('411100', self.customer.name, 120.0, 0.0),
                    ('627800', self.customer.name, 3.0, 0.0),
                    ('511600', self.customer.name, 0.0, 123.0),
                ]
                self.assertEntry(debit.return_move_id, RETURNED, rows)

    def test_a_refund_with_interest_keeps_it_apart(self):
        first, _second = self._debits(self._settled_collection())
        details = tx(first.end_to_end_id, amount='120.80', asked='120.00', reason='MD06')
        self._one(entry(details, amount='120.80'))
        self.assertEqual((first.return_amount, first.return_interest, first.return_kind), (120.0, 0.8, 'refunded'))
        self.assertEqual(first.move_ids.amount_residual, 120.0)

    def test_another_amount_asks_a_person_who_may_correct_it(self):
        first, _second = self._debits(self._settled_collection())
        item = self._one(entry(tx(first.end_to_end_id, amount='50.00', reason='AM04'), amount='50.00'))
        self.assertEqual((item.state, item.debit_id, first.state), ('to_decide', first, 'settled'))
        self.assertIn(
            "took back 50.00\xa0€ of a debit of 120.00\xa0€".replace("\xa0", ""), item.explanation.replace("\xa0", "")
        )
        item.write({'amount': 40.0, 'fee': 10.0})
        item.action_take()
        self.assertEqual((first.state, first.move_ids.amount_residual, item.state), ('returned', 40.0, 'done'))

    def test_several_returns_in_one_line(self):
        first, second = self._debits(self._settled_collection())
        details = [tx(one.end_to_end_id, amount=f"{one.amount:.2f}", reason='AM04') for one in (first, second)]
        items = self._one(entry(*details, amount='180.00', ref='R1'))
        self.assertEqual(items.mapped('state'), ['done', 'done'])
        self.assertEqual((first | second).move_ids.mapped('amount_residual'), [120.0, 60.0])

    # === before its time === #

    def test_a_return_before_its_debit_was_sent_waits_until_it_is(self):
        self._invoice()
        collection, _refusals = self._prepare(DAY, date(2026, 9, 1))
        collection._generate(date(2026, 9, 1))
        item = self._import(self._returning(collection.debit_ids)).item_ids
        self.assertEqual(item.state, 'to_decide')
        self.assertIn("was not sent yet", item.explanation)
        collection.action_confirm_sent()
        self._settle(DAY)
        item.action_try_again()
        self.assertEqual((item.state, collection.debit_ids.state), ('done', 'returned'))

    def test_a_return_dated_before_the_debit_asks_a_person(self):
        first, _second = self._debits(self._settled_collection())
        item = self._import(self._returning(first, day='2026-09-02')).item_ids
        self.assertEqual((item.state, first.state), ('to_decide', 'settled'))
        self.assertIn("after the day of this return", item.explanation)

    def test_one_faulty_answer_does_not_keep_the_others(self):
        first, second = self._debits(self._settled_collection())
        self.company.billing_bank_fee_account_id = False
        self.env['account.chart.template'].with_company(self.company).ref('pcg_6278').unlink()
        faulty = tx(first.end_to_end_id, amount='120.00', reason='AM04', charges=charges('3.00'))
        items = self._one(entry(faulty), entry(tx(second.end_to_end_id, amount='60.00', reason='AM04'), amount='60.00'))
        self.assertEqual(items.mapped('state'), ['to_decide', 'done'])
        self.assertIn("the bank's fee has no account", items[0].explanation)
        self.assertEqual((first.state, second.state), ('settled', 'returned'))

    # === pain.002 === #

    def test_a_rejection_before_settlement_leaves_no_entry(self):
        collection = self._sent_collection()
        first, second = self._debits(collection)
        item = self._import(status(block(rejection(first.end_to_end_id)), file=collection.name)).item_ids
        self.assertEqual((item.state, first.state, first.return_kind), ('done', 'returned', 'rejected'))
        self.assertFalse(first.return_move_id)
        self.assertEqual(second.state, 'sent')

    def test_a_rejection_that_does_not_repeat_the_amount_takes_the_whole_debit_back(self):
        first, _second = self._debits(self._sent_collection())
        bare = rejection(first.end_to_end_id)
        bare = f"{bare[: bare.index('<OrgnlTxRef>')]}</TxInfAndSts>"
        item = self._import(status(block(bare))).item_ids
        self.assertEqual((item.state, first.state, first.return_amount), ('done', 'returned', 120.0))

    def test_a_rejected_block_rejects_all_of_it_each_with_its_own_reason_where_it_has_one(self):
        collection = self._sent_collection()
        first, second = self._debits(collection)
        own = rejection(first.end_to_end_id, reason='AC04')
        text = status(block(own, name=f"{collection.name}-1", is_status='RJCT', reason='MD02'), file=collection.name)
        message = self._import(text)
        self.assertEqual(message.state, 'done')
        self.assertEqual((first.return_reason_id.code, second.return_reason_id.code), ('AC04', 'MD02'))

    def test_a_rejected_file_rejects_all_of_it(self):
        collection = self._sent_collection()
        message = self._import(status(file=collection.name, group='RJCT', reason='FF01'))
        self.assertEqual(collection.debit_ids.mapped('state'), ['returned', 'returned'])
        self.assertEqual(
            message.item_ids.explanation, f"2 debits of collection {collection.name} rejected on 09/02/2026."
        )

    def test_accepted_is_noted_and_pending_is_no_rejection(self):
        collection = self._sent_collection()
        self._import(status(block(rejection(collection.debit_ids[0].end_to_end_id, is_status='PDNG'))))
        self.assertEqual(collection.debit_ids.mapped('state'), ['sent', 'sent'])
        self._import(status(file=collection.name, group='ACCP'))
        self.assertEqual(collection.accepted_on, date(2026, 9, 2))

    def test_a_file_of_ours_that_is_unknown_waits_for_a_person(self):
        item = self._import(status(file='PRLV-X', group='RJCT')).item_ids
        self.assertEqual(
            (item.state, item.explanation), ('to_decide', "No collection goes by “PRLV-X”: choose it, or ignore this.")
        )

    # === by hand === #

    def test_returns_of_paper_are_keyed_by_id_invoice_or_mandate(self):
        first, second = self._debits(self._settled_collection())
        paper = self.env['billing.bank.message'].create(
            {
                'item_ids': [
                    Command.create(self._keyed(first.move_ids.name, 120.0, fee=2.5)),
                    Command.create(self._keyed(second.mandate_id.name, 60.0)),
                    Command.create(self._keyed("nothing", 10.0)),
                ]
            }
        )
        self.assertEqual(paper.state, 'draft')
        self.assertEqual(paper.item_ids.debit_id, first | second)
        paper.action_book()
        self.assertEqual(paper.item_ids.mapped('state'), ['done', 'done', 'to_decide'])
        self.assertEqual((first.return_fee, second.return_date), (2.5, RETURNED))

    def _keyed(self, reference, amount, **values):
        return {
            'typed': reference,
            'amount': amount,
            'date': RETURNED,
            'reason_id': self._reason('AM04').id,
            **values,
        }

    def test_a_return_that_lies_in_the_future_waits(self):
        first, _second = self._debits(self._settled_collection())
        item = self._import(self._returning(first, day='2026-09-11')).item_ids
        self.assertEqual((item.state, first.state), ('to_decide', 'settled'))
        self.assertIn("lies in the future", item.explanation)
        with self.assertRaisesRegex(UserError, "lies in the future"):
            item.action_take()

    def test_a_paper_needs_date_amount_and_reason(self):
        for name in ('date', 'amount', 'reason_id'):
            paper = self.env['billing.bank.message'].create(
                {'item_ids': [Command.create({**self._keyed("x", 1.0), name: False})]}
            )
            with self.assertRaisesRegex(UserError, "Key at least one return"):
                paper.action_book()

    def test_an_empty_paper_is_not_booked(self):
        with self.assertRaisesRegex(UserError, "Key at least one return"):
            self.env['billing.bank.message'].create({}).action_book()

    def test_answers_of_a_file_are_not_invented(self):
        message = self._import(camt())
        with self.assertRaisesRegex(UserError, "Answers come with the bank's file"):
            self.env['billing.bank.message.item'].create({'message_id': message.id, **self._keyed("x", 1.0)})

    def test_what_was_done_is_not_changed(self):
        first, _second = self._debits(self._settled_collection())
        item = self._import(self._returning(first)).item_ids
        with self.assertRaisesRegex(UserError, "is dealt with"):
            item.amount = 3.0

    def test_an_answer_can_be_ignored_by_name(self):
        item = self._one(entry(tx("OTHER", amount='5.00', reason='AM04'), amount='5.00'))
        item.action_ignore()
        self.assertEqual((item.state, item.explanation), ('ignored', f"Ignored by {self.env.user.name}."))
        self.assertEqual((item.message_id.state, item.message_id.activity_ids.ids), ('done', []))
