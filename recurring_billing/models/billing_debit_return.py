import typing
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class Return(typing.NamedTuple):
    """What the bank says of one debit that it sends back."""

    debit: models.BaseModel
    day: date  # of the bank's entry
    reason: models.BaseModel  # billing.return.reason
    note: str = ""  # the bank's own words
    amount: float | None = None  # euros taken back of the debit; None: all of it
    fee: float = 0.0  # euros that the bank charges for it
    interest: float = 0.0  # euros that the customer's bank claims beyond the debit, with a late refund


class BillingDebit(models.Model):
    """The return of a debit by the bank: a dated contra-entry, and the invoice is open again."""

    _inherit = 'billing.debit'

    return_date = fields.Date("Returned On", readonly=True, copy=False)
    return_reason_id = fields.Many2one('billing.return.reason', readonly=True, copy=False, ondelete='restrict')
    return_kind = fields.Selection(
        [('rejected', "Rejected"), ('returned', "Returned"), ('refunded', "Refunded")],
        "Kind of Return",
        readonly=True,
        copy=False,
        help="Rejected before it was booked, returned by the customer's bank, or given back at the customer's request.",
    )
    return_note = fields.Char("Bank's Text", readonly=True, copy=False)
    return_amount = fields.Monetary("Taken Back", readonly=True, copy=False)
    return_fee = fields.Monetary("Bank's Fee", readonly=True, copy=False)
    return_interest = fields.Monetary(
        "Interest Claimed", readonly=True, copy=False, help="What a late refund took beyond the debit."
    )
    return_move_id = fields.Many2one('account.move', "Return Entry", readonly=True, copy=False, index='btree_not_null')
    return_line_ids = fields.One2many(related='return_move_id.line_ids', string="Return Items")

    def action_return(self):
        """Ask for date and reason of a return."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_debit_return_action')
        return {**action, 'context': {'default_debit_id': self.id}}

    def _return(self, day, code, note=""):
        """Take these debits back on ``day`` for the reason ``code``; see `_take_back`."""
        reason = self.env['billing.return.reason']._by_code([code])[code]
        self._take_back([Return(debit, day, reason, note) for debit in self])

    @api.model
    def _take_back(self, returns, *, first_open_day=False, today=None):
        """Take debits back as the bank says: their invoices are open again, by entries of the days of the returns.

        :param returns: list of `Return`, each of another debit
        :param today: on which the customers are told, and what follows is planned; if not given, the last of these days
        :param first_open_day: date entries of a locked day on the first open one, instead of refusing it
        :raises UserError: names the debit and the remedy, where one of them may not be taken back so
        """
        if not returns:
            return
        debits = self.browse().concat(*(one.debit for one in returns))
        for one in returns:
            one.debit._check_return(one, first_open_day=first_open_day)
        settled = debits.filtered(lambda debit: debit.state == 'settled')
        self._note_returns(returns)
        debits._set_state('returned')
        self._book_returns([one for one in returns if one.debit in settled or one.fee or one.interest], settled)
        debits._after_return(today or max(one.day for one in returns))

    @api.model
    def _note_returns(self, returns):
        """Write on the debits what the bank says of them, while they still show whether they were settled."""
        for one in returns:
            debit = one.debit
            debit._unguarded().write(
                {
                    'return_date': one.day,
                    'return_reason_id': one.reason.id,
                    'return_kind': debit._return_kind(one),
                    'return_note': one.note or False,
                    'return_amount': debit.amount if one.amount is None else one.amount,
                    'return_fee': one.fee,
                    'return_interest': one.interest,
                }
            )

    def _return_kind(self, one):
        """Rejected before it was booked, refunded at the customer's request, or returned by the customer's bank."""
        if self.state == 'sent':
            return 'rejected'
        return 'refunded' if one.reason.is_dispute else 'returned'

    # === WHAT IS REFUSED === #

    def _check_return(self, one, *, first_open_day):
        """Refuse a return that cannot be of this debit.

        :raises UserError: names invoice, field and remedy
        """
        self.ensure_one()
        self._check_return_amounts(one)
        if self.state != 'settled':
            return
        if one.day < self.date:
            raise UserError(
                self.env._(
                    "The debit of %(invoice)s was collected on %(date)s: it cannot be returned on %(day)s. "
                    "Enter the date of the bank's statement.",
                    invoice=self.reference,
                    date=format_date(self.env, self.date),
                    day=format_date(self.env, one.day),
                ),
            )
        if not first_open_day:
            journal = self.company_id._billing_require_settlement_journal()
            self.company_id._billing_check_open_day(one.day, journal, self)

    def _check_return_amounts(self, one):
        texts = {'invoice': self.reference, 'amount': self.currency_id.format(self.amount)}
        amount = self.amount if one.amount is None else one.amount
        compare = self.currency_id.compare_amounts
        if compare(amount, 0.0) <= 0 or compare(amount, self.amount) > 0:
            raise UserError(
                self.env._(
                    "The debit of %(invoice)s took %(amount)s: what is taken back is above zero and not more. Enter "
                    "what goes beyond it as the bank's fee.",
                    **texts,
                ),
            )
        if self.state == 'sent' and compare(amount, self.amount):
            raise UserError(
                self.env._(
                    "The debit of %(invoice)s is not booked yet: it comes back as a whole (%(amount)s), or not at all.",
                    **texts,
                ),
            )
        if one.fee < 0 or one.interest < 0:
            raise UserError(self.env._("The return of %(invoice)s: enter a fee of zero or more.", **texts))
        if (one.fee or one.interest) and not self.company_id._billing_bank_fee_account():
            raise UserError(
                self.env._(
                    "The return of %(invoice)s: the bank's fee has no account. Enter one in the settings, field “Bank "
                    "Fees” (627800 in France).",
                    **texts,
                ),
            )
