# Each target is one command of dev/, which says what it does as it goes. `make PYTHON=python3.12 ...` chooses a Python.
PYTHON ?= python3
NO_PYTHON = Python is missing: install the packages python3 (3.11 to 3.13) and python3-venv.
DEV = @command -v $(PYTHON) >/dev/null || { echo '!! $(NO_PYTHON)' >&2; exit 1; }; $(PYTHON) dev

.PHONY: help demo test serve shell lint i18n bench-billing bench-debit bench-pain008 bench-bank-messages bench-returns bench-dunning fuzz stop clean lock

help: ; $(DEV) --help

demo: ; $(DEV) demo

# TAGS selects, as Odoo's --test-tags: make test TAGS=/recurring_billing:TestFlow
test: ; $(DEV) test $(TAGS)

serve: ; $(DEV) serve

shell: ; $(DEV) shell

lint: ; $(DEV) lint

i18n: ; $(DEV) i18n

# SIZE is the number of contracts, 1000 if not given: make bench-billing SIZE=200
bench-billing: ; $(DEV) bench billing $(SIZE)

# SIZE is the number of debits, 1000 if not given
bench-debit: ; $(DEV) bench debit $(SIZE)

# SIZE is the number of debits in the bank file, 100000 if not given
bench-pain008: ; $(DEV) bench pain008 $(SIZE)

# SIZE is the number of lines in the statement, 50000 if not given
bench-bank-messages: ; $(DEV) bench bank_messages $(SIZE)

# SIZE is the number of returned debits, 1000 if not given
bench-returns: ; $(DEV) bench returns $(SIZE)

# SIZE is the number of late invoices, 10000 if not given
bench-dunning: ; $(DEV) bench dunning $(SIZE)

# SECONDS_LONG is how long the reader of bank messages is attacked, 60 if not given
fuzz: ; $(DEV) fuzz $(SECONDS_LONG)

stop: ; $(DEV) stop

clean: ; $(DEV) clean

lock: ; $(DEV) lock
