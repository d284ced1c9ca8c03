from odoo import models

from ..tools.versions import paused


class BillingContract(models.Model):
    """On which days a contract rests, by its pauses and their resumptions; its state follows them."""

    _inherit = 'billing.contract'

    def _pauses(self, is_billed):
        """The days of the pauses that are billed all the same, or of those that are not, as a list of ranges."""
        steps = self.amendment_ids._applied().filtered(
            lambda amendment: (
                amendment.kind == 'resume' or (amendment.kind == 'pause' and amendment.is_billed == is_billed)
            ),
        )
        return paused(step._pause_step() for step in steps)

    def _rests(self):
        """The days on which this contract owes nothing."""
        return self._pauses(is_billed=False)

    def _rests_on(self, day):
        return any(first <= day <= last for first, last in self._rests())

    def _is_paused_on(self, day):
        return any(first <= day <= last for first, last in self._rests() + self._pauses(is_billed=True))

    def _update_state(self, today):
        """Bring these live contracts to “Paused” or “Running”, as their pauses say for ``today``."""
        for contract in self._live():
            wanted = 'paused' if contract._is_paused_on(today) else 'running'
            if contract.state != wanted:
                contract._set_state(wanted)
