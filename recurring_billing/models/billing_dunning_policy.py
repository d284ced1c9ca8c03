from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.dunning_ladder import Level

AUDIENCE = {'business': 'business', 'public': 'business', 'consumer': 'consumer', 'nonpro': 'consumer'}
_LOCKED = frozenset({'audience', 'company_id', 'level_ids'})


class BillingDunningPolicy(models.Model):
    """How late customers are reminded, step by step. What is in force never changes: a new version replaces it, and the
    cases that began under the old one end under it."""

    _name = 'billing.dunning.policy'
    _description = "Reminder Policy"
    _inherit = ['billing.state.mixin']
    _order = 'name, version desc, id desc'
    _check_company_auto = True
    _guarded = frozenset({'state', 'version', 'origin_id'})
    _transitions = {'in_force': ('draft',), 'replaced': ('in_force',)}

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', help="Leave empty to use the policy in all companies.")
    currency_id = fields.Many2one('res.currency', compute='_compute_currency_id')
    audience = fields.Selection(
        [('business', "Businesses and public buyers"), ('consumer', "Consumers and non-professionals")],
        "For",
        required=True,
        default='business',
        help="Customers of the other kind are never reminded by this policy, wherever it is chosen: less is "
        "allowed with consumers.",
    )
    state = fields.Selection(
        [('draft', "Draft"), ('in_force', "In force"), ('replaced', "Replaced")],
        default='draft',
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False)
    origin_id = fields.Many2one(
        'billing.dunning.policy',
        "First Version",
        readonly=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
    )
    current_id = fields.Many2one(
        'billing.dunning.policy', "Version in Force", compute='_compute_current_id', compute_sudo=True
    )
    level_ids = fields.One2many('billing.dunning.level', 'policy_id', "Levels", copy=True)
    faults = fields.Text(compute='_compute_faults')

    _one_version_in_force = models.UniqueIndex(
        "(COALESCE(origin_id, id)) WHERE state = 'in_force'", "One version of a reminder policy is in force at a time."
    )
    _one_draft = models.UniqueIndex(
        "(COALESCE(origin_id, id)) WHERE state = 'draft'", "A reminder policy has one draft at a time."
    )

    @api.depends('company_id')
    def _compute_currency_id(self):
        for policy in self:
            policy.currency_id = (policy.company_id or self.env.company).currency_id

    @api.depends('origin_id', 'state', 'active')
    def _compute_current_id(self):
        first = {policy: (policy.origin_id or policy)._origin.id for policy in self}
        ids = [*first.values()]
        in_force = self.search([('state', '=', 'in_force'), '|', ('id', 'in', ids), ('origin_id', 'in', ids)])
        current = {(policy.origin_id or policy).id: policy for policy in in_force}
        for policy in self:
            policy.current_id = current.get(first[policy])

    def _compute_faults(self):
        for policy in self:
            policy.faults = "\n".join(policy._faults()) if policy.level_ids else False

    def write(self, vals):
        if _LOCKED & vals.keys():
            self._require_draft()
        result = super().write(vals)
        if {'state', 'active'} & vals.keys():
            self.invalidate_model(['current_id'])  # of all versions, whichever was written
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._require_draft()

    def action_put_in_force(self):
        """Use this version from now on; the one before stays with the cases that began under it."""
        self._require_state('draft')
        for policy in self:
            if faults := policy._faults():
                raise UserError("\n".join([self.env._("%s cannot be put in force:", policy.display_name), *faults]))
            policy.current_id._set_state('replaced')
            policy.flush_model(['state'])  # the indices allow one in force and one draft at any moment
            policy._set_state('in_force')
            policy.flush_model(['state'])

    def action_new_version(self):
        """Open the draft of the next version, made from this one where there is none yet."""
        self.ensure_one()
        first = self.origin_id or self
        family = self.with_context(active_test=False).search(['|', ('id', '=', first.id), ('origin_id', '=', first.id)])
        draft = family.filtered(lambda version: version.state == 'draft')
        if not draft:
            self._require_state('in_force')
            values = {'origin_id': first.id, 'version': max(family.mapped('version')) + 1}
            draft = self._unguarded().copy(values).with_env(self.env)
        return draft._get_records_action()

    @api.model
    def _for(self, company, partner, contract=None):
        """The version in force by which ``partner`` is reminded in ``company``; none where nothing fits.

        The first that is chosen of: the contract, the customer, the contract's plan, the customer's tags in their
        order, the company; else the one that is shipped. One of another company, or for another kind of customer, is
        passed over.
        """
        customer = partner.commercial_partner_id
        audience = AUDIENCE[customer.billing_party_kind or 'consumer']
        for policy in self._chosen(company, customer, contract, audience):
            current = policy.sudo().current_id  # one of another company may stand on a shared customer
            if current.audience == audience and (not current.company_id or current.company_id in company.parent_ids):
                return current.sudo(False)
        return self.browse()

    @api.model
    def _chosen(self, company, customer, contract, audience):
        """What is chosen for a customer, first what counts first; one after the other."""
        if contract:
            yield contract.dunning_policy_id
        yield customer.billing_dunning_policy_id
        if contract:
            yield contract.plan_id.dunning_policy_id
        for tag in customer.category_id.sorted('name'):
            yield tag.billing_dunning_policy_id
        is_business = audience == 'business'
        yield company.billing_dunning_policy_id if is_business else company.billing_dunning_consumer_policy_id
        shipped = f'recurring_billing.dunning_policy_{audience}'
        # `env.ref` asks the database at each call; one that is in force is never deleted
        yield self.browse(self.env['ir.model.data'].sudo()._xmlid_to_res_id(shipped) or [])

    def _ladder(self):
        """The levels as `tools.dunning_ladder` takes them."""
        self.ensure_one()
        return [
            Level(level.days, level.min_days, Decimal(str(self.currency_id.round(level.min_amount))))
            for level in self.level_ids.sorted()
        ]

    def _require_draft(self):
        for policy in self:
            if policy.state != 'draft':
                raise UserError(
                    self.env._(
                        "Reminder policy %s is not a draft: cases that began under it keep its levels. Use “New "
                        "Version” and change that one.",
                        policy.display_name,
                    ),
                )
