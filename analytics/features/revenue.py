"""Money and counts of all lines: in one row, by day and by month."""

from datetime import date

from analytics.features.parts import buyers, gross, literal, money, orders, returned


def totals_sql(lines: str, *, as_of: date) -> str:
    """One row about all lines on or before `as_of`, guests included; also when there are none.

    `gross_revenue, returned_value, revenue, identified_revenue, guest_revenue` are exact decimals, net where
    not said otherwise; `lines, orders, customers` are counts (orders and customers with a purchase line);
    `first_on, last_on` are NULL without lines.
    """
    return f"""
SELECT {gross()} AS gross_revenue, {returned()} AS returned_value, {money("amount")} AS revenue,
    {money("CASE WHEN customer_key IS NOT NULL THEN amount END")} AS identified_revenue,
    {money("CASE WHEN customer_key IS NULL THEN amount END")} AS guest_revenue,
    COUNT(*) AS lines, {orders()} AS orders, {buyers()} AS customers,
    MIN(ordered_on) AS first_on, MAX(ordered_on) AS last_on
FROM {lines} WHERE ordered_on <= {literal(as_of)}
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
SELECT {expression} AS {name}, {money("amount")} AS revenue, {gross()} AS gross_revenue,
    {returned()} AS returned_value, {orders()} AS orders, COUNT(*) AS lines, {buyers()} AS buyers
FROM {lines} WHERE ordered_on BETWEEN {literal(first)} AND {literal(last)}
GROUP BY {expression}
ORDER BY {name}
""".strip()
