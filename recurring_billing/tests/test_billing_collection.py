import hashlib
from base64 import b64decode
from datetime import date

import psycopg2
from lxml import etree

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from ..tools import pain008_checks
from .common_collection import TODAY, CollectionCommon

PAIN = {'p': 'urn:iso:std:iso:20022:tech:xsd:pain.008.001.08'}


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingCollection(CollectionCommon):
    def test_the_file_holds_each_debit_and_is_valid(self):
        invoices = self._invoice() | self._invoice(self._second_customer(), price=41.65)
        collection = self._prepared()
        collection.action_generate()
        content = b64decode(collection.file)
        self.assertEqual(pain008_checks.schema_faults(content), [])
        self.assertEqual(collection.file_sha256, hashlib.sha256(content).hexdigest())
        tree = etree.fromstring(content)
        self.assertEqual(tree.xpath('//p:GrpHdr/p:CtrlSum/text()', namespaces=PAIN), ['169.98'])
        self.assertEqual(tree.xpath('//p:DrctDbtTxInf/p:InstdAmt/text()', namespaces=PAIN), ['120.00', '49.98'])
        self.assertEqual(
            tree.xpath('//p:Dbtr/p:Nm/text()', namespaces=PAIN), ["Atelier Durand", "Boulangerie Ete + Fils"]
        )
        self.assertEqual(tree.xpath('//p:Dbtr/p:PstlAdr/p:TwnNm/text()', namespaces=PAIN), ["Paris", "Paris"])
        self.assertEqual(tree.xpath('//p:ReqdColltnDt/text()', namespaces=PAIN), ['2026-09-03'])
        self.assertEqual(
            tree.xpath('//p:EndToEndId/text()', namespaces=PAIN),
            collection.debit_ids.sorted('id').mapped('end_to_end_id'),
        )
        self.assertEqual(set(invoices.mapped('billing_debit_state')), {'in_file'})

    def test_only_due_open_invoices_of_debit_customers_are_taken(self):
        due = self._invoice()
        later = self._invoice(payment_term_id=self.env.ref('account.account_payment_term_30days').id)
        transfer = self._invoice(debit=False)
        collection = self._prepared()
        self.assertEqual(collection.debit_ids.move_ids, due)
        self.assertFalse((later | transfer).billing_debit_ids)

    def test_an_invoice_is_never_in_two_collections_at_once(self):
        self._invoice()
        first = self._prepared()
        self.assertFalse(self._prepared())
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            first.debit_ids.item_ids._unguarded().copy()
            self.env.flush_all()
        first.action_cancel()
        self.assertTrue(self._prepared(), "a cancelled collection frees its debits")

    def test_a_closed_day_or_one_too_early_is_refused(self):
        self._invoice()
        with self.assertRaisesRegex(UserError, r"09/02/2026 is too early.*09/03/2026"), self.env.cr.savepoint():
            self._prepare(date(2026, 9, 2), TODAY)
        with self.assertRaisesRegex(ValidationError, r"banks are closed on 09/05/2026.*09/07/2026"):
            self._prepare(date(2026, 9, 5), TODAY)

    def test_a_customer_without_active_mandate_is_left_out_by_name(self):
        self._invoice()
        other = self._second_customer()
        orphan = self._invoice(other)
        orphan.billing_mandate_id.action_revoke()
        collection, refusals = self._prepare(date(2026, 9, 3), TODAY)
        self.assertEqual(collection.debit_count, 1)
        self.assertRegex(refusals[0], rf"{orphan.name}.*Été & Fils has no active mandate")

    def test_a_mandate_revoked_after_preparation_stops_the_file(self):
        self._invoice()
        collection = self._prepared()
        self.mandate.action_revoke()
        with self.assertRaisesRegex(UserError, rf"{self.mandate.name} of Atelier Durand is revoked"):
            collection.action_generate()
        self.assertEqual((collection.state, collection.file), ('draft', False))

    def test_an_invoice_in_another_currency_is_refused(self):
        usd = self.env.ref('base.USD')
        usd.active = True
        self.env['res.currency.rate'].create({'currency_id': usd.id, 'name': date(2026, 1, 1), 'rate': 1.1})
        invoice = self._invoice(currency_id=usd.id)
        collection, refusals = self._prepare(date(2026, 9, 3), TODAY)
        self.assertFalse(collection)
        self.assertRegex(refusals[0], rf"{invoice.name}.*is in USD: SEPA debits are in euros only")

    def test_a_file_without_debits_is_refused(self):
        self._invoice()
        collection = self._prepared()
        collection.debit_ids.action_drop()
        with self.assertRaisesRegex(UserError, "holds no debit"):
            collection.action_generate()

    def test_a_file_needs_the_creditors_identifier_and_account(self):
        self._invoice()
        collection = self._prepared()
        self.company.billing_creditor_identifier = False
        self.bank_journal.bank_account_id = False
        with self.assertRaises(UserError) as caught:
            collection.action_generate()
        self.assertIn("no SEPA creditor identifier", str(caught.exception))
        self.assertIn("Account Number", str(caught.exception))

    def test_a_file_needs_what_its_settlement_will_need(self):
        self._invoice()
        collection = self._prepared()
        self.company.billing_settlement_journal_id = False
        self.sdd.payment_account_id = False
        collection.action_check()
        self.assertEqual(collection.state, 'draft')
        self.assertIn("no direct debit journal", collection.check_text)
        self.assertIn("no outstanding account", collection.check_text)

    def test_a_debtor_outside_the_eea_needs_an_address(self):
        customer = self._customer("Genfer Laden", city=False)
        self._mandate(customer, 'CH9300762011623852957')
        invoice = self._invoice(customer)
        collection = self._prepared()
        with self.assertRaisesRegex(UserError, rf"{invoice.name}.*Genfer Laden.*city and country"):
            collection.action_generate()

    def test_an_invoice_paid_meanwhile_leaves_its_collection_by_itself(self):
        invoice, other = self._invoice(), self._invoice(self._second_customer())
        collection = self._prepared()
        self._register_payment(invoice)
        self.assertEqual(invoice.billing_debit_ids.state, 'dropped')
        self.assertIn(f"{invoice.name} is paid or credited", collection.message_ids[0].body)
        collection.action_generate()
        self.assertEqual((collection.debit_count, collection._live_debits().move_ids), (1, other))

    def test_nothing_settles_before_its_day_nor_unsent(self):
        invoice = self._invoice()
        collection = self._prepared()
        collection.action_generate()
        self._settle(date(2026, 9, 3))
        self.assertEqual(collection.state, 'in_file', "nobody confirmed that the bank has it")
        collection.action_confirm_sent()
        with self.assertRaisesRegex(UserError, "on that day, not before"):
            collection.action_settle()
        self._settle(date(2026, 9, 2))
        self.assertEqual((collection.state, invoice.amount_residual), ('sent', 120.0))

    def test_an_invoice_under_way_is_not_reset_to_draft(self):
        invoice = self._invoice()
        self._collect(date(2026, 9, 3), TODAY)
        with self.assertRaisesRegex(UserError, rf"{invoice.name} is being collected"):
            invoice.button_draft()

    def test_nobody_is_debited_for_somebody_else(self):
        invoice = self._invoice()
        invoice.billing_mandate_id = self._second_customer() and self.env['billing.mandate'].search(
            [('id', '!=', self.mandate.id)],
            limit=1,
        )
        _collection, refusals = self._prepare(date(2026, 9, 3), TODAY)
        self.assertRegex(
            refusals[0], rf"{invoice.name}.*Atelier Durand cannot be debited from mandate .* of Boulangerie"
        )

    def test_a_new_mandate_takes_over_the_open_invoices_of_a_revoked_one(self):
        invoice = self._invoice()
        self.mandate.action_revoke()
        successor = self._mandate(self.customer, 'FR7610278487575797543231912')
        self.assertEqual(self._prepared().debit_ids.mandate_id, successor)
        self.assertEqual(invoice.billing_mandate_id, self.mandate)

    def test_a_file_made_on_a_weekend_counts_from_monday(self):
        Collection = self.env['billing.collection']
        for today, earliest in (
            (date(2026, 9, 4), date(2026, 9, 8)),
            (date(2026, 9, 5), date(2026, 9, 9)),
            (date(2026, 12, 24), date(2026, 12, 29)),
            (date(2026, 12, 25), date(2026, 12, 30)),
        ):
            with self.subTest(today):
                self.assertEqual(Collection._earliest_date(self.company, today), earliest)
                collection = Collection.new({'company_id': self.company.id, 'date': earliest})
                self.assertGreaterEqual(collection.send_by, today)

    def test_an_earlier_date_does_not_debit_what_is_not_due(self):
        invoice = self._invoice(payment_term_id=self.env.ref('account.account_payment_term_30days').id)
        collection, _refusals = self._prepare(date(2026, 10, 1), TODAY)
        collection.date = date(2026, 9, 3)
        collection.action_check()
        self.assertEqual((collection.state, collection.debit_ids.state), ('draft', 'dropped'))
        self.assertIn(f"{invoice.name} is due on 10/01/2026 only", collection.message_ids[-1].body or "")

    def test_what_was_computed_and_sent_is_not_typed_over(self):
        self._invoice()
        collection = self._collect(date(2026, 9, 3), TODAY)
        debit = collection.debit_ids
        for record, values in (
            (debit, {'amount': 12000.0}),
            (debit, {'state': 'settled'}),
            (collection, {'file': False}),
            (collection, {'file_sha256': "0"}),
            (collection, {'amount_total': 1.0}),
            (debit, {'currency_id': self.env.ref('base.USD').id}),
            (debit.item_ids, {'move_id': False}),
            (self.mandate, {'lapses_on': date(2099, 1, 1)}),
            (self.mandate, {'key': "x"}),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                record.write(values)
        with self.assertRaisesRegex(UserError, "number, date and bank can no longer be changed"):
            collection.name = "PRLV-1"
        values = {'collection_id': collection.id, 'partner_id': self.customer.id, 'mandate_id': self.mandate.id}
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            self.env['billing.debit'].create({**values, 'amount': 5.0})

    def test_the_crons_prepare_and_settle(self):
        invoice = self._invoice()
        self._announce_due(date(2026, 9, 3))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_prepare').method_direct_trigger()
        collection = invoice.billing_debit_ids.collection_id
        self.assertEqual((collection.state, collection.date), ('draft', date(2026, 9, 3)))
        collection.action_generate()
        collection.action_confirm_sent()
        with freeze_time('2026-09-03'), self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_settle').method_direct_trigger()
        self.assertEqual(collection.state, 'settled')

    @mute_logger('odoo.addons.recurring_billing.models.billing_worker')
    def test_a_settlement_that_cannot_be_booked_is_parked_with_its_reason(self):
        self._invoice()
        collection = self._collect(date(2026, 9, 3), TODAY)
        account, self.sdd.payment_account_id = self.sdd.payment_account_id, False
        self._settle(date(2026, 9, 3))
        self.assertIn("no outstanding account", collection.error)
        self.assertEqual((collection.state, len(collection.activity_ids)), ('sent', 1))
        self.sdd.payment_account_id = account
        collection.action_retry()
        self.env['billing.collection']._settle_due(date(2026, 9, 3), transaction=Transaction())
        self.assertEqual(collection.state, 'settled')

    def test_the_prepare_wizard_refuses_a_day_that_the_bank_does_not_take(self):
        self._invoice()
        self._announce_due(date(2026, 9, 7))
        wizard = self.env['billing.collection.prepare'].create({})
        self.assertFalse(wizard.date_fault)
        for day, text in (
            (date(2026, 9, 12), "Banks are closed on 09/12/2026: choose 09/14/2026."),
            (date(2026, 9, 1), "09/01/2026 is too early for the bank: choose 09/0"),
        ):
            wizard.date = day
            self.assertIn(text, wizard.date_fault)
            with self.assertRaisesRegex(UserError, text):
                wizard.action_prepare()

    def test_the_prepare_wizard_shows_what_it_takes_and_what_it_leaves(self):
        self._invoice()
        orphan = self._invoice(self._second_customer())
        orphan.billing_mandate_id.action_revoke()
        self._announce_due(date(2026, 9, 7))
        wizard = self.env['billing.collection.prepare'].create({})
        self.assertEqual((wizard.date, wizard.invoice_count, wizard.amount_total), (date(2026, 9, 7), 1, 120.0))
        self.assertIn(orphan.name, wizard.refusals)
        action = wizard.action_prepare()
        self.assertEqual(action['res_model'], 'billing.collection')
        with self.assertRaisesRegex(UserError, "nothing to collect"):
            self.env['billing.collection.prepare'].create({}).action_prepare()
