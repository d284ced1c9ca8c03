from contextlib import suppress
from datetime import date, timedelta

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import BillingCommon

START = date(2026, 1, 1)
END = date(2026, 12, 31)
LAST_RUN = date(2027, 1, 1)
# Each example is a year of billing: the same ones each time, and none made smaller, which would take minutes.
LAW = settings(max_examples=12, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate])

DAYS = st.integers(0, 364).map(lambda days: START + timedelta(days=days))
PRICES = st.integers(1, 30000).map(lambda cents: cents / 100)
LINE = st.integers(0, 1)
AMENDMENTS = st.one_of(
    st.tuples(st.just('quantity'), DAYS, LINE, st.integers(0, 4)),
    st.tuples(st.just('price'), DAYS, LINE, PRICES),
    st.tuples(st.just('discount'), DAYS, LINE, st.sampled_from([0.0, 10.0, 33.33])),
    st.tuples(st.just('end_line'), DAYS, LINE),
    st.tuples(st.just('new_line'), DAYS, PRICES),
    st.tuples(st.just('pause'), DAYS, st.integers(0, 70)),
    st.tuples(st.just('resume'), DAYS),
    st.tuples(st.just('offer'), DAYS, st.sampled_from([5.0, 50.0, 100.0]), st.integers(0, 90)),
    st.tuples(st.just('undo'), st.integers(0, 9)),
)
HISTORIES = st.tuples(
    st.sampled_from([('month', 1), ('month', 3), ('week', 2)]),
    st.sampled_from(['advance', 'arrears']),
    st.sampled_from(['actual', 'thirty']),
    # each amendment is decided on a day, for another one; runs lie between them
    st.lists(st.tuples(DAYS, AMENDMENTS), max_size=6).map(lambda steps: sorted(steps, key=lambda step: step[0])),
    st.lists(DAYS, max_size=5),
)


@tagged('post_install', '-at_install')
class TestBillingAmendmentLaws(BillingCommon):
    """Whatever is agreed, for whatever day, and whenever it is billed: what is billed is what is owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'billing_missed_limit': 400, 'billing_send_invoices': False})
        cls.plain = cls._customer("Plain Customer", company_registry='73282932000074')

    def _new_contract(self, frequency, timing, proration):
        unit, interval = frequency
        lines = [
            Command.create({'product_id': self.service.id, 'name': name, 'quantity': quantity, 'price_unit': price})
            for name, quantity, price in (("Hosting", 1.0, 99.99), ("Backup", 3.0, 33.33))
        ]
        contract = self._contract(
            partner=self.plain,
            debit=False,
            date_start=START,
            date_end=END,
            recurrence_unit=unit,
            recurrence_interval=interval,
            timing=timing,
            proration='actual' if unit == 'week' else proration,
            line_ids=lines,
        )
        contract._start(START)
        return contract

    def _agree(self, contract, today, step):
        """Make the amendment ``step``; what would change nothing is left out."""
        kind, *values = step
        items = contract.line_ids.filtered(lambda line: not line.root_id).sorted('id')[:2]
        if kind == 'undo':
            done = contract.amendment_ids.filtered(lambda found: found.state == 'applied' and found.kind != 'undo')
            if done:
                done.sorted('id')[values[0] % len(done)].with_context(today=today).contract_id._undo(
                    done.sorted('id')[values[0] % len(done)], today
                )
            return
        day, *values = values
        if kind in ('quantity', 'price', 'discount', 'end_line'):
            line = items[values[0]]
            name = {'quantity': 'quantity', 'price': 'price_unit', 'discount': 'discount'}.get(kind)
            if kind != 'end_line' and (line._version_on(day) or line)[name] == values[1]:
                return
            contract._amend(kind, day, today, lines=[(line, {name: float(values[1])} if name else None)])
        elif kind == 'new_line':
            added = {'product_id': self.service.id, 'name': "More", 'price_unit': values[0]}
            contract._amend(kind, day, today, added=[added])
        elif kind == 'offer':
            until = day + timedelta(days=values[1])
            offer = {'name': "Offer", 'percent': values[0], 'date_from': day, 'date_until': until}
            contract._amend('discount', day, today, discounts=[offer])
        elif kind == 'pause':
            contract._amend(kind, day, today, date_until=day + timedelta(days=values[0]))
        else:
            contract._amend(kind, day, today)

    def _live(self, terms, steps, runs):
        """A contract with its amendments, each made on its day, and the runs between them."""
        contract = self._new_contract(*terms)
        events = sorted([(day, 1, step) for day, step in steps] + [(day, 0, None) for day in runs], key=lambda e: e[:2])
        for day, _order, step in events:
            if step:
                with suppress(UserError), self.env.cr.savepoint():  # what cannot be agreed is refused in both lives
                    self._agree(contract, day, step)
            else:
                self._run(contract, day)
        self._run(contract, LAST_RUN)
        return contract

    def _run(self, contract, day):
        """A run, which makes what the preview said."""
        with freeze_time(day):
            preview = self.env['billing.run'].create({'date_until': day, 'contract_id': contract.id})
            planned = sorted(preview.line_ids.filtered('is_selected').mapped('amount_total'))
            run = self._bill(day)
            self.assertEqual(set(run.line_ids.mapped('outcome')) - {'posted'}, set(), run.line_ids.mapped('remark'))
            self.assertEqual(sorted(run.line_ids.mapped('amount_total')), planned)
            self.assertFalse(self._bill(day), "a second run finds nothing")

    def _billed(self, contract):
        """What was billed less what was credited, without taxes."""
        lines = contract._invoices().invoice_line_ids
        return round(sum(-line.balance for line in lines), 2)

    def _terms(self, contract):
        """What is agreed in the end: the days and values of each version that owes something."""
        return sorted(
            (line.name, line._days(), line.quantity, line.price_unit, line.discount)
            for line in contract.line_ids
            if line._days()
        )

    @LAW
    @given(HISTORIES)
    @example(
        (
            ('month', 1),
            'advance',
            'actual',
            [
                (date(2026, 3, 10), ('quantity', date(2026, 2, 10), 0, 2)),
                (date(2026, 4, 1), ('quantity', date(2026, 2, 20), 0, 3)),
                (date(2026, 5, 5), ('undo', 0)),
                (date(2026, 6, 1), ('pause', date(2026, 5, 20), 40)),
                (date(2026, 6, 15), ('resume', date(2026, 6, 10))),
            ],
            [date(2026, 1, 15), date(2026, 3, 15), date(2026, 4, 20), date(2026, 5, 6), date(2026, 6, 2)],
        )
    )
    def test_what_is_billed_is_what_is_owed_whenever_runs_and_changes_come(self, history):
        *terms, steps, runs = history
        with self.env.cr.savepoint() as savepoint:
            lived = self._live(terms, steps, runs)
            late = self._live(terms, steps, [])
            self.assertEqual(self._terms(lived), self._terms(late), "replayed, the contract is the same")
            self.assertEqual(self._billed(lived), self._billed(late), "billed bit by bit or all at once")
            for contract in lived | late:
                self.assertFalse(contract.period_ids.filtered(lambda period: period._is_billed_twice()))
                self.assertEqual(set(contract.period_ids.mapped('state')) - {'invoiced', 'empty'}, set())
            savepoint.rollback()
            self.env.invalidate_all()
