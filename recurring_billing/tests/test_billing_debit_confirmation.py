from datetime import date

from odoo.tests import freeze_time, tagged

from .common_collection import DAY, TODAY, CollectionCommon


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingDebitConfirmation(CollectionCommon):
    def _confirmed(self, today):
        return self.env['billing.debit']._confirm_due(self.company, today)

    def test_a_payment_is_confirmed_once_the_bank_can_no_longer_return_it(self):
        self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        self.assertFalse(self._confirmed(date(2026, 9, 10)), "the fifth open day after the third")
        with freeze_time('2026-09-11'):
            self.assertEqual(self._confirmed(date(2026, 9, 11)), debit)
        mail = self.env['mail.mail'].search([('model', '=', 'billing.debit'), ('res_id', '=', debit.id)])
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(debit.reference, mail.body_html)
        self.assertEqual(debit.confirmed_on, date(2026, 9, 11))
        self.assertFalse(self._confirmed(date(2026, 9, 14)), "once is enough")

    def test_a_business_debit_is_final_after_three_days(self):
        debits = self.env['billing.debit']
        collection = self.env['billing.collection'].new({'date': DAY, 'scheme': 'B2B'})
        self.assertEqual(
            debits.new({'collection_id': collection.id, 'date': DAY})._return_window_end(), date(2026, 9, 8)
        )

    def test_the_setting_decides(self):
        self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        cron = self.env.ref('recurring_billing.ir_cron_confirm_debits')
        for is_wanted in (False, True):
            self.company.billing_confirm_payments = is_wanted
            with freeze_time('2026-09-14'), self.enter_registry_test_mode():
                cron.method_direct_trigger()
            self.assertEqual(bool(debit.confirmed_on), is_wanted)

    def test_a_returned_debit_is_not_confirmed(self):
        self._plain_invoice()
        debit = self._collect(DAY, TODAY).debit_ids
        self._settle(DAY)
        with freeze_time('2026-09-09'):
            debit._return(date(2026, 9, 9), 'AM04')
        self.assertFalse(self._confirmed(date(2026, 9, 14)))
