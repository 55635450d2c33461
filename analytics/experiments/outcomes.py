"""What each person of an experiment brought since the draw, and before it, from the ledger's lines."""

from datetime import date

from analytics.features.parts import literal, money

BEFORE_DAYS = 365


def outcomes_sql(lines: str, people: str, *, as_of: date, before_days: int = BEFORE_DAYS) -> str:
    """One row a person of the relation `people` (`customer_key, assigned_on`), ordered by key.

    `revenue` (net, exact) and `orders` (with a purchase line) after `assigned_on` up to `as_of`; `revenue_before` and
    `orders_before` in the `before_days` up to and with `assigned_on`; nobody is left out who bought nothing.
    """
    since = f"ordered_on > people.assigned_on AND ordered_on <= {literal(as_of)}"
    before = f"ordered_on <= people.assigned_on AND ordered_on > people.assigned_on - INTERVAL {int(before_days)} DAY"
    return f"""
SELECT people.customer_key,
    {money(f"CASE WHEN {since} THEN amount END")} AS revenue,
    COUNT(DISTINCT CASE WHEN is_purchase AND {since} THEN order_key END) AS orders,
    {money(f"CASE WHEN {before} THEN amount END")} AS revenue_before,
    COUNT(DISTINCT CASE WHEN is_purchase AND {before} THEN order_key END) AS orders_before
FROM {people} AS people LEFT JOIN {lines} AS lines
    ON lines.customer_key = people.customer_key AND lines.ordered_on <= {literal(as_of)}
GROUP BY people.customer_key
ORDER BY people.customer_key
""".strip()
