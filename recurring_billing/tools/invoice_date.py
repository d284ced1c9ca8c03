from datetime import date, timedelta

from .bank_calendar import next_open, previous_open

_ONE_DAY = timedelta(days=1)


def planned(first: date, last: date, *, in_arrears: bool, offset: int = 0, on_open_days: bool = False) -> date:
    """When the period from ``first`` to ``last`` (both included) is to be invoiced.

    :param offset: days after the first day (in arrears: after the last day) of the period; negative ones lie before
    :param on_open_days: move a day on which banks are closed to the next open one; the last day of a month moves back
        instead, so that the invoice stays in its month
    """
    day = (last if in_arrears else first) + timedelta(days=offset)
    if not on_open_days:
        return day
    is_month_end = (day + _ONE_DAY).day == 1
    return previous_open(day) if is_month_end else next_open(day)


def issued(planned_day: date, today: date, *, latest: date | None, tolerance: int) -> date:
    """The date of an invoice made on ``today`` that was planned for ``planned_day``.

    It keeps the planned date while that is at most ``tolerance`` days old and its journal holds no later date. Else it
    is dated on the day of issue: numbers follow dates (CGI ann. II art. 242 nonies A), and nobody is late before being
    invoiced.

    :param latest: date of the journal's latest posted invoice
    """
    is_late = planned_day < today - timedelta(days=tolerance)
    is_out_of_order = latest is not None and latest > planned_day
    return today if planned_day > today or is_late or is_out_of_order else planned_day
