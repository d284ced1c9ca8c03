"""`make demo`: the addon with its demo data, three months of billing in order of dates, and what came of it."""

import json
import subprocess

from steps import DEV, ROOT, StepError, run, say, step

STORY = ROOT / "dev" / "demo_story.py"
OUT = ROOT / "out"


def main(bench):
    """Rebuild the demo's database on ``bench`` and tell its story."""
    log = DEV / "log" / "demo.log"
    database = bench.copy("demo")
    # The template has no demo data of Odoo's own modules, so that the accountant sees one clean company; Odoo loads the
    # demo data of an addon only where all that it depends on say that they have theirs.
    bench.psql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'", database)
    with step("The addon with its demo data: 33 contracts and their mandates", "20 to 40 s"):
        options = ["--init=recurring_billing", "--with-demo", "--stop-after-init", "--no-http"]
        run(*bench.command(database, *options), log=log, env=bench.environment)
    OUT.mkdir(exist_ok=True)
    with step("Three months of billing, collections, a return, reminders", "30 s to 2 min"):
        facts = tell(bench, database)
    report(facts)


def tell(bench, database):
    """Run the story in Odoo's shell and return its facts."""
    facts = OUT / "demo.json"
    facts.unlink(missing_ok=True)
    log = DEV / "log" / "demo-story.log"
    command = bench.command(database, "--no-http", "--shell-interface=python", subcommand="shell")
    program = f"OUT = {str(OUT)!r}\n{STORY.read_text()}"
    with log.open("w") as output:
        subprocess.run(
            command, input=program, text=True, stdout=output, stderr=subprocess.STDOUT, env=bench.environment
        )
    if not facts.exists():
        tail = "\n".join(log.read_text().splitlines()[-25:])
        raise StepError(f"{tail}\nThe demo stopped on its way; the whole output is in {log}")
    return json.loads(facts.read_text())


def report(facts):
    say(
        "",
        f"Invoices      {facts['invoices']} posted from {facts['first']} to {facts['last']}, total {facts['total']}",
        f"Calendar      {facts['calendar']}",
        f"Set-up fee    {facts['fee']}",
        f"Usage         {facts['usage']}",
        f"One invoice   {facts['together']}",
        f"Ledger        {facts['items']} journal items, debit minus credit = {facts['balance']}",
        f"Notices       {facts['notices']}",
        f"Collections   {facts['collections']}; the last one due {facts['due']}: {facts['debits']} debits",
        f"Bank file     {facts['file']}",
        f"              control sum {facts['control_sum']}, {facts['validity']}",
        f"Bank says     {facts['messages']}",
        f"Returned      {facts['returned']}",
        f"Reminder      {facts['reminder']}",
        f"511600        {facts['outstanding']} in collection = {facts['uncredited']}",
        "",
        "To look at it: make serve, then open the address it prints (login admin, password admin)",
        "and the menu Invoicing > Recurring Billing.",
    )
