from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

_CHART_ACCOUNTS = {'loss': 'pcg_6541', 'recovery': 'pcg_7583'}  # of the French chart


class ResCompany(models.Model):
    _inherit = 'res.company'

    billing_loss_account_id = fields.Many2one(
        'account.account',
        "Bad Debts",
        check_company=True,
        help="Where debts that cannot be collected are booked, without VAT. Empty: 654100 in a French chart.",
    )
    billing_recovery_account_id = fields.Many2one(
        'account.account',
        "Recovered Bad Debts",
        check_company=True,
        help="Where is booked what is paid after all, without VAT. Empty: 758300 in a French chart.",
    )

    def _billing_write_off_account(self, kind):
        """The account of write-offs.

        :param kind: 'loss' or 'recovery'
        :raises UserError: names the company and the setting that is empty
        """
        self.ensure_one()
        name = f'billing_{kind}_account_id'
        root = self.root_id  # a branch keeps its books in its root's chart
        chart = self.env['account.chart.template'].with_company(root)
        account = self[name] or root[name] or chart.ref(_CHART_ACCOUNTS[kind], raise_if_not_found=False)
        if account:
            return account
        raise UserError(
            self.env._(
                "%(company)s: choose the account “%(field)s” in the settings of Recurring Billing, under Reminders.",
                company=self.name,
                field=self._fields[name]._description_string(self.env),
            )
        )


