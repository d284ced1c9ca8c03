from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.owing import Billed, subtract, to_charge, to_credit
from odoo.addons.recurring_billing.tools.proration import Days, part, prorate, share

CENT = Decimal("0.01")
LAW = settings(max_examples=100, deadline=None, database=None)
ROUNDINGS = st.sampled_from([Decimal("1"), Decimal("0.01"), Decimal("0.05"), Decimal("0.001")])
PRICES = st.decimals(0, 5_000, places=3)


def june(first, last):
    return Days(date(2026, 6, first), date(2026, 6, last))


JUNE = june(1, 30)


def billed(amount="30.00", days=JUNE, *, key="line", reopened=(), credited="0"):
    return Billed(key, days, Decimal(amount), tuple(reopened), Decimal(credited))


def each_day(ranges):
    return [days.first + timedelta(days=count) for days in ranges for count in range((days.last - days.first).days + 1)]


class Ledger:
    """The invoice lines of one contract line in one period, charged and credited as its owed days change."""

    def __init__(self, whole, rounding, convention="actual"):
        self.whole = whole
        self.rounding = rounding
        self.convention = convention
        self.lines = []
        self.entries = 0

    def settle(self, owed, price):
        """Invoice what ``owed`` makes due at the current ``price`` of the period; the entries made."""
        charges, credits = self.due(owed)
        for credit in credits:
            line = self.lines[credit.billed.key]
            self.lines[credit.billed.key] = replace(
                line,
                reopened=(*line.reopened, credit.days),
                credited=line.credited + credit.amount,
            )
        for days in charges:
            amount = part(price, days, self.whole, self.rounding, self.convention)
            self.lines.append(Billed(len(self.lines), days, amount))
        self.entries += len(charges) + len(credits)
        return charges, credits

    def due(self, owed):
        # The 31st of a month of 30 days is worth nothing: nobody bills it.
        charges = [days for days in to_charge(owed, self.lines) if share(days, self.whole, self.convention).days]
        return charges, to_credit(owed, self.lines, self.rounding, self.convention)

    @property
    def kept(self):
        return sum((line.amount - line.credited for line in self.lines), 0 * self.rounding)

    @property
    def covered(self):
        return each_day(days for line in self.lines for days in line.covered)


