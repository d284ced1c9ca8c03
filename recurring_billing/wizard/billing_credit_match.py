from odoo import api, fields, models
from odoo.exceptions import UserError


class BillingCreditMatch(models.TransientModel):
    """Matches a customer's open payments and credit notes with what it owes, in the order that is chosen."""

    _name = 'billing.credit.match'
    _description = "Match Open Credits"

    case_id = fields.Many2one('billing.dunning.case', required=True, readonly=True)
    credit_line_ids = fields.Many2many(related='case_id.credit_line_ids', string="Open Credits")
    has_fees = fields.Boolean(compute='_compute_has_fees')
    order = fields.Selection(
        [('oldest', "Invoices, oldest first"), ('legal', "Late fees first, then invoices, oldest first")],
        required=True,
        default='oldest',
        help="A payment that names an invoice pays that one. One that names none goes to interest and costs first "
        "(C. civ. 1343-1), as soon as a document charges them.",
    )

    @api.depends('case_id')
    def _compute_has_fees(self):
        for match in self:
            match.has_fees = bool(match._due_lines().move_id.billing_late_fee_ids)

    def action_match(self):
        """Match as far as the credits reach."""
        self.ensure_one()
        credits_, due = self.credit_line_ids, self._due_lines()
        if not credits_ or not due:
            raise UserError(self.env._("%s: there is nothing to match any more.", self.case_id.display_name))
        matched = due.browse()
        for line in due:  # one after the other: the order is what is asked for
            usable = credits_.filtered(
                lambda credit, line=line: not credit.reconciled and credit.account_id == line.account_id
            )
            if usable:
                (line | usable).reconcile()
                matched |= line
        self.case_id.message_post(
            body=self.env._(
                "Open credits matched with %(invoices)s (%(order)s).",
                invoices=", ".join(matched.move_id.mapped('name')),
                order=dict(self._fields['order']._description_selection(self.env))[self.order],
            )
        )
        return {'type': 'ir.actions.act_window_close'}

    def _due_lines(self):
        """What the customer owes, in the chosen order; what is disputed or about to be debited is left alone."""
        lines = self.case_id.open_item_ids.move_line_id
        spared = {
            *lines.move_id._billing_disputed(),
            *lines.move_id._billing_covered(fields.Date.context_today(self)),
        }
        due = lines.filtered(lambda line: line.move_id not in spared).sorted(lambda line: (line.date_maturity, line.id))
        if self.order != 'legal':
            return due
        fees = due.filtered(lambda line: line.move_id.billing_late_fee_ids)
        return fees + (due - fees)