class BillingWriteOff(models.Model):
    """A debt given up as a loss: an entry, never a credit note, since the debt goes on.

    VAT on receipts that never became due leaves its waiting account, and none is declared. VAT that was declared with
    the invoice is taken back, by a duplicate invoice with the words of the law (CGI 272).
    """

    _name = 'billing.write.off'
    _description = "Write-Off"
    _inherit = ['mail.thread', 'billing.guard.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _guarded = frozenset({'amount', 'vat', 'vat_back', 'entry_id', 'user_id', 'recovered', 'recovery_ids'})

    move_id = fields.Many2one(
        'account.move',
        "Invoice",
        required=True,
        index=True,
        ondelete='restrict',
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('amount_residual', '>', 0)]",
    )
    company_id = fields.Many2one(related='move_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='move_id.commercial_partner_id', store=True, index=True, string="Customer")
    currency_id = fields.Many2one(related='company_id.currency_id')
    residual = fields.Monetary(
        "Still Due", related='move_id.amount_residual_signed', help="What is given up, with VAT."
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True, help="Such as the certificate that the debt cannot be collected.")
    amount = fields.Monetary("Given Up", readonly=True, help="With VAT.")
    vat = fields.Monetary("Of It VAT", readonly=True)
    vat_back = fields.Monetary("VAT Taken Back", readonly=True, help="That was declared with the invoice (CGI 272).")
    entry_id = fields.Many2one('account.move', readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    user_id = fields.Many2one('res.users', "By", readonly=True, default=lambda self: self.env.user)
    recovery_ids = fields.Many2many('account.move', string="Recoveries", readonly=True, copy=False)
    recovered = fields.Monetary(readonly=True, copy=False)
    offered_ids = fields.Many2many('account.move.line', compute='_compute_offered_ids')

    @api.depends('move_id')
    def _compute_display_name(self):
        for loss in self:
            loss.display_name = loss.move_id.name

    @api.depends('partner_id', 'recovered')
    def _compute_offered_ids(self):
        for loss in self:
            loss.offered_ids = loss._open_payments()

    def _open_payments(self):
        """The customer's payments that nothing uses yet."""
        credits_ = self.env['account.move.line']._billing_open_credits(self.partner_id, self.company_id)
        return credits_.filtered(lambda line: line.move_type != 'out_refund')

    @api.constrains('move_id')
    def _check_move(self):
        for loss in self:
            move = loss.move_id
            if move.move_type != 'out_invoice' or move.state != 'posted':
                raise ValidationError(self.env._("%s is no posted invoice.", move.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        """Book what is given up at once.

        :raises UserError: nothing is due, an account is missing; `AccessError`: not theirs to give up
        """
        self._require_manager()
        losses = super().create(vals_list)
        for loss in losses:
            loss._book()
        return losses

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Write-offs are kept: book what is paid after all as a recovery."))

    @api.model
    def _require_manager(self):
        if not self.env.user.has_group('recurring_billing.group_dunning'):
            raise AccessError(
                self.env._("Only the role “Reminders / Formal notices” may write a debt off. Ask somebody who has it.")
            )

    # === LOSS === #

    def _book(self):
        """Post the entry, and match it with the invoice without any VAT becoming due."""
        self.ensure_one()
        due = self._due()
        if not due:
            raise UserError(self.env._("Invoice %s: nothing is due any more.", self.move_id.name))
        taxes = self._taxes_left()
        total = sum(due.mapped('amount_residual'))
        values = {
            'amount': total,
            'vat': sum(amount for _line, amount, _is_waiting in taxes),
            'vat_back': sum(amount for _line, amount, is_waiting in taxes if not is_waiting),
        }
        entry = self.env['account.move'].create(self._loss_values(due, taxes, total))
        entry._post(soft=False)
        self._unguarded().write({**values, 'entry_id': entry.id})
        self.flush_recordset()
        # no VAT on receipts becomes due by a loss
        matching = self.with_context(no_cash_basis=True).env['account.move.line']
        _loss, *counterparts = entry.line_ids.sorted('id')  # in the order of `_loss_values`
        waiting = [is_waiting and line.account_id.reconcile for line, _amount, is_waiting in taxes]
        lines = [*(line for line, _amount, _is_waiting in taxes), *due]
        for line, counterpart, is_matched in zip(
            lines, counterparts, [*waiting, *(True for _line in due)], strict=True
        ):
            if is_matched:
                matching.browse((line | counterpart).ids).reconcile()
        self.move_id._message_log(
            body=self.env._(
                "Written off: %(amount)s. %(reason)s", amount=self.currency_id.format(total), reason=self.reason
            )
        )

    def _due(self):
        return self.move_id.line_ids.filtered(
            lambda line: line.account_type == 'asset_receivable' and not line.reconciled
        ).sorted('id')

    def _taxes_left(self):
        """[(tax item, VAT in what is still due, whether it waits for the payment)]"""
        move, result = self.move_id, []
        share = move.amount_residual / move.amount_total if move.amount_total else 0.0
        for line in move.line_ids.filtered('tax_line_id').sorted('id'):
            is_waiting = line.tax_line_id.tax_exigibility == 'on_payment'
            left = line.amount_residual if is_waiting and line.account_id.reconcile else line.balance * share
            if amount := self.currency_id.round(-left):
                result.append((line, amount, is_waiting))
        return result

    def _loss_values(self, due, taxes, total):
        partner = self.partner_id.id
        net = self.currency_id.round(total - sum(amount for _line, amount, _is_waiting in taxes))
        loss = {'account_id': self.company_id._billing_write_off_account('loss').id, 'balance': net}
        vat = [
            {
                'account_id': line.account_id.id,
                'balance': amount,
                **self._in_currency(line, amount),
                'tax_tag_ids': [] if is_waiting else [Command.set(self._refund_tags(line).ids)],
            }
            for line, amount, is_waiting in taxes
        ]
        owed = [
            {
                'account_id': line.account_id.id,
                'balance': -line.amount_residual,
                **self._in_currency(line, -line.amount_residual),
            }
            for line in due
        ]
        name = self.env._("Written off: %s", self.move_id.name)
        lines = [{**values, 'name': name, 'partner_id': partner} for values in (loss, *vat, *owed)]
        return {
            'company_id': self.company_id.id,
            'date': self.date,
            'ref': name,
            'line_ids': [Command.create(values) for values in lines],
        }

    @api.model
    def _in_currency(self, line, amount):
        """``amount`` of the company's currency as ``line`` keeps it, at the rate of the invoice."""
        share = amount / line.balance if line.balance else 0.0
        return {
            'currency_id': line.currency_id.id,
            'amount_currency': line.currency_id.round(line.amount_currency * share),
        }

    # === RECOVERY === #

    def action_recover(self):
        """Book what was paid after all: the customer's open payments, up to what was given up.

        :raises UserError: there is no open payment
        """
        self._require_manager()
        for loss in self:
            paid = loss._open_payments()
            amount = min(-sum(paid.mapped('amount_residual')), loss.amount - loss.recovered)
            if loss.currency_id.compare_amounts(amount, 0.0) <= 0:
                raise UserError(
                    self.env._(
                        "%s: no open payment of this customer is left to book. Register it, or match the bank's line "
                        "with the customer's account, first.",
                        loss.move_id.name,
                    )
                )
            entry = self.env['account.move'].create(loss._recovery_values(paid[:1].account_id, amount))
            entry._post(soft=False)
            line = entry.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')
            (line | paid.filtered(lambda credit, line=line: credit.account_id == line.account_id)).reconcile()
            loss._unguarded().write({'recovered': loss.recovered + amount, 'recovery_ids': [Command.link(entry.id)]})
        return True

    def _recovery_values(self, account, amount):
        """The entry of a recovery: the loss comes back without VAT, and its VAT is due now."""
        share = amount / self._total()
        taxes = [
            (line.tax_repartition_line_id, self.currency_id.round(line.balance * share))
            for line in self.move_id.line_ids.filtered('tax_line_id').sorted('id')
        ]
        name = self.env._("Recovered: %s", self.move_id.name)
        lines = [
            {'account_id': account.id, 'balance': amount},
            *self._recovered_bases(-amount - sum(part for _line, part in taxes), share),
            *(
                {
                    'account_id': repartition.account_id.id,
                    'balance': part,
                    'tax_tag_ids': [Command.set(repartition.tag_ids.ids)],
                }
                for repartition, part in taxes
                if part
            ),
        ]
        return {
            'company_id': self.company_id.id,
            'date': fields.Date.context_today(self),
            'ref': name,
            'line_ids': [Command.create({**line, 'name': name, 'partner_id': self.partner_id.id}) for line in lines],
        }

    def _recovered_bases(self, total, share):
        """The values of what comes back without VAT, ``total`` in all: a line for each kind of VAT of the invoice, of
        which ``share`` is paid."""
        account = self.company_id._billing_write_off_account('recovery').id
        products = self.move_id.line_ids.filtered(lambda line: line.display_type == 'product')
        bases = {
            taxes: self.currency_id.round(sum(lines.mapped('balance')) * share)
            for taxes, lines in products.grouped('tax_ids').items()
        }
        last = [*bases][-1]
        bases[last] = self.currency_id.round(total - sum(base for taxes, base in bases.items() if taxes != last))
        return [
            {
                'account_id': account,
                'balance': base,
                'tax_tag_ids': [Command.set(self._base_tags(taxes).ids)],
            }
            for taxes, base in bases.items()
            if base
        ]

    def _total(self):
        """The invoice's total in the company's currency."""
        return abs(self.move_id.amount_total_signed)

    @api.model
    def _base_tags(self, taxes):
        lines = taxes.invoice_repartition_line_ids
        return lines.filtered(lambda line: line.repartition_type == 'base').tag_ids

    @api.model
    def _refund_tags(self, line):
        """The tags of a credit note for the tax item ``line``: its refund lines stand in the order of invoice lines."""
        tax = line.tax_line_id
        place = tax.invoice_repartition_line_ids.ids.index(line.tax_repartition_line_id.id)
        return tax.refund_repartition_line_ids[place].tag_ids


class AccountMove(models.Model):
    _inherit = 'account.move'

    billing_is_doubtful = fields.Boolean(
        "Doubtful", copy=False, help="For the list of the closing: what it may be impaired by is decided there."
    )
    billing_write_off_ids = fields.One2many('billing.write.off', 'move_id', "Write-Offs")
    billing_loss_ids = fields.One2many('billing.write.off', 'entry_id', "Losses Booked")

    def _billing_is_money(self):
        """Whether this entry, which cleared an invoice, brought money: neither a credit note nor a loss."""
        self.ensure_one()
        return self.move_type != 'out_refund' and not self._billing_is_loss()

    def _billing_is_loss(self):
        """Whether this entry gave up what cannot be collected."""
        # whoever registers a payment need not read write-offs
        return bool(self.sudo().billing_loss_ids)

    def _billing_unpaid_words(self):
        """What a duplicate of a written-off invoice says of it, where its VAT is taken back (CGI 272); else None."""
        self.ensure_one()
        loss = self.billing_write_off_ids[:1]
        if not loss.vat_back:
            return None
        return self.env._(
            "Invoice unpaid for the sum of %(net)s (price without VAT) and for the sum of %(vat)s (corresponding VAT), "
            "which cannot be deducted (CGI, art. 272).",
            net=loss.currency_id.format(loss.amount - loss.vat),
            vat=loss.currency_id.format(loss.vat_back),
        )
