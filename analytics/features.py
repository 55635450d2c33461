"""Aggregations over the ledger lines, each written once as SQL text.

Every function takes the name of a relation of ledger lines and returns one `SELECT` in DuckDB's dialect, kept
to what sqlglot can translate to Spark. Dates are inlined as literals: they come as `date` objects, so nothing
from outside can reach the text. Money stays DECIMAL from line to result; only ratios and durations are
DOUBLE.
"""

from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "week"]
DAYS_PER_UNIT: dict[Unit, int] = {"day": 1, "week": 7}

MONEY = "DECIMAL(38, 6)"


def bgnbd_summary_sql(lines: str, *, observation_period_end: date, unit: Unit) -> str:
    """One row a customer, the inputs of the lifetime models.

    `customer_key, frequency, recency, T, monetary_value, first_purchase_on, latest_purchase_on`.

    Purchase lines of identified customers up to and including the end, collapsed by the shop's local day.
    `recency` and `T` are DOUBLE in `unit`, which only rescales time; `monetary_value` is the mean gross spend
    per repeat purchase day (the first day left out) and 0 for one-time buyers. Same conventions as Fader,
    Hardie & Lee (2005).
    """
    per_unit = DAYS_PER_UNIT[unit]
    end = _literal(observation_period_end)
    return f"""
WITH purchase_days AS ({_purchase_days(lines, f"ordered_on <= {end}")}),
customers AS (
    SELECT customer_key, COUNT(*) - 1 AS frequency,
        MIN(ordered_on) AS first_purchase_on, MAX(ordered_on) AS latest_purchase_on,
        SUM(spend) - ARG_MIN(spend, ordered_on) AS repeat_spend
    FROM purchase_days GROUP BY customer_key
)
SELECT customer_key, frequency,
    CAST(DATE_DIFF('day', first_purchase_on, latest_purchase_on) AS DOUBLE) / {per_unit} AS recency,
    CAST(DATE_DIFF('day', first_purchase_on, {end}) AS DOUBLE) / {per_unit} AS T,
    CASE WHEN frequency > 0 THEN CAST(repeat_spend AS DOUBLE) / frequency ELSE CAST(0 AS DOUBLE) END
        AS monetary_value,
    first_purchase_on, latest_purchase_on
FROM customers
ORDER BY customer_key
""".strip()


def holdout_summary_sql(lines: str, *, calibration_end: date, observation_period_end: date, unit: Unit) -> str:
    """What each customer of the calibration period did afterwards.

    `customer_key, frequency_holdout, monetary_value_holdout, duration_holdout`: purchase days after
    `calibration_end` up to and including `observation_period_end`, mean gross spend on such a day (0 without
    one), and the length of the holdout in `unit`. One row for each customer with a purchase on or before
    `calibration_end`.
    """
    if observation_period_end <= calibration_end:
        raise ValueError("The holdout must end after the calibration period: choose a later end or an earlier cut.")
    cut, end = _literal(calibration_end), _literal(observation_period_end)
    duration = (observation_period_end - calibration_end).days
    return f"""
WITH purchase_days AS ({_purchase_days(lines, f"ordered_on <= {end}")}),
customers AS (
    SELECT customer_key, MIN(ordered_on) AS first_purchase_on,
        COUNT(CASE WHEN ordered_on > {cut} THEN 1 END) AS frequency_holdout,
        SUM(CASE WHEN ordered_on > {cut} THEN spend END) AS spend_holdout
    FROM purchase_days GROUP BY customer_key
)
SELECT customer_key, frequency_holdout,
    CASE WHEN frequency_holdout > 0 THEN CAST(spend_holdout AS DOUBLE) / frequency_holdout
        ELSE CAST(0 AS DOUBLE) END AS monetary_value_holdout,
    CAST({duration} AS DOUBLE) / {DAYS_PER_UNIT[unit]} AS duration_holdout
FROM customers WHERE first_purchase_on <= {cut}
ORDER BY customer_key
""".strip()


def customer_features_sql(lines: str, *, as_of: date) -> str:
    """One row for each identified customer with a purchase on or before `as_of`: what a marketer reads.

    `customer_key, days_since_last_purchase, order_count, revenue, gross_revenue, returned_value,
    average_order_value, items, distinct_items, items_per_order, return_rate, return_lines, revenue_12m,
    orders_12m, revenue_90d, revenue_prev_90d, mean_days_between, country, first_purchase_on,
    latest_purchase_on`.

    Money and `items` are exact decimals in the reporting currency and in pieces. `average_order_value` is
    gross revenue per order with a purchase line; `return_rate` is returned value over gross revenue (0
    without gross revenue); `mean_days_between` is days between purchase days, NULL with only one; `country`
    is the one on most lines, ties by name, NULL when none is known. The 12 months are the 365 days that end
    with `as_of`.
    """
    return f"""
WITH known AS (
    SELECT customer_key, order_key, item_id, quantity, amount, ordered_on, is_purchase, country
    FROM {lines} WHERE customer_key IS NOT NULL AND ordered_on <= {_literal(as_of)}
),
totals AS ({_customer_totals(as_of)}),
countries AS ({_top_countries()})
SELECT totals.customer_key,
    DATE_DIFF('day', latest_purchase_on, {_literal(as_of)}) AS days_since_last_purchase,
    order_count, gross_revenue - returned_value AS revenue, gross_revenue, returned_value,
    CAST(gross_revenue AS DOUBLE) / order_count AS average_order_value,
    items, distinct_items, CAST(items AS DOUBLE) / order_count AS items_per_order,
    CASE WHEN gross_revenue > 0 THEN CAST(returned_value AS DOUBLE) / CAST(gross_revenue AS DOUBLE)
        ELSE CAST(0 AS DOUBLE) END AS return_rate,
    return_lines, revenue_12m, orders_12m, revenue_90d, revenue_prev_90d,
    CASE WHEN purchase_days > 1 THEN
        CAST(DATE_DIFF('day', first_purchase_on, latest_purchase_on) AS DOUBLE) / (purchase_days - 1) END
        AS mean_days_between,
    country, first_purchase_on, latest_purchase_on
FROM totals LEFT JOIN countries ON totals.customer_key = countries.customer_key
WHERE order_count > 0
ORDER BY totals.customer_key
""".strip()


