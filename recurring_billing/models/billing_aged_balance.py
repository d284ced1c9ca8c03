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
        'account.move': ['amount_total', 'amount_total_signed', 'billing_debit_state', 'payment_state'],
        'account.move.line': [
            'account_type',
            'amount_residual',
            'balance',
            'company_id',
            'date',
            'date_maturity',
            'move_id',
            'parent_state',
            'partner_id',
        ],
        'account.partial.reconcile': ['amount', 'credit_move_id', 'debit_move_id', 'max_date'],
        'billing.dispute': ['amount', 'move_id', 'state'],
        'billing.payment.plan': ['debt_ids', 'state'],
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
    in_plan = fields.Monetary("In Payment Plans", readonly=True, help="What is paid in instalments, as it is today.")
    disputed = fields.Monetary(readonly=True, help="What is disputed, or whose payment is blocked, as it is today.")
    total = fields.Monetary(readonly=True)

    @property
    def _table_query(self):
        """The amount of a row by days late, or apart as being collected or in a plan; what is disputed always apart."""
        day = fields.Date.to_date(self.env.context.get('billing_aged_on')) or fields.Date.context_today(self)
        return SQL(
            """
            SELECT id, company_id, partner_id, move_id, date, date_maturity, total, days_late, disputed,
                   CASE WHEN kind = 'age' AND days_late <= 0 THEN rest ELSE 0 END AS not_due,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 1 AND 30 THEN rest ELSE 0 END AS late_30,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 31 AND 60 THEN rest ELSE 0 END AS late_60,
                   CASE WHEN kind = 'age' AND days_late BETWEEN 61 AND 90 THEN rest ELSE 0 END AS late_90,
                   CASE WHEN kind = 'age' AND days_late > 90 THEN rest ELSE 0 END AS late_more,
                   CASE WHEN kind = 'in_debit' THEN rest ELSE 0 END AS in_debit,
                   CASE WHEN kind = 'in_plan' THEN rest ELSE 0 END AS in_plan
              FROM (SELECT *, total - disputed AS rest FROM (%s) item) split
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
                   CASE WHEN move.payment_state = 'blocked'
                        THEN line.balance - COALESCE(paid.amount, 0) + COALESCE(used.amount, 0)
                        WHEN move.amount_total = 0 THEN 0
                        ELSE GREATEST(0, LEAST(line.balance - COALESCE(paid.amount, 0) + COALESCE(used.amount, 0),
                                      COALESCE(dispute.amount, 0) * move.amount_total_signed / move.amount_total
                                      - COALESCE(later.residual, 0)))
                   END AS disputed,
                   CASE WHEN move.billing_debit_state = ANY(%(under_way)s) THEN 'in_debit'
                        WHEN EXISTS (SELECT FROM billing_payment_plan_debt_rel debt
                                       JOIN billing_payment_plan plan ON plan.id = debt.plan_id
                                      WHERE debt.line_id = line.id AND plan.state = 'agreed') THEN 'in_plan'
                        ELSE 'age' END AS kind
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN (SELECT debit_move_id AS id, SUM(amount) AS amount FROM account_partial_reconcile
                     WHERE max_date <= %(day)s GROUP BY debit_move_id) paid ON paid.id = line.id
         LEFT JOIN (SELECT credit_move_id AS id, SUM(amount) AS amount FROM account_partial_reconcile
                     WHERE max_date <= %(day)s GROUP BY credit_move_id) used ON used.id = line.id
         LEFT JOIN (SELECT move_id AS id, SUM(amount) AS amount FROM billing_dispute
                     WHERE state = 'open' GROUP BY move_id) dispute ON dispute.id = move.id
         -- a dispute lies on what is due last
         LEFT JOIN LATERAL (
                    SELECT SUM(other.amount_residual) AS residual
                      FROM account_move_line other
                      JOIN account_account due ON due.id = other.account_id AND due.account_type = 'asset_receivable'
                     WHERE dispute.amount > 0 AND other.move_id = line.move_id AND other.id != line.id
                       AND NOT other.reconciled
                       AND (other.date_maturity, other.id) > (line.date_maturity, line.id)) later ON TRUE
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
