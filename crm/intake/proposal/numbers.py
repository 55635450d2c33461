"""How numbers are written, and whether what is called a total is one."""

import duckdb
from django.conf import settings

from crm.fields import KINDS
from crm.intake.dialect import Dialect
from crm.intake.profiling import PROFILED
from crm.intake.proposal.found import Proposal, position_of
from crm.intake.values import number_sql, text_sql


def settle_numbers(connection: duckdb.DuckDBPyConnection, dialect: Dialect, proposal: Proposal) -> None:
    """Point or comma: the style that reads more of the numbers; equal and different in value is a question."""
    names = KINDS[proposal.kind].of_type("number", "integer")
    sources = [position_of(dialect, proposal.columns[name]) for name in names if name in proposal.columns]
    expected = proposal.options.pop("decimal", None)
    if not sources:
        return
    styles = [[number_sql(source, sign, settings.REPORTING_CURRENCY) for source in sources] for sign in (".", ",")]
    point, comma = (" + ".join(f"count({number})" for number in style) for style in styles)
    differ = " OR ".join(f"{one} <> {other}" for one, other in zip(*styles, strict=True))
    row = connection.execute(f"SELECT {point}, {comma}, count(*) FILTER ({differ}) FROM raw").fetchone() or (0, 0, 0)
    proposal.options["decimal"] = "," if row[1] > row[0] else "."
    if row[0] == row[1] and expected:
        proposal.options["decimal"] = expected
    elif row[0] == row[1] and row[2]:
        proposal.ask("decimal", "Numbers like 1,234 can be read two ways. Is the comma for thousands or for decimals?")


def drop_repeated_total(connection: duckdb.DuckDBPyConnection, dialect: Dialect, proposal: Proposal) -> None:
    """An order's total that stands on each of its lines would count many times: quantity and price are right then."""
    needed = ("amount", "quantity", "unit_price", "order_id")
    if proposal.kind != "transactions" or not all(name in proposal.columns for name in needed):
        return
    a, q, p, order = (position_of(dialect, proposal.columns[name]) for name in needed)
    decimal = str(proposal.options.get("decimal", "."))
    amount, quantity, price = (
        f"{number_sql(source, decimal, settings.REPORTING_CURRENCY)}::DOUBLE" for source in (a, q, p)
    )
    row = connection.execute(f"""
        WITH lines AS (SELECT {text_sql(order)} AS o, {amount} AS a, {quantity} * {price} AS product FROM raw
            WHERE n <= {PROFILED}),
        orders AS (SELECT o, count(DISTINCT a) AS totals, any_value(a) AS total, sum(product) AS sum FROM lines
            WHERE o IS NOT NULL AND a IS NOT NULL AND product IS NOT NULL GROUP BY o HAVING count(*) > 1)
        SELECT count(*), count(*) FILTER (totals = 1 AND abs(total) > 0.5 * abs(sum)) FROM orders""").fetchone()
    if row and row[0] >= 3 and row[1] >= 0.95 * row[0]:
        column = proposal.columns.pop("amount")
        for facts in (proposal.confidence, proposal.reasons):
            facts.pop("amount")
        proposal.note(
            "repeated_total",
            f"“{column}” repeats the total of the order on each of its lines and would count several times. "
            "The amount is taken as quantity times unit price instead.",
        )
