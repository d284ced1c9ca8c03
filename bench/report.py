"""What the races say, in words and figures."""

import os
import statistics

TITLES = {
    ("floor", ""): "Odoo itself, told what to invoice (the floor)",
    ("ours", ""): "recurring_billing",
    ("ours", "early"): "  with a fault that its checks see",
    ("ours", "late"): "  with a fault that only posting sees",
    ("oca", ""): "OCA contract, drafts then posted by core",
}
DEBIT_TITLES = {
    ("floor", ""): "Odoo itself, one payment each, no file",
    ("ours", ""): "recurring_billing",
    ("oca", ""): "OCA account_banking_sepa_direct_debit",
}
RETURN_TITLES = {
    ("floor", ""): "Odoo itself, payments reversed one by one",
    ("ours", ""): "recurring_billing, one batch",
}
DUNNING_TITLES = {
    ("ours", ""): "recurring_billing, Prepare Reminders",
    ("oca", ""): "OCA account_credit_control, its run",
}
COLUMNS = "{:<46}{:>9}{:>8}{:>8}{:>10}{:>9}{:>7}{:>9}{:>9}{:>8}"
HEAD = ("", "number", "CPU ms", "Python", "Postgres", "queries", "floor", "MB peak", "MB end", "wall s")
BUSY = 0.25  # processors; beyond, other programs take caches and memory away from what is measured


def lines(races, size, load, others):
    """The report.

    :param races: list of lists of `race.Result`; the last race is of half and five times as many contracts, ours first
    :param size: number of contracts of the other races
    :param load: load average before the start
    :param others: processors that other programs kept busy, for each race
    """
    yield from machine(load, others)
    yield from table(races, TITLES, "contract")
    yield from figures(races, size)


def debit_lines(races, load, others):
    """The report of the collections; each race is of the floor, ours and, where it could be fetched, OCA's."""
    yield from machine(load, others)
    yield from table(races, DEBIT_TITLES, "debit")
    times = [{result.name: result for result in race} for race in races]
    yield ""
    for peer, goal in (("oca", 4.0), ("floor", None)):
        ratios = [race[peer].each / race["ours"].each for race in times if peer in race]
        if ratios:
            verdict = "" if goal is None else f"   goal {goal:.2f} {'met' if min(ratios) >= goal else 'missed'}"
            spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
            yield f"  {peer + ' / ours':<14}{statistics.median(ratios):>6.2f}{verdict} {spread}"


def return_lines(races, load, others):
    """The report of the returns; each race is of the floor and ours."""
    yield from machine(load, others)
    yield from table(races, RETURN_TITLES, "return")


def dunning_lines(races, load, others):
    """The report of the late invoices; each race is of ours and OCA's, the last one of fewer invoices."""
    yield from machine(load, others)
    yield from table(races, DUNNING_TITLES, "late invoice")
    *rounds, [few] = races
    times = [{result.name: result for result in race} for race in rounds]
    ratios = [race["ours"].each / race["oca"].each for race in times if "oca" in race]
    yield ""
    if ratios:
        yield figure("ours / OCA", statistics.median(ratios), 1 / 3, f"({min(ratios):.2f} to {max(ratios):.2f})")
    many = times[-1]["ours"]
    more = (many.queries - few.queries) / (many.size - few.size)
    yield f"  {more:.3f} queries for each further invoice: they grow with slices of invoices, not with invoices"


def machine(load, others):
    yield (
        f"Load average before the start: {load:.1f}. Other programs kept {min(others):.1f} to {max(others):.1f} of "
        f"{os.cpu_count()} processors busy during the races."
    )
    if max(others) > BUSY:
        yield "!! The machine was BUSY: take the ratios with care, and the times not at all."


def table(races, titles, record):
    """A row for each contestant and number of records, with the medians of its runs."""
    groups = {}
    for race in races:
        for result in race:
            ratio = result.each / race[0].each if race[0].name == "floor" else None
            groups.setdefault((result.size, result.name, result.fault), []).append((result, ratio))
    yield from ("", COLUMNS.format(*HEAD))
    for (size, name, fault), group in sorted(groups.items(), key=lambda item: item[0][0]):
        yield COLUMNS.format(titles[name, fault], size, *cells(*zip(*group, strict=True)))
    yield f"CPU ms, Python, Postgres (its backends) and queries: for each {record}. MB: more than before."
    if not any(result.postgres for race in races for result in race):
        yield "PostgreSQL runs on another machine: its processor time is missing."


def cells(results, ratios):
    def median(value, digits=1):
        return f"{statistics.median(map(value, results)):.{digits}f}"

    return (
        median(lambda result: result.each),
        median(lambda result: result.python * 1000 / result.size),
        median(lambda result: result.postgres * 1000 / result.size),
        median(lambda result: result.queries / result.size),
        "" if None in ratios else f"{statistics.median(ratios):.2f}",
        median(lambda result: result.peak),
        median(lambda result: result.growth),
        median(lambda result: result.wall, 0),
    )


def figures(races, size):
    """What the addon aims at; each ratio is of two runs of the same race."""
    *rounds, (few, many, floor_few, floor_many) = races
    rounds = [{(result.name, result.fault): result.each for result in race} for race in rounds]
    ratios = [times["ours", ""] / times["floor", ""] for times in rounds]
    plain, early, late = (rounds[0]["ours", fault] for fault in ("", "early", "late"))
    yield from ("", f"At {size} contracts, the median of {len(rounds)} rounds and their spread; faults in the first:")
    spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
    yield figure("ours / floor", statistics.median(ratios), 1.00, spread)
    yield figure("one contract's fault that its checks see / none", early / plain, 1.10)
    yield figure("one that only posting sees / none", late / plain, 1.40)
    floor = f"(the floor's own: {floor_many.each / floor_few.each:.2f})"
    yield figure(f"each of {many.size} contracts / each of {few.size}", many.each / few.each, 1.10, floor)
    slope = (many.peak - few.peak) * 1024 / (many.size - few.size)
    yield f"  memory peak: {few.peak:.1f} MB with {few.size}, {many.peak:.1f} MB with {many.size} contracts, which is "
    yield f"  {slope:.1f} kB for each contract (goal: flat)"


def figure(words, ratio, goal, spread=""):
    verdict = "met" if ratio <= goal else "missed"
    return f"  {words:<48}{ratio:>6.2f}   goal {goal:.2f} {verdict:<7}{spread}"
