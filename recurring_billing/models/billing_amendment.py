from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..tools.decimals import decimals
from ..tools.versions import Pause, Resumption

KINDS = [
    ('new_line', "New line"),
    ('quantity', "Quantity"),
    ('price', "Price"),
    ('discount', "Discount"),
    ('product', "Product"),
    ('end_line', "End of a line"),
    ('lines', "Several changes"),
    ('frequency', "Frequency"),
    ('pause', "Pause"),
    ('resume', "Resumption"),
    ('indexation', "Price revision"),
    ('renewal', "Renewal"),
    ('termination', "Termination"),
    ('payment', "Way of payment"),
    ('terms', "Commitment and notice"),
    ('plan', "New version of the plan"),
    ('undo', "Undoing"),
]


class BillingAmendment(models.Model):
    """A change of a running contract from a day on: written down once, never altered, undone only by another one."""

    _name = 'billing.amendment'
    _description = "Contract Amendment"
    _inherit = ['billing.state.mixin']
    _order = 'contract_id, id desc'
    _check_company_auto = True
    _transitions = {'undone': ('applied',)}
    _guarded = frozenset(
        {
            'contract_id',
            'kind',
            'date',
            'date_until',
            'is_billed',
            'termination_reason_id',
            'notice_date',
            'change_ids',
            'line_ids',
            'discount_ids',
            'external_reference',
            'undoes_id',
            'state',
            'summary',
            'mrr_before',
            'mrr_after',
            'revision_date',
            'revision_ratio',
            'revision_limit',
            'index_value_id',
            'index_now',
            'index_base',
            'index_base_month',
            'length_factor',
            'plan_factor',
        },
    )

    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id', store=True, index=True)
    currency_id = fields.Many2one(related='contract_id.currency_id')
    kind = fields.Selection(KINDS, "Change", required=True, readonly=True)
    date = fields.Date("From", required=True, readonly=True, help="First day on which it holds.")
    date_until = fields.Date("Until", readonly=True, help="Last day of a pause. Empty: until it is resumed.")
    is_billed = fields.Boolean("Pause Is Billed", readonly=True)
    change_ids = fields.One2many('billing.amendment.change', 'amendment_id', "Changed Values", readonly=True)
    line_ids = fields.One2many('billing.contract.line', 'amendment_id', "Added Lines", readonly=True)
    discount_ids = fields.One2many('billing.discount', 'amendment_id', "Discounts Given", readonly=True)
    undoes_id = fields.Many2one('billing.amendment', readonly=True, index='btree_not_null')
    termination_reason_id = fields.Many2one('billing.termination.reason', readonly=True, ondelete='restrict')
    notice_date = fields.Date("Notice Received On", readonly=True)
    reason = fields.Text(help="Why it was agreed.")
    state = fields.Selection(
        [('applied', "Applied"), ('undone', "Undone")],
        "Status",
        default='applied',
        required=True,
        readonly=True,
        index=True,
    )
    external_reference = fields.Char(
        readonly=True, help="What another system calls this change; it makes it only once."
    )
    summary = fields.Text("What Changed", readonly=True)
    mrr_before = fields.Monetary("MRR Before", readonly=True)
    mrr_after = fields.Monetary("MRR After", readonly=True)

    _external_reference_unique = models.UniqueIndex(
        "(contract_id, external_reference) WHERE external_reference IS NOT NULL",
        "Another amendment of the contract has this external reference.",
    )

    @api.depends('kind', 'date', 'contract_id')
    def _compute_display_name(self):
        for amendment in self:
            kind = dict(self._fields['kind']._description_selection(self.env)).get(amendment.kind)
            amendment.display_name = f"{amendment.contract_id.name} · {kind} · {format_date(self.env, amendment.date)}"

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        for amendment in () if self._is_unguarded() else self:
            raise UserError(
                self.env._("%s belongs to the history of its contract: undo it instead.", amendment.display_name),
            )

    def action_undo(self):
        """Take these amendments back, each by an amendment of its own."""
        today = fields.Date.context_today(self)
        for amendment in self:
            amendment.contract_id._undo(amendment, today)
        return True

    def action_see_undo(self):
        """Show what it would do to take this amendment back, and ask."""
        self.ensure_one()
        values = {'contract_id': self.contract_id.id, 'action': 'undo', 'amendment_id': self.id}
        return self.env['billing.contract.change'].create(values).action_see_effect()

    def _notice(self):
        """The client action that says that this was done, with a link to it."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('recurring_billing.billing_amendment_action')
        params = {
            'type': 'success',
            'message': "%s",
            'links': [{'label': self.display_name, 'url': f"/odoo/action-{action['id']}/{self.id}"}],
            'next': {'type': 'ir.actions.act_window_close'},
        }
        return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': params}

    def _write_down(self):
        """Tell what these amendments, one of each contract, changed: in their own history and in the contract's."""
        bodies = {}
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for amendment in self:
            contract = amendment.contract_id
            summary = "\n".join(amendment._sentences())
            amendment._unguarded().write({'mrr_after': contract._mrr_on(amendment.date), 'summary': summary})
            day = format_date(self.env, amendment.date)
            head = self.env._("%(change)s from %(date)s", change=kinds[amendment.kind], date=day)
            text = Markup("<br/>").join(summary.splitlines())
            bodies[contract.id] = Markup("<p>%s</p><p>%s</p>") % (head, text)
        self.contract_id._message_log_batch(bodies)

    def _sentences(self):
        if self.undoes_id:
            yield self.env._("Undone: %s", self.undoes_id.display_name)
            yield from (self.undoes_id.summary or "").splitlines()
        if self.kind == 'pause':
            billed = self.env._("billed") if self.is_billed else self.env._("not billed")
            yield self.env._("Paused %(until)s, %(billed)s", until=self._until_text(self.date_until), billed=billed)
        if self.kind == 'resume':
            yield self.env._("Resumed on %s", format_date(self.env, self.date))
        if self.kind == 'renewal':
            last = format_date(self.env, self.contract_id.committed_until)
            yield self.env._("Renewed until %s", last)
        yield from map(self._added_sentence, self.line_ids.filtered(lambda line: not line.root_id))
        for discount in self.discount_ids:
            yield self.env._(
                "Discount %(discount)s %(until)s",
                discount=discount._text(),
                until=self._until_text(discount.date_until),
            )
        yield from (change._sentence() for change in self.change_ids)

    @api.model
    def _until_text(self, last):
        """“until” the day ``last``, or until further notice: words of their own, as languages join them otherwise."""
        return self.env._("until %s", format_date(self.env, last)) if last else self.env._("until further notice")

    @api.model
    def _added_sentence(self, line):
        if line.kind == 'usage':
            terms = "; ".join(line._usage_texts())
            return self.env._("Added: %(line)s by usage, %(terms)s", line=line._first_words(), terms=terms)
        return self.env._(
            "Added: %(quantity)s %(line)s at %(price)s",
            quantity=formatLang(self.env, line.quantity, digits=decimals(line.quantity)),
            line=line.name.splitlines()[0],
            price=line.currency_id._billing_price_text(line.price_unit),
        )

    def _applied(self):
        """Those of these amendments that count, in the order in which they were decided."""
        return self.filtered(lambda amendment: amendment.state == 'applied').sorted('id')

    def _pause_step(self):
        """This pause or resumption for `tools.versions.paused`."""
        self.ensure_one()
        if self.kind == 'resume':
            return Resumption(self.date)
        return Pause(self.date, self.date_until or None, self.is_billed)
