"""How a customer buys: the rhythm, the favourites, the trend, what was given away. NULL wherever it is not known."""

from datetime import date, timedelta

from analytics.features.parts import MONEY, favourite, literal, money

# A Monday, so that days since then tell the day of the week: 1 is Monday, 7 is Sunday. (The engines' own functions for
# it count from different days.)
MONDAY = date(1970, 1, 5)


def habits_sql(lines: str, *, as_of: date) -> str:
    """One row for each identified customer with a purchase on or before `as_of`, the customers of `customer_features`.

    * `items_per_order`: pieces of an order with a purchase, the mean over those that state quantities.
    * `mean_days_between`, `std_days_between`: days from one purchase day to the next. The mean needs two such days, the
      sample standard deviation three.
    * `revenue_90d`, `revenue_prev_90d`: net revenue of the 90 days that end with `as_of` and of the 90 before, exact;
      `revenue_trend` is their relative change, NULL without revenue in the earlier ones, and while the lines do not
      reach back to its first day.
    * `favourite_category`, `favourite_brand`: on most purchase lines of merchandise, ties by name; each with its
      `_share` (0 to 1) among the lines that name one. `favourite_weekday` (1 Monday to 7 Sunday): of most purchase
      days, from two days on; ties by the earlier weekday; with its share.
    * `discount`: exact sum, without its sign, over purchase lines that state one, and `discounted_share`, the share of
      orders with any among orders that state it.
    """
    return f"""
WITH known AS NOT MATERIALIZED (
    SELECT customer_key, order_key, category, brand, quantity, amount, discount, ordered_on, is_purchase,
        COALESCE(is_merchandise, TRUE) AS is_merchandise
    FROM {lines} WHERE customer_key IS NOT NULL AND ordered_on <= {literal(as_of)}
),
days AS (SELECT customer_key, ordered_on FROM known WHERE is_purchase GROUP BY customer_key, ordered_on),
rhythm AS ({_rhythm()}),
weekdays AS ({favourite("weekday", _weekdays())}),
categories AS ({favourite("category", _named("category"))}),
brands AS ({favourite("brand", _named("brand"))}),
baskets AS ({_baskets()}),
recent AS ({_recent(as_of)})
SELECT rhythm.customer_key, items_per_order, mean_days_between, std_days_between,
    revenue_90d, revenue_prev_90d, {_trend(as_of)} AS revenue_trend,
    favourite_category, favourite_category_share, favourite_brand, favourite_brand_share,
    CASE WHEN day_count > 1 THEN favourite_weekday END AS favourite_weekday,
    CASE WHEN day_count > 1 THEN favourite_weekday_share END AS favourite_weekday_share,
    discount, discounted_share
FROM rhythm
    JOIN weekdays ON rhythm.customer_key = weekdays.customer_key
    JOIN baskets ON rhythm.customer_key = baskets.customer_key
    JOIN recent ON rhythm.customer_key = recent.customer_key
    LEFT JOIN categories ON rhythm.customer_key = categories.customer_key
    LEFT JOIN brands ON rhythm.customer_key = brands.customer_key
ORDER BY rhythm.customer_key
""".strip()


def _rhythm() -> str:
    """Sums of whole days are exact, so that every engine takes the root of the same number."""
    return """
    SELECT customer_key, COUNT(*) AS day_count,
        CASE WHEN COUNT(gap) > 0 THEN CAST(SUM(gap) AS DOUBLE) / COUNT(gap) END AS mean_days_between,
        CASE WHEN COUNT(gap) > 1 THEN
            SQRT(CAST(COUNT(gap) * SUM(gap * gap) - SUM(gap) * SUM(gap) AS DOUBLE) / COUNT(gap) / (COUNT(gap) - 1))
        END AS std_days_between
    FROM (
        SELECT customer_key, CAST(DATE_DIFF('day', LAG(ordered_on) OVER (
            PARTITION BY customer_key ORDER BY ordered_on), ordered_on) AS BIGINT) AS gap
        FROM days
    ) AS gaps GROUP BY customer_key
"""


def _weekdays() -> str:
    weekday = f"DATE_DIFF('day', {literal(MONDAY)}, ordered_on) % 7 + 1"
    return f"SELECT customer_key, {weekday} AS weekday, COUNT(*) AS times FROM days GROUP BY customer_key, {weekday}"


def _named(column: str) -> str:
    return f"""SELECT customer_key, {column}, COUNT(*) AS times FROM known
        WHERE is_purchase AND is_merchandise AND {column} IS NOT NULL GROUP BY customer_key, {column}"""


def _baskets() -> str:
    """By orders: one states its pieces, or its discount, where any of its lines does."""
    return f"""
    SELECT customer_key, CAST(SUM(items) AS DOUBLE) / NULLIF(COUNT(items), 0) AS items_per_order,
        CAST(SUM(discount) AS {MONEY}) AS discount,
        CAST(COUNT(CASE WHEN discount > 0 THEN 1 END) AS DOUBLE) / NULLIF(COUNT(discount), 0) AS discounted_share
    FROM (
        SELECT customer_key, CAST(SUM(quantity) AS {MONEY}) AS items, CAST(SUM(ABS(discount)) AS {MONEY}) AS discount
        FROM known WHERE is_purchase GROUP BY customer_key, order_key
    ) AS purchases GROUP BY customer_key
"""


def _recent(as_of: date) -> str:
    quarter, half = (f"ordered_on > {literal(as_of - timedelta(days=days))}" for days in (90, 180))
    sums = {"revenue_90d": quarter, "revenue_prev_90d": f"{half} AND NOT {quarter}"}
    columns = (f"{money(f'CASE WHEN {when} THEN amount END')} AS {name}" for name, when in sums.items())
    return f"SELECT customer_key, {', '.join(columns)} FROM known GROUP BY customer_key"


def _trend(as_of: date) -> str:
    first = literal(as_of - timedelta(days=179))
    return f"""CASE WHEN revenue_prev_90d > 0 AND (SELECT MIN(ordered_on) FROM known) <= {first}
        THEN CAST(revenue_90d AS DOUBLE) / CAST(revenue_prev_90d AS DOUBLE) - 1 END"""
