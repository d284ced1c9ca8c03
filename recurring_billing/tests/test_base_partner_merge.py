from datetime import date

from odoo.tests import freeze_time, tagged

from .common_late import LateCommon

TODAY = date(2026, 9, 20)


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBasePartnerMerge(LateCommon):
    """Two customers who turn out to be one have one reminder case, and nothing of either is lost."""

    def _merge(self, source, destination):
        merge = self.env['base.partner.merge.automatic.wizard'].sudo().create({})
        merge._merge((source | destination).ids, destination, extra_checks=False)

    def test_both_cases_become_one_with_all_that_hangs_on_them(self):
        self.env.ref('recurring_billing.interest_rate_2026_h2').is_confirmed = True
        twin = self._customer("Atelier Durand SARL")
        mine, theirs = self._late_invoice(), self._late_invoice(twin, price=50.0)
        self._run_reminders(TODAY)
        kept, other = mine.billing_dunning_case_id, theirs.billing_dunning_case_id
        other.action_hold_contracts()
        other.message_post(body="Phoned twice")
        task = other.activity_schedule('mail.mail_activity_data_todo', summary="Ring again")
        promise = self.env['billing.promise'].create({'case_id': other.id, 'date': date(2026, 9, 30)})
        settle = self.env['billing.late.fee.settle'].create({'case_id': other.id})
        settle.action_charge()
        reminders = (kept | other).action_ids
        self._merge(twin, self.customer)
        self.assertFalse(other.exists())
        self.assertEqual(kept.item_ids.move_id, mine | theirs)
        self.assertEqual((kept.action_ids, kept.promise_ids), (reminders, promise))
        self.assertEqual(reminders.partner_id | kept.item_ids.partner_id | promise.partner_id, self.customer)
        self.assertEqual(theirs.billing_dunning_item_ids.late_fee_ids.case_id, kept)
        self.assertEqual((kept.contracts_held_on, task.res_id), (TODAY, kept.id))
        history = " ".join(kept.message_ids.mapped('body'))
        for text in ("Phoned twice", "The case of Atelier Durand SARL was joined"):
            self.assertIn(text, history)
        self.assertEqual((kept.is_open, kept.stage), (True, 'first'))
        following = self._run_reminders(date(2026, 9, 27)).filtered(lambda action: action.channel == 'email')
        self.assertEqual((following.case_id, following.move_ids), (kept, mine), "theirs is promised")

    def test_a_customer_without_a_case_takes_over_the_one_there_is(self):
        twin = self._customer("Atelier Durand SARL")
        theirs = self._late_invoice(twin)
        self._run_reminders(TODAY)
        case = theirs.billing_dunning_case_id
        self._merge(twin, self.customer)
        self.assertEqual((case.partner_id, case.item_ids.partner_id), (self.customer, self.customer))
