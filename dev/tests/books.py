"""What an accountant does, called inside Odoo with its environment."""

from odoo.modules.module import get_module_path


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


def post_collection(env, company_id):
    """Post 100 EUR in collection: 511600 against the customers' account, in the journal PRLV."""
    env = accountant(env, company_id)
    journal = env["account.journal"].search([("code", "=", "PRLV")])
    outstanding = env["account.account"].search([("code", "=", "511600")])
    receivable = env["account.account"].search([("account_type", "=", "asset_receivable")], limit=1)
    lines = [
        (0, 0, {"account_id": outstanding.id, "debit": 100}),
        (0, 0, {"account_id": receivable.id, "credit": 100}),
    ]
    entry = env["account.move"].create({"journal_id": journal.id, "line_ids": lines})
    entry.action_post()
    return entry.name
