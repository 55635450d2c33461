"""What would be rejected of the first lines under a mapping, by reason, with the values that are the cause."""

from typing import Any

import duckdb
from django.conf import settings

from crm.fields import KINDS
from crm.intake import cleaning, measuring
from crm.intake.dialect import Dialect
from crm.reasons import REASONS

# Enough to show what is wrong with a file while somebody waits for the page.
CHECKED = 10_000
EXAMPLES = 3
# What a person chose is no problem.
CHOSEN = {"cancelled_sale"}
# The field that a reason speaks of; the others speak of the whole line.
CAUSES = {
    "bad_quantity": ("quantity",),
    "bad_price": ("unit_price", "price"),
    "bad_amount": ("amount",),
    "too_precise": ("amount", "unit_price"),
    "other_currency": ("currency",),
    "id_too_long": ("customer_id", "user_id"),
    "missing_customer": ("customer_id",),
    "bad_flag": ("converted", "consent"),
    "birth_out_of_range": ("birth_date",),
}


def find_problems(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, mapping: dict[str, Any], *, row_offset: int | None
) -> list[dict[str, Any]]:
    """[{code, lines, first_line, sentence, column, examples: [{line, value}]}]

    `line` is the file's own number where the records' numbers tell it, else the number of the data line.
    """
    columns = cleaning.Columns(dialect, mapping["columns"], mapping["options"], settings.TIME_ZONE)
    cleaning.clean_first(connection, columns, mapping["kind"], currency=settings.REPORTING_CURRENCY, limit=CHECKED)
    return [
        {
            **item,
            "sentence": str(REASONS[item["code"]]),
            **_examples(connection, dialect, mapping, item["code"], row_offset or 0),
        }
        for item in measuring.rejections(connection)
        if item["code"] not in CHOSEN
    ]


def _examples(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, mapping: dict[str, Any], code: str, offset: int
) -> dict[str, Any]:
    column = _cause(mapping, code)
    value = f"fields[{dialect.header.index(column) + 1}]" if column else "array_to_string(fields, ' | ')"
    rows = connection.execute(
        f"""SELECT {cleaning.line_no}, left(coalesce({value}, ''), 120) FROM cleaned
        WHERE reason = ? ORDER BY 1 LIMIT {EXAMPLES}""",
        [code],
    ).fetchall()
    return {"column": column, "examples": [{"line": line + offset, "value": text} for line, text in rows]}


def _cause(mapping: dict[str, Any], code: str) -> str:
    """The column of the file that a reason speaks of, or ""."""
    time = KINDS[mapping["kind"]].time or "birth_date"
    names = (time,) if code in ("bad_date", "missing_date", "date_out_of_range") else CAUSES.get(code, ())
    return next((mapping["columns"][name] for name in names if name in mapping["columns"]), "")
