from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class BillingDebitItem(models.Model):
    """What one debit takes of one open item: an invoice, or a credit note that makes the debit smaller."""

    _name = 'billing.debit.item'
    _description = "Item of a Direct Debit"
    _inherit = ['billing.guard.mixin']
    _order = 'id'
    _check_company_auto = True
    _guarded = frozenset({'debit_id', 'company_id', 'move_line_id', 'move_id', 'state'})

    debit_id = fields.Many2one('billing.debit', required=True, readonly=True, ondelete='restrict', index=True)
    company_id = fields.Many2one(related='debit_id.company_id', store=True, index=True)
    move_line_id = fields.Many2one(
        'account.move.line',
        "Due Item",
        required=True,
        readonly=True,
        ondelete='restrict',
        index=True,
        check_company=True,
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice", store=True, index=True)
    due_date = fields.Date(related='move_line_id.date_maturity')
    currency_id = fields.Many2one(related='debit_id.currency_id')
    amount = fields.Monetary(
        "Taken",
        required=True,
        help="What the debit takes of the invoice; a credit note is below zero. Lower it to collect a part only.",
    )
    amount_residual = fields.Monetary("Still Due", related='move_line_id.amount_residual_currency')
    state = fields.Selection(related='debit_id.state', store=True)

    _once_under_way = models.UniqueIndex(
        "(move_line_id) WHERE state IN ('planned', 'in_file', 'sent')",
        "This invoice is already in another collection under way.",
    )

    @api.depends('move_id.name')
    def _compute_display_name(self):
        for item in self:
            item.display_name = item.move_id.name

    # === CRUD METHODS === #

    def write(self, vals):
        """A person may lower what is taken of an invoice while its debit is planned."""
        if 'amount' not in vals:
            return super().write(vals)
        if not self._is_unguarded():
            for item in self:
                item._check_part(vals['amount'])
        result = super().write(vals)
        self.debit_id.collection_id._reopen()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        for item in self:
            rest = item.debit_id.item_ids - self
            if item.state != 'planned':
                raise UserError(
                    self.env._(
                        "Invoice %s: what a debit took is kept as it was. Cancel the collection.", item.move_id.name
                    )
                )
            if sum(rest.mapped('amount')) <= 0:
                raise UserError(
                    self.env._("Without invoice %s the debit takes nothing: drop it instead.", item.move_id.name),
                )
        self.debit_id.collection_id._reopen()

    def _check_part(self, amount):
        """Refuse an amount that this item's debit may not take of it.

        :raises UserError: names invoice and remedy
        """
        self.ensure_one()
        texts = {'invoice': self.move_id.name, 'due': self.currency_id.format(self.amount_residual)}
        self.debit_id._require_state('planned')
        if self.amount < 0:
            raise UserError(
                self.env._("Credit note %(invoice)s is taken off as a whole: remove it, or keep it.", **texts),
            )
        if not 0 < self.currency_id.round(amount) <= self.amount_residual:
            raise UserError(
                self.env._("Invoice %(invoice)s: enter an amount above zero, at most the %(due)s still due.", **texts),
            )
        others = self.debit_id.item_ids - self
        if self.currency_id.compare_amounts(sum(others.mapped('amount')) + amount, 0.0) <= 0:
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s: less the credit notes taken off, the debit would take nothing. Enter more, "
                    "or drop the debit.",
                    **texts,
                ),
            )
        if amount < self.amount_residual and any(item._is_part() for item in others if item.amount > 0):
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s: another invoice of this debit is taken in part already. One of them can be; "
                    "else nobody could say which one the money pays.",
                    **texts,
                ),
            )

    # === BUSINESS METHODS === #

    def _is_part(self):
        """Whether a part only of what the invoice still owes is taken."""
        self.ensure_one()
        return self.currency_id.compare_amounts(abs(self.amount), abs(self.amount_residual)) < 0

    def _fault(self):
        """Say in words why this item cannot go into a file, or None."""
        self.ensure_one()
        line, debit = self.move_line_id, self.debit_id
        if reason := line._billing_refusal(debit.mandate_id):
            return reason
        texts = {'invoice': self.move_id.name, 'customer': debit.partner_id.display_name}
        if self.amount > 0 and line.date_maturity > debit.date:
            return self.env._(
                "Invoice %(invoice)s of %(customer)s is due on %(due)s, after the collection date. Choose a later "
                "date, or drop this debit.",
                due=format_date(self.env, line.date_maturity),
                **texts,
            )
        if self.currency_id.compare_amounts(abs(line.amount_residual_currency), abs(self.amount)) < 0:
            return self.env._(
                "Invoice %(invoice)s of %(customer)s: %(due)s is still due, but the debit takes %(amount)s. Drop this "
                "debit and prepare the collection again.",
                due=self.currency_id.format(line.amount_residual_currency),
                amount=self.currency_id.format(self.amount),
                **texts,
            )
        return None
