"""From text to typed rows, or a reason: one pass over the source, written as SQL."""

from dataclasses import replace

import duckdb

from crm.intake.columns import Columns
from crm.intake.dialect import Dialect
from crm.intake.facts import TextFacts
from crm.intake.kinds import SPECS, Shop, Spec
from crm.intake.opening import MARKS, REPLACEMENT
from crm.intake.table import fields_of

__all__ = ["Columns", "clean_first", "clean_sql", "line_no", "make_cleaned", "spec_of"]

MAX_FIELD = 65_536
# Texts that people tell things apart by, under the names that the kinds give them.
SEEN = ("customer", "order_id", "item_id", "description", "category", "brand", "page", "name", "email")
# From right to left, combining, or without a width: two such texts may look alike and differ, or look out of order.
UNUSUAL_SIGNS = (
    r"[\x{0300}-\x{036F}\x{0590}-\x{08FF}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2066}-\x{2069}"
    r"\x{FB1D}-\x{FDFF}\x{FE70}-\x{FEFF}]"
)
# The row's number in the file, from 1: rows keep their order in the table that they are cleaned into.
line_no = "cleaned.rowid + 1"


def spec_of(kind: str, columns: Columns, *, currency: str) -> Spec:
    spec = SPECS[kind](columns, Shop(columns.shop_zone, currency))
    if not columns.facts.has_unusual_signs:
        return spec
    seen = [f"regexp_matches(coalesce({name}, ''), '{UNUSUAL_SIGNS}')" for name in SEEN if name in spec.typed]
    return replace(spec, warnings={**spec.warnings, "unusual_signs": " OR ".join(seen) or "false"})


def clean_first(
    connection: duckdb.DuckDBPyConnection, columns: Columns, kind: str, *, currency: str, limit: int
) -> None:
    """`cleaned` of the first records of `raw`, to show what an import would reject."""
    spec = spec_of(kind, columns, currency=currency)
    make_cleaned(connection, columns, spec, f"SELECT * EXCLUDE (n) FROM raw WHERE n <= {limit} ORDER BY n")


def make_cleaned(connection: duckdb.DuckDBPyConnection, columns: Columns, spec: Spec, source: str) -> None:
    """Create the table `cleaned` from a relation with c0 …, extra, overflow: typed columns, `reason`, `fields`.

    `reason` is NULL where a row is accepted; only rejected rows keep the text of their `fields`, and behind
    these what stood beyond the last column.
    """
    connection.execute(f"CREATE OR REPLACE TABLE cleaned AS {clean_sql(columns, spec, source)}")


def clean_sql(columns: Columns, spec: Spec, source: str) -> str:
    steps = [spec.typed, *spec.derived]
    typed = f"({source})"
    for step in steps:
        named = ", ".join(f"{expression} AS {name}" for name, expression in step.items())
        typed = f"(SELECT *, {named} FROM {typed})"
    names = [name for step in steps for name in step if name not in spec.dropped]
    fields = ", ".join(fields_of(columns.dialect))
    return f"""SELECT {", ".join(names)}, has_tail, has_break, reason,
        CASE WHEN reason IS NOT NULL THEN [{fields}, overflow] END AS fields
        FROM (SELECT *, {_reason_sql(columns, spec)} AS reason FROM {typed})"""


def _reason_sql(columns: Columns, spec: Spec) -> str:
    """The first reason that applies is the row's: damage before content, since damage shifts the content."""
    cases = [*_damage(columns.dialect, columns.facts), *spec.reasons]
    tests = " ".join(f"WHEN {condition} THEN '{code}'" for code, condition in cases)
    return f"CASE {tests} END"


def _damage(dialect: Dialect, facts: TextFacts) -> list[tuple[str, str]]:
    fields = fields_of(dialect)
    cases = [(code, f"mark = '{code}'") for code in MARKS] if facts.has_marks else []
    cases += [("too_many_fields", "extra"), ("too_few_fields", f"{fields[-1]} IS NULL")]
    if facts.has_replacements:
        cases.append(("bad_encoding", f"contains(concat({', '.join(fields)}), '{REPLACEMENT}')"))
    size = " + ".join(f"strlen({name})" for name in fields)
    longest = ", ".join(f"length({name})" for name in fields)
    cases.append(("field_too_long", f"{size} > {MAX_FIELD} AND greatest({longest}) > {MAX_FIELD}"))
    return cases
