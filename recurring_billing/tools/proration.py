from datetime import date
from decimal import Decimal
from fractions import Fraction


def share(first: date, last: date, whole_first: date, whole_last: date) -> Fraction:
    """The days from ``first`` to ``last`` inside the whole, over the days of the whole.

    All four days are included in their range. Ranges that share no day give 0.

    :raises ValueError: the whole ends before it begins
    """
    if whole_last < whole_first:
        raise ValueError(f"the whole ends before it begins: {whole_first} to {whole_last}")
    inside = (min(last, whole_last) - max(first, whole_first)).days + 1
    return Fraction(max(inside, 0), (whole_last - whole_first).days + 1)


def prorate(amount: Decimal, part: Fraction, rounding: Decimal) -> Decimal:
    """``part`` of ``amount``, rounded once to a multiple of ``rounding``, halves away from zero.

    :param rounding: the smallest unit of the currency, such as Decimal("0.01")
    :raises ValueError: rounding is zero or negative
    """
    if rounding <= 0:
        raise ValueError(f"rounding must be positive: {rounding}")
    exact = Fraction(amount) * part / Fraction(rounding)
    # Half up on the absolute value, in whole numbers: a division of Decimals would round before.
    units = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return (units if exact >= 0 else -units) * rounding
