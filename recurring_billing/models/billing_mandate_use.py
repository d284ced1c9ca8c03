from odoo import api, models
from odoo.tools import format_date

from .billing_mandate_lifecycle import LAPSE_ACTIVITY


class BillingMandate(models.Model):
    """What collections ask of a mandate: which one pays, whether it may be used, and what was presented from it."""

    _inherit = 'billing.mandate'

    def _refusal(self, day):
        """Say why nothing may be collected from this mandate on ``day``, or None; names mandate, debtor and remedy."""
        self.ensure_one()
        return (
            self._state_refusal()
            or self._lapse_refusal(day)
            or self._scheme_refusal()
            or self._iban_refusal(day)
            or self._creditor_refusal()
        )

    def _state_refusal(self):
        is_used = self.mandate_type == 'OOFF' and self._was_collected()
        if self.state == 'active' and not is_used:
            return None
        texts = {'mandate': self.name, 'customer': self.partner_id.display_name}
        if self.state == 'on_hold':
            return self.env._("Mandate %(mandate)s of %(customer)s is on hold: resume it first.", **texts)
        if self.state == 'consumed' or is_used:
            return self.env._(
                "Mandate %(mandate)s of %(customer)s was for one debit, or for a last one, and that was made: ask for "
                "a new mandate.",
                **texts,
            )
        if self.state in ('draft', 'sent'):
            return self.env._("Mandate %(mandate)s of %(customer)s is not signed yet: activate it once it is.", **texts)
        return self.env._(
            "Mandate %(mandate)s of %(customer)s is %(state)s: ask for a new mandate.",
            state=self._state_label(self.state).lower(),
            **texts,
        )

    def _lapse_refusal(self, day):
        if not self.lapses_on or day < self.lapses_on:
            return None
        return self.env._(
            "Mandate %(mandate)s of %(customer)s lapses on %(date)s, since nothing was collected from it for 36 "
            "months: ask for a new mandate.",
            mandate=self.name,
            customer=self.partner_id.display_name,
            date=format_date(self.env, self.lapses_on),
        )

    def _sequence(self, journal, is_last=False):
        """The sequence type of the next debit: 'OOFF', 'FNAL', 'FRST' or 'RCUR'.

        A first collection is RCUR (EPC rulebook since November 2016) unless the bank of ``journal`` wants FRST.

        :param is_last: the debit ends the mandate
        """
        self.ensure_one()
        if self.mandate_type == 'OOFF':
            return 'OOFF'
        if is_last:
            return 'FNAL'
        return 'FRST' if journal.billing_uses_frst and not self._was_collected() else 'RCUR'

    def _pays_for(self, customer):
        """Whether this mandate may pay what ``customer`` owes: it is theirs, or that of who pays for them."""
        self.ensure_one()
        commercial = customer.commercial_partner_id
        return self.partner_id.commercial_partner_id in (commercial | commercial._billing_payer())

    # === WHICH MANDATE === #

    @api.model
    def _active_by_partner(self, partners, company):
        """The active recurrent mandates that pay for these commercial entities: of each the one signed last.

        A customer whose “Paid By” names somebody is debited from that one's account only.
        """
        customers = partners.commercial_partner_id
        payers = customers._billing_payers()
        mandates = self.search(
            [
                ('partner_id', 'child_of', self.env['res.partner'].union(*payers.values()).ids),
                ('company_id', '=', company.id),
                ('state', '=', 'active'),
                ('mandate_type', '=', 'RCUR'),
            ],
            order='signature_date, id',
        )
        latest = {mandate.partner_id.commercial_partner_id: mandate for mandate in mandates}
        return {customer: latest[payer] for customer, payer in payers.items() if payer in latest}

    @api.model
    def _active_for(self, partner, company):
        """The active mandate that pays for the commercial entity of ``partner`` in ``company``, or empty."""
        return self._active_by_partner(partner, company).get(partner.commercial_partner_id, self.browse())

    @api.model
    def _for_lines(self, lines):
        """The mandate that each of these receivable items is debited from, as {line: mandate or empty}.

        The invoice's own while it is active, else its contract's, else the payer's or customer's; where none of them
        is active, the one that the invoice or contract names, so that a refusal can say what is wrong with it.
        """
        active = {
            company: self._active_by_partner(group.move_id.commercial_partner_id, company)
            for company, group in lines.grouped('company_id').items()
        }
        found = {}
        for line in lines:
            named = line.move_id.billing_mandate_id | line.move_id.line_ids.billing_contract_id.mandate_id
            default = active[line.company_id].get(line.move_id.commercial_partner_id, self.browse())
            usable = named.filtered(lambda mandate: mandate.state == 'active')[:1]
            found[line] = usable or default or named[:1]
        return found

    # === WHAT HAPPENED === #

    def _presented(self, debits):
        """Note that the bank was given ``debits`` of these mandates: a person confirmed their file as sent."""
        for mandates, first, last in self._presented_days(debits):
            values = {'last_presentation_date': last, 'is_only_rejected': False}
            mandates._unguarded().write(values)
            mandates.filtered(lambda mandate: not mandate.first_collection_date)._unguarded().write(
                {'first_collection_date': first},
            )
        self._amendments_sent(debits)
        last_ones = debits.filtered(lambda debit: debit.sequence_type in ('OOFF', 'FNAL')).mandate_id & self
        last_ones.filtered(lambda mandate: mandate.state in ('active', 'on_hold'))._set_state('consumed')
        self.activity_unlink([LAPSE_ACTIVITY])

    def _was_collected(self):
        """Whether a debit of this mandate was presented that the bank did not reject before its day."""
        self.ensure_one()
        return bool(self.last_presentation_date) and not self.is_only_rejected

    def _rejected(self, debits):
        """Note that the bank rejected ``debits`` of these mandates before it collected anything.

        A first debit is then a first one again, and a mandate for one debit, or for a last one, is not used up (EPC
        rulebook). Its 36 months count from the rejected one all the same.
        """
        if not self:
            return
        others = self.env['billing.debit'].search(
            [
                ('mandate_id', 'in', self.ids),
                ('state', 'in', ('sent', 'settled', 'returned')),
                ('return_kind', '!=', 'rejected'),
            ]
        )
        ended = debits.filtered(lambda debit: debit.sequence_type in ('OOFF', 'FNAL')).mandate_id & self
        ended.filtered(lambda mandate: mandate.state == 'consumed')._set_state('active')
        untouched = self - others.mandate_id
        untouched.filtered(lambda mandate: not mandate.is_imported)._unguarded().is_only_rejected = True

    def _presented_days(self, debits):
        """Group these mandates by the days to note: (mandates, first day, last day of presentation)."""
        groups = {}
        for mandate, own in debits.grouped('mandate_id').items():
            if mandate in self:
                days = own.mapped('date')
                last = max([*days, *filter(None, [mandate.last_presentation_date])])
                groups[min(days), last] = groups.get((min(days), last), self.browse()) | mandate
        return [(mandates, first, last) for (first, last), mandates in groups.items()]
