"""Three months of a small company, day by day, with the calls that the nightly jobs make. Runs in Odoo's shell.

Only the calendar is simulated: each step gets its day as an argument. The shell gives `env`; the caller sets OUT, the
folder for the bank file and the facts.
"""

import json
import pathlib
from base64 import b64decode
from datetime import timedelta

from odoo import fields

from odoo.addons.recurring_billing.models.billing_transaction import Transaction
from odoo.addons.recurring_billing.tools import bank_calendar, pain008

company = env.ref("recurring_billing.demo_company")  # noqa: F821  (Odoo's shell gives env)
env = env(user=env.ref("base.user_admin"), context={"allowed_company_ids": company.ids, "tracking_disable": True})  # noqa: F821
company = company.with_env(env)
today = fields.Date.context_today(company)
late_payer = env.ref("recurring_billing.demo_customer_29")
insolvent = env.ref("recurring_billing.demo_customer_03")


def bank_line(day, label, amount, item):
    """A line of the bank statement, matched with ``item`` on the outstanding account."""
    account = item.account_id
    statement_lines = env["account.bank.statement.line"].sudo()  # Community shows its form to nobody by default
    values = {
        "journal_id": company.billing_bank_journal_id.id,
        "date": day,
        "payment_ref": label,
        "amount": amount,
        "counterpart_account_id": account.id,
    }
    line = statement_lines.create(values)
    (line.move_id.line_ids.filtered(lambda row: row.account_id == account) + item).reconcile()


def collect(day):
    """Prepare, generate and send what can be collected at the earliest; on a Monday, as a person would."""
    Collection = env["billing.collection"]
    collection, _refusals = Collection._prepare_debits(company, Collection._earliest_date(company, day), day)
    if collection:
        collection._generate(day)
        collection.action_confirm_sent()


def bank_credits(day):
    """The bank credits each remittance the working day after its settlement; last week's statement is not in yet."""
    if day > today - timedelta(days=7):
        return
    for collection in env["billing.collection"].search([("state", "=", "settled"), ("company_id", "=", company.id)]):
        item = collection.move_id.line_ids.filtered(lambda row: row.account_id.code == "511600")
        if item and not item.reconciled and bank_calendar.add_open_days(collection.date, 1) <= day:
            bank_line(day, f"REMISE {collection.name}", collection.amount_total, item)


def bank_returns_one(day):
    """The first debit of one customer comes back five days after its collection."""
    debits = env["billing.debit"].search([("partner_id", "=", insolvent.id), ("state", "in", ("settled", "returned"))])
    first = debits.sorted("date")[:1]
    if first.state == "settled" and first.date + timedelta(days=5) <= day:
        first._return(day, "AM04", "PROVISION INSUFFISANTE")
        item = first.return_move_id.line_ids.filtered(lambda row: row.account_id.code == "511600")
        bank_line(day, f"IMPAYE {first.end_to_end_id}", -first.amount, item)


def transfers_arrive(day):
    """Customers who pay by transfer do so on the due date, but for one."""
    invoices = env["account.move"].search(
        [
            ("company_id", "=", company.id),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("amount_residual", ">", 0),
            ("invoice_date_due", "=", day),
            ("preferred_payment_method_line_id", "not any", [("code", "=", "billing_sdd")]),
            ("partner_id", "!=", late_payer.id),
        ],
    )
    for invoice in invoices:
        wizard = env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create({"payment_date": day}).action_create_payments()


def meter_counts(day):
    """Each Monday the metering system sends the calls of the week before; one reading of last month comes late."""
    rows = []
    if day.weekday() == 0:
        sunday = day - timedelta(days=1)
        rows.append({"date": str(sunday), "quantity": 1450, "reference": f"API-28-{sunday}"})
    if day.day == 5:
        late = day.replace(day=1) - timedelta(days=1)
        rows.append({"date": str(late), "quantity": 800, "reference": f"API-28-{late}-bis"})
    first = str(env.ref("recurring_billing.demo_contract_33").date_start)
    env["billing.usage"].record([{"meter": "API-28", **row} for row in rows if row["date"] >= first])


def live_through(day):
    meter_counts(day)
    env["billing.run"]._bill_company(company, day, transaction=Transaction())
    env["billing.collection"]._settle_due(day, transaction=Transaction())
    bank_credits(day)
    bank_returns_one(day)
    transfers_arrive(day)
    if day.weekday() == 0 and day < today:
        collect(day)
    env["billing.dunning.action"]._remind(company, day)


def leave_one_to_try():
    """A draft collection for whoever looks at the demo: its file is theirs to make."""
    Collection = env["billing.collection"]
    Collection._prepare_debits(company, Collection._earliest_date(company, today), today)


