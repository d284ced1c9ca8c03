from odoo import api, fields, models

from ..models.billing_run_line import in_words


class BillingRunPost(models.TransientModel):
    _name = 'billing.run.post'
    _description = "Post the Invoices of a Run"

    run_id = fields.Many2one('billing.run', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='run_id.currency_id')
    invoice_count = fields.Integer("Invoices", related='run_id.invoice_count')
    amount_total = fields.Monetary("Total with Taxes", related='run_id.amount_total')
    dates = fields.Char("Dated", compute='_compute_lines')
    look_count = fields.Integer(related='run_id.look_count')
    left_count = fields.Integer("Left Out", compute='_compute_lines')
    is_sent = fields.Boolean(related='run_id.company_id.billing_send_invoices')

    @api.depends('run_id')
    def _compute_lines(self):
        for wizard in self:
            waiting = wizard.run_id.line_ids.filtered(lambda line: line.outcome == 'todo')
            ticked = waiting.filtered('is_selected')
            days = [line.invoice_date for line in ticked if line.level != 'blocked']
            wizard.dates = in_words(self.env, min(days, default=None), max(days, default=None))
            wizard.left_count = len((waiting - ticked).filtered(lambda line: not line.is_later))

    def action_confirm(self):
        """Post the ticked invoices of the run."""
        self.ensure_one()
        return self.run_id.action_post()
