from datetime import date

from odoo import SUPERUSER_ID, Command, api
from odoo.tools import SQL

from .common import BillingCommon


class WorkersCommon(BillingCommon):
    """Two workers, each with a cursor of its own, on what both see: it is committed, and removed after the test."""

    def _committed_contract(self):
        """The id of a due contract of the main company that every cursor sees; removed after the test."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            company = env.ref('base.main_company')
            env = env(context={'allowed_company_ids': company.ids, 'tracking_disable': True})
            account = env['account.account'].search(
                [('company_ids', 'in', company.ids), ('account_type', '=', 'income')], limit=1
            )
            product = env['product.product'].create(
                {'name': "Two workers", 'type': 'service', 'property_account_income_id': account.id}
            )
            partner = env['res.partner'].create({'name': "Two workers", 'email': "two@customer.example"})
            contract = env['billing.contract'].create(
                {
                    'partner_id': partner.id,
                    'date_start': date(2026, 12, 5),
                    'line_ids': [Command.create({'product_id': product.id, 'price_unit': 10.0})],
                }
            )
            contract._start(date(2026, 12, 5))
            self.addCleanup(self._remove_committed, contract.id, partner.id, product.product_tmpl_id.id)
            return contract.id

    def _remove_committed(self, contract, partner, template):
        with self.registry.cursor() as cr:
            cr.execute(
                "DELETE FROM account_partial_reconcile WHERE debit_move_id IN "
                "(SELECT id FROM account_move_line WHERE partner_id = %s)",
                [partner],
            )
            for table in ("account_payment_register", "account_payment"):
                cr.execute(SQL("DELETE FROM %s WHERE partner_id = %s", SQL.identifier(table), partner))
            cr.execute(
                "DELETE FROM billing_run WHERE id IN (SELECT run_id FROM billing_run_line WHERE contract_id = %s)",
                [contract],
            )
            cr.execute(
                "DELETE FROM account_move WHERE id IN (SELECT move_id FROM account_move_line WHERE partner_id = %s)",
                [partner],
            )
            cr.execute("DELETE FROM billing_deposit WHERE contract_id = %s", [contract])
            cr.execute(
                "DELETE FROM billing_amendment_change WHERE amendment_id IN "
                "(SELECT id FROM billing_amendment WHERE contract_id = %s)",
                [contract],
            )
            cr.execute("DELETE FROM billing_contract WHERE id = %s", [contract])
            env = api.Environment(cr, SUPERUSER_ID, {})
            env['res.partner'].browse(partner).unlink()
            env['product.template'].browse(template).unlink()

    def _worker(self, cr, contract):
        """The contract as the worker of this cursor sees it; a lock that is never given fails instead of hanging."""
        cr.execute("SET lock_timeout = '10s'")
        company = api.Environment(cr, SUPERUSER_ID, {}).ref('base.main_company')
        env = api.Environment(cr, SUPERUSER_ID, {'allowed_company_ids': company.ids})
        return env['billing.contract'].browse(contract)
