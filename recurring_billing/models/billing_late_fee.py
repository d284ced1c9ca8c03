from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date


class BillingLateFee(models.Model):
    """Late interest and indemnity of one invoice up to a day: charged by a document without VAT, or waived.

    What was charged or waived once is taken off what is charged next.
    """

    _name = 'billing.late.fee'
    _description = "Late Fee"
    _inherit = ['billing.guard.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset(
        {
            *('item_id', 'date', 'interest', 'indemnity', 'amount_company', 'computation', 'document_id'),
            *('user_id', 'waived_on', 'waived_by', 'reason', 'credit_id'),
        }
    )

    item_id = fields.Many2one('billing.dunning.item', required=True, readonly=True, index=True, ondelete='restrict')
    case_id = fields.Many2one(related='item_id.case_id', store=True, index=True)
    company_id = fields.Many2one(related='item_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='item_id.partner_id', store=True, string="Customer")
    move_id = fields.Many2one(related='item_id.move_id', store=True, string="Late Invoice")
    currency_id = fields.Many2one(related='item_id.currency_id')
    company_currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date("Up To", required=True, readonly=True, help="The last day that bears interest.")
    interest = fields.Monetary(readonly=True)
    indemnity = fields.Monetary(readonly=True, help="40 EUR, in the currency of the invoice.")
    amount = fields.Monetary("Total", compute='_compute_amount')
    amount_company = fields.Monetary(
        "Total in Company Currency", currency_field='company_currency_id', readonly=True, aggregator='sum'
    )
    computation = fields.Text(readonly=True)
    state = fields.Selection(
        [('charged', "Charged"), ('waived', "Waived")], "Status", compute='_compute_state', store=True
    )
    document_id = fields.Many2one(
        'account.move', "Charged By", readonly=True, index='btree_not_null', ondelete='restrict'
    )
    user_id = fields.Many2one('res.users', "By", readonly=True, default=lambda self: self.env.user)
    waived_on = fields.Date(readonly=True)
    waived_by = fields.Many2one('res.users', readonly=True)
    reason = fields.Char("Waived Because", readonly=True)
    credit_id = fields.Many2one('account.move', "Credited By", readonly=True, ondelete='restrict')

    _one_indemnity = models.UniqueIndex(
        '(move_id) WHERE indemnity > 0', "The indemnity for recovery costs is owed once for an invoice."
    )

    @api.depends('interest', 'indemnity')
    def _compute_amount(self):
        for fee in self:
            fee.amount = fee.interest + fee.indemnity

    @api.depends('waived_on')
    def _compute_state(self):
        for fee in self:
            fee.state = 'waived' if fee.waived_on else 'charged'

    @api.depends('move_id', 'date')
    def _compute_display_name(self):
        for fee in self:
            fee.display_name = f"{fee.move_id.name} · {format_date(self.env, fee.date)}"

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Late fees are kept: waive them instead of deleting them."))

    # === SETTLING === #

    @api.model
    def _charge(self, items, until):
        """Post what the lateness of ``items`` costs up to ``until``, inclusive: one document a customer and currency.

        Each is of today, and payable within the days of the settings.

        :raises UserError: a rate is missing or not confirmed; no account; somebody else settles the same fees just now
        :return: the documents
        """
        fees = self._settle(items, until)
        if not fees:
            return self.env['account.move']
        groups = fees.grouped(lambda fee: (fee.case_id, fee.currency_id))
        documents = self.env['account.move'].create([some._charge_values() for some in groups.values()])
        for document, some in zip(documents, groups.values(), strict=True):
            some._unguarded().document_id = document
        documents._post(soft=False)
        documents._billing_queue_sending()
        return documents

    @api.model
    def _waive_owed(self, items, until, reason):
        """Give up what the lateness of ``items`` costs up to ``until``, inclusive."""
        self._require_manager()
        self._require_reason(reason)
        fees = self._settle(items, until)
        fees._log_waiver(reason)
        return fees

    def _waive(self, reason):
        """Give up charged fees: a credit note takes them off the document that charged them.

        :raises UserError: one of them is not charged
        """
        self._require_manager()
        self._require_reason(reason)
        for fee in self:
            if fee.state != 'charged':
                raise UserError(self.env._("%s is not charged: there is nothing to waive.", fee.display_name))
        groups = self.grouped('document_id')
        credits_ = self.env['account.move'].create(
            [
                some._document_values(move_type='out_refund', reversed_entry_id=document.id, ref=reason)
                for document, some in groups.items()
            ]
        )
        for credit, some in zip(credits_, groups.values(), strict=True):
            some._unguarded().credit_id = credit
        credits_._post(soft=False)
        for credit, document in zip(credits_, groups, strict=True):
            due = (credit | document).line_ids.filtered(
                lambda line: line.account_type == 'asset_receivable' and not line.reconciled
            )
            if len(due.move_id) == 2:
                due.reconcile()
        self._log_waiver(reason)

    @api.model
    def _require_manager(self):
        if not self.env.user.has_group('recurring_billing.group_dunning'):
            raise AccessError(
                self.env._("Only the role “Reminders / Formal notices” may waive late fees. Ask somebody who has it.")
            )

    @api.model
    def _require_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the late fees are waived: the reason is kept."))

    def _log_waiver(self, reason):
        """Who gave up what, and why: on the fee and in the case."""
        today = fields.Date.context_today(self)
        self._unguarded().write({'waived_on': today, 'waived_by': self.env.uid, 'reason': reason})
        for fee in self:
            fee.case_id.message_post(
                body=self.env._(
                    "Late fees of %(invoice)s waived: %(amount)s. %(reason)s",
                    invoice=fee.move_id.name,
                    amount=fee.currency_id.format(fee.amount),
                    reason=reason,
                )
            )

    @api.model
    def _settle(self, items, until):
        """Write down what is still owed for the lateness of ``items`` to the end of ``until``; nothing is booked.

        Two who do so at once would both find it unsettled: the cases are taken first.
        """
        busy = items.case_id - items.case_id._take(Domain.TRUE)
        if busy:
            raise UserError(
                self.env._(
                    "%s: somebody else works on these reminders just now. Try again in a moment.",
                    ", ".join(busy.mapped('display_name')),
                )
            )
        today = fields.Date.context_today(self)
        values = []
        # an invoice's indemnity hangs on its first due item, whether that is settled now or not
        for item, owed in items.move_id.billing_dunning_item_ids._late_fees_owed(until).items():
            if item not in items:
                continue
            if not owed.is_sure:
                raise UserError(
                    self.env._(
                        "%s: an interest rate of its time is not confirmed yet. Compare it with its publication and "
                        "tick “Confirmed” under Configuration › Interest Rates.",
                        item.move_id.name,
                    )
                )
            amount = item.currency_id._convert(
                owed.interest + owed.indemnity, item.company_id.currency_id, item.company_id, today
            )
            values.append(
                {
                    'item_id': item.id,
                    'date': until,
                    'interest': owed.interest,
                    'indemnity': owed.indemnity,
                    'amount_company': amount,
                    'computation': "\n".join(owed.texts),
                }
            )
        return self._unguarded().create(values).with_env(self.env)

    # === DOCUMENT === #

    def _charge_values(self):
        """The document that charges these fees of one customer and currency."""
        days = self.company_id.billing_late_fee_days
        due = fields.Date.add(fields.Date.context_today(self), days=days)
        return self._document_values(move_type='out_invoice', invoice_date_due=due)

    def _document_values(self, **values):
        """A document of today for these fees of one customer and currency, without VAT (CGI 256: damages)."""
        case = self.case_id
        customer = case.partner_id
        return {
            'company_id': case.company_id.id,
            'journal_id': case.company_id._billing_late_fee_journal().id,
            'partner_id': customer.id,
            'currency_id': self.currency_id.id,
            'invoice_date': fields.Date.context_today(self),
            'invoice_payment_term_id': False,
            'preferred_payment_method_line_id': False,  # a mandate is for the price of what was delivered
            'invoice_line_ids': [Command.create(line) for fee in self for line in fee._line_values(customer.lang)],
            **values,
        }

    def _line_values(self, lang):
        """A line for the interest and one for the indemnity, as far as there are any."""
        self.ensure_one()
        fee = self.with_context(lang=lang or self.env.lang)
        names = {
            'interest': fee.env._("Late interest, invoice %s", self.move_id.name),
            'indemnity': fee.env._("Fixed indemnity for recovery costs, invoice %s", self.move_id.name),
        }
        return [
            {
                'name': "\n".join([name, self.computation]) if kind == 'interest' else name,
                'account_id': self.company_id._billing_late_fee_account(kind).id,
                'price_unit': self[kind],
                'tax_ids': [Command.clear()],
            }
            for kind, name in names.items()
            if not self.currency_id.is_zero(self[kind])
        ]
