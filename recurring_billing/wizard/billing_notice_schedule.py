from odoo import api, fields, models


class BillingNoticeSchedule(models.TransientModel):
    """The debits of the coming year of a contract: looked at, then announced at once."""

    _name = 'billing.notice.schedule'
    _description = "Announce a Schedule of Debits"

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade')
    recipient_id = fields.Many2one('res.partner', "Told To", compute='_compute_recipient_id')
    email = fields.Char(related='recipient_id.email')
    sent_on = fields.Date(
        "Told On",
        required=True,
        default=fields.Date.context_today,
        help="Of a letter: the day on which it was given or posted.",
    )
    note = fields.Char("How It Was Told", help="For example: letter with the contract, handed over by Mrs Durand.")
    preview = fields.Html(compute='_compute_preview', sanitize=False)

    @api.depends('contract_id')
    def _compute_recipient_id(self):
        for wizard in self:
            wizard.recipient_id = wizard.contract_id._active_mandate().partner_id

    @api.depends('contract_id')
    def _compute_preview(self):
        for wizard in self:
            rows = wizard.contract_id._schedule_rows()
            wizard.preview = self.env['ir.qweb']._render('recurring_billing.notice_schedule_preview', {'rows': rows})

    def action_mail(self):
        """Send the schedule by e-mail; it counts from the day on which the mail leaves."""
        self.ensure_one()
        self.contract_id.check_access('write')
        notices = self.contract_id._mail_schedule(fields.Date.context_today(self))
        return notices._get_records_action(name=self.env._("Notices of Debits"))

    def action_print(self):
        self.ensure_one()
        return self.env.ref('recurring_billing.billing_schedule_report').report_action(self.contract_id)

    def action_letter(self):
        """Record that the schedule was told by a letter or otherwise."""
        self.ensure_one()
        self.contract_id.check_access('write')
        today = fields.Date.context_today(self)
        self.env['billing.notice.send']._check_told(self.sent_on, self.note, today)
        notices = self.contract_id._announce_schedule(today, sent_on=self.sent_on, note=self.note)
        return notices._get_records_action(name=self.env._("Notices of Debits"))
