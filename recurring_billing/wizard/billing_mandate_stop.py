from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..models.billing_debit import UNDER_WAY


class BillingMandateStop(models.TransientModel):
    """Why a mandate is put on hold, resumed or revoked, and what becomes of the debits under way."""

    _name = 'billing.mandate.stop'
    _description = "Hold, Resume or Revoke Mandates"

    mandate_ids = fields.Many2many('billing.mandate', required=True)
    state = fields.Selection(
        [('on_hold', "On hold"), ('active', "Resumed"), ('revoked', "Revoked")], "Becomes", required=True, readonly=True
    )
    date = fields.Date("Revoked On", required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True)
    effect = fields.Text(compute='_compute_effect')

    @api.depends('mandate_ids', 'state')
    def _compute_effect(self):
        for wizard in self:
            debits = wizard.mandate_ids.debit_ids.filtered(lambda debit: debit.state in UNDER_WAY)
            wizard.effect = "\n".join(wizard._effects(debits))

    def _effects(self, debits):
        if self.state == 'active':
            yield self.env._("Debits are made again; invoices that fell due meanwhile are in the next collection.")
            return
        if self.state == 'revoked':
            yield self.env._("No debit will be made from this mandate any more. A revoked mandate does not come back.")
        else:
            yield self.env._("No debit is made until the mandate is resumed. It still lapses after 36 months.")
        if sent := debits.filtered(lambda debit: debit.state == 'sent'):
            yield self.env._("Debits at the bank: %s. They go on; ask the bank to recall them if need be.", len(sent))
        if filed := debits.filtered(lambda debit: debit.state == 'in_file'):
            names = ", ".join(filed.collection_id.mapped('name'))
            yield self.env._("Debits in a file that was not sent yet: cancel %s and prepare it again.", names)
        if waiting := debits - sent - filed:
            yield self.env._("Debits waiting in a collection: %s. They are refused when it is checked.", len(waiting))

    def action_confirm(self):
        self.ensure_one()
        if self.state == 'on_hold':
            self.mandate_ids._hold(self.reason)
        elif self.state == 'active':
            self.mandate_ids._resume(self.reason)
        else:
            self._check_day()
            self.mandate_ids._revoke(self.date, self.reason)
        return True

    def _check_day(self):
        if self.date > fields.Date.context_today(self):
            raise UserError(
                self.env._(
                    "Field “Revoked On”: %s lies ahead, and a revoked mandate is debited no more. Revoke it on that "
                    "day.",
                    format_date(self.env, self.date),
                ),
            )
