from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class BillingDatedMixin(models.AbstractModel):
    """What holds from a first to a last day, both included; `_name_in_texts` says how messages name it."""

    _name = 'billing.dated.mixin'
    _description = "Dated"

    def _refuse_end_before_start(self, first, last):
        """Refuse records whose field ``last`` is a day before their field ``first``; either may be empty."""
        for record in self.filtered(lambda record: record[first] and record[last] and record[last] < record[first]):
            raise ValidationError(
                self.env._(
                    "%(record)s ends before it starts: the field “%(last)s” is %(until)s, the field “%(first)s” is "
                    "%(start)s. Correct one of them.",
                    record=record._name_in_texts(),
                    first=self._fields[first]._description_string(self.env),
                    last=self._fields[last]._description_string(self.env),
                    until=format_date(self.env, record[last]),
                    start=format_date(self.env, record[first]),
                ),
            )
