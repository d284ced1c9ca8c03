import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.mail.tools.discuss import Store

from .common import BillingCommon

IBAN = "FR76 3000 2609 1308 3016 6131 893"


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingMandateForm(BillingCommon):
    """The mandate as its debtor reads it: all that the scheme asks for, in the debtor's language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('fr_FR')
        cls.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        cls.company.write({'name': "Lumière SAS", 'street': "1 rue du Port", 'zip': "69001", 'city': "Lyon"})
        cls.company.external_report_layout_id = cls.env.ref('web.external_layout_standard')
        cls.draft = cls._mandate(cls.customer, IBAN, activate=False, signature_date=False)

    def _html(self, mandate):
        report = mandate.env['ir.actions.report']
        html, _kind = report._render_qweb_html('recurring_billing.billing_mandate_form', mandate.ids)
        return " ".join(html.decode().replace('\xa0', " ").split())

    def assertSays(self, html, *words):
        for word in words:
            with self.subTest(word):
                self.assertIn(word, html)

    def test_a_core_form_bears_all_that_the_scheme_asks_for(self):
        self.assertSays(
            self._html(self.draft),
            "SEPA Direct Debit Mandate",
            self.draft.name,
            "Lumière SAS",
            "1 rue du Port",
            "69001 Lyon",
            "FR72ZZZ123456",
            "Atelier Durand",
            "8 rue de la Paix",
            "75002 Paris",
            IBAN,
            "☒ Recurrent payment",
            "☐ One-off payment",
            "you authorise (A) Lumière SAS to send instructions",
            "refund must be claimed within 8 weeks",
            "Place",
            "Date",
            "Signature(s) of the debtor",
        )
        self.assertNotIn("business-to-business", self._html(self.draft))

    def test_a_b2b_form_gives_no_refund_and_tells_the_bank_to_be_told(self):
        self.draft.write({'scheme': 'B2B', 'mandate_type': 'OOFF'})
        html = self._html(self.draft)
        self.assertSays(
            html,
            "SEPA Business-to-Business Direct Debit Mandate",
            "only intended for business-to-business transactions",
            "You are not entitled to a refund",
            "☒ One-off payment",
            "it must register this mandate",
        )
        self.assertNotIn("8 weeks", html)

    def test_the_form_speaks_the_debtors_language(self):
        self.customer.lang = 'fr_FR'
        self.assertSays(
            self._html(self.draft),
            "Mandat de prélèvement SEPA",
            "En signant ce formulaire de mandat, vous autorisez (A) Lumière SAS",
            "dans les 8 semaines suivant la date de débit",
            "Paiement récurrent",
        )
        self.draft.scheme = 'B2B'
        self.assertSays(
            self._html(self.draft),
            "Mandat de prélèvement SEPA interentreprises",
            "pas en droit de demander à votre banque le remboursement",
        )

    def test_a_form_without_account_leaves_room_for_it(self):
        self.draft.partner_bank_id = False
        html = self._html(self.draft)
        self.assertEqual(html.count('width: 13px'), 34 + 11)
        self.assertNotIn("FR76", html)

    def test_who_is_named_besides_and_the_contract_stand_on_the_form(self):
        self.customer.ref = "C-77"
        other = self._customer("Durand Lyon")
        self.draft.ultimate_debtor_id = other
        contract = self._contract(mandate_id=self.draft.id)
        self.assertSays(self._html(self.draft), "Durand Lyon", "C-77", f"{contract.name} · Hosting")

    def test_the_companys_own_wording_takes_the_place_of_the_usual_one(self):
        self.company.billing_mandate_core_text = "I let {creditor} take it."
        html = self._html(self.draft)
        self.assertIn("I let Lumière SAS take it.", html)
        self.assertNotIn("you authorise", html)

    def test_without_creditor_identifier_there_is_nothing_to_print(self):
        self.company.billing_creditor_identifier = False
        with self.assertRaisesRegex(UserError, rf"{self.draft.name} bears no creditor identifier.*settings"):
            self.draft.action_print()

    # === SENT === #

    def _sent(self, mandate):
        action = mandate.action_send()
        pdf = patch.object(
            type(self.env['ir.actions.report']), '_render_qweb_pdf', lambda self, *args, **kwargs: (b'%PDF-1.4', 'pdf')
        )
        with pdf:
            composer = Form(self.env['mail.compose.message'].with_context(**action['context'])).save()
            composer.action_send_mail()
        return mandate.message_ids.filtered('attachment_ids')[:1]

    def test_sending_asks_for_a_signature_and_keeps_the_form_with_the_debit_role(self):
        user = new_test_user(
            self.env, 'debit', 'recurring_billing.group_debit', company_id=self.company.id, email="d@example.com"
        )
        can = patch.object(type(self.env['billing.contract']), '_can_make_pdf', lambda self: True)
        with can:
            message = self._sent(self.draft.with_user(user))
        self.assertEqual((self.draft.state, self.draft.sent_on.isoformat()), ('sent', '2026-09-01'))
        self.assertEqual(message.partner_ids, self.customer)
        self.assertIn(self.draft.name, message.subject)
        self.assertIn("FR76 •••• •••• 1893", message.body)
        self.assertNotIn(IBAN, message.body)
        reader = new_test_user(self.env, 'reader', 'account.group_account_invoice', company_id=self.company.id)
        self.assertTrue(message.attachment_ids.with_user(user).read(['datas']))
        with self.assertRaises(AccessError):
            message.attachment_ids.with_user(reader).read(['datas'])
        told = Store().add(message.attachment_ids.sudo()).get_result()['ir.attachment'][0]
        self.assertFalse(told['raw_access_token'] or told['thumbnail_access_token'], "opened whatever the rights")

    def test_the_file_of_the_form_is_named_in_the_debtors_language(self):
        self.assertEqual(self.draft._form_name(), f"SEPA mandate {self.draft.name}")
        self.env['res.lang']._activate_lang('fr_FR')
        self.draft.partner_id.lang = 'fr_FR'
        self.assertEqual(self.draft._form_name(), f"Mandat SEPA {self.draft.name}")

    def test_what_was_sent_is_corrected_as_a_draft_only(self):
        self.draft._set_state('sent')
        with self.assertRaisesRegex(UserError, "take it back to draft"):
            self.draft.scheme = 'B2B'
        self.draft.action_redraft()
        self.company.billing_creditor_identifier = 'FR19ZZZ654321'
        self.draft.scheme = 'B2B'
        self.assertEqual(self.draft.creditor_identifier, 'FR19ZZZ654321')

    # === WHO SEES THE NUMBER === #

    def test_only_the_debit_role_sees_the_whole_number(self):
        reader = new_test_user(self.env, 'reader', 'account.group_account_invoice', company_id=self.company.id)
        user = new_test_user(self.env, 'debit', 'recurring_billing.group_debit', company_id=self.company.id)
        mandate = self.mandate.with_user(reader)
        self.assertEqual(mandate.masked_iban, "FR76 •••• •••• 1893")
        self.mandate.write({'proof': base64.b64encode(b'%PDF-1.4'), 'proof_name': "signed.pdf"})
        for name in ('partner_bank_id', 'iban', 'proof', 'bic', 'signed_ip', 'signature_image', 'sent_form'):
            with self.subTest(name), self.assertRaises(AccessError):
                mandate.read([name])
        with self.assertRaises(AccessError):
            mandate.reveal_iban()
        form = self._html(mandate)  # its address in the browser answers readers as well
        self.assertNotIn(IBAN, form)
        self.assertIn("FR76 •••• •••• 1893", form)
        self.assertEqual(self.mandate.with_user(user).reveal_iban(), IBAN)
