"""What the kinds have in common in reading fields: name -> SQL over the text, a field that is not mapped is NULL."""

from collections.abc import Callable, Iterable, Mapping

from crm.intake.columns import Columns
from crm.intake.measures import count_sql, flag_sql, measure_sql, rate_sql
from crm.ledger.relations import MEASURE


def measures(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    return _read(columns, names, measure_sql, MEASURE)


def rates(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    return _read(columns, names, rate_sql, MEASURE)


def counts(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    return _read(columns, names, count_sql, "BIGINT")


def _read(columns: Columns, names: Iterable[str], reader: Callable[[str, str], str], type_: str) -> dict[str, str]:
    decimal = str(columns.options.get("decimal", "."))
    return {name: reader(columns.source(name), decimal) if columns.has(name) else f"NULL::{type_}" for name in names}


def flags(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    return {name: flag_sql(columns.source(name)) if columns.has(name) else "NULL::BOOLEAN" for name in names}


def unread(columns: Columns, values: Mapping[str, str]) -> str:
    """The name of the first of these fields that says something which can't be read; NULL where all can."""
    cases = [
        f"WHEN {columns.text(name)} IS NOT NULL AND ({expression}) IS NULL THEN '{name}'"
        for name, expression in values.items()
        if columns.has(name)
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def timed(columns: Columns, name: str, day: str) -> dict[str, str]:
    """The moment in UTC, the shop's day, and whether the row has no time at all."""
    moment = columns.moment(name)
    return {
        "no_time": f"{columns.text(name)} IS NULL",
        name: moment,
        day: columns.day(name, moment),
    }


def time_reasons(name: str) -> list[tuple[str, str]]:
    return [
        ("missing_date", "no_time"),
        ("bad_date", f"{name} IS NULL"),
        ("date_out_of_range", f"year({name}) < 1970 OR year({name}) > 2100"),
    ]
