from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools.import_template import in_language


def _is_given(records, name, value):
    return value is not False or records._fields[name].type == 'boolean'


class BillingContract(models.Model):
    """How contracts come from elsewhere: from a spreadsheet, or from another system that calls Odoo's JSON-2."""

    _inherit = 'billing.contract'

    line_ids = fields.One2many(string="Lines")  # the heading of its columns in a spreadsheet
    external_reference = fields.Char(
        copy=False,
        help="What another system calls this contract; it finds it again by this name and never makes a second one.",
    )

    _external_reference_unique = models.UniqueIndex(
        "(company_id, external_reference) WHERE external_reference IS NOT NULL",
        "Another contract of the company has this external reference.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get('import_file'):
            vals_list = [self._from_row(vals) for vals in vals_list]
            self._refuse_imported_twice(vals_list)
            self._refuse_lines_without_product(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if self.env.context.get('import_file'):
            self._refuse_lines_twice(vals)
        return super().write(vals)

    def _from_row(self, vals):
        """What the rows of a spreadsheet give a new contract.

        Odoo's import takes an empty cell for an emptied field: a price left open would be zero. Here plan, customer
        and product propose it, as on the form. The day of the start alone is never proposed: it decides what is owed.
        """
        lines = self.line_ids
        given = {name: value for name, value in vals.items() if name == 'date_start' or _is_given(self, name, value)}
        given['line_ids'] = [
            (command, line, {name: value for name, value in cells.items() if _is_given(lines, name, value)})
            for command, line, cells in vals.get('line_ids') or ()
        ]
        return given

    def _refuse_imported_twice(self, vals_list):
        """Say in the accountant's words what the unique index would refuse: which reference, and what to do."""
        taken = set()
        for vals in vals_list:
            company = vals.get('company_id') or self.env.company.id
            reference = vals.get('external_reference')
            if reference and ((company, reference) in taken or self._by_external_reference(company, reference)):
                raise UserError(
                    self.env._(
                        "External reference %s: there is a contract with it already. Delete its rows from the file. "
                        "Where it is new and has several lines, fill in the contract's columns on its first row only.",
                        reference,
                    ),
                )
            taken.add((company, reference))

    def _refuse_lines_without_product(self, vals_list):
        """Else Odoo would miss the description that the product gives, and name another field than that."""
        lines = (values for vals in vals_list for _command, _line, values in vals['line_ids'])
        if any(not (values.get('product_id') or values.get('display_type')) for values in lines):
            raise UserError(
                self.env._("A line needs a product: choose one, or make it a section or a note."),
            )

    def _refuse_lines_twice(self, vals):
        """Rows have no name by which their lines could be found again: they would be added a second time."""
        adds = any(command[0] == Command.CREATE for command in vals.get('line_ids', ()))
        for contract in self.filtered('line_ids') if adds else ():
            raise UserError(
                self.env._(
                    "Contract %s has lines already, and an import would add them a second time. Change its lines on "
                    "its form, or delete its rows from the file.",
                    contract.name,
                ),
            )

    # === BUSINESS METHODS === #

    @api.model
    def get_import_templates(self):
        """The spreadsheet that Odoo's import offers for running contracts."""
        return [
            {
                'label': self.env._("Running contracts to take over"),
                'template': in_language('/recurring_billing/static/xls/contracts_import_template.xlsx', self.env.lang),
            },
        ]

    @api.model
    def create_once(self, external_reference, values):
        """Create a contract for another system, or return the one that it has made before.

        :param external_reference: the other system's own name of the contract, unique in the company
        :param values: as for `create`; ignored where the contract exists
        :return: its id
        """
        if not external_reference:
            raise UserError(
                self.env._("An external reference is needed: without it the contract could be made twice."),
            )
        company = values.get('company_id') or self.env.company.id
        known = self._by_external_reference(company, external_reference)
        return known.id or self.create({**values, 'external_reference': external_reference}).id

    def end_on(self, last_day):
        """End these contracts for another system; the same call again changes nothing.

        :param last_day: the last day that is invoiced; a period that it cuts short is billed by days
        """
        last_day = fields.Date.to_date(last_day)
        for contract in self.filtered(lambda contract: contract.date_end != last_day):
            if contract not in contract._live():
                raise UserError(
                    self.env._("Contract %s is not running: there is nothing to end.", contract.name),
                )
            contract._terminate(last_day, fields.Date.context_today(self))
        return True

    def next_invoices(self):
        """The next six invoices of this contract for another system, whether it is started or not."""
        self.ensure_one()
        return [
            {
                'invoice_date': row.date,
                'date_start': row.slot.start,
                'date_end': row.slot.end,
                'amount_untaxed': row.untaxed,
                'amount_total': row.total,
            }
            for row in self._upcoming(fields.Date.context_today(self))
            if row.bills
        ]

    @api.model
    def _by_external_reference(self, company, reference):
        return self.search([('company_id', '=', company), ('external_reference', '=', reference)], limit=1)
