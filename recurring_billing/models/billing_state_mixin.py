from odoo import api, models
from odoo.exceptions import UserError

DOOR = object()  # cannot be sent by a client: only our own code opens the door


class BillingStateMixin(models.AbstractModel):
    """One door for the field `state`: it changes by `_set_state` only, along `_transitions`."""

    _name = 'billing.state.mixin'
    _description = "State Behind One Door"

    _transitions = {}  # wanted state: the states from which it may be reached

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('state', self._first_state()) != self._first_state():
                raise UserError(self._state_refusal())
        return super().create(vals_list)

    def write(self, vals):
        if 'state' in vals and self.env.context.get('billing_door') is not DOOR:
            raise UserError(self._state_refusal())
        return super().write(vals)

    def _set_state(self, state):
        """Bring all these records to ``state``.

        :raises UserError: names the first record that cannot get there from where it is; none is changed then
        """
        for record in self:
            if record.state not in self._transitions[state]:
                raise UserError(
                    self.env._(
                        "%(record)s is “%(state)s” and cannot become “%(wanted)s”.",
                        record=record._state_subject(),
                        state=self._state_label(record.state),
                        wanted=self._state_label(state),
                    ),
                )
        self.with_context(billing_door=DOOR).write({'state': state})

    def _require_state(self, *states):
        """Refuse a step that needs one of ``states``."""
        for record in self:
            if record.state not in states:
                raise UserError(
                    self.env._(
                        "%(record)s is “%(state)s”: this step is only possible while it is “%(wanted)s”.",
                        record=record._state_subject(),
                        state=self._state_label(record.state),
                        wanted=" / ".join(map(self._state_label, states)),
                    ),
                )

    def _state_subject(self):
        """How an error names this record: kind and name."""
        self.ensure_one()
        return f"{self.env['ir.model']._get(self._name).name} {self.display_name}"

    def _state_label(self, state):
        return dict(self._fields['state']._description_selection(self.env))[state]

    def _first_state(self):
        return self._fields['state'].default(self) if self._fields['state'].default else None

    def _state_refusal(self):
        return self.env._("The state of a record changes by its buttons only, which check and log each step.")
