from itertools import permutations

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.recurrence import Period, Slot
from .billing_contract_calendar import ONE_DAY


class BillingContract(models.Model):
    """When the usage of a contract is billed, and what was recorded of it."""

    _inherit = 'billing.contract'

    usage_count = fields.Integer("Usage", compute='_compute_usage_count')
    has_usage = fields.Boolean(compute='_compute_usage_count')

    @api.depends('line_ids.kind', 'line_ids.usage_ids')
    def _compute_usage_count(self):
        counts = self.env['billing.usage']._read_group([('contract_id', 'in', self.ids)], ['contract_id'], ['__count'])
        counts = {contract.id: count for contract, count in counts}
        for contract in self:
            contract.usage_count = counts.get(contract.id, 0)
            contract.has_usage = 'usage' in contract.line_ids.mapped('kind')

    def action_usage(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_usage_action')
        return {**action, 'domain': [('contract_id', '=', self.id)], 'context': {}}

    def _grid_periods(self):
        """The planned periods of the calendar, without those that only settle usage."""
        return self.period_ids.filtered(lambda period: not period.is_settlement)

    def _usage_until(self, slot, planned_date, is_settlement=False):
        """The last day whose usage the invoice of ``slot`` bills: in arrears that of its own days, else that of days
        which are over when it is planned."""
        if self.timing == 'arrears' and not is_settlement:
            return slot.end
        return min(slot.start, planned_date) - ONE_DAY

    def _settlement_rows(self, rows):
        """Values of the period after the end of this contract, where the last ones do not bill all usage.

        :param rows: values of the last periods that are about to be made
        """
        if not any(line.kind == 'usage' for line in self.line_ids):
            return []
        ends = [period._usage_until() for period in self.period_ids]
        for row in rows:
            slot = Slot(Period(0, row['whole_start'], row['whole_end']), row['date_start'], row['date_end'])
            ends.append(self._usage_until(slot, row['planned_date']))
        if not ends or max(ends) >= self.date_end:
            return []
        day = self.date_end + ONE_DAY
        values = self._period_values(Slot(Period(0, day, day), day, day))
        return [{**values, 'planned_date': max(day, values['planned_date']), 'is_settlement': True}]

    def _follow_meters(self):
        """Give the usage of these contracts to the line that has its meter and runs on its day now.

        What another line billed of it is given back there, as for any day that a line does not owe any more.
        """
        metered = self.line_ids.filtered(lambda line: line.kind == 'usage' and line.meter)
        for lines in metered.grouped('meter').values():
            for line, other in permutations(lines, 2):
                days, span = line._span_of_usage(), other._span_of_usage()
                within = Domain('date', '>=', days.first) & Domain('date', '<=', days.last)
                outside = Domain('date', '<', span.first) | Domain('date', '>', span.last)
                records = self.env['billing.usage'].search(Domain('contract_line_id', '=', other.id) & within & outside)
                records._unguarded().move_line_id = False
                records.contract_line_id = line

    def _meters_by_frequency(self, day, recurrence, lines):
        """What a frequency makes of the metered lines that go on: each ends, and one for the new periods begins.

        :param recurrence: (unit, interval)
        :param lines: as of `_amend`; what ends by them stays so
        :return: (lines that end, values of the new ones), as arguments of `_amend`
        """
        agreed = self._recurrence_on(day)
        if (agreed.unit, agreed.interval) == tuple(recurrence):
            return [], []
        named = {line._item() for line, _wanted in lines}
        metered = self.line_ids.filtered(lambda line: line.kind == 'usage' and line not in named)
        going_on = metered.filtered(lambda line: line._version_on(day) and line._counts_by_period())
        return [(line, None) for line in going_on], [line._anew(day, recurrence) for line in going_on]

    def _effect_warnings(self, amendment):
        """EXTENDS: usage that nobody bills any more."""
        yield from super()._effect_warnings(amendment)
        mine = self.env['billing.usage'].search([('contract_id', '=', self.id), ('is_outside', '=', True)])
        for line, records in mine.grouped('contract_line_id').items():
            yield self.env._(
                "%(count)s records of usage of %(line)s, from %(first)s to %(last)s, are not billed: the line does not "
                "run on these days. Find them in “Usage” by the filter “Outside Its Line”, and move or delete them.",
                count=len(records),
                line=line._first_words(),
                first=format_date(self.env, min(records.mapped('date'))),
                last=format_date(self.env, max(records.mapped('date'))),
            )
