from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.recurring_billing.models import billing_revision

from .common_revision import NEW_YEAR, TODAY, RevisionCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-11-25')
class TestBillingRevision(RevisionCommon):
    """Prices revised once a year: preview, amendment, next invoice."""

    def test_a_revision_is_previewed_and_billed(self):
        contract = self._indexed()
        self._add_line(contract, kind='setup', price_unit=500.0)
        self._add_line(contract, name="Backup", price_unit=30.0, quantity=2.0)
        [line] = self._revision().line_ids
        self.assertEqual(
            (line.contract_id, line.revision_date, line.date, line.level, line.is_selected),
            (contract, NEW_YEAR, NEW_YEAR, 'ok', True),
        )
        self.assertEqual((line.base_text, line.now_text), ("310 (03/2025)", "321.4 (03/2026)"))
        self.assertEqual((line.ratio, line.amount_before, line.amount_after), (1.0368, 160.0, 165.88))
        self.assertEqual(line.mrr_change, 5.88)
        self.assertFalse(contract.amendment_ids, "a preview changes nothing")
        line.revision_id.action_revise()
        self.assertEqual((line.revision_id.state, line.outcome, line.letter), ('done', 'revised', 'mailed'))
        self.assertEqual(
            line.amendment_id.summary,
            "Hosting: Price 100.00\xa0€ → 103.68\xa0€\nBackup: Price 30.00\xa0€ → 31.10\xa0€\n"
            "House index: new price = old price × 321.4 (March 2026) / 310 (March 2025), that is +3.68 %",
        )
        bills = self._invoiced(date(2026, 12, 1), contract)
        self.assertEqual(bills[-1].amount_untaxed, 160.0)
        self.assertEqual(self._invoiced(NEW_YEAR, contract).amount_untaxed, 165.88)

    def test_another_day_computes_a_preview_anew(self):
        contract = self._indexed()
        revision = self._revision()
        self.assertEqual(revision.line_ids.contract_id, contract)
        with Form(revision) as form:
            form.date_until = date(2026, 12, 31)
        self.assertFalse(revision.line_ids)
        revision.date_until = NEW_YEAR
        self.assertEqual(revision.line_ids.contract_id, contract)
        revision.action_revise()
        with self.assertRaises(AssertionError), Form(revision) as form:
            form.date_until = date(2026, 12, 31)

    def test_a_revision_for_the_past_credits_and_bills_anew(self):
        contract = self._indexed(
            revision_when='fixed', revision_month='11', revision_lag=8, revision_base_month=date(2025, 3, 1)
        )
        self.assertEqual(self._billed_on(date(2026, 11, 1), contract)[-1].amount_untaxed, 100.0)
        [line] = self._revision().line_ids
        self.assertEqual((line.level, line.is_selected), ('look', False))
        self.assertIn("The day has passed", line.remark)
        line.is_selected = True
        line.revision_id.action_revise()
        self.assertEqual(self._billed_on(TODAY, contract)[-1].amount_untaxed, 3.68)

    def test_a_day_within_a_period_bills_each_price_by_its_days(self):
        contract = self._indexed()
        self._invoiced(date(2026, 12, 1), contract)
        revision = self._revision()
        revision.line_ids.date = date(2027, 1, 11)
        revision.action_revise()
        rows = self._invoiced(NEW_YEAR, contract).invoice_line_ids.sorted('billing_date_start')
        self.assertEqual(
            [(row.billing_date_start.day, row.billing_date_end.day, row.price_subtotal) for row in rows],
            [(1, 10, 32.26), (11, 31, 70.23)],  # 10/31 of 100.00, and 103.68 less its 10/31 of 33.45
        )
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))

    def test_contracts_of_whole_periods_wait_for_the_next_one(self):
        self._indexed(
            proration='none',
            revision_when='fixed',
            revision_day=15,
            revision_agreed_on=date(2026, 2, 1),
            revision_base_month=date(2025, 3, 1),
        )
        [line] = self._revision().line_ids
        self.assertEqual((line.revision_date, line.date), (date(2027, 1, 15), date(2027, 2, 1)))

    def test_lines_of_a_pricelist_and_those_marked_stay(self):
        contract = self._indexed(pricelist_id=self._pricelist((80.0, False, False)).id)
        listed = self._add_line(contract, price_unit=10.0, is_price_listed=True)
        kept = self._add_line(contract, price_unit=20.0, is_not_revised=True)
        ended = self._add_line(contract, price_unit=40.0, date_end=date(2026, 12, 31))
        amendment = self._revised(contract)
        self.assertEqual(amendment.change_ids.line_id, contract.line_ids[:1])
        self.assertEqual((listed | kept | ended).mapped('price_unit'), [10.0, 20.0, 40.0])

    def test_a_lasting_discount_is_taken_off_the_new_price(self):
        """100.00 and 103.68 less a tenth of each: 10.00 and 10.37."""
        contract = self._indexed()
        discount = {'name': "Loyal", 'percent': 10.0, 'date_from': date(2026, 12, 1)}
        contract._amend('discount', date(2026, 12, 1), TODAY, discounts=[discount])
        [line] = self._revision().line_ids
        self.assertEqual((line.amount_before, line.amount_after), (90.0, 93.31))

    def test_each_revision_starts_from_the_last_one(self):
        self._values(('2027-03-01', 330.0))
        contract = self._indexed(revision_has_cap=True, revision_cap=3.0)
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.0)
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))
        amendment = self._revised(contract, until=date(2028, 1, 1))
        self.assertEqual((amendment.index_base, amendment.index_base_month), (321.4, date(2026, 3, 1)))
        self.assertEqual(amendment.change_ids.new_value, 105.76)  # 103.00 x 330.0 / 321.4 = 105.756

    def test_the_base_stays_as_it_was_agreed(self):
        contract = self._indexed()
        self.index.value_ids.filtered(lambda value: value.month.year == 2025).value = 300.0
        self.assertEqual(contract.revision_base, 310.0)
        contract._unguarded().revision_base = 320.0
        self.assertEqual(self._revised(contract).change_ids.new_value, 100.44)  # 100.00 x 321.4 / 320

    def test_a_revision_that_changes_no_price_is_written_down(self):
        contract = self._indexed(revision_has_cap=True, revision_has_floor=True)
        amendment = self._revised(contract)
        self.assertFalse(amendment.change_ids)
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))
        self.assertFalse(contract.message_ids.filtered('partner_ids'), "nobody is written to")

    # === WHO AND HOW MANY === #

    def test_a_user_revises_from_the_form_and_only_before_it_is_done(self):
        self._indexed()
        company = {'company_id': self.company.id, 'company_ids': [(6, 0, self.company.ids)]}
        user = new_test_user(self.env, 'revising_user', 'recurring_billing.group_user', **company)
        form = Form(self.env['billing.revision'].with_user(user))
        self.assertEqual(form.date_until, date(2027, 1, 24))
        revision = form.save()
        with Form(revision) as form, form.line_ids.edit(0) as line:
            line.date = date(2027, 1, 2)
        revision.action_revise()
        self.assertEqual(revision.line_ids.amendment_id.date, date(2027, 1, 2))
        with self.assertRaisesRegex(UserError, "can no longer be ticked"):
            revision.line_ids.is_selected = False
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            revision.unlink()
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            revision.line_ids.amount_after = 1.0
        with self.assertRaisesRegex(UserError, "No contract is ticked"):
            self._revision(until=TODAY).action_revise()

    def test_many_are_revised_in_the_background(self):
        contracts = self.env['billing.contract'].concat(*(self._indexed() for _number in range(3)))
        revision = self._revision()
        before = self._triggers('recurring_billing.ir_cron_revise')
        with patch.object(billing_revision, 'AT_ONCE', 2):
            revision.action_revise()
        self.assertEqual((revision.state, revision.contract_count), ('running', 3))
        self.assertEqual(self._triggers('recurring_billing.ir_cron_revise'), before + 1)
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_revise').method_direct_trigger()
        self.assertEqual(revision.state, 'done')
        self.assertEqual(contracts.amendment_ids.mapped('kind'), ['indexation'] * 3)

    def test_companies_are_apart(self):
        self._indexed()
        other = self.setup_other_company(name="Other company")['company']
        self.assertFalse(self._revision(company_id=other.id).line_ids)
