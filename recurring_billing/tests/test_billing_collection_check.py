from base64 import b64decode
from datetime import date

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common_collection import DAY, SECOND_IBAN, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingCollectionCheck(CollectionCommon):
    def test_the_check_names_each_faulty_debit_with_the_record_to_mend_and_keeps_the_rest(self):
        customer = self._second_customer()
        good, bad = self._plain_invoice(), self._plain_invoice(50.0, customer)
        collection = self._prepared()
        mandate = bad.billing_debit_ids.mandate_id
        mandate.action_revoke()
        collection.action_check()
        faulty = bad.billing_debit_ids
        self.assertEqual((collection.state, collection.faulty_count), ('draft', 1))
        self.assertIn(f"{mandate.name} of {customer.name} is revoked", faulty.check_text)
        action = faulty.action_mend()
        self.assertEqual((action['res_model'], action['res_id']), ('billing.mandate', mandate.id))
        self.assertFalse(good.billing_debit_ids.check_text)
        collection.action_drop_faulty()
        self.assertEqual((collection.state, collection.faulty_count), ('checked', 0))
        collection.action_generate()
        self.assertEqual((collection.file_count, collection.file_total), (1, 120.0))

    def test_a_mandate_that_ends_in_one_file_is_not_used_in_another(self):
        once = self._mandate(self.customer, SECOND_IBAN, mandate_type='OOFF')
        first = self._plain_invoice(billing_mandate_id=once.id)
        collection = self._prepared()
        second = self._plain_invoice(50.0, billing_mandate_id=once.id)
        other = self._prepared()
        collection.action_generate()
        self.assertEqual((first.billing_debit_state, second.billing_debit_state), ('in_file', 'planned'))
        other.action_check()
        self.assertRegex(other.debit_ids.check_text, rf"{once.name} ends with .* file of collection {collection.name}")
        collection.action_cancel()
        other.action_generate()
        other.action_confirm_sent()
        self.assertEqual(once.state, 'consumed')

    def test_all_that_is_wrong_is_shown_at_once(self):
        unreadable = self._customer("清水")
        self._mandate(unreadable, SECOND_IBAN)
        revoked, unread = self._plain_invoice(), self._plain_invoice(partner=unreadable)
        collection = self._prepared()
        self.mandate.action_revoke()
        collection.action_check()
        self.assertIn("is revoked", revoked.billing_debit_ids.check_text)
        self.assertIn("no letter that banks accept", unread.billing_debit_ids.check_text)

    def test_who_is_paid_for_is_the_one_to_mend_where_their_name_cannot_be_read(self):
        self._mandate(self.customer, SECOND_IBAN, ultimate_debtor_id=self._customer("清水").id)
        self.mandate.action_revoke()
        self._plain_invoice()
        debit = self._prepared().debit_ids
        debit.collection_id.action_check()
        self.assertRegex(debit.check_text, "Atelier Durand: the name of who is paid for .* write it in Latin letters")
        self.assertEqual(
            (debit.check_model, debit.check_res_id), ('res.partner', debit.mandate_id.ultimate_debtor_id.id)
        )

    def test_a_fault_of_the_company_is_no_debits(self):
        self._plain_invoice()
        collection = self._prepared()
        name, self.company.partner_id.name = self.company.name, "清水"
        collection.action_drop_faulty()
        self.assertRegex(
            collection.check_text, r"company 清水, .*: the name has no letter .* write it in Latin letters"
        )
        self.assertEqual((collection.state, collection.debit_count, collection.faulty_count), ('draft', 1, 0))
        with self.assertRaisesRegex(UserError, "The file as a whole"):
            collection.action_generate()
        self.company.partner_id.name = name
        collection.action_check()
        self.assertEqual(collection.state, 'checked')

    def test_of_two_last_debits_of_a_mandate_the_second_is_named(self):
        self._plain_invoice()
        self._plain_invoice(50.0)
        collection = self._prepared()
        collection.debit_ids.is_last = True
        collection.action_check()
        self.assertEqual(collection.faulty_count, 1)
        self.assertRegex(collection.debit_ids.filtered('check_text').check_text, "ends with another debit.*: drop this")

    def test_a_second_debit_of_a_one_off_names_the_customer(self):
        once = self._mandate(self.customer, SECOND_IBAN, mandate_type='OOFF')
        self._plain_invoice(billing_mandate_id=once.id)
        self._plain_invoice(50.0, billing_mandate_id=once.id)
        collection = self._prepared()
        collection.action_check()
        faulty = collection.debit_ids.filtered('check_text')
        self.assertEqual(len(faulty), 1)
        self.assertIn(f"{once.name} of {self.customer.name} is for one debit only", faulty.check_text)

    def test_less_than_was_announced_is_debited_where_the_settings_say_so(self):
        self._plain_invoice()
        self._credit(20.0)
        collection = self._prepared()
        collection.action_check()
        self.assertEqual((collection.state, collection.amount_total), ('checked', 96.0))
        self.company.billing_notice_lower = False
        collection.action_check()
        self.assertRegex(collection.debit_ids.check_text, r"120\.00\D* were announced, but only \D*96\.00")
        collection.debit_ids.item_ids.filtered(lambda item: item.amount < 0).unlink()
        collection.action_check()
        self.assertEqual((collection.state, collection.amount_total), ('checked', 120.0))

    def test_what_the_bank_would_refuse_is_found_before_the_file(self):
        customer = self._customer("Genfer Laden", city=False)
        self._mandate(customer, 'CH9300762011623852957')
        self._plain_invoice(partner=customer)
        collection = self._prepared()
        collection.action_check()
        debit = collection.debit_ids
        self.assertIn("city and country", debit.check_text)
        self.assertIn("enter its BIC", debit.check_text)
        self.assertEqual((debit.check_model, debit.check_res_id), ('res.partner', customer.id))
        customer.city = "Genève"
        bank = self.env['res.bank'].create({'name': "UBS", 'bic': 'UBSWCHZH80A'})
        debit.mandate_id.partner_bank_id.sudo().bank_id = bank
        collection.action_check()
        self.assertEqual((collection.state, debit.check_text), ('checked', False))

    def test_a_change_takes_a_checked_collection_back_to_draft(self):
        for change in (
            lambda collection: collection.debit_ids[0].action_drop(),
            lambda collection: collection.write({'date': date(2026, 9, 4)}),
            lambda collection: collection.debit_ids[0].write({'is_last': True}),
            lambda collection: collection.debit_ids[0].item_ids.write({'amount': 5.0}),
        ):
            invoices = self._plain_invoice() | self._plain_invoice(50.0)
            collection = self._prepared()
            collection.action_check()
            self.assertEqual(collection.state, 'checked')
            change(collection)
            self.assertEqual(collection.state, 'draft')
            collection.action_cancel()
            invoices.preferred_payment_method_line_id = False

    def test_with_four_eyes_another_person_makes_the_file(self):
        self.bank_journal.billing_four_eyes = True
        self._plain_invoice()
        collection = self._prepared()
        with self.assertRaisesRegex(UserError, "not checked, or changed since"):
            collection.action_generate()
        collection.action_check()
        with self.assertRaisesRegex(UserError, "checked by you: another person"):
            collection.action_generate()
        other = new_test_user(
            self.env,
            'second_pair_of_eyes',
            'recurring_billing.group_debit',
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        collection.with_user(other).action_generate()
        self.assertEqual((collection.state, collection.checked_by_id), ('in_file', self.env.user))
        self.assertEqual(collection.file_user_id, other)

    def test_the_cut_off_of_the_bank_counts(self):
        self._plain_invoice()
        collection = self._prepared()
        self.assertEqual((collection.send_by, collection.cutoff), (TODAY, 11.0))
        self.env.user.tz = 'Europe/Paris'
        with freeze_time('2026-09-01 08:59:00'):
            collection.action_check()
            self.assertEqual(collection.state, 'checked')
        with freeze_time('2026-09-01 09:01:00'):
            collection.action_check()
            self.assertEqual(collection.state, 'draft')
            self.assertRegex(collection.check_text, r"09/03/2026 is too early.*09/04/2026")

    def test_sequence_types_make_blocks(self):
        self.bank_journal.billing_uses_frst = True
        customer = self._second_customer()
        self._plain_invoice()
        self._plain_invoice(50.0)
        self._plain_invoice(30.0, customer)
        collection = self._prepared()
        by_amount = {debit.amount: debit for debit in collection.debit_ids}
        by_amount[36.0].is_last = True
        self.assertEqual(by_amount[36.0].sequence_type, 'FNAL')
        self.assertEqual({by_amount[120.0].sequence_type, by_amount[60.0].sequence_type}, {'FRST', 'RCUR'})
        by_amount[60.0].action_drop()
        collection.action_generate()
        tree = etree.fromstring(b64decode(collection.file))
        self.assertEqual(tree.xpath("//*[local-name()='SeqTp']/text()"), ['FNAL', 'FRST'])
        collection.action_confirm_sent()
        self.assertEqual(by_amount[36.0].mandate_id.state, 'consumed')
        self.assertEqual((self.mandate.state, self.mandate.last_presentation_date), ('active', DAY))

    def test_the_older_message_is_made_where_the_bank_asks_for_it(self):
        self.bank_journal.write({'billing_message_version': '02', 'billing_batch_booking': 'single'})
        self._plain_invoice()
        collection = self._prepared()
        collection.action_generate()
        content = b64decode(collection.file)
        self.assertIn(b'pain.008.001.02', content)
        self.assertIn(b'<BtchBookg>false</BtchBookg>', content)

    def test_the_limits_are_checked_again(self):
        self._plain_invoice()
        self._plain_invoice(50.0)
        collection = self._prepared()
        for values, words in (
            ({'billing_max_debits_per_file': 1}, "holds 2 debits"),
            ({'billing_max_debits_per_file': 0, 'billing_max_amount_per_file': 150.0}, r"180\.00.* in one file"),
            ({'billing_max_amount_per_file': 0, 'billing_max_amount_per_day': 150.0}, r"180\.00.* on 09/03/2026"),
        ):
            with self.subTest(values):
                self.bank_journal.write(values)
                collection.action_check()
                self.assertRegex(collection.check_text, words)
        self.bank_journal.write({'billing_max_amount_per_day': 0, 'billing_max_amount_per_debit': 100.0})
        collection.action_check()
        self.assertEqual(collection.faulty_count, 1)
        [faulty] = collection.debit_ids.filtered('check_text')
        self.assertRegex(faulty.check_text, r"120\.00.* in one debit")
        self.assertEqual(faulty.action_mend()['res_id'], faulty.id, "where a part of it can be collected")
