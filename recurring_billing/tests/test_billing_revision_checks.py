from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common_revision import INDEXED, NEW_YEAR, TODAY, RevisionCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-11-25')
class TestBillingRevisionChecks(RevisionCommon):
    """What stops a revision, that of its contract only, and terms that cannot be."""

    def test_a_missing_value_stops_its_contract_only(self):
        self.index.value_ids.filtered(lambda value: value.month.year == 2026).unlink()
        stopped = self._indexed()
        other = self._indexed(revision='percent', revision_percent=2.0)
        revision = self._revision()
        line = revision.line_ids.filtered(lambda line: line.contract_id == stopped)
        self.assertEqual((line.level, line.is_selected, line.is_missing), ('blocked', False, True))
        self.assertEqual(
            line.remark,
            "No value of House index for March 2026. Enter or import it in Configuration › Indices, then compute "
            "again.",
        )
        self.assertEqual(line.action_open()['res_model'], 'billing.index')
        revision.action_revise()
        self.assertFalse(stopped.amendment_ids)
        self.assertEqual(other.amendment_ids.change_ids.new_value, 102.0)
        self._values(('2026-03-01', 321.4))
        self.assertEqual(self._revised(stopped).change_ids.new_value, 103.68)

    def test_a_missing_base_is_looked_up_when_it_is_there(self):
        self.index.value_ids.filtered(lambda value: value.month.year == 2025).unlink()
        contract = self._indexed()
        self.assertIn("No value of House index for March 2025", self._revision().line_ids.remark)
        self._values(('2025-03-01', 310.0))
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.68)

    def test_what_a_person_should_know_is_not_ticked(self):
        self._indexed(revision_notice=60)
        self._indexed(partner=self._customer("Postal", email=False))
        late, postal = self._revision().line_ids
        self.assertEqual((late.level, late.is_selected), ('look', False))
        self.assertIn("The letter was to go by 11/02/2026. Choose 01/24/2027 or later", late.remark)
        self.assertIn("no e-mail address", postal.remark)
        late.date = date(2027, 1, 24)
        self.assertEqual((late.level, late.is_selected), ('ok', True))

    def test_a_contract_without_a_price_to_revise_says_so(self):
        contract = self._indexed()
        contract.line_ids.is_not_revised = True
        self.assertIn("has no price to revise", self._revision().line_ids.remark)

    def test_prices_are_never_revised_twice_for_one_date(self):
        contract = self._indexed()
        first, second = self._revision(), self._revision()
        first.action_revise()
        with self.assertLogs('odoo.addons.recurring_billing.models.billing_worker', 'WARNING'):
            second.action_revise()
        self.assertEqual((second.line_ids.outcome, second.line_ids.level), ('blocked', 'blocked'))
        self.assertIn("was changed or revised since", second.line_ids.remark)
        self.assertEqual(len(contract.amendment_ids), 1)
        self.assertFalse(self._revision().line_ids)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            contract._amend('indexation', NEW_YEAR, TODAY, revision_date=NEW_YEAR)

    def test_nobody_gets_other_prices_than_the_preview_showed(self):
        contract = self._indexed()
        revision = self._revision()
        contract._amend('quantity', date(2026, 12, 1), TODAY, lines=[(contract.line_ids, {'quantity': 2.0})])
        with self.assertLogs('odoo.addons.recurring_billing.models.billing_worker', 'WARNING'):
            revision.action_revise()
        self.assertEqual(revision.line_ids.outcome, 'blocked')
        self.assertEqual(len(contract.amendment_ids), 1)

    def test_an_undone_revision_can_be_made_again(self):
        contract = self._indexed()
        self._billed_on(TODAY, contract)
        self._revised(contract).action_undo()
        self.assertEqual(contract.next_revision_date, NEW_YEAR)
        self.assertEqual(self._invoiced(NEW_YEAR, contract)[-1].amount_untaxed, 100.0)
        again = self._revised(contract)
        self.assertEqual((again.index_base, again.change_ids.new_value), (310.0, 103.68))
        self.assertEqual(self._invoiced(date(2027, 1, 2), contract).amount_untaxed, 3.68)

    def test_a_value_that_was_used_is_not_changed(self):
        contract = self._indexed()
        amendment = self._revised(contract)
        value = amendment.index_value_id
        for change in (
            lambda: value.write({'value': 322.0}),
            lambda: value.write({'month': '2026-04-01'}),
            value.unlink,
        ):
            with (
                self.assertRaisesRegex(UserError, "was used to revise prices.*Undo the revision"),
                self.env.cr.savepoint(),
            ):
                change()
        value.value = 321.4
        amendment.action_undo()
        value.value = 322.0
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.87)  # 100.00 x 322 / 310

    # === TERMS === #

    def test_a_plan_proposes_its_terms(self):
        plan = self.env['billing.plan'].create(
            {'name': "Care", 'revision_index_id': self.index.id, **INDEXED, 'revision_notice': 0, 'revision_month': '7'}
        )
        contract = self._contract(plan_id=plan.id, date_start=date(2026, 1, 1))
        self.assertEqual(
            (contract.revision, contract.revision_index_id, contract.revision_lag, contract.revision_notice),
            ('index', self.index, 10, 0),
        )
        self.assertEqual((contract.revision_month, contract.revision_base), ('7', 310.0))
        plan.revision_lag = 3
        self.assertEqual(contract.revision_lag, 10, "a contract keeps its copy")

    def test_terms_that_cannot_be_are_refused_with_a_remedy(self):
        contract = self._contract()
        indexed = {'revision': 'index', 'revision_index_id': self.index.id}
        cases = (
            ({'revision': 'index'}, "none is chosen in the field “Index”"),
            ({'revision': 'percent', 'revision_percent': -100.0}, "“Change.*Enter more than -100"),
            ({**indexed, 'revision_lag': -1}, "Enter 0 or more"),
            ({**indexed, 'revision_when': 'fixed', 'revision_day': 32}, "Enter 1 to 31"),
            ({**indexed, 'revision_has_cap': True, 'revision_has_floor': True, 'revision_floor': 1.0}, "lies above"),
        )
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                contract.write(values)
