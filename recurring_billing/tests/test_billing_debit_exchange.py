from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.misc import file_open

from .common import BillingCommon

XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
OPTIONS = {'has_headers': True, 'quoting': '"', 'separator': ',', 'date_format': '', 'float_thousand_separator': ','}


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingDebitExchange(BillingCommon):
    """Debits that other software sent, and that the bank may still send back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._customer("Durand Lyon")
        cls.branch.billing_payer_id = cls.customer

    def _import(self, **values):
        debits = self.env['billing.debit'].with_context(import_file=True)
        return debits.create(
            {
                'end_to_end_id': "OLD-1",
                'mandate_id': self.mandate.id,
                'date': date(2026, 8, 5),
                'amount': 107.88,
                'imported_reference': "FA-0731",
                **values,
            },
        )

    def test_the_template_makes_settled_debits_without_an_entry(self):
        self.mandate._unguarded().name = "M-2019-014"
        self._mandate(self._customer("Cabinet Morel"), 'FR7610278487575797543231912', name="M-2021-102")
        with file_open('recurring_billing/static/xls/debits_import_template.xlsx', 'rb') as template:
            file = template.read()
        wizard = self.env['base_import.import'].create({'res_model': 'billing.debit', 'file': file, 'file_type': XLSX})
        preview = wizard.parse_preview(dict(OPTIONS))
        fields = ["/".join(preview['matches'].get(number, [])) for number in range(len(preview['headers']))]
        self.assertNotIn('', fields, preview['headers'])
        before = self.env['account.move'].search_count([])
        result = wizard.execute_import(fields, preview['headers'], {**OPTIONS, **preview['options']})
        self.assertFalse([message['message'] for message in result['messages']])
        first, second = self.env['billing.debit'].browse(result['ids']).sorted('end_to_end_id')
        self.assertEqual(
            (first.state, first.date, first.amount, first.partner_id, first.mandate_id, first.reference),
            ('settled', date(2026, 8, 5), 107.88, self.customer, self.mandate, "FA-2026-0731"),
        )
        self.assertEqual((second.partner_id.name, second.amount), ("Cabinet Morel", 360.0))
        self.assertEqual(self.mandate.last_presentation_date, date(2026, 8, 5))
        self.assertEqual(self.env['account.move'].search_count([]), before)

    def test_a_spreadsheet_brings_nothing_that_was_proved_or_booked(self):
        for values in ({'return_date': date(2026, 8, 31)}, {'settlement_line_id': 1}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                self._import(**values)
        mandates = self.env['billing.mandate'].with_context(import_file=True)
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            mandates.create({'name': "M-1", 'partner_id': self.customer.id, 'signed_by': "Somebody"})
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            mandates.with_context(default_replaces_id=self.mandate.id).create({'name': "M-1"})

    def test_two_companies_may_have_used_the_same_end_to_end_id(self):
        first = self._import()
        company = self.env['res.company'].create({'name': "Other", 'currency_id': self.company.currency_id.id})
        self.env.cr.execute("UPDATE billing_debit SET company_id = %s WHERE id = %s", (company.id, first.id))
        first.invalidate_recordset()
        self.assertEqual(self._import().end_to_end_id, first.end_to_end_id)

    def test_its_return_makes_the_customer_owe_again(self):
        debit = self._import(partner_id=self.branch.id)
        debit._return(date(2026, 8, 31), 'AM04')
        self.assertEqual((debit.state, debit.needs_hand), ('returned', True))
        self.assertIn(debit, self.env['billing.debit'].search([('needs_hand', '=', True)]))
        entry = debit.return_move_id
        self.assertEntry(
            entry,
            date(2026, 8, 31),
            [('411100', "Durand Lyon", 107.88, 0.0), ('511600', "Durand Lyon", 0.0, 107.88)],
        )
        owing = entry.line_ids.filtered(lambda line: line.account_id.code == '411100')
        self.assertEqual((owing.amount_residual, owing.name), (107.88, "Return AM04 FA-0731"))
        self.assertIn("OLD-1", entry.ref)

    def test_what_cannot_come_back_any_more_is_not_taken_over(self):
        stranger = self._customer("Garage Noel")
        for values, text in (
            ({'date': date(2025, 7, 31)}, "OLD-1, field “Collection Date”.*13 months"),
            ({'date': date(2026, 9, 2)}, "OLD-1, field “Collection Date”"),
            ({'end_to_end_id': False}, "FA-0731: the column “End-to-End Id” is empty"),
            ({'amount': 0.0}, "OLD-1: the column “Amount” is empty"),
            ({'mandate_id': False}, "OLD-1: the column “Mandate” is empty"),
            ({'partner_id': stranger.id}, "OLD-1, field “Customer”.*does not pay for Garage Noel"),
        ):
            with self.subTest(text), self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                self._import(**values)

    def test_by_hand_a_debit_is_neither_typed_in_nor_changed(self):
        debit = self._import()
        for name, value in (('amount', 1.0), ('date', date(2026, 8, 6)), ('end_to_end_id', "X"), ('state', 'returned')):
            with self.subTest(name), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                debit[name] = value
