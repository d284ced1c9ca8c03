from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..tools.late_interest import Claim, Payment


class BillingDunningItem(models.Model):
    """What an invoice's lateness may cost its customer."""

    _inherit = 'billing.dunning.item'

    claimed = fields.Monetary(compute='_compute_claimed', help="What is still due and not disputed.")
    claimed_company = fields.Monetary(compute='_compute_claimed', currency_field='company_currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id')

    @api.depends('move_line_id.amount_residual_currency', 'move_id.billing_dispute_ids.state')
    def _compute_claimed(self):
        parts = self.move_line_id._billing_disputed_parts()
        for item in self:
            line = item.move_line_id
            disputed = float(parts.get(line, 0))
            item.claimed = line.amount_residual_currency - disputed
            # the rate of the invoice, by which its residual is kept in both currencies
            share = item.claimed / line.amount_residual_currency if disputed else 1.0
            item.claimed_company = item.company_currency_id.round(line.amount_residual * share)

    def _late_interest(self, until):
        """What lateness costs to the end of ``until``, as {item: `tools.late_interest.LateInterest`} of those where it
        costs something. The indemnity is owed once for each invoice, also of several due dates.

        :raises UserError: a half-year in which interest accrues has no rate
        """
        rates = self.env['billing.interest.rate']
        table = rates._by_half_year()
        fees, indemnified = {}, set()
        for item, claim in self._claims().items():
            fee = rates._late_interest(claim, until, item.currency_id, table)
            if item.move_id in indemnified:
                fee = replace(fee, indemnity=Decimal())
            if fee.indemnity:
                indemnified.add(item.move_id)
            if fee.total:
                fees[item] = fee
        return fees

    def _claims(self):
        """These items as `tools.late_interest` sees them, oldest first, in the currencies of their invoices.

        What a credit note took off its own invoice was never owed, and what is disputed is claimed once that is
        settled. A loss is no payment: what was written off is still owed. Charges for lateness bear no interest
        themselves (C. civ. 1343-2).
        """
        disputed = self.move_id._billing_disputed()
        items = self.filtered(
            lambda item: not item.move_id.billing_late_fee_ids and item.move_id not in disputed
        ).sorted('date_due')
        contracts = items.move_id._billing_contracts()
        notices = items._notices_received()
        arose = items.move_id._billing_arose()
        claims = {}
        for item in items:
            amount, payments = item._owed_and_paid()
            if amount <= 0:
                continue
            claims[item] = Claim(
                kind=item.partner_id.billing_party_kind or 'consumer',
                arose=arose[item.move_id],
                due=item.date_due,
                amount=amount,
                payments=payments,
                contract_rate=item._agreed_rate(contracts.get(item.move_id)),
                notice=notices.get(item),
                insolvency=item.partner_id.billing_insolvency_date or None,
            )
        return claims

    def _owed_and_paid(self):
        """The amount without what was credited, and its `tools.late_interest.Payment`s."""
        self.ensure_one()
        cleared = {partial: partial.credit_move_id.move_id for partial in self.move_line_id.matched_credit_ids}
        partials = self.move_line_id.matched_credit_ids.filtered(
            lambda partial: not cleared[partial]._billing_is_loss()
        )
        credited = partials.filtered(lambda partial: cleared[partial]._billing_corrects(self.move_id))
        amount = self.move_line_id.amount_currency - sum(credited.mapped('debit_amount_currency'))
        payments = tuple(
            Payment(partial.max_date, _decimal(self.currency_id, partial.debit_amount_currency))
            for partial in (partials - credited).sorted('max_date')
            if self.currency_id.compare_amounts(partial.debit_amount_currency, 0.0) > 0
        )
        return _decimal(self.currency_id, amount), payments

    def _indemnity_in_words(self, amount):
        return self.env._(
            "%(invoice)s: indemnity for recovery costs %(amount)s", invoice=self.move_id.name, amount=amount
        )

    def _agreed_rate(self, contract):
        """The rate in percent of the contract or the company's terms; None: that of the law."""
        rate = (contract and contract.billing_late_rate) or self.company_id.billing_late_rate
        return Decimal(f"{rate:.2f}") if rate else None

    def _notices_received(self):
        """{item: day on which the customer received the first formal notice about it}."""
        letters = self.case_id.action_ids.filtered(
            lambda action: action.level_id.is_formal_notice and action.received_on
        )
        received = {}
        for letter in letters.sorted('received_on'):
            for item in letter.item_ids:
                received.setdefault(item, letter.received_on)
        return received

    def _fee_in_words(self, fee):
        """The computation of ``fee``, a `tools.late_interest.LateInterest` of this item: one text for each segment."""
        self.ensure_one()
        money = self.currency_id.format
        texts = [
            self.env._(
                "%(invoice)s: %(base)s × %(rate)s %% × %(days)s days / 365 = %(amount)s",
                invoice=self.move_id.name,
                base=money(float(segment.base)),
                rate=formatLang(self.env, float(segment.rate)),
                days=segment.days,
                amount=money(float(segment.amount)),
            )
            for segment in fee.segments
        ]
        if fee.indemnity:
            texts.append(self._indemnity_in_words(self.env.ref('base.EUR').format(float(fee.indemnity))))
        return texts


def _decimal(currency, amount):
    return Decimal(str(currency.round(amount)))
