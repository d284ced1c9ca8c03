import base64
from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import BillingCommon

OTHER_IBAN = 'FR7610278487575797543231912'


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandateLifecycle(BillingCommon):
    def _draft(self, iban=OTHER_IBAN, **values):
        return self._mandate(self.customer, iban, activate=False, **values)

    def _wizard(self, mandate, action, **values):
        """The dialog that a button of the mandate opens, filled in and confirmed."""
        action = getattr(mandate, action)()
        form = Form(self.env[action['res_model']].with_context(**action['context']))
        for name, value in values.items():
            setattr(form, name, value)
        return form.save().action_confirm()

    # === STATES === #

    def test_a_mandate_goes_from_draft_to_active_and_is_held_resumed_and_revoked_with_reasons(self):
        mandate = self._draft()
        mandate.action_activate()
        self._wizard(mandate, 'action_hold', reason="Asked by phone")
        self.assertEqual((mandate.state, mandate.state_reason), ('on_hold', "Asked by phone"))
        self._wizard(mandate, 'action_resume', reason="Settled by phone")
        self.assertEqual((mandate.state, mandate.state_reason), ('active', False))
        self._wizard(mandate, 'action_end', reason="Letter of today", date=date(2026, 8, 31))
        self.assertEqual((mandate.state, mandate.revocation_date), ('revoked', date(2026, 8, 31)))
        logged = " ".join(mandate.message_ids.mapped('body'))
        for reason in ("Asked by phone", "Settled by phone", "Letter of today"):
            self.assertIn(reason, logged)

    def test_each_wrong_step_is_refused_and_no_state_is_typed_in(self):
        mandate = self.mandate
        for step in (mandate.action_redraft, mandate.action_activate, lambda: mandate._resume("x")):
            with self.assertRaises(UserError):
                step()
        mandate._hold("x")
        with self.assertRaisesRegex(UserError, "only possible while it is"):
            mandate.action_activate()  # resuming asks for a reason
        mandate.action_revoke()
        for step in (mandate.action_activate, mandate.action_revoke, lambda: mandate._hold("x"), mandate._expire):
            with self.assertRaises(UserError):
                step()
        for name, value in (('state', 'active'), ('last_presentation_date', date(2026, 1, 1)), ('signed_by', "X")):
            with self.subTest(name), self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
                mandate.write({name: value})

    def test_a_dialog_says_what_becomes_of_the_debits_under_way(self):
        contract = self._started(date_start=date(2026, 9, 1))
        self._bill(date(2026, 9, 1))
        collection, _refusals = self._prepare(date(2026, 9, 25), date(2026, 9, 1))
        self.assertTrue(contract)
        wizard = self.env['billing.mandate.stop'].create(
            {'mandate_ids': self.mandate.ids, 'state': 'revoked', 'reason': "x"}
        )
        self.assertIn("Debits waiting in a collection: 1.", wizard.effect)
        collection._generate(date(2026, 9, 1))
        wizard = wizard.create({'mandate_ids': self.mandate.ids, 'state': 'revoked', 'reason': "x"})
        self.assertIn(f"cancel {collection.name}", wizard.effect)
        self.assertNotIn("waiting in a collection", wizard.effect)
        wizard.date = date(2026, 12, 31)
        with self.assertRaisesRegex(UserError, "“Revoked On”: 12/31/2026 lies ahead"):
            wizard.action_confirm()
        self.assertEqual(self.mandate.state, 'active')

    def test_a_file_that_is_not_confirmed_yet_keeps_its_mandate(self):
        self._started(date_start=date(2026, 9, 1))
        self._bill(date(2026, 9, 1))
        collection, _refusals = self._prepare(date(2026, 9, 25), date(2026, 9, 1))
        collection._generate(date(2026, 9, 1))
        after = self.mandate.lapses_on
        self.assertNotIn(self.mandate, self.env['billing.mandate']._lapsed(after))
        collection.action_cancel()
        self.assertIn(self.mandate, self.env['billing.mandate']._lapsed(after))

    # === SIGNATURE === #

    def test_the_dialog_of_activation_asks_for_what_the_form_bears(self):
        mandate = self.env['billing.mandate'].create({'partner_id': self.customer.id})
        mandate._set_state('sent')
        self.assertFalse(mandate.masked_iban)
        self._wizard(
            mandate,
            'action_sign',
            iban="FR76 1027 8487 5757 9754 3231 912",
            signature_date=date(2026, 8, 30),
            signature_place="Paris",
            proof=base64.b64encode(b'%PDF-1.4'),
        )
        self.assertEqual(
            (mandate.state, mandate.masked_iban, mandate.signature_date, mandate.signature_place),
            ('active', "FR76 •••• •••• 1912", date(2026, 8, 30), "Paris"),
        )
        self.assertEqual((mandate.partner_bank_id.partner_id, mandate.proof_kind), (self.customer, 'document'))

    def test_a_mandate_without_account_does_not_become_active(self):
        mandate = self.env['billing.mandate'].create(
            {'partner_id': self.customer.id, 'signature_date': date(2026, 8, 30)}
        )
        with self.assertRaisesRegex(UserError, rf"{mandate.name} of Atelier Durand has no account.*Bank Account"):
            mandate.action_activate()

    def test_the_dialog_refuses_another_account_than_the_one_that_was_sent(self):
        mandate = self._draft()
        wizard = self.env['billing.mandate.activate'].create(
            {'mandate_id': mandate.id, 'iban': 'FR7630002993512462819482177', 'signature_date': date(2026, 8, 30)}
        )
        with self.assertRaisesRegex(UserError, "made for the account FR76 •••• •••• 1912"):
            wizard.action_confirm()

    def test_a_proof_may_come_late_and_is_never_replaced(self):
        self.mandate.proof = base64.b64encode(b'%PDF-1.4')
        self.assertEqual(self.mandate.proof_kind, 'document')
        for values in ({'proof': base64.b64encode(b'other')}, {'proof': False}, {'proof_name': "x.pdf"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "prove the signature"):
                self.mandate.write(values)

    # === B2B === #

    def test_a_consumer_signs_no_b2b_mandate(self):
        consumer = self._customer("Jeanne Petit", is_company=False)
        with self.assertRaisesRegex(ValidationError, "“Scheme”: Jeanne Petit is a consumer.*Choose CORE"):
            self._mandate(consumer, OTHER_IBAN, scheme='B2B')
        mandate = self._draft(scheme='B2B')
        mandate.action_activate()
        self.customer.billing_party_kind = 'consumer'
        self.assertIn("is a consumer", mandate._refusal(date(2026, 9, 10)))

    def test_a_b2b_mandate_reminds_of_the_debtors_bank(self):
        mandate = self._draft(scheme='B2B')
        self.assertIn("must register this mandate", mandate.remark)
        mandate.action_activate()
        activity = self.env.ref('recurring_billing.mail_activity_mandate_b2b')
        self.assertEqual(mandate.activity_ids.activity_type_id, activity)
        self.assertFalse(self.mandate.activity_ids)

    # === TERRITORIES AND BANKS === #

    def test_territories_outside_sepa_are_told_by_the_country_of_the_debtor(self):
        for code, is_outside in (('NC', True), ('PF', True), ('WF', True), ('RE', False), ('GP', False), ('FR', False)):
            self.customer.country_id = self.env['res.country'].search([('code', '=', code)])
            with self.subTest(code):
                self.assertEqual("outside SEPA" in (self.mandate.remark or ""), is_outside)

    def test_an_account_outside_the_eea_needs_its_bic(self):
        mandate = self._draft('CH9300762011623852957')
        self.assertTrue(mandate.needs_bic)
        self.assertIn("need its BIC", mandate.remark)
        bank = self.env['res.bank'].create({'name': "Swiss", 'bic': 'CRESCHZZ80A'})
        mandate.partner_bank_id.bank_id = bank
        self.assertFalse(mandate.remark)
        self.assertFalse(self.mandate.needs_bic)

    # === LAPSE === #

    def test_a_mandate_lapses_36_months_after_its_last_debit_or_its_signature(self):
        self.assertEqual(self.mandate.lapses_on, date(2028, 1, 15))
        self.mandate._unguarded().last_presentation_date = date(2026, 2, 28)
        self.assertEqual(self.mandate.lapses_on, date(2029, 2, 28))
        self.assertFalse(self.mandate._refusal(date(2029, 2, 27)))
        self.assertIn("lapses on", self.mandate._refusal(date(2029, 2, 28)))

    def test_the_night_ends_what_has_lapsed_and_warns_once_of_what_will(self):
        lapsed = self._draft(signature_date=date(2023, 9, 1))
        lapsed.action_activate()
        soon = self._mandate(self._customer("Garage Noel"), OTHER_IBAN, signature_date=date(2023, 10, 31))
        later = self._mandate(self._customer("Cabinet Morel"), OTHER_IBAN, signature_date=date(2023, 11, 1))
        held = self._mandate(self._customer("Bois Martin"), OTHER_IBAN, signature_date=date(2023, 8, 31))
        held._hold("x")
        with self.enter_registry_test_mode():
            cron = self.env.ref('recurring_billing.ir_cron_expire_mandates')
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.assertEqual((lapsed | soon | later | held).mapped('state'), ['expired', 'active', 'active', 'expired'])
        self.assertIn("36 months", lapsed.state_reason)
        self.assertEqual(soon.activity_ids.mapped('date_deadline'), [date(2026, 10, 31)])
        self.assertTrue(soon.activity_ids.user_id.has_group('recurring_billing.group_debit'))
        self.assertFalse((later | lapsed).activity_ids)
        search = self.env.ref('recurring_billing.billing_mandate_view_search').arch
        self.assertIn('today +60d', search)

    # === REFUSALS === #

    def test_a_refusal_names_the_mandate_the_debtor_and_the_remedy(self):
        day = date(2026, 9, 10)
        self.assertIsNone(self.mandate._refusal(day))
        for step, text in (
            (lambda mandate: mandate._hold("x"), "on hold: resume it first"),
            (lambda mandate: mandate._set_state('consumed'), "for one debit, or for a last one"),
            (lambda mandate: mandate.action_revoke(), "is revoked: ask for a new mandate"),
        ):
            mandate = self._draft()
            self.assertIn("is not signed yet", mandate._refusal(day))
            mandate.action_activate()
            step(mandate)
            self.assertRegex(mandate._refusal(day), rf"Mandate {mandate.name} of Atelier Durand.*{text}")
        self.mandate._unguarded().creditor_identifier = False
        self.assertIn("no creditor identifier", self.mandate._refusal(day))