@st.composite
def wholes(draw):
    """A month, a quarter, a year or any other days."""
    first = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    months = draw(st.sampled_from([0, 1, 3, 12]))
    if not months:
        return Days(first, first + timedelta(days=draw(st.integers(0, 60))))
    first = first.replace(month=(first.month - 1) // months * months + 1, day=1)
    month = first.month + months - 1
    return Days(first, date(first.year, month, monthrange(first.year, month)[1]))


@st.composite
def histories(draw, longest=7):
    """A period and the days that are owed of it, as a contract changes: it ends, goes on, starts later, is dropped."""
    whole = draw(wholes())
    length = (whole.last - whole.first).days + 1

    def owed(edges):
        first, last = sorted(edge % length for edge in edges)
        return Days(whole.first + timedelta(days=first), whole.first + timedelta(days=last))

    edges = st.tuples(st.integers(0, 366), st.integers(0, 366))
    steps = draw(st.lists(st.none() | st.just((0, length - 1)) | edges, min_size=1, max_size=longest))
    return whole, [owed(step) if step else None for step in steps]


class TestSubtract(BaseCase):
    def test_the_days_that_remain(self):
        cases = (
            ("nothing taken", [JUNE], [], [JUNE]),
            ("nothing there", [], [JUNE], []),
            ("all taken", [JUNE], [JUNE], []),
            ("more than all taken", [june(5, 10)], [JUNE], []),
            ("the first days taken", [JUNE], [june(1, 10)], [june(11, 30)]),
            ("the first day taken", [JUNE], [june(1, 1)], [june(2, 30)]),
            ("all but the last day taken", [JUNE], [june(1, 29)], [june(30, 30)]),
            ("the last days taken", [JUNE], [june(21, 30)], [june(1, 20)]),
            ("the last day taken", [JUNE], [june(30, 30)], [june(1, 29)]),
            ("all but the first day taken", [JUNE], [june(2, 30)], [june(1, 1)]),
            ("the middle taken", [JUNE], [june(11, 20)], [june(1, 10), june(21, 30)]),
            ("one day taken", [JUNE], [june(15, 15)], [june(1, 14), june(16, 30)]),
            ("days taken before and into it", [june(10, 20)], [june(1, 12)], [june(13, 20)]),
            ("days taken into and after it", [june(10, 20)], [june(18, 30)], [june(10, 17)]),
            ("neighbours taken", [june(10, 20)], [june(1, 9), june(21, 30)], [june(10, 20)]),
            ("two gaps", [JUNE], [june(5, 6), june(20, 21)], [june(1, 4), june(7, 19), june(22, 30)]),
            (
                "two gaps, the later one first",
                [JUNE],
                [june(20, 21), june(5, 6)],
                [june(1, 4), june(7, 19), june(22, 30)],
            ),
            ("gaps that overlap", [JUNE], [june(5, 15), june(10, 20)], [june(1, 4), june(21, 30)]),
            ("one gap twice", [JUNE], [june(5, 15), june(5, 15)], [june(1, 4), june(16, 30)]),
            ("a gap over two ranges", [june(1, 10), june(21, 30)], [june(8, 22)], [june(1, 7), june(23, 30)]),
            ("ranges come in order", [june(21, 30), june(1, 10)], [], [june(1, 10), june(21, 30)]),
        )
        for name, days, taken, expected in cases:
            with self.subTest(name):
                self.assertEqual(subtract(days, taken), expected)

    def test_what_is_given_is_left_as_it_was(self):
        days, taken = [june(21, 30), june(1, 10)], [june(25, 26)]
        subtract(days, taken)
        self.assertEqual((days, taken), ([june(21, 30), june(1, 10)], [june(25, 26)]))

    @LAW
    @given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=5))
    def test_a_day_remains_unless_it_is_taken(self, taken):
        taken = [june(*sorted(edges)) for edges in taken]
        remaining = each_day(subtract([JUNE], taken))
        self.assertEqual(remaining, [day for day in each_day([JUNE]) if day not in each_day(taken)])