def ledger_facts(euros):
    invoices = env["account.move"].search(
        [("company_id", "=", company.id), ("move_type", "=", "out_invoice"), ("state", "=", "posted")],
        order="invoice_date",
    )
    items = env["account.move.line"].search([("company_id", "=", company.id), ("parent_state", "=", "posted")])
    transit = items.filtered(lambda item: item.account_id.code == "511600")
    waiting = (
        env["billing.collection"]
        .search([("state", "=", "settled"), ("company_id", "=", company.id)])
        .filtered(
            lambda row: not all((row.move_id.line_ids & transit).mapped("reconciled")),
        )
    )
    return {
        "invoices": len(invoices),
        "first": str(invoices[0].invoice_date),
        "last": str(invoices[-1].invoice_date),
        "total": euros(sum(invoices.mapped("amount_total"))),
        "items": len(items),
        "balance": euros(abs(round(sum(items.mapped("balance")), 2))),
        "outstanding": euros(round(sum(transit.mapped("balance")), 2)),
        "uncredited": " + ".join(f"{row.name} ({euros(row.amount_total)})" for row in waiting) or "nothing is waiting",
    }


def bank_facts(euros):
    """Of the last file, which is written to OUT."""
    collections = env["billing.collection"].search(
        [("company_id", "=", company.id), ("state", "!=", "draft")], order="date, id"
    )
    last = collections[-1]
    content = b64decode(last.file)
    path = pathlib.Path(OUT, last.file_name)  # noqa: F821  (set by the caller)
    path.write_bytes(content)
    faults = pain008.schema_faults(content)
    return {
        "collections": len(collections),
        "due": str(last.date),
        "debits": last.debit_count,
        "file": str(path.relative_to(path.parent.parent)),
        "control_sum": euros(last.amount_total),
        "validity": "valid against pain.008.001.08" if not faults else f"INVALID: {faults[0]}",
    }


def trouble_facts(euros):
    returned = env["billing.debit"].search([("state", "=", "returned"), ("company_id", "=", company.id)])
    reminders = env["billing.dunning.action"].search([("company_id", "=", company.id)], order="date")
    last = reminders[-1]
    return {
        "returned": "; ".join(
            f"{debit.partner_id.name}, invoice {debit.move_id.name}, {euros(debit.amount)}, "
            f"{debit.return_reason} on {debit.return_date}: the invoice is open again, "
            f"{euros(debit.move_id.amount_residual)} due"
            for debit in returned
        ),
        "reminder": f"{len(reminders)} e-mails written; the last to {last.email_to} on {last.date} for "
        f"{euros(last.amount)}",
    }


def engine_facts(euros):
    """The first invoice of the contract aligned with the calendar, and the last one for several contracts."""
    aligned = env.ref("recurring_billing.demo_contract_31").with_env(env)
    first = aligned.period_ids.sorted("date_start")[0]
    lines = first.invoice_line_ids.grouped("billing_kind")
    stub, fee = lines["recurring"], lines["setup"]
    together = env.ref("recurring_billing.demo_customer_11").with_env(env)
    shared = env["billing.contract"].search([("partner_id", "=", together.id)])._invoices().sorted("invoice_date")[-1:]
    contracts = shared.line_ids.billing_contract_id.sorted("name")
    metered = env.ref("recurring_billing.demo_contract_33").with_env(env)
    usage = metered._invoices().sorted("invoice_date")[-1:]
    rows = usage.invoice_line_ids.filtered(lambda line: line.billing_kind == "usage")
    late = rows.filtered(lambda line: line.billing_date_end < max(rows.mapped("billing_date_end")))
    return {
        "usage": f"{metered.name}, {metered.partner_id.name}: {euros(sum(rows.mapped('price_subtotal')))} on "
        f"{usage.name}, of it {euros(sum(late.mapped('price_subtotal')))} for readings that came late",
        "calendar": f"{aligned.name}, {aligned.partner_id.name}: {stub.billing_date_start} to {stub.billing_date_end} "
        f"by days for {euros(stub.price_subtotal)} of {euros(stub.billing_contract_line_id.price_subtotal)}, then "
        "whole quarters of the calendar",
        "fee": f"{fee.name}, {euros(fee.price_subtotal)}: once, on the same invoice {fee.move_id.name}",
        "together": f"{together.name}: contracts {' and '.join(contracts.mapped('name'))} on {shared.name}, "
        f"{euros(shared.amount_total)}",
    }


euros = company.currency_id.format
start = min(env["billing.contract"].search([("company_id", "=", company.id)]).mapped("date_start"))
for offset in range((today - start).days + 1):
    live_through(start + timedelta(days=offset))
    if offset % 7 == 0:
        env.cr.commit()
leave_one_to_try()
env.cr.commit()
facts = ledger_facts(euros) | engine_facts(euros) | bank_facts(euros) | trouble_facts(euros)
pathlib.Path(OUT, "demo.json").write_text(json.dumps(facts))  # noqa: F821
