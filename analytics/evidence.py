"""Aggregations over the ledger lines that show why something looks odd. Same rules as `analytics.features`."""

from collections.abc import Sequence
from datetime import date

from analytics.features import MONEY


def customer_months_sql(lines: str, *, customer_keys: Sequence[int], as_of: date) -> str:
    """Rows `customer_key, month, gross_revenue, returned_value, orders` of the named customers, by calendar month.

    `month` is the month's first day; only months with a line on or before `as_of`. Money is exact.
    """
    return f"""
SELECT customer_key, CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month,
    CAST(COALESCE(SUM(CASE WHEN amount > 0 THEN amount END), 0) AS {MONEY}) AS gross_revenue,
    CAST(COALESCE(SUM(CASE WHEN amount < 0 THEN -amount END), 0) AS {MONEY}) AS returned_value,
    COUNT(DISTINCT CASE WHEN is_purchase THEN order_key END) AS orders
FROM {lines} WHERE customer_key IN ({_keys(customer_keys)}) AND ordered_on <= DATE '{as_of:%Y-%m-%d}'
GROUP BY customer_key, CAST(DATE_TRUNC('month', ordered_on) AS DATE)
ORDER BY customer_key, month
""".strip()


def customer_uploads_sql(lines: str, *, customer_keys: Sequence[int]) -> str:
    """Rows `customer_key, upload_id`: which uploads brought lines of the named customers."""
    return f"""
SELECT DISTINCT customer_key, upload_id FROM {lines} WHERE customer_key IN ({_keys(customer_keys)})
ORDER BY customer_key, upload_id
""".strip()


def day_uploads_sql(lines: str, *, first: date, last: date) -> str:
    """Rows `ordered_on, upload_id`: which uploads brought lines of each day, both ends included."""
    return f"""
SELECT DISTINCT ordered_on, upload_id FROM {lines}
WHERE ordered_on BETWEEN DATE '{first:%Y-%m-%d}' AND DATE '{last:%Y-%m-%d}'
ORDER BY ordered_on, upload_id
""".strip()


def countries_sql(lines: str) -> str:
    """Rows `country, lines`, the country of most lines first; lines without one are left out."""
    return f"""
SELECT country, COUNT(*) AS lines FROM {lines} WHERE country IS NOT NULL
GROUP BY country ORDER BY lines DESC, country
""".strip()


def _keys(keys: Sequence[int]) -> str:
    """Whole numbers only, so that nothing from outside can reach the text; no key is a list that matches nothing."""
    return ", ".join(str(int(key)) for key in keys) or "NULL"
