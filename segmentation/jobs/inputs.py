"""What the refresh reads from the ledger: one table of customers, kept in DuckDB, and its numbers as arrays."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from analytics import features
from analytics.features import DAYS_PER_UNIT, Unit
from analytics.groups import TIER_SHARES
from analytics.segments import DEFAULT_RECIPE, Recipe
from crm.ledger import Engine

Columns = dict[str, Any]
NOT_NUMBERS = ("country", "first_purchase_on", "latest_purchase_on")


@dataclass(frozen=True)
class Options:
    """What determines a calculation, together with the ledger."""

    as_of: date
    unit: Unit
    holdout_days: int
    horizon_days: int
    annual_discount_rate: float
    tier_shares: tuple[tuple[str, str], ...] = tuple(TIER_SHARES)
    recipe: Recipe = DEFAULT_RECIPE


def read_customers(engine: Engine, as_of: date) -> Columns:
    """Make the table `customers` (features, habits, day counts, exact money); returns the models' numbers by name."""
    engine.keep("features", features.customer_features_sql("lines", as_of=as_of))
    engine.keep("summary", features.bgnbd_summary_sql("lines", observation_period_end=as_of, unit="day"))
    engine.keep("habits", features.habits_sql("lines", as_of=as_of))
    counts = (
        "features JOIN (SELECT customer_key, frequency, recency, T, monetary_value FROM summary) USING (customer_key)"
    )
    engine.connection.execute(f"CREATE TEMP VIEW customers AS FROM {counts} JOIN habits USING (customer_key)")
    return _numbers(engine.connection, f"SELECT * EXCLUDE ({', '.join(NOT_NUMBERS)}) FROM {counts}")


def arrays(engine: Engine, sql: str) -> Columns:
    """Columns of numbers over the ledger in the order of customer_key; NULL is NaN, decimals are floats."""
    engine.keep("asked", sql)
    return _numbers(engine.connection, "FROM asked")


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> Columns:
    found = connection.execute(f"SELECT * FROM ({sql}) ORDER BY customer_key").fetchnumpy()
    return {name: _filled(column) for name, column in found.items()}


def _filled(column: Any) -> Any:
    return column.astype(float).filled(float("nan")) if hasattr(column, "filled") and column.mask.any() else column


def default_holdout_days(first: date, as_of: date) -> int:
    """A third of the time span, nine months at most."""
    return min((as_of - first).days // 3, 273)


@dataclass(frozen=True)
class Calibration:
    """The past up to the cut, and what people did after it; times in `unit`."""

    frequency: Any
    recency: Any
    T: Any
    frequency_holdout: Any
    duration: float


def read_calibration(engine: Engine, options: Options) -> Calibration:
    cut = options.as_of - timedelta(days=options.holdout_days)
    before = arrays(engine, features.bgnbd_summary_sql("lines", observation_period_end=cut, unit=options.unit))
    after = arrays(
        engine,
        features.holdout_summary_sql(
            "lines", calibration_end=cut, observation_period_end=options.as_of, unit=options.unit
        ),
    )
    duration = options.holdout_days / DAYS_PER_UNIT[options.unit]
    return Calibration(before["frequency"], before["recency"], before["T"], after["frequency_holdout"], duration)


def read_totals(engine: Engine, as_of: date) -> dict[str, Any]:
    """The one row of totals by name."""
    return records(engine, features.totals_sql("lines", as_of=as_of))[0]


def records(engine: Engine, sql: str) -> list[dict[str, Any]]:
    """Rows as they are, by column name."""
    cursor = engine.query(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
