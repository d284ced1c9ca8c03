from odoo import fields, models
from odoo.tools import format_date


class ResPartner(models.Model):
    """The statement of account that a customer is sent: all that is open, and what it sums to."""

    _inherit = 'res.partner'

    def _billing_statement(self, company, day):
        """What this customer owes ``company`` at the end of ``day``, as texts in the reader's language.

        :return: dict of day, total, late (empty where nothing is) and rows, the oldest due date first
        """
        self.ensure_one()
        items = self._billing_open_items(company, day)
        # a row of the aged balance has the number of its due item
        lines = self.env['account.move.line'].browse(items.ids).filtered(lambda line: not line.reconciled)
        debits = {line.id: debit for line, debit in lines._billing_debit_silence(day).items()}
        late = sum(items.filtered(lambda item: item.days_late > 0 and item.id not in debits).mapped('total'))
        currency = company.currency_id.with_env(self.env)
        return {
            'day': format_date(self.env, day),
            'total': currency.format(sum(items.mapped('total'))),
            'late': currency.format(late) if currency.compare_amounts(late, 0.0) > 0 else "",
            'rows': [item._statement_row(debits.get(item.id)) for item in items],
        }

    def _billing_statement_today(self):
        """The statement of the current company as of today, for the printed document."""
        return self._billing_statement(self.env.company, fields.Date.context_today(self))

    def _billing_statement_name(self):
        """The name of the printed file, without slashes."""
        return self.env._("Statement of account %s", self.name).replace('/', '-')

    def _billing_open_items(self, company, day):
        """The rows of the aged balance of ``company`` on ``day`` that are this customer's."""
        balance = self.env['billing.aged.balance'].with_context(billing_aged_on=fields.Date.to_string(day))
        domain = [('company_id', '=', company.id), ('partner_id', '=', self.commercial_partner_id.id)]
        return balance.search(domain, order='date_maturity, id')


class BillingAgedBalance(models.Model):
    _inherit = 'billing.aged.balance'

    def _statement_row(self, debit):
        """This row as the customer's statement shows it; what a debit is to pay says so, lest it be paid twice.

        :param debit: `_billing_debit_silence` of its due item, or None
        """
        self.ensure_one()
        return {
            'name': " · ".join(filter(None, (self.move_id.name, self.move_id.ref))),
            'date': format_date(self.env, self.date),
            'due': format_date(self.env, self.date_maturity),
            'days': self.days_late if self.days_late > 0 and self.total > 0 and not debit else "",
            'note': debit.reason if debit else "",
            'amount': self.currency_id.format(self.total),
        }
