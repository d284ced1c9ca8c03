from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common_late import LateCommon

START = date(2026, 9, 1)
TODAY = date(2026, 10, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-10-01')
class TestBillingLateFee(LateCommon):
    """An invoice of 120.00 due on 1 September 2026; interest of businesses is 2.40 + 10 points."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True

    def _late_invoice(self, partner=None, **values):
        invoice = super()._late_invoice(partner, **values)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        return invoice

    def _settle_wizard(self, invoice, **values):
        case = invoice.billing_dunning_case_id
        return self.env['billing.late.fee.settle'].create({'case_id': case.id, **values})

    def _charge(self, invoice, **values):
        wizard = self._settle_wizard(invoice, **values)
        wizard.action_charge()
        return invoice.billing_dunning_item_ids.late_fee_ids.document_id.sorted('id')[-1:]

    def _payment(self, amount):
        """A payment of the customer that nothing uses yet."""
        values = {'partner_id': self.customer.id, 'amount': amount}
        payment = self.env['account.payment'].create({**values, 'payment_type': 'inbound', 'partner_type': 'customer'})
        payment.action_post()
        return payment

    def test_fees_are_booked_by_a_document_of_their_own_without_vat(self):
        invoice = self._late_invoice()
        document = self._charge(invoice)
        # C3: 120.00 x 12.40 % x 30 days / 365 = 1.22; D441-5: 40 EUR
        name = self.customer.name
        self.assertEntry(
            document,
            TODAY,
            [('411100', name, 41.22, 0.0), ('763100', name, 0.0, 1.22), ('758100', name, 0.0, 40.0)],
        )
        self.assertFalse(document.line_ids.tax_ids or document.line_ids.tax_line_id)
        self.assertEqual(document.invoice_date_due, date(2026, 10, 11), "ten days to pay")
        lines = document.invoice_line_ids.mapped('name')
        self.assertIn(invoice.name, lines[0])
        self.assertIn("30 days / 365", lines[0])
        self.assertEqual(lines[1], f"Fixed indemnity for recovery costs, invoice {invoice.name}")
        self.assertEqual(invoice.amount_residual, 120.0)
        self.assertEqual(
            (document.journal_id.code, document.journal_id), ('LFEE', self.company.billing_late_fee_journal_id)
        )

    def test_what_was_charged_is_taken_off_the_next_charge(self):
        invoice = self._late_invoice()
        self._charge(invoice)
        with self.assertRaisesRegex(UserError, "No late fee is chosen"):
            self._settle_wizard(invoice).action_charge()
        with freeze_time('2026-10-31'):
            second = self._charge(invoice)
        # 60 days are 2.45; 1.22 of them were charged, and the indemnity is owed once
        self.assertEqual(second.invoice_line_ids.mapped('price_total'), [1.23])
        self.assertIn("less what was charged or waived before: 1.22", second.invoice_line_ids.name.replace("\xa0", " "))

    def test_an_invoice_that_was_paid_late_still_owes_for_its_days(self):
        invoice = self._late_invoice()
        with freeze_time('2026-09-11'):
            self._register_payment(invoice)
        document = self._charge(invoice)
        self.assertEqual(document.invoice_line_ids.mapped('price_total'), [0.41, 40.0])

    def test_fees_up_to_a_past_day_are_asked_for_today(self):
        invoice = self._late_invoice()
        document = self._charge(invoice, date=date(2026, 9, 11))
        self.assertEqual((document.invoice_date, document.invoice_date_due), (TODAY, date(2026, 10, 11)))
        fee = invoice.billing_dunning_item_ids.late_fee_ids
        self.assertEqual((fee.date, fee.interest), (date(2026, 9, 11), 0.41))

    def test_a_credit_note_of_another_invoice_pays_this_one_and_takes_nothing_off_its_lateness(self):
        invoice, other = self._late_invoice(), self._late_invoice()
        with freeze_time(START):
            self._register_payment(other)
        with freeze_time('2026-09-11'):
            credit = self._reverse(other)
            credit.action_post()
            (self._due_item(credit) | self._due_item(invoice)).reconcile()
        self.assertEqual(invoice.amount_residual, 0.0)
        document = self._charge(invoice)
        # 10 days from 2 to 11 September, and the indemnity, as for any other payment
        self.assertEqual(document.invoice_line_ids.mapped('price_total'), [0.41, 40.0])

    def test_a_write_off_does_not_end_the_interest(self):
        invoice = self._late_invoice()
        self.env['billing.write.off'].create({'move_id': invoice.id, 'reason': "Gone", 'date': date(2026, 9, 11)})
        item = invoice.billing_dunning_item_ids
        self.assertEqual([float(fee.interest) for fee in item._late_interest(TODAY).values()], [1.22])

    def test_what_a_period_before_the_judgment_owes_bears_no_interest_though_invoiced_after_it(self):
        invoice = self._late_invoice()
        invoice.invoice_line_ids._write({'billing_date_start': date(2026, 8, 1)})
        invoice.invoice_line_ids.invalidate_recordset(['billing_date_start'])
        self.customer.billing_insolvency_date = date(2026, 8, 15)
        self.assertFalse(invoice.billing_dunning_item_ids._late_interest(TODAY))
        self.assertEqual(invoice._billing_insolvency_silence()[invoice].reason, "insolvency opened on 08/15/2026")

    def test_what_was_credited_was_never_owed(self):
        invoice = self._late_invoice()
        self._reverse(invoice).action_post()
        self.assertFalse(self._settle_wizard(invoice).line_ids)

    def test_a_consumer_owes_the_legal_rate_from_the_notice_and_no_indemnity(self):
        self.env.ref('recurring_billing.interest_rate_2026_h2').legal_professional = 2.70
        invoice = self._late_invoice(self._customer("Paul Petit", is_company=False))
        self.assertFalse(self._settle_wizard(invoice).line_ids)
        level = self.env.ref('recurring_billing.dunning_policy_consumer').level_ids.filtered('is_formal_notice')
        item = invoice.billing_dunning_item_ids
        values = {
            **{'case_id': item.case_id.id, 'company_id': self.company.id, 'partner_id': invoice.partner_id.id},
            **{'level_id': level.id, 'channel': 'letter', 'date': date(2026, 9, 10), 'item_ids': item.ids},
        }
        letter = self.env['billing.dunning.action']._unguarded().create(values)
        letter.received_on = date(2026, 9, 11)
        # C. civ. 1231-6: 20 days from 12 September to 1 October at 2.70 %
        self.assertEqual(
            [(line.interest, line.indemnity) for line in self._settle_wizard(invoice).line_ids], [(0.18, 0.0)]
        )

    def test_the_rate_of_the_contract_counts_before_that_of_the_terms_and_of_the_law(self):
        invoice = self._late_invoice()
        self.company.billing_late_rate = 10.0
        self.assertEqual(self._settle_wizard(invoice).line_ids.interest, 0.99)
        invoice._billing_contracts()[invoice].billing_late_rate = 15.0
        self.assertEqual(self._settle_wizard(invoice).line_ids.interest, 1.48)

    def test_a_rate_below_three_times_the_legal_one_is_refused(self):
        self.env.ref('recurring_billing.interest_rate_2026_h2').legal_professional = 2.62
        with self.assertRaisesRegex(UserError, r"7\.00 % is too low.*7\.86 %"):
            self.company.billing_late_rate = 7.0
        with self.assertRaisesRegex(UserError, "enter 0 to 100"):
            self.company.billing_late_rate = 120.0
        self.env.ref('recurring_billing.interest_rate_2026_h2').legal_professional = 0.0  # not known
        with self.assertRaisesRegex(UserError, "enter 0 to 100"):
            self.company.billing_late_rate = -1.0
        self.company.billing_late_rate = 7.86

    def test_a_rate_that_is_not_confirmed_is_announced_and_not_charged(self):
        self.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = False
        invoice = self._late_invoice()
        self.assertEqual(self._settle_wizard(invoice).line_ids.interest, 1.22)
        with self.assertRaisesRegex(UserError, f"{invoice.name}: an interest rate of its time is not confirmed"):
            self._charge(invoice)

    def test_days_to_come_are_not_charged(self):
        invoice = self._late_invoice()
        with self.assertRaisesRegex(UserError, "lies in the future"):
            self._settle_wizard(invoice, date=date(2026, 10, 2)).action_charge()

    def test_the_indemnity_of_an_invoice_in_parts_is_charged_with_its_first_part_alone(self):
        halves = self.env['account.payment.term'].create(
            {
                'name': "Two halves",
                'line_ids': [
                    Command.create({'value': 'percent', 'value_amount': 50.0, 'nb_days': 0}),
                    Command.create({'value': 'percent', 'value_amount': 50.0, 'nb_days': 10}),
                ],
            }
        )
        self.customer.property_payment_term_id = halves
        wizard = self._settle_wizard(self._late_invoice())
        self.assertEqual(wizard.line_ids.mapped('indemnity'), [40.0, 0.0])
        wizard.line_ids[0].is_chosen = False
        wizard.action_charge()
        document = wizard.case_id.item_ids.late_fee_ids.document_id
        # as shown: 60.00 x 12.40 % x 20 days / 365
        self.assertEqual(document.invoice_line_ids.mapped('price_total'), [0.41])

    def test_only_the_role_waives_and_says_why(self):
        invoice = self._late_invoice()
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        boss = new_test_user(self.env, 'boss', 'recurring_billing.group_dunning', company_id=self.company.id)
        wizard = self._settle_wizard(invoice)
        with self.assertRaisesRegex(AccessError, "may waive late fees"):
            wizard.with_user(clerk).sudo(False).action_waive()
        wizard = self.env['billing.late.fee.settle'].with_user(boss).create({'case_id': wizard.case_id.id})
        with self.assertRaisesRegex(UserError, "Say why"):
            wizard.action_waive()
        wizard.reason = "First delay in five years"
        wizard.action_waive()
        fee = invoice.billing_dunning_item_ids.late_fee_ids
        self.assertEqual((fee.state, fee.amount, fee.waived_by, fee.waived_on), ('waived', 41.22, boss, TODAY))
        self.assertIn("First delay in five years", fee.case_id.message_ids[0].body)
        self.assertFalse(self._settle_wizard(invoice).line_ids)
        self.assertEqual(invoice.billing_dunning_case_id.amount_fees, 0.0)

    def test_a_charged_fee_is_waived_by_a_credit_note_with_the_reason(self):
        invoice = self._late_invoice()
        document = self._charge(invoice)
        fee = invoice.billing_dunning_item_ids.late_fee_ids
        waive = self.env['billing.late.fee.waive'].create({'fee_ids': fee.ids, 'reason': "Goodwill"})
        waive.action_waive()
        name = self.customer.name
        self.assertEntry(
            fee.credit_id,
            TODAY,
            [('411100', name, 0.0, 41.22), ('763100', name, 1.22, 0.0), ('758100', name, 40.0, 0.0)],
        )
        self.assertEqual((fee.state, fee.credit_id.ref, document.amount_residual), ('waived', "Goodwill", 0.0))
        with self.assertRaisesRegex(UserError, "nothing to waive"):
            fee._waive("Again")

    def test_a_charged_fee_is_not_credited_past_the_log(self):
        document = self._charge(self._late_invoice())
        with self.assertRaisesRegex(UserError, "charges late fees"):
            self._reverse(document).action_post()

    def test_what_charges_late_fees_or_gives_them_up_is_not_reset_to_draft(self):
        invoice = self._late_invoice()
        document = self._charge(invoice)
        with self.assertRaisesRegex(UserError, "stays as it was posted"), self.cr.savepoint():
            document.button_draft()
        fee = invoice.billing_dunning_item_ids.late_fee_ids
        fee._waive("Goodwill")
        with self.assertRaisesRegex(UserError, "stays as it was posted"):
            fee.credit_id.button_draft()

    def test_what_was_computed_is_not_typed_over(self):
        invoice = self._late_invoice()
        self._charge(invoice)
        item = invoice.billing_dunning_item_ids
        for record, field in (
            *((item.late_fee_ids, name) for name in ('state', 'case_id', 'partner_id', 'company_id')),
            *((item, name) for name in ('is_open', 'date_due', 'move_id')),
            *((item.case_id, name) for name in ('is_open', 'stage')),
        ):
            value = record[field].id if hasattr(record[field], '_name') else record[field]
            with (
                self.subTest(record=record, field=field),
                self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"),
            ):
                record.write({field: value})

    def test_charges_bear_no_interest_and_are_not_debited(self):
        document = self._charge(self._late_invoice())
        self.assertFalse(document.preferred_payment_method_line_id)
        with freeze_time('2026-12-01'):
            self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
            item = document.billing_dunning_item_ids
            self.assertEqual(item.step, 'due')
            self.assertFalse(item._late_interest(date(2026, 12, 1)))

    def test_a_level_that_charges_posts_the_document_and_tells_it(self):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 15).late_fees = 'charged'
        draft.action_put_in_force()
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 10, 1))
        with freeze_time('2026-10-08'):
            mail = self._run_reminders(date(2026, 10, 8)).filtered(lambda action: action.channel == 'email')
        document = invoice.billing_dunning_item_ids.late_fee_ids.document_id
        self.assertEqual((document.amount_total, document.state), (41.51, 'posted'))
        self.assertIn(f"Charged by {document.name} of 10/08/2026: 41.51", mail.body)

    def test_a_level_charges_those_that_have_reached_it_alone(self):
        policy = self.env.ref('recurring_billing.dunning_policy_business')
        draft = policy.browse(policy.action_new_version()['res_id'])
        draft.level_ids.filtered(lambda level: level.days == 15).late_fees = 'charged'
        draft.action_put_in_force()
        old, new = self._late_invoice(), self._late_invoice(day=date(2026, 9, 25))
        self._run_reminders(date(2026, 10, 1))  # both get the first reminder
        new.billing_dunning_item_ids._unguarded().last_action = date(2026, 10, 5)
        reminder = self._run_reminders(date(2026, 10, 8)).filtered(lambda action: action.channel == 'email')
        self.assertEqual(reminder.move_ids, old | new)
        self.assertEqual([item.move_id for item in reminder.item_ids if item.late_fee_ids], [old])

    def test_the_year_shows_what_was_booked_cashed_and_waived(self):
        invoice = self._late_invoice()
        document = self._charge(invoice)
        self._register_payment(document, amount=20.0)
        other = self._late_invoice(self._customer("Garage Noel"))
        self._settle_wizard(other, reason="Goodwill").action_waive()
        self.env.flush_all()
        groups = self.env['billing.late.fee.report']._read_group(
            [('company_id', '=', self.company.id)], ['date:year', 'kind'], ['amount:sum']
        )
        self.assertEqual(
            {(kind, amount) for _year, kind, amount in groups}, {('booked', 41.22), ('cashed', 20.0), ('waived', 41.22)}
        )

    def test_an_invoice_in_another_currency_owes_the_indemnity_in_it(self):
        dollar = self.env.ref('base.USD')
        dollar.active = True
        self.env['res.currency.rate'].create(
            {'currency_id': dollar.id, 'rate': 1.25, 'name': START, 'company_id': self.company.id}
        )
        invoice = self._late_invoice(currency_id=dollar.id)
        document = self._charge(invoice)
        self.assertEqual(
            (document.currency_id, document.invoice_line_ids.mapped('price_total')), (dollar, [1.22, 50.0])
        )
        self.assertEqual(invoice.billing_dunning_item_ids.late_fee_ids.amount_company, 40.98)

    def test_credits_pay_invoices_first_or_late_fees_first_as_chosen(self):
        for order, paid in (('oldest', 'invoice'), ('legal', 'document')):
            with self.subTest(order), self.cr.savepoint(flush=True) as savepoint:
                invoice = self._late_invoice()
                document = self._charge(invoice)
                self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
                self._payment(100.0)
                case = invoice.billing_dunning_case_id
                match = Form(self.env['billing.credit.match'].with_context(default_case_id=case.id))
                self.assertTrue(match.has_fees)
                match.order = order
                match.save().action_match()
                left = {'invoice': invoice.amount_residual, 'document': document.amount_residual}
                expected = (
                    {'invoice': 20.0, 'document': 41.22} if paid == 'invoice' else {'invoice': 61.22, 'document': 0.0}
                )
                self.assertEqual(left, expected)
                savepoint.rollback()

    def test_what_is_disputed_or_about_to_be_debited_is_not_matched(self):
        disputed = self._late_invoice()
        self.env['billing.dispute'].create({'move_id': disputed.id})
        other = self._late_invoice(price=50.0)
        self._payment(100.0)
        other.billing_dunning_case_id.invalidate_recordset(['credit_line_ids'])  # as in the user's next request
        match = self.env['billing.credit.match'].create({'case_id': other.billing_dunning_case_id.id})
        match.action_match()
        self.assertEqual((disputed.amount_residual, other.amount_residual), (120.0, 0.0))

    def test_each_late_period_of_a_contract_owes_its_own_indemnity(self):
        """CJEU C-370/21: one for each late periodic payment, not one for the contract."""
        contract = self._contract(debit=False, date_start=date(2026, 8, 1))
        contract._start(date(2026, 8, 1))
        with freeze_time('2026-08-01'):
            self._bill(date(2026, 8, 1))
        with freeze_time(START):
            self._bill(START)
        self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
        case = self.env['billing.dunning.case'].search([('partner_id', '=', self.customer.id)])
        lines = self.env['billing.late.fee.settle'].create({'case_id': case.id}).line_ids
        self.assertEqual(lines.mapped('indemnity'), [40.0, 40.0])

    def test_the_interest_of_a_business_and_that_of_a_formal_notice_do_not_add_up(self):
        """C. com. L441-10 and C. civ. 1231-6 are one interest for one delay."""
        invoice = self._late_invoice()
        item = invoice.billing_dunning_item_ids
        before = item._late_interest(TODAY)[item].interest
        level = self.env.ref('recurring_billing.dunning_policy_business').level_ids.filtered('is_formal_notice')
        values = {
            **{'case_id': item.case_id.id, 'company_id': self.company.id, 'partner_id': invoice.partner_id.id},
            **{'level_id': level.id, 'channel': 'letter', 'date': date(2026, 9, 10), 'item_ids': item.ids},
        }
        self.env['billing.dunning.action']._unguarded().create(values).received_on = date(2026, 9, 11)
        self.assertEqual(item._late_interest(TODAY)[item].interest, before)

    def test_what_was_waived_is_not_claimed_again(self):
        invoice = self._late_invoice()
        self._run_reminders(TODAY)
        self._settle_wizard(invoice, reason="Goodwill").action_waive()
        mail = self._run_reminders(date(2026, 10, 8)).filtered(lambda action: action.channel == 'email')
        text = mail.body.replace("\xa0", " ")
        # of 37 days (1.51) those until 1 October (1.22) are given up, and so is the indemnity
        self.assertIn("less what was charged or waived before: 1.22", text)
        self.assertIn("Total of interest and indemnities to this day: 0.29", text)
        self.assertNotIn("indemnity for recovery costs", text)

    def test_who_only_reads_invoices_opens_and_prints_them(self):
        invoice = self._late_invoice()
        group = self.env['res.groups'].create({'name': "Salespeople"})
        for model in ('account.move', 'account.move.line', 'account.journal', 'account.account', 'account.tax'):
            self.env['ir.model.access'].create(
                {
                    **{'name': model, 'model_id': self.env['ir.model']._get_id(model), 'group_id': group.id},
                    'perm_read': True,
                }
            )
        seller = new_test_user(self.env, 'seller', 'base.group_user', company_id=self.company.id)
        seller.group_ids += group
        mine = invoice.with_user(seller)
        self.assertEqual(mine.billing_dunning_case_id.id, invoice.billing_dunning_case_id.id)
        arch = self.env['account.move'].with_user(seller).get_view(view_type='form')['arch']
        self.assertNotIn('action_billing_dunning_case', arch)
