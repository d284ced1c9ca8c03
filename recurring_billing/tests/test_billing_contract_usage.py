from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common_usage import UsageCommon

SEPTEMBER, OCTOBER, JANUARY = date(2026, 9, 1), date(2026, 10, 1), date(2027, 1, 1)
TODAY = date(2026, 9, 15)
QUARTERLY = {'recurrence': ['month', 3]}


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingContractUsage(UsageCommon):
    """What becomes of metered lines and their usage where a contract changes."""

    def _record(self, day, quantity, reference):
        rows = [{'meter': "M-1", 'date': str(day), 'quantity': quantity, 'reference': reference}]
        self.env['billing.usage'].record(rows)
        return self.env['billing.usage'].search([('reference', '=', reference)])

    def test_what_a_period_includes_follows_its_length(self):
        """A month includes 100 and costs 30.00 at least, a quarter 300 and 90.00; 1,000 units of a tier are 3,000."""
        contract, line = self._metered(usage_included=100, usage_minimum=30.0)
        self._billed_on(SEPTEMBER, contract)
        self._use(line, date(2026, 9, 5), 150)
        amendment = contract._amend('frequency', OCTOBER, TODAY, terms=QUARTERLY)
        new = amendment.line_ids
        self.assertEqual((line.effective_until, new.effective_from, new.meter), (date(2026, 9, 30), OCTOBER, "M-1"))
        self.assertEqual((new.usage_included, new.usage_minimum), (300.0, 90.0))
        self.assertEqual(new.tier_ids.mapped(lambda tier: (tier.up_to, tier.price)), [(3000.0, 0.1), (0.0, 0.05)])
        self.assertEqual(
            [sentence.replace("\u00a0", " ") for sentence in amendment.summary.splitlines()],
            [
                "Added: API calls by usage, 300 included per period; up to 3,000: 0.10 €; above: 0.05 €; "
                "at least 90.00 € per period",
                "Hosting: Price 100.00 € → 300.00 €",
                "API calls: until 09/30/2026",
                "Frequency Monthly → Quarterly",
            ],
        )
        # 50 x 0.10, and 25.00 to the minimum of September
        self.assertEqual(self._amounts(self._billed_on(OCTOBER, contract)), [[0.0, 5.0, 25.0]])
        with freeze_time('2026-12-31'):
            self._record(date(2026, 11, 5), 3200, "november")
        self.assertEqual(self._amounts(self._billed_on(JANUARY, contract)), [[0.0, 290.0]])

    def test_an_undone_frequency_takes_its_meters_back(self):
        contract, line = self._metered(usage_included=100)
        self._billed_on(SEPTEMBER, contract)
        amendment = contract._amend('frequency', OCTOBER, TODAY, terms=QUARTERLY)
        with freeze_time('2026-10-05'):
            record = self._record(OCTOBER, 150, "october")
        self.assertEqual(record.contract_line_id, amendment.line_ids)
        amendment.action_undo()
        self.assertEqual((record.contract_line_id, line.effective_until), (line, False))
        self._billed_on(OCTOBER, contract)
        self.assertEqual(self._amounts(self._billed_on(date(2026, 11, 1), contract)), [[0.0, 5.0]])

    def test_a_meter_that_begins_later_follows_a_frequency_before_it(self):
        contract = self._started(date_start=SEPTEMBER, debit=False)
        new = {'product_id': self.service.id, 'name': "API calls", 'kind': 'usage', 'usage_included': 100}
        line = contract._amend('new_line', date(2026, 11, 1), TODAY, added=[new]).line_ids
        quarterly = contract._amend('frequency', OCTOBER, TODAY, terms=QUARTERLY).line_ids
        self.assertEqual((line.effect, quarterly.effective_from), ('void', date(2026, 11, 1)))
        self.assertEqual(quarterly.usage_included, 300.0)

    def test_meters_that_no_period_counts_for_stay_with_a_frequency(self):
        yearly = {'usage_minimum': 30.0, 'usage_minimum_term': 'year'}
        contract, _line = self._metered(tiers=(), price_unit=0.1, **yearly)
        amendment = contract._amend('frequency', OCTOBER, TODAY, terms=QUARTERLY)
        self.assertFalse(amendment.line_ids)

    def test_no_meter_is_added_before_a_later_frequency(self):
        contract = self._started(date_start=SEPTEMBER, debit=False)
        contract._amend('frequency', OCTOBER, TODAY, terms=QUARTERLY)
        new = {'product_id': self.service.id, 'name': "API calls", 'kind': 'usage', 'usage_included': 100}
        with self.assertRaisesRegex(UserError, "the frequency changes from 10/01/2026. Undo that change first"):
            contract._amend('new_line', TODAY, TODAY, added=[new])
        self.assertTrue(contract._amend('new_line', OCTOBER, TODAY, added=[new]).line_ids)

    def test_usage_that_nobody_bills_any_more_is_shown(self):
        contract, line = self._metered(meter=False)
        kept, lost = self._use(line, date(2026, 9, 5), 10), self._use(line, date(2026, 9, 12), 20)
        usage = self.env['billing.usage']
        self.assertFalse(usage.search([('is_outside', '=', True)]))
        effect = contract._effect(
            lambda: contract._amend('end_line', date(2026, 9, 11), TODAY, lines=[(line, None)]), TODAY
        )
        self.assertEqual(len(effect.warnings), 1)
        self.assertIn("1 records of usage of API calls, from 09/12/2026 to 09/12/2026", effect.warnings[0])
        contract._amend('end_line', date(2026, 9, 11), TODAY, lines=[(line, None)])
        self.assertEqual((kept + lost).mapped('is_outside'), [False, True])
        self.assertEqual(usage.search([('is_outside', '=', True)]), lost)
        self.assertEqual(usage.search([('is_outside', '=', False), ('contract_id', '=', contract.id)]), kept)

    def test_a_line_added_to_a_contract_taken_over_plans_no_period_of_the_past(self):
        contract = self._contract(date_start=date(2020, 1, 1), debit=False)
        contract.line_ids.billed_until = date(2026, 9, 30)
        contract._start(TODAY)
        new = {'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0}
        contract._amend('new_line', date(2026, 11, 1), TODAY, added=[new])
        self.assertEqual(min(contract.period_ids.mapped('date_start')), OCTOBER)
