from odoo import api, models
from odoo.exceptions import UserError


class BillingStateMixin(models.AbstractModel):
    """One door for the field `state`: it changes by `_set_state` only, along `_transitions`."""

    _name = 'billing.state.mixin'
    _description = "State Behind One Door"
    _inherit = ['billing.guard.mixin']

    _guarded = frozenset({'state'})
    _transitions = {}  # wanted state: the states from which it may be reached

    @api.model_create_multi
    def create(self, vals_list):
        first = self._fields['state'].default(self)
        for vals in vals_list:
            given = {**self._guarded_defaults(), 'state': first, **vals}
            self._refuse_guarded({name: value for name, value in given.items() if (name, value) != ('state', first)})
        # given here, so that a default of the caller's context begins nowhere else
        vals_list = [{'state': first, **vals} for vals in vals_list]
        return super(BillingStateMixin, self._unguarded()).create(vals_list).with_env(self.env)

    def _set_state(self, state):
        """Bring all these records to ``state``.

        :raises UserError: names the first record that cannot get there from where it is; none is changed then
        """
        for record in self:
            if fault := record._state_fault(state):
                raise UserError(fault)
        self._unguarded().write({'state': state})

    def _state_fault(self, state):
        """Why this record cannot become ``state``, or None."""
        self.ensure_one()
        if self.state in self._transitions[state]:
            return None
        return self.env._(
            "%(record)s is “%(state)s” and cannot become “%(wanted)s”.",
            record=self._state_subject(),
            state=self._state_label(self.state),
            wanted=self._state_label(state),
        )

    def _require_state(self, *states):
        """Refuse a step that needs one of ``states``."""
        for record in self:
            if fault := record._step_fault(*states):
                raise UserError(fault)

    def _step_fault(self, *states):
        """Why this record cannot take a step that needs one of ``states``, or None."""
        self.ensure_one()
        if self.state in states:
            return None
        return self.env._(
            "%(record)s is “%(state)s”: this step is only possible while it is “%(wanted)s”.",
            record=self._state_subject(),
            state=self._state_label(self.state),
            wanted=" / ".join(map(self._state_label, states)),
        )

    def _state_subject(self):
        """How an error names this record: kind and name."""
        self.ensure_one()
        return f"{self.env['ir.model']._get(self._name).name} {self.display_name}"

    def _state_label(self, state):
        return dict(self._fields['state']._description_selection(self.env))[state]
