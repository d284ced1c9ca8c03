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
    _guarded = frozenset({'debit_id', 'move_line_id', 'state'})

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
    due_date = fields.Date("Due On", related='move_line_id.date_maturity')
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

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        if kept := self.filtered(lambda item: item.state != 'planned')[:1]:
            raise UserError(
                self.env._("Invoice %s: what a debit took is kept as it was. Cancel the collection.", kept.move_id.name)
            )

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