class TestOwing(BaseCase):
    def test_a_line_covers_its_days_but_those_that_were_reopened(self):
        cases = (
            ("nothing reopened", (), [JUNE]),
            ("its end", [june(11, 30)], [june(1, 10)]),
            ("its middle", [june(11, 20)], [june(1, 10), june(21, 30)]),
            ("two credits", [june(21, 30), june(11, 20)], [june(1, 10)]),
            ("all", [JUNE], []),
        )
        for name, reopened, expected in cases:
            with self.subTest(name):
                self.assertEqual(billed(reopened=reopened).covered, expected)

    def test_a_credit_can_take_back_what_was_billed_less_what_was_credited(self):
        cases = (
            ("30.00", "0", "30.00"),
            ("30.00", "12.50", "17.50"),
            ("30.00", "30.00", "0.00"),
            # A credit note by hand may exceed its bill: no reason to bill the difference.
            ("30.00", "35.00", "0.00"),
            ("0.00", "0", "0.00"),
        )
        for amount, credited, expected in cases:
            with self.subTest(amount=amount, credited=credited):
                self.assertEqual(str(billed(amount, credited=credited).creditable), expected)

    def test_the_owed_days_that_no_line_covers_are_charged(self):
        first_half, second_half = billed("15.00", june(1, 15)), billed("15.00", june(16, 30))
        cases = (
            ("nothing billed", JUNE, [], [JUNE]),
            ("nothing owed", None, [], []),
            ("nothing owed, all billed", None, [billed()], []),
            ("all billed", JUNE, [billed()], []),
            ("more billed than owed", june(1, 10), [billed()], []),
            ("the first half billed", JUNE, [first_half], [june(16, 30)]),
            ("the second half billed", JUNE, [second_half], [june(1, 15)]),
            ("both halves billed", JUNE, [second_half, first_half], []),
            ("the middle billed", JUNE, [billed("10.00", june(11, 20))], [june(1, 10), june(21, 30)]),
            ("a part owed, another billed", june(10, 20), [billed("5.00", june(1, 5))], [june(10, 20)]),
            ("the days that were reopened", JUNE, [billed(reopened=[june(11, 30)], credited="20.00")], [june(11, 30)]),
            (
                "of these the owed ones",
                june(1, 20),
                [billed(reopened=[june(11, 30)], credited="20.00")],
                [june(11, 20)],
            ),
            ("all reopened", JUNE, [billed(reopened=[JUNE], credited="30.00")], [JUNE]),
            ("reopened and billed again", JUNE, [billed(reopened=[JUNE], credited="30.00"), billed()], []),
            ("a free line covers its days too", JUNE, [billed("0.00")], []),
            ("a credit given away", JUNE, [billed(credited="30.00")], []),
            ("a part of it given away", JUNE, [billed(credited="5.00")], []),
        )
        for name, owed, lines, expected in cases:
            with self.subTest(name):
                self.assertEqual(to_charge(owed, lines), expected)

    def test_billed_days_that_are_not_owed_are_credited_at_the_price_that_was_billed(self):
        cases = (
            ("all owed", JUNE, billed(), []),
            ("more owed than billed", JUNE, billed("10.00", june(1, 10)), []),
            ("it ends on the 10th", june(1, 10), billed(), [(june(11, 30), "20.00")]),
            ("it ends on the first day", june(1, 1), billed(), [(june(2, 30), "29.00")]),
            ("it ends one day earlier", june(1, 29), billed(), [(june(30, 30), "1.00")]),
            ("it begins on the 5th", june(5, 30), billed(), [(june(1, 4), "4.00")]),
            (
                "it lasts from the 5th to the 10th",
                june(5, 10),
                billed(),
                [(june(1, 4), "4.00"), (june(11, 30), "20.00")],
            ),
            ("it ends before the billed days", june(1, 10), billed("60.00", june(21, 30)), [(june(21, 30), "60.00")]),
            ("two thirds of an odd price", june(1, 10), billed("100.00"), [(june(11, 30), "66.67")]),
            ("a third of it", june(1, 20), billed("100.00"), [(june(21, 30), "33.33")]),
            (
                "its middle third would be dearer",
                june(11, 20),
                billed("100.00"),
                [(june(1, 10), "33.33"), (june(21, 30), "33.33")],
            ),
            ("half of a line for half the month", june(1, 8), billed("15.00", june(1, 15)), [(june(9, 15), "7.00")]),
            ("a free line", None, billed("0.00"), []),
            ("a cent for the month: its last days are worth none", june(1, 20), billed("0.01"), []),
            ("but its second half is not", june(1, 10), billed("0.01"), [(june(11, 30), "0.01")]),
        )
        for name, owed, line, expected in cases:
            with self.subTest(name):
                credits = to_credit(owed, [line], CENT)
                self.assertEqual([(credit.days, str(credit.amount)) for credit in credits], expected)
                self.assertTrue(all(credit.billed is line for credit in credits))

    def test_whoever_takes_back_the_last_days_takes_back_the_last_cent(self):
        third = [june(21, 30)]
        cases = (
            ("all at once", billed("100.00"), [(JUNE, "100.00")]),
            ("the rest", billed("100.00", reopened=third, credited="33.33"), [(june(1, 20), "66.67")]),
            (
                "the rest of what was rounded otherwise",
                billed("100.00", reopened=third, credited="33.34"),
                [(june(1, 20), "66.66")],
            ),
            (
                "the rest where less was credited",
                billed("100.00", reopened=third, credited="33.32"),
                [(june(1, 20), "66.68")],
            ),
            (
                "both ends, of which the last one takes the rest",
                billed("100.00", reopened=[june(11, 20)], credited="33.30"),
                [(june(1, 10), "33.33"), (june(21, 30), "33.37")],
            ),
            (
                "both ends of it",
                billed("100.00", reopened=[june(11, 20)], credited="33.34"),
                [(june(1, 10), "33.33"), (june(21, 30), "33.33")],
            ),
            (
                "both ends, where more was given away",
                billed("100.00", reopened=[june(11, 20)], credited="50.00"),
                [(june(1, 10), "33.33"), (june(21, 30), "16.67")],
            ),
            ("days worth nothing were taken before", billed("0.01", reopened=[june(1, 10)]), [(june(11, 30), "0.01")]),
            ("nothing left", billed("100.00", reopened=third, credited="100.00"), []),
        )
        for name, line, expected in cases:
            with self.subTest(name):
                credits = to_credit(None, [line], CENT)
                self.assertEqual([(credit.days, str(credit.amount)) for credit in credits], expected)

    def test_a_credit_counts_the_days_as_the_bill_did(self):
        """15 to 28 February are 14 of 28 days, but 16 of a month of 30."""
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        owed = Days(date(2026, 2, 1), date(2026, 2, 14))
        for convention, expected in (("actual", "150.00"), ("thirty", "160.00")):
            with self.subTest(convention=convention):
                (credit,) = to_credit(owed, [billed("300.00", february)], CENT, convention)
                self.assertEqual(str(credit.amount), expected)
                # Who knew the end before billing has paid as much.
                known = part(Decimal("300.00"), owed, february, CENT, convention)
                self.assertEqual(Decimal("300.00") - credit.amount, known)

    def test_a_credit_counts_calendar_days_where_nothing_else_is_said(self):
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        (credit,) = to_credit(Days(date(2026, 2, 1), date(2026, 2, 14)), [billed("300.00", february)], CENT)
        self.assertEqual(str(credit.amount), "150.00")

    def test_a_line_is_taken_back_to_the_cent_although_its_days_were_counted_otherwise_before(self):
        """The plan went over from calendar days to months of 30 days after 15 to 28 February had been credited."""
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        reopened = [Days(date(2026, 2, 15), date(2026, 2, 28))]
        for convention, credited, rest in (("thirty", "150.00", "150.00"), ("actual", "160.00", "140.00")):
            with self.subTest(convention=convention):
                line = billed("300.00", february, reopened=reopened, credited=credited)
                (credit,) = to_credit(None, [line], CENT, convention)
                self.assertEqual(str(credit.amount), rest)

    def test_each_line_is_credited_at_its_own_price(self):
        """The price rose in the middle of June; then the contract turns out to have ended on the 10th."""
        cheap, dear = billed("15.00", june(1, 15), key="cheap"), billed("30.00", june(16, 30), key="dear")
        credits = to_credit(june(1, 10), [cheap, dear], CENT)
        self.assertEqual(
            [(credit.billed.key, credit.days, str(credit.amount), credit.is_whole) for credit in credits],
            [("cheap", june(11, 15), "5.00", False), ("dear", june(16, 30), "30.00", True)],
        )

    def test_a_credit_is_whole_where_it_takes_all_days_and_all_money_back(self):
        cases = (
            ("all", None, billed(), True),
            ("a line for a part of the period", None, billed("10.00", june(1, 10)), True),
            ("the period ends before the line begins", june(1, 10), billed("10.00", june(11, 20)), True),
            ("some days", june(1, 10), billed(), False),
            ("all days, but some money was given away", None, billed(credited="5.00"), False),
            ("all money, but for some days", None, billed(reopened=[june(1, 10)]), False),
            ("all money of a cent, but for some days", june(1, 10), billed("0.01"), False),
        )
        for name, owed, line, expected in cases:
            with self.subTest(name):
                self.assertEqual([credit.is_whole for credit in to_credit(owed, [line], CENT)], [expected])

    def test_a_credit_that_was_given_away_caps_a_later_one(self):
        cases = (
            ("nothing given away", "0", june(1, 10), "20.00"),
            ("enough is left", "10.00", june(1, 10), "20.00"),
            ("a part is left", "25.00", june(1, 10), "5.00"),
            ("a cent is left", "29.99", june(1, 10), "0.01"),
            ("nothing is left", "30.00", june(1, 10), None),
            ("more than all was given away", "35.00", june(1, 10), None),
            ("all days taken back: the rest", "12.00", None, "18.00"),
            ("all days taken back, nothing left", "30.00", None, None),
        )
        for name, given_away, owed, expected in cases:
            with self.subTest(name):
                amounts = [str(credit.amount) for credit in to_credit(owed, [billed(credited=given_away)], CENT)]
                self.assertEqual(amounts, [expected] if expected else [])

    def test_the_cap_holds_for_all_credits_of_a_line_together(self):
        line = billed(credited="12.00")
        credits = to_credit(june(11, 20), [line], CENT)
        self.assertEqual(
            [(credit.days, str(credit.amount)) for credit in credits],
            [(june(1, 10), "10.00"), (june(21, 30), "8.00")],
        )

    def test_what_one_line_gave_away_does_not_cap_another(self):
        lines = [billed("15.00", june(1, 15), credited="15.00"), billed("15.00", june(16, 30))]
        self.assertEqual([str(credit.amount) for credit in to_credit(None, lines, CENT)], ["15.00"])

    def test_a_year_in_the_life_of_a_bill(self):
        """June is billed, ends on the 10th, goes on at a higher price, is dropped."""
        ledger = Ledger(JUNE, CENT)
        steps = (
            ("billed in advance", JUNE, "49.90", [JUNE], [], "49.90"),
            ("run again", JUNE, "49.90", [], [], "49.90"),
            ("dearer, but billed already", JUNE, "60.00", [], [], "49.90"),
            ("ended on the 10th", june(1, 10), "60.00", [], [(june(11, 30), "33.27")], "16.63"),
            ("run again", june(1, 10), "60.00", [], [], "16.63"),
            ("goes on until the 20th", june(1, 20), "60.00", [june(11, 20)], [], "36.63"),
            ("and to the end", JUNE, "60.00", [june(21, 30)], [], "56.63"),
            ("began on the 6th", june(6, 30), "60.00", [], [(june(1, 5), "8.32")], "48.31"),
            (
                "never was",
                None,
                "60.00",
                [],
                [(june(6, 10), "8.31"), (june(11, 20), "20.00"), (june(21, 30), "20.00")],
                "0.00",
            ),
            ("run again", None, "60.00", [], [], "0.00"),
            ("was after all", JUNE, "60.00", [JUNE], [], "60.00"),
        )
        for name, owed, price, expected_charges, expected_credits, kept in steps:
            charges, credits = ledger.settle(owed, Decimal(price))
            with self.subTest(name):
                self.assertEqual(charges, expected_charges)
                self.assertEqual([(credit.days, str(credit.amount)) for credit in credits], expected_credits)
                self.assertEqual(str(ledger.kept), kept)

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    @example((JUNE, [JUNE, june(11, 20), None, JUNE]), [CENT] * 7, CENT, "actual")
    @example((JUNE, [june(11, 20), JUNE, june(15, 15), None]), [Decimal("100")] * 7, CENT, "thirty")
    def test_what_is_billed_once_is_settled(self, history, prices, rounding, convention):
        whole, steps = history
        assume(convention == "actual" or whole.first != whole.last)
        ledger = Ledger(whole, rounding, convention)
        for owed, price in zip(steps, prices, strict=False):
            ledger.settle(owed, price)
            self.assertEqual(ledger.due(owed), ([], []), "a second run bills nothing")
            self.assertGreaterEqual(ledger.kept, 0)
            for line in ledger.lines:
                self.assertGreaterEqual(line.credited, 0)
                self.assertLessEqual(line.credited, line.amount)
            if not owed:
                self.assertEqual(ledger.kept, 0, "no stray cent stays with the bills")
            self.assertEqual(len(ledger.covered), len(set(ledger.covered)), "no day is billed twice")
        ledger.settle(None, prices[-1])
        self.assertEqual(ledger.kept, 0)

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS)
    def test_the_covered_days_are_the_owed_ones(self, history, prices, rounding):
        """Where each day is worth a unit of the currency: days worth nothing are not credited, so they stay covered."""
        whole, steps = history
        days = (whole.last - whole.first).days + 1
        ledger = Ledger(whole, rounding)
        for owed, price in zip(steps, prices, strict=False):
            ledger.settle(owed, days * rounding + price)
            self.assertEqual(sorted(ledger.covered), each_day([owed] if owed else []))

    @LAW
    @given(histories(), PRICES, ROUNDINGS)
    def test_days_worth_nothing_stay_covered(self, history, price, rounding):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        for owed in steps:
            ledger.settle(owed, price)
            owed_days = each_day([owed] if owed else [])
            self.assertLessEqual(set(owed_days), set(ledger.covered))
            for line in ledger.lines:
                for days in subtract(line.covered, [owed] if owed else []):
                    self.assertIn(0, (part(line.amount, days, line.days, rounding), line.creditable))

    @LAW
    @given(histories(), PRICES, ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    def test_at_one_price_the_money_kept_is_the_share_of_the_owed_days(self, history, price, rounding, convention):
        """To one unit for each line that was charged or credited: each is rounded, and none by more."""
        whole, steps = history
        assume(convention == "actual" or whole.first != whole.last)
        ledger = Ledger(whole, rounding, convention)
        for owed in steps:
            ledger.settle(owed, price)
            exact = Fraction(price) * Fraction(*share(owed, whole, convention)) if owed else 0
            self.assertLessEqual(abs(Fraction(ledger.kept) - exact), Fraction(rounding) * ledger.entries)

    @LAW
    @given(histories(longest=1), PRICES, ROUNDINGS, st.sampled_from(["actual", "thirty"]))
    def test_an_end_known_after_the_bill_costs_as_much_as_one_known_before(self, history, price, rounding, convention):
        whole, (owed,) = history
        assume(convention == "actual" or whole.first != whole.last)
        assume(owed)
        price = prorate(price, Fraction(1), rounding)
        before, after = Ledger(whole, rounding, convention), Ledger(whole, rounding, convention)
        before.settle(owed, price)
        after.settle(whole, price)
        after.settle(owed, price)
        self.assertEqual(after.kept, before.kept)

    @LAW
    @given(histories(), PRICES, ROUNDINGS, st.fractions(0, 1, max_denominator=100))
    def test_money_given_away_is_neither_charged_again_nor_credited_twice(self, history, price, rounding, given_away):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        ledger.settle(whole, price)
        (line,) = ledger.lines
        gift = prorate(line.amount, given_away, rounding)
        ledger.lines = [replace(line, credited=gift)]
        self.assertEqual(ledger.due(whole), ([], []))
        for owed in steps:
            ledger.settle(owed, price)
            self.assertEqual(ledger.due(owed), ([], []))
            for line in ledger.lines:
                self.assertLessEqual(line.credited, line.amount)
        ledger.settle(None, price)
        self.assertEqual(ledger.kept, 0)

    @LAW
    @given(histories(), st.lists(PRICES, min_size=7, max_size=7), ROUNDINGS)
    def test_a_whole_credit_takes_back_the_line_as_it_was_billed(self, history, prices, rounding):
        whole, steps = history
        ledger = Ledger(whole, rounding)
        for owed, price in zip(steps, prices, strict=False):
            for credit in ledger.settle(owed, price)[1]:
                is_all = credit.days == credit.billed.days and not credit.billed.credited
                self.assertEqual(credit.is_whole, is_all)
                if credit.is_whole:
                    self.assertEqual(credit.amount, credit.billed.amount)
                    self.assertEqual(ledger.lines[credit.billed.key].creditable, 0)
