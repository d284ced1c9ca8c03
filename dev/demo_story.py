"""Three months of a small company, day by day, with the calls that the nightly jobs make. Runs in Odoo's shell.

Only the calendar is simulated: each step gets its day as an argument, and core's sending, which takes none, a frozen
clock. No mail leaves this machine. The shell gives `env`; the caller sets OUT, the folder for the bank file and the
facts.
"""

import json
import pathlib
from base64 import b64decode
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch
from xml.sax.saxutils import escape

from freezegun import freeze_time

from odoo import fields

from odoo.addons.recurring_billing.models.billing_transaction import Transaction
from odoo.addons.recurring_billing.tools import bank_calendar, pain008_checks

company = env.ref("recurring_billing.demo_company")  # noqa: F821  (Odoo's shell gives env)
env = env(user=env.ref("base.user_admin"), context={"allowed_company_ids": company.ids, "tracking_disable": True})  # noqa: F821
company = company.with_env(env)
today = fields.Date.context_today(company)
late_payer = env.ref("recurring_billing.demo_customer_29")
insolvent = env.ref("recurring_billing.demo_customer_03")


NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
FILE = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{namespace}"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N-{day}</MsgId><CreDtTm>{day}T06:00:00</CreDtTm>
</GrpHdr><Ntfctn><Id>N-{day}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
ENTRY = """
<Ntry><Amt Ccy="EUR">{amount:.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt>
<Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd>
<SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"""
RETURN = (
    '<TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs><Amt Ccy="EUR">{amount:.2f}</Amt><RltdPties><Dbtr>'
    "<Pty><Nm>{debtor}</Nm></Pty></Dbtr></RltdPties><RtrInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>{text}</AddtlInf>"
    "</RtrInf></TxDtls>"
)


def without_documents(sending, invoices_data, **_options):
    for data in invoices_data.values():
        data["proforma_pdf_attachment"] = sending.env["ir.attachment"]


@contextmanager
def post_office(day):
    """Mails of ``day`` count as sent and go nowhere; no PDF is made of them, which would take minutes."""
    servers = type(env["ir.mail_server"])
    sending = type(env["account.move.send"])
    with (
        patch.object(servers, "_connect__", lambda *_args, **_kwargs: None),
        patch.object(servers, "send_email", lambda _self, message, *_args, **_kwargs: message["Message-Id"]),
        patch.object(sending, "_generate_invoice_documents", without_documents),
        freeze_time(day),
    ):
        yield


def send(run, day):
    """The invoices of the night are sent, and are the notices of their debits; who was not told gets a mail."""
    with post_office(day):
        env["account.move"]._cron_account_move_send(job_count=1000)
        run.line_ids.invoice_id.is_move_sent = True
        env["billing.notice"]._announce_missing(company, day, transaction=Transaction())
        env["mail.mail"].process_email_queue(batch_size=1000)


def collect(day):
    """Prepare, generate and send what was announced for the first day that the bank can reach, as a person would."""
    Collection = env["billing.collection"]
    collections, _refusals = Collection._prepare_debits(company, Collection._earliest_date(company, day), day)
    for collection in collections:
        collection._generate(day)
    collections.action_confirm_sent()


def bank_answers(day):
    """The bank's file of ``day``: credits, a return, and one that nobody knows; last week's is not in yet."""
    if day > today - timedelta(days=7):
        return
    entries = "".join((*credits(day), *returns(day)))
    if not entries:
        return
    iban = company.billing_bank_journal_id.bank_account_id.sanitized_acc_number
    content = FILE.format(namespace=NAMESPACE, day=day, iban=iban, entries=entries)
    with freeze_time(day):
        env["billing.bank.message"]._import(company, [(f"camt054-{day}.xml", content.encode())])


def credits(day):
    """Each remittance is credited the working day after its settlement."""
    domain = [("state", "=", "settled"), ("company_id", "=", company.id), ("credited_on", "=", False)]
    for collection in env["billing.collection"].search(domain):
        if bank_calendar.add_open_days(collection.date, 1) <= day:
            yield ENTRY.format(
                amount=collection.uncredited_amount,
                sign="CRDT",
                day=day,
                reference=f"C-{collection.name}",
                family="RDDT",
                sub_family="PMDD",
                details=f"<Btch><PmtInfId>{collection.name}-1</PmtInfId></Btch>",
            )


