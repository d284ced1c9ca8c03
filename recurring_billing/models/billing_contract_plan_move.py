from odoo import fields, models
from odoo.tools import float_compare

from .billing_commitment_mixin import COMMITMENT_TERMS
from .billing_notice_mixin import NOTICE_TERMS
from .billing_revision_mixin import REVISION_TERMS

AGREED_TERMS = (*COMMITMENT_TERMS, *NOTICE_TERMS)

# What of a running contract can follow its plan, each by choice, in the order in which it is done.
PARTS = ('frequency', 'prices', 'lines', 'ended', 'terms', 'revision')
FOLLOWED = {'prices': ('price_unit', 'discount'), 'lines': ('product_id', 'name', 'tax_ids')}


class BillingContract(models.Model):
    """How a running contract follows a new version of its plan, and what of it was negotiated."""

    _inherit = 'billing.contract'

    def _follow_plan(self, day, today, parts=PARTS):
        """Bring ``parts`` of this running contract to what its plan says now, from ``day`` on.

        :return: the amendments, empty where nothing differs
        """
        amendments = self.env['billing.amendment']
        if 'frequency' in parts and (change := self._plan_frequency(day)):
            amendments |= self._amend('frequency', day, today, **change)
        differences = self._plan_differences(day, parts)
        if any(differences.values()):
            amendments |= self._amend('plan', day, today, **differences)
        return amendments

    def _plan_frequency(self, day):
        """The change to the plan's own frequency, as arguments of `_amend`; None while the plan offers that of ``day``.

        Prices follow the length of the period; those of the plan come after them.
        """
        if self._plan_factor(day):
            return None
        return {'terms': {'recurrence': list(self.plan_id._own_recurrence())}}

    def _plan_differences(self, day, parts=PARTS, *, is_refit=False):
        """How ``parts`` of this contract differ on ``day`` from what its plan says now, as arguments of `_amend`.

        Quantities and lines of the customer's own stay. Prices stay where the plan does not offer the frequency,
        unless the contract moves to the plan's own one as well (``is_refit``).
        """
        self.ensure_one()
        versions = [(item, version) for item, version in self._versions_on(day) if version.kind == 'recurring']
        lines = [(item, wanted) for item, version in versions if (wanted := version._plan_wanted(day, parts, is_refit))]
        if 'ended' in parts:
            lines += [(item, None) for item, _version in versions if item._is_dropped_by_plan()]
        names = [*(AGREED_TERMS if 'terms' in parts else ()), *(REVISION_TERMS if 'revision' in parts else ())]
        terms = {name: self.plan_id._plain_term(name) for name in names}
        terms = {name: value for name, value in terms.items() if value != self._plain_term(name)}
        if set(REVISION_TERMS) & terms.keys() or any('price_unit' in (wanted or ()) for _item, wanted in lines):
            terms |= self._revision_base_on(day, terms)
        return {'lines': lines, 'added': self._plan_added(day) if 'lines' in parts else [], 'terms': terms}

    def _versions_on(self, day):
        """[(line known by its first version, the version of ``day``)] of what this contract owes then."""
        items = self.line_ids.filtered(lambda line: not line.root_id and not line.display_type and line.kind != 'setup')
        versions = ((item, item._version_on(day)) for item in items)
        return [(item, version) for item, version in versions if version]

    def _plan_added(self, day):
        """Values of the lines that the plan has and this contract, which took others of it, does not."""
        items = self.line_ids.filtered(lambda line: line.kind == 'recurring' and not line.root_id and line.plan_copy)
        missing = self.plan_id.line_ids.filtered(lambda line: line.kind == 'recurring') - items.plan_line_id
        return [self._plan_line_values(line, day) for line in missing] if items else []

    def _plan_line_values(self, plan_line, day):
        """Values of the line that this running contract takes from ``plan_line`` on ``day``, with its price."""
        values = plan_line._contract_values()
        line = self.env['billing.contract.line'].new({**values, 'contract_id': self.id})
        return {**values, 'price_unit': line._plan_price(day)}

    def _revision_base_on(self, day, terms):
        """Where revisions start from when prices or their ``terms`` are agreed anew on ``day``, as terms."""
        new = {name: terms.get(name, self._plain_term(name)) for name in REVISION_TERMS}
        if new['revision'] == 'none':
            return {}
        index = self.env['billing.index'].browse(new['revision_index_id'] or ())
        month = index and index._month_of(day, max(new['revision_lag'], 0))
        wanted = {
            'revision_agreed_on': fields.Date.to_string(day),
            'revision_base_month': fields.Date.to_string(month) if month else False,
            'revision_base': index._value_on(month).value if month else 0.0,
        }
        return {name: value for name, value in wanted.items() if value != self._plain_term(name)}

    def _plan_texts(self, day):
        """{part: sentences} of where this contract differs on ``day`` from what its plan says now."""
        self.ensure_one()
        texts = {}
        if change := self._plan_frequency(day):
            texts['frequency'] = self._sentences_of(self._term_changes(change['terms'], day), day)
        for part in PARTS[1:]:
            differences = self._plan_differences(day, (part,), is_refit='frequency' in texts)
            changes = self._changes(day, differences['lines'], differences['terms'], ended=())
            sentences = self._sentences_of(changes, day)
            sentences += [self._added_text(values) for values in differences['added']]
            if sentences:
                texts[part] = sentences
        return texts

    def _sentences_of(self, changes, day):
        """``changes``, values of `billing.amendment.change`, in words."""
        amendment = self.env['billing.amendment'].new({'contract_id': self.id, 'date': day})
        rows = self.env['billing.amendment.change'].browse()
        return [rows.new({**change, 'amendment_id': amendment})._sentence() for change in changes]

    def _added_text(self, values):
        line = self.env['billing.contract.line'].new({**values, 'contract_id': self.id})
        return self.env['billing.amendment']._added_sentence(line)

    # === WHAT WAS NEGOTIATED === #

    def _negotiated_parts(self, day):
        """Those of `PARTS` of which this contract agrees something else than its plan said when it was copied."""
        self.ensure_one()
        copy = self.plan_copy or {}
        found = {
            'frequency': self._is_negotiated('recurrence', copy),
            'terms': any(self._is_negotiated(name, copy) for name in AGREED_TERMS),
            'revision': any(self._is_negotiated(name, copy) for name in REVISION_TERMS),
        }
        items = [item for item, _version in self._versions_on(day) if item.plan_copy]
        for part, names in (('prices', FOLLOWED['prices']), ('lines', ('product_id',))):
            found[part] = any(item._is_negotiated(name) for item in items for name in names)
        return {part for part, is_negotiated in found.items() if is_negotiated}

    def _is_negotiated(self, name, copy):
        changes = self._changes_of(name).filtered(lambda change: not change.line_id)
        if name == 'recurrence':
            first = list(self._first_frequency())
            return first != copy.get(name, first) or any(change._is_by_hand() for change in changes)
        if changes:
            return changes[-1]._is_by_hand()
        return name in copy and self._plain_term(name) != copy[name]

    def _changes_of(self, name):
        """The changes of the value ``name`` that count, in the order in which they were decided."""
        return self.amendment_ids._applied().change_ids.filtered(lambda change: change.name == name)


