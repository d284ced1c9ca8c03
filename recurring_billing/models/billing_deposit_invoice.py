from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from .billing_guard_mixin import DOOR


class BillingDeposit(models.Model):
    """The invoices and credit notes of a deposit: asked, given back, kept, deducted."""

    _inherit = 'billing.deposit'

    # === STEPS === #

    def _ask(self, today):
        """Post the invoice that asks this deposit.

        :return: the invoice
        :raises UserError: it was asked before, or its account is missing
        """
        self.ensure_one()
        self._take()
        self._require('draft')
        move = self._post_document('out_invoice', today, [self._row(self.amount)])
        move._billing_queue_sending()
        return move

    def _give_back(self, today):
        """Post the credit note of what is left, and the invoice of what is kept of it.

        Two documents: what is kept is a sale with VAT, whose VAT falls due as the deposit pays it.

        :return: (credit note, invoice of what is kept or none)
        :raises UserError: nothing is left, or what is kept has no product
        """
        self.ensure_one()
        self._take()
        self._require('collected', 'asked')
        left = self.remaining_amount
        self._check_give_back(left)
        credit = self._post_document('out_refund', today, [self._row(left)])
        kept = self._keep(today) if self.kept_amount else self.env['account.move']
        (credit + kept)._billing_queue_sending()
        if kept:
            receivables = (credit + kept).line_ids.filtered(
                lambda line: line.account_id.account_type == 'asset_receivable',
            )
            receivables.reconcile()
        return credit, kept

    def _keep(self, today):
        """Post the invoice of what is kept for damages."""
        product = self.kept_product_id.with_company(self.company_id)
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        taxes = self.contract_id.fiscal_position_id.map_tax(taxes)
        row = {
            'product_id': product.id,
            'name': self.kept_reason or self._words().env._("Kept of your security deposit"),
            'quantity': 1.0,
            'tax_ids': [Command.set(taxes.ids)],
            'billing_deposit_id': self.id,
            'billing_kind': 'kept',
            **self._price_within(self.kept_amount, taxes),
        }
        return self._post_document('out_invoice', today, [row])

    def _price_within(self, total, taxes):
        """The price of a line that comes to ``total`` with ``taxes``, and its net and taxes, which sum to it.

        No price of whole cents comes to 99.99 with 20 %: net and taxes stand as core stores amounts typed by hand.
        """
        currency = self.currency_id
        details = taxes._get_tax_details(
            total,
            1.0,
            precision_rounding=currency.rounding,
            product=self.kept_product_id,
            special_mode='total_included',
        )
        net = currency.round(total - sum(data['tax_amount'] for data in details['taxes_data']))
        price = total if taxes and all(tax.price_include for tax in taxes) else net
        typed = {
            str(data['tax'].id): {
                'tax_amount_currency': data['tax_amount'],
                'base_amount_currency': data['base_amount'],
            }
            for data in details['taxes_data']
            if not data['is_reverse_charge']
        }
        line = {'currency_id': currency.id, 'price_unit': price, 'quantity': 1.0, 'discount': 0.0}
        manual = {**line, 'manual_total_excluded_currency': net, 'manual_tax_amounts': typed}
        return {'price_unit': price, 'extra_tax_data': manual if typed else False}

    # === CHECKS === #

    def _require(self, *states):
        if self.state not in states:
            labels = dict(self._fields['state']._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(deposit)s is “%(state)s”: this step is only possible while it is “%(wanted)s”.",
                    deposit=self.display_name,
                    state=labels[self.state],
                    wanted=" / ".join(labels[state] for state in states),
                ),
            )

    def _check_give_back(self, left):
        if not left:
            raise UserError(
                self.env._(
                    "%s: nothing has come in that could be given back. Where it is not owed any more, credit its "
                    "invoice.",
                    self.display_name,
                ),
            )
        if self.kept_amount > left:
            raise UserError(
                self.env._(
                    "%(deposit)s, field “To Keep”: only %(left)s has come in and can be kept.",
                    deposit=self.display_name,
                    left=self._money(left),
                ),
            )
        if self.kept_amount and not self.kept_product_id:
            raise UserError(
                self.env._(
                    "%s, field “Kept For”: choose the product that gives what is kept its account and its taxes.",
                    self.display_name,
                ),
            )

    # === VALUES === #

    def _post_document(self, move_type, today, rows):
        """Post a document of ``today`` with the lines ``rows`` on the terms of the contract."""
        contract = self.contract_id
        values = {
            **contract._invoice_header(today),
            'move_type': move_type,
            'invoice_origin': contract.name,
            'ref': contract.customer_reference or contract.name,
            'invoice_line_ids': [Command.create(row) for row in rows],
        }
        if move_type == 'out_refund':
            asked = self._live_lines().filtered(lambda line: line._billing_is_asked()).move_id
            values['reversed_entry_id'] = asked.id if len(asked) == 1 else False
        move = self.env['account.move'].with_context(billing_door=DOOR).create(values).with_env(self.env)
        move._post(soft=False)
        return move

    def _row(self, amount):
        """The line that asks ``amount`` of this deposit, or gives it back."""
        env = self._words().env
        name = env._("Security deposit") if self.kind == 'security' else env._("Advance on contract")
        return {
            **self._common_row(),
            'name': f"{name} {self.contract_id.name}",
            'quantity': 1.0,
            'price_unit': amount,
        }

    def _deduction_row(self, bill):
        """The line of an invoice that deducts ``bill`` of this advance."""
        return {
            **self._common_row(),
            'name': self._deduction_text(self._words().env),
            'quantity': bill.quantity,
            'price_unit': bill.price_unit,
        }

    def _common_row(self):
        taxes = self.tax_ids if self.kind == 'advance' else self.env['account.tax']
        return {
            'account_id': self.company_id._billing_deposit_account(self.kind).id,
            'tax_ids': [Command.set(taxes.ids)],
            'billing_deposit_id': self.id,
            'billing_kind': 'deposit',
        }

    def _deduction_text(self, env):
        invoices = self._live_lines().filtered(lambda line: line._billing_is_asked()).move_id
        return env._("Advance of %s", ", ".join(invoices.mapped('name')))

    def _words(self):
        """This deposit in the language of its customer."""
        return self.with_context(lang=self.partner_id.lang or self.company_id.partner_id.lang)

    # === DEDUCTIONS === #

    def _take(self):
        """Mark these deposits as changed: of two workers with the same view of them, the second one fails."""
        for deposit in self:
            deposit._unguarded().revision += 1
        self.flush_recordset(['revision'])

    def _refuse_overdrawn(self, move):
        """Refuse to post ``move``, a document that deducts more of these advances than is left of them."""
        for deposit in self:
            used = deposit.deducted_amount + deposit.returned_amount
            if deposit.currency_id.compare_amounts(used, deposit.collected_amount) > 0:
                raise UserError(
                    self.env._(
                        "%(move)s deducts %(deposit)s, of which %(collected)s was collected and %(used)s would be "
                        "used. Delete the draft: the next run makes it with what is left.",
                        move=move._get_move_display_name(),
                        deposit=deposit.display_name,
                        collected=deposit._money(deposit.collected_amount),
                        used=deposit._money(used),
                    ),
                )
