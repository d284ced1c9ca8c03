from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

AHEAD = 10  # years from today: a day after them is a slip of the pen
END_AHEAD = 50  # years from today: a lease is long, a contract until 2206 is a slip
BEFORE = 100  # years until today


class BillingContract(models.Model):
    """The days that a contract may name: one of another century is refused before anything is counted from it."""

    _inherit = 'billing.contract'

    @api.onchange('date_start', 'date_end')
    def _onchange_horizon(self):
        today = fields.Date.context_today(self)
        self._refuse_far_start_or_end({name: self[name] for name in ('date_start', 'date_end')}, today)

    @api.model_create_multi
    def create(self, vals_list):
        today = fields.Date.context_today(self)
        for vals in vals_list:
            self._refuse_far_start_or_end(vals, today)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_far_start_or_end(vals, fields.Date.context_today(self))
        return super().write(vals)

    def _refuse_far_start_or_end(self, values, today):
        for name, years in (('date_start', AHEAD), ('date_end', END_AHEAD)):
            if day := fields.Date.to_date(values.get(name)):
                self._refuse_far(self._fields[name]._description_string(self.env), day, today, years)

    def _refuse_far(self, label, day, today, years=AHEAD):
        """Refuse a ``day`` of the field ``label`` that is more than ``years`` ahead of ``today``, or a century ago.

        :raises UserError: names the contract, the field and the days that can be entered
        """
        first, last = fields.Date.subtract(today, years=BEFORE), fields.Date.add(today, years=years)
        if first <= day <= last:
            return
        names = {name for name in self.mapped('name') if name and name != '/'}
        raise UserError(
            self.env._(
                "%(contract)s, field “%(field)s”: %(day)s is too far from today. Correct the year: a day from "
                "%(first)s to %(last)s can be entered.",
                contract=self.env._("Contract %s", ", ".join(sorted(names))) if names else self.env._("New contract"),
                field=label,
                day=format_date(self.env, day),
                first=format_date(self.env, first),
                last=format_date(self.env, last),
            ),
        )

    def _check_amended_days(self, kind, day, today, values):
        """Refuse an amendment of a day that nobody plans for; the end of a commitment, however far, is one."""
        if kind == 'termination':
            last, term = fields.Date.subtract(day, days=1), self.committed_until
            if last != term:
                self._refuse_far(self.env._("Last Day"), last, today)
            self._check_notice_date(values.get('notice_date'), today)
            return
        self._refuse_far(self.env._("From"), day, today)
        if until := values.get('date_until'):
            self._refuse_far(self.env._("Until"), until, today)

    def _check_notice_date(self, given, today):
        """A notice is received before it is entered; the notice period runs from it."""
        if not given:
            return
        if given > today:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “Notice Received On”: %(day)s is still to come. Enter the day on "
                    "which the notice arrived, %(today)s at the latest.",
                    contract=self.name,
                    day=format_date(self.env, given),
                    today=format_date(self.env, today),
                ),
            )
        self._refuse_far(self.env._("Notice Received On"), given, today)
