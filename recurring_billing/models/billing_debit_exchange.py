from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.import_template import in_language

_BROUGHT = frozenset({'end_to_end_id', 'date', 'amount', 'mandate_id', 'partner_id', 'imported_reference'})
REFUNDABLE_FOR = relativedelta(months=13)  # an unauthorised debit; an authorised one for eight weeks


class BillingDebit(models.Model):
    """Debits that other software sent and that may still come back: their return finds them here."""

    _inherit = 'billing.debit'

    # guarded, and not readonly: a spreadsheet brings them
    mandate_id = fields.Many2one(readonly=False)
    partner_id = fields.Many2one(readonly=False)
    date = fields.Date(readonly=False)
    amount = fields.Monetary(readonly=False)
    end_to_end_id = fields.Char(readonly=False)
    imported_reference = fields.Char(
        "Invoice Numbers of Other Software", help="What the debit paid, as the other software called it."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.context.get('import_file'):
            return super().create(vals_list)
        rows = [self._from_row(vals) for vals in vals_list]
        debits = super(BillingDebit, self._unguarded()).create(rows).with_env(self.env)
        today = fields.Date.context_today(self)
        for debit in debits:
            debit._check_import(today)
        debits._tell_mandates()
        return debits

    def _from_row(self, vals):
        """What a row of a spreadsheet gives a debit: the customer is the mandate's debtor where none is named."""
        given = {name: value for name, value in vals.items() if value is not False}
        self._refuse_guarded({**self._guarded_defaults(), **given}.keys() - _BROUGHT)
        for name in ('end_to_end_id', 'date', 'amount', 'mandate_id'):
            if not given.get(name):
                raise UserError(
                    self.env._(
                        "Debit %(debit)s: the column “%(field)s” is empty.",
                        debit=given.get('end_to_end_id') or given.get('imported_reference') or "?",
                        field=self._labels([name]),
                    ),
                )
        mandate = self.env['billing.mandate'].browse(given.get('mandate_id'))
        customer = self.env['res.partner'].browse(given.get('partner_id')) or mandate.partner_id
        customer = customer.commercial_partner_id
        account = customer.with_company(mandate.company_id).property_account_receivable_id
        return {
            **given,
            'state': 'settled',
            'is_imported': True,
            'partner_id': customer.id,
            'account_id': account.id,
        }

    def _check_import(self, today):
        """Refuse what is no debit that may still come back.

        :raises UserError: names end-to-end id, field and remedy
        """
        self.ensure_one()
        texts = {'debit': self.end_to_end_id}
        if not today - REFUNDABLE_FOR <= self.date <= today:
            raise UserError(
                self.env._(
                    "Debit %(debit)s, field “Collection Date”: on %(date)s no return can be expected any more, or the "
                    "day has yet to come. Take over debits of the last 13 months, after their date.",
                    date=format_date(self.env, self.date),
                    **texts,
                ),
            )
        if not self.mandate_id._pays_for(self.partner_id):
            raise UserError(
                self.env._(
                    "Debit %(debit)s, field “Customer”: mandate %(mandate)s does not pay for %(customer)s.",
                    mandate=self.mandate_id.name,
                    customer=self.partner_id.display_name,
                    **texts,
                ),
            )

    def _tell_mandates(self):
        """The mandates were used on these days: their 36 months count from the last one."""
        for mandate, debits in self.grouped('mandate_id').items():
            days = [*debits.mapped('date'), *filter(None, [mandate.last_presentation_date])]
            mandate._unguarded().last_presentation_date = max(days)

    # === BUSINESS METHODS === #

    @api.model
    def get_import_templates(self):
        """The spreadsheet that Odoo's import offers for debits of other software."""
        return [
            {
                'label': self.env._("Debits of other software that may still come back"),
                'template': in_language('/recurring_billing/static/xls/debits_import_template.xlsx', self.env.lang),
            },
        ]
