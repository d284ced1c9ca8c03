from base64 import b64decode
from datetime import date

from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.recurring_billing.tools.pain008 import Amendment

from .common import BillingCommon

NEW_IBAN = 'FR7610278487575797543231912'
TODAY = date(2026, 9, 1)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandateAmendment(BillingCommon):
    def _change(self, kind, mandate=None, **values):
        wizard = self.env['billing.mandate.change'].create(
            {'mandate_id': (mandate or self.mandate).id, 'kind': kind, **values}
        )
        self.assertTrue(wizard.effect)
        return wizard.action_confirm()

    def test_same_mandate_new_account_is_told_with_the_next_debit(self):
        old = self.mandate.partner_bank_id
        self._change('account', iban="fr76 1027 8487 5757 9754 3231 912", note="Letter of 30 August")
        amendment = self.mandate.amendment_ids
        self.assertEqual(self.mandate.partner_bank_id.sanitized_acc_number, NEW_IBAN)
        self.assertEqual(
            (amendment.kind, amendment.old_value, amendment.new_value, amendment.date, amendment.state),
            ('account', "FR76 •••• •••• 1893", "FR76 •••• •••• 1912", TODAY, 'open'),
        )
        self.assertEqual((amendment.old_bank_id, amendment.new_bank_id), (old, self.mandate.partner_bank_id))
        self.assertEqual(self.mandate._amendment_part(), Amendment(is_new_account=True))
        self.assertIn("1893 → FR76", self.mandate.message_ids[0].body)

    def test_an_unchanged_mandate_tells_nothing(self):
        self.assertIsNone(self.mandate._amendment_part())

    def test_of_several_changes_the_bank_is_told_the_first_old_value(self):
        first = self.mandate.name
        self._change('reference', reference="NEW-1")
        self._change('reference', reference="NEW-2")
        self.assertEqual((self.mandate.name, self.mandate._amendment_part()), ("NEW-2", Amendment(first)))
        self._change('reference', reference=first)
        self.assertIsNone(self.mandate._amendment_part())

    def test_a_new_reference_keeps_the_rules_of_references(self):
        twin = self._mandate(self._customer("Garage Noel"), NEW_IBAN, name="RUM 7")
        with self.assertRaisesRegex(UserError, rf"already used by mandate {twin.name}"):
            self._change('reference', reference="rum7")
        with self.assertRaisesRegex(ValidationError, "characters"):
            self._change('reference', reference="RUM//7")

    def test_a_wrong_or_the_same_account_is_refused(self):
        for iban, text in (
            ('FR7610278487575797543231913', "mistyped"),
            ('US12345678', "no part in SEPA"),
            ('FR7630002609130830166131893', "account of now"),
        ):
            with self.subTest(iban), self.assertRaisesRegex(UserError, text):
                self._change('account', iban=iban)

    def test_a_new_mandate_takes_over_when_it_is_activated(self):
        contract = self._started(date_start=date(2026, 9, 1))
        action = self._change('mandate', iban=NEW_IBAN)
        new = self.env['billing.mandate'].browse(action['res_id'])
        self.assertEqual((new.state, new.replaces_id, new.partner_id), ('draft', self.mandate, self.customer))
        self.assertEqual((self.mandate.state, contract._active_mandate()), ('active', self.mandate))
        new.signature_date = TODAY
        new.action_activate()
        self.assertEqual(
            (self.mandate.state, self.mandate.state_reason), ('revoked', f"Replaced by mandate {new.name}.")
        )
        self.assertEqual(contract._active_mandate(), new)

    def test_another_scheme_is_a_new_mandate_of_the_same_account(self):
        new = self.env['billing.mandate'].browse(self._change('mandate')['res_id'])
        new.write({'scheme': 'B2B', 'signature_date': TODAY})
        new.action_activate()
        self.assertEqual((new.partner_bank_id, self.mandate.state), (self.mandate.partner_bank_id, 'revoked'))

    def test_a_new_creditor_identifier_moves_all_mandates_of_the_company(self):
        other = self._mandate(self._customer("Garage Noel"), NEW_IBAN)
        ended = self._mandate(self._customer("Cabinet Morel"), NEW_IBAN)
        ended.action_revoke()
        self.env.user.group_ids += self.env.ref('recurring_billing.group_manager')
        self._change('identifier', identifier="FR19 ZZZ 654321")
        for mandate in self.mandate | other:
            self.assertEqual(mandate.creditor_identifier, 'FR19ZZZ654321')
            self.assertEqual(mandate._amendment_part(), Amendment(original_ics='FR72ZZZ123456'))
        self.assertEqual((ended.creditor_identifier, ended.amendment_ids.ids), ('FR72ZZZ123456', []))
        with self.assertRaisesRegex(ValidationError, "check digits"):
            self._change('identifier', identifier="FR20ZZZ654321")

    def test_a_renamed_creditor_is_told_and_a_name_that_banks_read_alike_is_not(self):
        old = self.mandate.creditor_name
        self.assertIn("_", old)
        self.company.name = old.replace("_", "-")
        self.assertFalse(self.mandate.amendment_ids)
        self.company.partner_id.name = "Clarté SAS"
        self.assertEqual(self.mandate._amendment_part(), Amendment(original_creditor_name=old))
        self.assertEqual(self.mandate.creditor_name, "Clarté SAS")

    def test_a_change_is_repeated_until_a_debit_that_told_it_settles(self):
        self._started(date_start=date(2026, 9, 1))
        self._bill(date(2026, 9, 1))
        self._change('account', iban=NEW_IBAN)
        collection = self._collect(date(2026, 9, 25), date(2026, 9, 10))
        self.assertIn(b"<Id>SMNDA</Id>", b64decode(collection.file))
        debit = collection.debit_ids
        amendment = self.mandate.amendment_ids
        self.assertEqual((amendment.state, amendment.debit_ids), ('carried', debit))
        self.assertEqual(self.mandate._amendment_part(), Amendment(is_new_account=True))
        self.mandate._settled(self.env['billing.debit'])
        self.assertEqual(amendment.state, 'carried')
        self._settle(date(2026, 9, 25))
        self.assertEqual(debit.state, 'settled')
        self.assertEqual((amendment.state, self.mandate._amendment_part()), ('settled', None))

    def test_a_change_after_the_file_waits_for_the_next_one(self):
        self._started(date_start=date(2026, 9, 1))
        self._bill(date(2026, 9, 1))
        self._announce_due(date(2026, 9, 25))
        collection, _refusals = self.env['billing.collection']._prepare_debits(
            self.company, date(2026, 9, 25), date(2026, 9, 10)
        )
        collection._generate(date(2026, 9, 10))
        self._change('account', iban=NEW_IBAN)
        collection.action_confirm_sent()
        self.assertEqual(self.mandate.amendment_ids.state, 'open')
        self._settle(date(2026, 9, 25))
        self.assertEqual(collection.state, 'settled')
        self.assertEqual(self.mandate._amendment_part(), Amendment(is_new_account=True))

    def test_an_account_that_is_the_old_one_again_tells_nothing(self):
        old = self.mandate.partner_bank_id.acc_number
        self._change('account', iban=NEW_IBAN)
        self._change('account', iban=old)
        self.assertIsNone(self.mandate._amendment_part())

    def test_an_account_under_a_mandate_is_not_overwritten_nor_deleted(self):
        account = self.mandate.partner_bank_id
        account.acc_number = 'FR76 3000 2609 1308 3016 6131 893'  # the same, written in groups
        self.env.user.group_ids += self.env.ref('recurring_billing.group_debit')
        with self.assertRaises(RedirectWarning) as caught:
            account.acc_number = NEW_IBAN
        text, action, _button, context = caught.exception.args
        self.assertRegex(text, rf"FR76 •••• •••• 1893 of Atelier Durand.*{self.mandate.name}.*Change…")
        self.assertEqual(action, self.env.ref('recurring_billing.billing_mandate_change_action').id)
        self.assertEqual(context, {'default_mandate_id': self.mandate.id})
        with self.assertRaises(RedirectWarning):
            account.unlink()
        keeper = new_test_user(self.env, 'keeper', 'base.group_partner_manager', company_id=self.company.id)
        with self.assertRaisesRegex(UserError, "cannot be overwritten"):
            account.with_user(keeper).acc_number = NEW_IBAN
        self.mandate.action_revoke()
        draft = self._mandate(self.customer, account.acc_number, activate=False)
        draft._set_state('sent')
        with self.assertRaisesRegex(UserError, rf"{draft.name}, which is with the customer for signature"):
            account.acc_number = NEW_IBAN
        draft.action_redraft()
        account.acc_number = NEW_IBAN

    def test_the_bank_of_a_b2b_debtor_registers_a_change_too(self):
        mandate = self._mandate(self.customer, NEW_IBAN, scheme='B2B')
        mandate.activity_ids.unlink()
        self._change('account', mandate, iban='FR7630002993512462819482177')
        self.assertEqual(
            mandate.activity_ids.activity_type_id, self.env.ref('recurring_billing.mail_activity_mandate_b2b')
        )

    def test_what_was_amended_is_not_typed_over(self):
        self._change('account', iban=NEW_IBAN)
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            self.mandate.amendment_ids.state = 'settled'
