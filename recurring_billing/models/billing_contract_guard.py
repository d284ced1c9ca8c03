from odoo import api, models
from odoo.exceptions import UserError

from .billing_contract_amend import TERMS
from .billing_contract_line_version import AGREED

# What lines are billed by: on a started contract it changes by amendments alone.
BILLED_BY = {
    *AGREED,
    'kind',
    'display_type',
    'date_start',
    'date_end',
    'contract_id',
    'sequence',  # lines share an amount off the whole contract in their order, which decides on its last cent
}


class BillingContract(models.Model):
    """What a started contract agrees is never typed over: amendments know from when, why, what to credit and charge."""

    _inherit = 'billing.contract'

    def write(self, vals):
        if names := set(TERMS) & vals.keys():
            self._refuse_beside_amendments(names)
        return super().write(vals)

    def _refuse_beside_amendments(self, names):
        """Refuse to change the fields ``names`` of contracts that are started by hand."""
        if self._is_unguarded():
            return
        for contract in self.filtered(lambda contract: contract.state != 'draft'):
            raise UserError(
                self.env._(
                    "Contract %(contract)s is %(state)s: %(fields)s can no longer be typed over. %(remedy)s",
                    contract=contract.name,
                    state=contract._state_label(contract.state).lower(),
                    fields=contract._labels(names),
                    remedy=contract._remedy_by_amendment(),
                ),
            )

    def _remedy_by_amendment(self):
        """What to do instead of typing over what is agreed."""
        self.ensure_one()
        if self.state == 'closed':
            return self.env._("It is over: create a new contract.")
        return self.env._(
            "Press “Change…” on the contract (“Terminate…” for its last day): it asks from which day the change holds, "
            "and shows what is credited and charged.",
        )


class BillingContractLine(models.Model):
    """The lines of a started contract come, change and end by its amendments."""

    _inherit = 'billing.contract.line'

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._refuse_beside_amendments()
        return lines

    def write(self, vals):
        names = BILLED_BY & vals.keys()
        if names:
            self._refuse_beside_amendments(names)
        result = super().write(vals)
        if names:
            self._refuse_beside_amendments(names)  # a draft's line that came here, a note that bills now
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_by_amendment(self):
        self._refuse_beside_amendments()

    def _refuse_beside_amendments(self, names=()):
        """Refuse to add or delete lines of started contracts by hand, or to change the fields ``names`` of them."""
        if self._is_unguarded():
            return
        for line in self.filtered(lambda line: line.contract_id.state != 'draft' and not line.display_type):
            if line.kind == 'usage' and names:
                line._refuse_change_of_usage(names)
            texts = {
                'contract': line.contract_id.name,
                'state': line.contract_id._state_label(line.contract_id.state).lower(),
                'line': line._first_words(),
                'remedy': line.contract_id._remedy_by_amendment(),
            }
            if not names:
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is %(state)s: line %(line)s can no longer be added or deleted by hand. "
                        "%(remedy)s",
                        **texts,
                    ),
                )
            raise UserError(
                self.env._(
                    "Contract %(contract)s is %(state)s: %(fields)s of line %(line)s can no longer be typed over. "
                    "%(remedy)s",
                    fields=line._labels(names),
                    **texts,
                ),
            )
