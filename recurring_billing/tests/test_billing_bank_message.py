import base64
import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common_bank import camt, entry, tx
from .common_bank_message import RETURNED, BankMessageCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBillingBankMessage(BankMessageCommon):
    """Files of the bank are taken once, as a whole or not at all."""

    def test_a_file_says_what_was_done_for_it(self):
        collection = self._settled_collection()
        first, second = self._debits(collection)
        text = camt(
            self._credit_entry(collection, '180.00', ref='C1'),
            entry(tx(first.end_to_end_id, amount='120.00', reason='AM04'), ref='R1'),
            entry(tx("OTHER-1", amount='33.00', reason='AM04'), amount='33.00', ref='R2'),
            entry(tx("X", amount='9.00'), amount='9.00', sign='CRDT', code='PMNT-RCDT-ESCT'),
        )
        message = self._import(text)
        self.assertEqual(message.display_name, f"camt.054 of {self.bank_journal.name}, 09/09/2026")
        self.assertEqual(message.summary, "1 credited, 1 returned, 1 to decide, 1 about other things")
        self.assertEqual((message.state, message.reference), ('to_decide', 'N1'))
        self.assertEqual((first.state, second.state), ('returned', 'settled'))
        self.assertEqual(len(message.activity_ids), 1)

    def test_the_same_file_is_taken_once(self):
        debit = self._debits(self._settled_collection())[0]
        text = self._returning(debit)
        first, again = self._import(text, text)
        self.assertEqual((first.state, again.state), ('done', 'refused'))
        self.assertIn("was taken already on 09/10/2026", again.error)
        self.assertFalse(again.item_ids)

    def test_an_archive_is_a_message_for_each_of_its_files(self):
        first, second = self._debits(self._settled_collection())
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w') as archive:
            archive.writestr("a.xml", self._returning(first, number='A'))
            archive.writestr("b.xml", self._returning(second, number='B'))
        messages = self.env['billing.bank.message']._import(self.company, [("bank.zip", buffer.getvalue())])
        self.assertEqual(messages.mapped('file_name'), ["a.xml", "b.xml"])
        self.assertEqual((first | second).mapped('state'), ['returned', 'returned'])

    def test_what_cannot_be_read_is_refused_as_a_whole_and_says_why(self):
        first, _second = self._debits(self._settled_collection())
        good = self._returning(first)
        cut = good[: good.index('</Ntfctn>')]
        for data, words in (
            (b'', "is empty"),
            (b'hello', "no message in XML"),
            (cut.encode(), "ends in the middle"),
            (good.replace('120.00', 'many').encode(), "“many”, which is no amount or date"),
            (b'<Document xmlns="urn:x"><CstmrDrctDbtInitn/></Document>', "none of pain.002, camt"),
            (b'<!DOCTYPE a><Document><BkToCstmrStmt/></Document>', "may be an attack"),
        ):
            message = self.env['billing.bank.message']._import(self.company, [("bank.xml", data)])
            with self.subTest(words):
                self.assertEqual(message.state, 'refused')
                self.assertIn(words, message.error)
                self.assertEqual((first.state, message.activity_ids.user_id), ('settled', self.env.user))

    def test_one_bad_file_does_not_keep_the_others(self):
        first, _second = self._debits(self._settled_collection())
        bad, good = self._import("hello", self._returning(first))
        self.assertEqual((bad.state, good.state, first.state), ('refused', 'done', 'returned'))

    def test_a_refused_file_may_come_again_once_it_is_whole(self):
        first, _second = self._debits(self._settled_collection())
        text = self._returning(first)
        self._import("hello")
        self._import("hello")
        self.assertEqual(self._import(text).state, 'done')

    def test_an_unknown_version_is_told(self):
        message = self._import(camt(entry(tx("E1", amount='9.00', reason='AM04')), version='001.99'))
        self.assertIn("a version that is not known here (001.99)", message.warning)

    def test_dropped_files_are_taken_and_not_left_lying_about(self):
        first, _second = self._debits(self._settled_collection())
        file = self.env['ir.attachment'].create(
            {'name': "bank.xml", 'datas': base64.b64encode(self._returning(first).encode())}
        )
        action = self.env['billing.bank.message'].create_document_from_attachment("", file.ids)
        message = self.env['billing.bank.message'].browse(action['res_id'])
        self.assertEqual((message.state, file.exists()), ('done', file.browse()))

    def test_the_wizard_takes_several_files(self):
        wizard = self.env['billing.bank.message.import'].create({})
        with self.assertRaisesRegex(UserError, "Choose the files"):
            wizard.action_import()
        wizard.file_ids = self.env['ir.attachment'].create(
            [{'name': f"{name}.xml", 'raw': camt(number=name).encode()} for name in ("one", "two")]
        )
        action = wizard.action_import()
        messages = self.env['billing.bank.message'].search(action['domain'])
        self.assertEqual(messages.mapped('summary'), ["Nothing about direct debits."] * 2)

    # === who may === #

    def test_only_the_debit_role_imports_and_reads_the_file(self):
        text = camt(number='X')
        message = self._import(text)
        for groups, may_import in (
            ('account.group_account_invoice', False),
            ('account.group_account_readonly', False),
            ('recurring_billing.group_debit', True),
        ):
            user = new_test_user(self.env, groups=groups, login=groups, company_id=self.company.id)
            seen = message.with_user(user)
            with self.subTest(groups):
                self.assertTrue(seen.summary)
                if may_import:
                    self.assertTrue(seen.file)
                    continue
                with self.assertRaises(AccessError):
                    seen.read(['file'])
                with self.assertRaises(AccessError):
                    self.env['billing.bank.message'].with_user(user).create_document_from_attachment("", [])

    def test_the_debit_role_alone_does_all_of_it(self):
        """Returns with a new debit, a mandate on hold, bank lines, decisions: nothing asks for more rights."""
        self._invoice()
        collection = self._settled_collection()
        first, second = self._debits(collection)[:2]
        user = new_test_user(
            self.env, groups='recurring_billing.group_debit', login="debit role", company_id=self.company.id
        )
        text = camt(
            self._credit_entry(collection, '300.00', ref='C1'),
            entry(tx(first.end_to_end_id, amount='120.00', reason='AM04'), amount='123.00', ref='R1'),
            entry(tx(second.end_to_end_id, amount='120.00', reason='AC04'), ref='R2'),
            entry(tx(amount='60.00', reason='AM04'), amount='60.00', ref='R3'),
        )
        messages = self.env['billing.bank.message'].with_user(user)
        message = messages._import(self.company, [("bank.xml", text.encode())])
        self.assertEqual(message.summary, "1 credited, 2 returned, 1 to decide")
        last = collection.debit_ids - first - second
        last.with_user(user).with_context(billing_item_id=message.decide_ids.id).action_answer()
        self.assertEqual((message.state, collection.debit_ids.mapped('state')), ('done', ['returned'] * 3))
        self.assertEqual(self._balance('511600', RETURNED), 0.0)

    def test_another_company_does_not_see_it(self):
        message = self._import(camt())
        other = self.env['res.company'].create({'name': "Other"})
        user = new_test_user(
            self.env, groups='recurring_billing.group_debit', login="other", company_id=other.id, company_ids=other.ids
        )
        self.assertFalse(self.env['billing.bank.message'].with_user(user).search([('id', '=', message.id)]))

    def test_what_the_bank_said_is_neither_changed_nor_deleted(self):
        message = self._import(camt())
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            message.write({'kind': 'camt.053'})
        with self.assertRaisesRegex(UserError, "is kept with what was done"):
            message.unlink()
