from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import file_open

from .common_usage import UsageCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingUsage(UsageCommon):
    """How usage is recorded: once, on a day of a metered line, and told what is wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usage = cls.env['billing.usage'].with_context(allowed_company_ids=cls.company.ids)

    def _row(self, **values):
        return {'meter': "M-1", 'date': '2026-09-05', 'quantity': 10, 'reference': "R-1", **values}

    def test_a_second_import_of_the_same_reference_changes_nothing(self):
        _contract, line = self._metered()
        rows = [self._row(reference=f"R-{number}") for number in range(3)]
        self.assertEqual(self.usage.record(rows), {'created': 3, 'known': 0})
        self.assertEqual(self.usage.record([*rows, self._row(reference="R-9")]), {'created': 1, 'known': 3})
        self.assertEqual(self.usage.record([self._row(reference="R-8")] * 2), {'created': 1, 'known': 1})
        self.assertEqual(sum(line.usage_ids.mapped('quantity')), 50.0)

    def test_a_file_is_imported_twice_without_a_second_record(self):
        _contract, line = self._metered()
        names = ['meter', 'date', 'quantity', 'reference', 'note']
        rows = [["M-1", '2026-09-05', '10', "R-1", "first"], ["M-1", '2026-09-06', '20.5', "R-2", ""]]
        for _again in range(2):
            result = self.usage.with_context(import_file=True).load(names, rows)
            self.assertFalse(result['messages'])
            self.assertEqual(len(result['ids']), 2)
        self.assertEqual(sum(line.usage_ids.mapped('quantity')), 30.5)

    def test_the_template_of_the_import_has_the_columns_of_the_model(self):
        self.env['res.lang']._activate_lang('fr_FR')
        for lang, first in (('en_US', "Meter"), ('fr_FR', "Compteur")):
            usage = self.usage.with_context(lang=lang)
            template = usage.get_import_templates()[0]['template']
            with self.subTest(lang), file_open(template.removeprefix('/')) as file:
                headings = file.readline().strip().split(',')
                labels = {field['string'] for field in usage.fields_get().values()}
                self.assertLessEqual(set(headings), labels)
                self.assertEqual(headings[0], first)

    def test_what_cannot_be_billed_is_refused_with_record_field_and_remedy(self):
        contract, line = self._metered(end=date(2026, 11, 30))
        self.usage.record([self._row()])
        hosting = contract.line_ids - line
        cases = [
            (self._row(quantity=11), "R-1: this external reference is recorded already, with quantity 10.0"),
            (self._row(date='2026-09-06'), "R-1: this external reference is recorded already"),
            (self._row(reference="R-2", quantity=-1), "R-2, field “Quantity”: -1.0 is below zero"),
            (self._row(reference="R-2", date='2026-08-31'), "R-2, field “Meter”: no line .* on 08/31/2026"),
            (self._row(reference="R-2", date='2026-12-01'), "R-2, field “Meter”: no line .* on 12/01/2026"),
            (self._row(reference="R-2", meter="M-0"), "no line of a contract of the company has the meter M-0"),
            (
                {'contract_line_id': line.id, 'date': '2026-12-01', 'quantity': 1, 'reference': "R-2"},
                "R-2, field “Date”: 12/01/2026 is outside the days .* from 09/01/2026 to 11/30/2026",
            ),
            (
                {'contract_line_id': hosting.id, 'date': '2026-10-01', 'quantity': 1, 'reference': "R-2"},
                "R-2, field “Metered Line”: line Hosting .* is not billed by usage",
            ),
            (self._row(reference=False), "an external reference are needed"),
            (self._row(colour="red"), "has no field colour"),
        ]
        for row, message in cases:
            with self.subTest(message=message), self.assertRaisesRegex(UserError, message), self.cr.savepoint():
                self.usage.record([row])

    def test_days_that_another_software_billed_take_no_usage(self):
        _contract, line = self._metered(billed_until=date(2026, 9, 30))
        with self.assertRaisesRegex(ValidationError, "from 10/01/2026 to …"):
            self._use(line, date(2026, 9, 30), 1)
        self._use(line, date(2026, 10, 1), 1)

    def test_a_meter_on_two_lines_at_once_is_refused(self):
        contracts = self._metered()[0] + self._metered()[0]
        with self.assertRaisesRegex(UserError, "several lines have the meter M-1") as caught:
            self.usage.record([self._row()])
        for contract in contracts:
            self.assertIn(contract.name, str(caught.exception))

    def test_billed_records_stay_and_others_may_be_corrected(self):
        contract, line = self._metered()
        record = self._use(line, date(2026, 9, 5), 10)
        record.quantity = 20
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            record.move_line_id = False
        self._billed_on(date(2026, 9, 1), contract)
        invoice = self._billed_on(date(2026, 10, 1), contract)
        self.assertEqual(self._amounts(invoice), [[2.0]])
        for change in (lambda: record.write({'quantity': 5}), record.unlink):
            with self.assertRaisesRegex(UserError, f"is billed by {invoice.name}"):
                change()
        record.note = "seen"

    def test_another_companys_usage_is_its_own(self):
        other = self.setup_other_company()['company']
        _contract, line = self._metered()
        foreign = self.usage.with_context(allowed_company_ids=other.ids).with_company(other)
        with self.assertRaisesRegex(UserError, "no line of a contract of the company has the meter"):
            foreign.record([self._row()])
        with self.assertRaisesRegex(UserError, "switch to that company"):
            foreign.record([{'contract_line_id': line.id, 'date': '2026-09-05', 'quantity': 1, 'reference': "R"}])
        self.usage.record([self._row()])
        user = new_test_user(
            self.env, 'other', 'recurring_billing.group_user', company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertFalse(self.env['billing.usage'].with_user(user).search([]))

    def test_who_invoices_reads_usage_and_does_not_record_it(self):
        self._metered()
        roles = [('recurring_billing.group_user', True), ('account.group_account_invoice', False)]
        for group, may in roles:
            user = new_test_user(
                self.env, group, group, company_id=self.company.id, company_ids=[(6, 0, self.company.ids)]
            )
            usage = self.env['billing.usage'].with_user(user)
            with self.subTest(group=group):
                if may:
                    usage.record([self._row()])
                    self.assertEqual(len(usage.search([])), 1)
                else:
                    usage.search([])
                    with self.assertRaises(AccessError):
                        usage.record([self._row(reference="R-7")])

    def test_terms_of_usage_that_do_not_fit_are_refused(self):
        cases = [
            ({'tiers': ((10, 1.0),)}, "field “Tiers”: let the tiers rise and leave “Up To” of the last one at zero"),
            ({'tiers': ((10, 1.0), (10, 2.0), (0, 1.0))}, "let the tiers rise"),
            ({'tiers': ((10, 1.0), (0, 1.0)), 'usage_scheme': 'package'}, "packages have the price of the line"),
            ({'discount': 5.0}, "knows neither a discount nor the pricelist"),
        ]
        for values, message in cases:
            with self.subTest(message=message), self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self._metered(**values)

    def test_the_contract_tells_what_usage_costs(self):
        space = "\u00a0"
        cases = [
            ({}, ["up to 1,000: 0.10 €", "above: 0.05 €"]),
            ({'tiers': (), 'price_unit': 0.5, 'usage_included': 20}, ["20 included per period", "0.50 € each"]),
            (
                {'tiers': (), 'price_unit': 9.0, 'usage_scheme': 'package', 'usage_package': 10, 'usage_minimum': 50},
                ["9.00 € for each 10 begun", "at least 50.00 € per period"],
            ),
            ({'tiers': ((0, 0.0012),), 'flat': [(0, 7.0)]}, ["0.0012 € each and 7.00 €"]),
        ]
        for values, texts in cases:
            with self.subTest(texts=texts):
                _contract, line = self._metered(**values)
                self.assertEqual([text.replace(space, " ") for text in line._usage_texts()], texts)

    def test_a_copied_contract_takes_the_tiers_along_and_no_usage(self):
        contract, line = self._metered()
        self._use(line, date(2026, 9, 5), 10)
        copy = contract.copy().line_ids.filtered(lambda line: line.kind == 'usage')
        self.assertEqual(copy.tier_ids.mapped('price'), [0.10, 0.05])
        self.assertFalse(copy.usage_ids | self.usage.search([('contract_line_id', '=', copy.id)]))
        self.assertFalse(copy.meter)
