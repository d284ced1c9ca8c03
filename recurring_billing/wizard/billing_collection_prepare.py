from odoo import api, fields, models
from odoo.exceptions import UserError


class BillingCollectionPrepare(models.TransientModel):
    _name = 'billing.collection.prepare'
    _description = "Prepare a Collection"
    _check_company_auto = True

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one('res.currency', default=lambda self: self.env.ref('base.EUR'))
    date = fields.Date(
        "Collection Date",
        required=True,
        compute='_compute_date',
        store=True,
        readonly=False,
        precompute=True,
        help="Proposed: the first day on which the bank can collect a file made today.",
    )
    line_count = fields.Integer("Invoices", compute='_compute_lines')
    amount_total = fields.Monetary("Total", compute='_compute_lines')
    refusals = fields.Text("Cannot Be Debited", compute='_compute_lines')

    @api.depends('company_id')
    def _compute_date(self):
        for wizard in self:
            today = fields.Date.context_today(wizard)
            wizard.date = self.env['billing.collection']._earliest_date(wizard.company_id, today)

    @api.depends('company_id', 'date')
    def _compute_lines(self):
        for wizard in self:
            lines = self.env['account.move.line']
            if wizard.date:
                lines = lines._billing_collectable_lines(wizard.company_id, wizard.date)
            mandates = lines._billing_mandates()
            refusals = {line: line._billing_refusal(mandates[line]) for line in lines}
            accepted = lines.filtered(lambda line, refusals=refusals: not refusals[line])
            wizard.line_count = len(accepted)
            wizard.amount_total = sum(accepted.mapped('amount_residual_currency'))
            wizard.refusals = "\n".join(text for text in refusals.values() if text)

    def action_prepare(self):
        """Make the draft collection and open it.

        :raises UserError: where nothing can be debited, with the reasons
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        collection, refusals = self.env['billing.collection']._prepare_debits(self.company_id, self.date, today)
        if not collection:
            reasons = refusals or [
                self.env._("No open invoice that is paid by direct debit falls due until this date."),
            ]
            raise UserError("\n".join([self.env._("There is nothing to collect."), *reasons]))
        return collection._get_records_action()
