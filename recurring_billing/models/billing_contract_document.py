from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..tools.decimals import decimals


class BillingContract(models.Model):
    """The contract as its customer reads it: printed, and sent as a confirmation, in the customer's language."""

    _inherit = 'billing.contract'

    # === ACTION METHODS === #

    def action_send(self):
        """Open the e-mail that confirms this contract, with its document.

        :raises UserError: this server cannot make a PDF
        """
        self.ensure_one()
        if not self._can_make_pdf():
            raise UserError(
                self.env._(
                    "Contract %s: its document cannot be attached, since this server makes no PDF. Have wkhtmltopdf "
                    "installed; until then, the menu Print shows the document in the browser.",
                    self.name,
                ),
            )
        template = self.env.ref('recurring_billing.mail_template_contract')
        return self._compose(default_template_id=template.id, default_email_layout_xmlid='mail.mail_notification_light')

    def _compose(self, **defaults):
        """The action that opens core's mail composer on this contract."""
        return {
            'name': self.env._("Send"),
            'type': 'ir.actions.act_window',
            'view_mode': 'form',
            'res_model': 'mail.compose.message',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'default_model': self._name,
                'default_res_ids': self.ids,
                'default_composition_mode': 'comment',
                'force_email': True,
                **defaults,
            },
        }

    def _can_make_pdf(self):
        return self.env['ir.actions.report'].get_wkhtmltopdf_state() not in ('install', 'broken')

    def _offer_confirmation(self):
        """What follows the start of these contracts: the confirmation of one, where the company wants it; else True."""
        is_offered = len(self) == 1 and self.company_id.billing_offer_confirmation and self._can_make_pdf()
        return self.action_send() if is_offered else True

    # === CONTENT === #

    def _document_name(self):
        """The name of the printed file, without slashes."""
        self.ensure_one()
        return self.env._("Contract %s", self.name).replace('/', '-')

    def _document_next_invoice(self):
        """Date and amount of the next invoice, in the language of the reader."""
        self.ensure_one()
        amount = self.currency_id.format(self.next_invoice_amount)
        return self.env._("%(date)s, %(amount)s", date=format_date(self.env, self.next_issue_date), amount=amount)

    def _document_parties(self):
        """Who agrees: name and registration number of both."""
        parties = (self.company_id.partner_id, self.partner_id.commercial_partner_id)
        names = [
            f"{party.name} ({party.company_registry})" if party.company_registry else party.name for party in parties
        ]
        return self.env._("Between %(company)s and %(customer)s, it is agreed:", company=names[0], customer=names[1])

    def _document_days(self, line):
        """From when to when ``line`` holds, where it is not as long as the contract."""
        first = line.effective_from if line.effective_from and line.effective_from > self.date_start else None
        texts = {'first': format_date(self.env, first), 'last': format_date(self.env, line.effective_until)}
        if not line.effective_until or line.effective_until == self.date_end:
            return self.env._("from %s on", texts['first']) if first else ""
        return self.env._("from %(first)s to %(last)s", **texts) if first else self.env._("until %s", texts['last'])

    def _document_lines(self):
        """The lines that are agreed, with their sections and notes; what has ended is left out."""
        return self.line_ids if self.state == 'draft' else self.effective_line_ids

    def _document_discounts(self):
        """The discounts that are given or will be, and the loyalty offer that is earned next, as texts."""
        today = fields.Date.context_today(self)
        discounts = self.discount_ids.filtered(lambda discount: discount._days() and discount._days().last >= today)
        texts = [self._document_discount(discount) for discount in discounts.sorted('date_from')]
        is_agreed = self.next_loyalty_date in discounts.filtered('loyalty_rule_id').mapped('date_from')
        if self.next_loyalty and not is_agreed:
            first = format_date(self.env, self.next_loyalty_date)
            texts.append(self.env._("%(discount)s, from %(first)s on", discount=self.next_loyalty, first=first))
        return texts

    def _document_discount(self, discount):
        texts = {'discount': discount._text(), 'first': format_date(self.env, discount.date_from)}
        if discount.line_id:
            texts['discount'] = self.env._(
                "%(discount)s on %(line)s", discount=texts['discount'], line=discount.line_id._first_words()
            )
        if discount.last_day:
            texts['last'] = format_date(self.env, discount.last_day)
            return self.env._("%(discount)s, from %(first)s to %(last)s", **texts)
        return self.env._("%(discount)s, from %(first)s on", **texts)

    def _document_terms(self):
        """The terms of the contract: list of (label, text), those that it has."""
        terms = [*self._document_calendar(), *self._document_payment(), *self._document_commitment()]
        return [(label, text) for label, text in (*terms, *self._document_revision()) if text]

    def _document_calendar(self):
        timing = self._document_label('timing')
        frequency = self._frequency_text(self.recurrence_unit, self.recurrence_interval)
        yield self.env._("Invoiced"), f"{frequency}, {timing[:1].lower()}{timing[1:]}"
        yield self.env._("Start"), format_date(self.env, self.date_start)
        yield self.env._("End"), format_date(self.env, self.date_end) if self.date_end else self.env._("open-ended")

    def _document_payment(self):
        due = self.payment_term_id.name or self.env._("payable on the invoice date")
        yield self.env._("Payment"), ", ".join(filter(None, (self.payment_method_line_id.name, due)))
        for deposit in self.deposit_ids.filtered(lambda deposit: deposit.state in ('draft', 'asked', 'collected')):
            yield deposit._document_term()
        if self.is_direct_debit and (mandate := self._active_mandate()):
            yield (
                self.env._("Direct debit mandate"),
                self.env._(
                    "%(reference)s, account %(iban)s, creditor identifier %(creditor)s",
                    reference=mandate.name,
                    iban=mandate.masked_iban,
                    creditor=mandate.creditor_identifier,
                ),
            )

    def _document_commitment(self):
        if self.commitment_months:
            months = self.env._("%s months", self.commitment_months)
            until = self.committed_until and self.env._("until %s", format_date(self.env, self.committed_until))
            yield self.env._("Minimum term"), ", ".join(filter(None, (months, until)))
            yield self.env._("Renewal"), self._document_renewal()
        if self.notice_count:
            unit = self._document_label('notice_unit').lower()
            yield self.env._("Notice"), self.env._("%(count)s %(unit)s", count=self.notice_count, unit=unit)
        yield self.env._("Early termination"), self._document_fee()

    def _document_renewal(self):
        renewal = self._document_label('renewal')
        if self.renewal != 'tacit':
            return renewal
        months = self.renewal_months or self.commitment_months
        return self.env._("%(renewal)s, of %(months)s months", renewal=renewal, months=months)

    def _document_fee(self):
        if self.early_fee == 'percent':
            percent = formatLang(self.env, self.early_fee_percent, digits=decimals(self.early_fee_percent))
            return self.env._("%s %% of what remains until the end of the term", percent)
        if self.early_fee == 'fixed':
            return self.env._("%s, taxes added", self.currency_id.format(self.early_fee_amount))
        return ""

    def _document_revision(self):
        if self.revision == 'none':
            return
        if self.revision == 'percent':
            percent = formatLang(self.env, self.revision_percent, digits=2)
            texts = [self.env._("each year by %s %%", percent)]
        else:
            texts = [self.env._("each year by the index %s", self.revision_index_id.name)]
        if self.revision_has_cap:
            texts.append(self.env._("at most %s %%", formatLang(self.env, self.revision_cap, digits=2)))
        if self.revision_has_floor:
            texts.append(self.env._("at least %s %%", formatLang(self.env, self.revision_floor, digits=2)))
        if self.next_revision_date:
            texts.append(self.env._("next on %s", format_date(self.env, self.next_revision_date)))
        yield self.env._("Price revision"), ", ".join(texts)

    def _document_label(self, name):
        """The words of the selection ``name``."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _document_invoices(self):
        """The next invoices (see `Upcoming`)."""
        return [row for row in self._upcoming(fields.Date.context_today(self)) if row.bills]
