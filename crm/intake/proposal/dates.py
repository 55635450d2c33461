"""How dates are written: told by the values, asked where two ways read them all."""

from collections.abc import Callable

import duckdb

from crm.fields import KINDS
from crm.intake.dialect import Dialect
from crm.intake.profiling import ColumnProfile
from crm.intake.proposal.columns import counted_format
from crm.intake.proposal.found import Proposal, position_of
from crm.intake.values import AMBIGUOUS, DATE_FORMATS, local_time_sql, text_sql, utc_sql

# Formats that fail on most of these lines are not tried on the rest.
TRIED = 5_000
COUNTED = {"Excel serial number", "Unix seconds", "Unix milliseconds"}
# Which share of the dates each format reads, over all lines of a file of which only a part was looked at.
WholeFile = Callable[[str, list[str]], dict[str, float]]


def time_field(proposal: Proposal) -> str:
    """The field of the kind that says when; a customer's is the date of birth."""
    return KINDS[proposal.kind].time or "birth_date"


def settle_dates(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    profiles: dict[str, ColumnProfile],
    proposal: Proposal,
    whole_file: WholeFile | None,
) -> None:
    """Try every format on every value: the one that reads nearly all is it; two that do are a question."""
    column = proposal.columns.get(time_field(proposal))
    expected = proposal.options.pop("date_format", None)
    if column is None:
        return
    source = position_of(dialect, column)
    names = [name for name in DATE_FORMATS if name not in COUNTED]
    likely = _shares(connection, source, names, TRIED)
    ratios = _shares(connection, source, [name for name, ratio in likely.items() if ratio > 0.5], None)
    fitting = _fitting(ratios)
    if whole_file and expected not in fitting and _is_ambiguous(fitting):
        fitting = _fitting(whole_file(column, fitting))
    if expected in fitting or (expected in COUNTED and not fitting):
        proposal.options["date_format"] = expected
    elif _is_ambiguous(fitting):
        proposal.ask("date_format", "Every date of this file can be read with the month or the day first. Which is it?")
    elif fitting:
        proposal.options["date_format"] = fitting[0]
    else:
        _settle_counted(profiles[column], proposal)


def _fitting(ratios: dict[str, float]) -> list[str]:
    best = max(ratios.values(), default=0.0)
    return [name for name, ratio in ratios.items() if ratio >= best > 0.5]


def _is_ambiguous(fitting: list[str]) -> bool:
    return any(set(fitting) >= pair for pair in AMBIGUOUS)


def _settle_counted(profile: ColumnProfile, proposal: Proposal) -> None:
    """Days, seconds or milliseconds as a plain number: likely by its size, and still a person's word."""
    low, high = profile.smallest, profile.largest
    name = counted_format(low, high) if low is not None and high is not None and profile.mostly("number") else ""
    if name:
        proposal.options["date_format"] = name
        proposal.ask("date_format", f"“{profile.name}” holds plain numbers. Is each a date, as {name}?")
    elif profile.filled:
        proposal.ask("date_format", f"No date format was found that reads “{profile.name}”.")


def _shares(
    connection: duckdb.DuckDBPyConnection, source: str, names: list[str], limit: int | None
) -> dict[str, float]:
    head = f" WHERE n <= {limit}" if limit else ""
    return shares_read(connection, f"SELECT {source} AS t FROM raw{head}", names)


def shares_read(connection: duckdb.DuckDBPyConnection, query: str, names: list[str]) -> dict[str, float]:
    """Which share of the values of `t` in a query each format reads; those without a value don't count."""
    if not names:
        return {}
    counts = ", ".join(f"sum(lines) FILTER (({_any_time(name)}) IS NOT NULL)" for name in names)
    values = f"SELECT t, count(*) AS lines FROM ({query}) WHERE {text_sql('t')} IS NOT NULL GROUP BY 1"
    row = connection.execute(f"SELECT sum(lines), {counts} FROM ({values})").fetchone()
    total, *read = [int(value or 0) for value in row or [0] * (len(names) + 1)]
    return {name: count / total for name, count in zip(names, read, strict=True)} if total else {}


def _any_time(name: str) -> str:
    has_offset = any("%z" in pattern for pattern in DATE_FORMATS[name])
    return utc_sql("t", name, "UTC") if has_offset else local_time_sql("t", name)
