from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

DOOR = object()  # cannot be sent by a client: only our own code opens the door


class BillingGuardMixin(models.AbstractModel):
    """Fields that only our own code writes: what was computed, sent, booked or proved is not typed over.

    `readonly` binds the screens alone; this binds every caller. What a model names in `_guarded` is guarded, and each
    stored field of ours that is computed and readonly; those of core are core's to guard.
    """

    _name = 'billing.guard.mixin'
    _description = "Guarded Fields"

    _guarded = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_guarded(set(self._guarded_defaults()).union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_guarded(vals)
        return super().write(vals)

    def _unguarded(self):
        """These records for a write of our own code."""
        return self.with_context(billing_door=DOOR)

    @ormcache()
    def _guarded_names(self):
        """What is guarded on this model."""
        computed = (
            name
            for name, field in self._fields.items()
            if 'recurring_billing' in field._modules
            and (field.store and field.readonly and (field.compute or field.related))
        )
        return self._guarded.union(computed)

    def _guarded_defaults(self):
        """Defaults of the caller's context for guarded fields: values typed over by another way."""
        defaults = ((name, self.env.context.get(f'default_{name}')) for name in self._guarded_names())
        return {name: value for name, value in defaults if value}

    def _is_unguarded(self):
        return self.env.context.get('billing_door') is DOOR

    def _refuse_guarded(self, names):
        """Refuse those of the fields ``names`` that are guarded, unless our own code asks."""
        touched = self._guarded_names().intersection(names)
        if touched and not self._is_unguarded():
            raise UserError(
                self.env._(
                    "%(model)s: %(fields)s cannot be entered or changed by hand. Use the buttons, which check and log "
                    "each step.",
                    model=self.env['ir.model']._get(self._name).name,
                    fields=self._labels(touched),
                ),
            )

    def _labels(self, names):
        """How the screens call the fields ``names``, in one text."""
        return ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
