"""The terms of the addon: the template as Odoo exports it, and the French translation brought up to date with it."""

import python_env
from steps import DEV, ROOT, run, say, step

FOLDER = ROOT / "recurring_billing" / "i18n"
TEMPLATE = FOLDER / "recurring_billing.pot"
FRENCH = FOLDER / "fr.po"

# Runs in the venv, which has polib: keeps what is translated, adds what is new, drops what is gone.
MERGE = """
import re, sys
import polib
template, french = sys.argv[1:]
exported = re.sub(r'"(POT-Creation-Date|PO-Revision-Date):.*\\n', '', open(template, encoding='utf-8').read())
open(template, 'w', encoding='utf-8').write(exported)
catalogue = polib.pofile(french, wrapwidth=78)
catalogue.merge(polib.pofile(template))
for entry in catalogue.obsolete_entries():
    catalogue.remove(entry)
for entry in catalogue:
    if entry.fuzzy:
        entry.flags.remove('fuzzy')
        entry.msgstr = ''
catalogue.save()
print(*(f'no French yet: {entry.msgid!r}' for entry in catalogue.untranslated_entries()), sep='\\n')
"""


def main(bench):
    """Export the terms of the addon and merge them into the translation."""
    log = DEV / "log" / "i18n.log"
    database = bench.copy("i18n")
    with step("The addon's terms", "20 s"):
        options = ["--init=recurring_billing", "--stop-after-init", "--no-http"]
        run(*bench.command(database, *options), log=log, env=bench.environment)
        export = bench.command(database, "-l", "pot", "-o", TEMPLATE, "recurring_billing", subcommand="i18n export")
        run(*map(str, export), log=log, env=bench.environment)
    merged = DEV / "log" / "i18n-merge.log"
    run(python_env.PYTHON, "-c", MERGE, str(TEMPLATE), str(FRENCH), log=merged)
    bench.drop(database)
    say(merged.read_text().strip() or "fr.po is complete")
