from odoo import api, models
from odoo.tools import format_date

from ..tools.proration import Days, overlap


class BillingPeriod(models.Model):
    """What stands in the way of a planned invoice, and what a person should know before it is posted."""

    _inherit = 'billing.period'

    # === BLOCKS === #

    @api.model
    def _check_blocks(self, plans):
        """Fill in ``blocks`` of these planned invoices: what would fail, or what core would post wrongly."""
        for plan in plans:
            plan.blocks = [*self._accounting_faults(plan), *self._line_faults(plan), *self._draft_faults(plan)]

    def _accounting_faults(self, plan):
        contract = plan.contract
        company, journal, currency = contract.company_id, contract.journal_id, contract.currency_id
        if locks := company._get_violated_lock_dates(plan.date, True, journal):
            yield self.env._(
                "Contract %(contract)s: the invoice date %(date)s lies in a locked period (%(locks)s). Move the lock "
                "date of the company, or bill on a later day.",
                contract=contract.display_name,
                date=format_date(self.env, plan.date),
                locks=self.env['res.company']._format_lock_dates(locks),
            )
        if not journal.active or journal.company_id not in company.parent_ids:
            yield self.env._(
                "Contract %(contract)s: the sales journal %(journal)s is archived or belongs to another company. "
                "Choose another one in the field “Sales Journal”.",
                contract=contract.display_name,
                journal=journal.display_name,
            )
        if currency != company.currency_id and not self._has_rate(currency, company, plan.date):
            yield self.env._(
                "Contract %(contract)s: %(currency)s has no rate on %(date)s or before. Enter one in the currency's "
                "rates.",
                contract=contract.display_name,
                currency=currency.name,
                date=format_date(self.env, plan.date),
            )

    def _has_rate(self, currency, company, day):
        return any(
            rate.name <= day for rate in currency.rate_ids if not rate.company_id or rate.company_id == company.root_id
        )

    def _line_faults(self, plan):
        for period, bill in plan.bills:
            if bill.credited:
                continue  # goes to the account that was billed
            contract = period.contract_id
            product = bill.line.product_id.with_company(contract.company_id)
            accounts = product.product_tmpl_id.get_product_accounts(contract.fiscal_position_id)
            account = accounts['income'] or contract.journal_id.default_account_id
            if not account:
                yield self.env._(
                    "Contract %(contract)s: the product %(product)s has no income account. Set one on the product, its "
                    "category or the sales journal.",
                    contract=contract.display_name,
                    product=product.display_name,
                )

    def _draft_faults(self, plan):
        """A draft bills days that are agreed otherwise by now: a draft is not credited, so both would be asked for."""
        drafts = set()
        for period, bill in plan.bills:
            for line in period._live_lines().filtered(lambda line: line.parent_state == 'draft'):
                is_same = line.billing_contract_line_id._item() == bill.line._item() and line._billing_is_charge()
                days = Days(line.billing_date_start, line.billing_date_end)
                if is_same and not bill.credited and bill.kind == 'recurring' and overlap(days, bill.days):
                    drafts.add(line.move_id)
        for draft in drafts:
            yield self.env._(
                "Contract %(contract)s: the draft %(invoice)s bills days that are agreed otherwise by now. Delete it, "
                "or post it, so that it can be credited.",
                contract=plan.contract.display_name,
                invoice=draft.display_name,
            )

    # === LOOKS === #

    @api.model
    def _check_looks(self, plans, today):
        """Fill in ``looks`` of these planned invoices: what a person should know, and what stops nothing."""
        companies = {plan.contract.company_id for plan in plans}
        automatic = {company: self._automatic_positions(company) for company in companies}
        for plan in plans:
            plan.looks = [
                *self._date_remarks(plan, today),
                *self._payment_remarks(plan),
                *self._customer_remarks(plan),
                *self._position_remarks(plan, automatic[plan.contract.company_id]),
                *self._amount_remarks(plan),
            ]

    def _date_remarks(self, plan, today):
        if plan.is_credit_note:
            yield self.env._("Credit note: billed for days that are not owed any more")
        elif plan.date != plan.planned_date and plan.planned_date <= today:
            yield self._late_date_remark(plan.contract, plan.planned_date, today)

    @api.model
    def _late_date_remark(self, contract, planned_date, today):
        """Why an invoice of ``contract`` that was planned for ``planned_date`` is dated ``today``."""
        company, journal = contract.company_id, contract.journal_id
        planned = format_date(self.env, planned_date)
        days = (today - planned_date).days
        if days > company.billing_late_tolerance:
            return self.env._("Dated today: planned %(days)s days ago, on %(planned)s", days=days, planned=planned)
        if company._get_violated_lock_dates(planned_date, True, journal):
            return self.env._("Dated today: %s is locked", planned)
        return self.env._("Dated today: the journal holds invoices later than %s", planned)

    def _payment_remarks(self, plan):
        contract = plan.contract
        if contract.is_direct_debit and not contract._active_mandate():
            yield self.env._("No active mandate: the direct debit will be refused")

    def _customer_remarks(self, plan):
        partner = plan.contract.partner_id
        company = plan.contract.company_id
        commercial = partner.commercial_partner_id
        if not partner.active:
            yield self.env._("The customer is archived")
        if commercial.with_company(company).trust == 'bad':
            yield self.env._("Marked as a bad debtor")
        if company.billing_send_invoices and not partner.email:
            yield self.env._("No e-mail address: the invoice is not sent")
        if commercial._billing_lacks_siren():
            yield self.env._("No SIREN, which the invoice of a French business must show")

    def _automatic_positions(self, company):
        """The fiscal positions that ``company`` applies by itself: core searches them anew for each customer."""
        positions = self.env['account.fiscal.position'].with_company(company)
        return positions.search([*positions._check_company_domain(company), ('auto_apply', '=', True)])

    def _position_remarks(self, plan, automatic):
        """Where the customer has another fiscal position by now: what a first look finds, core has to confirm."""
        contract = plan.contract
        partner = contract.partner_id.with_company(contract.company_id)
        position = partner.property_account_position_id
        if not position and partner.country_id:
            position = automatic._get_first_matching_fpos(partner)
        if position != contract.fiscal_position_id and (
            automatic._get_fiscal_position(partner) != contract.fiscal_position_id
        ):
            yield self.env._("The customer's fiscal position is another one than the contract's")

    def _amount_remarks(self, plan):
        bills = [bill for _period, bill in plan.bills]
        if free := [bill.line for bill in bills if not bill.price_unit and not bill.usage]:
            yield self.env._("Price zero: %s", ", ".join(line.product_id.display_name for line in free))
        if warning := ", ".join(filter(None, plan.periods.contract_id.mapped('tax_warning'))):
            yield self.env._("Service taxed as goods: %s", warning)
