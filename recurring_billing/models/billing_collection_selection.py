import typing
from datetime import time
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.tools import format_date

from ..tools import bank_calendar, netting
from .billing_transaction import CronTransaction

_USUAL_LEAD_DAYS = 2
_HORIZON = 60  # days in which the next announced debit is looked for


class Take(typing.NamedTuple):
    """A debit to be made."""

    mandate: models.BaseModel
    partner: models.BaseModel  # the invoiced customer
    account: models.BaseModel
    items: list  # (account.move.line, Decimal), credit notes below zero

    @property
    def amount(self):
        return sum((amount for _line, amount in self.items), Decimal())


class BillingCollection(models.Model):
    """What a collection takes: due invoices less credit notes, within the limits of the bank."""

    _inherit = 'billing.collection'

    @api.model
    def _earliest_date(self, company, today, now=time.min):
        """The first T2 day that ``company`` can collect with a file made on ``today``, by its own bank journal."""
        if journal := company.billing_bank_journal_id:
            return journal._billing_earliest_day(today, now)
        return bank_calendar.add_open_days(bank_calendar.next_open(today), _USUAL_LEAD_DAYS)

    @api.model
    def _prepare_debits(self, company, date, today, journal=None):
        """Make draft collections of all that ``company`` may debit on ``date``, asked for ``today``.

        :param journal: the bank journal, if not the company's own
        :return: (the collections: one for each scheme, more where the bank's limits ask for it; list of texts on what
            cannot be debited, and why)
        """
        journal = journal or company.billing_bank_journal_id
        takes, refusals = self._takes(company, journal, date)
        collections = self.browse()
        for scheme, own in sorted(self._by_scheme(takes).items()):
            for part in self._parts(journal, own):
                collections |= self._make(company, journal, date, scheme, part)
        for collection in collections:
            collection._check_in_time(today)
        return collections, refusals

    @api.model
    def _cron_prepare(self):
        """Prepare each company's next collections; a person looks at them, makes the file and sends it."""
        domain = [('billing_creditor_identifier', '!=', False), ('billing_bank_journal_id', '!=', False)]
        companies = self.env['res.company'].search(domain)
        self._each_company(companies, self._prepare_next_days, CronTransaction(self.env))

    @api.model
    def _prepare_next_days(self, company):
        journal = company.billing_bank_journal_id
        today, now = journal._billing_now()
        earliest = journal._billing_earliest_day(today, now)
        for day in (earliest, bank_calendar.add_open_days(earliest, 1)):  # the person has a day for it
            self.with_company(company)._prepare_debits(company, day, today, journal)

    @api.model
    def _next_announced(self, company, earliest):
        """The first day from ``earliest`` on that customers of ``company`` were told of, else ``earliest``."""
        horizon = fields.Date.add(earliest, days=_HORIZON)
        lines = self.env['account.move.line']._billing_collectable_lines(company, horizon)
        days = lines._billing_announced_days().values()
        return min((day for day in days if day and day >= earliest), default=earliest)

    # === WHAT IS TAKEN === #

    @api.model
    def _takes(self, company, journal, date):
        """What ``company`` may debit through ``journal``, its own or its root company's, on ``date``.

        :return: (list of `Take`, list of texts on what cannot be debited)
        """
        lines = self.env['account.move.line']._billing_collectable_lines(company, date)
        mandates = self.env['billing.mandate']._for_lines(lines)
        invoices = lines.filtered(lambda line: line.amount_residual_currency > 0)
        refused = invoices._billing_refusals(mandates, date)
        takes, waiting = self._netted(lines - invoices.browse().concat(*refused), mandates, journal, date)
        fitting, excess = self._within_limits(journal, date, takes)
        came_back = lines._billing_given_up_texts(company, date)
        return fitting, [*refused.values(), *waiting, *excess, *came_back]

    @api.model
    def _netted(self, lines, mandates, journal, date):
        """Invoices less credit notes, by customer, receivable account and mandate.

        :return: (list of `Take`, list of texts on customers whose credit notes leave nothing to debit)
        """
        takes, waiting = [], []
        amounts = lines._billing_debit_amounts(date)
        together = journal.billing_debit_grouping == 'mandate'
        for (partner, account), own in lines.grouped(
            lambda line: (line.move_id.commercial_partner_id, line.account_id)
        ).items():
            for mandate, group in self._by_mandate(own, mandates).items():
                priced = [(line, amounts[line]) for line in group]
                invoices = [item for item in priced if item[1] > 0]
                debits = netting.net(invoices, [item for item in priced if item[1] < 0], together=together)
                takes += [Take(mandate, partner, account, items) for items in debits]
                if invoices and not debits:
                    waiting.append(self._waiting_text(partner, group))
        return takes, waiting

    @api.model
    def _by_mandate(self, lines, mandates):
        """The items of one customer by the mandate of its invoices; a credit note goes to its own, else the first."""
        invoices = lines.filtered(lambda line: line.amount_residual_currency > 0)
        groups = invoices.grouped(lambda line: mandates[line])
        for credit in lines - invoices if groups else ():
            mandate = mandates[credit] if mandates[credit] in groups else next(iter(groups))
            groups[mandate] += credit
        return groups

    def _waiting_text(self, partner, lines):
        credits = lines.filtered(lambda line: line.amount_residual_currency < 0)
        return self.env._(
            "%(customer)s: credit notes %(credits)s reach what is due, so that nothing is debited. The invoices wait "
            "until more is due; or pay the credit back.",
            customer=partner.display_name,
            credits=", ".join(credits.move_id.mapped('name')),
        )

    @api.model
    def _by_scheme(self, takes):
        """CORE and B2B never share a file (EPC130-08)."""
        schemes = {}
        for take in takes:
            schemes.setdefault(take.mandate.scheme, []).append(take)
        return schemes

    # === LIMITS OF THE BANK === #

    @api.model
    def _within_limits(self, journal, date, takes):
        """Those of ``takes`` that debit and day still allow, and texts on the others."""
        fitting, refusals = [], []
        largest = Decimal(str(journal._billing_largest_debit()))
        room = self._room(journal, date)
        for take in takes:
            if largest and take.amount > largest:
                refusals.append(self._too_large_text(journal, take))
            elif room is not None and take.amount > room:
                refusals.append(self._no_room_text(journal, date, take))
            else:
                fitting.append(take)
                room = room - take.amount if room is not None else None
        return fitting, refusals

    @api.model
    def _room(self, journal, date):
        """What may still be debited on ``date`` through ``journal``; None for no limit."""
        if not journal.billing_max_amount_per_day:
            return None
        others = self.search([('journal_id', '=', journal.id), ('date', '=', date), ('state', '!=', 'cancelled')])
        return Decimal(str(journal.billing_max_amount_per_day)) - sum(map(self._exact, others.mapped('amount_total')))

    @api.model
    def _parts(self, journal, takes):
        """``takes`` in as many files as the bank's limits ask for."""
        amounts = [take.amount for take in takes]
        largest_total = Decimal(str(journal.billing_max_amount_per_file))
        for part in netting.packed(amounts, journal.billing_max_debits_per_file, largest_total):
            yield takes[part]

    @api.model
    def _exact(self, amount):
        return Decimal(f"{amount:.2f}")

    def _too_large_text(self, journal, take):
        return self.env._(
            "%(customer)s: %(amount)s are more than journal %(journal)s takes in one debit (%(limit)s). Choose another "
            "way of payment, or raise the journal's limit if the bank agrees.",
            customer=take.partner.display_name,
            amount=self._euros(take.amount),
            journal=journal.display_name,
            limit=self._euros(journal._billing_largest_debit()),
        )

    def _no_room_text(self, journal, date, take):
        return self.env._(
            "%(customer)s: %(amount)s do not fit into what journal %(journal)s takes on %(date)s (%(limit)s). Collect "
            "on another day.",
            customer=take.partner.display_name,
            amount=self._euros(take.amount),
            journal=journal.display_name,
            date=format_date(self.env, date),
            limit=self._euros(journal.billing_max_amount_per_day),
        )

    def _euros(self, amount):
        return self.env.ref('base.EUR').format(float(amount))

    # === THE COLLECTION === #

    @api.model
    def _make(self, company, journal, date, scheme, takes):
        """The draft collection of ``takes``."""
        values = {'company_id': company.id, 'journal_id': journal.id, 'date': date, 'scheme': scheme}
        collection = self._unguarded().create(values).with_env(self.env)
        debits = (
            self.env['billing.debit']
            ._unguarded()
            .create(
                [
                    {
                        'collection_id': collection.id,
                        'end_to_end_id': f"{collection.name}-{number:05d}",
                        'mandate_id': take.mandate.id,
                        'partner_id': take.partner.id,
                        'account_id': take.account.id,
                        'item_ids': [
                            Command.create({'move_line_id': line.id, 'amount': float(amount)})
                            for line, amount in take.items
                        ],
                    }
                    for number, take in enumerate(takes, start=1)
                ],
            )
        )
        debits._set_sequences()
        return collection
