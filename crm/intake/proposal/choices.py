"""Values that somebody may want to choose among, found in the data: what they are and how many lines have them."""

from typing import Any

import duckdb
from django.conf import settings

from crm.fields import KINDS
from crm.intake.dialect import Dialect
from crm.intake.merchandise import service_sql
from crm.intake.profiling import ColumnProfile
from crm.intake.proposal.found import Proposal, position_of
from crm.intake.values import alike_sql, number_sql, text_sql
from crm.intake.vocabulary import CANCELLED, SIGNS
from crm.ledger.reading import quoted

MOST_SERVICES, MOST_COMPANIES, MOST_STATES = 40, 200, 20
# A prefix marks cancellations when nearly all of its lines take money back, and nearly no other line does.
TAKES_BACK = 0.8


def find_choices(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    profiles: dict[str, ColumnProfile],
    proposal: Proposal,
) -> None:
    """Fill `proposal.choices`, and the options that follow from them."""
    _make_table(connection, dialect, proposal)
    if proposal.kind == "transactions":
        proposal.choices["services"] = _services(connection)
        proposal.choices["cancellation"] = _cancellation(connection, dialect, profiles, proposal)
        proposal.choices["companies"] = _companies(connection) if "company" in proposal.columns else []
        _note_currency(connection, profiles, proposal)
    for name in ("customer_id", "user_id"):
        if name in proposal.columns:
            proposal.choices["spellings"] = _spellings(connection, name, proposal)


def _make_table(connection: duckdb.DuckDBPyConnection, dialect: Dialect, proposal: Proposal) -> None:
    """The looked-at lines as text under the names of the fields, with quantity and amount as numbers."""
    decimal = str(proposal.options.get("decimal", "."))
    places = {name: position_of(dialect, column) for name, column in proposal.columns.items()}
    texts = [
        f"{text_sql(places[name])} AS {name}" if name in places else f"NULL::VARCHAR AS {name}"
        for name in KINDS[proposal.kind].names
        if name not in ("quantity", "amount")
    ]
    quantity, price, stated = (
        number_sql(places[name], decimal, settings.REPORTING_CURRENCY) if name in places else "NULL::DECIMAL(18,6)"
        for name in ("quantity", "unit_price", "amount")
    )
    amount = stated if "amount" in places else f"({quantity})::DECIMAL(38,6) * ({price})::DECIMAL(38,6)"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE looked AS
        SELECT *, {quantity} AS quantity, TRY_CAST({amount} AS DECIMAL(18,6)) AS amount
        FROM (SELECT n, {", ".join(texts)}, {", ".join(f"c{i}" for i in range(dialect.width))} FROM raw)""")


def _services(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Item codes that are no goods: postage, fees, samples, manual corrections."""
    rows = connection.execute(f"""
        SELECT item_id, any_value(description), count(*), coalesce(sum(amount), 0) FROM looked
        WHERE item_id IS NOT NULL AND {service_sql()} GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {MOST_SERVICES}""").fetchall()
    return [
        {"code": code, "description": description or "", "lines": lines, "amount": f"{amount:f}"}
        for code, description, lines, amount in rows
    ]


def _cancellation(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    profiles: dict[str, ColumnProfile],
    proposal: Proposal,
) -> dict[str, Any]:
    """The ways in which this file may say that something came back, each with its lines."""
    row = connection.execute("SELECT count(*) FILTER (coalesce(quantity, 0) < 0 OR amount < 0) FROM looked").fetchone()
    found: dict[str, Any] = {
        "negative": int(row[0]) if row else 0,
        "prefixes": _prefixes(connection) if "order_id" in proposal.columns else [],
        "states": _states(connection, dialect, profiles, proposal),
    }
    marked = [item for item in found["prefixes"] if item["is_cancellation"]]
    if "cancellation" in proposal.options:
        return found
    if marked:
        proposal.options["cancellation"] = {"prefix": marked[0]["prefix"]}
    elif found["states"] and not found["negative"]:
        best = found["states"][0]
        chosen = [item["value"] for item in best["values"] if item["is_cancellation"]]
        effect = "take_back" if best["is_separate"] else "leave_out"
        proposal.options["cancellation"] = {"column": best["column"], "values": chosen, "effect": effect}
    else:
        proposal.options["cancellation"] = "negative"
    return found


