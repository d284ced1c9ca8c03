from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

BILLED_BY = frozenset({'contract_line_id', 'date', 'quantity', 'reference'})


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
    is_outside = fields.Boolean(
        "Outside Its Line",
        compute='_compute_is_outside',
        search='_search_is_outside',
        help="Its line does not run on its day any more, so that nobody bills it: move it to another line or day, or "
        "delete it.",
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
                    row.parent_state != 'cancel'
                    and row.billing_kind == 'usage'
                    and row.billing_date_start <= usage.date <= row.billing_date_end
                )
            )
            usage.is_late = bool(billed) and not usage.move_line_id

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        self.flush_model(['contract_line_id', 'date', 'move_line_id'])
        self.env['account.move.line'].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT usage.id
                  FROM billing_usage usage
                 WHERE usage.move_line_id IS NULL
                   AND EXISTS (
                       SELECT 1
                         FROM account_move_line billing
                        WHERE billing.billing_contract_line_id = usage.contract_line_id
                          AND billing.billing_kind = 'usage'
                          AND billing.parent_state != 'cancel'
                          AND usage.date BETWEEN billing.billing_date_start AND billing.billing_date_end
                   )
                """
            ),
        )
        return [('id', operator if True in value else 'not in', [usage for [usage] in rows])]

    @api.depends('date', 'move_line_id', 'contract_line_id.effect', 'contract_line_id.billed_until')
    def _compute_is_outside(self):
        for usage in self:
            days = usage.contract_line_id._span_of_usage()
            is_within = not usage.date or days.first <= usage.date <= days.last
            usage.is_outside = not (is_within or usage.move_line_id)

    def _search_is_outside(self, operator, value):
        if operator != 'in':
            return NotImplemented
        waiting = Domain('move_line_id', '=', False)
        outside = Domain.OR(
            Domain('contract_line_id', '=', line.id) & (Domain('date', '<', first) | Domain('date', '>', last))
            for line, first, last in self._outside_of_lines(waiting)
        )
        return waiting & outside if True in value else ~(waiting & outside)

    @api.model
    def _outside_of_lines(self, waiting):
        """(line, first day, last day) of each line that has unbilled usage, those of the domain ``waiting``, of other
        days than it runs on."""
        rows = self._read_group(waiting, ['contract_line_id'], ['date:min', 'date:max'])
        for line, first, last in rows:
            days = line._span_of_usage()
            if first < days.first or last > days.last:
                yield line, *days

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

    def write(self, vals):
        if BILLED_BY & vals.keys():
            self._refuse_if_billed()
        contracts = self.contract_id
        result = super().write(vals)
        if BILLED_BY & vals.keys():
            self.env['billing.period']._ask_usage_again(contracts | self.contract_id)
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
