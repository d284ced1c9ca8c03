from functools import partial

from odoo import api, fields, models

from ..tools import bank_calendar
from .billing_transaction import CronTransaction

# open bank days after which the debtor's bank does not return a debit any more (EPC rulebooks)
RETURN_DAYS = {'CORE': 5, 'B2B': 3}
_LONGEST_WAIT = 30  # days: nobody is thanked for older debits, as on the day the setting is ticked


class BillingDebit(models.Model):
    """The word to the customer that a debit was paid, once its bank can no longer send it back."""

    _inherit = 'billing.debit'

    confirmed_on = fields.Date("Payment Confirmed On", readonly=True, copy=False)

    @api.model
    def _cron_confirm(self):
        """Confirm the payments whose days of return are over."""
        today = fields.Date.context_today(self)
        companies = self.env['res.company'].search([('billing_confirm_payments', '=', True)])
        step = partial(self._confirm_due, today=today)
        self.env['billing.worker']._each_company(companies, step, CronTransaction(self.env))

    @api.model
    def _confirm_due(self, company, today):
        """Write to the customers of ``company`` whose debits can no longer be returned on ``today``.

        :return: the debits confirmed
        """
        debits = self.search(
            [
                ('company_id', '=', company.id),
                ('state', '=', 'settled'),
                ('is_imported', '=', False),
                ('confirmed_on', '=', False),
                ('date', '>=', fields.Date.subtract(today, days=_LONGEST_WAIT)),
                ('partner_id.email', '!=', False),
            ],
        )
        due = debits.filtered(lambda debit: debit._return_window_end() < today)
        template = self.env.ref('recurring_billing.mail_template_debit_paid')
        template.send_mail_batch(due.ids)
        due._unguarded().confirmed_on = today
        return due

    def _return_window_end(self):
        """The last day on which the debtor's bank returns this debit without the debtor's asking."""
        self.ensure_one()
        return bank_calendar.add_open_days(self.date, RETURN_DAYS[(self.collection_id or self.mandate_id).scheme])
