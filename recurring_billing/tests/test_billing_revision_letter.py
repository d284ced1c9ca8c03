import html

from odoo.tests import freeze_time, tagged

from .common_revision import RevisionCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-11-25')
class TestBillingRevisionLetter(RevisionCommon):
    """The letter that announces new prices: by e-mail, printed, or left out."""

    def test_the_letter_waits_in_the_queue_in_the_language_of_the_customer(self):
        self.customer.lang = 'fr_FR'
        french = self._indexed()
        english = self._indexed(partner=self._customer("Mill", lang='en_US'), revision='percent', revision_percent=2.0)
        self._revision().action_revise()
        cases = (
            (
                french,
                "prix de votre contrat",
                ("01/01/2027", "100,00\xa0€", "103,68\xa0€", "321,4 (mars 2026) / 310 (mars 2025)", "+3,68 %"),
            ),
            (english, "prices of your contract", ("01/01/2027", "100.00\xa0€", "102.00\xa0€", "+2.00 %")),
        )
        for contract, subject, parts in cases:
            with self.subTest(subject):
                message = contract.message_ids.filtered('partner_ids')
                self.assertIn(subject, message.subject)
                self.assertEqual(message.partner_ids, contract.partner_id)
                for part in parts:
                    self.assertIn(part, html.unescape(message.body))
                mail = self.env['mail.mail'].search([('mail_message_id', '=', message.id)])
                self.assertEqual((mail.state, mail.recipient_ids), ('outgoing', contract.partner_id))

    def test_a_customer_without_e_mail_gets_a_printed_letter(self):
        contract = self._indexed(partner=self._customer("Postal", email=False))
        revision = self._revision()
        revision.line_ids.is_selected = True
        revision.action_revise()
        self.assertEqual((revision.line_ids.letter, revision.letter_count), ('print', 1))
        self.assertIn("post it", contract.activity_ids.summary)
        self.assertIn("103.68", contract.message_ids.filtered('subject').body)
        amendment = revision.line_ids.amendment_id
        self.company.external_report_layout_id = self.env.ref('web.external_layout_standard')
        self.assertEqual(revision.action_print_letters()['context']['active_ids'], amendment.ids)
        report = self.env['ir.actions.report']
        letter, _kind = report._render_qweb_html('recurring_billing.billing_revision_letter', amendment.ids)
        self.assertIn("Postal", letter.decode())
        self.assertIn("103.68", letter.decode())

    def test_letters_are_left_out_on_request(self):
        contract = self._indexed()
        self._revised(contract, writes_letters=False)
        self.assertFalse(contract.message_ids.filtered('partner_ids'))
