from odoo import fields, models
from odoo.tools import SQL


class BillingLateFeeReport(models.Model):
    """What was booked, cashed and waived of late fees, by day: they are taxed in the year in which they are cashed
    (CGI 237 sexies)."""

    _name = 'billing.late.fee.report'
    _description = "Late Fees by Year"
    _auto = False
    _order = 'date desc, id desc'
    _depends = {
        'account.account': ['account_type'],
        'account.move': ['amount_total_signed', 'date', 'move_type', 'state'],
        'account.move.line': ['account_id', 'move_id'],
        'account.partial.reconcile': ['amount', 'credit_move_id', 'debit_move_id', 'max_date'],
        'billing.write.off': ['entry_id'],
        'billing.late.fee': ['amount_company', 'credit_id', 'document_id', 'waived_on'],
    }

    date = fields.Date(readonly=True)
    kind = fields.Selection([('booked', "Booked"), ('cashed', "Cashed"), ('waived', "Waived")], "What", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    document_id = fields.Many2one('account.move', readonly=True)
    amount = fields.Monetary(readonly=True)

    @property
    def _table_query(self):
        """Three kinds of rows, each with ids of its own."""
        return SQL(
            """
            WITH document AS (
                SELECT * FROM account_move move
                 WHERE state = 'posted'
                   AND EXISTS (SELECT FROM billing_late_fee fee WHERE fee.document_id = move.id)
            )
            SELECT id * 3 AS id, date, 'booked' AS kind, company_id, commercial_partner_id AS partner_id,
                   id AS document_id, amount_total_signed AS amount
              FROM document
             UNION ALL
            SELECT partial.id * 3 + 1, partial.max_date, 'cashed', document.company_id, document.commercial_partner_id,
                   document.id, partial.amount
              FROM account_partial_reconcile partial
              JOIN account_move_line due ON due.id = partial.debit_move_id
              JOIN document ON document.id = due.move_id
              JOIN account_account account ON account.id = due.account_id
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              JOIN account_move payment ON payment.id = credit.move_id
             WHERE account.account_type = 'asset_receivable' AND payment.move_type != 'out_refund'
               AND NOT EXISTS (SELECT FROM billing_write_off loss WHERE loss.entry_id = payment.id)
             UNION ALL
            SELECT id * 3 + 2, waived_on, 'waived', company_id, partner_id, document_id, amount_company
              FROM billing_late_fee
             WHERE waived_on IS NOT NULL
            """
        )
