"""The mapping step's proposal: columns, formats, what is certain, and what a person has to say."""

from dataclasses import dataclass, field
from typing import Any

import duckdb

from crm.intake.dialect import Dialect
from crm.intake.formats import by_synonyms, known_format, known_shape
from crm.intake.values import AMBIGUOUS, DATE_FORMATS, local_time_sql, number_sql, text_sql

# Formats that fail on most of these lines are not tried on the rest.
SAMPLE = 5_000


@dataclass
class Proposal:
    """What we think the table is; `uncertain` lists fields and options that somebody has to decide."""

    format: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    uncertain: list[dict[str, str]] = field(default_factory=list)

    def ask(self, name: str, sentence: str) -> None:
        self.uncertain.append({"field": name, "question": sentence})


def propose(connection: duckdb.DuckDBPyConnection, dialect: Dialect, *, remembered: dict[str, Any] | None) -> Proposal:
    """Look at the header and at all values of `raw`."""
    proposal = _remembered(remembered) if remembered else _by_names(dialect)
    expected = dict(proposal.options)
    _settle_date(connection, dialect, proposal)
    _settle_numbers(connection, dialect, proposal)
    if remembered:
        _ask_about_changes(proposal, expected)
    _settle_required(proposal)
    return proposal


# What another file says nothing about: how this one is read shows in it, and the currency is the installation's.
FORGOTTEN = {"encoding", "delimiter", "header", "currency", "sheet"}


def _remembered(mapping: dict[str, Any]) -> Proposal:
    options = {name: value for name, value in mapping["options"].items() if name not in FORGOTTEN}
    return _sure("Remembered", dict(mapping["columns"]), options, "as confirmed for the last file with this header")


def _ask_about_changes(proposal: Proposal, expected: dict[str, Any]) -> None:
    """Another style of numbers, or day and month the other way round, may be a mistake; other date forms are plain."""
    asked = {item["field"] for item in proposal.uncertain}
    for name, what in (("date_format", "dates"), ("decimal", "numbers")):
        before, now = expected.get(name), proposal.options.get(name)
        is_plain = name == "date_format" and {before, now} not in AMBIGUOUS
        if before and now and before != now and name not in asked and not is_plain:
            proposal.ask(
                name,
                f"The last file with this header had {what} like {WRITTEN.get(before, before)}; "
                f"this one reads better like {WRITTEN.get(now, now)}. Is that right?",
            )


def _by_names(dialect: Dialect) -> Proposal:
    known = known_format(dialect.header)
    shape = known_shape(dialect.rows)
    if known:
        from crm.intake.formats import normalised

        found = {normalised(name): name for name in dialect.header}
        columns = {name: found[column] for name, column in known.columns.items()}
        return _sure(known.name, columns, known.options, f"the header is that of {known.name}")
    if shape and not dialect.has_header:
        return _sure(shape[0], shape[1], {"date_format": "20101231"}, f"the values have the shape of {shape[0]}")
    proposal = Proposal()
    for name, (column, confidence) in by_synonyms(dialect.header).items() if dialect.has_header else ():
        proposal.columns[name] = column
        proposal.confidence[name] = confidence
        proposal.reasons[name] = "the column's name says so"
        if confidence < 0.9:
            proposal.ask(name, f"Is “{column}” really this?")
    return proposal


def _sure(name: str, columns: dict[str, str], options: dict[str, Any], reason: str) -> Proposal:
    return Proposal(name, columns, dict.fromkeys(columns, 1.0), dict.fromkeys(columns, reason), dict(options))


def position_of(dialect: Dialect, column: str) -> str:
    return f"c{dialect.header.index(column)}"


def _settle_date(connection: duckdb.DuckDBPyConnection, dialect: Dialect, proposal: Proposal) -> None:
    """Try every date format on every value: the one that reads nearly all is it; two that do are a question."""
    column = proposal.columns.get("ordered_at")
    if column is None:
        return
    source = position_of(dialect, column)
    likely = _share_read(connection, source, list(DATE_FORMATS), SAMPLE)
    ratios = _share_read(connection, source, [name for name, ratio in likely.items() if ratio > 0.5], None)
    best = max(ratios.values(), default=0.0)
    fitting = [name for name, ratio in ratios.items() if ratio >= best > 0.5]
    expected = proposal.options.pop("date_format", None)
    if expected in fitting:
        proposal.options["date_format"] = expected
    elif len(fitting) == 1:
        proposal.options["date_format"] = fitting[0]
    elif any(set(fitting) >= pair for pair in AMBIGUOUS):
        proposal.ask("date_format", "Every date of this file can be read with the month or the day first. Which is it?")
    elif fitting:
        proposal.options["date_format"] = fitting[0]
    else:
        proposal.ask("date_format", f"No date format was found that reads “{column}”.")


def _share_read(
    connection: duckdb.DuckDBPyConnection, source: str, names: list[str], limit: int | None
) -> dict[str, float]:
    """Which share of the dates each format reads, over the first lines or all; lines without a date don't count."""
    if not names:
        return {}
    counts = ", ".join(f"sum(lines) FILTER (({_any_time(source, name)}) IS NOT NULL)" for name in names)
    head = f"AND n <= {limit}" if limit else ""
    row = connection.execute(
        f"""SELECT sum(lines), {counts} FROM (
            SELECT {source}, count(*) AS lines FROM raw WHERE {text_sql(source)} IS NOT NULL {head} GROUP BY 1)"""
    ).fetchone()
    total, *read = [int(value or 0) for value in row or [0] * (len(names) + 1)]
    return {name: count / total for name, count in zip(names, read, strict=True)} if total else {}


def _any_time(source: str, name: str) -> str:
    from crm.intake.values import utc_sql

    return utc_sql(source, name, "UTC") if any("%z" in p for p in DATE_FORMATS[name]) else local_time_sql(source, name)


def _settle_numbers(connection: duckdb.DuckDBPyConnection, dialect: Dialect, proposal: Proposal) -> None:
    """Point or comma: the style that reads more of the numbers; equal and different in value is a question."""
    sources = [position_of(dialect, proposal.columns[name]) for name in NUMBERS if name in proposal.columns]
    if not sources:
        return
    expected = proposal.options.pop("decimal", None)
    point = " + ".join(f"count({number_sql(source, '.')})" for source in sources)
    comma = " + ".join(f"count({number_sql(source, ',')})" for source in sources)
    differ = " OR ".join(f"{number_sql(source, '.')} <> {number_sql(source, ',')}" for source in sources)
    row = connection.execute(f"SELECT {point}, {comma}, count(*) FILTER ({differ}) FROM raw").fetchone() or (0, 0, 0)
    proposal.options["decimal"] = "," if row[1] > row[0] else "."
    if row[0] == row[1] and expected:
        proposal.options["decimal"] = expected
    elif row[0] == row[1] and row[2]:
        proposal.ask("decimal", "Numbers like 1,234 can be read two ways. Is the comma for thousands or for decimals?")


WRITTEN = {".": "1,234.56", ",": "1.234,56"}
NUMBERS = ("quantity", "unit_price", "amount", "discount")


def _settle_required(proposal: Proposal) -> None:
    has = proposal.columns.keys()
    if "ordered_at" not in has:
        proposal.ask("ordered_at", "Which column holds the date of the purchase?")
    if "amount" not in has and not {"quantity", "unit_price"} <= has:
        proposal.ask("amount", "Which column holds the amount, or which two hold quantity and unit price?")
    if "customer_id" not in has:
        proposal.ask("customer_id", "Which column says who bought? Without one, every line is a guest sale.")
