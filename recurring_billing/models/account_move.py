from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .billing_debit import UNDER_WAY
from .billing_guard_mixin import DOOR


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_contract_count = fields.Integer(compute='_compute_billing_contract_count')
    billing_mandate_id = fields.Many2one(
        'billing.mandate',
        "Mandate",
        check_company=True,
        copy=False,
        index='btree_not_null',
        ondelete='restrict',
        help="Empty: the customer's active mandate on the day of the collection.",
    )
    billing_payer_id = fields.Many2one(related='commercial_partner_id.billing_payer_id')
    billing_bill_again = fields.Boolean(
        "Bill These Periods Again",
        copy=False,
        help="The days of the lines that this credit note takes back in full are owed again: the next run invoices "
        "them. Else the credit is a goodwill gesture.",
    )
    billing_debit_item_ids = fields.One2many('billing.debit.item', 'move_id', "Items of Direct Debits", readonly=True)
    billing_debit_ids = fields.Many2many(
        'billing.debit',
        string="Direct Debits",
        compute='_compute_billing_debit_ids',
        search='_search_billing_debit_ids',
    )
    billing_debit_state = fields.Selection(
        [
            ('planned', "Collection planned"),
            ('in_file', "In bank file"),
            ('sent', "Sent to bank"),
            ('settled', "Collected"),
            ('returned', "Returned"),
        ],
        "Direct Debit",
        compute='_compute_billing_debit_state',
        store=True,
        index='btree_not_null',
    )
    billing_debit_note = fields.Char(compute='_compute_billing_debit_note', compute_sudo=True)
    billing_reminder_ids = fields.Many2many(
        'billing.dunning.action',
        'billing_dunning_action_move_rel',
        'move_id',
        'action_id',
        "Reminders",
        copy=False,
        readonly=True,
    )

    def _compute_billing_contract_count(self):
        counts = self.env['account.move.line']._read_group(
            [('move_id', 'in', self.ids), ('billing_contract_id', '!=', False)],
            ['move_id'],
            ['billing_contract_id:count_distinct'],
        )
        counts = {move.id: count for move, count in counts}
        for move in self:
            move.billing_contract_count = counts.get(move.id, 0)

    @api.depends('billing_debit_item_ids.debit_id')
    def _compute_billing_debit_ids(self):
        for move in self:
            move.billing_debit_ids = move.billing_debit_item_ids.debit_id

    def _search_billing_debit_ids(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return Domain('billing_debit_item_ids.debit_id', operator, value)

    @api.depends('billing_debit_item_ids.state')
    def _compute_billing_debit_state(self):
        for move in self:
            items = move.billing_debit_item_ids.filtered(lambda item: item.state != 'dropped')
            move.billing_debit_state = items.sorted('id')[-1:].state

    @api.depends('billing_debit_ids.state', 'billing_debit_ids.date')
    def _compute_billing_debit_note(self):
        for move in self:
            debit = move.billing_debit_ids.filtered(lambda debit: debit.state != 'dropped').sorted('id')[-1:]
            move.billing_debit_note = debit._status_text() if debit else False

    def action_billing_contracts(self):
        self.ensure_one()
        contracts = self.line_ids.billing_contract_id
        return contracts._get_records_action(name=self.env._("Contracts"))

    def action_billing_debits(self):
        self.ensure_one()
        return self.billing_debit_ids._get_records_action(name=self.env._("Direct Debits"))

    def _billing_late(self, day):
        """Those of these invoices that are open after their due date on ``day`` and that no direct debit covers."""
        late = self.filtered(
            lambda move: move.state == 'posted' and move.amount_residual > 0 and move.invoice_date_due < day
        )
        return late - late._billing_covered(day)

    def button_draft(self):
        """EXTENDS account: what the bank is collecting stays as announced, a credit keeps its bill, and a bill made
        again keeps its credit."""
        self._billing_refuse_draft_below_credit()
        self.line_ids._billing_refuse_taking_away()
        for move in self:
            if debit := move.billing_debit_ids.filtered(lambda debit: debit.state in UNDER_WAY)[:1]:
                raise UserError(
                    self.env._(
                        "Invoice %(invoice)s is being collected (%(status)s): drop its debit or cancel collection "
                        "%(collection)s first.",
                        invoice=move.name,
                        status=debit._status_text(),
                        collection=debit.collection_id.name,
                    ),
                )
        return super().button_draft()

    def button_cancel(self):
        """EXTENDS account: a bill made again keeps the credit that it was made again for."""
        self.line_ids._billing_refuse_taking_away()
        return super().button_cancel()

    def _billing_refuse_draft_below_credit(self):
        billed = self.line_ids.filtered('billing_contract_line_id')
        if not billed:
            return
        credits = self.env['account.move.line'].search(
            [('billing_credited_line_id', 'in', billed.ids), ('parent_state', '!=', 'cancel')],
        )
        if credit := credits.filtered(lambda line: line._billing_is_credit())[:1]:
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s bills a contract and is credited by %(credit)s: it stays posted. Correct it "
                    "by another credit note.",
                    invoice=credit.billing_credited_line_id.move_id.name,
                    credit=credit.move_id.display_name,
                ),
            )

    def write(self, vals):
        """EXTENDS account: whether periods are owed again is decided before the credit note is posted."""
        if 'billing_bill_again' in vals and any(move.state != 'draft' for move in self):
            raise UserError(
                self.env._("“Bill These Periods Again” is decided before a credit note is posted."),
            )
        return super().write(vals)

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """EXTENDS account: a credit note takes over what its invoice bills."""
        unguarded = self.with_context(billing_door=DOOR)
        moves = super(AccountMove, unguarded)._reverse_moves(default_values_list, cancel=cancel)
        return moves.with_env(self.env)

    def _post(self, soft=True):
        """EXTENDS account: no contract line is billed twice for its period, by whatever way the invoice came."""
        self._billing_refuse_double()
        self._billing_refuse_part_again()
        return super()._post(soft=soft)

    def _billing_refuse_double(self):
        """Refuse invoices, once cancelled, whose periods were billed anew meanwhile."""
        for period in self.line_ids.billing_period_id:
            live = period._live_lines().move_id
            if len(live) > 1 and period._is_billed_twice():
                mine, others = live & self, live - self
                raise UserError(
                    self.env._(
                        "Invoice %(invoice)s bills %(contract)s for a period that %(others)s bills already. Cancel or "
                        "delete one of them.",
                        invoice=mine[:1].display_name,
                        contract=period.contract_id.name,
                        others=", ".join((others or mine[1:]).mapped('display_name')),
                    ),
                )

    def _billing_refuse_part_again(self):
        """Refuse credit notes that are to bill again what they give back in part only: nobody could say which days."""
        lines = self.filtered('billing_bill_again').line_ids.filtered(lambda line: line._billing_is_credit())
        for line in lines.filtered(lambda line: not line.billing_revision and not line._billing_is_whole()):
            raise UserError(
                self.env._(
                    "%(credit)s, line “%(line)s” gives back %(amount)s of %(billed)s: only what is given "
                    "back in full is billed again. Give the line back in full, or untick “Bill These Periods Again” "
                    "and the credit is a goodwill gesture.",
                    credit=line.move_id._get_move_display_name(),
                    line=line.name,
                    amount=line.currency_id.format(float(line._billing_amount())),
                    billed=line.currency_id.format(float(line.billing_credited_line_id._billing_amount())),
                ),
            )

    def _billing_queue_sending(self):
        """Hand these posted invoices to core's asynchronous sending, but for customers whom nothing can be sent to."""
        sendable = self.filtered(
            lambda move: move.company_id.billing_send_invoices and move.is_sale_document() and move._billing_can_send(),
        )
        for sender, moves in sendable.grouped(lambda move: move.invoice_user_id or self.env.user).items():
            moves.sending_data = {'author_user_id': sender.id, 'author_partner_id': sender.partner_id.id}
        if sendable:
            self.env.ref('account.ir_cron_account_move_send')._trigger()

    def _billing_can_send(self):
        """Core calls an invoice “sent” even where it has no address for it: whoever has none is not queued."""
        self.ensure_one()
        methods = self.env['account.move.send']._get_default_sending_methods(self)
        return bool(methods - {'email', 'manual'}) or bool('email' in methods and self.partner_id.email)

    def _collect_tax_cash_basis_values(self):
        """EXTENDS account: core asks this for each debit of a settlement, and looks at all its lines each time."""
        if self.id in self.env.context.get('billing_untaxed', ()):
            return None
        return super()._collect_tax_cash_basis_values()

    def _get_accounting_date(self, invoice_date, has_tax, lock_dates=None):
        """EXTENDS account: what a returned debit takes back, as VAT on receipts, is dated on the day of the return.

        Core would reverse it in the month of the collection, which may be declared already (CGI art. 269-2-c: VAT on
        services follows the receipt, so that what is no longer received is taken back when it goes).
        """
        day = self.env.context.get('billing_return_date')
        if day and not self._get_violated_lock_dates(day, has_tax):
            return day
        return super()._get_accounting_date(invoice_date, has_tax, lock_dates=lock_dates)
