from datetime import date, timedelta

from odoo import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.recurring_billing.models.billing_transaction import Transaction

LOGGER = 'odoo.addons.recurring_billing.models.billing_worker'


class BillingCommon(AccountTestInvoicingCommon):
    """A French company that sells a service at 100 EUR with 20 % VAT due on receipt, to a customer with a mandate."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country('fr')
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data['company']
        cls.company.billing_creditor_identifier = 'FR72ZZZ123456'
        cls.bank_journal = cls.company.billing_bank_journal_id
        cls.bank_journal.bank_account_id = cls.env['res.partner.bank'].create(
            {'partner_id': cls.company.partner_id.id, 'acc_number': 'FR7630004056560376143653714'},
        )
        chart = cls.env['account.chart.template'].with_company(cls.company)
        cls.vat_on_receipts = chart.ref('tva_normale_encaissement')
        cls.service = cls._create_product(
            name="Hosting",
            type='service',
            lst_price=100.0,
            taxes_id=[Command.set(cls.vat_on_receipts.ids)],
            property_account_income_id=chart.ref('pcg_706').id,
        )
        cls.customer = cls._customer("Atelier Durand")
        cls.mandate = cls._mandate(cls.customer, 'FR7630002609130830166131893')
        cls.sdd = cls.bank_journal.inbound_payment_method_line_ids.filtered(lambda line: line.code == 'billing_sdd')

    @classmethod
    def _customer(cls, name, **values):
        return cls.env['res.partner'].create(
            {
                'name': name,
                'is_company': True,
                'email': f"{name.split()[-1].lower()}@customer.example",
                'street': "8 rue de la Paix",
                'zip': "75002",
                'city': "Paris",
                'country_id': cls.env.ref('base.fr').id,
                **values,
            },
        )

    @classmethod
    def _mandate(cls, partner, iban, activate=True, **values):
        accounts = cls.env['res.partner.bank']
        account = accounts.search([('partner_id', '=', partner.id), ('acc_number', '=', iban)]) or accounts.create(
            {'partner_id': partner.id, 'acc_number': iban},
        )
        mandate = cls.env['billing.mandate'].create(
            {
                'partner_id': partner.id,
                'partner_bank_id': account.id,
                'signature_date': date(2025, 1, 15),
                **values,
            },
        )
        if activate:
            mandate.action_activate()
        return mandate

    @classmethod
    def _contract(cls, partner=None, price=100.0, quantity=1.0, debit=True, **values):
        return cls.env['billing.contract'].create(
            {
                'partner_id': (partner or cls.customer).id,
                'payment_method_line_id': cls.sdd.id if debit else False,
                'line_ids': [
                    Command.create(
                        {'product_id': cls.service.id, 'name': "Hosting", 'quantity': quantity, 'price_unit': price},
                    ),
                ],
                **values,
            },
        )

    @classmethod
    def _bill(cls, today):
        """Bill all that is due on ``today`` and return the run."""
        return cls.env['billing.run']._bill_company(cls.company, today, transaction=Transaction())

    @classmethod
    def _announce(cls, invoices, day, sent_on=None, **values):
        """The notices that tell of the debits of ``invoices`` on ``day``, as by a letter of ``sent_on``.

        :param sent_on: if not given, early enough
        """
        sent_on = sent_on or day - timedelta(days=cls.company.billing_notice_days)
        announcements = [
            announcement._replace(day=day) for announcement in invoices.line_ids._billing_announcements(sent_on)
        ]
        return cls.env['billing.notice']._write_down(announcements, 'letter', sent_on=sent_on, **values)

    @classmethod
    def _announce_due(cls, day):
        """Tell of all debits that could come on ``day``."""
        lines = cls.env['account.move.line']._billing_collectable_lines(cls.company, day)
        return cls._announce(lines.move_id, day)

    @classmethod
    def _collect(cls, day, today):
        """Take all that may be debited on ``day`` through file and sending, as a person does on ``today``."""
        collections, _refusals = cls._prepare(day, today)
        for collection in collections:
            collection._generate(today)
        collections.action_confirm_sent()
        return collections

    @classmethod
    def _prepare(cls, day, today):
        """Announce and prepare all that may be debited on ``day``."""
        cls._announce_due(day)
        return cls.env['billing.collection']._prepare_debits(cls.company, day, today)

    def _started(self, **values):
        contract = self._contract(**values)
        contract._start(contract.date_start)
        return contract

    def _sound(self, name, **values):
        """A started contract of a customer of its own, with nothing that a preview could remark."""
        customer = self._customer(name, company_registry='73282932000074')
        return self._started(**{'partner': customer, 'date_start': date(2026, 12, 5), 'debit': False, **values})

    def _contracts(self, count):
        return self.env['billing.contract'].concat(*(self._sound(f"Many {number}") for number in range(count)))

    def _september(self, **values):
        """A contract whose September is billed on its first day, and that bill."""
        contract = self._started(date_start=date(2026, 9, 1), **values)
        return contract, self._billed_on(date(2026, 9, 1), contract)

    def _billed_on(self, day, contract):
        """What a run on ``day`` bills of ``contract``, oldest first."""
        return self._bill(day).line_ids.filtered(lambda line: line.contract_id == contract).invoice_id.sorted('id')

    def _add_line(self, contract, **values):
        before = contract.line_ids
        contract._unguarded().line_ids = [
            Command.create({'product_id': self.service.id, 'name': "Backup", 'price_unit': 30.0, **values})
        ]
        return contract.line_ids - before

    def _texts(self, names):
        """Commands of the lines of a contract: (price, name) bills, (display type, name) only prints."""
        commands = []
        for number, (first, name) in enumerate(names):
            if isinstance(first, str):
                values = {'display_type': first, 'name': name, 'quantity': 0.0, 'price_unit': 0.0}
            else:
                values = {'product_id': self.service.id, 'name': name, 'price_unit': first}
            commands.append(Command.create({**values, 'sequence': number}))
        return commands

    def _reverse(self, invoice, *, again=False, modify=False):
        """The draft that core's wizard makes: the credit note, or the invoice made anew after it."""
        wizard = (
            self.env['account.move.reversal']
            .with_context(active_model='account.move', active_ids=invoice.ids)
            .create({'journal_id': invoice.journal_id.id, 'billing_bill_again': again})
        )
        if modify:
            wizard.modify_moves()
        else:
            wizard.refund_moves()
        return wizard.new_move_ids

    def _preview(self, contract=None, until=date(2026, 12, 5)):
        return self.env['billing.run'].create({'date_until': until, 'contract_id': contract and contract.id})

    def _pricelist(self, *items):
        """A pricelist with the fixed prices ``items`` of the service: (price, from, until)."""
        values = [
            {
                'applied_on': '1_product',
                'product_tmpl_id': self.service.product_tmpl_id.id,
                'compute_price': 'fixed',
                'fixed_price': price,
                'date_start': first,
                'date_end': last,
            }
            for price, first, last in items
        ]
        return self.env['product.pricelist'].create(
            {'name': "2026", 'currency_id': self.company.currency_id.id, 'item_ids': [*map(Command.create, values)]}
        )

    def _triggers(self, cron):
        return self.env['ir.cron.trigger'].search_count([('cron_id', '=', self.env.ref(cron).id)])

    def _settle(self, today):
        return self.env['billing.collection']._settle_due(today, transaction=Transaction())

    @classmethod
    def _run_reminders(cls, today):
        """The reminders that the night of ``today`` makes."""
        return cls.env['billing.dunning.case']._run(cls.company, today, transaction=Transaction())

    def _reason(self, code):
        return self.env['billing.return.reason']._by_code([code])[code]

    def assertEntry(self, move, day, rows):
        """Assert a posted entry: its date and its lines as (account, partner or None, debit, credit), in any order."""
        self.assertEqual((move.state, move.date), ('posted', day), move.name)
        lines = [
            (line.account_id.code, line.partner_id.name or None, line.debit, line.credit)
            for line in move.line_ids
            if line.debit or line.credit
        ]
        self.assertCountEqual(lines, rows, move.name)

    def assertSale(self, move, day, nets, vat):
        """Assert the entry of an invoice to the customer with VAT on receipts; amounts below zero give back.

        :param nets: the amount of each line without VAT
        """
        amounts = [('411100', sum(nets) + vat), *(('706000', -net) for net in nets), ('445740', -vat)]
        rounded = [(code, round(amount, 2)) for code, amount in amounts]
        rows = [(code, self.customer.name, max(amount, 0.0), max(-amount, 0.0)) for code, amount in rounded]
        self.assertEntry(move, day, rows)

    def _cash_basis_entries(self, invoice):
        """The VAT-on-receipts entries of ``invoice`` and their reversals, oldest first."""
        return self.env['account.move'].search([('tax_cash_basis_origin_move_id', '=', invoice.id)], order='date, id')

    def _balance(self, code, until):
        """Balance of an account at the end of ``until``."""
        lines = self.env['account.move.line'].search(
            [
                ('company_id', '=', self.company.id),
                ('account_id.code', '=', code),
                ('parent_state', '=', 'posted'),
                ('date', '<=', until),
            ],
        )
        return self.company.currency_id.round(sum(lines.mapped('balance')))
