"""Contracts that wait for their invoices since months, made inside Odoo: what two workers can quarrel about."""

from datetime import timedelta

import books

from odoo import fields

LATE = 80  # days since the oldest contracts began; none has more than ten periods due, nor one that falls due tomorrow
COUNT = 6  # contracts of each kind


def found(env, company_id):
    """Start contracts of five kinds; their periods are planned until the day of their start only."""
    env = books.accountant(env, company_id)
    today = fields.Date.context_today(env.user)
    service = env["product.product"].create({"name": "Abonnement", "type": "service", "list_price": 100})
    rows = [kind(env, today, number) for number in range(COUNT) for kind in (monthly, weekly, arrears, stub, together)]
    for number, row in enumerate(rows):
        row["line_ids"] = [line(service, 10.01 + number, 1), line(service, 0.37 * (number + 1), 3)]
    contracts = env["billing.contract"].create(rows)
    contracts._start(today - timedelta(days=LATE))


def line(service, price, quantity):
    return fields.Command.create({"product_id": service.id, "price_unit": price, "quantity": quantity})


def monthly(env, today, number):
    return {
        "partner_id": customer(env, f"Mensuelle {number}").id,
        "date_start": today - timedelta(days=LATE),
        "recurrence_unit": "month",
    }


def weekly(env, today, number):
    """The last invoice is planned one to three days ago: late enough to be billed, young enough to keep its date."""
    return {
        "partner_id": customer(env, f"Hebdomadaire {number}").id,
        "date_start": today - timedelta(days=36 + number % 3),
        "recurrence_unit": "week",
    }


def arrears(env, today, number):
    row = weekly(env, today, number)
    return {**row, "partner_id": customer(env, f"Échue {number}").id, "timing": "arrears"}


def stub(env, today, number):
    """Ten days from now a month begins, so that the first one was cut short."""
    row = monthly(env, today, number)
    return {
        **row,
        "partner_id": customer(env, f"Entamée {number}").id,
        "anchor_day": (today + timedelta(days=10)).day,
    }


def together(env, today, number):
    """Each two contracts of one customer, who wants a single invoice for both."""
    name = f"Ensemble {number // 2}"
    partner = env["res.partner"].search([("name", "=", name)]) or customer(env, name, billing_consolidate=True)
    return {**monthly(env, today, number), "partner_id": partner.id, "timing": "arrears"}


def customer(env, name, **values):
    return env["res.partner"].create({"name": name, "country_id": env.ref("base.fr").id, **values})
