from datetime import date

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.proration import Days

# What may be agreed otherwise from a day on; the first version keeps what was agreed at the start.
AGREED = (
    'product_id',
    'name',
    'quantity',
    'price_unit',
    'product_uom_id',
    'is_price_listed',
    'discount',
    'tax_ids',
)


class BillingContractLine(models.Model):
    """The versions of a line: each is billed for the days on which it was agreed, so a change is nothing but days."""

    _inherit = 'billing.contract.line'

    _guarded = frozenset({'root_id', 'amendment_id', 'valid_from', 'valid_until', 'is_void'})

    root_id = fields.Many2one(
        'billing.contract.line',
        "First Version",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='cascade',
    )
    version_ids = fields.One2many('billing.contract.line', 'root_id', "Later Versions", readonly=True)
    amendment_id = fields.Many2one(
        'billing.amendment',
        "Added By",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
        help="The amendment that added this line to a contract that had been started.",
    )
    valid_from = fields.Date(readonly=True, copy=False, help="First day of this version. Empty: from the line's start.")
    valid_until = fields.Date(readonly=True, copy=False, help="Last day of this version. Empty: to the line's end.")
    is_void = fields.Boolean(
        readonly=True, copy=False, help="Not agreed any more: replaced or undone from its first day."
    )
    effect = fields.Selection(
        [('past', "Ended"), ('now', "In effect"), ('future', "Later"), ('void', "Undone")], compute='_compute_effect'
    )

    @api.depends('valid_from', 'valid_until', 'is_void', 'date_start', 'date_end', 'contract_id.date_end')
    def _compute_effect(self):
        today = fields.Date.context_today(self)
        for line in self:
            days = line._days()
            if not days:
                line.effect = 'void'
            else:
                line.effect = 'past' if days.last < today else 'future' if days.first > today else 'now'

    effective_from = fields.Date("In Effect From", compute='_compute_effective_days')
    effective_until = fields.Date("In Effect Until", compute='_compute_effective_days')

    @api.depends('effect')
    def _compute_effective_days(self):
        for line in self:
            days = line._days()
            line.effective_from = days and days.first
            line.effective_until = days and days.last < date.max and days.last

    # === BUSINESS METHODS === #

    def _item(self):
        """What this is a version of, known by its first one."""
        self.ensure_one()
        return self.root_id or self

    def _days(self):
        """The days on which this version is in effect, or None."""
        self.ensure_one()
        contract = self.contract_id
        first = max(filter(None, (contract.date_start, self.date_start, self.valid_from)), default=date.min)
        last = min(filter(None, (contract._last_day(), self.date_end, self.valid_until)), default=date.max)
        return Days(first, last) if first <= last and not self.is_void else None

    def _is_in_effect(self, day):
        self.ensure_one()
        days = self._days()
        return bool(days) and days.first <= day <= days.last

    def _version_on(self, day):
        """The version of this line that is in effect on ``day``, or that is the next one to be; empty if ended."""
        self.ensure_one()
        versions = [line for line in self | self.version_ids if line._days() and line._days().last >= day]
        return min(versions, key=lambda line: line._days().first, default=self.browse())

    def _refuse_ended(self, day):
        """Refuse to change this line from ``day`` on, where it is over by then."""
        if self._version_on(day):
            return
        raise UserError(
            self.env._(
                "Contract %(contract)s, field “From”: line %(line)s has ended by %(day)s, so it can neither change nor "
                "end from then on. Choose a day before its end, or add it anew by “Change…”.",
                contract=self.contract_id.name,
                line=self._first_words(),
                day=format_date(self.env, day),
            ),
        )

    def _agreed(self):
        """{name: value} of what this version agrees, comparable and fit for JSON."""
        self.ensure_one()
        return {name: self._plain(name) for name in AGREED}

    def _plain(self, name):
        value = self[name]
        if self._fields[name].type == 'many2many':
            return value.ids
        return value.id if self._fields[name].type == 'many2one' else value

    def _materialise(self, versions):
        """Give this line the ``versions`` (see tools.versions) that the changes of its contract make.

        A version that stands already keeps its record, and with it what was billed of it; one that nobody agrees on
        any more owes nothing, so that what was billed of it is credited.
        """
        self.ensure_one()
        unused = self | self.version_ids
        for version in versions:
            line = unused._fitting(version) or self._make_version(version)
            unused -= line
            line._unguarded().write(
                {'valid_from': version.first, 'valid_until': version.last, 'is_void': False},
            )
        unused._unguarded().write({'is_void': True})

    def _fitting(self, version):
        """That of these records which says what ``version`` does; the one of the same days where there are several."""
        same = self.filtered(lambda line: line._agreed() == version.values)
        return (same.filtered(lambda line: (line.valid_from or None) == version.first) or same)[:1]

    def _make_version(self, version):
        values = {**version.values, 'tax_ids': [Command.set(version.values['tax_ids'])], 'root_id': self.id}
        return self._unguarded().copy(values).with_env(self.env)