class BillingContractLine(models.Model):
    """What of a line follows the plan that it came from, and what was negotiated."""

    _inherit = 'billing.contract.line'

    def _plan_wanted(self, day, parts, is_refit):
        """{name: value} of what the plan says otherwise for ``day`` than this version (see `_plan_differences`)."""
        self.ensure_one()
        plan_line = self.plan_line_id
        if not plan_line:
            return {}
        wanted = {'discount': plan_line.discount}
        if self.product_id != plan_line.product_id:
            other = self.new({**plan_line._contract_values(), 'contract_id': self.contract_id.id})
            wanted |= {name: other._plain(name) for name in FOLLOWED['lines']}
        is_offered = is_refit or self.contract_id._plan_factor(day)
        if plan_line.price_from == 'fixed' and not self.is_price_listed and is_offered:
            wanted['price_unit'] = self._plan_price(day)
        agreed = self._agreed()
        if is_refit:
            agreed['price_unit'] *= self._length_factor(day, self.contract_id.plan_id._own_recurrence())
        names = [name for part in ('prices', 'lines') if part in parts for name in FOLLOWED[part]]
        return {name: wanted[name] for name in names if name in wanted and wanted[name] != agreed[name]}

    def _is_dropped_by_plan(self):
        """Whether this line came from the plan, which no longer has it."""
        self.ensure_one()
        return bool(self.plan_copy) and not self.plan_line_id

    def _is_negotiated(self, name):
        """Whether the value ``name`` of this line is neither what the plan said nor what followed from it."""
        self.ensure_one()
        for change in self.contract_id._changes_of(name).filtered(lambda change: change.line_id == self)[::-1]:
            if change._is_by_hand():
                return True
            if change.amendment_id.kind == 'plan':
                return False
        agreed, copied = self._plain(name), self.plan_copy[name]
        return bool(float_compare(agreed, copied, precision_digits=6)) if name != 'product_id' else agreed != copied


class BillingAmendmentChange(models.Model):
    _inherit = 'billing.amendment.change'

    def _is_by_hand(self):
        """Whether a person agreed this value: neither a plan nor an index, nor the length of other periods, says it."""
        self.ensure_one()
        amendment = self.amendment_id
        if amendment.kind == 'frequency' and self.name == 'price_unit':
            recurrence = amendment.change_ids.filtered(lambda change: change.name == 'recurrence').new_value
            before = fields.Date.subtract(amendment.date, days=1)
            price = self.old_value * self.line_id._length_factor(before, tuple(recurrence))
            return bool(float_compare(self.new_value, price, precision_rounding=self.line_id.currency_id.rounding))
        if amendment.kind == 'frequency' and self.name == 'recurrence':
            return not amendment.contract_id.plan_id._factor(*self.new_value)
        return amendment.kind not in ('plan', 'indexation')
