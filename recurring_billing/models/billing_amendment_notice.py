from odoo import fields, models
from odoo.tools import format_date


class BillingAmendment(models.Model):
    """What the customer is told of a change: one letter, sent by e-mail from a dialog or printed."""

    _inherit = 'billing.amendment'

    # === ACTION METHODS === #

    def action_send_notice(self):
        """Open the e-mail that tells the customer of this change; it stays in the history of the contract."""
        self.ensure_one()
        self._require_state('applied')
        subject, body = self._letter()
        return self.contract_id._compose(
            default_subject=subject,
            default_body=body,
            default_partner_ids=self.partner_id.ids,
            default_email_layout_xmlid='mail.mail_notification_light',
        )

    # === LETTER === #

    def _letter(self):
        """(subject, body) of the letter that tells of this change, in the customer's language."""
        self.ensure_one()
        name = 'mail_template_revision' if self.kind == 'indexation' else 'mail_template_amendment'
        template = self.env.ref(f'recurring_billing.{name}').sudo()  # whoever keeps contracts may not read templates
        rendered = (template._render_field(name, self.ids, compute_lang=True) for name in ('subject', 'body_html'))
        subject, body = (texts[self.id] for texts in rendered)
        return subject, body

    def _letter_day(self):
        return format_date(self.env, self.date)

    def _letter_price(self, price):
        return self.currency_id._billing_price_text(price)

    def _letter_sentences(self):
        """What changes, in the language of the reader."""
        return list(self._sentences())

    def _letter_amounts(self):
        """(until now, from the day of the change) what a period costs with taxes; None where both are the same.

        Discounts that end are no part of it, as they are none of the monthly revenue.
        """
        self.ensure_one()
        if self.date <= self.contract_id.date_start:
            return None
        before, after = (self._letter_total(day) for day in (fields.Date.subtract(self.date, days=1), self.date))
        return (before, after) if before != after else None

    def _letter_total(self, day):
        contract = self.contract_id
        total = 0.0 if contract._rests_on(day) else contract._tax_totals(contract._bills_on(day))[2]
        grid = contract._recurrence_on(day)
        price = self.currency_id.format(total)
        return f"{price}, {contract._frequency_text(grid.unit, grid.interval).lower()}" if grid else price

    def _letter_next_invoice(self):
        """(date, amount with taxes) of the next invoice, or None."""
        self.ensure_one()
        rows = self.contract_id._upcoming(fields.Date.context_today(self))
        row = next((row for row in rows if row.bills), None)
        return row and (format_date(self.env, row.date), self.currency_id.format(row.total))
