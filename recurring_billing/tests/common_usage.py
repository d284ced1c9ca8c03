from datetime import date

from odoo import Command

from .common import BillingCommon

TIERS = ((1000, 0.10), (0, 0.05))  # (up to, price); zero is open


class UsageCommon(BillingCommon):
    """Contracts with a metered line "API calls"."""

    def _metered(self, tiers=TIERS, flat=(), start=date(2026, 9, 1), partner=None, hosting=100.0, end=False, **values):
        """A running contract with hosting in advance and API calls by usage, and the metered line."""
        terms = {name: values.pop(name) for name in ('timing', 'alignment') if name in values}
        rows = [
            Command.create({'up_to': up_to, 'price': price, 'flat': dict(flat).get(up_to, 0.0)})
            for up_to, price in tiers
        ]
        usage = {
            'product_id': self.service.id,
            'name': "API calls",
            'kind': 'usage',
            'price_unit': 0.0,
            'tier_ids': rows,
            'meter': values.pop('meter', "M-1"),
            **values,
        }
        recurring = {'product_id': self.service.id, 'name': "Hosting", 'price_unit': hosting}
        lines = [Command.create(recurring)] if hosting is not None else []
        contract = self._contract(
            partner=partner,
            debit=False,
            date_start=start,
            date_end=end,
            **terms,
            line_ids=[*lines, Command.create(usage)],
        )
        contract._start(start)
        return contract, contract.line_ids.filtered(lambda line: line.kind == 'usage')

    def _use(self, line, day, quantity, reference=None, **values):
        return self.env['billing.usage'].create(
            {'contract_line_id': line.id, 'date': day, 'quantity': quantity, 'reference': reference, **values}
        )

    def _rows(self, invoices):
        """(text without its name, quantity, price, amount) of the lines of usage of ``invoices``."""
        lines = invoices.invoice_line_ids.filtered(lambda line: line.billing_kind in ('usage', 'true_up'))
        return [
            (
                line.name.removeprefix("API calls, ").replace("\u00a0", " "),
                line.quantity,
                line.price_unit,
                line.price_subtotal,
            )
            for line in lines
        ]

    def _amounts(self, invoices):
        """What lines of usage come to on each of ``invoices``; below zero on a credit note."""
        return [
            [-row[3] if move.move_type == 'out_refund' else row[3] for row in self._rows(move)] for move in invoices
        ]
