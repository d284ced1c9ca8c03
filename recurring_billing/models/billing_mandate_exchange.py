from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import sepa_ids
from ..tools.import_template import in_language

_BROUGHT = frozenset({'creditor_identifier', 'creditor_name', 'first_collection_date', 'last_presentation_date'})


class BillingMandate(models.Model):
    """How running mandates come from other software: from a spreadsheet, signed and in use."""

    _inherit = 'billing.mandate'

    iban = fields.Char(
        "IBAN (Whole)",
        compute='_compute_iban',
        inverse='_inverse_iban',
        groups='recurring_billing.group_debit',
        help="In a spreadsheet: the debtor's account, found or made by its number.",
    )

    @api.depends('partner_bank_id.acc_number')
    def _compute_iban(self):
        for mandate in self:
            mandate.iban = mandate._iban()

    def _inverse_iban(self):
        for mandate in self.filtered('iban'):
            mandate.partner_bank_id = mandate._account(mandate.iban)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.context.get('import_file'):
            return super().create(vals_list)
        rows = [self._from_row(vals) for vals in vals_list]
        mandates = super(BillingMandate, self._unguarded()).create(rows).with_env(self.env)
        mandates._take_up()
        return mandates

    def _from_row(self, vals):
        """What a row of a spreadsheet gives a mandate: an empty cell empties nothing."""
        given = {name: value for name, value in vals.items() if value is not False}
        self._refuse_guarded({**self._guarded_defaults(), **given}.keys() - _BROUGHT)
        if not given.get('name'):
            raise UserError(
                self.env._("A running mandate keeps the reference (RUM) that its debtor signed: fill in that column."),
            )
        if identifier := given.get('creditor_identifier'):
            given['creditor_identifier'] = sepa_ids.compact(identifier)
        amendments = given.pop('amendment_ids', ())
        return {
            **given,
            'state': 'draft',
            'is_imported': True,
            'amendment_ids': [(command, line, self._amendment_row(cells)) for command, line, cells in amendments],
        }

    def _amendment_row(self, cells):
        """A change that the old software had not told the bank, or not successfully."""
        if cells.get('kind') == 'account':
            cells = {**cells, 'old_value': sepa_ids.mask_iban(cells.get('old_value'))}
        elif cells.get('kind') == 'identifier':
            cells = {**cells, 'old_value': sepa_ids.compact(cells.get('old_value'))}
        return {name: value for name, value in cells.items() if value is not False and name != 'state'}

    def _take_up(self):
        """Make imported mandates usable at once; one that has lapsed is refused, with its remedy."""
        today = fields.Date.context_today(self)
        for mandate in self:
            if text := mandate._import_refusal(today):
                raise UserError(text)
        self.action_activate()

    def _import_refusal(self, today):
        self.ensure_one()
        presented = self.last_presentation_date
        if presented and self.signature_date and presented < self.signature_date:
            return self.env._(
                "Mandate %s, field “Last Collection”: it lies before the signature. Correct one of the two dates.",
                self.name,
            )
        if text := self._lapse_refusal(today):
            return self.env._("%s Delete its row from the file.", text)
        return self._creditor_refusal()

    @api.model
    def get_import_templates(self):
        """The spreadsheet that Odoo's import offers for running mandates."""
        return [
            {
                'label': self.env._("Running mandates to take over"),
                'template': in_language('/recurring_billing/static/xls/mandates_import_template.xlsx', self.env.lang),
            },
        ]

    def _account(self, number):
        """The debtor's account with this number, made where there is none.

        :raises UserError: where the number is no IBAN of a SEPA country
        """
        self.ensure_one()
        if fault := sepa_ids.iban_fault(number or ""):
            raise UserError(
                self.env._(
                    "Mandate %(mandate)s, field “IBAN”: the account of %(customer)s cannot be debited, since "
                    "%(reason)s. Correct the number.",
                    mandate=self.name,
                    customer=self.partner_id.display_name,
                    reason=self._iban_fault_text(fault),
                ),
            )
        iban, holder = sepa_ids.compact(number), self.partner_id
        accounts = self.env['res.partner.bank']
        known = accounts.search(
            [
                ('sanitized_acc_number', '=', iban),
                ('partner_id', 'child_of', holder.commercial_partner_id.id),
                ('company_id', 'in', (False, self.company_id.id)),
            ],
            limit=1,
        )
        return known or accounts.create(
            {'partner_id': holder.id, 'acc_number': iban, 'company_id': holder.company_id.id}
        )
