from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingContractDocument(BillingCommon):
    """The contract as its customer reads it, its confirmation, and the notice of a change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('fr_FR')
        cls.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        cls.welcome = {'name': "Welcome", 'percent': 10.0, 'date_from': '2026-09-01', 'date_until': '2026-12-31'}
        cls.company.external_report_layout_id = cls.env.ref('web.external_layout_standard')

    def _agreed(self, **values):
        contract = self._contract(
            **{
                'date_start': date(2026, 9, 1),
                'commitment_months': 12,
                'renewal': 'tacit',
                'notice_count': 2,
                'revision': 'percent',
                'revision_percent': 2.0,
                'customer_reference': "PO-77",
                'discount_ids': [Command.create(self.welcome)],
                **values,
            },
        )
        contract._start(contract.date_start)
        return contract

    def _html(self, contract):
        report = self.env['ir.actions.report']
        html, _kind = report._render_qweb_html('recurring_billing.billing_contract_document', contract.ids)
        return " ".join(html.decode().replace('\xa0', " ").replace('\u202f', " ").split())

    def assertSays(self, html, words):
        for word in words:
            with self.subTest(word):
                self.assertIn(word, html)

    def test_the_document_tells_what_is_agreed(self):
        html = self._html(self._agreed())
        self.assertSays(
            html,
            (
                "Atelier Durand",
                "PO-77",
                "Hosting",
                "Monthly, in advance",
                "Welcome (-10 %), from 09/01/2026 to 12/31/2026",
                "FR76 •••• •••• 1893",
                "FR72ZZZ123456",
                "12 months, until 08/31/2027",
                "2 months",
                "each year by 2.00 %, next on 09/01/2027",
                "108.00",
                "120.00",
                "signature",
            ),
        )
        self.assertNotIn("FR7630002609130830166131893", html, "the account is masked")

    def test_it_is_written_in_the_customers_language(self):
        self.customer.lang = 'fr_FR'
        html = self._html(self._agreed())
        self.assertSays(html, ("Contrat", "Mensuel", "Durée minimale", "Prochaines factures", "01/09/2026", "120,00"))
        self.assertNotIn("Next invoices", html)

    def test_it_shows_the_lines_that_hold_and_not_those_that_have_ended(self):
        contract = self._agreed()
        line = contract.line_ids
        contract._amend('quantity', TODAY, TODAY, lines=[(line, {'quantity': 3.0})])
        self.assertEqual(contract._document_lines().mapped('quantity'), [3.0])
        self.assertSays(self._html(contract), ("300.00", "from 09/15/2026 on"))

    def test_it_names_a_line_that_ends_a_loyalty_offer_once_and_deposits(self):
        self.env['billing.loyalty.rule'].create({'name': "Loyalty", 'after_months': 12, 'percent': 5.0})
        contract = self._agreed(discount_ids=[])
        self.env['billing.deposit'].create(
            [
                {'contract_id': contract.id, 'kind': 'security', 'amount': 600.0},
                {'contract_id': contract.id, 'kind': 'advance', 'amount': 50.0},
            ],
        )
        contract._amend('quantity', date(2026, 12, 1), TODAY, lines=[(contract.line_ids, {'quantity': 3.0})])
        self.assertEqual(contract._document_discounts(), ["Loyalty (-5 %), from 09/01/2027 on"])
        said = (
            "until 11/30/2026",
            "from 12/01/2026 on",
            "Security deposit",
            "600.00 €",
            "50.00 €, taxes added, deducted",
        )
        self.assertSays(self._html(contract), said)

    def test_a_draft_is_printed_as_an_offer_to_sign(self):
        self.assertSays(self._html(self._contract()), ("Hosting", "100.00"))

    # === CONFIRMATION === #

    def _with_pdf(self, state='ok'):
        """As on a server where wkhtmltopdf is installed; what it would print is tested as HTML."""
        report = self.env.registry['ir.actions.report']
        return patch.object(report, 'get_wkhtmltopdf_state', lambda self: state)

    def _composed(self, action):
        composer = Form(self.env['mail.compose.message'].with_context(**action['context'])).save()
        composer._action_send_mail()
        contract = self.env['billing.contract'].browse(action['context']['default_res_ids'])
        return contract.message_ids.filtered('partner_ids')[:1]

    def test_the_confirmation_is_sent_with_the_document_in_the_customers_language(self):
        self.customer.lang = 'fr_FR'
        contract = self._agreed()
        with self._with_pdf():
            message = self._composed(contract.action_send())
        self.assertEqual(message.partner_ids, self.customer)
        self.assertIn(f"votre contrat {contract.name}", message.subject)
        self.assertIn("est confirmé", message.body)
        self.assertEqual(len(message.attachment_ids), 1)
        self.assertIn(contract.name.replace('/', '-'), message.attachment_ids.name)

    def test_it_is_offered_at_the_start_by_setting_only(self):
        with self._with_pdf():
            self.assertIs(self._contract(debit=False).action_start(), True)
            self.company.billing_offer_confirmation = True
            action = self._contract(debit=False).action_start()
            self.assertEqual(action['res_model'], 'mail.compose.message')
            many = self._contract(debit=False) + self._contract(debit=False)
            self.assertIs(many.action_start(), True)

    def test_a_server_without_pdf_starts_contracts_and_says_what_is_missing(self):
        self.company.billing_offer_confirmation = True
        contract = self._contract(debit=False)
        with self._with_pdf('install'):
            self.assertIs(contract.action_start(), True)
            with self.assertRaisesRegex(UserError, f"Contract {contract.name}.*Have wkhtmltopdf installed"):
                contract.action_send()

    # === NOTICE OF A CHANGE === #

    def test_the_notice_tells_the_change_and_its_amounts(self):
        contract = self._agreed(discount_ids=[])
        amendment = contract._amend(
            'quantity', TODAY, TODAY, lines=[(contract.line_ids, {'quantity': 3.0})], reason="More users"
        )
        message = self._composed(amendment.action_send_notice())
        self.assertEqual((message.partner_ids, message.model), (self.customer, 'billing.contract'))
        self.assertIn("changes from 09/15/2026", message.subject)
        body = message.body.replace('&nbsp;', " ")
        self.assertSays(
            body,
            ("Hosting: Quantity 1 → 3", "120.00 €, monthly", "360.00 €, monthly", "More users", "Your next invoice"),
        )

    def test_the_notice_is_in_the_customers_language_and_printed_too(self):
        self.customer.lang = 'fr_FR'
        contract = self._agreed(discount_ids=[])
        amendment = contract._amend('pause', date(2026, 10, 1), TODAY, date_until=date(2026, 10, 31))
        message = self._composed(amendment.action_send_notice())
        self.assertIn("change à compter du 01/10/2026", message.subject)
        report = self.env['ir.actions.report']
        letter, _kind = report._render_qweb_html('recurring_billing.billing_revision_letter', amendment.ids)
        self.assertIn("Votre prochaine facture", letter.decode())

    def test_the_notice_of_a_revision_is_the_letter_on_new_prices(self):
        contract = self._agreed()
        amendment = contract._amend(
            'indexation',
            date(2026, 10, 1),
            TODAY,
            lines=[(contract.line_ids, {'price_unit': 102.0})],
            revision_ratio=1.02,
        )
        self.assertIn("102.00", amendment.action_send_notice()['context']['default_body'])
        self.assertIn("its prices are revised", amendment.action_send_notice()['context']['default_body'])
