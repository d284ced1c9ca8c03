from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.commitment import earliest_end, early_termination_fee
from ..tools.proration import Days

ONE_DAY = timedelta(days=1)


class BillingContract(models.Model):
    """How a contract ends: when it may, what an early end costs, and how a termination is withdrawn."""

    _inherit = 'billing.contract'

    termination_id = fields.Many2one('billing.amendment', compute='_compute_termination_id')
    termination_reason_id = fields.Many2one('billing.termination.reason', compute='_compute_termination_id')

    @api.depends('amendment_ids.state', 'state')
    def _compute_termination_id(self):
        for contract in self:
            contract.termination_id = contract._termination() if contract.state != 'closed' else False
            contract.termination_reason_id = contract.termination_id.termination_reason_id

    # === ACTION METHODS === #

    def action_terminate(self):
        """Ask for the reason and the last day."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_termination_action')
        title = self.env._("Terminate %s", f"{self.name} · {self.partner_id.display_name}")
        return {**action, 'name': title, 'context': {'default_contract_id': self.id, 'dialog_size': 'extra-large'}}

    def action_withdraw_termination(self):
        """Take the termination of these contracts back, while their last day has not passed."""
        self._withdraw_termination(fields.Date.context_today(self))
        return True

    # === BUSINESS METHODS === #

    def _earliest_end(self, given, rule='commitment'):
        """The last day by ``rule`` (see `tools.commitment.earliest_end`), if notice is given on ``given``.

        As this, a fee knows nothing of a termination that counts: another one takes its place.
        """
        self.ensure_one()
        notice = self._notice()
        grid = self._recurrence_on(max(notice.ends(given), self.date_start))
        day = earliest_end(given, rule, notice, grid, self._commitment())
        return min(filter(None, (day, self._unterminated()._last_day())))

    def _early_fee(self, last, given):
        """What an end on ``last`` costs without taxes, if notice was given on ``given``; zero where nothing binds."""
        self.ensure_one()
        bound = self._bound_until(last, given)
        if self.early_fee == 'none' or not bound:
            return 0.0
        left = Days(last + ONE_DAY, bound)
        is_share = self.early_fee == 'percent'
        fee = early_termination_fee(
            self._unterminated()._remaining(left) if is_share else (),
            left,
            Decimal(str(self.currency_id.rounding)),
            percent=Decimal(str(self.early_fee_percent)) if is_share else None,
            fixed=None if is_share else Decimal(str(self.early_fee_amount)),
        )
        return float(fee)

    def _bound_until(self, last, given):
        """The last day of the term that an end on ``last`` would break off, or None.

        Notice given too late for the end of a term breaks off the next one.
        """
        commitment = self._commitment()
        days = (last, self._earliest_end(given)) if commitment else ()
        ends = [term.end for term in map(commitment.term_on, days) if term] if commitment else []
        return min(filter(None, (max(ends), self._unterminated()._last_day()))) if ends else None

    def _unterminated(self):
        """This contract as its lines owe where the termination that counts is not known (see `_last_day`)."""
        return self.with_context(billing_is_unterminated=True)

    def _last_day(self):
        """The last day of this contract, or False; of one that is `_unterminated` that before its termination."""
        self.ensure_one()
        termination = self.env.context.get('billing_is_unterminated') and self._termination()
        if not termination:
            return self.date_end
        former = termination.change_ids.filtered(lambda change: change.name == 'date_end')
        return fields.Date.to_date(former.old_value) if former else self.date_end

    def _remaining(self, left):
        """[(days, amount without taxes)] of what the recurring lines owe for the days ``left``."""
        lines = self.line_ids.filtered(lambda line: line.kind == 'recurring')
        for slot in self._slots(left.first, left.last) if left.first <= left.last else ():
            if self.proration == 'none' and slot.whole.start < left.first:
                continue  # billed as a whole already
            bills = [bill for line in lines for bill in line._bills(slot)]
            if bills:
                yield Days(slot.start, slot.end), Decimal(str(self._tax_totals(bills)[0]))

    def _terminate(self, last, today, fee=0.0, **values):
        """End these contracts on ``last``; what is owed until then, and the ``fee``, is billed by the next runs.

        :param fee: without taxes, owed on the last day
        :param values: of the amendment

        A termination that counts is taken back first, with its fee: the contract ends once.
        """
        self.ensure_one()
        self._refuse_far_start_or_end({'date_end': last}, today)
        self._refuse_end_before_start(last)
        self._refuse_longer(last)
        if former := self._termination():
            self._undo(former, today)
        amendment = self._amend(
            'termination',
            last + ONE_DAY,
            today,
            terms={'date_end': fields.Date.to_string(last)},
            added=[self._fee_values(last, fee)] if fee else [],
            **values,
        )
        self._close_finished(today)
        return amendment

    def _refuse_longer(self, last):
        """A termination ends a contract earlier than was agreed, or on that day; it never prolongs it."""
        self.ensure_one()
        agreed = self._unterminated()._last_day()
        if agreed and last > agreed:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “Last Day”: it ends on %(agreed)s as it is. Choose that day or an "
                    "earlier one; to prolong it, press “Change…” and fill in “Extend Until”.",
                    contract=self.name,
                    agreed=format_date(self.env, agreed),
                ),
            )

    def _fee_values(self, last, fee):
        """Values of the line that bills ``fee``, without taxes, on ``last``."""
        product = self.early_fee_product_id
        if not product:
            raise UserError(
                self.env._(
                    "Contract %s has no “Fee Product”, so that account and taxes of the early-termination fee are "
                    "unknown. Enter no fee, or invoice it by hand.",
                    self.name,
                ),
            )
        taxes = self._fee_taxes()
        gross = taxes.compute_all(fee, self.currency_id, handle_price_include=False)['total_included']
        is_included = any(taxes.mapped('price_include'))
        return {
            'kind': 'setup',
            'product_id': product.id,
            'quantity': 1.0,
            'price_unit': gross if is_included else fee,
            'date_start': last,
        }

    def _fee_taxes(self):
        """The early end is a service that is paid for, with VAT, not a damage (CJEU C-43/19)."""
        company = self.company_id
        taxes = self.early_fee_product_id.taxes_id._filter_taxes_by_company(company) or company.account_sale_tax_id
        return self.fiscal_position_id.map_tax(taxes)

    def _withdraw_termination(self, today):
        for contract in self:
            termination = contract._termination()
            if not termination or contract.state == 'closed' or contract.date_end < today:
                raise UserError(
                    self.env._(
                        "Contract %s: there is no termination that is still to come. Where it has ended, start a new "
                        "contract.",
                        contract.name,
                    ),
                )
            contract._undo(termination, today)
