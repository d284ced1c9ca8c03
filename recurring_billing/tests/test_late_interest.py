from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.late_interest import (
    CENT,
    Claim,
    HalfYear,
    MissingRate,
    Payment,
    floor,
    half_year,
    late_interest,
)

LAW = settings(max_examples=200, deadline=None, database=None)
RATES = {
    date(2024, 7, 1): HalfYear(Decimal("4.25"), Decimal("4.92")),
    date(2025, 1, 1): HalfYear(Decimal("3.15"), Decimal("3.71")),
    date(2025, 7, 1): HalfYear(Decimal("2.15"), Decimal("2.76")),
    date(2026, 1, 1): HalfYear(Decimal("2.15"), Decimal("2.62")),
    date(2026, 7, 1): HalfYear(Decimal("2.40"), None, is_sure=False),
}
KINDS = ("business", "public", "consumer", "nonpro")


def claim(kind="business", due=date(2025, 5, 31), amount="1200", payments=(), **values):
    paid = tuple(Payment(day, Decimal(part)) for day, part in payments)
    return Claim(kind, values.pop("arose", due - timedelta(days=30)), due, Decimal(amount), paid, **values)


def printed(result):
    """The computation as it is printed: (first, last, days, base, rate, amount)."""
    return [
        (
            f"{segment.first:%d/%m/%y}",
            f"{segment.last:%d/%m/%y}",
            segment.days,
            *map(str, (segment.base, segment.rate, segment.amount)),
        )
        for segment in result.segments
    ]


