"""Who collects, and on what ground: runs inside Odoo.

Each contestant has ``prepare``, outside of the measured time, and ``work``, the measured time: from the selection of
the due invoices to entries that are posted and matched with them, the bank file in between. All collect the same
invoices, with VAT on receipts, from the same accounts.
"""

import billers
from schwifty import IBAN

from odoo import Command, fields

BANK_CODE = '30004'
ICS = 'FR72ZZZ123456'
TOTAL = 120.0
WARM_UP = 20
FILED_ON = ('billing.collection', 'account.payment.order')


def found(env, customers):
    """Found the company, its bank account and those of its customers."""
    billers.found(env, customers)
    bank = env['res.partner.bank'].create({'acc_number': iban(0), 'partner_id': env.company.partner_id.id})
    the_bank_journal(env).bank_account_id = bank
    for batch in billers.batches(billers.the_customers(env, customers)):
        env['res.partner.bank'].create(
            [{'acc_number': iban(customer.id), 'partner_id': customer.id} for customer in batch],
        )
        env.cr.commit()


def iban(number):
    return str(IBAN.generate('FR', BANK_CODE, f'{number:011d}'))


def the_bank_journal(env):
    domain = [('type', '=', 'bank'), ('company_id', '=', env.company.id)]
    return env['account.journal'].search(domain, limit=1)


def invoice(env, size, values):
    """Post an invoice of each customer that is due today; ``values`` of them by customer."""
    today = fields.Date.context_today(env.user)
    billers.invoice(
        env,
        [
            {**billers.invoice_values(customer, today, line), 'invoice_date_due': today, **values(customer)}
            for customer, _taxes, line in billers.line_values(env, size)
        ],
    )


def the_due(env):
    today = fields.Date.context_today(env.user)
    domain = [('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('invoice_date', '=', today)]
    return env['account.move'].search(domain, order='id')


def receivable(moves):
    return moves.line_ids.filtered(lambda line: line.account_type == 'asset_receivable')


class Floor:
    """Odoo itself: a payment for each invoice, all made and posted at once, matched with them one by one; no file."""

    @staticmethod
    def prepare(env, size):
        invoice(env, size, lambda customer: {})

    @staticmethod
    def work(env, size):
        pay(env, the_due(env))
        env.cr.commit()


def pay(env, invoices):
    payments = env['account.payment'].create(
        [
            {
                'partner_id': due.partner_id.id,
                'amount': due.amount_residual,
                'date': due.invoice_date,
                'journal_id': the_bank_journal(env).id,
                'memo': due.name,
            }
            for due in invoices
        ],
    )
    payments.action_post()
    for due, payment in zip(invoices, payments, strict=True):
        receivable(due + payment.move_id).reconcile()


class Ours:
    """This addon: a collection is prepared, made a file, confirmed as sent, and settled on its date."""

    @staticmethod
    def prepare(env, size):
        env.company.billing_creditor_identifier = ICS
        method = env.company._billing_debit_method()
        for batch in billers.batches(billers.the_customers(env, size)):
            mandates = env['billing.mandate'].create(
                [
                    {
                        'name': customer.ref,
                        'partner_id': customer.id,
                        'partner_bank_id': customer.bank_ids.id,
                        'signature_date': '2026-01-05',
                    }
                    for customer in batch
                ],
            )
            mandates.action_activate()
            env.cr.commit()
        invoice(env, size, lambda customer: {'preferred_payment_method_line_id': method.id})
        Ours._announce(env)

    @staticmethod
    def _announce(env):
        """Customers were told of their debits two weeks ago."""
        day = env['billing.collection']._earliest_date(env.company, fields.Date.context_today(env.user))
        sent_on = fields.Date.subtract(day, days=env.company.billing_notice_days)
        lines = env['account.move.line']._billing_collectable_lines(env.company, day)
        told = [row._replace(day=day) for row in lines._billing_announcements(sent_on)]
        env['billing.notice']._write_down(told, 'letter', sent_on=sent_on)
        env.cr.commit()

    @staticmethod
    def work(env, size):
        today = fields.Date.context_today(env.user)
        collections = env['billing.collection']
        day = collections._earliest_date(env.company, today)
        collection, _refusals = collections._prepare_debits(env.company, day, today)
        collection._generate(today)
        env.cr.commit()
        collection.action_confirm_sent()
        collection._settle()
        env.cr.commit()


class Oca:
    """OCA's account_banking_sepa_direct_debit: an order with a line and a payment for each invoice, and its file."""

    @staticmethod
    def prepare(env, size):
        env.company.sepa_creditor_identifier = ICS
        journal = the_bank_journal(env)
        method = env.ref('account_banking_sepa_direct_debit.sepa_direct_debit')
        journal.inbound_payment_method_line_ids = [Command.create({'payment_method_id': method.id})]
        mode = env['account.payment.mode'].create(
            {
                'name': "Direct debit",
                'payment_method_id': method.id,
                'bank_account_link': 'fixed',
                'fixed_journal_id': journal.id,
                'default_date_prefered': 'fixed',
            },
        )
        for batch in billers.batches(billers.the_customers(env, size)):
            env['account.banking.mandate'].create(
                [
                    {
                        'format': 'sepa',
                        'type': 'recurrent',
                        'recurrent_sequence_type': 'recurring',
                        'unique_mandate_reference': customer.ref,
                        'partner_bank_id': customer.bank_ids.id,
                        'signature_date': '2026-01-05',
                        'state': 'valid',
                    }
                    for customer in batch
                ],
            )
            env.cr.commit()
        mandates = env['account.banking.mandate'].search([]).grouped('partner_id')
        invoice(
            env,
            size,
            lambda customer: {'payment_mode_id': mode.id, 'mandate_id': mandates[customer].id},
        )

    @staticmethod
    def work(env, size):
        the_due(env).create_account_payment_line()
        order = env['account.payment.order'].search([])
        today = fields.Date.context_today(env.user)
        order.date_scheduled = fields.Date.add(today, days=3)
        order.draft2open()
        order.open2generated()
        env.cr.commit()
        order.generated2uploaded()
        env.cr.commit()


CONTESTANTS = {'floor': Floor, 'ours': Ours, 'oca': Oca}


def warm_up(env):
    """Take the invoices of the month before in, as a server has before it collects."""
    today = fields.Date.context_today(env.user)
    domain = [('move_type', '=', 'out_invoice'), ('state', '=', 'posted'), ('invoice_date', '<', today)]
    pay(env, env['account.move'].search(domain, limit=WARM_UP))
    env.cr.commit()


def check(env, wanted):
    """Only invoices that are matched by an entry count, with their VAT on receipts; and a file with all of them."""
    invoices = the_due(env)
    paid = invoices.filtered(lambda due: not due.amount_residual and due.amount_total == TOTAL)
    taxed = env['account.move'].search([('tax_cash_basis_origin_move_id', 'in', invoices.ids)])
    if not len(paid) == len(invoices) == len(taxed) == wanted:
        raise AssertionError(f"{len(paid)} of {len(invoices)} collected, {len(taxed)} with VAT; wanted: {wanted}")
    files = env['ir.attachment'].search([('res_model', 'in', FILED_ON), ('res_field', 'in', (False, 'file'))])
    if files and sum(file.raw.count(b'<DrctDbtTxInf>') for file in files) != wanted:
        raise AssertionError("the bank file does not hold them all")
