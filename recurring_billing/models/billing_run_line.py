from odoo import api, fields, models


class BillingRunLine(models.Model):
    _name = 'billing.run.line'
    _description = "Billing Run Line"
    _order = 'run_id, planned_date, contract_id, id'

    run_id = fields.Many2one('billing.run', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='run_id.company_id', store=True, index=True)
    state = fields.Selection(related='run_id.state')
    period_id = fields.Many2one('billing.period', required=True, readonly=True, ondelete='cascade', index=True)
    contract_id = fields.Many2one(related='period_id.contract_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    date_start = fields.Date(related='period_id.date_start')
    date_end = fields.Date(related='period_id.date_end')
    planned_date = fields.Date(related='period_id.planned_date', store=True)
    payment_method_line_id = fields.Many2one(related='contract_id.payment_method_line_id')
    is_selected = fields.Boolean("Post", default=True)
    is_blocked = fields.Boolean(readonly=True)
    remark = fields.Text(readonly=True)
    invoice_date = fields.Date(readonly=True)
    invoice_id = fields.Many2one('account.move', readonly=True, index='btree_not_null')
    amount_untaxed = fields.Monetary(readonly=True)
    amount_total = fields.Monetary("Total", readonly=True)
    company_amount_untaxed = fields.Monetary(compute='_compute_company_amounts', currency_field='company_currency_id')
    company_amount_total = fields.Monetary(compute='_compute_company_amounts', currency_field='company_currency_id')

    @api.depends('amount_untaxed', 'amount_total', 'currency_id', 'company_currency_id', 'invoice_date')
    def _compute_company_amounts(self):
        for line in self:
            day = line.invoice_date or fields.Date.context_today(line)
            for name in ('amount_untaxed', 'amount_total'):
                amount = line.currency_id._convert(line[name], line.company_currency_id, line.company_id, day)
                line[f'company_{name}'] = amount

    def action_open(self):
        """Open the invoice, or the contract where there is none."""
        self.ensure_one()
        return (self.invoice_id or self.contract_id)._get_records_action()
