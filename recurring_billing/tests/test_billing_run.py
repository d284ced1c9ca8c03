from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction

from .common import LOGGER, BillingCommon

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingRun(BillingCommon):
    """What a run bills, what it leaves for a person, and what it tells of each."""

    def test_nothing_is_posted_before_its_planned_date(self):
        contract = self._started(date_start=date(2026, 12, 20))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 31)})
        self.assertEqual(run.line_ids.mapped('is_selected'), [False])
        self.assertEqual(run.line_ids.invoice_date, date(2026, 12, 20))
        run.line_ids.is_selected = True
        with self.assertRaisesRegex(UserError, rf"{contract.name} is planned for 12/20/2026"):
            run.action_post()

    def test_a_run_that_was_done_is_kept(self):
        self._started(date_start=date(2026, 12, 1))
        run = self._bill(date(2026, 12, 5))
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            run.unlink()

    def test_an_unticked_line_is_left_out(self):
        kept, left = self._started(date_start=date(2026, 12, 1)), self._started(date_start=date(2026, 12, 1))
        run = self.env['billing.run'].create({'date_until': date(2026, 12, 5)})
        run.action_compute()
        run.line_ids.filtered(lambda line: line.contract_id == left).is_selected = False
        run.action_post()
        self.assertEqual((len(kept._invoices()), len(left._invoices())), (1, 0))

    def test_the_cron_bills_and_commits_its_progress(self):
        contract = self._started(date_start=date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(len(contract._invoices()), 1)

    def test_the_jobs_of_the_night_follow_the_chain(self):
        names = ('bill', 'post', 'settle', 'prepare', 'remind')
        calls = [self.env.ref(f'recurring_billing.ir_cron_{name}').nextcall.time().isoformat() for name in names]
        self.assertEqual(calls, ['00:30:00', '01:00:00', '02:00:00', '03:00:00', '04:00:00'])

    def test_a_second_run_bills_nothing(self):
        self._started(date_start=date(2026, 12, 1))
        self.assertTrue(self._bill(date(2026, 12, 5)))
        self.assertFalse(self._bill(date(2026, 12, 5)))

    def test_a_contract_of_a_branch_is_billed_by_the_cron(self):
        branch = self.env['res.company'].create(
            {'name': "Branch", 'parent_id': self.company.id, 'country_id': self.env.ref('base.fr').id}
        )
        self.env.user.company_ids |= branch
        receivable = self.company_data['default_account_receivable']
        self.customer.with_company(branch).property_account_receivable_id = receivable
        contract = self._contract(company_id=branch.id, debit=False, date_start=date(2026, 12, 1))
        contract._start(date(2026, 12, 1))
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_bill').method_direct_trigger()
        self.assertEqual(contract._invoices().company_id, branch)

    def test_an_invoice_keeps_its_planned_date_for_as_long_as_the_setting_says(self):
        for tolerance, planned, expected in (
            (0, date(2026, 12, 4), TODAY),
            (0, TODAY, TODAY),
            (3, date(2026, 12, 1), TODAY),
            (3, date(2026, 12, 2), date(2026, 12, 2)),
            (10, date(2026, 11, 24), TODAY),
            (10, date(2026, 11, 25), date(2026, 11, 25)),
        ):
            with self.subTest(tolerance=tolerance, planned=planned):
                journal = self.company_data['default_journal_sale'].copy({'code': f"T{tolerance}{planned.day}"})
                self.company.billing_late_tolerance = tolerance
                contract = self._sound("Cabinet Morel", date_start=planned, journal_id=journal.id)
                self._bill(TODAY)
                self.assertEqual(contract._invoices().invoice_date, expected)

    # === MISSED PERIODS === #

    def test_too_many_missed_periods_wait_for_a_person(self):
        self.company.billing_missed_limit = 3
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        contract._plan_periods(TODAY)
        self.assertTrue(contract.is_missing_many, "a person may release them before the night has asked")
        run = self._bill(TODAY)
        self.assertRegex(contract.parked_reason, rf"{contract.name}: 5 periods are due at once, more than 3")
        self.assertEqual(
            (run.state, run.line_ids.outcome, run.line_ids.level, run.line_ids.remark),
            ('done', 'blocked', 'blocked', contract.parked_reason),
        )
        self.assertFalse(self._bill(TODAY), "the next night asks no more")
        self.assertEqual((len(contract._invoices()), len(contract.activity_ids)), (0, 1))
        [line] = self._preview().line_ids
        self.assertEqual((line.is_selected, line.level), (False, 'blocked'))
        self.assertEqual((line.date_start, line.date_end), (date(2026, 8, 1), date(2026, 12, 31)))
        contract.action_accept_missed()
        self.assertEqual((len(contract.activity_ids), contract.parked_reason), (0, False))
        self._bill(TODAY)
        self.assertEqual(len(contract._invoices()), 5)
        with self.assertRaisesRegex(UserError, f"{contract.name} has no missed periods"):
            contract.action_accept_missed()

    def test_exactly_the_limit_is_billed_by_the_night(self):
        self.company.billing_missed_limit = 5
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        self._bill(TODAY)
        self.assertEqual(len(contract._invoices()), 5)

    def test_periods_that_a_person_leaves_waiting_keep_their_activity(self):
        contract = self._sound("Cabinet Morel", date_start=date(2026, 8, 1))
        contract._plan_periods(TODAY)
        contract.period_ids._hold("Mend me")
        preview = self._preview()
        preview.line_ids.sorted('planned_date')[0].is_selected = True
        preview.action_post()
        self.assertEqual((len(contract._invoices()), len(contract.activity_ids)), (1, 1))

    # === WHAT IT TELLS === #

    @mute_logger(LOGGER)
    def test_a_run_tells_what_became_of_each_line(self):
        posted, left, elsewhere, blocked = (self._sound(name) for name in ("Posted", "Left", "Else", "Blocked"))
        run = self._preview()
        lines = run.line_ids.grouped('contract_id')
        lines[left].is_selected = False
        other = self._preview(elsewhere)
        other.action_post()
        moves = type(self.env['account.move'])
        post, reason = moves._post, "No stamp"

        def failing(records, soft=True):
            if blocked.partner_id in records.partner_id:
                raise UserError(reason)
            return post(records, soft=soft)

        with patch.object(moves, '_post', failing):
            run.action_post()
        self.assertEqual(
            [lines[contract].outcome for contract in (posted, left, elsewhere, blocked)],
            ['posted', 'left', 'elsewhere', 'blocked'],
        )
        self.assertEqual((lines[blocked].remark, lines[elsewhere].invoice_id), (reason, elsewhere._invoices()))
        self.assertEqual((run.state, run.invoice_count, run.done_count, run.progress), ('done', 1, 3, 100.0))

    def test_a_run_of_what_was_billed_meanwhile_says_so(self):
        contract = self._sound("Cabinet Morel")
        run = self._preview()
        invoice = self._bill(TODAY).line_ids.invoice_id
        run.action_post()
        line = run.line_ids
        self.assertEqual((run.state, line.outcome, line.invoice_id), ('done', 'elsewhere', invoice))
        self.assertEqual((run.invoice_count, run.amount_total, len(contract._invoices())), (0, 0.0, 1))

    def test_lines_of_a_run_tell_what_the_run_did(self):
        self._sound("Cabinet Morel")
        run = self._bill(TODAY)
        for values in ({'outcome': 'left'}, {'invoice_id': False}, {'amount_total': 1.0}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                run.line_ids.write(values)
        with self.assertRaisesRegex(UserError, "can no longer be ticked"):
            run.line_ids.is_selected = False
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            run.line_ids.unlink()

    def test_the_night_remarks_another_fiscal_position_without_a_search_for_each(self):
        sound = [self._sound(name) for name in ("Alike", "Alike too")]
        moved = self._sound("Moved")
        moved.partner_id.write({'country_id': self.env.ref('base.be').id, 'vat': 'BE0477472701', 'zip': "1000"})
        positions = type(self.env['account.fiscal.position'])
        search = positions._get_fiscal_position
        asked = []

        def counted(records, partner, delivery=None):
            asked.append(partner)
            return search(records, partner, delivery=delivery)

        with patch.object(positions, '_get_fiscal_position', counted):
            lines = self._bill(TODAY).line_ids.grouped('contract_id')
        self.assertEqual(lines[moved].remark, "The customer's fiscal position is another one than the contract's")
        self.assertEqual([lines[contract].level for contract in (moved, *sound)], ['look', 'ok', 'ok'])
        self.assertEqual([lines[contract].outcome for contract in (moved, *sound)], ['posted'] * 3)
        self.assertEqual(asked, [moved.partner_id], "only where it seems to differ")

    # === SENDING AND LOG === #

    def test_what_was_posted_is_handed_to_cores_sending(self):
        for name, customer, company, expected in (
            ("e-mail", {}, {}, True),
            ("no e-mail", {'email': False}, {}, False),
            ("manual", {'invoice_sending_method': 'manual'}, {}, False),
            ("setting off", {}, {'billing_send_invoices': False}, False),
        ):
            with self.subTest(name):
                asked = self._triggers('account.ir_cron_account_move_send')
                contract = self._sound(f"Sending {name}")
                contract.partner_id.write(customer)
                self.company.write({'billing_send_invoices': True, **company})
                self._bill(TODAY)
                invoice = contract._invoices()
                triggered = self._triggers('account.ir_cron_account_move_send') > asked
                self.assertEqual((bool(invoice.sending_data), triggered), (expected, expected))
                self.assertEqual(invoice.state, 'posted')

    def test_the_sender_is_the_contracts_responsible(self):
        user = self.env['res.users'].create(
            {'name': "Léa", 'login': 'lea', 'company_ids': self.company.ids, 'company_id': self.company.id}
        )
        contract = self._sound("Cabinet Morel", user_id=user.id)
        self._bill(TODAY)
        self.assertEqual(
            contract._invoices().sending_data, {'author_user_id': user.id, 'author_partner_id': user.partner_id.id}
        )

    def _created_logs(self, invoice):
        text = invoice._creation_message()
        return invoice.message_ids.filtered(lambda message: text in message.body)

    def test_each_invoice_logs_its_creation_once(self):
        contracts = self._contracts(2)
        runs = self.env['billing.run'].with_context(tracking_disable=False)
        runs._bill_company(self.company, TODAY, transaction=Transaction())
        for invoice in contracts._invoices():
            self.assertEqual(len(self._created_logs(invoice)), 1)
            self.assertFalse(self._created_logs(invoice).subtype_id == self.env.ref('account.mt_invoice_created'))

    def test_the_audit_trail_tells_who_posted_what(self):
        self.company.restrictive_audit_trail = True
        contract = self._sound("Cabinet Morel")
        company = self.company.with_context(tracking_disable=False)  # the tests' own environment tracks nothing
        company.env['billing.run']._bill_company(company, TODAY, transaction=Transaction())
        self.env.cr.flush()  # core writes what it tracked
        tracked = contract._invoices().message_ids.tracking_value_ids.field_id.mapped('name')
        self.assertIn('state', tracked)

    def test_whoever_may_follow_the_creation_gets_cores_message(self):
        created = self.env.ref('account.mt_invoice_created')
        self.env['mail.message.subtype'].create(
            {'name': "Invoice of my team", 'parent_id': created.id, 'res_model': 'res.partner'}
        )
        contract = self._sound("Cabinet Morel")
        runs = self.env['billing.run'].with_context(tracking_disable=False)
        runs._bill_company(self.company, TODAY, transaction=Transaction())
        self.assertEqual(self._created_logs(contract._invoices()).subtype_id, created)
