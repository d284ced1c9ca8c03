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

    @api.depends('state', 'check_text', 'recall_text', 'return_reason_id', 'retry_on', 'item_ids.amount')
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
            return " · ".join(filter(None, (self.return_reason_id.display_name, self.next_step)))
        if self.state == 'settled' and self._is_refundable():
            return self.env._("Refundable until %s", format_date(self.env, self.refundable_until))
        if self.state == 'sent' and self.collection_id.accepted_on:
            return self.env._("Accepted by the bank on %s", format_date(self.env, self.collection_id.accepted_on))
        credits = self.item_ids.filtered(lambda item: item.amount < 0)
        if credits:
            taken_off = self.currency_id.format(-sum(credits.mapped('amount')))
            return self.env._("%s of credit notes taken off", taken_off)
        return False

    def _is_refundable(self):
        return bool(self.refundable_until) and self.refundable_until >= fields.Date.context_today(self)

    def _status_text(self):
        """Where this debit stands, in one sentence for people."""
        self.ensure_one()
        env, day = self.env, format_date(self.env, self.date)
        if self.state == 'returned':
            return self._return_text()
        if self.state == 'settled' and self._is_refundable():
            until = format_date(env, self.refundable_until)
            return env._("Collected by direct debit on %(day)s, refundable until %(until)s", day=day, until=until)
        if self.state == 'sent' and self.collection_id.accepted_on:
            return env._("Direct debit of %s accepted by the bank", day)
        texts = {
            'planned': env._("Direct debit planned for %s", day),
            'in_file': env._("Direct debit of %s in the bank file", day),
            'sent': env._("Direct debit of %s sent to the bank", day),
            'settled': env._("Collected by direct debit on %s", day),
            'dropped': env._("Direct debit of %s dropped", day),
        }
        return texts[self.state]

    def _return_text(self):
        env = self.env
        texts = {
            'day': format_date(env, self.date),
            'returned': format_date(env, self.return_date),
            'reason': self.return_reason_id.display_name,
        }
        kinds = {
            'rejected': env._("Direct debit of %(day)s rejected by the bank on %(returned)s: %(reason)s", **texts),
            'refunded': env._("Direct debit of %(day)s refunded on %(returned)s: %(reason)s", **texts),
        }
        text = kinds.get(self.return_kind) or env._(
            "Direct debit of %(day)s returned on %(returned)s: %(reason)s", **texts
        )
        return f"{text}. {self.next_step}" if self.next_step else text

    def action_open(self):
        self.ensure_one()
        return self._get_records_action()
