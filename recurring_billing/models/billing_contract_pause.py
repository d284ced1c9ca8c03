from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.versions import paused


class BillingContract(models.Model):
    """On which days a contract rests, by its pauses and their resumptions; its state follows them."""

    _inherit = 'billing.contract'

    def _pauses(self):
        """[(days, whether they are billed all the same)] of the pauses."""
        steps = self.amendment_ids._applied().filtered(lambda amendment: amendment.kind in ('pause', 'resume'))
        return paused(step._pause_step() for step in steps)

    def _rests(self):
        """The days on which this contract owes nothing, as a list of ranges."""
        return [days for days, is_billed in self._pauses() if not is_billed]

    def _rests_on(self, day):
        return any(first <= day <= last for first, last in self._rests())

    def _is_paused_on(self, day):
        return any(first <= day <= last for (first, last), _is_billed in self._pauses())

    def _update_state(self, today):
        """Bring these live contracts to “Paused” or “Running”, as their pauses say for ``today``."""
        for contract in self._live():
            wanted = 'paused' if contract._is_paused_on(today) else 'running'
            if contract.state != wanted:
                contract._set_state(wanted)

    def _refuse_without_pause(self, day):
        if not self._is_paused_on(day):
            raise UserError(
                self.env._(
                    "Contract %(contract)s, field “From”: no pause holds on %(day)s, so there is nothing to resume. "
                    "Choose a day of a pause, as the amendments list them.",
                    contract=self.name,
                    day=format_date(self.env, day),
                ),
            )
