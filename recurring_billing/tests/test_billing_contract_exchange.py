import json
from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BillingCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-09-01')
class TestBillingContractExchange(BillingCommon, HttpCase):
    """Another system keeps contracts through JSON-2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.action_revoke()  # all of them pay by transfer
        cls.garage = cls._customer("Garage Lambert", ref="G-77")
        company = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.user = new_test_user(cls.env, 'billing_user', 'recurring_billing.group_user', **company)
        cls.invoicing = new_test_user(cls.env, 'invoicing', 'account.group_account_invoice', **company)
        keys = {user: cls.env(user=user)['res.users.apikeys'].sudo() for user in (cls.user, cls.invoicing)}
        cls.keys = {user: key._generate('rpc', "Test", False) for user, key in keys.items()}

    # === HELPERS === #

    def _call(self, method, status=200, user=None, key=None, model='billing.contract', **body):
        headers = {'Authorization': f"bearer {key or self.keys[user or self.user]}"}
        response = self.url_open(
            f'/json/2/{model}/{method}',
            data=json.dumps(body),
            headers={**headers, 'Content-Type': 'application/json'},
        )
        self.env.invalidate_all()
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def _api_values(self, **values):
        line = {'product_id': self.service.id, 'name': "Hosting", 'quantity': 1, 'price_unit': 100}
        return {'partner_id': self.garage.id, 'date_start': '2026-09-01', 'line_ids': [[0, 0, line]], **values}

    def test_another_system_creates_a_contract_once(self):
        body = {'external_reference': "CRM-1", 'values': self._api_values()}
        known = self._call('create_once', **body)
        self.assertEqual(self._call('create_once', **body), known)
        self.assertEqual(
            self._call(
                'search_read',
                domain=[['external_reference', '=', "CRM-1"]],
                fields=['state', 'amount_untaxed', 'date_start'],
            ),
            [{'id': known, 'state': 'draft', 'amount_untaxed': 100.0, 'date_start': '2026-09-01'}],
        )

    def test_another_system_records_usage_once(self):
        usage = {'product_id': self.service.id, 'name': "Calls", 'kind': 'usage', 'meter': "METER-1", 'price_unit': 0.1}
        values = self._api_values(line_ids=[[0, 0, usage]])
        contract_id = self._call('create_once', external_reference="CRM-1", values=values)
        self._call('action_start', ids=[contract_id])
        rows = [
            {'meter': "METER-1", 'date': "2026-09-01", 'quantity': 120, 'reference': "READING-0001"},
            {'meter': "METER-1", 'date': "2026-09-02", 'quantity': 80.5, 'reference': "READING-0002"},
        ]
        for answer in ({'created': 2, 'known': 0}, {'created': 0, 'known': 2}):
            self.assertEqual(self._call('record', model='billing.usage', rows=rows), answer)
        answer = self._call('record', 422, model='billing.usage', rows=[{**rows[0], 'quantity': 1}])
        self.assertIn("READING-0001: this external reference is recorded already", answer['message'])
        answer = self._call(
            'record', 403, user=self.invoicing, model='billing.usage', rows=[{**rows[0], 'reference': "3"}]
        )
        self._bill(date(2026, 10, 1))
        contract = self.env['billing.contract'].browse(contract_id)
        self.assertEqual(contract._invoices().amount_untaxed, 20.05)  # 200.5 x 0.10

    def test_another_system_changes_starts_and_ends_a_contract(self):
        contract_id = self._call('create_once', external_reference="CRM-1", values=self._api_values())
        contract = self.env['billing.contract'].browse(contract_id)
        terms = self.env.ref('account.account_payment_term_30days')
        vals = {'payment_term_id': terms.id, 'line_ids': [[1, contract.line_ids.id, {'price_unit': 120}]]}
        self.assertTrue(self._call('write', ids=[contract_id], vals=vals))
        self.assertTrue(self._call('action_start', ids=[contract_id]))
        self.assertEqual((contract.state, contract.payment_term_id), ('running', terms))
        self.assertEqual(
            self._call('next_invoices', ids=[contract_id])[0],
            {
                'invoice_date': '2026-09-01',
                'date_start': '2026-09-01',
                'date_end': '2026-09-30',
                'amount_untaxed': 120.0,
                'amount_total': 144.0,
            },
        )
        self._bill(date(2026, 9, 1))
        self.assertEqual(contract._invoices().amount_untaxed, 120.0)
        for _again in range(2):
            self.assertTrue(self._call('end_on', ids=[contract_id], last_day='2026-10-15'))
        self.assertEqual([row['amount_untaxed'] for row in self._call('next_invoices', ids=[contract_id])], [58.06])
        self._bill(date(2026, 10, 1))
        self.assertEqual(contract._invoices().sorted('invoice_date').mapped('amount_untaxed'), [120.0, 58.06])

    def test_another_system_changes_a_running_contract_once(self):
        contract = self._contract(date_start=date(2026, 9, 1), price=89.9, debit=False)
        contract.action_start()
        line = self._call('read', ids=contract.ids, fields=['effective_line_ids'])[0]['effective_line_ids'][0]
        backup = {
            'product_id': self.service.id,
            'name': "Backup",
            'price_unit': 30,
            'tax_ids': self.service.taxes_id.ids,
        }
        values = {
            'date': '2026-10-01',
            'lines': [{'id': line, 'quantity': 3}],
            'added': [backup],
            'reason': "Order PO-4712",
            'external_reference': "CRM-CHG-1",
        }
        amendment_id = self._call('change', ids=contract.ids, values=values)
        self.assertEqual(self._call('change', ids=contract.ids, values=values), amendment_id)
        amendment = contract.amendment_ids
        self.assertEqual((amendment.id, amendment.kind, amendment.reason), (amendment_id, 'lines', "Order PO-4712"))
        self._bill(date(2026, 9, 1))
        with freeze_time('2026-10-01'):
            self._bill(date(2026, 10, 1))
        self.assertEqual(contract._invoices().sorted('invoice_date').mapped('amount_untaxed'), [89.9, 299.7])
        version = contract.line_ids.filtered(lambda row: row.quantity == 3)
        end = {'date': '2026-11-01', 'lines': [{'id': version.id, 'end': True}]}
        self._call('change', ids=contract.ids, values=end)
        self.assertEqual([row['amount_untaxed'] for row in self._call('next_invoices', ids=contract.ids)], [30.0] * 6)

    @mute_logger('odoo.http')
    def test_a_change_from_outside_is_checked(self):
        contract, other = (self._contract(date_start=date(2026, 9, 1), debit=False) for _number in range(2))
        contract.action_start()
        line = contract.line_ids.id
        for values, words in (
            ({'lines': [{'id': line, 'quantity': 2}]}, "give the first day of the change"),
            ({'date': '2026-10-01', 'lines': [{'id': other.line_ids.id, 'quantity': 2}]}, "is not that of a line"),
            ({'date': '2026-10-01', 'lines': [{'quantity': 2}]}, "is not that of a line"),
            ({'date': '2026-10-01', 'lines': [{'id': line, 'valid_from': '2026-09-05'}]}, "has no valid_from"),
            ({'date': '2026-10-01', 'added': [{'product_id': self.service.id, 'root_id': line}]}, "has no root_id"),
            ({'date': '2026-10-01', 'state': 'closed'}, "has no state"),
            ({'date': '2026-10-01', 'lines': [{'id': line, 'price_unit': -1}]}, "negative"),
            ({'date': '2026-10-01', 'lines': [{'id': line, 'quantity': 1}]}, "nothing would change"),
            ({'date': '2026-08-01', 'lines': [{'id': line, 'quantity': 2}]}, "outside the contract"),
        ):
            with self.subTest(words, values=values):
                self.assertIn(words, self._call('change', status=422, ids=contract.ids, values=values)['message'])
        self.assertFalse(contract.amendment_ids)

    def test_a_contract_ended_on_a_past_day_that_is_billed_closes_at_once(self):
        contract = self._contract(date_start=date(2026, 8, 1), debit=False)
        contract.action_start()
        self._bill(date(2026, 8, 1))
        self.assertTrue(self._call('end_on', ids=[contract.id], last_day='2026-08-31'))
        self.assertEqual(contract.state, 'closed')
        self.assertTrue(self._call('end_on', ids=[contract.id], last_day='2026-08-31'))

    @mute_logger('odoo.http')
    def test_errors_come_back_with_their_message(self):
        contract = self._contract(date_start=date(2026, 9, 1), debit=False)
        for method, body, words in (
            (
                'create_once',
                {'external_reference': "", 'values': self._api_values()},
                "An external reference is needed",
            ),
            ('end_on', {'ids': contract.ids, 'last_day': '2026-09-30'}, "is not running"),
            ('write', {'ids': contract.ids, 'vals': {'date_end': '2026-08-01'}}, "ends before it starts"),
            ('write', {'ids': contract.ids, 'vals': {'state': 'running'}}, "cannot be entered or changed by hand"),
            ('end_on', {'ids': contract.ids}, "missing a required argument: 'last_day'"),
        ):
            with self.subTest(method, body=body):
                self.assertIn(words, self._call(method, status=422, **body)['message'])
        contract.action_start()
        self.assertIn("cannot become", self._call('action_start', status=422, ids=contract.ids)['message'])
        self._bill(date(2026, 9, 1))
        early = self._call('end_on', status=422, ids=contract.ids, last_day='2026-08-15')
        self.assertIn("ends before it starts", early['message'])
        self._call('end_on', status=500, ids=contract.ids, last_day="15/10/2026")
        self._call('end_of_days', status=404, ids=contract.ids)

    @mute_logger('odoo.http')
    def test_only_who_keeps_contracts_may_do_so_from_outside(self):
        draft, running = self._contract(debit=False), self._contract(debit=False)
        running.action_start()
        self._call('create_once', status=401, key="not a key", external_reference="CRM-1", values=self._api_values())
        for method, body in (
            ('create_once', {'external_reference': "CRM-1", 'values': self._api_values()}),
            ('write', {'ids': draft.ids, 'vals': {'customer_reference': "x"}}),
            ('action_start', {'ids': draft.ids}),
            ('end_on', {'ids': running.ids, 'last_day': '2026-09-30'}),
            (
                'change',
                {
                    'ids': running.ids,
                    'values': {'date': '2026-09-01', 'lines': [{'id': running.line_ids.id, 'quantity': 2}]},
                },
            ),
        ):
            with self.subTest(method):
                self._call(method, status=403, user=self.invoicing, **body)
        self.assertEqual((draft.state, draft.customer_reference, running.date_end), ('draft', False, False))
        self.assertFalse(self.env['billing.contract'].search([('external_reference', '=', "CRM-1")]))

    def test_an_external_reference_is_asked_for_in_python_too(self):
        with self.assertRaisesRegex(UserError, "An external reference is needed"):
            self.env['billing.contract'].create_once("", {})

    @mute_logger('odoo.sql_db')
    def test_the_database_holds_a_reference_once(self):
        self._contract(external_reference="A-1")
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self._contract(external_reference="A-1")
