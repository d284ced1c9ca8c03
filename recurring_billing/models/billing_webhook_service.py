"""What the system that delivers the services hears of contracts and of their payments."""

from odoo import models


class BillingContract(models.Model):
    _inherit = 'billing.contract'

    def _set_state(self, state):
        """EXTENDS recurring_billing: a contract starts and ends for who delivers it, too."""
        drafts = self.filtered(lambda contract: contract.state == 'draft')
        result = super()._set_state(state)
        drafts._emit('contract.started', lambda contract: {'since': str(contract.date_start)})
        if state == 'closed':
            self._emit('contract.ended', lambda contract: {'last_day': str(contract.date_end or "")})
        return result


class BillingAmendment(models.Model):
    _inherit = 'billing.amendment'

    def _write_down(self):
        """EXTENDS recurring_billing: who delivers the service hears what changes, and from when."""
        result = super()._write_down()
        changes = {amendment.contract_id: amendment for amendment in self}
        self.contract_id._emit('contract.changed', lambda contract: changes[contract]._event_data())
        return result

    def _event_data(self):
        """What changes, and the lines that are agreed from then on."""
        self.ensure_one()
        lines = self.contract_id.line_ids.filtered(lambda line: not line.display_type and line._is_in_effect(self.date))
        return {
            'kind': self.kind,
            'since': str(self.date),
            'change': self.summary,
            'lines': [
                {
                    'product': line.product_id.default_code or line.product_id.name,
                    'name': line.name,
                    'quantity': line.quantity,
                }
                for line in lines
            ],
        }


class BillingCollection(models.Model):
    _inherit = 'billing.collection'

    def _book_settlement(self, debits, day):
        """EXTENDS recurring_billing"""
        result = super()._book_settlement(debits, day)
        debits._emit_payment('payment.settled', {'day': str(day)})
        return result


class BillingDebit(models.Model):
    _inherit = 'billing.debit'

    def _after_return(self, today):
        """EXTENDS recurring_billing"""
        result = super()._after_return(today)
        for debit in self:
            values = {'day': str(debit.return_date), 'reason': debit.return_reason_id.code or None}
            debit._emit_payment('payment.failed', values)
        return result

    def _emit_payment(self, event, values):
        """Tell of these debits, once for each contract that they pay."""
        hooks = {company: self.env['billing.webhook']._of(company, 'service') for company in self.company_id}
        for debit in self.filtered(lambda debit: hooks[debit.company_id]):
            payment = {'invoices': debit.move_ids.mapped('name'), 'amount': debit.amount, **values}
            for contract in debit.move_ids.line_ids.billing_contract_id:
                hooks[debit.company_id]._emit(event, contract, {**contract._event_data(), **payment})