def _prefixes(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Letters that some order numbers begin with and others don't, with the lines that take money back."""
    rows = connection.execute("""
        SELECT regexp_extract(order_id, '^([A-Za-z]{1,5})[-0-9]', 1) AS prefix, count(*),
            count(*) FILTER (coalesce(quantity, 0) < 0 OR amount < 0)
        FROM looked WHERE order_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 6""").fetchall()
    if len(rows) < 2:
        return []
    back = sum(row[2] for row in rows)
    return [
        {
            "prefix": prefix,
            "lines": lines,
            "negative": negative,
            "is_cancellation": negative >= TAKES_BACK * lines and negative >= 0.5 * back > 0,
        }
        for prefix, lines, negative in rows
        if prefix
    ]


def _states(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    profiles: dict[str, ColumnProfile],
    proposal: Proposal,
) -> list[dict[str, Any]]:
    """Columns with few different words, some of which say that an order was cancelled or sent back."""
    used = set(proposal.columns.values())
    found = []
    for place, name in enumerate(dialect.header):
        profile = profiles[name]
        if name in used or not 1 < profile.distinct <= MOST_STATES or profile.mostly("number"):
            continue
        rows = connection.execute(f"""
            SELECT t, lines, regexp_matches(lower(t), {quoted(CANCELLED)}) FROM (
                SELECT {text_sql(f"c{place}")} AS t, count(*) AS lines FROM raw GROUP BY 1)
            WHERE t IS NOT NULL ORDER BY lines DESC, t LIMIT {MOST_STATES}""").fetchall()
        if any(is_back for _, _, is_back in rows):
            values = [{"value": value, "lines": lines, "is_cancellation": is_back} for value, lines, is_back in rows]
            separate = _takes_back_another(connection, place) if "order_id" in proposal.columns else False
            found.append({"column": name, "values": values, "is_separate": separate})
    return found


def _takes_back_another(connection: duckdb.DuckDBPyConnection, place: int) -> bool:
    """Whether most cancelled lines stand beside a line of the same order, item and amount: the sale that they undo."""
    state = f"lower({text_sql(f'c{place}')})"
    row = connection.execute(f"""
        WITH lines AS (
            SELECT order_id, coalesce(item_id, '') AS item, abs(amount) AS size,
                coalesce(regexp_matches({state}, {quoted(CANCELLED)}), false) AS is_back
            FROM looked WHERE order_id IS NOT NULL),
        same AS (
            SELECT bool_or(is_back) AS is_any, bool_or(NOT is_back) AS is_other
            FROM lines GROUP BY order_id, item, size)
        SELECT count(*) FILTER (is_any), count(*) FILTER (is_any AND is_other) FROM same""").fetchone()
    return bool(row and row[0] and row[1] >= 0.5 * row[0])


def _companies(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = connection.execute(f"""
        SELECT company, count(*) FROM looked WHERE company IS NOT NULL
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_COMPANIES}""").fetchall()
    return [{"company": company, "lines": lines} for company, lines in rows]


def _note_currency(
    connection: duckdb.DuckDBPyConnection, profiles: dict[str, ColumnProfile], proposal: Proposal
) -> None:
    """Say beforehand that lines in another currency can't be added up with ours."""
    ours = settings.REPORTING_CURRENCY
    if "currency" in proposal.columns:
        rows = connection.execute(
            """SELECT upper(currency), count(*) FROM looked WHERE upper(currency) <> ?
            GROUP BY 1 ORDER BY 2 DESC LIMIT 5""",
            [ours],
        ).fetchall()
        others = ", ".join(f"{code} ({lines:,} lines)" for code, lines in rows)
    else:
        texts = [text for name in ("amount", "unit_price") if name in proposal.columns
                 for text in profiles[proposal.columns[name]].examples]  # fmt: skip
        signs = {code for sign, code in SIGNS.items() for text in texts if sign in text} - {ours}
        others = ", ".join(sorted(signs))
    if others:
        proposal.note(
            "other_currency",
            f"The file has amounts in another currency than {ours}: {others}. All figures are in {ours}, so "
            f"these lines will be rejected. Convert them to {ours} in the file and upload it again.",
        )


def _spellings(connection: duckdb.DuckDBPyConnection, name: str, proposal: Proposal) -> dict[str, Any]:
    """Ids that differ only in case, zeros before them, or .0 behind them: perhaps one person each."""
    same = alike_sql(name)
    row = connection.execute(f"""
        WITH groups AS (SELECT list(DISTINCT {name} ORDER BY {name}) AS ways FROM looked WHERE {name} IS NOT NULL
            GROUP BY {same} HAVING count(DISTINCT {name}) > 1)
        SELECT count(*), list(ways ORDER BY ways)[:3] FROM groups""").fetchone()
    groups, examples = row or (0, None)
    if not groups:
        return {}
    shown = "; ".join(" and ".join(f"“{way}”" for way in ways[:3]) for ways in examples or [])
    proposal.note(
        "spellings",
        f"Some customer ids seem to be written in more than one way ({groups:,} in the lines that were looked at), "
        f"such as {shown}. Say under “What counts as what” whether they are the same customers.",
    )
    return {"groups": groups, "examples": [ways[:3] for ways in examples or []]}