def returns(day):
    """The first debit of one customer comes back after five days, and with it one of the software used before."""
    debits = env["billing.debit"].search([("partner_id", "=", insolvent.id), ("state", "in", ("settled", "returned"))])
    first = debits.sorted("date")[:1]
    if first.state != "settled" or first.date + timedelta(days=5) > day:
        return
    fee = 3.0
    for amount, taken, values in (
        (
            first.amount,
            first.amount + fee,
            {
                "end_to_end_id": first.end_to_end_id,
                "debtor": escape(insolvent.name),
                "reason": "AM04",
                "text": "PROVISION INSUFFISANTE",
            },
        ),
        (
            60.0,
            60.0,
            {"end_to_end_id": "ANCIEN-0042", "debtor": "Maison Perrin", "reason": "AC04", "text": "COMPTE CLOS"},
        ),
    ):
        details = RETURN.format(amount=amount, **values)
        reference = f"R-{values['end_to_end_id']}"
        line = {"amount": taken, "sign": "DBIT", "reference": reference, "family": "IDDT", "sub_family": "UPDD"}
        yield ENTRY.format(day=day, details=details, **line)


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
    run = env["billing.run"]._bill_company(company, day, transaction=Transaction())
    env["billing.collection"]._settle_due(day, transaction=Transaction())
    bank_answers(day)
    transfers_arrive(day)
    if bank_calendar.is_open(day) and day < today:
        collect(day)
    send(run, day)
    env["billing.dunning.case"]._run(company, day, transaction=Transaction())


def leave_one_to_try():
    """A draft collection for whoever looks at the demo: its file is theirs to make."""
    Collection = env["billing.collection"]
    day = Collection._next_announced(company, Collection._earliest_date(company, today))
    Collection._prepare_debits(company, day, today)


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
    faults = pain008_checks.schema_faults(content)
    return {
        "collections": len(collections),
        "due": str(last.date),
        "debits": last.debit_count,
        "file": str(path.relative_to(path.parent.parent)),
        "control_sum": euros(last.amount_total),
        "validity": "valid against pain.008.001.08" if not faults else f"INVALID: {faults[0]}",
    }


def notice_facts(euros):
    notices = env["billing.notice"].search([("company_id", "=", company.id)])
    debits = env["billing.debit"].search([("company_id", "=", company.id), ("state", "!=", "dropped")])
    last = notices.filtered("move_id").sorted("id")[-1]
    return {
        "notices": f"{len(notices)} debits announced before {len(debits)} were made; the last one, of "
        f"{euros(last.amount)} on {last.date}, by the mail of {last.move_id.name} on {last.sent_on}",
    }


def trouble_facts(euros):
    returned = env["billing.debit"].search([("state", "=", "returned"), ("company_id", "=", company.id)])
    reminders = env["billing.dunning.action"].search([("company_id", "=", company.id)], order="date")
    mails = reminders.filtered(lambda row: row.channel == "email")
    last = mails[-1]
    return {
        "returned": "; ".join(
            f"{debit.partner_id.name}, invoice {debit.reference}, {euros(debit.amount)}, "
            f"{debit.return_reason_id.code} on {debit.return_date}: announced again for {debit.retry_on}, "
            f"{euros(sum(debit.move_ids.mapped('amount_residual')))} still due"
            for debit in returned
        ),
        "reminder": f"{len(mails)} e-mails written; the last to {last.email_to} on {last.date} for "
        f"{euros(last.amount)}",
    }


def message_facts(_euros):
    messages = env["billing.bank.message"].search([("company_id", "=", company.id)])
    waiting = messages.filtered(lambda message: message.state == "to_decide")
    return {"messages": f"{len(messages)} files of the bank taken; one waits for you: {waiting[:1].summary}"}


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
company.billing_send_invoices = True
start = min(env["billing.contract"].search([("company_id", "=", company.id)]).mapped("date_start"))
for offset in range((today - start).days + 1):
    live_through(start + timedelta(days=offset))
    if offset % 7 == 0:
        env.cr.commit()
leave_one_to_try()
company.billing_send_invoices = False  # the demo's customers do not exist
env.cr.commit()
facts = ledger_facts(euros) | engine_facts(euros) | notice_facts(euros) | bank_facts(euros)
facts |= trouble_facts(euros) | message_facts(euros)
pathlib.Path(OUT, "demo.json").write_text(json.dumps(facts))  # noqa: F821
