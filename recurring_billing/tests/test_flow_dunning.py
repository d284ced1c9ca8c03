from datetime import date

from odoo.tests import freeze_time, tagged

from .common_late import LateCommon


def _plain(text):
    return str(text).replace("\xa0", " ").replace("\u202f", " ").replace("\ufeff", "")


@tagged('post_install', '-at_install')
class TestFlowDunning(LateCommon):
    """One invoice of 120.00, due on 1 October 2026, from the word a week before to the customer's thanks.

    The customer is written to four times and gets a formal notice; it pays 50.00, signs a mandate for the rest, its
    debit comes back, and it pays by transfer in the end, with late fees on top.
    """

    def _night(self, day):
        """What the night of ``day`` does: (level, channel, amount) of each reminder."""
        with freeze_time(day):
            actions = self._run_reminders(day)
        return sorted((action.level_id.name, action.channel, action.amount) for action in actions)

    def assertBooks(self, day, **balances):
        """Assert the balances at the end of ``day`` by account, and that all others of this story are zero."""
        accounts = {
            'receivable': '411100',
            'outstanding': '511600',
            'sales': '706000',
            'waiting_vat': '445740',
            'due_vat': '445710',
            'interest': '763100',
            'indemnity': '758100',
            'bank': self.bank_journal.default_account_id.code,
        }
        found = {name: self._balance(code, day) for name, code in accounts.items()}
        self.assertEqual({name: value for name, value in found.items() if value}, balances, day)

    def test_from_a_friendly_word_to_the_formal_notice_and_back(self):
        self.company.billing_confirm_payments = True
        self.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True
        self.customer.property_payment_term_id = self.env.ref('account.account_payment_term_30days')
        with freeze_time('2026-09-01'):
            invoice = self._late_invoice()
        item_of = invoice.billing_dunning_item_ids
        self.assertEqual((self._due_item(invoice).date_maturity, invoice.amount_total), (date(2026, 10, 1), 120.0))
        owed = {'receivable': 120.0, 'sales': -100.0, 'waiting_vat': -20.0}
        self.assertBooks(date(2026, 9, 1), **owed)

        with self.subTest("a week before"):
            self.assertEqual(self._night(date(2026, 9, 23)), [])
            self.assertEqual(self._night(date(2026, 9, 24)), [("Reminder before the due date", 'email', 120.0)])
        case = invoice.billing_dunning_case_id
        item_of = invoice.billing_dunning_item_ids

        with self.subTest("three reminders, each on its day and once"):
            for first, last in ((date(2026, 9, 25), 30), (date(2026, 10, 1), 5)):
                for day in range(first.day, last + 1):
                    self.assertEqual(self._night(first.replace(day=day)), [], day)
            self.assertEqual(self._night(date(2026, 10, 6)), [("First reminder", 'email', 120.0)])
            self.assertEqual(self._night(date(2026, 10, 6)), [])
            second = [("Second reminder", 'call', 120.0), ("Second reminder", 'email', 120.0)]
            self.assertEqual(self._night(date(2026, 10, 16)), second)
            self.assertEqual(self._night(date(2026, 10, 26)), [("Last reminder", 'email', 120.0)])
            mails = case.action_ids.filtered(lambda action: action.channel == 'email').sorted('id')
            self.assertEqual(mails.mail_id.mapped('email_to'), [self.customer.email_formatted] * 4)
            for mail in mails:
                self.assertIn(invoice.name, mail.body)
            # L441-10: 25 days from 2 to 26 October at 2.40 + 10 points; D441-5: 40 EUR
            self.assertIn("120.00 € × 12.40 % × 25 days / 365 = 1.02 €", _plain(mails[3].body))
            self.assertIn("indemnity for recovery costs 40.00 €", _plain(mails[3].body))
            self.assertBooks(date(2026, 10, 26), **owed)

        with self.subTest("the formal notice needs a person, and is a letter with its proof"):
            self.assertEqual(self._night(date(2026, 10, 31)), [])
            with freeze_time('2026-10-31'):
                item_of.action_remind()
            letter = case.action_ids.filtered(lambda action: action.channel == 'letter')
            self.assertEqual((letter.level_id.name, letter.state, case.stage), ("Formal notice", 'todo', 'notice'))
            self.assertIn("FORMAL NOTICE", letter.body)
            letter.tracking_number = "1A 234 567 8901 2"
            with freeze_time('2026-10-31'):
                letter.action_done()
            with freeze_time('2026-11-04'):
                letter.received_on = date(2026, 11, 3)

        with self.subTest("50.00 are paid: the VAT of that part is due"):
            with freeze_time('2026-11-05'):
                self._pay_by_bank(invoice, date(2026, 11, 5), 50.0)
            self.assertBooks(
                date(2026, 11, 5), receivable=70.0, sales=-100.0, waiting_vat=-11.67, due_vat=-8.33, bank=50.0
            )
            self.assertEqual((item_of.anchor, item_of.residual), (date(2026, 11, 5), 70.0))
            self.assertEqual(self._night(date(2026, 11, 15)), [], "the wait for the next level begins anew")

        with self.subTest("the rest is debited, which silences, ends the case and reopens it when it comes back"):
            invoice.preferred_payment_method_line_id = self.sdd
            with freeze_time('2026-11-15'):
                debit = self._collect(date(2026, 11, 20), date(2026, 11, 16)).debit_ids
                self.assertIn("debit of 11/20/2026 under way", invoice.billing_silence)
            with freeze_time('2026-11-20'):
                self._settle(date(2026, 11, 20))
            self.assertBooks(date(2026, 11, 20), sales=-100.0, due_vat=-20.0, bank=50.0, outstanding=70.0)
            self.assertEqual((case.is_open, case.thanks), (False, 'waiting'))
            self.assertEqual(self._night(date(2026, 11, 21)), [])
            self.assertEqual(case.thanks, 'waiting', "the bank may still send it back")
            with freeze_time('2026-11-23'):
                debit._return(date(2026, 11, 23), 'AC04')
            self.assertBooks(
                date(2026, 11, 23), receivable=70.0, sales=-100.0, waiting_vat=-11.67, due_vat=-8.33, bank=50.0
            )
            self.assertEqual((case.is_open, case.stage, item_of.level), (True, 'notice', 5))

        with self.subTest("late fees are charged: two bases, since 50.00 were paid meanwhile"):
            with freeze_time('2026-12-01'):
                self.env['billing.late.fee.settle'].create({'case_id': case.id}).action_charge()
            document = invoice.billing_dunning_item_ids.late_fee_ids.document_id
            # 35 days on 120.00 are 1.43, 26 days on 70.00 are 0.62
            self.assertEqual(document.invoice_line_ids.mapped('price_total'), [2.05, 40.0])
            self.assertBooks(
                date(2026, 12, 1),
                **{'receivable': 112.05, 'sales': -100.0, 'waiting_vat': -11.67, 'due_vat': -8.33, 'bank': 50.0},
                **{'interest': -2.05, 'indemnity': -40.0},
            )

        with self.subTest("everything is paid: the case ends, its tasks go, and the customer is thanked"):
            with freeze_time('2026-12-03'):
                self.env['billing.dunning.case'].with_company(self.company).action_prepare_all()
                self._pay_by_bank(invoice, date(2026, 12, 3), 70.0)
                self.assertTrue(case.is_open, "the late fees are still due")
                self._pay_by_bank(document, date(2026, 12, 3), 42.05)
            self.assertBooks(
                date(2026, 12, 3), sales=-100.0, due_vat=-20.0, bank=162.05, interest=-2.05, indemnity=-40.0
            )
            self.assertEqual((case.is_open, bool(case.activity_ids)), (False, False))
            self.assertEqual(self._night(date(2026, 12, 4)), [])
            self.assertEqual(case.thanks, 'sent')
            thanks = self.env['mail.mail'].search([('model', '=', case._name), ('res_id', '=', case.id)])
            rows = [(row['date'], _plain(row['amount'])) for row in case._receipt_rows()]
            self.assertEqual(rows, [("11/05/2026", "50.00 €"), ("12/03/2026", "70.00 €")])
            self.assertIn("This message is your receipt", thanks.body_html)

        with self.subTest("the timeline tells all of it, the newest first"):
            texts = [(event.day, event.text) for event in sorted(case._events(), key=lambda event: event.day)]
            wanted = [
                (date(2026, 9, 1), f"Invoice {invoice.name}"),
                (date(2026, 9, 24), "Reminder before the due date · E-mail"),
                (date(2026, 10, 1), f"{invoice.name} due"),
                (date(2026, 10, 6), "First reminder · E-mail"),
                (date(2026, 10, 16), "Second reminder · Call"),
                (date(2026, 10, 16), "Second reminder · E-mail"),
                (date(2026, 10, 26), "Last reminder · E-mail"),
                (date(2026, 10, 31), "Formal notice · Letter"),
                (date(2026, 11, 3), "Formal notice received"),
                (date(2026, 11, 5), f"Payment of {invoice.name}"),
                (date(2026, 11, 20), f"Direct debit of {invoice.name}"),
                (date(2026, 12, 1), f"Late fees of {invoice.name}: Charged"),
                (date(2026, 12, 3), f"Payment of {invoice.name}"),
            ]
            for row in wanted:
                self.assertIn(row, texts)
            [returned] = [text for day, text in texts if day == date(2026, 11, 23)]
            self.assertIn("came back", returned)
            self.assertLess(case.timeline.index("11/23/2026"), case.timeline.index("10/26/2026"))
