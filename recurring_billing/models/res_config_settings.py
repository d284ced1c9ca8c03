from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    billing_creditor_identifier = fields.Char(related='company_id.billing_creditor_identifier', readonly=False)
    billing_mandate_core_text = fields.Text(related='company_id.billing_mandate_core_text', readonly=False)
    billing_mandate_b2b_text = fields.Text(related='company_id.billing_mandate_b2b_text', readonly=False)
    billing_bank_journal_id = fields.Many2one(related='company_id.billing_bank_journal_id', readonly=False)
    billing_settlement_journal_id = fields.Many2one(related='company_id.billing_settlement_journal_id', readonly=False)
    billing_bank_fee_account_id = fields.Many2one(related='company_id.billing_bank_fee_account_id', readonly=False)
    billing_tell_returns = fields.Boolean(related='company_id.billing_tell_returns', readonly=False)
    billing_payday = fields.Integer(related='company_id.billing_payday', readonly=False)
    billing_fee_product_id = fields.Many2one(related='company_id.billing_fee_product_id', readonly=False)
    billing_bank_folder = fields.Char(related='company_id.billing_bank_folder', readonly=False)
    billing_confirm_payments = fields.Boolean(related='company_id.billing_confirm_payments', readonly=False)
    billing_dunning_policy_id = fields.Many2one(related='company_id.billing_dunning_policy_id', readonly=False)
    billing_dunning_consumer_policy_id = fields.Many2one(
        related='company_id.billing_dunning_consumer_policy_id', readonly=False
    )
    billing_promise_days = fields.Integer(related='company_id.billing_promise_days', readonly=False)
    billing_promise_count = fields.Integer(related='company_id.billing_promise_count', readonly=False)
    billing_plan_amount = fields.Monetary(related='company_id.billing_plan_amount', readonly=False)
    billing_plan_count = fields.Integer(related='company_id.billing_plan_count', readonly=False)
    billing_suspension_days = fields.Integer(related='company_id.billing_suspension_days', readonly=False)
    billing_suspension_billing = fields.Selection(related='company_id.billing_suspension_billing', readonly=False)
    billing_resume_at = fields.Selection(related='company_id.billing_resume_at', readonly=False)
    billing_bank_news_days = fields.Integer(related='company_id.billing_bank_news_days', readonly=False)
    billing_reminders_an_hour = fields.Integer(related='company_id.billing_reminders_an_hour', readonly=False)
    billing_late_fee_journal_id = fields.Many2one(related='company_id.billing_late_fee_journal_id', readonly=False)
    billing_interest_account_id = fields.Many2one(related='company_id.billing_interest_account_id', readonly=False)
    billing_indemnity_account_id = fields.Many2one(related='company_id.billing_indemnity_account_id', readonly=False)
    billing_late_rate = fields.Float(related='company_id.billing_late_rate', readonly=False)
    billing_late_tolerance = fields.Integer(related='company_id.billing_late_tolerance', readonly=False)
    billing_missed_limit = fields.Integer(related='company_id.billing_missed_limit', readonly=False)
    billing_security_account_id = fields.Many2one(related='company_id.billing_security_account_id', readonly=False)
    billing_advance_account_id = fields.Many2one(related='company_id.billing_advance_account_id', readonly=False)
    billing_offer_confirmation = fields.Boolean(related='company_id.billing_offer_confirmation', readonly=False)
    billing_send_invoices = fields.Boolean(related='company_id.billing_send_invoices', readonly=False)
    billing_notice_days = fields.Integer(related='company_id.billing_notice_days', readonly=False)
    billing_notice_lower = fields.Boolean(related='company_id.billing_notice_lower', readonly=False)
    billing_notice_auto = fields.Boolean(related='company_id.billing_notice_auto', readonly=False)
