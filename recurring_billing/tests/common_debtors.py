# ruff: noqa: RUF001 - names as people write them are made of look-alikes.
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from schwifty import IBAN

from ..tools import pain008, sepa_ids
from .common_collection import DAY, TODAY, CollectionCommon
from .test_pain008_laws import LINES, PEOPLE, TOWNS

DEBTORS = 36
COUNTRIES = ["FR"] * 20 + ["CH", "GB", "MC", "RS"] * 3 + sorted(sepa_ids.SEPA_PREFIXES)
LETTERS = "aZ09éÀßœñ&<>\"'/\r\n\tΩЖ€–\u00a0\u2011\u200b😀北 "
BICS = ["BNPAFRPP", "CMCIFR2AXXX", "UBSWCHZH80A"]
SIGNS = ["株式会社", "&&&", "😀", "—"]
OTHER_ICS = 'FR19ZZZ654321'

# What may be wrong with a debtor, and the remedy that is told: as the collection is prepared, or by its check.
REFUSED = {
    'on hold': "Activate a mandate",
    'lapsed': "ask for a new mandate",
    'not announced': "Press “Send Notices”",
}
FOUND = {
    'put on hold': "resume it first",
    'revoked': "ask for a new mandate",
    'expired': "ask for a new mandate",
    'announced less': "Send a new notice",
    'no city': "enter city and country on the customer's address",
    'no BIC': "enter its BIC",
    'odd BIC': "correct or empty it on the bank",
    'signs only': "write it in Latin letters",
    'for signs only': "write it in Latin letters",
    'one-off twice': "drop this one",
    'last twice': "drop this one",
}
LEFT = ['disputed', 'paid otherwise']  # dropped by themselves, with nothing to mend
TWICE = ['one-off twice', 'last twice']  # only the second of their debits is faulty
FAULTS = [*REFUSED, *FOUND, *LEFT]


@dataclass
class Debtor:
    number: int
    fault: str | None
    customer: object = None
    mandate: object = None
    invoices: object = None
    amount: float = 0.0  # what the file must take
    told: set = field(default_factory=set)  # kinds of change that the file must tell

    @property
    def is_taken(self):
        return self.fault in (None, *TWICE)

    @property
    def debits(self):
        return self.invoices.billing_debit_ids


