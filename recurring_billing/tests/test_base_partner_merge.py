from datetime import date

from odoo.tests import freeze_time, new_test_user, tagged

from .common_late import LateCommon

TODAY = date(2026, 10, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-10-01')
class TestBasePartnerMerge(LateCommon):
    """Two entries of one customer, Atelier Durand and Durand SARL, that are merged into the second one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True
        cls.double = cls._customer("Durand SARL")
        cls.cases = cls.env['billing.dunning.case']

    def _prepare_cases(self, company=None):
        self.cases.with_company(company or self.company).action_prepare_all()

    def _late(self, partner, **values):
        invoice = self._late_invoice(partner, debit=False, **values)
        self._prepare_cases()
        return invoice

    def _late_of(self, company, partner):
        """An invoice of 50.00 of another company, due since 1 September."""
        income = self.env['account.account'].search(
            [('company_ids', 'in', company.ids), ('account_type', '=', 'income')], limit=1
        )
        line = {'name': "Hosting", 'account_id': income.id, 'price_unit': 50.0, 'tax_ids': False}
        invoice = (
            self.env['account.move']
            .with_company(company)
            .create(
                {
                    **{'move_type': 'out_invoice', 'partner_id': partner.id, 'invoice_line_ids': [(0, 0, line)]},
                    **{'invoice_date': date(2026, 9, 1), 'invoice_date_due': date(2026, 9, 1)},
                }
            )
        )
        invoice.action_post()
        self._prepare_cases(company)
        return invoice

    def _merge(self, *sources, into):
        partners = self.env['res.partner'].concat(into, *sources)
        self.env['base.partner.merge.automatic.wizard']._merge(partners.ids, into)

    def _notice(self, invoice):
        """The formal notice about ``invoice``, the last of its levels; its late fees are charged."""
        item = invoice.billing_dunning_item_ids
        levels = item.policy_id.level_ids.sorted()
        notice = levels.filtered('is_formal_notice')
        item._unguarded().write({'level': levels.ids.index(notice.id), 'last_action': date(2026, 9, 10)})
        item.case_id.action_remind()
        self.env['billing.late.fee.settle'].create({'case_id': item.case_id.id}).action_charge()

    def _plan(self, case, **values):
        plan = self.env['billing.payment.plan'].create(
            {'case_id': case.id, 'consent': 'mail', 'count': 2, 'first_on': date(2026, 10, 5), **values}
        )
        plan.action_propose()
        plan.action_agree()
        return plan

    def test_a_customer_that_is_there_twice_has_one_case_in_each_company_afterwards(self):
        other = self.setup_other_company(name="Other company")['company']
        grave, mild = self._late(self.customer), self._late(self.double)
        grave_there, mild_there = self._late_of(other, self.customer), self._late_of(other, self.double)
        self._notice(grave)
        case, lost = mild.billing_dunning_case_id, grave.billing_dunning_case_id
        self._run_reminders(TODAY)
        plan = self._plan(lost, debt_ids=grave.billing_dunning_item_ids.move_line_id.ids)
        promise = self.env['billing.promise'].create(
            {'case_id': lost.id, 'move_ids': grave.ids, 'date': date(2026, 10, 10), 'amount': 10.0}
        )
        dispute = self.env['billing.dispute'].create({'move_id': grave_there.id, 'amount': 20.0})
        task = lost._ask('mail.mail_activity_data_todo', "Call the lawyer")
        lost.message_post(body="Said that it will pay.")
        fees, actions, told = lost.item_ids.late_fee_ids, lost.action_ids, case.action_ids
        self.assertEqual((lost.stage, case.stage, sum(fees.mapped('amount'))), ('notice', 'first', 41.22))
        document = fees.document_id
        self._prepare_cases()

        self._merge(self.customer, into=self.double)

        self.assertFalse(lost.exists() or self.customer.exists())
        both = self.cases.search([('partner_id', '=', self.double.id)])
        self.assertEqual(both.company_id, self.company | other)
        self.assertEqual(both & case, case)
        with self.subTest("numbers and stage"):
            self.assertEqual(case.item_ids.move_id, grave | mild | document)
            self.assertEqual((case.stage, case.is_open, case.amount_planned), ('notice', True, 120.0))
            self.assertAlmostEqual(case.amount_late + case.amount_open, 281.22)
            self.assertEqual(case.days_late, 30)
        with self.subTest("links"):
            self.assertEqual(case.action_ids, actions | told)
            self.assertEqual((case.plan_ids, case.promise_ids), (plan, promise))
            kept = [case.item_ids, case.action_ids, fees, plan, promise, dispute]
            for records in kept:
                self.assertEqual(records.mapped('partner_id'), self.double, records)
            self.assertEqual(fees.case_id, case)
            self.assertEqual(self.env['billing.late.fee'].search([('case_id', '=', case.id)]), fees)
            self.assertEqual((grave | mild | document).billing_dunning_case_id, case)
            self.assertIn(task, case.activity_ids)
            there = both - case
            self.assertEqual(there.item_ids.move_id, grave_there | mild_there)
            self.assertEqual((there.dispute_ids, there.amount_disputed, there.amount_late), (dispute, 20.0, 100.0))
        with self.subTest("timeline and history"):
            for word in (grave.name, mild.name, "Formal notice", "Late fees of", plan.name, "Promise for"):
                self.assertIn(word, case.timeline)
            history = " ".join(case.message_ids.mapped('body'))
            for words in ("Said that it will pay.", "Formal notice by", "The reminders of Atelier Durand go on here"):
                self.assertIn(words, history)
        with self.subTest("the plan goes on"):
            item = grave.billing_dunning_item_ids
            self.assertEqual(item.reason, f"silent: payment plan {plan.name} until 11/05/2026")
            self._pay_by_bank(grave, TODAY, 120.0)
            self.assertEqual((plan.state, item.is_open, case.is_open), ('kept', False, True))
        with self.subTest("new invoices go on the ladder of the case"):
            self.assertEqual(self._late(self.double, day=date(2026, 9, 2)).billing_dunning_case_id, case)

    def test_a_case_without_another_goes_over_as_it_is(self):
        invoice = self._late(self.customer)
        self._run_reminders(TODAY)
        case = invoice.billing_dunning_case_id
        self._merge(self.customer, into=self.double)
        self.assertEqual((case.partner_id, case.stage), (self.double, 'first'))
        self.assertEqual((case.item_ids | invoice.billing_dunning_item_ids).partner_id, self.double)
        self.assertEqual(case.action_ids.partner_id, self.double)

    def test_of_two_sources_the_second_joins_the_first(self):
        third = self._customer("Atelier Durand Paris")
        invoices = self._late(self.customer) | self._late(third)
        self._merge(self.customer, third, into=self.double)
        case = self.cases.search([('partner_id', '=', self.double.id)])
        self.assertEqual((case.item_ids.move_id, case.amount_late), (invoices, 240.0))

    def test_the_stricter_state_counts(self):
        source, kept = (self._late(partner).billing_dunning_case_id for partner in (self.customer, self.double))
        source._unguarded().write({'handed_over_on': date(2026, 9, 25), 'contracts_held_on': date(2026, 9, 20)})
        kept._unguarded().write({'handed_over_on': date(2026, 9, 10), 'contracts_held_on': date(2026, 9, 22)})
        source._hold("No rate")
        self._merge(self.customer, into=self.double)
        self.assertEqual(
            (kept.handed_over_on, kept.contracts_held_on, kept.error, kept.error_date),
            (date(2026, 9, 25), date(2026, 9, 20), "No rate", TODAY),
        )
        self.assertEqual(set(kept.item_ids.mapped('step')), {'silent'})
        self.assertTrue(kept.activity_search(['recurring_billing.mail_activity_blocked']))

    def test_what_was_handed_over_and_paid_long_ago_silences_nothing(self):
        paid, owing = self._late(self.customer), self._late(self.double)
        gone, kept = paid.billing_dunning_case_id, owing.billing_dunning_case_id
        gone._unguarded().handed_over_on = date(2026, 9, 25)
        self._pay_by_bank(paid, TODAY, 120.0)
        self._merge(self.customer, into=self.double)
        self.assertFalse(kept.handed_over_on)
        self.assertEqual(owing.billing_dunning_item_ids.step, 'due')

    def test_thanks_that_wait_for_the_bank_are_said_and_none_twice(self):
        paid, owing = self._late(self.customer), self._late(self.double)
        self._run_reminders(TODAY)
        self._pay_by_bank(paid, TODAY, 120.0)
        kept = owing.billing_dunning_case_id
        self.assertEqual(paid.billing_dunning_case_id.thanks, 'waiting')
        self._merge(self.customer, into=self.double)
        self.assertEqual((kept.is_open, kept.closed_on, kept.thanks), (True, False, 'waiting'))
        self._pay_by_bank(owing, TODAY, 120.0)
        self.assertEqual((kept.is_open, kept.closed_on, kept.thanks), (False, TODAY, 'waiting'))

    def test_two_paid_cases_keep_the_later_end(self):
        invoices = [self._late(partner) for partner in (self.customer, self.double)]
        source, kept = (invoice.billing_dunning_case_id for invoice in invoices)
        for invoice in invoices:
            self._pay_by_bank(invoice, TODAY, 120.0)
        source._unguarded().write({'closed_on': date(2026, 9, 30), 'thanks': 'sent'})
        kept._unguarded().write({'closed_on': date(2026, 9, 20), 'thanks': 'none'})
        self._merge(self.customer, into=self.double)
        self.assertEqual((kept.is_open, kept.closed_on, kept.thanks), (False, date(2026, 9, 30), 'sent'))

    def test_the_followers_of_both_go_on_following(self):
        source, kept = (self._late(partner).billing_dunning_case_id for partner in (self.customer, self.double))
        anne, paul = self._customer("Anne"), self._customer("Paul")
        source.message_subscribe((anne | paul).ids)
        kept.message_subscribe(anne.ids)
        self._merge(self.customer, into=self.double)
        self.assertLessEqual(anne | paul, kept.message_partner_ids)

    def test_contacts_of_a_customer_share_its_case(self):
        contacts = [self._customer(name, is_company=False, parent_id=self.customer.id) for name in ("Anne", "Paul")]
        invoices = self.env['account.move'].concat(*(self._late(contact) for contact in contacts))
        case = invoices.billing_dunning_case_id
        self._merge(contacts[0], into=contacts[1])
        self.assertEqual((case.partner_id, case.item_ids.move_id), (self.customer, invoices))
        self.assertEqual(case.item_ids.partner_id, self.customer)

    def test_a_customer_merged_into_the_contact_of_another_joins_the_case_of_that_one(self):
        contact = self._customer("Anne", is_company=False, parent_id=self.double.id)
        first, second = self._late(self.customer), self._late(contact)
        case = second.billing_dunning_case_id
        self.assertEqual(case.partner_id, self.double)
        self._run_reminders(TODAY)
        self._merge(self.customer, into=contact)
        self.assertEqual(case.item_ids.move_id, first | second)
        self.assertEqual((case.item_ids.partner_id, case.action_ids.partner_id), (self.double, self.double))
        self.assertEqual(case.amount_late, 240.0)

    def test_a_customer_that_becomes_the_contact_of_another_has_no_case_of_its_own(self):
        contact = self._customer("Anne", is_company=False, parent_id=self.double.id)
        person = self._customer("Anne Durand", is_company=False)
        first, second = self._late(person), self._late(contact)
        self._merge(contact, into=person)
        self.assertEqual(person.commercial_partner_id, self.double)
        case = second.billing_dunning_case_id
        self.assertEqual((case.partner_id, case.item_ids.move_id), (self.double, first | second))

    def test_mandates_go_over_with_their_accounts(self):
        account = self.mandate.partner_bank_id
        self._merge(self.customer, into=self.double)
        self.assertEqual((self.mandate.partner_id, self.mandate.state), (self.double, 'active'))
        self.assertEqual((self.mandate.partner_bank_id, account.partner_id), (account, self.double))

    def test_an_account_that_both_have_keeps_the_mandates_of_both(self):
        second = self._mandate(self.double, self.mandate.partner_bank_id.acc_number)
        account = second.partner_bank_id
        self._merge(self.customer, into=self.double)
        self.assertEqual((self.mandate | second).partner_bank_id, account)
        self.assertEqual(((self.mandate | second).partner_id, account.partner_id), (self.double, self.double))

    def test_who_only_keeps_contacts_merges_them_all_the_same(self):
        invoices = self._late(self.customer) | self._late(self.double)
        self.customer.email = self.double.email
        keeper = new_test_user(
            self.env, 'keeper', 'base.group_user,base.group_partner_manager', company_id=self.company.id
        )
        wizard = self.env['base.partner.merge.automatic.wizard'].with_user(keeper)
        wizard._merge((self.customer | self.double).ids, self.double.with_user(keeper))
        self.assertEqual(invoices.billing_dunning_case_id.item_ids.move_id, invoices)
