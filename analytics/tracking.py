"""Repeat purchases over time, as they happened and as a model expects them of these customers."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.lifetime import PurchaseParameters, expected_purchases_new, in_unit

Days = NDArray[np.float64]


def repeat_days_sql(lines: str, *, as_of: date) -> str:
    """Rows `ordered_on, buyers, newcomers`: identified customers with a purchase that day, and those of their first.

    Their difference is the day's repeat purchases in the sense of `frequency`.
    """
    return f"""
WITH purchase_days AS (
    SELECT customer_key, ordered_on FROM {lines}
    WHERE is_purchase AND customer_key IS NOT NULL AND ordered_on <= DATE '{as_of:%Y-%m-%d}'
    GROUP BY customer_key, ordered_on
),
first_days AS (SELECT customer_key, MIN(ordered_on) AS first_on FROM purchase_days GROUP BY customer_key)
SELECT ordered_on, COUNT(*) AS buyers, COUNT(CASE WHEN ordered_on = first_on THEN 1 END) AS newcomers
FROM purchase_days JOIN first_days ON purchase_days.customer_key = first_days.customer_key
GROUP BY ordered_on
ORDER BY ordered_on
""".strip()


def expected_cumulative(parameters: PurchaseParameters, first_days: Days, newcomers: Days, ends: Days) -> Days:
    """Expected repeat purchases of all customers up to each of `ends` (k,), in days since the first purchase.

    `newcomers` (n,) customers arrive on `first_days` (n,). Each is a new customer as in equation (9) of Fader, Hardie &
    Lee (2005), so past purchases play no part: the figure is the model's, to be held against what happened.
    """
    ages = np.maximum(ends[:, None] - first_days[None, :], 0)
    distinct, inverse = np.unique(ages, return_inverse=True)
    expected = expected_purchases_new(parameters, [in_unit(float(age), parameters.unit) for age in distinct])
    result: Days = expected[inverse].reshape(ages.shape) @ newcomers
    return result