class DebtorsCommon(CollectionCommon):
    """Customers of all kinds with their mandates and invoices, as ``rng`` draws them, and what happens to them."""

    rng: Random

    def _faults(self):
        """One debtor of each fault, and right ones for the rest, in any order."""
        faults = FAULTS + [None] * (DEBTORS - len(FAULTS))
        self.rng.shuffle(faults)
        return faults

    def _maybe(self, chance=0.5):
        return self.rng.random() < chance

    # === WHO IS DEBITED === #

    def _set_up_bank(self):
        rng, own_country = self.rng, self.rng.choice(["FR", "DE", "MC"])
        self.is_creditor_outside = not sepa_ids.is_eea(own_country)
        self.bank_journal.write(
            {
                'bank_account_id': self._account(self.company.partner_id, own_country).id,
                'billing_message_version': rng.choice(pain008.VERSIONS),
                'billing_uses_frst': self._maybe(),
                'billing_batch_booking': rng.choice(['batch', 'single', 'bank']),
                'billing_address_policy': rng.choice(pain008.ADDRESS_POLICIES),
            },
        )

    def _account(self, partner, country, bic=None):
        """A random account; ``bic``: if not given, one where banks need it, and now and then elsewhere."""
        if bic is None:
            is_named = self._maybe() or not sepa_ids.is_eea(country)
            bic = self.rng.choice(BICS) if is_named else ""
        bank = bic and self.env['res.bank'].create({'name': "Bank", 'bic': bic})
        number = str(IBAN.random(country, random=self.rng, use_registry=False))
        values = {'partner_id': partner.id, 'acc_number': number, 'bank_id': bank and bank.id}
        return self.env['res.partner.bank'].create(values)

    def _name(self):
        letters = "".join(self.rng.choices(LETTERS, k=self.rng.randrange(140)))
        return self.rng.choice([*PEOPLE, f"N{letters}", f"N{letters}"])

    def _partner(self, name, *, has_city=True, **values):
        rng = self.rng
        place = {'city': rng.choice(TOWNS), 'country_id': self.env.ref(f"base.{rng.choice(['fr', 'ch', 'gr'])}").id}
        if not has_city:
            place[rng.choice(['city', 'country_id'])] = False
        address = {
            'street': rng.choice(LINES),
            'street2': rng.choice(LINES),
            'zip': rng.choice(["", "54000", "１２３"]),
        }
        return self._customer(name, **address, **place, email="one@customer.example", **values)

    def _debtor(self, number, fault):
        rng, debtor = self.rng, Debtor(number, fault)
        country = rng.choice(["CH", "GB", "MC", "RS"]) if fault in ('no city', 'no BIC') else rng.choice(COUNTRIES)
        is_outside = self.is_creditor_outside or not sepa_ids.is_eea(country)
        has_city = fault != 'no city' and (is_outside or self._maybe(0.8))
        payer = self._partner(rng.choice(SIGNS) if fault == 'signs only' else self._name(), has_city=has_city)
        pays_for = fault not in ('signs only', 'one-off twice') and self._maybe(0.2)
        debtor.customer = self._partner(self._name(), billing_payer_id=payer.id) if pays_for else payer
        bic = {'no BIC': "", 'odd BIC': "BNPA"}.get(fault)
        debtor.mandate = self._mandate_of(debtor, payer, self._account(payer, country, bic), is_once=not pays_for)
        return debtor

    def _bill_all(self, debtors):
        """Invoices, some with a credit note to be taken off, posted together; and what the file must take for them."""
        values = {debtor.number: list(self._bills(debtor)) for debtor in debtors}
        moves = self.env['account.move'].create([move for bills in values.values() for move in bills])
        moves.action_post()
        for debtor in debtors:
            own, moves = moves[: len(values[debtor.number])], moves[len(values[debtor.number]) :]
            debtor.invoices = own.filtered(lambda move: move.move_type == 'out_invoice')
            taken = own[:1] if debtor.fault in TWICE else own
            debtor.amount = sum(taken.mapped('amount_total_signed'))

    def _bills(self, debtor):
        is_once = debtor.mandate.mandate_type == 'OOFF'
        count = 2 if debtor.fault in TWICE else 1 if is_once else self.rng.choice([1, 1, 1, 2])
        prices = [round(self.rng.choice([0.01, 1, 100, 99999]) * self.rng.uniform(1, 3), 2) for _one in range(count)]
        for price in prices:
            mandate = {'billing_mandate_id': debtor.mandate.id} if is_once else {}
            yield self._move_values('out_invoice', price, debtor.customer, **mandate)
        if not debtor.fault and count == 1 and prices[0] > 1 and self._maybe(0.2):
            yield self._move_values('out_refund', round(prices[0] / self.rng.choice([2, 3, 7]), 2), debtor.customer)

    def _mandate_of(self, debtor, payer, account, is_once):
        rng, fault = self.rng, debtor.fault
        middle = re.sub("/+", "/", "".join(rng.choices("aZ09 /-?:().,'+", k=rng.randrange(20))))
        signs = self._partner(rng.choice(SIGNS)) if fault == 'for signs only' else None
        ultimate = signs or (self._partner(self._name()) if self._maybe(0.2) else None)
        signed = date(2023, 9, 3) if fault == 'lapsed' else TODAY - timedelta(rng.randrange(1000))
        is_once = fault == 'one-off twice' or (is_once and fault != 'last twice' and self._maybe(0.2))
        mandate = self.env['billing.mandate'].create(
            {
                'name': f"R{debtor.number}-{middle}Z",
                'partner_id': payer.id,
                'partner_bank_id': account.id,
                'ultimate_debtor_id': ultimate and ultimate.id,
                'signature_date': signed,
                'scheme': rng.choice(['CORE', 'CORE', 'B2B']),
                'mandate_type': 'OOFF' if is_once else 'RCUR',
            },
        )
        mandate.action_activate()
        return mandate

    # === WHAT HAPPENS TO THEM === #

    def _amend(self, debtors):
        """Change some mandates, and in half of the worlds the creditor's name."""
        for debtor in debtors:
            kinds = ['account', 'reference', 'identifier'] if debtor.fault not in ('no BIC', 'odd BIC') else []
            debtor.told = {kind for kind in kinds if self._maybe(0.15)}
            mandate, country = debtor.mandate, debtor.mandate.sudo().partner_bank_id.acc_number[:2]
            if 'account' in debtor.told:
                mandate._change_account(self._account(mandate.partner_id, country), TODAY)
            if 'reference' in debtor.told:
                mandate._change_reference(f"New-R{debtor.number}-", TODAY)
            if 'identifier' in debtor.told:
                mandate._change_creditor_identifier(OTHER_ICS, TODAY)
        if self._maybe():
            self.company.name = "Atelier Numérique & Cie"
            for debtor in debtors:
                debtor.told.add('name')

    def _announce_most(self, debtors):
        for debtor in debtors:
            if debtor.fault == 'on hold':
                debtor.mandate._hold("Asked for")
        told = [debtor.invoices for debtor in debtors if debtor.fault != 'not announced']
        self._announce(self.env['account.move'].concat(*told), DAY)

    def _go_on(self, debtors):
        """What happens between the preparation and the check."""
        happens = {
            'put on hold': lambda debtor: debtor.mandate._hold("Asked for"),
            'revoked': lambda debtor: debtor.mandate.action_revoke(),
            'expired': lambda debtor: debtor.mandate._expire(),
            'announced less': lambda debtor: (
                debtor.invoices.billing_notice_ids.sudo()._unguarded().write({'amount': 0})
            ),
            'last twice': lambda debtor: debtor.debits.write({'is_last': True}),
            'disputed': lambda debtor: [invoice.action_toggle_block_payment() for invoice in debtor.invoices],
            'paid otherwise': lambda debtor: debtor.invoices.write({'preferred_payment_method_line_id': False}),
            None: self._ask_less,
        }
        for debtor in debtors:
            happens.get(debtor.fault, lambda _debtor: None)(debtor)

    def _ask_less(self, debtor):
        """A person takes a part only, or ends the mandate with this debit."""
        item = debtor.debits.item_ids
        if len(item) == 1 and item.amount > 1 and self._maybe(0.2):
            item.amount = debtor.amount = round(item.amount / 2, 2)
        if debtor.mandate.mandate_type == 'RCUR' and self._maybe(0.1):
            debtor.debits[0].is_last = True
