"""What the lifetime models are given: the summary of each customer's purchase days, and what came after it."""

from datetime import date

from analytics.features.parts import DAYS_PER_UNIT, Unit, literal


def bgnbd_summary_sql(lines: str, *, observation_period_end: date, unit: Unit) -> str:
    """One row a customer, the inputs of the lifetime models.

    `customer_key, frequency, recency, T, monetary_value, first_purchase_on, latest_purchase_on`.

    Purchase lines of identified customers up to and including the end, collapsed by the shop's local day.
    `recency` and `T` are DOUBLE in `unit`, which only rescales time; `monetary_value` is the mean gross spend
    per repeat purchase day (the first day left out) and 0 for one-time buyers. Same conventions as Fader,
    Hardie & Lee (2005).
    """
    per_unit = DAYS_PER_UNIT[unit]
    end = literal(observation_period_end)
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
    cut, end = literal(calibration_end), literal(observation_period_end)
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


def _purchase_days(lines: str, period: str) -> str:
    return f"""
    SELECT customer_key, ordered_on, SUM(amount) AS spend
    FROM {lines} WHERE is_purchase AND customer_key IS NOT NULL AND {period}
    GROUP BY customer_key, ordered_on
"""
