from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .billing_contract_line_version import AGREED
from .billing_contract_terms_change import PAYMENT

# The kind of an amendment that changes one thing of one line.
KIND_OF = {'product_id': 'product', 'quantity': 'quantity', 'price_unit': 'price', 'discount': 'discount'}
ADDED = {*AGREED, 'kind', 'analytic_distribution', 'sequence'}


class BillingContract(models.Model):
    """How people and other systems change a running contract, and what of it is in effect."""

    _inherit = 'billing.contract'

    effective_line_ids = fields.Many2many(
        'billing.contract.line', string="Agreed Lines", compute='_compute_effective_line_ids'
    )
    ended_line_ids = fields.Many2many(
        'billing.contract.line', string="Ended Lines", compute='_compute_effective_line_ids'
    )

    @api.depends('line_ids.effect')
    def _compute_effective_line_ids(self):
        for contract in self:
            ended = contract.line_ids.filtered(lambda line: not line.display_type and line.effect in ('past', 'void'))
            contract.ended_line_ids = ended.filtered(lambda line: line.effect == 'past')
            contract.effective_line_ids = contract.line_ids - ended

    # === ACTION METHODS === #

    def action_change(self):
        """Open the dialog that changes lines, frequency or way of payment."""
        return self._open_change('change', self.env._("Change"))

    def action_pause(self):
        return self._open_change('pause', self.env._("Pause"))

    def action_resume(self):
        return self._open_change('resume', self.env._("Resume"))

    def _open_change(self, what, title):
        self.ensure_one()
        self._require_state('running', 'paused')
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_contract_change_action')
        context = {'default_contract_id': self.id, 'default_action': what, 'dialog_size': 'extra-large'}
        return {**action, 'name': f"{title} · {self.name} · {self.partner_id.display_name}", 'context': context}

    def action_amendments(self):
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_amendment_action')
        return {**action, 'domain': [('contract_id', '=', self.id)], 'context': {}}

    # === BUSINESS METHODS === #

    def change(self, values):
        """Change this running contract for another system.

        :param values: ``date``, the first day of the change; ``lines``: list of ``{'id': …, name: value}``, or
            ``{'id': …, 'end': true}`` for one that is not owed from that day on; ``added``: list of values of new
            lines; ``reason``; ``external_reference``: the other system's own name of the change, with which the same
            call again changes nothing
        :return: id of the amendment
        """
        self.ensure_one()
        self._refuse_unknown(values, {'date', 'lines', 'added', 'reason', 'external_reference'})
        reference = values.get('external_reference') or False
        known = reference and self.amendment_ids.filtered(lambda row: row.external_reference == reference)
        if known:
            return known.id
        if not values.get('date'):
            raise UserError(self.env._("Contract %s: give the first day of the change, “date”.", self.name))
        amendment = self._change(
            fields.Date.to_date(values['date']),
            fields.Date.context_today(self),
            lines=[self._line_from_outside(dict(line)) for line in values.get('lines', ())],
            added=[self._added_from_outside(line) for line in values.get('added', ())],
            reason=values.get('reason'),
            external_reference=reference,
        )
        return amendment.id

    def _change(self, day, today, *, lines=(), added=(), terms=None, **values):
        """Amend this contract, by an amendment of the kind that its changes are (see `_amend`)."""
        kind = self._kind_of(lines, added, terms or {})
        return self._amend(kind, day, today, lines=lines, added=added, terms=terms, **values)

    @api.model
    def _kind_of(self, lines, added, terms):
        if 'recurrence' in terms:
            return 'frequency'
        kinds = ['payment'] if PAYMENT & terms.keys() else []
        kinds += ['terms'] if terms.keys() - PAYMENT else []
        kinds += ['new_line' for _values in added]
        for _line, wanted in lines:
            names = [name for name in KIND_OF if name in (wanted or ())]
            is_swap = 'product_id' in names  # with the name and price of the new product
            single = KIND_OF[names[0]] if is_swap or (wanted and len(wanted) == len(names) == 1) else 'lines'
            kinds.append('end_line' if wanted is None else single)
        return kinds[0] if len(kinds) == 1 else 'lines'

    def _items_on(self, day):
        """The lines that go on and are in effect on ``day``, each known by its first version."""
        lines = self.line_ids.filtered(lambda line: line.kind != 'setup' and not line.display_type)
        effective = lines.filtered(lambda line: day and line._is_in_effect(day))
        return effective.browse(line._item().id for line in effective)

    # === VALUES FROM OUTSIDE === #

    def _line_from_outside(self, values):
        wanted = values.pop('id', None)
        line = self.line_ids.filtered(lambda line: line.id == wanted)
        if not line or line.display_type or line.kind == 'setup':
            raise UserError(
                self.env._(
                    "Contract %s: the “id” of a line is not that of a line of this contract that bills each period. "
                    "Read them in “effective_line_ids”.",
                    self.name,
                ),
            )
        if values.get('end') is True and len(values) == 1:
            return line, None
        self._refuse_unknown(values, AGREED)
        if 'product_id' in values and 'product_uom_id' not in values:
            values['product_uom_id'] = self.env['product.product'].browse(values['product_id']).uom_id.id
        return line, values

    def _added_from_outside(self, values):
        self._refuse_unknown(values, ADDED)
        taxes = {'tax_ids': [Command.set(values['tax_ids'])]} if 'tax_ids' in values else {}
        return {**values, **taxes}

    def _refuse_unknown(self, values, known):
        if unknown := values.keys() - set(known):
            raise UserError(
                self.env._(
                    "Contract %(contract)s: a change has no %(unknown)s. Known are: %(known)s.",
                    contract=self.name,
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(sorted(known)),
                ),
            )
