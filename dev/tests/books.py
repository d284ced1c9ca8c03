"""What an accountant does, called inside Odoo with its environment."""

from datetime import timedelta

from odoo import fields
from odoo.modules.module import get_module_path

from odoo.addons.recurring_billing.models.billing_transaction import Transaction


def addon_folder(_env, addon):
    return get_module_path(addon)


def found_company(env):
    """Create a French company with its chart and make it the administrator's own."""
    company = env["res.company"].create({"name": "Essai", "country_id": env.ref("base.fr").id})
    env["account.chart.template"].try_loading("fr", company)
    env.ref("base.user_admin").write({"company_ids": [(4, company.id)], "company_id": company.id})
    return company.id


def accountant(env, company_id):
    """Return the environment of a person who works in that company alone."""
    return env(user=env.ref("base.user_admin"), context={"allowed_company_ids": [company_id]})


def post_invoice(env, company_id):
    """Post an invoice of 100 EUR; return its name and what it prints."""
    env = accountant(env, company_id)
    customer = env["res.partner"].create({"name": "Cliente", "country_id": env.ref("base.fr").id})
    line = (0, 0, {"name": "Abonnement", "quantity": 1, "price_unit": 100})
    invoice = env["account.move"].create(
        {"move_type": "out_invoice", "partner_id": customer.id, "invoice_line_ids": [line]}
    )
    invoice.action_post()
    page, _kind = env["ir.actions.report"]._render_qweb_html("account.report_invoice", invoice.ids)
    return {"name": invoice.name, "page": page.decode()}


def live_through_the_chain(env, company_id):
    """A contract billed, debited, settled, returned and reminded, and a payment that names the method.

    Return the names of the entries that must outlive the addon.
    """
    env = accountant(env, company_id)
    company = env["res.company"].browse(company_id)
    today = fields.Date.context_today(company)
    start = today - timedelta(days=30)
    contract = contract_by_debit(env, company, start)
    contract._start(start)
    invoice = env["billing.run"]._bill_company(company, start, transaction=Transaction()).line_ids[:1].invoice_id
    collections = env["billing.collection"]
    day = collections._earliest_date(company, start)
    told = [row._replace(day=day) for row in invoice.line_ids._billing_announcements(start)]
    env["billing.notice"]._write_down(told, "letter", sent_on=day - timedelta(days=company.billing_notice_days))
    collection, _refusals = collections._prepare_debits(company, day, start)
    collection._generate(start)
    collection.action_confirm_sent()
    collections._settle_due(today, transaction=Transaction())
    collection.debit_ids._return(today, "AM04")
    env["billing.dunning.case"]._run(company, today, transaction=Transaction())
    payment = env["account.payment"].create(
        {
            "partner_id": contract.partner_id.id,
            "amount": 10,
            "payment_method_line_id": contract.payment_method_line_id.id,
            "journal_id": company.billing_bank_journal_id.id,
        }
    )
    payment.action_post()
    return [invoice.name, collection.move_id.name, collection.debit_ids.return_move_id.name, payment.name]


def contract_by_debit(env, company, start):
    """Return a draft contract of 100 EUR a month, paid by direct debit from an active mandate."""
    accounts = env["res.partner.bank"]
    company.billing_creditor_identifier = "FR72ZZZ123456"
    company.billing_bank_journal_id.bank_account_id = accounts.create(
        {"partner_id": company.partner_id.id, "acc_number": "FR7630004056560376143653714"}
    )
    customer = env["res.partner"].create({"name": "Abonnée", "email": "abonnee@customer.example"})
    account = accounts.create({"partner_id": customer.id, "acc_number": "FR7630002609130830166131893"})
    mandate = env["billing.mandate"].create(
        {"partner_id": customer.id, "partner_bank_id": account.id, "signature_date": start}
    )
    mandate.action_activate()
    service = env["product.product"].create({"name": "Abonnement", "type": "service", "list_price": 100})
    line = (0, 0, {"product_id": service.id, "price_unit": 100})
    return env["billing.contract"].create({"partner_id": customer.id, "date_start": start, "line_ids": [line]})
