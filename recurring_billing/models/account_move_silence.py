from odoo import fields, models
from odoo.tools import format_date

from ..tools.dunning_ladder import Silence
from .billing_debit import UNDER_WAY


class ResPartner(models.Model):
    _inherit = 'res.partner'

    billing_insolvency_date = fields.Date(
        "Insolvency Opened On",
        tracking=True,
        copy=False,
        help="Day of the judgment. What was invoiced or delivered before it is declared to the insolvency "
        "administrator, and is neither reminded nor does it bear interest any more (C. com. L622-7, L622-28).",
    )


class AccountMove(models.Model):
    """Why an open invoice is not reminded."""

    _inherit = 'account.move'

    billing_silence = fields.Char(
        "Not Reminded",
        compute='_compute_billing_silence',
        compute_sudo=True,
        help="What keeps this invoice from being reminded.",
    )

    def _compute_billing_silence(self):
        silent = self.filtered(lambda move: move.move_type == 'out_invoice' and move.state == 'posted')
        silences = silent.filtered('amount_residual')._billing_silence_reason(fields.Date.context_today(self))
        for move in self:
            move.billing_silence = move in silences and silences[move].reason

    def _billing_silence_reason(self, day):
        """What silences the reminders of these invoices on ``day``, or of a part that is due, as
        {invoice: `tools.dunning_ladder.Silence`} of those that something silences."""
        silences = self._billing_due_items()._billing_silences(day)
        return {line.move_id: silence for line, silence in silences.items()}

    def _billing_covered(self, day):
        """Those of these invoices that are to be paid by a debit under way, or announced for ``day`` or later."""
        lines = self.env['account.move.line'].concat(*self._billing_due_items()._billing_debit_silence(day))
        return lines.move_id

    def _billing_insolvency_silence(self):
        """Claims from before the judgment may not be paid any more; later ones are reminded as any other."""
        judged = self.filtered('commercial_partner_id.billing_insolvency_date')
        silences = {}
        for move, arose in judged._billing_arose().items():
            judgment = move.commercial_partner_id.billing_insolvency_date
            if arose < judgment:
                text = self.env._("insolvency opened on %s", format_date(self.env, judgment))
                silences[move] = Silence(text)
        return silences

    def _billing_arose(self):
        """{invoice: day on which its claim arose}: that of the invoice, or the first one of the service that it bills
        in arrears (C. com. L622-24). A period across a judgment counts as a whole as from before it."""
        rows = self.env['account.move.line']._read_group(
            [('move_id', 'in', self.ids), ('billing_date_start', '!=', False)], ['move_id'], ['billing_date_start:min']
        )
        served = dict(rows)
        return {move: min(move.invoice_date, served.get(move, move.invoice_date)) for move in self}

    def _billing_corrects(self, invoice):
        """Whether this credit note says that ``invoice`` asked for too much, rather than to pay it."""
        self.ensure_one()
        corrected = self.reversed_entry_id | self.invoice_line_ids.billing_credited_line_id.move_id
        return self.move_type == 'out_refund' and invoice in corrected

    def _billing_litigation_silence(self):
        """What was handed over is the lawyer's; later invoices are reminded as any other."""
        handed = [('handed_over_on', '!=', False), ('partner_id', 'in', self.commercial_partner_id.ids)]
        silences = {}
        for case in self.env['billing.dunning.case'].search(handed):
            day = case.handed_over_on
            text = self.env._("handed over to litigation on %s", format_date(self.env, day))
            moves = (case.item_ids.move_id & self).filtered(lambda move, day=day: move.invoice_date <= day)
            silences |= dict.fromkeys(moves, Silence(text))
        return silences

    def _billing_due_items(self):
        """What of these invoices is due or will be: their other lines, which may be many, are not read."""
        domain = [('move_id', 'in', self.ids), ('account_type', '=', 'asset_receivable'), ('reconciled', '=', False)]
        return self.env['account.move.line'].search(domain)


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _billing_silences(self, day):
        """What silences these due items on ``day``, as {line: `tools.dunning_ladder.Silence`}.

        Of several causes the one that lasts longest is told: a judgment, a person's word, a debit.
        """
        moves = self.move_id
        causes = [
            self._billing_notice_silence(day),
            self._billing_debit_silence(day),
            self._billing_of(moves._billing_promise_silence(day)),
            self._billing_plan_silence(),
            self._billing_person_silence(),
            self._billing_of(moves._billing_dispute_silence()),
            self._billing_of(moves._billing_insolvency_silence()),
            self._billing_of(moves._billing_litigation_silence()),
        ]
        silences = {}
        for cause in causes:
            silences |= cause
        return silences

    def _billing_of(self, silences):
        """The ``silences`` of whole invoices as those of their due items."""
        return {line: silences[line.move_id] for line in self if line.move_id in silences} if silences else {}

    def _billing_notice_silence(self, day):
        """Before its due date, what a debit is to pay is announced by the notice of that debit, and not twice."""
        early = self.filtered(lambda line: line.date_maturity and line.date_maturity >= day)
        text = self.env._("its debit is announced instead")
        return {line: Silence(text, line.date_maturity) for line in early if line.move_id._billing_awaits_debit()}

    def _billing_person_silence(self):
        """What somebody blocked, or does not want to be reminded of."""
        silences = {}
        for line in self:
            if line.move_id.payment_state == 'blocked':
                silences[line] = Silence(self.env._("its payment is blocked"))
            elif line.no_followup:
                silences[line] = Silence(self.env._("marked “No Follow-Up”"))
        return silences

    def _billing_debit_silence(self, day):
        """What a debit under way, announced for ``day`` or later, or planned again then, is to pay."""
        silences = {}
        awaited = self.filtered(lambda line: line.move_id._billing_awaits_debit())
        for line, last in awaited._billing_announced_days().items():
            if last and last >= day:
                silences[line] = Silence(self.env._("debit announced for %s", format_date(self.env, last)), last)
        for line, last in self._billing_retry_days().items():
            if last and last >= day:
                silences[line] = Silence(self.env._("debited again on %s", format_date(self.env, last)), last)
        held = self.filtered(lambda line: line.move_id.billing_debit_state in UNDER_WAY)
        under_way = [('move_line_id', 'in', held.ids), ('state', 'in', UNDER_WAY)]
        for item in held and self.env['billing.debit.item'].search(under_way):
            text = self.env._("debit of %s under way", format_date(self.env, item.debit_id.date))
            silences[item.move_line_id] = Silence(text)
        return silences
