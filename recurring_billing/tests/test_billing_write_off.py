from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .common_late import LateCommon

LOST = date(2026, 9, 20)


@tagged('post_install', '-at_install')
@freeze_time(LOST)
class TestBillingWriteOff(LateCommon):
    """Invoices of 100.00 and 20.00 VAT that nobody pays any more."""

    def _write_off(self, invoice, **values):
        return self.env['billing.write.off'].create({'move_id': invoice.id, 'reason': "Certificate", **values})

    def assertBalances(self, day, **balances):
        codes = {
            **{'receivable': '411100', 'sales': '706000', 'waiting_vat': '445740', 'due_vat': '445710'},
            **{'loss': '654100', 'recovered': '758300'},
        }
        found = {name: self._balance(code, day) for name, code in codes.items()}
        self.assertEqual({name: value for name, value in found.items() if value}, balances)

    def test_vat_on_receipts_that_was_never_due_leaves_its_waiting_account(self):
        invoice = self._late_invoice()
        loss = self._write_off(invoice)
        name = self.customer.name
        self.assertEntry(
            loss.entry_id,
            LOST,
            [('654100', name, 100.0, 0.0), ('445740', name, 20.0, 0.0), ('411100', name, 0.0, 120.0)],
        )
        self.assertBalances(LOST, sales=-100.0, loss=100.0)
        self.assertFalse(self._cash_basis_entries(invoice), "no VAT becomes due by a loss")
        self.assertEqual((invoice.amount_residual, loss.vat, loss.vat_back), (0.0, 20.0, 0.0))
        self.assertFalse(invoice._billing_unpaid_words())
        self.assertIn("Written off: ", invoice.message_ids[0].body)

    def test_of_a_partly_paid_invoice_the_rest_is_given_up(self):
        invoice = self._late_invoice()
        self._pay_by_bank(invoice, date(2026, 9, 10), 60.0)
        self._write_off(invoice)
        self.assertBalances(LOST, sales=-100.0, due_vat=-10.0, loss=50.0)

    def test_vat_that_was_declared_is_taken_back_with_the_words_of_the_law(self):
        on_debits = self.vat_on_receipts.copy({'name': "20% D", 'tax_exigibility': 'on_invoice'})
        invoice = self.env['account.move'].create(
            {
                **{'move_type': 'out_invoice', 'partner_id': self.customer.id, 'invoice_date': date(2026, 9, 1)},
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.service.id, 'price_unit': 100.0, 'tax_ids': [Command.set(on_debits.ids)]}
                    )
                ],
            }
        )
        invoice.action_post()
        self.assertBalances(date(2026, 9, 1), receivable=120.0, sales=-100.0, due_vat=-20.0)
        loss = self._write_off(invoice)
        self.assertBalances(LOST, sales=-100.0, loss=100.0)
        self.assertEqual(loss.vat_back, 20.0)
        words = invoice._billing_unpaid_words().replace("\xa0", " ")
        self.assertIn("100.00 € (price without VAT)", words)
        self.assertIn("20.00 € (corresponding VAT), which cannot be deducted (CGI, art. 272)", words)
        page, _kind = self.env['ir.actions.report']._render_qweb_html('account.account_invoices', invoice.ids)
        self.assertIn("cannot be deducted", page.decode())

    def test_what_is_paid_after_all_is_recovered_with_its_vat(self):
        invoice = self._late_invoice()
        loss = self._write_off(invoice)
        with self.assertRaisesRegex(UserError, "no open payment"):
            loss.action_recover()
        payment = self.env['account.payment'].create(
            {
                **{'partner_id': self.customer.id, 'amount': 60.0},
                **{'payment_type': 'inbound', 'partner_type': 'customer'},
            }
        )
        payment.action_post()
        loss.action_recover()
        name = self.customer.name
        self.assertEntry(
            loss.recovery_ids,
            LOST,
            [('411100', name, 60.0, 0.0), ('758300', name, 0.0, 50.0), ('445710', name, 0.0, 10.0)],
        )
        self.assertBalances(LOST, sales=-100.0, loss=100.0, recovered=-50.0, due_vat=-10.0)
        self.assertEqual((loss.recovered, loss.offered_ids), (60.0, self.env['account.move.line']))
        tags = loss.recovery_ids.line_ids.tax_tag_ids
        wanted = self.vat_on_receipts.invoice_repartition_line_ids.tag_ids
        self.assertEqual(tags, wanted)

    def _two_rates(self):
        """An invoice of 100.00 with 20 % and a discount of 10.00 with 10 %: 109.00 in all; and the second tax."""
        reduced = self.vat_on_receipts.copy({'name': "10% receipts", 'amount': 10.0})
        invoice = self.env['account.move'].create(
            {
                **{'move_type': 'out_invoice', 'partner_id': self.customer.id, 'invoice_date': date(2026, 9, 1)},
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.service.id, 'price_unit': price, 'tax_ids': [Command.set(tax.ids)]}
                    )
                    for price, tax in ((100.0, self.vat_on_receipts), (-10.0, reduced))
                ],
            }
        )
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 109.0)
        return invoice

    def test_an_invoice_with_a_negative_tax_item_is_given_up(self):
        invoice, name = self._two_rates(), self.customer.name
        loss = self._write_off(invoice)
        self.assertEntry(
            loss.entry_id,
            LOST,
            [
                *(('654100', name, 90.0, 0.0), ('445740', name, 20.0, 0.0)),
                *(('445740', name, 0.0, 1.0), ('411100', name, 0.0, 109.0)),
            ],
        )
        self.assertEqual((invoice.amount_residual, loss.vat), (0.0, 19.0))
        self.assertBalances(LOST, sales=-90.0, loss=90.0)

    def test_an_invoice_whose_tax_is_owed_by_the_customer_is_given_up(self):
        tax = self.vat_on_receipts.copy(
            {
                'name': "Reverse charge",
                'tax_exigibility': 'on_invoice',
                **{
                    f'{kind}_repartition_line_ids': [
                        Command.clear(),
                        Command.create({'repartition_type': 'base'}),
                        *(
                            Command.create(
                                {
                                    **{'repartition_type': 'tax', 'factor_percent': factor},
                                    'account_id': self.vat_on_receipts.invoice_repartition_line_ids.account_id.id,
                                }
                            )
                            for factor in (100, -100)
                        ),
                    ]
                    for kind in ('invoice', 'refund')
                },
            }
        )
        invoice = self.env['account.move'].create(
            {
                **{'move_type': 'out_invoice', 'partner_id': self.customer.id, 'invoice_date': date(2026, 9, 1)},
                'invoice_line_ids': [
                    Command.create(
                        {'product_id': self.service.id, 'price_unit': 100.0, 'tax_ids': [Command.set(tax.ids)]}
                    )
                ],
            }
        )
        invoice.action_post()
        loss = self._write_off(invoice)
        self.assertEqual((invoice.amount_residual, loss.amount, loss.vat), (0.0, 100.0, 0.0))
        self.assertBalances(LOST, sales=-100.0, loss=100.0)

    def test_what_is_recovered_comes_back_by_its_rates(self):
        invoice, name = self._two_rates(), self.customer.name
        loss = self._write_off(invoice)
        payment = self.env['account.payment'].create(
            {
                **{'partner_id': self.customer.id, 'amount': 109.0},
                **{'payment_type': 'inbound', 'partner_type': 'customer'},
            }
        )
        payment.action_post()
        loss.action_recover()
        self.assertEntry(
            loss.recovery_ids,
            LOST,
            [
                *(('411100', name, 109.0, 0.0), ('758300', name, 0.0, 100.0), ('758300', name, 10.0, 0.0)),
                *(('445710', name, 0.0, 20.0), ('445710', name, 1.0, 0.0)),
            ],
        )

    def test_what_moves_a_debt_to_the_doubtful_ones_is_no_credit_of_the_customer(self):
        invoice = self._late_invoice()
        lost = self._late_invoice(price=50.0)
        loss = self._write_off(lost)
        doubtful = self.env['account.account'].search(
            [('code', '=', '416000'), ('company_ids', 'in', self.company.ids)]
        )
        self.assertTrue(doubtful)
        entry = self.env['account.move'].create(
            {
                'date': LOST,
                'line_ids': [
                    Command.create({'account_id': account.id, side: 120.0, 'partner_id': self.customer.id})
                    for account, side in ((doubtful, 'debit'), (self._due_item(invoice).account_id, 'credit'))
                ],
            }
        )
        entry.action_post()
        self.assertFalse(loss.offered_ids)
        with self.assertRaisesRegex(UserError, "no open payment"):
            loss.action_recover()
        reminder = self._run_reminders(LOST)
        self.assertEqual((reminder.move_ids, reminder.amount), (invoice, 120.0), "and nothing is covered by it")
        self.assertFalse(reminder.case_id.credit_line_ids)
        carried = self._carried_over(30.0)
        reminder.case_id.invalidate_recordset(['credit_line_ids'])
        self.assertEqual(reminder.case_id.credit_line_ids.move_id, carried, "a credit that was carried over is one")

    def _carried_over(self, amount):
        """An entry that opens the year with a credit of the customer."""
        opening = self.env['account.account'].search(
            [('account_type', '=', 'equity'), ('company_ids', 'in', self.company.ids)], limit=1
        )
        receivable = self.customer.with_company(self.company).property_account_receivable_id
        entry = self.env['account.move'].create(
            {
                'date': LOST,
                'line_ids': [
                    Command.create({'account_id': opening.id, 'debit': amount}),
                    Command.create({'account_id': receivable.id, 'credit': amount, 'partner_id': self.customer.id}),
                ],
            }
        )
        entry.action_post()
        return entry

    def test_more_than_was_given_up_is_not_recovered(self):
        loss = self._write_off(self._late_invoice())
        payment = self.env['account.payment'].create(
            {
                **{'partner_id': self.customer.id, 'amount': 200.0},
                **{'payment_type': 'inbound', 'partner_type': 'customer'},
            }
        )
        payment.action_post()
        loss.action_recover()
        self.assertEqual((loss.recovered, sum(loss.offered_ids.mapped('amount_residual'))), (120.0, -80.0))

    def test_only_the_role_writes_off_once_and_keeps_it(self):
        invoice = self._late_invoice()
        clerk = new_test_user(self.env, 'clerk', 'recurring_billing.group_user', company_id=self.company.id)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env['billing.write.off'].with_user(clerk).create({'move_id': invoice.id, 'reason': "x"})
        loss = self._write_off(invoice)
        with self.assertRaisesRegex(UserError, "nothing is due any more"), self.cr.savepoint():
            self._write_off(self._paid())
        with self.assertRaisesRegex(UserError, "Write-offs are kept"):
            loss.sudo().unlink()
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"), self.cr.savepoint():
            loss.amount = 1.0

    def _paid(self):
        invoice = self._late_invoice(self._customer("Garage Noel"))
        self._pay_by_bank(invoice, date(2026, 9, 10), 120.0)
        return invoice

    def test_a_written_off_customer_is_neither_reminded_nor_thanked(self):
        self.company.billing_confirm_payments = True
        invoice = self._late_invoice()
        self._run_reminders(date(2026, 9, 6))
        self._write_off(invoice)
        case = invoice.billing_dunning_case_id
        self.assertFalse(self._run_reminders(date(2026, 9, 30)))
        self.assertEqual((case.is_open, case.thanks), (False, 'none'))

    def test_an_invoice_in_another_currency_is_given_up_as_it_was_booked(self):
        dollar = self.env.ref('base.USD')
        dollar.active = True
        self.env['res.currency.rate'].create(
            [
                {'currency_id': dollar.id, 'rate': rate, 'name': day, 'company_id': self.company.id}
                for rate, day in ((1.25, date(2026, 9, 1)), (1.60, date(2026, 9, 15)))
            ]
        )
        invoice = self._late_invoice(currency_id=dollar.id)
        loss = self._write_off(invoice)
        self.assertEqual((invoice.amount_residual, loss.amount, loss.vat), (0.0, 96.0, 16.0))
        self.assertBalances(LOST, sales=-80.0, loss=80.0)