def totals_sql(lines: str, *, as_of: date) -> str:
    """One row about all lines on or before `as_of`, guests included; also when there are none.

    `gross_revenue, returned_value, revenue, identified_revenue, guest_revenue` are exact decimals, net where
    not said otherwise; `lines, orders, customers` are counts (orders and customers with a purchase line);
    `first_on, last_on` are NULL without lines.
    """
    return f"""
SELECT {_gross()} AS gross_revenue, {_returned()} AS returned_value, {_money("amount")} AS revenue,
    {_money("CASE WHEN customer_key IS NOT NULL THEN amount END")} AS identified_revenue,
    {_money("CASE WHEN customer_key IS NULL THEN amount END")} AS guest_revenue,
    COUNT(*) AS lines, {_orders()} AS orders, {_buyers()} AS customers,
    MIN(ordered_on) AS first_on, MAX(ordered_on) AS last_on
FROM {lines} WHERE ordered_on <= {_literal(as_of)}
""".strip()


def daily_revenue_sql(lines: str, *, first: date, last: date) -> str:
    """Rows `ordered_on, revenue, gross_revenue, returned_value, orders, lines, buyers`, by local day.

    Only days with at least one line, `first` and `last` included. `buyers` are identified customers with a
    purchase.
    """
    return _revenue_by("ordered_on", "ordered_on", lines, first, last)


def monthly_revenue_sql(lines: str, *, first: date, last: date) -> str:
    """The columns of `daily_revenue_sql` by calendar month; `month` is the month's first day as DATE."""
    return _revenue_by("CAST(DATE_TRUNC('month', ordered_on) AS DATE)", "month", lines, first, last)


def _revenue_by(expression: str, name: str, lines: str, first: date, last: date) -> str:
    return f"""
SELECT {expression} AS {name}, {_money("amount")} AS revenue, {_gross()} AS gross_revenue,
    {_returned()} AS returned_value, {_orders()} AS orders, COUNT(*) AS lines, {_buyers()} AS buyers
FROM {lines} WHERE ordered_on BETWEEN {_literal(first)} AND {_literal(last)}
GROUP BY {expression}
ORDER BY {name}
""".strip()


def _purchase_days(lines: str, period: str) -> str:
    return f"""
    SELECT customer_key, ordered_on, SUM(amount) AS spend
    FROM {lines} WHERE is_purchase AND customer_key IS NOT NULL AND {period}
    GROUP BY customer_key, ordered_on
"""


def _customer_totals(as_of: date) -> str:
    year, quarter, half = (f"ordered_on > {_literal(as_of - timedelta(days=days))}" for days in (365, 90, 180))
    return f"""
    SELECT customer_key, {_orders()} AS order_count,
        {_gross()} AS gross_revenue, {_returned()} AS returned_value,
        {_money("CASE WHEN is_purchase THEN quantity END")} AS items,
        COUNT(DISTINCT CASE WHEN is_purchase THEN item_id END) AS distinct_items,
        COUNT(DISTINCT CASE WHEN is_purchase THEN ordered_on END) AS purchase_days,
        COUNT(CASE WHEN amount < 0 THEN 1 END) AS return_lines,
        {_money(f"CASE WHEN {year} THEN amount END")} AS revenue_12m,
        COUNT(DISTINCT CASE WHEN is_purchase AND {year} THEN order_key END) AS orders_12m,
        {_money(f"CASE WHEN {quarter} THEN amount END")} AS revenue_90d,
        {_money(f"CASE WHEN {half} AND NOT {quarter} THEN amount END")} AS revenue_prev_90d,
        MIN(CASE WHEN is_purchase THEN ordered_on END) AS first_purchase_on,
        MAX(CASE WHEN is_purchase THEN ordered_on END) AS latest_purchase_on
    FROM known GROUP BY customer_key
"""


def _top_countries() -> str:
    return """
    SELECT customer_key, country FROM (
        SELECT customer_key, country,
            ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY COUNT(*) DESC, country ASC) AS place
        FROM known WHERE country IS NOT NULL GROUP BY customer_key, country
    ) AS ranked WHERE place = 1
"""


def _literal(day: date) -> str:
    return f"DATE '{day:%Y-%m-%d}'"


def _money(expression: str) -> str:
    return f"CAST(COALESCE(SUM({expression}), 0) AS {MONEY})"


def _gross() -> str:
    return _money("CASE WHEN amount > 0 THEN amount END")


def _returned() -> str:
    return _money("CASE WHEN amount < 0 THEN -amount END")


def _orders() -> str:
    return "COUNT(DISTINCT CASE WHEN is_purchase THEN order_key END)"


def _buyers() -> str:
    return "COUNT(DISTINCT CASE WHEN is_purchase THEN customer_key END)"
