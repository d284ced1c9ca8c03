from odoo import api, fields, models
from odoo.exceptions import UserError

_JOURNAL_CODE = 'LFEE'
_CHART_ACCOUNTS = {'interest': 'pcg_7631', 'indemnity': 'pcg_7581'}  # of the French chart


class BillingLateRateMixin(models.AbstractModel):
    """The rate of late interest that was agreed with businesses."""

    _name = 'billing.late.rate.mixin'
    _description = "Agreed Rate of Late Interest"

    billing_late_rate = fields.Float(
        "Agreed Late Interest (%)",
        digits=(5, 2),
        help="Percent a year that the contract or the terms of sale name for businesses: at least three times the "
        "legal rate (C. com. L441-10). Zero: the contract's company decides, and without it the law: the rate of the "
        "European Central Bank plus 10 points.",
    )

    @api.constrains('billing_late_rate')
    def _check_billing_late_rate(self):
        """A missing legal rate lets the agreed one pass: nothing could be compared."""
        rated = self.filtered('billing_late_rate')
        lowest = rated and self.env['billing.interest.rate']._contract_floor(fields.Date.context_today(self))
        for record in rated:
            if record.billing_late_rate < 0 or record.billing_late_rate > 100:
                raise UserError(
                    self.env._(
                        "%s: late interest is a percentage a year, such as 12.00: enter 0 to 100.", record.display_name
                    )
                )
            if lowest and record.billing_late_rate < lowest:
                raise UserError(
                    self.env._(
                        "%(name)s: late interest of %(rate)s %% is too low. The law asks for at least three times the "
                        "legal rate, %(floor)s %% in this half-year. Enter more, or zero for the rate of the law.",
                        name=record.display_name,
                        rate=f"{record.billing_late_rate:.2f}",
                        floor=f"{lowest:.2f}",
                    )
                )


class ResCompany(models.Model):
    """Where late interest and the indemnity for recovery costs are booked, and the rate of the terms of sale."""

    _name = 'res.company'
    _inherit = ['res.company', 'billing.late.rate.mixin']

    billing_late_fee_journal_id = fields.Many2one(
        'account.journal',
        "Journal of Late Fees",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="A sales journal of their own keeps late fees, which are no turnover, out of the invoices' numbers and "
        "of e-invoicing. Empty: one is made with the first late fee.",
    )
    billing_late_fee_days = fields.Integer(
        "Late Fees Payable Within",
        default=10,
        help="Days that a document which charges late fees gives to pay it; zero: it is due at once.",
    )
    _billing_late_fee_days_plausible = models.Constraint(
        'CHECK (billing_late_fee_days BETWEEN 0 AND 60)', "Late fees are payable within 0 to 60 days."
    )
    billing_interest_account_id = fields.Many2one(
        'account.account',
        "Late Interest",
        check_company=True,
        help="Where interest on late payments is booked. Empty: 763100 in a French chart.",
    )
    billing_indemnity_account_id = fields.Many2one(
        'account.account',
        "Recovery Indemnity",
        check_company=True,
        help="Where the indemnity of 40 EUR for recovery costs is booked. Empty: 758100 in a French chart.",
    )

    def _billing_late_fee_journal(self):
        """The journal of late fees, made where there is none."""
        self.ensure_one()
        root = self.root_id  # a branch keeps its books in its root's chart
        journal = self.billing_late_fee_journal_id or root.billing_late_fee_journal_id
        # who charges late fees need not be allowed to make journals
        return journal or root.sudo()._billing_make_late_fee_journal().sudo(False)

    def _billing_make_late_fee_journal(self):
        self.ensure_one()
        journals = self.env['account.journal'].with_company(self)
        domain = [('company_id', '=', self.id), ('code', '=', _JOURNAL_CODE), ('type', '=', 'sale')]
        journal = journals.search(domain, limit=1)
        if not journal:
            values = {'name': "Late Fees", 'code': _JOURNAL_CODE, 'type': 'sale', 'show_on_dashboard': False}
            journal = journals.create({**values, 'company_id': self.id})
            self._billing_translate(journal, lambda env: env._("Late Fees"))
        self.billing_late_fee_journal_id = journal
        return journal

    def _billing_late_fee_account(self, kind):
        """The account of late fees.

        :param kind: 'interest' or 'indemnity'
        :raises UserError: names the company and the setting that is empty
        """
        self.ensure_one()
        name = f'billing_{kind}_account_id'
        root = self.root_id  # a branch keeps its books in its root's chart
        chart = self.env['account.chart.template'].with_company(root)
        account = self[name] or root[name] or chart.ref(_CHART_ACCOUNTS[kind], raise_if_not_found=False)
        if account:
            return account
        raise UserError(
            self.env._(
                "%(company)s: choose the account “%(field)s” in the settings of Recurring Billing, under Reminders.",
                company=self.name,
                field=self._fields[name]._description_string(self.env),
            )
        )


class BillingContract(models.Model):
    _name = 'billing.contract'
    _inherit = ['billing.contract', 'billing.late.rate.mixin']