class TestLateInterest(BaseCase):
    """Interest and indemnity, case by case. Each amount is base × rate × days / 36500, worked out beside."""

    def assertComputed(self, claim, until, rows, indemnity="40"):
        result = late_interest(claim, RATES, until)
        self.assertEqual(printed(result), rows)
        self.assertEqual(result.indemnity, Decimal(indemnity))
        self.assertEqual(result.total, sum(Decimal(row[-1]) for row in rows) + Decimal(indemnity))
        return result

    def test_a_business_owes_refi_and_ten_points_by_the_half_year_in_which_it_accrues(self):
        self.assertComputed(
            claim(),
            date(2025, 8, 31),
            [  # 12.9698..., 24.7660...
                ("01/06/25", "30/06/25", 30, "1200", "13.15", "12.97"),
                ("01/07/25", "31/08/25", 62, "1200", "12.15", "24.77"),
            ],
        )

    def test_half_years_of_one_rate_are_segments_of_their_own(self):
        self.assertComputed(
            claim(due=date(2025, 12, 30)),
            date(2026, 1, 2),
            [  # 0.3994..., 0.7989...
                ("31/12/25", "31/12/25", 1, "1200", "12.15", "0.40"),
                ("01/01/26", "02/01/26", 2, "1200", "12.15", "0.80"),
            ],
        )

    def test_the_first_day_is_the_one_after_the_due_date_and_the_day_of_payment_counts(self):
        for until, days in ((date(2025, 5, 31), 0), (date(2025, 6, 1), 1), (date(2025, 6, 10), 10)):
            with self.subTest(until):
                result = late_interest(claim(payments=[(date(2025, 6, 10), "1200")]), RATES, until)
                self.assertEqual(sum(segment.days for segment in result.segments), days)
        later = late_interest(claim(payments=[(date(2025, 6, 10), "1200")]), RATES, date(2025, 6, 30))
        self.assertEqual(printed(later), [("01/06/25", "10/06/25", 10, "1200", "13.15", "4.32")])  # 4.3232...

    def test_a_leap_year_has_365_days_too(self):
        rates = {date(2024, 1, 1): HalfYear(Decimal("4.50")), date(2024, 7, 1): HalfYear(Decimal("4.25"))}
        result = late_interest(claim(due=date(2023, 12, 31), amount="36500"), rates, date(2024, 2, 29))
        self.assertEqual([(one.days, one.amount) for one in result.segments], [(60, Decimal("870.00"))])

    def test_half_a_cent_is_rounded_up(self):
        result = late_interest(claim(amount="14.60", contract_rate=Decimal("12.5")), RATES, date(2025, 6, 1))
        self.assertEqual(result.interest, Decimal("0.01"))  # 0.005 exactly

    def test_amounts_are_rounded_to_the_unit_of_the_currency(self):
        result = late_interest(claim(), RATES, date(2025, 6, 30), rounding=Decimal("0.05"))
        self.assertEqual(result.interest, Decimal("12.95"))

    def test_a_partial_payment_lowers_the_base_from_the_day_after(self):
        self.assertComputed(
            claim(payments=[(date(2025, 6, 10), "400"), (date(2025, 7, 15), "300")]),
            date(2025, 7, 31),
            [  # 4.3232..., 5.7643..., 3.9945..., 2.6630...
                ("01/06/25", "10/06/25", 10, "1200", "13.15", "4.32"),
                ("11/06/25", "30/06/25", 20, "800", "13.15", "5.76"),
                ("01/07/25", "15/07/25", 15, "800", "12.15", "3.99"),
                ("16/07/25", "31/07/25", 16, "500", "12.15", "2.66"),
            ],
        )

    def test_what_was_paid_in_time_bears_no_interest_and_spares_no_indemnity(self):
        row = ("01/06/25", "30/06/25", 30, "1", "13.15", "0.01")  # 0.0108...
        self.assertComputed(claim(payments=[(date(2025, 5, 31), "1199")]), date(2025, 6, 30), [row])

    def test_an_invoice_paid_in_time_costs_nothing(self):
        self.assertComputed(claim(payments=[(date(2025, 5, 31), "1200")]), date(2026, 6, 30), [], indemnity="0")

    def test_a_day_of_delay_costs_the_whole_indemnity_once(self):
        paid = claim(payments=[(date(2025, 6, 1), "600"), (date(2025, 6, 2), "600")])
        for until, indemnity in ((date(2025, 5, 31), 0), (date(2025, 6, 1), 40), (date(2026, 6, 30), 40)):
            with self.subTest(until):
                self.assertEqual(late_interest(paid, RATES, until).indemnity, indemnity)

    def test_the_indemnity_is_of_businesses_and_public_buyers_never_of_consumers(self):
        for kind, indemnity in (("business", 40), ("public", 40), ("consumer", 0), ("nonpro", 0)):
            with self.subTest(kind):
                late = late_interest(claim(kind, notice=date(2025, 7, 1)), RATES, date(2026, 6, 30))
                self.assertEqual(late.indemnity, indemnity)

    def test_a_contract_rate_replaces_that_of_the_law(self):
        row = ("01/06/25", "31/08/25", 92, "1200", "9", "27.22")  # 27.2219...
        self.assertComputed(claim(contract_rate=Decimal("9")), date(2025, 8, 31), [row])

    def test_a_contract_rate_needs_no_table_and_none_of_zero_is_no_rate(self):
        agreed = claim(contract_rate=Decimal("12"))
        self.assertEqual(late_interest(agreed, {}, date(2025, 6, 30)).interest, Decimal("11.84"))  # 11.8356...
        self.assertEqual(late_interest(claim(contract_rate=Decimal()), {}, date(2025, 6, 30)).interest, 0)

    def test_a_contract_rate_binds_businesses_alone(self):
        for kind in ("public", "consumer", "nonpro"):
            with self.subTest(kind):
                owed = claim(kind, notice=date(2025, 6, 15))
                agreed = replace(owed, contract_rate=Decimal("20"))
                until = date(2025, 9, 30)
                self.assertEqual(late_interest(agreed, RATES, until), late_interest(owed, RATES, until))

    def test_the_floor_of_a_contract_rate_is_three_times_the_legal_one(self):
        self.assertEqual(floor(RATES, date(2024, 12, 31)), Decimal("14.76"))
        self.assertEqual(floor(RATES, date(2026, 6, 30)), Decimal("7.86"))
        with self.assertRaises(MissingRate) as caught:
            floor(RATES, date(2026, 7, 1))
        self.assertEqual((caught.exception.first, caught.exception.name), (date(2026, 7, 1), "legal"))

    def test_the_rate_without_contract_may_lie_below_that_floor(self):
        late = late_interest(claim(due=date(2024, 8, 31)), RATES, date(2024, 9, 30))
        self.assertEqual(late.segments[0].rate, Decimal("14.25"))

    def test_a_public_buyer_owes_refi_and_eight_points_of_the_half_year_in_which_interest_began(self):
        self.assertComputed(
            claim("public"),
            date(2026, 8, 31),
            [("01/06/25", "31/08/26", 457, "1200", "11.15", "167.52")],  # 167.5249...
        )
        began = late_interest(claim("public", due=date(2025, 6, 30)), RATES, date(2025, 7, 1))
        self.assertEqual(began.segments[0].rate, Decimal("10.15"), "due in June, interest began in July")

    def test_a_consumer_owes_the_legal_rate_and_only_after_the_formal_notice(self):
        for kind in ("consumer", "nonpro"):
            with self.subTest(kind):
                self.assertComputed(claim(kind), date(2025, 8, 31), [], indemnity="0")
                self.assertComputed(
                    claim(kind, notice=date(2025, 6, 20)),
                    date(2025, 8, 31),
                    [  # 1.2197..., 5.6258...
                        ("21/06/25", "30/06/25", 10, "1200", "3.71", "1.22"),
                        ("01/07/25", "31/08/25", 62, "1200", "2.76", "5.63"),
                    ],
                    indemnity="0",
                )

    def test_a_notice_before_the_due_date_starts_nothing_before_it(self):
        late = late_interest(claim("consumer", notice=date(2025, 5, 1)), RATES, date(2025, 6, 30))
        self.assertEqual(late.segments[0].first, date(2025, 6, 1))

    def test_an_insolvency_stops_the_interest_of_older_claims(self):
        row = ("01/06/25", "09/06/25", 9, "1200", "13.15", "3.89")  # 3.8909...
        self.assertComputed(claim(insolvency=date(2025, 6, 10)), date(2025, 8, 31), [row])
        late = claim("consumer", notice=date(2025, 6, 20), insolvency=date(2025, 6, 10))
        self.assertComputed(late, date(2025, 8, 31), [], indemnity="0")

    def test_what_was_sold_after_the_judgment_is_late_as_any_other(self):
        after = claim(arose=date(2025, 5, 1), insolvency=date(2025, 5, 1))
        self.assertEqual(
            late_interest(after, RATES, date(2025, 8, 31)), late_interest(claim(), RATES, date(2025, 8, 31))
        )

    def test_no_indemnity_where_the_judgment_forbade_to_pay_on_the_due_date(self):
        for judgment, indemnity in ((date(2025, 5, 31), 0), (date(2025, 5, 20), 0), (date(2025, 6, 1), 40)):
            with self.subTest(judgment):
                self.assertEqual(
                    late_interest(claim(insolvency=judgment), RATES, date(2025, 8, 31)).indemnity, indemnity
                )

    def test_a_half_year_without_its_rate_is_refused(self):
        cases = (
            ("business, after the table", claim(), date(2027, 1, 1), date(2027, 1, 1), "refi"),
            ("business, before it", claim(due=date(2024, 6, 29)), date(2024, 9, 1), date(2024, 1, 1), "refi"),
            ("public", claim("public", due=date(2027, 1, 1)), date(2027, 2, 1), date(2027, 1, 1), "refi"),
            ("consumer", claim("consumer", notice=date(2025, 6, 1)), date(2026, 7, 1), date(2026, 7, 1), "legal"),
        )
        for name, owed, until, first, rate in cases:
            with self.subTest(name), self.assertRaisesRegex(MissingRate, f"no {rate} rate .* {first}") as caught:
                late_interest(owed, RATES, until)
            self.assertEqual((caught.exception.first, caught.exception.name), (first, rate))

    def test_a_rate_is_needed_only_while_something_is_owed(self):
        paid = claim(payments=[(date(2026, 12, 31), "1200")])
        self.assertEqual(late_interest(paid, RATES, date(2030, 1, 1)).segments[-1].last, date(2026, 12, 31))
        self.assertTrue(late_interest(claim("public"), RATES, date(2030, 1, 1)).segments, "its rate is frozen")
        self.assertFalse(late_interest(claim("consumer"), {}, date(2030, 1, 1)).segments)

    def test_an_unconfirmed_rate_marks_what_it_gave(self):
        late = late_interest(claim(), RATES, date(2026, 7, 31))
        self.assertEqual([segment.is_sure for segment in late.segments], [True, True, True, False])
        self.assertFalse(late.is_sure)
        self.assertTrue(late_interest(claim(), RATES, date(2026, 6, 30)).is_sure)

    def test_faulty_claims_are_refused(self):
        day = date(2025, 6, 1)
        for message, owed in (
            ("unknown kind", claim("friend")),
            ("more than zero", claim(payments=[(day, "0")])),
            ("more than zero", claim(payments=[(day, "-5")])),
            ("more was paid", claim(payments=[(day, "1000"), (day, "200.01")])),
        ):
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                late_interest(owed, RATES, date(2025, 6, 30))


