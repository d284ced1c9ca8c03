from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools import sepa_ids

FRENCH_CHARTS = ('fr', 'mc')
FRENCH_OUTSTANDING_CODE = '511600'  # free in the French chart, where 511 holds items in collection
SETTLEMENT_JOURNAL_CODE = 'PRLV'


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_creditor_identifier = fields.Char(
        "SEPA Creditor Identifier",
        help="The identifier that your bank gave you for direct debits (ICS in France), as FR72ZZZ123456.",
    )
    billing_bank_journal_id = fields.Many2one(
        'account.journal',
        "Bank for Direct Debits",
        check_company=True,
        domain="[('type', '=', 'bank')]",
        help="The bank journal whose account is credited by direct debits.",
    )
    billing_settlement_journal_id = fields.Many2one(
        'account.journal',
        "Direct Debit Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Where the settlement of a collection and the returns are booked.",
    )
    billing_late_tolerance = fields.Integer(
        "Planned Date Kept for (Days)",
        default=3,
        help="An invoice made at most so many days after its planned date keeps that date; a later one is dated on the "
        "day it is made. It never gets a date before the last invoice of its journal.",
    )
    billing_missed_limit = fields.Integer(
        "Missed Periods Billed by Themselves",
        default=12,
        help="Where more periods of one contract are due at once, the night bills none of them and asks a person.",
    )
    billing_send_invoices = fields.Boolean(
        "Send Invoices After Posting",
        default=True,
        help="Invoices of the recurring billing are sent in the background, the customer's own way.",
    )

    _billing_run_limits_positive = models.Constraint(
        'CHECK (billing_late_tolerance >= 0 AND billing_missed_limit >= 1)',
        "Invoices keep their planned date for zero or more days, and at least one missed period is billed by itself.",
    )

    @api.constrains('billing_creditor_identifier')
    def _check_billing_creditor_identifier(self):
        for company in self.filtered('billing_creditor_identifier'):
            if fault := sepa_ids.ics_fault(company.billing_creditor_identifier):
                raise ValidationError(
                    self.env._(
                        "Company %(company)s, field “SEPA Creditor Identifier”: %(value)s is refused, since "
                        "%(reason)s. Copy it again from your bank's letter.",
                        company=company.name,
                        value=company.billing_creditor_identifier,
                        reason=company._billing_ics_fault_text(fault),
                    ),
                )

    def _billing_ics_fault_text(self, fault):
        return {
            'country': self.env._("it does not begin with the code of a SEPA country"),
            'length': self.env._("its length is not the one of its country (13 characters in France)"),
            'checksum': self.env._("its check digits (third and fourth character) are wrong"),
        }[fault]

    def _billing_set_up_direct_debit(self):
        """Make the journal, the outstanding account and the payment method for direct debits where they are missing."""
        for company in self.root_id:  # a branch keeps its books in its root's chart
            account = company._billing_outstanding_account()
            if not company.billing_settlement_journal_id:
                company.billing_settlement_journal_id = company._billing_make_settlement_journal()
            bank_journals = self.env['account.journal'].search(
                [('company_id', '=', company.id), ('type', '=', 'bank')],
                order='sequence, id',
            )
            bank_journals._billing_add_direct_debit()
            lines = bank_journals.inbound_payment_method_line_ids.filtered(
                lambda line: line.code == 'billing_sdd' and not line.payment_account_id,
            )
            lines.payment_account_id = account
            company.billing_bank_journal_id = company.billing_bank_journal_id or bank_journals[:1]

    def _billing_make_settlement_journal(self):
        self.ensure_one()
        journals = self.env['account.journal'].with_company(self)
        domain = [('company_id', '=', self.id), ('code', '=', SETTLEMENT_JOURNAL_CODE), ('type', '=', 'general')]
        if journal := journals.search(domain, limit=1):
            return journal
        journal = journals.create(
            {
                'name': "SEPA Direct Debits",
                'code': SETTLEMENT_JOURNAL_CODE,
                'type': 'general',
                'company_id': self.id,
                'show_on_dashboard': False,
            },
        )
        self._billing_translate(journal, lambda env: env._("SEPA Direct Debits"))
        return journal

    def _billing_require_settlement_journal(self):
        """The journal of settlements and returns.

        :raises UserError: where the company has none
        """
        self.ensure_one()
        if not self.billing_settlement_journal_id:
            raise UserError(
                self.env._(
                    "Company %s has no direct debit journal: choose one in the settings of Invoicing, under Recurring "
                    "billing.",
                    self.name,
                ),
            )
        return self.billing_settlement_journal_id

    def _billing_outstanding_account(self):
        """The account between the settlement of a debit and the bank's credit.

        French charts have none for direct debits: 511600 is made. Elsewhere the chart's outstanding receipts serve.
        """
        self.ensure_one()
        if self.parent_id:
            return self.root_id._billing_outstanding_account()
        if self.chart_template not in FRENCH_CHARTS:
            chart = self.env['account.chart.template'].with_company(self)
            return chart.ref('account_journal_payment_debit_account_id', raise_if_not_found=False)
        accounts = self.env['account.account'].with_company(self)
        if account := accounts.search(
            [('company_ids', 'in', self.ids), ('code', '=', FRENCH_OUTSTANDING_CODE)],
            limit=1,
        ):
            return account
        account = accounts.create(
            {
                'name': "SEPA direct debits in collection",
                'code': FRENCH_OUTSTANDING_CODE,
                'account_type': 'asset_current',
                'reconcile': True,
                'company_ids': [fields.Command.link(self.id)],
            },
        )
        self._billing_translate(account, lambda env: env._("SEPA direct debits in collection"))
        return account

    def _billing_debit_method(self):
        """The payment method line of direct debits on the bank journal that this company collects through."""
        self.ensure_one()
        lines = self.billing_bank_journal_id.inbound_payment_method_line_ids
        return lines.filtered(lambda line: line.code == 'billing_sdd')[:1]

    def _billing_translate(self, record, text):
        """Give ``record`` its name in each language of the database; ``text`` reads it in an environment."""
        for code, _name in self.env['res.lang'].get_installed():
            localized = record.with_context(lang=code)
            localized.name = text(localized.env)

    def _billing_first_open_day(self, day, journal):
        """The first day from ``day`` on that no lock date of the company closes for ``journal``, taxes included."""
        self.ensure_one()
        locks = self._get_violated_lock_dates(day, True, journal)
        return fields.Date.add(locks[-1][0], days=1) if locks else day

    def _billing_check_open_day(self, day, journal, record, remedy=None):
        """Refuse ``day`` where a lock date covers it.

        :param remedy: what to do instead, if not to choose the first open day or later

        :raises UserError: names ``record``, the lock and the first open day
        """
        open_day = self._billing_first_open_day(day, journal)
        if open_day != day:
            raise UserError(
                self.env._(
                    "%(record)s: the date %(date)s lies in a locked period. %(remedy)s",
                    record=record.display_name,
                    date=format_date(self.env, day),
                    remedy=remedy or self.env._("Choose %s or later.", format_date(self.env, open_day)),
                ),
            )
