from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.owing import Billed, shares, subtract, to_charge, to_credit
from odoo.addons.recurring_billing.tools.proration import Days, part

from .common_owing import CENT, JUNE, Ledger, billed, each_day, june, ranges

LAW = settings(max_examples=100, deadline=None, database=None)


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
            ("-5.00", "0", "-5.00"),  # a discount
            ("-5.00", "-3.00", "-2.00"),
            ("-5.00", "-6.00", "0.00"),
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
                self.assertEqual(to_charge(ranges(owed), lines), expected)

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
                credits = to_credit(ranges(owed), [line], CENT)
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
                credits = to_credit([], [line], CENT)
                self.assertEqual([(credit.days, str(credit.amount)) for credit in credits], expected)

    def test_a_credit_counts_the_days_as_the_bill_did(self):
        """15 to 28 February are 14 of 28 days, but 16 of a month of 30."""
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        owed = Days(date(2026, 2, 1), date(2026, 2, 14))
        for convention, expected in (("actual", "150.00"), ("thirty", "160.00")):
            with self.subTest(convention=convention):
                (credit,) = to_credit(ranges(owed), [billed("300.00", february)], CENT, convention)
                self.assertEqual(str(credit.amount), expected)
                # Who knew the end before billing has paid as much.
                known = part(Decimal("300.00"), owed, february, CENT, convention)
                self.assertEqual(Decimal("300.00") - credit.amount, known)

    def test_a_credit_counts_calendar_days_where_nothing_else_is_said(self):
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        (credit,) = to_credit([Days(date(2026, 2, 1), date(2026, 2, 14))], [billed("300.00", february)], CENT)
        self.assertEqual(str(credit.amount), "150.00")

    def test_a_line_is_taken_back_to_the_cent_although_its_days_were_counted_otherwise_before(self):
        """The plan went over from calendar days to months of 30 days after 15 to 28 February had been credited."""
        february = Days(date(2026, 2, 1), date(2026, 2, 28))
        reopened = [Days(date(2026, 2, 15), date(2026, 2, 28))]
        for convention, credited, rest in (("thirty", "150.00", "150.00"), ("actual", "160.00", "140.00")):
            with self.subTest(convention=convention):
                line = billed("300.00", february, reopened=reopened, credited=credited)
                (credit,) = to_credit([], [line], CENT, convention)
                self.assertEqual(str(credit.amount), rest)

    def test_each_line_is_credited_at_its_own_price(self):
        """The price rose in the middle of June; then the contract turns out to have ended on the 10th."""
        cheap, dear = billed("15.00", june(1, 15), key="cheap"), billed("30.00", june(16, 30), key="dear")
        credits = to_credit([june(1, 10)], [cheap, dear], CENT)
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
                self.assertEqual([credit.is_whole for credit in to_credit(ranges(owed), [line], CENT)], [expected])

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
                amounts = [
                    str(credit.amount) for credit in to_credit(ranges(owed), [billed(credited=given_away)], CENT)
                ]
                self.assertEqual(amounts, [expected] if expected else [])

    def test_the_cap_holds_for_all_credits_of_a_line_together(self):
        line = billed(credited="12.00")
        credits = to_credit([june(11, 20)], [line], CENT)
        self.assertEqual(
            [(credit.days, str(credit.amount)) for credit in credits],
            [(june(1, 10), "10.00"), (june(21, 30), "8.00")],
        )

    def test_what_one_line_gave_away_does_not_cap_another(self):
        lines = [billed("15.00", june(1, 15), credited="15.00"), billed("15.00", june(16, 30))]
        self.assertEqual([str(credit.amount) for credit in to_credit([], lines, CENT)], ["15.00"])

    def test_shares_of_a_share_are_counted_by_the_whole_period(self):
        """10.00 for June, of which the 8th to the 30th stood on a bill of its own: 7.67."""
        bill = Billed("line", june(8, 30), Decimal("7.67"), full=Decimal("10.00"), whole=JUNE)
        for last in range(8, 30):
            kept = part(Decimal("10.00"), june(8, last), JUNE, CENT)
            (credit,) = to_credit([june(8, last)], [bill], CENT)
            self.assertEqual(bill.amount - credit.amount, kept, f"kept until the {last}th")

    def test_net_and_taxes_are_taken_back_in_shares_too(self):
        """20.00 of VAT on 100.00 for 30 days of June: 10 days are 6.67, 20 days 13.33."""
        ends, middle = [june(1, 10), june(21, 30)], [june(11, 20)]
        cases = (
            ("all at once", [JUNE], "20.00", "20.00", True, ["20.00"]),
            ("some days", middle, "20.00", "20.00", False, ["6.66"]),  # 13.33 until the 20th less 6.67 until the 10th
            ("first and last", ends, "20.00", "20.00", False, ["6.67", "6.67"]),
            ("the rest in two pieces", ends, "20.00", "13.33", True, ["6.67", "6.66"]),
            ("the rest in two pieces, given back short", ends, "20.00", "13.35", True, ["6.67", "6.68"]),
            ("little is left", ends, "20.00", "7.00", True, ["6.67", "0.33"]),
            ("nothing is left", ends, "20.00", "0.00", True, ["0.00", "0.00"]),
            ("more than all was given away", ends, "20.00", "-1.00", True, ["0.00", "0.00"]),
            ("no tax", ends, "0.00", "0.00", True, ["0.00", "0.00"]),
            ("a tax below zero, as a tax that is withheld", ends, "-20.00", "-13.33", True, ["-6.67", "-6.66"]),
        )
        for name, pieces, total, left, takes_all, expected in cases:
            with self.subTest(name):
                amounts = shares(pieces, JUNE, Decimal(total), Decimal(left), takes_all, CENT)
                self.assertEqual([f"{amount + 0:.2f}" for amount in amounts], expected)

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