DAYS = st.dates(date(2024, 7, 1), date(2026, 6, 30))
MONEY = st.decimals("0.01", 100_000, places=2)


@st.composite
def claims(draw):
    due, amount = draw(DAYS), draw(MONEY)
    left, payments = amount, []
    for share in draw(st.lists(st.integers(1, 99), max_size=4)):
        part = (left * share / 100).quantize(CENT)
        if part:
            payments.append(Payment(draw(DAYS), part))
            left -= part
    return Claim(
        draw(st.sampled_from(KINDS)),
        due - timedelta(days=draw(st.integers(0, 60))),
        due,
        amount,
        tuple(payments),
        draw(st.none() | st.decimals(0, 30, places=2)),
        draw(st.none() | DAYS),
        draw(st.none() | DAYS),
    )


def by_days(owed, until):
    """The interest summed day by day, unrounded: what the law says, without any segment."""
    total, day = Decimal(), owed.due
    frozen = RATES[half_year(owed.due + timedelta(days=1))].refi if owed.kind == "public" else None
    while day < until:
        day += timedelta(days=1)
        if owed.insolvency and owed.arose < owed.insolvency <= day:
            break
        table = RATES[half_year(day)]
        if owed.kind == "business":
            rate = table.refi + 10 if owed.contract_rate is None else owed.contract_rate
        elif owed.kind == "public":
            rate = frozen + 8
        else:
            rate = table.legal if owed.notice and owed.notice < day else 0
        base = owed.amount - sum(payment.amount for payment in owed.payments if payment.day < day)
        total += base * rate / 36500
    return total


