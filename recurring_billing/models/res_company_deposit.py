from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .res_company import FRENCH_CHARTS

# The accounts of the French chart; 165500 is made where it is missing.
CHART_ACCOUNTS = {'security': 'pcg_1655', 'advance': 'pcg_4191'}
FRENCH_SECURITY_CODE = '165500'


class ResCompany(models.Model):
    """The accounts of deposits, and whether the confirmation of a contract is offered as it starts."""

    _inherit = 'res.company'

    billing_security_account_id = fields.Many2one(
        'account.account',
        "Security Deposits",
        check_company=True,
        help="Where security deposits stand until they are given back. Empty: 165500 in a French chart.",
    )
    billing_advance_account_id = fields.Many2one(
        'account.account',
        "Advances",
        check_company=True,
        help="Where advances stand until invoices deduct them. Empty: 419100 in a French chart.",
    )
    billing_offer_confirmation = fields.Boolean(
        "Write to Customers at the Start",
        help="When a contract is started, the e-mail with its document opens, ready to be sent.",
    )

    def _billing_deposit_account(self, kind):
        """The account of deposits of ``kind``.

        :raises UserError: names the company and the setting that is empty
        """
        self.ensure_one()
        field = 'billing_security_account_id' if kind == 'security' else 'billing_advance_account_id'
        root = self.root_id  # a branch keeps its books in its root's chart
        if account := self[field] or root[field] or root._billing_chart_deposit_account(kind):
            return account
        raise UserError(
            self.env._(
                "Company %(company)s, field “%(field)s”: no account is set. Choose one in the settings of Invoicing, "
                "block “Recurring billing”.",
                company=self.name,
                field=self._fields[field]._description_string(self.env),
            ),
        )

    def _billing_chart_deposit_account(self, kind):
        """The account that the company's chart has for deposits of ``kind``; 165500 is made in a French one."""
        chart = self.env['account.chart.template'].with_company(self)
        account = chart.ref(CHART_ACCOUNTS[kind], raise_if_not_found=False)
        if account or self.chart_template not in FRENCH_CHARTS or kind != 'security':
            return account
        accounts = self.env['account.account'].with_company(self).sudo()  # the accountant may not make accounts
        found = accounts.search([('company_ids', 'in', self.ids), ('code', '=', FRENCH_SECURITY_CODE)], limit=1)
        return found or self._billing_make_security_account(accounts)

    def _billing_make_security_account(self, accounts):
        account = accounts.create(
            {
                'name': "Security deposits received",
                'code': FRENCH_SECURITY_CODE,
                'account_type': 'liability_non_current',
                'company_ids': [Command.link(self.id)],
            },
        )
        self._billing_translate(account, lambda env: env._("Security deposits received"))
        return account
