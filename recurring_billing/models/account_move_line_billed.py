from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.proration import Days, part


class AccountMove(models.Model):
    """What each line of an invoice bears in the ledger, computed for all of them at once."""

    _inherit = 'account.move'

    billing_tax_amounts = fields.Json(
        "Net and Taxes by Line",
        compute='_compute_billing_tax_amounts',
        exportable=False,
        help="Of each invoice line: [name of a total, its tax, amount].",
    )

    @api.depends(
        'line_ids.price_unit', 'line_ids.quantity', 'line_ids.discount', 'line_ids.tax_ids', 'line_ids.amount_currency'
    )
    def _compute_billing_tax_amounts(self):
        for move in self:
            base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
            move.billing_tax_amounts = {
                str(line['record'].id): move._billing_amounts_of_line(line)
                for line in base_lines
                if line['record']._name == 'account.move.line'
            }

    def _billing_amounts_of_line(self, base_line):
        """[name of a total, id of its tax or False, amount as text] of one line of core's tax engine."""
        details = base_line['tax_details']
        net = details['total_excluded_currency'] + details['delta_total_excluded_currency']
        rows = [('total_excluded', False, net)]
        for data in details['taxes_data']:
            if not data['is_reverse_charge']:  # core mirrors the tax itself
                rows.append(('tax_amount_currency', data['tax'].id, data['tax_amount_currency']))
                rows.append(('base_amount_currency', data['tax'].id, data['base_amount_currency']))
        sign = -1 if base_line['record'].quantity < 0 else 1
        return [[name, tax, str(sign * self.currency_id.round(amount))] for name, tax, amount in rows]


class AccountMoveLine(models.Model):
    """What an invoice line bills of a contract, or gives back of what another one billed."""

    _inherit = 'account.move.line'

    def _billing_is_credit(self):
        """Whether this line takes back what another one billed; a copy made after a credit bills anew."""
        self.ensure_one()
        is_refund = self.move_id.move_type == 'out_refund'
        return bool(self.billing_credited_line_id) and (is_refund or self.quantity < 0)

    def _billing_is_charge(self):
        """Whether this line takes money for what it bills; a credit whose invoice is gone does not."""
        self.ensure_one()
        return self.quantity <= 0 if self.move_id.move_type == 'out_refund' else self.quantity >= 0

    def _billing_amount(self):
        """Price times quantity less discount, as a `Decimal` in the currency of the invoice.

        Positive whether it charges or credits; the line of a discount is below zero.
        """
        self.ensure_one()
        amount = self.currency_id.round(abs(self.quantity) * self.price_unit * (1 - self.discount / 100))
        return Decimal(str(amount))

    def _billing_tax_amounts(self):
        """What this invoice line bears in the ledger, as `Decimal`, positive where the line takes or gives money.

        :return: {(name of a total, id of its tax or False): amount}, by the names that core gives amounts typed by hand
        """
        self.ensure_one()
        rows = self.move_id.billing_tax_amounts[str(self.id)]
        return {(name, tax): Decimal(amount) for name, tax, amount in rows}

    def _billing_basis(self, rounding):
        """(price of the whole period, its days) that this line bills a share of; (None, None) for any other line.

        A line that was corrected by hand is no share any more.
        """
        self.ensure_one()
        period = self.billing_period_id
        if not self.billing_full_amount:
            return None, None
        full, whole = Decimal(str(self.billing_full_amount)), Days(period.whole_start, period.whole_end)
        days = Days(self.billing_date_start, self.billing_date_end)
        convention = period.contract_id.proration
        is_share = part(full, days, whole, rounding, convention) == self._billing_amount()
        return (full, whole) if is_share else (None, None)

    def _billing_reopens(self):
        """Whether the days of this credit are owed again: our own always, one made by hand where a person said so.

        A part of a line credited by hand is a goodwill gesture, which bills nothing again.
        """
        self.ensure_one()
        if self.billing_revision:
            return True
        move = self.move_id
        return move.billing_bill_again and move.state == 'posted' and self._billing_is_whole()

    def _billing_is_whole(self):
        """Whether this credit takes back all that its line billed."""
        self.ensure_one()
        return self._billing_amount() == self.billing_credited_line_id._billing_amount()

    def _billing_refuse_taking_away(self):
        """Refuse that these lines stop counting where one is a credit whose days are billed again meanwhile."""
        credits = self.filtered(lambda line: line.billing_period_id and line._billing_is_credit())
        for period in credits.billing_period_id:
            if period._is_billed_twice() or not period._is_billed_twice(without=self):
                continue
            mine = credits.filtered(lambda line, period=period: line.billing_period_id == period)
            again = mine._billing_charged_again() - self.move_id
            raise UserError(
                self.env._(
                    "%(credit)s takes back what %(invoices)s bills again for contract %(contract)s. Without it, "
                    "the same days would be billed twice: cancel or credit %(invoices)s first.",
                    credit=mine.move_id[:1]._get_move_display_name(),
                    invoices=", ".join(move._get_move_display_name() for move in again),
                    contract=period.contract_id.name,
                ),
            )

    def _billing_charged_again(self):
        """The invoices that charge the contract lines of these credits for their periods, beside the credited ones."""
        lines = self.billing_period_id._live_lines() - self.billing_credited_line_id
        again = lines.filtered(lambda line: line.billing_contract_line_id in self.billing_contract_line_id)
        return again.filtered(lambda line: line._billing_is_charge()).move_id

    @api.ondelete(at_uninstall=False)
    def _unlink_keeps_credits_of_what_is_billed_again(self):
        self._billing_refuse_taking_away()
