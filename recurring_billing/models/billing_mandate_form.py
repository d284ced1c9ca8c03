from odoo import fields, models
from odoo.exceptions import UserError

IBAN_LENGTH = 34  # the longest; French ones have 27


class BillingMandate(models.Model):
    """The mandate as the debtor reads and signs it: printed, or sent by e-mail, in the debtor's language."""

    _inherit = 'billing.mandate'

    sent_form = fields.Binary(
        attachment=True,
        readonly=True,
        copy=False,
        groups='recurring_billing.group_debit',
        help="Forms that were sent: they show the whole account number.",
    )

    # === ACTION METHODS === #

    def action_send(self):
        """Open the e-mail that asks the debtor for a signature, with the form.

        :raises UserError: this server cannot make a PDF
        """
        self.ensure_one()
        if not self.env['billing.contract']._can_make_pdf():
            raise UserError(
                self.env._(
                    "Mandate %s: its form cannot be attached, since this server makes no PDF. Have wkhtmltopdf "
                    "installed; until then, “Print” shows the form in the browser.",
                    self.name,
                ),
            )
        template = self.env.ref('recurring_billing.mail_template_mandate')
        action = self.env['billing.contract']._compose(
            default_template_id=template.id,
            default_email_layout_xmlid='mail.mail_notification_light',
            billing_mandate_sent=True,
        )
        action['context'].update({'default_model': self._name, 'default_res_ids': self.ids})
        return action

    def action_print(self):
        """The form as PDF; where no creditor identifier is known there is nothing to sign."""
        self._check_form()
        return self.env.ref('recurring_billing.billing_mandate_report').report_action(self)

    def _check_form(self):
        for mandate in self.filtered(lambda mandate: not mandate.creditor_identifier):
            raise UserError(mandate._creditor_refusal())

    def message_post(self, **kwargs):
        """EXTENDS mail: the mail that carries the form makes a draft “sent”, and its copy stays with the debit role."""
        message = super().message_post(**kwargs)
        if self.env.context.get('billing_mandate_sent') and self.env.user.has_group('recurring_billing.group_debit'):
            self._sent_with(message)
        return message

    def _sent_with(self, message):
        self._check_form()
        drafts = self.filtered(lambda mandate: mandate.state == 'draft')
        drafts._check_keys_free()
        drafts._set_state('sent')
        drafts._unguarded().write({'sent_on': fields.Date.context_today(self)})
        # whoever reads the mandate reads its messages; the form in them bears the whole account number
        message.attachment_ids.sudo().filtered(lambda file: file.res_model == self._name).res_field = 'sent_form'

    # === CONTENT === #

    def _form_lang(self):
        return self.partner_id.lang or self.env.lang

    def _form_name(self):
        """The name of the printed file in the debtor's language, without slashes."""
        self.ensure_one()
        self = self.with_context(lang=self._form_lang())
        return self.env._("SEPA mandate %s", self.name).replace('/', '-')

    def _form_title(self):
        if self.scheme == 'B2B':
            return self.env._("SEPA Business-to-Business Direct Debit Mandate")
        return self.env._("SEPA Direct Debit Mandate")

    def _form_text(self):
        """What the debtor agrees to: the company's wording, else the scheme's, in the reader's language."""
        self.ensure_one()
        company = self.company_id.with_context(lang=self.env.lang)
        own = company.billing_mandate_b2b_text if self.scheme == 'B2B' else company.billing_mandate_core_text
        text = own or (self._form_b2b_text() if self.scheme == 'B2B' else self._form_core_text())
        return text.replace('{creditor}', self.creditor_name or company.name)

    def _form_core_text(self):
        """EPC392-08: the wording of the CORE mandate; its French is the one that French banks print."""
        return self.env._(
            "By signing this mandate form, you authorise (A) {creditor} to send instructions to your bank to debit "
            "your account and (B) your bank to debit your account in accordance with the instructions from "
            "{creditor}.\nAs part of your rights, you are entitled to a refund from your bank under the terms and "
            "conditions of your agreement with your bank. A refund must be claimed within 8 weeks starting from the "
            "date on which your account was debited.",
        )

    def _form_b2b_text(self):
        """EPC392-08: as CORE, without the refund, and for businesses only."""
        return self.env._(
            "By signing this mandate form, you authorise (A) {creditor} to send instructions to your bank to debit "
            "your account and (B) your bank to debit your account in accordance with the instructions from "
            "{creditor}.\nThis mandate is only intended for business-to-business transactions. You are not entitled "
            "to a refund from your bank after your account has been debited, but you are entitled to request your "
            "bank not to debit your account up until the day on which the payment is due.",
        )

    def _form_address(self, partner):
        """The lines of an address, without the name."""
        town = " ".join(filter(None, (partner.zip, partner.city)))
        return [line for line in (partner.street, partner.street2, town, partner.country_id.name) if line]

    def _form_iban(self):
        """The account in groups of four; empty where the debtor is to write it, masked outside the debit role."""
        # the address of a report answers whoever may read the record
        if not (self.env.su or self.env.user.has_group('recurring_billing.group_debit')):
            return self.masked_iban
        iban = self._iban().replace(" ", "")
        return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))

    def _form_blank_iban(self):
        """Room for an IBAN to be written by hand: groups of four boxes, as many as the longest IBAN needs."""
        return [min(4, IBAN_LENGTH - start) for start in range(0, IBAN_LENGTH, 4)]

    def _form_return_text(self):
        """Where the signed form goes, and what is told before each debit."""
        texts = {'creditor': self.creditor_name, 'email': self.company_id.email}
        if texts['email']:
            return self.env._(
                "Please return this form, signed, to %(creditor)s: by e-mail to %(email)s, or to the address above. "
                "You will be told date and amount before each debit.",
                **texts,
            )
        return self.env._(
            "Please return this form, signed, to %(creditor)s at the address above. You will be told date and amount "
            "before each debit.",
            **texts,
        )

    def _form_contracts(self):
        """Number and object of the contracts that this mandate pays, at most three of them."""
        contracts = self.env['billing.contract'].search(
            [('mandate_id', '=', self.id), ('state', '!=', 'closed')], limit=3
        )
        lines = {contract: contract.line_ids.filtered('product_id')[:1] for contract in contracts}
        return [
            " · ".join((contract.name, *(line._first_words() for line in lines[contract]))) for contract in contracts
        ]
