from contextlib import contextmanager
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import BillingCommon
from .life_decisions import Decider, offers_of
from .life_oracle import DAY
from .life_owed import Life

LAST_RUN = date(2026, 9, 1)
NUMBERS = {'price': 'price_unit', 'quantity': 'quantity', 'discount': 'discount'}
DOCUMENTS = ('credit', 'draft')  # decisions on invoices, which agree nothing


class Lived:
    """A contract of Odoo beside what the oracle knows of it."""

    def __init__(self, contract, start, loyalty):
        self.contract = contract
        self.revision = start.revision
        self.life = Life(start.terms, start.items, offers_of(loyalty, start.terms))
        self.amendments = []  # one for each step of the life
        self.offers = contract.discount_ids.sorted(lambda offer: (offer.date_from, offer.id))

    def item(self, number):
        """The record of a line, known by its first version."""
        return self.contract.line_ids.filtered(lambda line: not line.root_id).sorted('id')[number]

    def number(self, line):
        items = self.contract.line_ids.filtered(lambda found: not found.root_id).sorted('id')
        return items.ids.index(line._item().id)

    def agree(self, step, amendment):
        self.life.agree(step)
        self.amendments.append(amendment)
        self.offers += amendment.discount_ids.sorted('id')


class LifeCommon(BillingCommon):
    """Leads contracts through a `History` in Odoo, and their oracles with them; `_check` is called after each run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'billing_missed_limit': 400, 'billing_send_invoices': False})
        cls.plain = cls._customer("Plain Customer", company_registry='73282932000074', billing_consolidate=True)
        reduced = cls.vat_on_receipts.copy({'name': "10% S", 'amount': 10.0})
        other = cls._create_product(
            name="Books",
            type='service',
            taxes_id=[Command.set(reduced.ids)],
            property_account_income_id=cls.service.property_account_income_id.id,
        )
        cls.products = {'standard': cls.service, 'reduced': other}

    @contextmanager
    def _for_now(self):
        """What happens within is undone in the end."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()
        self.env.invalidate_all()

    # === START === #

    def _begin(self, history):
        rules = self.env['billing.loyalty.rule']
        for kind, months, value in history.loyalty:
            name = 'percent' if kind == 'percent' else 'free_months'
            rules.create({'name': "Loyalty", 'kind': kind, 'after_months': months, name: value})
        return [Lived(self._new_contract(start), start, history.loyalty) for start in history.starts]

    def _new_contract(self, start):
        terms = start.terms
        contract = self._contract(
            partner=self.plain,
            debit=False,
            date_start=terms.start,
            date_end=terms.end,
            recurrence_unit=terms.unit,
            recurrence_interval=terms.interval,
            timing=terms.timing,
            proration=terms.proration,
            alignment='calendar' if terms.is_calendar else 'start',
            commitment_months=terms.commitment,
            renewal='open',
            early_fee='percent' if terms.fee_percent else 'none',
            early_fee_percent=terms.fee_percent,
            early_fee_product_id=self.service.id,
            revision='percent' if start.revision else 'none',
            revision_percent=start.revision,
            revision_when='fixed',
            revision_day=1,
            revision_month='4',
            line_ids=[Command.create(self._line_values(item.values)) for item in start.items],
        )
        contract._start(terms.start)
        return contract

    def _line_values(self, values):
        """The oracle's ``values`` of a line as Odoo takes them."""
        result = {field: float(values[name]) for name, field in NUMBERS.items() if name in values}
        if 'product' in values:
            result['product_id'] = self.products[values['product']].id
        if 'tax' in values:
            result['tax_ids'] = self.products[values['tax']].taxes_id.ids
        return result

    def _steps(self, history):
        """Live ``history`` with its runs; the contracts."""
        self.snapshots = {}  # {invoice: lives as they were when it was made}
        lives = self._begin(history)
        events = [(day, 1, entry) for day, *entry in history.events] + [(day, 0, None) for day in history.runs]
        for day, _order, entry in sorted(events, key=lambda event: event[:2]):
            with freeze_time(day):
                if not entry:
                    self._run(lives, day)
                    continue
                number, (kind, *values) = entry
                lived = lives[number % len(lives)]
                if kind in DOCUMENTS:
                    getattr(self, f'_{kind}')(lives, day, *values)
                elif step := Decider(lived.life, lived.revision).step(kind, *values):
                    self._agree(lives, lived, step, day, history.is_previewed)
        return lives

    def _agree(self, lives, lived, step, today, is_previewed=False):
        """Make the amendment of ``step``; what cannot be agreed is refused, and no part of the life."""
        if step.kind == 'revision' and not lived.contract.next_revision_date:
            return False  # no dialog offers it
        effect = None
        try:
            if is_previewed and len(lives) == 1 and not self._drafts(lives):
                effect = lived.contract._effect(lambda: self._apply(lived, step, today), today)
            with self.env.cr.savepoint():
                amendment = self._apply(lived, step, today)
        except UserError as error:
            self.refused.append((today, step, str(error)))
            self.env.invalidate_all()
            return False
        lived.agree(step, amendment)
        self.decided.append((today, lives.index(lived), step))
        if effect:
            run = self._run(lives, today)
            documents = sorted(round(document.total, 2) for document in effect.after.documents)
            self.assertEqual(sorted(run.line_ids.mapped('amount_total')), documents, "the dialog said the same")
        return True

    def _apply(self, lived, step, today):
        contract, kind, day = lived.contract, step.kind, step.day
        lines = [(lived.item(number), self._line_values(values)) for number, values in step.changes.items()]
        if kind == 'undo':
            return contract._undo(lived.amendments[step.undoes], today)
        if kind == 'termination':
            fee = contract._early_fee(day - DAY, today) if step.is_billed else 0.0
            self.assertEqual(fee, float(step.added.values['price']) if step.added else 0.0, "the fee")
            return contract._terminate(day - DAY, today, fee=fee)
        if kind == 'revision':
            return contract._revise(contract._plan_revision(day), day, today)
        if kind == 'frequency':
            return contract._change(day, today, terms={'recurrence': list(step.grid)})
        if kind == 'end':
            return contract._amend('end_line', day, today, lines=[(lived.item(step.item), None)])
        if kind == 'add':
            added = {**self._line_values(step.added.values), 'kind': 'setup' if step.added.is_once else 'recurring'}
            return contract._amend('new_line', day, today, added=[added])
        if kind == 'pause':
            return contract._amend('pause', day, today, date_until=step.until, is_billed=step.is_billed)
        if kind in ('offer', 'end_offer'):
            ended = lived.offers.browse().concat(*(lived.offers[number] for number in step.ended))
            given = [self._offer_values(lived, offer) for offer in step.offers]
            return contract._amend('discount', day, today, discounts=given, ended=ended)
        return contract._amend(kind, day, today, lines=lines)

    def _offer_values(self, lived, offer):
        return {
            'name': "Offer",
            'line_id': False if offer.item is None else lived.item(offer.item).id,
            'kind': 'amount' if offer.percent is None else 'percent',
            'percent': float(offer.percent or 0),
            'amount': float(offer.amount or 0),
            'date_from': offer.first,
            'date_until': offer.last or False,
        }

    # === RUNS AND DOCUMENTS === #

    def _moves(self, lives):
        contracts = lives[0].contract.concat(*(lived.contract for lived in lives))
        return contracts._invoices().filtered(lambda move: move.state != 'cancel').sorted('id')

    def _drafts(self, lives):
        return self._moves(lives).filtered(lambda move: move.state == 'draft')

    def _run(self, lives, day):
        """A run, which makes what the preview said, to the cent, and leaves what is owed until that day billed."""
        drafts = self._drafts(lives)
        preview = self.env['billing.run'].create({'date_until': day})
        planned = sorted(preview.line_ids.filtered('is_selected').mapped('amount_total'))
        run = self._bill(day)
        wanted = {'posted', 'blocked', 'left', 'free'} if drafts else {'posted', 'free'}
        self.assertLessEqual(set(run.line_ids.mapped('outcome')), wanted, run.line_ids.mapped('remark'))
        posted = run.line_ids.filtered('invoice_id')
        self.assertEqual(sorted(posted.mapped('amount_total')), planned, "the preview said the same")
        for move in run.line_ids.invoice_id:
            self.snapshots[move] = [lived.life.snapshot() for lived in lives]
        if not drafts:
            self._check(lives, day)
        return run

    def _credit(self, lives, day, number, how, is_left):
        """A credit note made by hand: its days are billed ``again``, ``given`` away, or on an invoice made anew."""
        whole = self._moves(lives).filtered(lambda move: move.state == 'posted' and self._is_plain(move))
        if not whole:
            return
        move = whole[number % len(whole)]
        fresh = self._reverse(move, again=how == 'again', modify=how == 'modify')
        if how == 'modify':
            self.snapshots[fresh] = self.snapshots[move]
        elif how == 'given':
            for line in move.invoice_line_ids.filtered(lambda line: line.billing_kind in ('recurring', 'setup')):
                self._give(lives, line, self.snapshots[move])
        if not is_left:
            fresh.filtered(lambda made: made.state == 'draft').action_post()

    def _is_plain(self, move):
        """Whether an invoice only charges, and nothing of it was given back."""
        lines = move.invoice_line_ids.filtered('billing_contract_line_id')
        credits = self.env['account.move.line'].search_count([('billing_credited_line_id', 'in', lines.ids)], limit=1)
        return move.move_type == 'out_invoice' and not credits and not lines.billing_credited_line_id

    def _give(self, lives, line, snapshots):
        """Note that the days of an invoice line owe nothing as long as they are agreed as they were billed."""
        for lived, life in zip(lives, snapshots, strict=True):
            if lived.contract == line.billing_contract_id:
                number = lived.number(line.billing_contract_line_id)
                for day in days_of(line):
                    lived.life.given[number, day] = life.agreed(number, day)

    def _give_away_copy(self, lives, draft):
        """Where an invoice made anew after a credit note is cancelled, what the credit gave back stays given."""
        for line in draft.invoice_line_ids.filtered('billing_credited_line_id'):
            self._give(lives, line, self.snapshots[draft])

    def _draft(self, lives, day, number):
        """An invoice goes back to draft, and is left so."""
        posted = self._moves(lives).filtered(lambda move: move.state == 'posted' and move.move_type == 'out_invoice')
        if posted:
            try:
                with self.env.cr.savepoint():
                    posted[number % len(posted)].button_draft()
            except UserError as error:
                self.refused.append((day, 'draft', str(error)))
                self.env.invalidate_all()

    def _finish(self, lives, keeps_drafts=True):
        """Post the drafts that were left, or cancel those of invoices, and bill all that is owed."""
        with freeze_time(LAST_RUN):
            for draft in self._drafts(lives):
                if keeps_drafts or draft.move_type == 'out_refund':
                    draft.action_post()
                else:
                    self._give_away_copy(lives, draft)
                    draft.button_cancel()
            for lived in lives:
                lived.contract.period_ids.filtered('error').action_retry()
            self._run(lives, LAST_RUN)
            for lived in lives:
                agreed = self._agreed(lived)
                lived.contract._replay(LAST_RUN)
                self.assertEqual(self._agreed(lived), agreed, "replayed, the contract is the same")
            self.assertFalse(self._bill(LAST_RUN).invoice_count, "and owes the same")


def days_of(line):
    """The days that a line of an invoice bills, or gives back."""
    first, last = line.billing_date_start, line.billing_date_end
    return [first + index * DAY for index in range((last - first).days + 1)]
