from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, float_compare, format_date

RECORDED = frozenset({'contract_line_id', 'meter', 'date', 'quantity', 'reference', 'note'})
BILLED_BY = frozenset({'contract_line_id', 'meter', 'date', 'quantity', 'reference'})


class BillingUsage(models.Model):
    """What was used on one day, as a metering system or a person recorded it."""

    _name = 'billing.usage'
    _description = "Usage Record"
    _inherit = ['billing.guard.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'reference'
    _guarded = frozenset({'move_line_id'})

    meter = fields.Char(
        compute='_compute_meter',
        readonly=False,
        search='_search_meter',
        help="The meter of a contract line: finds the line that has it and runs on that day.",
    )
    contract_line_id = fields.Many2one(
        'billing.contract.line',
        "Metered Line",
        required=True,
        index=True,
        ondelete='restrict',
        domain="[('kind', '=', 'usage')]",
    )
    contract_id = fields.Many2one(related='contract_line_id.contract_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_line_id.partner_id', store=True, index=True)
    company_id = fields.Many2one(related='contract_line_id.company_id', store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    quantity = fields.Float(digits='Product Unit', required=True)
    product_uom_id = fields.Many2one(related='contract_line_id.product_uom_id', string="Unit")
    reference = fields.Char(
        "External Reference",
        copy=False,
        help="How the metering system calls this record: sent a second time, it changes nothing.",
    )
    note = fields.Char()
    move_line_id = fields.Many2one(
        'account.move.line',
        "Billed By",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='set null',
    )
    move_id = fields.Many2one(related='move_line_id.move_id', string="Invoice")
    is_late = fields.Boolean(
        "Late",
        compute='_compute_is_late',
        search='_search_is_late',
        help="It came after other usage of its period had been billed: it goes on the next invoice.",
    )

    _reference_unique = models.UniqueIndex(
        "(company_id, reference) WHERE reference IS NOT NULL",
        "The company has a usage record with this external reference.",
    )
    _waiting_idx = models.Index("(contract_line_id, date) WHERE move_line_id IS NULL")
    _line_date_idx = models.Index("(contract_line_id, date)")

    # === COMPUTE METHODS === #

    @api.depends('contract_line_id.meter')
    def _compute_meter(self):
        for usage in self:
            usage.meter = usage.contract_line_id.meter

    def _search_meter(self, operator, value):
        return [('contract_line_id.meter', operator, value)]

    @api.depends('date', 'move_line_id', 'contract_line_id.usage_move_line_ids.parent_state')
    def _compute_is_late(self):
        for usage in self:
            billed = usage.contract_line_id.usage_move_line_ids.filtered(
                lambda row, usage=usage: (
                    row.parent_state != 'cancel' and row.billing_date_start <= usage.date <= row.billing_date_end
                )
            )
            usage.is_late = bool(billed) and not usage.move_line_id

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        waiting = self.search([('move_line_id', '=', False), ('contract_line_id.usage_move_line_ids', '!=', False)])
        return [('id', operator if True in value else 'not in', waiting.filtered('is_late').ids)]

    # === CONSTRAINT METHODS === #

    @api.constrains('contract_line_id', 'date', 'quantity')
    def _check_recorded(self):
        for usage in self:
            if fault := usage._fault():
                raise ValidationError(fault)

    def _fault(self):
        """Why this record cannot be, or None."""
        line, days = self.contract_line_id, self.contract_line_id._days_of_usage()
        texts = {'usage': self._name_in_texts(), 'line': line._first_words(), 'contract': line.contract_id.name}
        if self.quantity < 0:
            return self.env._(
                "Usage %(usage)s, field “Quantity”: %(quantity)s is below zero. Enter zero or more; what was billed "
                "too much is given back by a credit note.",
                quantity=self.quantity,
                **texts,
            )
        if line.kind != 'usage':
            return self.env._(
                "Usage %(usage)s, field “Metered Line”: line %(line)s of contract %(contract)s is not billed by usage. "
                "Choose one that is.",
                **texts,
            )
        if not days or not days.first <= self.date <= days.last:
            return self._fault_of_days(days, texts)
        return None

    def _fault_of_days(self, days, texts):
        return self.env._(
            "Usage %(usage)s, field “Date”: %(date)s is outside the days of line %(line)s of contract %(contract)s, "
            "which runs from %(first)s to %(last)s. Correct the date, or choose the line that ran on that day.",
            date=format_date(self.env, self.date),
            first=format_date(self.env, days.first) if days else "…",
            last=format_date(self.env, days.last) if days and days.last.year < 9999 else "…",
            **texts,
        )

    def _name_in_texts(self):
        return self.reference or self.note or format_date(self.env, self.date)

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
        if BILLED_BY & vals.keys():
            self._refuse_if_billed()
        if vals.get('meter'):
            vals = self._with_lines([{'date': self[:1].date, **vals}])[0]
        result = super().write(vals)
        self.env['billing.period']._ask_usage_again(self.contract_id)
        return result

    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        self.env['billing.period']._ask_usage_again(contracts)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_billed(self):
        self._refuse_if_billed()

    def _refuse_if_billed(self):
        if usage := self.filtered('move_line_id')[:1]:
            raise UserError(
                self.env._(
                    "Usage %(usage)s is billed by %(invoice)s and stays as it is. Delete the invoice while it is a "
                    "draft; else give back what is too much by a credit note.",
                    usage=usage._name_in_texts(),
                    invoice=usage.move_id.display_name,
                ),
            )

    # === BILLED OR NOT === #

    @api.model
    def _is_waiting(self, dead):
        """The condition in SQL under which a row of ``usage`` is not billed; ``dead`` are invoice lines that bill
        nothing any more."""
        if not dead:
            return SQL("usage.move_line_id IS NULL")
        return SQL("(usage.move_line_id IS NULL OR usage.move_line_id IN %s)", tuple(dead.ids))

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
                'template': '/recurring_billing/static/csv/usage_import_template.csv',
            },
        ]


class BillingContractLine(models.Model):
    _inherit = 'billing.contract.line'

    def _days_of_usage(self):
        """The days on which usage of this line is billed here, or None; not those that another software billed."""
        self.ensure_one()
        days = self._days()
        opening = self.billed_until
        if not days or not opening or opening < days.first:
            return days
        first = fields.Date.add(opening, days=1)
        return days._replace(first=first) if first <= days.last else None
