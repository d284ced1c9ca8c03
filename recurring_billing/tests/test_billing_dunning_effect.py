import io
import zipfile
from contextlib import nullcontext
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import CronTransaction

from .common_late import LateCommon

START = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-20')
class TestBillingDunningEffect(LateCommon):
    """What follows from a level: held contracts, litigation, thanks."""

    def _first_level(self, **values):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 5).write(values)
        draft.action_put_in_force()

    def test_a_level_that_holds_contracts_does_so_until_all_is_paid(self):
        self._first_level(effect='hold_contracts', effect_mode='do')
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        self.assertEqual(case.contracts_held_on, date(2026, 9, 20))
        contract = self._contract(debit=False, date_start=date(2026, 10, 1))
        with self.assertRaisesRegex(UserError, f"{self.customer.name} gets no new contract since"):
            contract.action_start()
        self._register_payment(invoice)
        self.assertFalse(case.contracts_held_on)
        contract.action_start()
        self.assertEqual(contract.state, 'running')

    def test_a_level_that_proposes_asks_and_a_person_holds_and_releases(self):
        self._first_level(effect='hold_contracts', effect_mode='propose')
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        self.assertFalse(case.contracts_held_on)
        self.assertEqual(case.activity_ids.summary, "First reminder: No new contracts")
        case.action_hold_contracts()
        contract = self._contract(debit=False, date_start=date(2026, 10, 1))
        with self.assertRaises(UserError):
            contract.action_start()
        case.action_release_contracts()
        contract.action_start()

    def test_a_case_is_handed_over_with_its_file_and_nobody_is_reminded_any_more(self):
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        with self.assertRaisesRegex(AccessError, "hand a case over"):
            case.with_user(clerk).action_hand_over()
        case.action_hand_over()
        self.assertEqual(case.handed_over_on, date(2026, 9, 20))
        archive = zipfile.ZipFile(io.BytesIO(case.message_ids.attachment_ids.raw))
        number = invoice.name.replace('/', '-')
        names = sorted(name.rsplit('.', 1)[0] for name in archive.namelist())
        contract = invoice._billing_contracts()[invoice].name.replace('/', '-')
        reminder = case.action_ids
        self.assertEqual(
            names,
            sorted(
                [
                    *("statement", f"invoices/{number}", f"contracts/{contract}", "reminders", "late_fees"),
                    f"reminders/2026-09-20-{reminder.id}-email",
                ]
            ),
        )
        self.assertIn(reminder.fingerprint, archive.read("reminders.csv").decode())
        self.assertIn("12.40 % × 19 days / 365 = 0.77", archive.read("late_fees.csv").decode().replace("\xa0", " "))
        self.assertFalse(self._run_reminders(date(2026, 9, 27)))
        self.assertIn("handed over to litigation", invoice.billing_dunning_item_ids.reason)
        case.action_take_back()
        self.assertTrue(self._run_reminders(date(2026, 9, 27)))

    def test_the_last_level_hands_over_once_a_person_confirms_it(self):
        invoice = self._late_invoice()
        for day in (date(2026, 9, 6), date(2026, 9, 16), date(2026, 9, 26)):
            self._run_reminders(day)
        with freeze_time('2026-10-02'):
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            invoice.billing_dunning_item_ids.action_remind()
        self.assertFalse(invoice.billing_dunning_case_id.handed_over_on)
        with freeze_time('2026-10-20'):
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            invoice.billing_dunning_item_ids.action_remind()
        case = invoice.billing_dunning_case_id
        self.assertEqual((case.handed_over_on, case.stage), (date(2026, 10, 20), 'court'))

    def test_what_was_handed_over_is_not_claimed_beside_a_later_invoice(self):
        old = self._late_invoice()
        case = self._run_reminders(date(2026, 9, 20)).case_id
        item = old.billing_dunning_item_ids
        item._unguarded().level = len(item.policy_id.level_ids)  # all levels are done
        case.action_hand_over()
        with freeze_time('2026-10-01'):
            new = self._late_invoice(day=date(2026, 10, 1))
        reminder = self._run_reminders(date(2026, 10, 10)).filtered(lambda action: action.channel == 'email')
        self.assertEqual((reminder.move_ids, reminder.amount), (new, 120.0))

    def test_a_reminded_customer_is_thanked_once_the_bank_has_the_money(self):
        self.company.billing_confirm_payments = True
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        case = invoice.billing_dunning_case_id
        with freeze_time('2026-09-22'):
            self._pay_by_bank(invoice, date(2026, 9, 22), 120.0)
        self.assertEqual((case.is_open, case.thanks, case.closed_on), (False, 'waiting', date(2026, 9, 22)))
        self._run_reminders(date(2026, 9, 23))
        self.assertEqual(case.thanks, 'sent')
        mail = self.env['mail.mail'].search([('model', '=', 'billing.dunning.case'), ('res_id', '=', case.id)])
        self.assertEqual(mail.email_to, self.customer.email_formatted)
        for text in (invoice.name, "09/22/2026", "120.00", "your receipt"):
            self.assertIn(text, mail.body_html)
        self._run_reminders(date(2026, 9, 24))
        self.assertEqual(self.env['mail.mail'].search_count([('id', '>', mail.id), ('model', '=', case._name)]), 0)

    def test_a_payment_that_the_bank_has_not_yet_is_not_confirmed(self):
        self.company.billing_confirm_payments = True
        outstanding = self.env['account.account'].create(
            {'name': "Receipts on their way", 'code': '511999', 'account_type': 'asset_current', 'reconcile': True}
        )
        self.bank_journal.inbound_payment_method_line_ids.payment_account_id = outstanding
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 20))
        self._register_payment(invoice)
        self._run_reminders(date(2026, 9, 23))
        self.assertEqual(invoice.billing_dunning_case_id.thanks, 'waiting')

    def test_nobody_is_thanked_for_what_was_credited_or_written_off(self):
        self.company.billing_confirm_payments = True
        credited, lost = self._late_invoice(), self._late_invoice(self._customer("Garage Noel"))
        self._run_reminders(date(2026, 9, 20))
        self._reverse(credited).action_post()
        expenses = [('account_type', '=', 'expense'), ('company_ids', '=', self.company.id)]
        self._clear_by_entry(lost, self.env['account.account'].search(expenses, limit=1), date(2026, 9, 22))
        self._run_reminders(date(2026, 9, 23))
        cases = (credited | lost).billing_dunning_case_id
        self.assertEqual(cases.mapped('thanks'), ['none', 'none'])

    def test_old_news_of_the_bank_stop_the_night_and_warn_by_hand(self):
        invoice = self._late_invoice()
        other = self._late_invoice(self._customer("Garage Noel"), price=10.0)
        line = self._pay_by_bank(other, date(2026, 9, 10), 5.0)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_bank_statement_line SET create_date = '2026-09-10' WHERE id = %s", [line.id]
        )
        line.invalidate_recordset(['create_date'])
        self._register_payment(other)  # which says nothing of who else has paid
        self.assertFalse(self._run_reminders(date(2026, 9, 20)))
        self.assertIn("10 days old", self.company.billing_bank_journal_id.activity_ids.note)
        case = self.env['billing.dunning.case'].with_company(self.company)
        answer = case.action_prepare_all()
        self.assertIn("10 days old (09/10/2026)", answer['params']['message'])
        self.assertEqual(answer['params']['next']['res_model'], 'billing.dunning.item')
        self.assertIn("10 days old (09/10/2026)", invoice.billing_dunning_case_id.bank_warning)
        invoice.billing_dunning_item_ids.action_remind()
        self.assertEqual(invoice.billing_dunning_item_ids.level, 2, "a person may")

    def test_the_night_thanks_also_where_nothing_is_open_any_more(self):
        self.company.billing_confirm_payments = True
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 19))
        self._pay_by_bank(invoice, date(2026, 9, 20), 120.0)
        self.assertFalse(
            self.env['account.move'].search(
                [('company_id', '=', self.company.id), ('amount_residual', '>', 0), ('move_type', '=', 'out_invoice')]
            )
        )
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_remind').method_direct_trigger()
        self.assertEqual(invoice.billing_dunning_case_id.thanks, 'sent')

    def test_the_fault_of_one_company_stops_no_other(self):
        self._late_invoice()
        cases = self.env['billing.dunning.case']
        done = []

        def run(_self, company, _today, *, transaction):
            done.append(company)
            if company == first:
                raise ValueError("broken")

        companies = cases._companies() | self.env['res.company'].create({'name': "Another"})
        first = companies[0]
        with (
            patch.object(type(cases), '_companies', return_value=companies),
            patch.object(type(cases), '_run', run),
            patch.object(CronTransaction, 'alone', lambda *_args: nullcontext(True)),  # a test must not roll back
            mute_logger('odoo.addons.recurring_billing.models.billing_dunning_case_run'),
            self.assertRaisesRegex(ValueError, "broken"),
        ):
            cases._cron_run()
        self.assertEqual(done, list(companies))
