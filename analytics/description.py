"""What the lines of a file are like: repeat buyers, baskets, countries, items, returns. SQL text over ledger lines.

Each function takes the name of a relation and returns one `SELECT` in DuckDB's dialect, kept to what sqlglot can
translate to Spark. Money and pieces stay DECIMAL; only means and shares are DOUBLE. Several of them read the orders of
`orders_sql`, which a job computes once: the one step that groups every line.
"""

from analytics.features import MONEY

# A customer of so many orders and more is one group in the distribution.
MOST_ORDERS = 10


def orders_sql(lines: str) -> str:
    """One row an order with a purchase: `customer_key, order_key, ordered_on, lines, pieces, gross`.

    Guests' orders have no customer's key; an order counts on its first day.
    """
    return f"""
SELECT customer_key, order_key, MIN(ordered_on) AS ordered_on, COUNT(*) AS lines,
    CAST(SUM(quantity) AS {MONEY}) AS pieces, CAST(SUM(amount) AS {MONEY}) AS gross
FROM {lines} WHERE is_purchase GROUP BY customer_key, order_key
""".strip()


def purchase_counts_sql(orders: str) -> str:
    """Rows `purchases, customers`: how many customers have so many orders; the last group is `MOST_ORDERS` or more."""
    return f"""
SELECT purchases, COUNT(*) AS customers FROM (
    SELECT customer_key, LEAST(COUNT(*), {MOST_ORDERS}) AS purchases
    FROM {orders} WHERE customer_key IS NOT NULL GROUP BY customer_key
) AS counted GROUP BY purchases ORDER BY purchases
""".strip()


def repeat_shares_sql(orders: str) -> str:
    """One row: `customers, at_least_2, at_least_5, at_least_10`, the customers with at least so many purchases."""
    counts = ", ".join(
        f"COUNT(CASE WHEN purchases >= {least} THEN 1 END) AS at_least_{least}" for least in (2, 5, MOST_ORDERS)
    )
    return f"""
SELECT COUNT(*) AS customers, {counts} FROM (
    SELECT customer_key, COUNT(*) AS purchases FROM {orders} WHERE customer_key IS NOT NULL GROUP BY customer_key
) AS counted
""".strip()


def baskets_sql(orders: str) -> str:
    """One row about purchase orders, guests' included.

    `orders, mean_lines, median_lines, mean_pieces, median_pieces, mean_value, median_value` an order (pieces NULL in a
    file without quantities), and `mean_orders, median_orders` an identified customer; all NULL without orders.
    """
    return f"""
WITH people AS (SELECT COUNT(*) AS purchases FROM {orders} WHERE customer_key IS NOT NULL GROUP BY customer_key)
SELECT COUNT(*) AS orders, {_middle("lines")}, {_middle("pieces")}, {_middle("gross", "value")},
    (SELECT AVG(CAST(purchases AS DOUBLE)) FROM people) AS mean_orders,
    (SELECT MEDIAN(CAST(purchases AS DOUBLE)) FROM people) AS median_orders
FROM {orders}
""".strip()


def countries_sql(lines: str, *, limit: int) -> str:
    """Rows `country, lines, customers, revenue`, most revenue first; lines that name no country are one row, NULL."""
    return f"""
SELECT country, COUNT(*) AS lines, COUNT(DISTINCT customer_key) AS customers, CAST(SUM(amount) AS {MONEY}) AS revenue
FROM {lines} GROUP BY country ORDER BY revenue DESC, country LIMIT {limit:d}
""".strip()


def top_items_sql(lines: str, *, limit: int) -> str:
    """Rows `item_id, description, orders, pieces, revenue` of merchandise, most net revenue first.

    The description is the one on most lines. It and the orders are looked up for the top items alone.
    """
    return f"""
WITH ranked AS (
    SELECT item_id, CAST(SUM(quantity) AS {MONEY}) AS pieces, CAST(SUM(amount) AS {MONEY}) AS revenue
    FROM {lines} WHERE item_id IS NOT NULL AND COALESCE(is_merchandise, TRUE)
    GROUP BY item_id ORDER BY revenue DESC, item_id LIMIT {limit:d}
),
told AS (
    SELECT item_id, MODE(description) AS description,
        COUNT(DISTINCT CASE WHEN is_purchase THEN order_key END) AS orders
    FROM {lines} WHERE item_id IN (SELECT item_id FROM ranked) GROUP BY item_id
)
SELECT ranked.item_id, description, orders, pieces, revenue
FROM ranked JOIN told ON ranked.item_id = told.item_id ORDER BY revenue DESC, ranked.item_id
""".strip()


def daily_orders_sql(orders: str) -> str:
    """Rows `ordered_on, orders`: orders with a purchase, by their first day."""
    return f"SELECT ordered_on, COUNT(*) AS orders FROM {orders} GROUP BY ordered_on ORDER BY ordered_on"


def monthly_orders_sql(orders: str) -> str:
    """Rows `month, orders`: the same by calendar month, its first day as DATE."""
    month = "CAST(DATE_TRUNC('month', ordered_on) AS DATE)"
    return f"SELECT {month} AS month, COUNT(*) AS orders FROM {orders} GROUP BY {month} ORDER BY month"


def returns_sql(lines: str) -> str:
    """One row: `lines, orders, value, gross` of lines with a negative amount, and of all sales beside them."""
    return f"""
SELECT COUNT(CASE WHEN amount < 0 THEN 1 END) AS lines,
    COUNT(DISTINCT CASE WHEN amount < 0 THEN order_key END) AS orders,
    CAST(COALESCE(SUM(CASE WHEN amount < 0 THEN -amount END), 0) AS {MONEY}) AS value,
    CAST(COALESCE(SUM(CASE WHEN amount > 0 THEN amount END), 0) AS {MONEY}) AS gross
FROM {lines}
""".strip()


def newcomers_sql(lines: str, *, upload: int) -> str:
    """One row: `customers, newcomers` of an upload, newcomers being those of whom no other upload holds a line."""
    return f"""
SELECT COUNT(*) AS customers, COUNT(CASE WHEN elsewhere = 0 THEN 1 END) AS newcomers FROM (
    SELECT customer_key, MAX(CASE WHEN upload_id = {upload:d} THEN 1 ELSE 0 END) AS here,
        MAX(CASE WHEN upload_id <> {upload:d} THEN 1 ELSE 0 END) AS elsewhere
    FROM {lines} WHERE customer_key IS NOT NULL GROUP BY customer_key
) AS known WHERE here = 1
""".strip()


def open_days_sql(lines: str) -> str:
    """Rows `ordered_on`: every day with a sale."""
    return f"SELECT DISTINCT ordered_on FROM {lines} WHERE is_purchase ORDER BY ordered_on"


def _middle(column: str, name: str = "") -> str:
    name = name or column
    return f"AVG(CAST({column} AS DOUBLE)) AS mean_{name}, MEDIAN(CAST({column} AS DOUBLE)) AS median_{name}"
