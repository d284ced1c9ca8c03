from itertools import chain

from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..tools.versions import versions
from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_notice_mixin import NOTICE_TERMS
from .billing_revision_mixin import REVISION_BASE, REVISION_TERMS

# of the contract itself, by the latest amendment
TERMS = ('date_end', 'payment_method_line_id', 'mandate_id', *COMMITMENT_TERMS, *NOTICE_TERMS)
REPLAYED = (*TERMS, *REVISION_TERMS, *REVISION_BASE)


class BillingContract(models.Model):
    """How a running contract changes: an amendment is written down, and what is agreed is replayed from all of them."""

    _inherit = 'billing.contract'

    amendment_ids = fields.One2many('billing.amendment', 'contract_id', "Amendments", readonly=True, copy=False)
    amendment_count = fields.Integer(compute='_compute_amendment_count')
    change_count = fields.Integer(readonly=True, copy=False, help="Written by each change: of two at once, one fails.")

    def _compute_amendment_count(self):
        counts = self.env['billing.amendment']._read_group(
            [('contract_id', 'in', self.ids)], ['contract_id'], ['__count']
        )
        counts = {contract.id: count for contract, count in counts}
        for contract in self:
            contract.amendment_count = counts.get(contract.id, 0)

    def _amend(self, kind, day, today, *, lines=(), added=(), terms=None, discounts=(), ended=(), **values):
        """Write down what changes from ``day`` on, and bring lines, periods and state in line with it.

        Nothing is invoiced here: what is owed otherwise now is what the next run finds.

        :param lines: list of (line, {name: value}): what a line becomes; None ends it before ``day``
        :param added: list of values of new lines, owed from ``day`` on
        :param terms: {name: value} of the contract itself (see `REPLAYED`, and 'recurrence' as [unit, interval], which
            prices and amounts off a period follow by themselves, but for a price that ``lines`` gives)
        :param discounts: list of values of new discounts
        :param ended: discounts that end before ``day``
        :raises UserError: where it would change nothing, or may not (see `_check_amendment`)
        """
        self.ensure_one()
        self._hold_for_change()
        terms = terms or {}
        if 'recurrence' in terms:
            ended_meters, new_meters = self._meters_by_frequency(day, terms['recurrence'], lines)
            lines, added = [*lines, *ended_meters], [*added, *new_meters]
        self._check_amended_days(kind, day, today, values)
        self._check_holds_at_once(kind, day, today, terms)
        changes = self._changes(day, lines, terms, ended)
        is_empty = not (changes or added or discounts or kind in ('pause', 'resume', 'renewal', 'indexation'))
        self._check_amendment(kind, day, is_empty=is_empty)
        self._refuse_without_effect(kind, day, lines)
        self._check_later_frequency(kind, day, changes, added)
        if 'recurrence' in terms:
            self._check_begins_new_period(day, *terms['recurrence'])
            values |= self._length_factors(day, terms['recurrence'], self.plan_id)
        amendment = self._write_amendment(
            kind,
            day,
            change_ids=[Command.create(change) for change in changes],
            discount_ids=[Command.create({**given, 'contract_id': self.id}) for given in discounts],
            **values,
        )
        self._add_lines(added, amendment)
        self._replay(today)
        self._check_terms_hold(kind, today, terms)
        amendment._write_down()
        return amendment.with_env(self.env)

    def _undo(self, amendment, today):
        """Take ``amendment`` of this contract back by one of its own: what was agreed before holds again."""
        self.ensure_one()
        if amendment.kind == 'undo':
            raise UserError(
                self.env._("%s takes a change back: make the change again instead.", amendment.display_name),
            )
        self._hold_for_change()
        self._check_amendment('undo', amendment.date)
        if amendment.kind == 'frequency':
            self._check_frequency_undone(amendment)
        undoing = self._write_amendment('undo', amendment.date, undoes_id=amendment.id)
        amendment._set_state('undone')
        self._replay(today)
        undoing._write_down()
        return undoing.with_env(self.env)

    def _write_amendment(self, kind, day, **values):
        return self.env['billing.amendment']._unguarded().create(self._amendment_values(kind, day, **values))

    def _amendment_values(self, kind, day, **values):
        self.ensure_one()
        return {**values, 'contract_id': self.id, 'kind': kind, 'date': day, 'mrr_before': self._mrr_on(day)}

    def _hold_for_change(self):
        """Keep these contracts from being changed by anybody else until this transaction ends.

        They are written: whoever read them before that commit is told to read them again, and does not change what is
        not so any more.

        :raises UserError: somebody changes or bills one of them now
        """
        if taken := self - self.try_lock_for_update():
            raise UserError(
                self.env._(
                    "Contract %s is being changed or billed by somebody else at this moment. Wait until that is done, "
                    "look at its amendments, and try again.",
                    ", ".join(taken.mapped('name')),
                ),
            )
        for contract in self._unguarded():
            contract.change_count += 1
        self.flush_recordset(['change_count'])

    # === WHAT CHANGES === #

    def _changes(self, day, lines, terms, ended):
        """Values of the changes of an amendment; prices follow another frequency by themselves (see `_amend`)."""
        agreed = list(self._term_changes(terms, day))
        is_other_length = any(change['name'] == 'recurrence' for change in agreed)
        scalings = self._scalings(day, terms['recurrence'], lines) if is_other_length else {}
        ends = [{'discount_id': discount.id, 'name': 'end'} for discount in ended]
        return [*chain(*scalings.values()), *self._line_changes(lines, day, scalings), *agreed, *ends]

    def _line_changes(self, lines, day, scalings):
        """
        :param scalings: {line: changes} by which prices follow another frequency of that day
        """
        for line, wanted in lines:
            item = line._item()
            version = item._version_on(day)
            row = {'line_id': item.id}
            if wanted is None:
                yield {**row, 'name': 'end', 'old_value': None, 'new_value': None}
                continue
            if item.kind == 'usage':
                item._refuse_change_of_usage(wanted)
            version = version or item
            old = version._agreed()
            shown = {**old, 'price_unit': version._price_on(day)}
            if scaling := scalings.get(item):
                old |= {'is_price_listed': False, 'price_unit': scaling[-1]['new_value']}
                shown = old
                if 'price_unit' in wanted:
                    wanted = {**wanted, 'price_unit': item._scaled_price(wanted['price_unit'], 1.0)}
            if old['is_price_listed'] and 'price_unit' in wanted:
                wanted = {'is_price_listed': False, **wanted}
            for name, value in wanted.items():
                if value != old[name]:
                    yield {**row, 'name': name, 'old_value': shown[name], 'new_value': value}

    def _term_changes(self, terms, day):
        for name, value in terms.items():
            if name == 'recurrence':
                recurrence = self._recurrence_on(day)
                old = [recurrence.unit, recurrence.interval]
            else:
                old = self._plain_term(name)
            if value != old:
                yield {'name': name, 'old_value': old, 'new_value': value}

    def _add_lines(self, added, amendment):
        last = max(self.line_ids.mapped('sequence'), default=0)
        fixed = {'contract_id': self.id, 'amendment_id': amendment.id}
        self.env['billing.contract.line']._unguarded().create(
            [
                {'date_start': amendment.date, 'sequence': last + 10 * number, **values, **fixed}
                for number, values in enumerate(added, start=1)
            ],
        )

    # === WHAT IS AGREED === #

    def _replay(self, today):
        """Bring this contract in line with its amendments, from the first to the last."""
        self.ensure_one()
        self._replay_lines()
        self._replay_terms()
        self._replan(today)
        self._follow_meters()
        self._turn(today)
        self.period_ids.filtered('error').action_retry()  # what blocked them may be what was changed

    def _replay_lines(self):
        touched = self.amendment_ids.change_ids.line_id | self.amendment_ids.line_ids
        if any(amendment.kind == 'frequency' for amendment in self.amendment_ids):
            touched |= self._recurring_versions()
        for item in touched.filtered(lambda line: not line.root_id):
            is_undone = item.amendment_id.state == 'undone'
            item._materialise([] if is_undone else versions(item._agreed(), item._steps()))

    def _replay_terms(self):
        """Each term is what its latest amendment says, or what the first one found."""
        ever = self.amendment_ids.change_ids.filtered(lambda change: change.name in REPLAYED).sorted('id')
        wanted = {}
        for name, rows in ever.grouped('name').items():
            counting = rows.filtered(lambda row: row.amendment_id.state == 'applied')
            value = counting[-1].new_value if counting else rows[0].old_value
            if self._plain_term(name) != value:
                wanted[name] = value
        if wanted:
            self._unguarded().write(wanted)  # at once: some of them need each other
