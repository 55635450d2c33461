"""Aggregations over the ledger lines, each written once as SQL text.

Every function takes the name of a relation of ledger lines and returns one `SELECT` in DuckDB's dialect, kept
to what sqlglot can translate to Spark. Dates are inlined as literals: they come as `date` objects, so nothing
from outside can reach the text. Money stays DECIMAL from line to result; only ratios and durations are
DOUBLE. What is not known is NULL.
"""

from analytics.features.customers import customer_features_sql
from analytics.features.habits import habits_sql
from analytics.features.parts import DAYS_PER_UNIT, MONEY, Unit
from analytics.features.revenue import daily_revenue_sql, monthly_revenue_sql, totals_sql
from analytics.features.summaries import bgnbd_summary_sql, holdout_summary_sql

__all__ = [
    "DAYS_PER_UNIT",
    "MONEY",
    "Unit",
    "bgnbd_summary_sql",
    "customer_features_sql",
    "daily_revenue_sql",
    "habits_sql",
    "holdout_summary_sql",
    "monthly_revenue_sql",
    "totals_sql",
]
