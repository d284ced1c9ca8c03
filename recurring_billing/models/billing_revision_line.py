from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .billing_contract_revision import MissingIndexValue


class BillingRevisionLine(models.Model):
    """One contract of a revision: what would become of its prices, then what became of them."""

    _name = 'billing.revision.line'
    _description = "Contract to Revise"
    _inherit = ['billing.worker']
    _order = 'revision_id, revision_date, contract_id, id'

    _guarded = frozenset(
        {
            'revision',
            'error',
            'revision_id',
            'contract_id',
            'revision_date',
            'index_id',
            'is_missing',
            'base_text',
            'now_text',
            'ratio',
            'limit',
            'amount_before',
            'amount_after',
            'mrr_change',
            'level',
            'remark',
            'outcome',
            'letter',
            'amendment_id',
        },
    )

    revision_id = fields.Many2one('billing.revision', "Price Revision", required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='revision_id.company_id', store=True, index=True)
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    state = fields.Selection(related='revision_id.state')
    contract_id = fields.Many2one('billing.contract', required=True, readonly=True, ondelete='cascade', index=True)
    partner_id = fields.Many2one(related='contract_id.partner_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    is_selected = fields.Boolean("Revise", default=True)
    revision_date = fields.Date("Due On", readonly=True)
    date = fields.Date("From", help="First day of the new prices. What is billed after it is credited and billed anew.")
    index_id = fields.Many2one('billing.index', readonly=True)
    is_missing = fields.Boolean("Index Value Missing", readonly=True)
    base_text = fields.Char("Index at Base", readonly=True)
    now_text = fields.Char("Index Now", readonly=True)
    ratio = fields.Float(digits=(16, 4), readonly=True, help="New price over old price.")
    limit = fields.Selection([('cap', "Cap"), ('floor', "Floor")], readonly=True)
    amount_before = fields.Monetary("Old Amount", readonly=True, help="Of one period, without taxes.")
    amount_after = fields.Monetary("New Amount", readonly=True, help="Of one period, without taxes.")
    mrr_change = fields.Monetary("MRR Change", currency_field='company_currency_id', readonly=True)
    level = fields.Selection(
        [('ok', "OK"), ('look', "Look"), ('blocked', "Blocked")],
        "Check",
        default='ok',
        readonly=True,
        help="Look: not ticked until you have looked at it. Blocked: cannot be revised as it is.",
    )
    remark = fields.Text(readonly=True)
    outcome = fields.Selection(
        [('todo', "To do"), ('revised', "Revised"), ('blocked', "Blocked"), ('left', "Left out")],
        default='todo',
        readonly=True,
    )
    letter = fields.Selection(
        [('none', "None"), ('mailed', "By e-mail"), ('print', "To print")], default='none', readonly=True
    )
    amendment_id = fields.Many2one('billing.amendment', readonly=True, index='btree_not_null')

    # === CRUD METHODS === #

    def write(self, vals):
        """A tick and a day decide before the revision is made, and nothing afterwards."""
        decided = set() if self._is_unguarded() else {'is_selected', 'date'} & vals.keys()
        if decided and any(line.revision_id.state != 'preview' for line in self):
            raise UserError(
                self.env._("This revision was started: its lines can no longer be ticked, unticked or moved."),
            )
        result = super().write(vals)
        if 'date' in decided:
            self._look_again(fields.Date.context_today(self))
        return result

    # === ACTION METHODS === #

    def action_open(self):
        """Open the index where a value is missing, else the contract."""
        self.ensure_one()
        return (self.index_id if self.is_missing else self.contract_id)._get_records_action()

    # === PREVIEW === #

    @api.model
    def _planned_values(self, contract, today, day=None):
        """Values of the line of ``contract``: what its next revision makes of it if it holds from ``day`` on."""
        day = day or self._first_day(contract)
        values = {
            'contract_id': contract.id,
            'revision_date': contract.next_revision_date,
            'date': day,
            'index_id': contract.revision == 'index' and contract.revision_index_id.id,
            'is_missing': False,
        }
        try:
            contract._check_amendment('indexation', day)
            plan = contract._plan_revision(day)
        except UserError as error:
            is_missing = isinstance(error, MissingIndexValue)
            return {**values, 'level': 'blocked', 'is_selected': False, 'is_missing': is_missing, 'remark': str(error)}
        looks = self._looks(contract, day, today)
        values |= {'level': 'look' if looks else 'ok', 'is_selected': not looks, 'remark': "\n".join(looks)}
        return values | self._figures(contract, plan, day, today)

    @api.model
    def _first_day(self, contract):
        """The day from which new prices hold, if nobody says otherwise."""
        day = contract.next_revision_date
        is_whole = contract.proration == 'none' and not contract._begins_period(day)
        return contract._next_period_start(day) if is_whole else day

    @api.model
    def _figures(self, contract, plan, day, today):
        before, after = contract._amounts_revised(plan, day)
        index = contract.revision_index_id
        change = contract._per_month(after - before, day)
        return {
            'base_text': plan.now and index._dated_text(plan.base, plan.base_month),
            'now_text': plan.now and index._dated_text(plan.now.value, plan.now.month),
            'ratio': plan.ratio,
            'limit': plan.limit or False,
            'amount_before': before,
            'amount_after': after,
            'mrr_change': contract.currency_id._convert(
                change, contract.company_id.currency_id, contract.company_id, today
            ),
        }

    @api.model
    def _looks(self, contract, day, today):
        """What a person should know before these prices are revised from ``day`` on."""
        looks = []
        letter = fields.Date.subtract(day, days=contract.revision_notice)
        if day < today:
            looks.append(self.env._("The day has passed: what is billed since is credited and billed anew."))
        elif letter < today:
            looks.append(
                self.env._(
                    "The letter was to go by %(letter)s. Choose %(day)s or later in “From”, or tick it as it is.",
                    letter=format_date(self.env, letter),
                    day=format_date(self.env, fields.Date.add(today, days=contract.revision_notice)),
                ),
            )
        if not contract.partner_id.email:
            looks.append(self.env._("The customer has no e-mail address: the letter is to be printed."))
        return looks

    def _look_again(self, today):
        for line in self:
            line._unguarded().write(self._planned_values(line.contract_id, today, line.date))

    # === WORK === #

    def _revise(self, today, transaction):
        """Revise the contracts of these lines; one that fails stops nobody else.

        :return: {line: error}
        """
        _done, faults = self._isolate(self, lambda lines: [line._revise_one(today) for line in lines], transaction)
        for line, error in faults.items():
            line._unguarded().write({'outcome': 'blocked', 'level': 'blocked', 'remark': self._reason(error)})
        return faults

    def _revise_one(self, today):
        self.ensure_one()
        amendment = self.contract_id._revise(self._agreed_plan(), self.date, today)
        letter = amendment._send_letter() if self.revision_id.writes_letters else 'none'
        self._unguarded().write({'outcome': 'revised', 'amendment_id': amendment.id, 'letter': letter})

    def _agreed_plan(self):
        """The plan that the preview showed; refused where it would be another one today."""
        contract = self.contract_id
        if contract.next_revision_date == self.revision_date:
            plan = contract._plan_revision(self.date)
            shown = (self.amount_before, self.amount_after)
            amounts = contract._amounts_revised(plan, self.date)
            if all(self.currency_id.is_zero(one - other) for one, other in zip(shown, amounts, strict=True)):
                return plan
        raise UserError(
            self.env._(
                "Contract %s was changed or revised since this preview was made. Make a new one.", contract.name
            ),
        )

    def _parked_activity(self):
        return self.contract_id, self.contract_id._responsible()
