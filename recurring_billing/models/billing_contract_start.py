from odoo import fields, models
from odoo.exceptions import UserError


class BillingContract(models.Model):
    """The start of contracts: which of them can be started, and why others cannot."""

    _inherit = 'billing.contract'

    def action_start(self):
        """Start those of these contracts that can be started, and say which were left out and why.

        :return: True, the e-mail that confirms the contract where it is to be offered, or the notification that names
            those left out
        :raises UserError: none can be started; names each with its reason
        """
        faults = self._start_faults()
        able = self.filtered(lambda contract: contract not in faults)
        if faults and not able:
            raise UserError("\n".join(faults.values()))
        able._start(fields.Date.context_today(self))
        return able._notice_of_start(faults) if faults else able._offer_confirmation()

    def _notice_of_start(self, faults):
        """The client action that says how many were started and why others, ``faults``, were not."""
        given = self.browse().concat(*(contract for contract in faults if contract.state != 'draft'))
        reasons = [fault for contract, fault in faults.items() if contract not in given]
        if given:
            reasons.append(self.env._("Started or ended before: %s", ", ".join(given.mapped('name'))))
        title = self.env._("%(started)s started, %(left)s left out", started=len(self), left=len(faults))
        params = {
            'type': 'warning',
            'sticky': True,
            'title': title,
            'message': "\n".join(["", *reasons]),
            'className': 'text-prewrap',
            'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
        }
        return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': params}

    def _start(self, today):
        """Start draft contracts and plan their periods until ``today`` and one more.

        :raises UserError: names each that is not a draft, has no lines, or is paid by a debit that no mandate allows
        """
        if faults := self._start_faults():
            raise UserError("\n".join(faults.values()))
        self._end_with_commitment()
        self._number_lines()
        self._set_state('running')
        self._plan_periods(today)
        self._agree_loyalty(today, since={contract: contract._first_owed_day() for contract in self})

    def _number_lines(self):
        """Give each line a place of its own, which its later versions keep."""
        for contract in self:
            for number, line in enumerate(contract.line_ids.sorted(), start=1):
                line.sequence = 10 * number

    def _start_faults(self):
        """{contract: why it cannot be started} of those of these contracts that cannot."""
        faults = {
            contract: contract._state_fault('running')
            or contract._step_fault('draft')  # a pause ends by its own dates
            or contract._lines_fault()
            or contract._mandate_fault()
            for contract in self
        }
        return {contract: fault for contract, fault in faults.items() if fault}

    def _mandate_fault(self):
        """Why this contract cannot be paid as it says, or None."""
        self.ensure_one()
        if not self.is_direct_debit or self._active_mandate():
            return None
        return self.env._(
            "Contract %(contract)s is paid by direct debit, but %(customer)s has no active mandate: choose one in the "
            "field “Mandate”, activate it, or choose another way of payment in “Paid By”.",
            contract=self.display_name,
            customer=self.partner_id.display_name,
        )
