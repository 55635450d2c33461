"""What a marketer reads of a customer: recency, frequency and money, and what the orders hold."""

from datetime import date, timedelta

from analytics.features.parts import favourite, gross, literal, money, returned


def customer_features_sql(lines: str, *, as_of: date) -> str:
    """One row for each identified customer with a purchase on or before `as_of`: what a marketer reads.

    `customer_key, days_since_last_purchase, order_count, revenue, gross_revenue, returned_value,
    average_order_value, items, distinct_items, return_rate, return_lines, revenue_12m, orders_12m, country,
    first_purchase_on, latest_purchase_on`.

    Money and `items` are exact decimals in the reporting currency and in pieces. `average_order_value` is
    gross revenue per order with a purchase line; `return_rate` is returned value over gross revenue (0
    without gross revenue); `country` is the one on most lines, ties by name, NULL when none is known. The 12
    months are the 365 days that end with `as_of`.
    """
    counted = "SELECT customer_key, country, COUNT(*) AS times FROM known WHERE country IS NOT NULL GROUP BY 1, 2"
    return f"""
WITH known AS NOT MATERIALIZED (
    SELECT customer_key, order_key, item_id, quantity, amount, ordered_on, is_purchase, country
    FROM {lines} WHERE customer_key IS NOT NULL AND ordered_on <= {literal(as_of)}
),
orders AS ({_orders(as_of)}),
totals AS ({_customer_totals(as_of)}),
variety AS ({_variety()}),
countries AS ({favourite("country", counted)})
SELECT totals.customer_key,
    DATE_DIFF('day', latest_purchase_on, {literal(as_of)}) AS days_since_last_purchase,
    order_count, gross_revenue - returned_value AS revenue, gross_revenue, returned_value,
    CAST(gross_revenue AS DOUBLE) / order_count AS average_order_value,
    items, COALESCE(distinct_items, 0) AS distinct_items,
    CASE WHEN gross_revenue > 0 THEN CAST(returned_value AS DOUBLE) / CAST(gross_revenue AS DOUBLE)
        ELSE CAST(0 AS DOUBLE) END AS return_rate,
    return_lines, revenue_12m, orders_12m, favourite_country AS country, first_purchase_on, latest_purchase_on
FROM totals LEFT JOIN variety ON totals.customer_key = variety.customer_key
    LEFT JOIN countries ON totals.customer_key = countries.customer_key
WHERE order_count > 0
ORDER BY totals.customer_key
""".strip()


def _orders(as_of: date) -> str:
    """One row an order: the one step that groups every line. To count different orders afterwards is to count rows."""
    return f"""
    SELECT customer_key, order_key, {gross()} AS gross_revenue, {returned()} AS returned_value,
        {money("CASE WHEN is_purchase THEN quantity END")} AS items,
        COUNT(CASE WHEN amount < 0 THEN 1 END) AS return_lines,
        {money(f"CASE WHEN ordered_on > {_a_year_ago(as_of)} THEN amount END")} AS revenue_12m,
        MIN(CASE WHEN is_purchase THEN ordered_on END) AS first_purchase_on,
        MAX(CASE WHEN is_purchase THEN ordered_on END) AS latest_purchase_on
    FROM known GROUP BY customer_key, order_key
"""


def _customer_totals(as_of: date) -> str:
    sums = ("gross_revenue", "returned_value", "items", "revenue_12m")
    recent = f"CASE WHEN latest_purchase_on > {_a_year_ago(as_of)} THEN order_key END"
    return f"""
    SELECT customer_key, COUNT(CASE WHEN latest_purchase_on IS NOT NULL THEN order_key END) AS order_count,
        {", ".join(f"{money(name)} AS {name}" for name in sums)},
        CAST(SUM(return_lines) AS BIGINT) AS return_lines, COUNT({recent}) AS orders_12m,
        MIN(first_purchase_on) AS first_purchase_on, MAX(latest_purchase_on) AS latest_purchase_on
    FROM orders GROUP BY customer_key
"""


def _a_year_ago(as_of: date) -> str:
    return literal(as_of - timedelta(days=365))


def _variety() -> str:
    return """
    SELECT customer_key, COUNT(*) AS distinct_items FROM (
        SELECT customer_key, item_id FROM known WHERE is_purchase AND item_id IS NOT NULL GROUP BY customer_key, item_id
    ) AS bought GROUP BY customer_key
"""
