import os
from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings

from odoo.tests import freeze_time, tagged

from .common_life import LifeCommon, days_of
from .life_examples import EXAMPLES
from .life_histories import histories

# Each example is months of billing, lived twice: the same few ones each time, and none made smaller, which would take
# minutes. BILLING_LIVES=200 tries so many others.
COUNT = int(os.environ.get('BILLING_LIVES', 0))
LAW = settings(
    max_examples=COUNT or 8,
    derandomize=not COUNT,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@tagged('post_install', '-at_install')
class TestBillingAmendmentLaws(LifeCommon):
    """Whatever is agreed, for whatever day, and whenever it is billed: what is billed is what is owed.

    What is owed says an oracle that counts days (`life_owed`), after each run and to the cent.
    """

    @LAW
    @given(histories())
    def test_what_is_billed_is_what_is_owed_whenever_runs_and_changes_come(self, history):
        self._live_twice(history)

    def test_lives_that_are_hard_to_bill(self):
        for name, history in EXAMPLES.items():
            with self.subTest(name):
                self._live_twice(history)
                self.assertFalse(self.refused, "an example is wholly lived")

    def _live_twice(self, history):
        """Live ``history`` as it is told, then with all its bills at the end."""
        self.refused, self.decided = [], []
        with self._for_now():
            lives = self._steps(history)
            self._finish(lives, history.keeps_drafts)
            agreed = [self._agreed(lived) for lived in lives]
        with self._for_now():
            lives = self._late(history, list(self.decided))
            self._finish(lives)
            self.assertEqual([self._agreed(lived) for lived in lives], agreed, "agreed again, the contract is the same")

    def _late(self, history, decided):
        """The same contracts with the same steps, and no run between them."""
        lives = self._begin(history)
        for today, number, step in decided:
            with freeze_time(today):
                self.assertTrue(self._agree(lives, lives[number], step, today), self.refused[-1:])
        return lives

    # === LAWS === #

    def _check(self, lives, day):
        for lived in lives:
            self.assertEqual(self._billed(lived), lived.life.owed(day), f"billed and owed on {day}")
            self._check_days(lived)
        self._check_taxes(lives)

    def _billed(self, lived):
        """{(number of the line, tax): what was billed less what was credited, without taxes}"""
        taxes = {product.taxes_id: name for name, product in self.products.items()}
        sums = Counter()
        for line in self._lines(lived):
            sums[lived.number(line.billing_contract_line_id), taxes[line.tax_ids]] -= round(line.balance * 100)
        return {key: Decimal(cents) / 100 for key, cents in sums.items() if cents}

    def _lines(self, lived):
        lines = self.env['account.move.line'].search([('billing_contract_id', '=', lived.contract.id)])
        return lines.filtered(lambda line: line.parent_state == 'posted')

    def _check_days(self, lived):
        """No day of a line is charged twice, whatever its versions."""
        charged = Counter()
        for line in self._lines(lived).filtered('price_subtotal'):
            number = lived.number(line.billing_contract_line_id)
            source = line.billing_credited_line_id if line._billing_is_credit() else line
            if source.billing_kind == 'recurring':
                sign = 1 if source == line else -1
                charged.update({(number, day): sign for day in days_of(line)})
        wrong = {key: count for key, count in charged.items() if count not in (0, 1)}
        self.assertFalse(wrong, "days charged twice, or given back twice")

    def _check_taxes(self, lives):
        """Each tax is that of the nets billed with it; a document rounds it once, so each may be half a cent off."""
        moves = self._moves(lives).filtered(lambda move: move.state == 'posted')
        for tax in moves.invoice_line_ids.tax_ids:
            net = -sum(moves.invoice_line_ids.filtered(lambda line, tax=tax: tax in line.tax_ids).mapped('balance'))
            billed = -sum(moves.line_ids.filtered(lambda line, tax=tax: line.tax_line_id == tax).mapped('balance'))
            self.assertAlmostEqual(billed, net * tax.amount / 100, delta=0.005 * len(moves) + 0.001, msg=tax.name)

    def _agreed(self, lived):
        """What is agreed in the end: the days and values of each version that owes something."""
        return sorted(
            (lived.number(line), line._days(), line.quantity, line.price_unit, line.discount, line.tax_ids.ids)
            for line in lived.contract.line_ids
            if line._days()
        )
