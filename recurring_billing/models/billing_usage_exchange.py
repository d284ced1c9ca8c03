from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from ..tools.import_template import in_language

RECORDED = frozenset({'contract_line_id', 'meter', 'date', 'quantity', 'reference', 'note'})


class BillingUsage(models.Model):
    """How usage comes from elsewhere, each record once: from a file, or from a system that calls Odoo's JSON-2."""

    _inherit = 'billing.usage'

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A record that comes a second time by its external reference is the one that exists."""
        rows = self._with_lines(vals_list)
        known = self._known(rows)
        fresh = {}
        for row in rows:
            key = self._key(row)
            if key not in known:
                fresh.setdefault(key, row)
                self._refuse_other_values(row, fresh[key])
        created = super().create(list(fresh.values()))
        known |= dict(zip(fresh, created, strict=True))
        self.env['billing.period']._ask_usage_again(created.contract_id)
        return self.browse([known[self._key(row)].id for row in rows])

    def write(self, vals):
        if vals.get('meter'):
            vals = self._with_lines([{'date': self[:1].date, **vals}])[0]
        return super().write(vals)

    # === KNOWN RECORDS === #

    def _key(self, row):
        """What makes a row the same as another: its reference in the company, else nothing."""
        company = self.env['billing.contract.line'].browse(row.get('contract_line_id')).company_id
        return (company.id, row['reference']) if row.get('reference') else id(row)

    def _known(self, rows):
        """{key: record} of those of ``rows`` that are recorded already.

        :raises UserError: the reference is known with other values
        """
        references = [row['reference'] for row in rows if row.get('reference')]
        records = self.search([('reference', 'in', references)]) if references else self
        by_key = {(record.company_id.id, record.reference): record for record in records}
        known = {}
        for row in rows:
            if record := by_key.get(self._key(row)):
                self._refuse_other_values(row, record)
                known[self._key(row)] = record
        return known

    def _refuse_other_values(self, row, record):
        line = record['contract_line_id']
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        is_same = (
            (line if isinstance(line, int) else line.id) == row.get('contract_line_id')
            and fields.Date.to_date(record['date']) == fields.Date.to_date(row.get('date'))
            and not float_compare(record['quantity'], float(row.get('quantity') or 0.0), precision_digits=digits)
        )
        if not is_same:
            raise UserError(
                self.env._(
                    "Usage %(usage)s: this external reference is recorded already, with quantity %(quantity)s on "
                    "%(date)s. Send other usage by another reference, or correct that record while it is not billed.",
                    usage=row['reference'],
                    quantity=record['quantity'],
                    date=format_date(self.env, fields.Date.to_date(record['date'])),
                ),
            )

    # === METERS === #

    def _with_lines(self, vals_list):
        """``vals_list`` with the line of each meter, in a company of the user."""
        meters = {vals['meter'] for vals in vals_list if vals.get('meter')}
        lines = self.env['billing.contract.line']
        own = lines._check_company_domain(self.env.companies)
        by_meter = lines.search([('meter', 'in', [*meters]), *own]).grouped('meter') if meters else {}
        rows = []
        for vals in vals_list:
            row = {'date': fields.Date.context_today(self), **vals}
            if meter := row.pop('meter', None):
                row['contract_line_id'] = self._line_of(meter, row, by_meter.get(meter, lines)).id
            rows.append(row)
        used = lines.browse({row['contract_line_id'] for row in rows if row.get('contract_line_id')})
        self._refuse_other_companies(used)
        return rows

    def _line_of(self, meter, row, lines):
        """The one of ``lines``, all with this ``meter``, that runs on the day of ``row``."""
        day = fields.Date.to_date(row['date'])
        running = lines.filtered(
            lambda line: line._days_of_usage() and line._days_of_usage().first <= day <= line._days_of_usage().last
        )
        if len(running) == 1:
            return running
        texts = {
            'usage': row.get('reference') or row.get('note') or format_date(self.env, day),
            'meter': meter,
            'date': format_date(self.env, day),
        }
        if not running:
            raise UserError(
                self.env._(
                    "Usage %(usage)s, field “Meter”: no line of a contract of the company has the meter %(meter)s on "
                    "%(date)s. Enter it on the line, or correct meter or date.",
                    **texts,
                ),
            )
        raise UserError(
            self.env._(
                "Usage %(usage)s, field “Meter”: on %(date)s several lines have the meter %(meter)s: those of "
                "%(contracts)s. Leave it on one of them.",
                contracts=", ".join(running.contract_id.mapped('name')),
                **texts,
            ),
        )

    def _refuse_other_companies(self, lines):
        # with all rights, else the record rule would refuse before the remedy is named
        for line in lines.sudo().filtered(lambda line: line.company_id not in self.env.companies):
            raise UserError(
                self.env._(
                    "Contract %(contract)s belongs to %(company)s: switch to that company to record its usage.",
                    contract=line.contract_id.name,
                    company=line.company_id.name,
                ),
            )

    # === OTHER SYSTEMS === #

    @api.model
    def record(self, rows):
        """Record usage for another system; what it sends a second time changes nothing.

        :param rows: list of {'meter' (or 'contract_line_id'), 'date', 'quantity', 'reference', 'note'}; the reference
            is needed, since without it the same usage could be billed twice
        :return: {'created': how many are new, 'known': how many had been recorded}
        """
        for row in rows:
            if others := row.keys() - RECORDED:
                raise UserError(
                    self.env._("A usage record has no field %(fields)s.", fields=", ".join(sorted(others))),
                )
            if not row.get('reference') or not row.get('date') or 'quantity' not in row:
                raise UserError(
                    self.env._(
                        "Usage %s: meter, date, quantity and an external reference are needed.",
                        row.get('reference') or row.get('meter') or "",
                    ),
                )
        known = self._known(self._with_lines(rows))
        created = set(self.create(rows).ids) - {record.id for record in known.values()}
        return {'created': len(created), 'known': len(rows) - len(created)}

    @api.model
    def get_import_templates(self):
        """The file that Odoo's import offers for usage records."""
        return [
            {
                'label': self.env._("Usage records"),
                'template': in_language('/recurring_billing/static/csv/usage_import_template.csv', self.env.lang),
            },
        ]
