from odoo import api, fields, models
from odoo.tools import format_date

REFUND_WEEKS = 8  # of CORE debits, no questions asked (EPC rulebook; directive 2015/2366, article 77)


class BillingDebit(models.Model):
    """What a debit's row says to people: its remark, its attempt, until when the customer may have it back."""

    _inherit = 'billing.debit'

    attempt = fields.Integer(compute='_compute_attempt', help="Which attempt to collect these invoices it is.")
    refundable_until = fields.Date(
        compute='_compute_refundable_until',
        help="Until then the customer's bank gives the money back on demand (CORE). An unauthorised debit can be "
        "claimed for 13 months.",
    )
    amount_kept = fields.Monetary(
        "Debited",
        compute='_compute_amount_kept',
        help="Zero once the debit is dropped, unless its whole collection was cancelled.",
    )
    notice_text = fields.Char("Announced", compute='_compute_notice_text')
    remark = fields.Text(compute='_compute_remark')

    @api.depends('item_ids.move_line_id')
    def _compute_attempt(self):
        items = self.env['billing.debit.item'].search(
            [('move_line_id', 'in', self.item_ids.move_line_id.ids), ('state', '!=', 'dropped')],
        )
        of_line = items.grouped('move_line_id')
        for debit in self:
            attempts = (
                items.browse()
                .union(*(of_line.get(line, items.browse()) for line in debit.item_ids.move_line_id))
                .debit_id
            )
            debit.attempt = 1 + len(attempts.filtered(lambda other, own=debit: other.id < (own._origin.id or 0)))

    @api.depends('date', 'state', 'mandate_id.scheme')
    def _compute_refundable_until(self):
        for debit in self:
            may_return = debit.state == 'settled' and debit.mandate_id.scheme == 'CORE'
            debit.refundable_until = may_return and fields.Date.add(debit.date, weeks=REFUND_WEEKS)

    @api.depends('amount', 'state', 'collection_id.state')
    def _compute_amount_kept(self):
        for debit in self:
            is_out = debit.state == 'dropped' and debit.collection_id.state != 'cancelled'
            debit.amount_kept = 0.0 if is_out else debit.amount

    def _compute_notice_text(self):
        told = self._told_on()
        for debit in self:
            days = [told.get(item.move_line_id) for item in debit.item_ids if item.amount > 0]
            if days and all(days):
                sent_on = max(days)
                debit.notice_text = self.env._(
                    "%(day)s, %(count)s days before",
                    day=format_date(self.env, sent_on),
                    count=(debit.date - sent_on).days,
                )
            else:
                debit.notice_text = False

    def _told_on(self):
        """{due item: the first day on which the customer was told of the day of its debit}"""
        told = self.env['billing.notice']._told(self.item_ids.move_line_id)
        return {
            item.move_line_id: min(days)
            for item in self.item_ids
            if (days := [one.sent_on for one in told[item.move_line_id] if one.day == item.debit_id.date])
        }

    @api.depends('state', 'check_text', 'recall_text', 'return_reason_id', 'item_ids.amount')
    def _compute_remark(self):
        for debit in self:
            debit.remark = debit._remark()

    def _remark(self):
        """What this debit needs, or how it ended, in words; False where there is nothing to say."""
        self.ensure_one()
        if self.state == 'planned' and self.check_text:
            return self.check_text
        if self.state in ('in_file', 'sent') and self.recall_text:
            return self.recall_text
        if self.state == 'returned':
            return self.return_reason_id.display_name
        if self.state == 'settled' and self.refundable_until:
            return self.env._("Refundable until %s", format_date(self.env, self.refundable_until))
        credits = self.item_ids.filtered(lambda item: item.amount < 0)
        if credits:
            taken_off = self.currency_id.format(-sum(credits.mapped('amount')))
            return self.env._("%s of credit notes taken off", taken_off)
        return False

    def action_open(self):
        self.ensure_one()
        return self._get_records_action()
