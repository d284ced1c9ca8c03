from datetime import date
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_collection import DAY, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingCollectionSelection(CollectionCommon):
    def test_a_credit_note_makes_the_debit_of_the_oldest_invoice_smaller(self):
        old, new = self._plain_invoice(), self._plain_invoice(50.0)
        credit = self._credit(20.0)
        first, second = self._prepared().debit_ids.sorted('id')
        self.assertEqual(self._items(first), [(old, 120.0), (credit, -24.0)])
        self.assertEqual((first.amount, first.reference), (96.0, f"{old.name}, {credit.name}"))
        self.assertEqual(self._items(second), [(new, 60.0)])
        self.assertIn("24.00", first.remark)

    def test_the_fault_of_one_company_does_not_stop_the_night_of_the_next(self):
        other = self.setup_other_company(name="Other")['company']
        other.write({'billing_creditor_identifier': 'FR72ZZZ123456', 'billing_bank_journal_id': self._bank_of(other)})
        asked = []

        def prepare(_collections, company, *_args):
            asked.append(company)
            if len(asked) == 1:
                raise UserError("no file today")  # pylint: disable=translation-required

        collections = type(self.env['billing.collection'])
        with (
            patch.object(collections, '_prepare_debits', prepare),
            self.enter_registry_test_mode(),
            self.assertLogs('odoo.addons.recurring_billing.models.billing_worker', 'ERROR') as logs,
        ):
            self.env.ref('recurring_billing.ir_cron_prepare').method_direct_trigger()
        self.assertGreater(len(set(asked)), 1)
        self.assertIn(f"company {asked[0].id} failed", logs.output[0])

    def _bank_of(self, company):
        domain = [('type', '=', 'bank'), ('company_id', '=', company.id)]
        return self.env['account.journal'].search(domain, limit=1).id

    def test_all_invoices_of_a_customer_make_one_debit_where_the_journal_says_so(self):
        self.bank_journal.billing_debit_grouping = 'mandate'
        invoices = self._plain_invoice() | self._plain_invoice(50.0)
        other = self._plain_invoice(30.0, self._second_customer())
        debits = self._prepared().debit_ids.sorted('id')
        self.assertEqual(debits.mapped('move_ids'), invoices | other)
        self.assertEqual(debits.mapped('amount'), [180.0, 36.0])

    def test_nothing_is_debited_where_credit_notes_reach_what_is_due(self):
        self._plain_invoice()
        credit = self._credit(100.0)
        collection, refusals = self._prepare(DAY, TODAY)
        self.assertFalse(collection)
        self.assertRegex(refusals[0], rf"Atelier Durand: credit notes {credit.name} reach what is due")

    def test_what_was_not_announced_or_for_another_day_is_left_out(self):
        told, untold = self._plain_invoice(), self._plain_invoice(50.0)
        self._announce(told, date(2026, 9, 4))
        collection, refusals = self.env['billing.collection']._prepare_debits(self.company, DAY, TODAY)
        self.assertFalse(collection)
        self.assertRegex(refusals[0], rf"{told.name}.*announced for 09/04/2026, not for 09/03/2026")
        self.assertRegex(refusals[1], rf"{untold.name}.*no notice of its debit was sent")

    def test_each_scheme_has_a_collection_of_its_own(self):
        self._plain_invoice()
        customer = self._second_customer()
        mandate = self.env['billing.mandate'].search([('partner_id', '=', customer.id)])
        mandate.action_revoke()
        business = self._mandate(customer, mandate.partner_bank_id.acc_number, scheme='B2B')
        self._plain_invoice(50.0, customer)
        core, b2b = self._prepared().sorted('amount_total', reverse=True)
        self.assertEqual((core.scheme, core.amount_total, b2b.scheme, b2b.amount_total), ('CORE', 120.0, 'B2B', 60.0))
        self.assertEqual(b2b.debit_ids.mandate_id, business)
        b2b._generate(TODAY)
        self.assertEqual(b2b.file_total, 60.0)

    def test_the_limits_of_a_file_make_several_collections(self):
        for price in (100.0, 50.0, 30.0):
            self._plain_invoice(price)
        for limit, expected in (
            ({'billing_max_debits_per_file': 2}, [180.0, 36.0]),
            ({'billing_max_debits_per_file': 0, 'billing_max_amount_per_file': 150.0}, [120.0, 96.0]),
        ):
            with self.subTest(limit):
                self.bank_journal.write(limit)
                collections = self._prepared()
                self.assertEqual(collections.sorted('id').mapped('amount_total'), expected)
                collections.action_cancel()

    def test_what_exceeds_the_limit_of_a_debit_or_of_a_day_waits(self):
        large, small = self._plain_invoice(1000.0), self._plain_invoice()
        self.bank_journal.billing_max_amount_per_debit = 500.0
        collection, refusals = self._prepare(DAY, TODAY)
        self.assertEqual(collection.debit_ids.move_ids, small)
        self.assertRegex(refusals[0], r"Atelier Durand: .*1,200\.00.* in one debit")
        self.bank_journal.write({'billing_max_amount_per_debit': 0.0, 'billing_max_amount_per_day': 1300.0})
        again, refusals = self._prepare(DAY, TODAY)
        self.assertFalse(again, "120 of 1,300 are taken by the first collection")
        self.assertRegex(refusals[0], r"1,200\.00.* do not fit into what journal")
        self.bank_journal.billing_max_amount_per_day = 1320.0
        self.assertEqual(self._prepared().debit_ids.move_ids, large)

    def test_a_debit_larger_than_a_file_may_be_waits_too(self):
        large, small = self._plain_invoice(1000.0), self._plain_invoice()
        self.bank_journal.billing_max_amount_per_file = 500.0
        collection, refusals = self._prepare(DAY, TODAY)
        self.assertEqual(collection.debit_ids.move_ids, small)
        self.assertRegex(refusals[0], r"1,200\.00.* in one debit .*500\.00")
        self.bank_journal.billing_max_amount_per_file = 0.0
        collection = self._prepared()
        self.bank_journal.billing_max_amount_per_file = 500.0
        collection.action_check()
        self.assertRegex(large.billing_debit_ids.check_text, r"1,200\.00.* in one debit .*500\.00")

    def test_a_branch_collects_its_own_invoices_through_the_bank_of_its_root(self):
        self._plain_invoice()
        self._announce_due(DAY)
        branch = self.env['res.company'].create(
            {'name': "Branch", 'parent_id': self.company.id, 'country_id': self.env.ref('base.fr').id}
        )
        Collection = self.env['billing.collection'].with_company(branch)
        self.assertEqual(Collection._prepare_debits(branch, DAY, TODAY, self.bank_journal), (Collection, []))

    def test_the_debits_shown_add_up_to_the_total_without_those_dropped(self):
        self._plain_invoice()
        dropped = self._plain_invoice(50.0)
        collection = self._prepared()
        dropped.billing_debit_ids.action_drop()
        self.assertEqual((sum(collection.debit_ids.mapped('amount_kept')), collection.amount_total), (120.0, 120.0))
        collection.action_cancel()
        self.assertEqual(sum(collection.debit_ids.mapped('amount_kept')), collection.amount_total)

    def test_a_part_of_an_invoice_may_be_collected(self):
        self.bank_journal.billing_debit_grouping = 'mandate'
        invoice, other = self._plain_invoice(), self._plain_invoice(50.0)
        credit = self._credit(20.0)
        collection = self._prepared()
        items = {item.move_id: item for item in collection.debit_ids.item_ids}
        for item, amount, words in (
            (items[invoice], 130.0, "at most the .*120.00"),
            (items[invoice], 0.0, "above zero"),
            (items[credit], -5.0, "taken off as a whole"),
        ):
            with self.subTest(amount), self.assertRaisesRegex(UserError, words):
                item.amount = amount
        collection.action_check()
        self.assertEqual(collection.state, 'checked')
        items[invoice].amount = 70.0
        self.assertEqual((collection.amount_total, collection.state), (106.0, 'draft'))
        with self.assertRaisesRegex(UserError, rf"{other.name}: another invoice .* in part already"):
            items[other].amount = 10.0
        items[credit].unlink()
        self.assertEqual(collection.amount_total, 130.0)
        collection.action_generate()
        with self.assertRaisesRegex(UserError, "step is only possible while it is “Planned”"):
            items[invoice].amount = 10.0

    def test_a_part_is_more_than_the_credit_notes_taken_off(self):
        invoice = self._plain_invoice()
        self._credit(20.0)
        item = self._prepared().debit_ids.item_ids.filtered(lambda item: item.amount > 0)
        with self.assertRaisesRegex(UserError, f"{invoice.name}: less the credit notes .* would take nothing"):
            item.amount = 24.0
        item.amount = 24.01
        self.assertEqual(item.debit_id.amount, 0.01)

    def test_two_collections_prepared_at_once_never_hold_the_same_invoice(self):
        """What a second worker, whose snapshot is older, would write is refused by the database."""
        self._plain_invoice()
        self._prepared()
        self.env.flush_all()
        self.env.cr.execute("UPDATE billing_debit_item SET state = 'dropped'")  # as the older snapshot shows it
        self.env.invalidate_all()
        lines = self.env['account.move.line']._billing_collectable_lines(self.company, DAY)
        self.assertTrue(lines)
        self.env.cr.execute("UPDATE billing_debit_item SET state = 'planned'")
        mandates = self.env['billing.mandate']._for_lines(lines)
        takes, _refusals = self.env['billing.collection']._netted(lines, mandates, self.bank_journal, DAY)
        with mute_logger('odoo.sql_db'), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env['billing.collection']._make(self.company, self.bank_journal, DAY, 'CORE', takes)
            self.env.flush_all()

    def test_the_payer_is_debited_and_the_customer_named(self):
        branch = self._customer("Garage Noel")
        branch.billing_payer_id = self.customer
        invoice = self._plain_invoice(partner=branch)
        debit = self._prepared().debit_ids
        self.assertEqual((debit.partner_id, debit.mandate_id), (branch, self.mandate))
        self.assertEqual(debit._message_part().ultimate_debtor, "Garage Noel")
        debit.collection_id._generate(TODAY)
        self.assertEqual(invoice.billing_debit_state, 'in_file')