class TestLateInterestLaws(BaseCase):
    """What holds for each claim."""

    @LAW
    @given(claims(), DAYS)
    def test_segments_tell_the_interest_of_each_day(self, owed, until):
        result = late_interest(owed, RATES, until)
        tolerance = Decimal("0.0051") * max(1, len(result.segments))
        self.assertLessEqual(abs(result.interest - by_days(owed, until)), tolerance)
        for segment in result.segments:
            self.assertEqual(segment.days, (segment.last - segment.first).days + 1)
            self.assertGreater(segment.base, 0)
            self.assertTrue(owed.due < segment.first <= segment.last <= until)
        for one, two in zip(result.segments, result.segments[1:], strict=False):
            self.assertLess(one.last, two.first, "no day bears interest twice")

    @LAW
    @given(claims(), DAYS, st.integers(0, 200))
    def test_waiting_never_makes_it_cheaper(self, owed, until, more):
        later = min(until + timedelta(days=more), date(2026, 6, 30))
        one, two = late_interest(owed, RATES, until), late_interest(owed, RATES, later)
        self.assertLessEqual(one.interest, two.interest)
        self.assertLessEqual(one.indemnity, two.indemnity)

    @LAW
    @given(claims(), DAYS)
    def test_a_consumer_never_owes_what_a_business_owes(self, owed, until):
        for kind in ("consumer", "nonpro"):
            late = late_interest(replace(owed, kind=kind), RATES, until)
            self.assertFalse(late.indemnity)
            self.assertTrue(all(owed.notice < segment.first for segment in late.segments))

    @LAW
    @given(claims(), DAYS)
    def test_payments_of_a_day_are_as_good_as_one(self, owed, until):
        by_day = {}
        for payment in owed.payments:
            by_day[payment.day] = by_day.get(payment.day, 0) + payment.amount
        merged = replace(owed, payments=tuple(Payment(day, amount) for day, amount in sorted(by_day.items())))
        self.assertEqual(late_interest(merged, RATES, until), late_interest(owed, RATES, until))
