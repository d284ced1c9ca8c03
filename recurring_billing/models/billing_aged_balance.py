from odoo import fields, models
from odoo.tools import SQL

from .billing_debit import UNDER_WAY


class BillingAgedBalance(models.Model):
    """What each customer owes at the end of a day, by how late it is: one row for each open receivable item.

    The day is the context's ``billing_aged_on``, else today. The rows of a company sum to its receivable accounts on
    that day, whatever was paid since.
    """

    _name = 'billing.aged.balance'
    _description = "Aged Balance"
    _auto = False
    _order = 'partner_id, date_maturity, id'
    _depends = {
        'account.move': ['payment_state', 'billing_debit_state'],
        'account.move.line': [
            'account_type',
            'balance',
            'company_id',
            'date',
            'date_maturity',
            'move_id',
            'parent_state',
            'partner_id',
        ],
        'account.partial.reconcile': ['amount', 'credit_move_id', 'debit_move_id', 'max_date'],
        'res.partner': ['commercial_partner_id'],
    }

    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    move_id = fields.Many2one('account.move', "Entry", readonly=True)
    date = fields.Date(readonly=True)
    date_maturity = fields.Date("Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator='max')
    not_due = fields.Monetary(readonly=True)
    late_30 = fields.Monetary("1 to 30 Days", readonly=True)
    late_60 = fields.Monetary("31 to 60 Days", readonly=True)
    late_90 = fields.Monetary("61 to 90 Days", readonly=True)
    late_more = fields.Monetary("Over 90 Days", readonly=True)
    in_debit = fields.Monetary("In Collection", readonly=True, help="What a direct debit is to pay, as it is today.")
    disputed = fields.Monetary(readonly=True, help="Invoices whose payment is blocked, as they are today.")
    total = fields.Monetary(readonly=True)

    @property
    def _table_query(self):
        """One column of each row bears its amount: by days late, or apart what is disputed or being collected."""
        day = fields.Date.to_date(self.env.context.get('billing_aged_on')) or fields.Date.context_today(self)
        return SQL(
            """
            SELECT id, company_id, partner_id, move_id, date, date_maturity, total, days_late,
                   CASE WHEN kind = 'age' AND days_late <= 0 THEN total ELSE 0 END AS not_due,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 1 AND 30 THEN total ELSE 0 END AS late_30,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 31 AND 60 THEN total ELSE 0 END AS late_60,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 61 AND 90 THEN total ELSE 0 END AS late_90,
                   CASE WHEN kind = 'age' AND days_late > 90 THEN total ELSE 0 END AS late_more,
                   CASE WHEN kind = 'in_debit' THEN total ELSE 0 END AS in_debit,
                   CASE WHEN kind = 'disputed' THEN total ELSE 0 END AS disputed
              FROM (%s) item
             WHERE total != 0
            """,
            self._items_query(day),
        )

    def _items_query(self, day):
        """The receivable items until the end of ``day``, with what was open of each then."""
        return SQL(
            """
            SELECT line.id, line.company_id, partner.commercial_partner_id AS partner_id, line.move_id, line.date,
                   COALESCE(line.date_maturity, line.date) AS date_maturity,
                   %(day)s::date - COALESCE(line.date_maturity, line.date) AS days_late,
                   line.balance - COALESCE(paid.amount, 0) + COALESCE(used.amount, 0) AS total,
                   CASE WHEN move.payment_state = 'blocked' THEN 'disputed'
                        WHEN move.billing_debit_state = ANY(%(under_way)s) THEN 'in_debit'
                        ELSE 'age' END AS kind
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN (SELECT debit_move_id AS id, SUM(amount) AS amount FROM account_partial_reconcile
                     WHERE max_date <= %(day)s GROUP BY debit_move_id) paid ON paid.id = line.id
         LEFT JOIN (SELECT credit_move_id AS id, SUM(amount) AS amount FROM account_partial_reconcile
                     WHERE max_date <= %(day)s GROUP BY credit_move_id) used ON used.id = line.id
             WHERE account.account_type = 'asset_receivable'
               AND line.parent_state = 'posted' AND line.date <= %(day)s
            """,
            day=day,
            under_way=list(UNDER_WAY),
        )

    def action_open(self):
        """Show the entry of this row."""
        self.ensure_one()
        return self.move_id._get_records_action()
