from datetime import date

from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 12, 5)


@tagged('post_install', '-at_install')
@freeze_time('2026-12-05')
class TestBillingContractUpcoming(BillingCommon):
    """The next invoices that a contract's form shows."""

    def _lines(self, *rows):
        return [Command.create({'product_id': self.service.id, 'name': name, **values}) for name, values in rows]

    def _told(self, contract):
        """(date, planned date where it differs, total without taxes, remarks) of each invoice ahead."""
        return [
            (
                row.date.isoformat(),
                row.planned_date.isoformat() if row.planned_date != row.date else None,
                row.untaxed,
                row.remarks,
            )
            for row in contract._upcoming(TODAY)
        ]

    def test_late_periods_show_the_date_that_their_invoice_will_get(self):
        contract = self._started(date_start=date(2026, 10, 5))
        self.assertEqual(
            self._told(contract)[:4],
            [
                ('2026-12-05', '2026-10-05', 100.0, ["Dated today: planned 61 days ago, on 10/05/2026"]),
                ('2026-12-05', '2026-11-05', 100.0, ["Dated today: planned 30 days ago, on 11/05/2026"]),
                ('2026-12-05', None, 100.0, []),
                ('2027-01-05', None, 100.0, []),
            ],
        )
        self.assertEqual((contract.next_invoice_date, contract.next_issue_date), (date(2026, 10, 5), TODAY))
        shown = [row.date for row in contract._upcoming(TODAY)[:3]]
        self.assertEqual(self._bill(TODAY).line_ids.sorted('planned_date').mapped('invoice_date'), shown)

    def test_the_next_invoice_is_the_next_one_that_bills(self):
        """After a free month, and after a pause, the button shows the invoice that comes then."""
        free = self._started(date_start=date(2026, 12, 5), line_ids=self._lines(("Hosting", {'price_unit': 100.0})))
        self._bill(TODAY)
        self.assertEqual(free.next_invoice_date, date(2027, 1, 5))
        first, last = date(2027, 1, 5), date(2027, 2, 4)
        month = {'name': "Free", 'kind': 'percent', 'percent': 100.0, 'date_from': first, 'date_until': last}
        free._amend('discount', date(2027, 1, 5), TODAY, discounts=[month])
        shown = (free.next_period_id, free.next_invoice_date, free.next_issue_date, free.next_invoice_amount)
        self.assertEqual(shown, (free.period_ids.browse(), date(2027, 2, 5), date(2027, 2, 5), 120.0))
        preview = self.env['billing.run'].browse(free.action_preview()['res_id'])
        self.assertEqual(preview.line_ids.filtered('amount_total').mapped('planned_date'), [date(2027, 2, 5)])
        paused = self._started(date_start=date(2026, 12, 5))
        self._bill(TODAY)
        pause = paused._amend('pause', date(2027, 1, 5), TODAY, date_until=date(2027, 3, 14))
        self.assertEqual((paused.next_invoice_date, paused.next_invoice_amount), (date(2027, 3, 5), 81.29))
        paused._undo(pause, TODAY)
        paused._amend('pause', date(2027, 1, 5), TODAY)
        self.assertEqual((paused.next_invoice_date, paused.next_invoice_amount), (False, 0.0))

    def test_the_journals_latest_date_counts_before_anything_is_saved(self):
        self._create_invoice_one_line(price_unit=10.0, invoice_date='2026-12-05')._post(soft=False)
        with Form(self.env['billing.contract']) as form:
            form.partner_id = self.customer
            form.date_start = date(2026, 12, 4)
            with form.line_ids.new() as line:
                line.product_id = self.service
            shown = str(form.upcoming_preview)
        self.assertIn("Dated today: the journal holds invoices later than 12/04/2026", shown)
        for text in ("12/05/2026", "planned", "SEPA Direct Debit"):
            self.assertIn(text, shown)
        self.assertEqual(self._told(self._contract(date_start=date(2026, 12, 4)))[0][:2], ('2026-12-05', '2026-12-04'))

    def test_a_remark_says_why_an_invoice_differs_from_the_last(self):
        contract = self._started(
            date_start=date(2026, 12, 10),
            anchor_day=1,
            line_ids=self._lines(
                ("Hosting\n10 GB", {'price_unit': 310.0}),
                ("Installation", {'price_unit': 50.0, 'kind': 'setup'}),
                ("Backup", {'price_unit': 30.0, 'date_end': date(2027, 2, 28)}),
                ("Support", {'price_unit': 20.0, 'date_start': date(2027, 2, 1)}),
                ("Hotline", {'price_unit': 0.0}),
            ),
        )
        self.assertEqual(
            self._told(contract)[:5],
            [
                (
                    '2026-12-10',
                    None,
                    291.29,
                    ["Shorter period: 22/31 days", "Billed once: Installation", "Free: Hotline"],
                ),
                ('2027-01-01', None, 340.0, []),
                ('2027-02-01', None, 360.0, ["New: Support"]),
                ('2027-03-01', None, 330.0, ["Ended: Backup"]),
                ('2027-04-01', None, 330.0, []),
            ],
        )

    def test_what_is_agreed_otherwise_is_named_from_its_first_period_on(self):
        contract = self._started(date_start=TODAY)
        contract._amend('lines', date(2027, 2, 5), TODAY, lines=[(contract.line_ids, {'price_unit': 150.0})])
        self.assertEqual(
            [(untaxed, remarks) for _day, _planned, untaxed, remarks in self._told(contract)[:4]],
            [(100.0, []), (100.0, []), (150.0, ["Changed: Hosting"]), (150.0, [])],
        )
        self.assertFalse(contract.free_warning)

    def test_a_discount_is_named_where_it_begins_and_where_it_has_ended(self):
        offer = {'name': "Welcome", 'percent': 10.0, 'date_from': TODAY, 'date_until': date(2027, 1, 19)}
        contract = self._started(date_start=TODAY, discount_ids=[Command.create(offer)])
        self.assertEqual(
            [(untaxed, remarks) for _day, _planned, untaxed, remarks in self._told(contract)[:3]],
            [(90.0, ["Discount: Welcome"]), (95.16, []), (100.0, ["Discount ended: Welcome"])],
        )

    def test_a_price_from_the_list_is_named_where_it_changes(self):
        pricelist = self.env['product.pricelist'].create(
            {
                'name': "By date",
                'currency_id': self.company.currency_id.id,
                'item_ids': [
                    Command.create({'compute_price': 'fixed', 'fixed_price': price, 'date_start': day})
                    for price, day in ((90.0, '2026-01-01 00:00:00'), (110.0, '2027-02-01 00:00:00'))
                ],
            }
        )
        pricelist.item_ids[0].date_end = '2027-01-31 23:00:00'
        contract = self._started(date_start=date(2026, 12, 6), pricelist_id=pricelist.id)
        contract.line_ids._unguarded().is_price_listed = True
        self.assertEqual(
            [(untaxed, remarks) for _day, _planned, untaxed, remarks in self._told(contract)[:4]],
            [
                (90.0, ["Price from the list: Hosting"]),
                (90.0, []),
                (110.0, ["Price from the list: Hosting"]),
                (110.0, []),
            ],
        )

    def test_a_free_contract_says_that_it_owes_nothing(self):
        contract = self._started(date_start=TODAY, price=0.0)
        told = self._told(contract)
        self.assertEqual(
            told[:2],
            [
                ('2026-12-05', None, 0.0, ["Owes nothing, price or quantity zero: Hosting"]),
                ('2027-01-05', None, 0.0, ["Owes nothing, price or quantity zero: Hosting"]),
            ],
        )
        self.assertFalse(contract.next_invoices())

    def test_a_blocked_period_says_why(self):
        contract = self._started(date_start=TODAY)
        contract.period_ids[0]._hold("Mend me")
        self.assertEqual([row.error for row in contract._upcoming(TODAY)[:2]], ["Mend me", False])
        self.assertIn("Mend me", contract.upcoming_preview)

    def test_a_debit_without_mandate_shows_in_the_column_of_payment(self):
        contract = self._contract(self._customer("Cabinet Morel"))
        self.assertIn("no active mandate", contract.upcoming_preview)

    def test_the_form_warns_of_lines_that_cost_nothing(self):
        contract = self._contract(
            line_ids=self._lines(
                ("Hosting", {'price_unit': 100.0}),
                ("Hotline\nby phone", {'price_unit': 0.0}),
                ("Backup", {'price_unit': 10.0, 'quantity': 0.0}),
                ("Old", {'price_unit': 0.0, 'date_end': date(2026, 12, 31), 'date_start': date(2026, 12, 5)}),
            )
        )
        self.assertEqual(contract.free_warning, "Hotline, Backup, Old")
        contract.line_ids[3].date_end = TODAY
        contract.line_ids[1].price_unit = 1.0
        contract.date_start = date(2026, 12, 6)
        self.assertEqual(contract.free_warning, "Backup")
