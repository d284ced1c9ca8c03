"""Who bills, and on what ground: runs inside Odoo.

Each contestant has ``prepare``, outside of the measured time, and ``work``, the measured time: from the job's start to
posted and committed invoices. All bill the same line to the same customers on the same day.
"""

from dateutil.relativedelta import relativedelta

from odoo import Command, fields

BATCH = 200
WARM_UP = 20
HISTORY = 1000  # invoices of the month before, not of the contracts' customers: whose first invoice costs more
ODD = 60  # the customer, counted from 0, with a service of its own, which a fault may strike


def batches(records):
    for start in range(0, len(records), BATCH):
        yield records[start : start + BATCH]


def found(env, customers):
    """Found the French company, its services and its customers, and bill another customer for the month before.

    Where its statistics say that there are no invoices, PostgreSQL plans each look-up as a scan of the whole table, and
    goes on so while the table grows. A company that has billed before never sees that.
    """
    env.company.country_id = env.ref('base.fr')
    charts = env['account.chart.template']
    charts.try_loading('fr', env.company, install_demo=False)
    vat, income = charts.ref('tva_normale_encaissement'), charts.ref('pcg_706')
    for code, account in ('COMMON', income), ('ODD', income.copy({'code': '706999'})):
        env['product.product'].create(
            {
                'name': "Hosting",
                'default_code': code,
                'type': 'service',
                'taxes_id': [Command.set(vat.ids)],
                'property_account_income_id': account.id,
            },
        )
    country = env.ref('base.fr').id
    numbers = range(1, customers + 1)
    for batch in batches(numbers):
        env['res.partner'].create(
            [
                {'name': f"Customer {number}", 'ref': f"C{number}", 'is_company': True, 'country_id': country}
                for number in batch
            ],
        )
        env.cr.commit()
    bill_month_before(env)


def bill_month_before(env):
    common = the_service(env, 'COMMON')
    values = invoice_values(
        env['res.partner'].create({'name': "Customer of the month before"}),
        fields.Date.context_today(env.user) - relativedelta(months=1),
        {'product_id': common.id, 'tax_ids': common.taxes_id.ids},
    )
    invoice(env, [values] * HISTORY)


def the_customers(env, size):
    return env['res.partner'].search([('ref', '=like', 'C%')], order='id', limit=size)


def the_service(env, code):
    return env['product.product'].search([('default_code', '=', code)])


def line_values(env, size):
    common, odd = the_service(env, 'COMMON'), the_service(env, 'ODD')
    for number, customer in enumerate(the_customers(env, size)):
        service = odd if number == ODD else common
        line = {'product_id': service.id, 'name': service.name, 'quantity': 1.0, 'price_unit': 100.0}
        yield customer, service.taxes_id, line


def invoice_values(customer, day, line):
    return {
        'move_type': 'out_invoice',
        'partner_id': customer.id,
        'invoice_date': day,
        'invoice_line_ids': [Command.create(line)],
    }


def invoice(env, values):
    for batch in batches(values):
        env['account.move'].create(batch)._post(soft=False)
        env.cr.commit()


class Floor:
    """Odoo itself, told what to invoice."""

    @staticmethod
    def prepare(env, size):
        pass

    @staticmethod
    def work(env, size):
        values = [
            invoice_values(customer, fields.Date.context_today(customer), {**line, 'tax_ids': taxes.ids})
            for customer, taxes, line in line_values(env, size)
        ]
        invoice(env, values)


class Ours:
    """This addon's nightly job."""

    @staticmethod
    def prepare(env, size):
        today = fields.Date.context_today(env.user)
        values = [
            {
                'partner_id': customer.id,
                'date_start': today,
                'payment_method_line_id': False,
                'line_ids': [Command.create({**line, 'tax_ids': taxes.ids})],
            }
            for customer, taxes, line in line_values(env, size)
        ]
        for batch in batches(values):
            env['billing.contract'].create(batch)._start(today)
            env.cr.commit()

    @staticmethod
    def work(env, size):
        env['billing.period']._cron_bill()
        env.cr.commit()


class Oca:
    """OCA's contract: its nightly job leaves drafts, which core's own posting takes on."""

    @staticmethod
    def prepare(env, size):
        values = [
            {
                'name': f"Contract of {customer.name}",
                'partner_id': customer.id,
                'contract_line_ids': [Command.create(line)],
            }
            for customer, _taxes, line in line_values(env, size)
        ]
        for batch in batches(values):
            env['contract.contract'].create(batch)
            env.cr.commit()

    @staticmethod
    def work(env, size):
        env['contract.contract'].cron_recurring_create_invoice()
        env.cr.commit()
        for batch in batches(env['account.move'].search([('state', '=', 'draft')])):
            batch._post(soft=False)
            env.cr.commit()


CONTESTANTS = {'floor': Floor, 'ours': Ours, 'oca': Oca}


def without_account(env):
    """The odd service has no income account anywhere, which shows before an invoice is made."""
    odd = the_service(env, 'ODD')
    odd.property_account_income_id = False
    odd.categ_id.property_account_income_categ_id = False
    env.company.income_account_id = False
    env['account.journal'].search([('type', '=', 'sale')]).default_account_id = False


def with_archived_account(env):
    """The odd service's income account is archived, which core says only when it posts."""
    the_service(env, 'ODD').property_account_income_id.active = False


FAULTS = {'early': without_account, 'late': with_archived_account}


def warm_up(env):
    Floor.work(env, WARM_UP)


def check(env, wanted):
    """Only posted invoices of today and of the right amount count."""
    today = fields.Date.context_today(env.user)
    invoices = env['account.move'].search([('move_type', '=', 'out_invoice'), ('invoice_date', '=', today)])
    good = invoices.filtered(lambda invoice: invoice.state == 'posted' and invoice.amount_total == 120.0)
    if not len(good) == len(invoices) == WARM_UP + wanted:
        raise AssertionError(f"{len(good)} of {len(invoices)} invoices are good, wanted: {WARM_UP + wanted}")
