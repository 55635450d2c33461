"""What each person of an experiment brought since the draw, and before it, from the ledger's lines."""

from datetime import date

from analytics.features.parts import literal, money

BEFORE_DAYS = 365


def outcomes_sql(lines: str, people: str, *, as_of: date, before_days: int = BEFORE_DAYS) -> str:
    """One row a person of the relation `people` (`customer_key, assigned_on`), ordered by key.

    `revenue` (net, exact) and `orders` (with a purchase line) after `assigned_on` up to `as_of`; `revenue_before` and
    `orders_before` in the `before_days` up to and with `assigned_on`; nobody is left out who bought nothing.
    """
    after, before = "is_after = 1", "is_after = 0"
    return f"""
WITH orders AS (
    SELECT people.customer_key, lines.order_key,
        CASE WHEN lines.ordered_on > people.assigned_on THEN 1 ELSE 0 END AS is_after,
        SUM(lines.amount) AS amount, MAX(CASE WHEN lines.is_purchase THEN 1 ELSE 0 END) AS is_order
    FROM {people} AS people JOIN {lines} AS lines ON lines.customer_key = people.customer_key
    WHERE lines.ordered_on <= {literal(as_of)}
        AND lines.ordered_on > people.assigned_on - INTERVAL {int(before_days)} DAY
    GROUP BY people.customer_key, lines.order_key,
        CASE WHEN lines.ordered_on > people.assigned_on THEN 1 ELSE 0 END
)
SELECT people.customer_key,
    {money(f"CASE WHEN {after} THEN amount END")} AS revenue,
    COALESCE(SUM(CASE WHEN {after} THEN is_order END), 0) AS orders,
    {money(f"CASE WHEN {before} THEN amount END")} AS revenue_before,
    COALESCE(SUM(CASE WHEN {before} THEN is_order END), 0) AS orders_before
FROM {people} AS people LEFT JOIN orders ON orders.customer_key = people.customer_key
GROUP BY people.customer_key
ORDER BY people.customer_key
""".strip()
