"""What each customer feature is called for people, its unit, and which direction is good."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["money", "count", "days", "share", "text"]


@dataclass(frozen=True)
class Feature:
    """One column of the customer table: `label` reads well before "at least 5"; `good` is +1 when more is
    better."""

    label: str
    kind: Kind
    good: int = 1


FEATURES: dict[str, Feature] = {
    "revenue_12m": Feature("revenue in the last 12 months", "money"),
    "orders_12m": Feature("orders in the last 12 months", "count"),
    "revenue": Feature("revenue since the first purchase", "money"),
    "gross_revenue": Feature("purchases before returns", "money"),
    "returned_value": Feature("value of returns", "money", -1),
    "return_rate": Feature("share of purchases returned", "share", -1),
    "return_lines": Feature("lines returned", "count", -1),
    "revenue_90d": Feature("revenue in the last 90 days", "money"),
    "revenue_prev_90d": Feature("revenue in the 90 days before those", "money"),
    "order_count": Feature("orders since the first purchase", "count"),
    "frequency": Feature("repeat purchase days", "count"),
    "recency": Feature("time between first and latest purchase", "days"),
    "T": Feature("time since the first purchase", "days"),
    "days_since_last_purchase": Feature("time since the latest purchase", "days", -1),
    "days_since_first_purchase": Feature("time since the first purchase", "days"),
    "average_order_value": Feature("average order value", "money"),
    "monetary_value": Feature("average spend per repeat purchase day", "money"),
    "items": Feature("pieces bought", "count"),
    "distinct_items": Feature("different items bought", "count"),
    "items_per_order": Feature("pieces per order", "count"),
    "mean_days_between": Feature("average time between purchase days", "days", -1),
    "p_alive": Feature("probability of still being a customer", "share"),
    "expected_purchases": Feature("expected purchases in the next 12 months", "count"),
    "clv": Feature("expected lifetime value", "money"),
    "clv_12m": Feature("expected value over the next 12 months", "money"),
    "country": Feature("country", "text", 0),
    "p_alive_low": Feature("probability of still being a customer, lower end", "share"),
    "p_alive_high": Feature("probability of still being a customer, upper end", "share"),
    "expected_purchases_low": Feature("expected purchases in the next 12 months, lower end", "count"),
    "expected_purchases_high": Feature("expected purchases in the next 12 months, upper end", "count"),
    "clv_low": Feature("expected lifetime value, lower end", "money"),
    "clv_high": Feature("expected lifetime value, upper end", "money"),
    "clv_12m_low": Feature("expected value over the next 12 months, lower end", "money"),
    "clv_12m_high": Feature("expected value over the next 12 months, upper end", "money"),
    "no_purchase_30d": Feature("probability of no purchase in the next 30 days", "share", -1),
    "no_purchase_90d": Feature("probability of no purchase in the next 90 days", "share", -1),
    "no_purchase_180d": Feature("probability of no purchase in the next 180 days", "share", -1),
    "no_purchase_365d": Feature("probability of no purchase in the next 365 days", "share", -1),
    "expected_purchases_30d": Feature("expected purchases in the next 30 days", "count"),
    "expected_purchases_90d": Feature("expected purchases in the next 90 days", "count"),
    "expected_purchases_180d": Feature("expected purchases in the next 180 days", "count"),
    "expected_purchases_365d": Feature("expected purchases in the next 365 days", "count"),
    "clv_30d": Feature("expected value over the next 30 days", "money"),
    "clv_90d": Feature("expected value over the next 90 days", "money"),
    "clv_180d": Feature("expected value over the next 180 days", "money"),
    "std_days_between": Feature("spread of the time between purchase days", "days", -1),
    "revenue_trend": Feature("change of revenue against the 90 days before", "share"),
    "favourite_category_share": Feature("share of lines in the favourite category", "share"),
    "favourite_brand_share": Feature("share of lines of the favourite brand", "share"),
    "favourite_weekday_share": Feature("share of orders on the favourite weekday", "share"),
    "discount": Feature("discount given", "money", -1),
    "discounted_share": Feature("share of orders with a discount", "share", -1),
    "favourite_category": Feature("favourite category", "text", 0),
    "favourite_brand": Feature("favourite brand", "text", 0),
    "favourite_weekday": Feature("favourite weekday", "text", 0),
    "tier": Feature("tier", "text", 0),
    "rfm_group": Feature("RFM group", "text", 0),
    "segment_id": Feature("segment", "text", 0),
}


def feature(name: str) -> Feature:
    """The entry of `name`; an unknown column reads as its name in words and counts as a plain number."""
    return FEATURES.get(name, Feature(name.replace("_", " "), "count", 0))


def format_value(name: str, value: float, currency: str = "") -> str:
    """`value` with thousands separators and the feature's unit: "1,200 GBP", "90 days", "12.5 %"."""
    kind = feature(name).kind
    if kind == "share":
        return f"{_number(value * 100)} %"
    if kind == "days":
        return f"{_number(value)} {'day' if value == 1 else 'days'}"
    if kind == "money":
        # Whole amounts without cents (thresholds are), all others with both of them.
        text = f"{int(value):,}" if float(value).is_integer() else f"{value:,.2f}"
        return f"{text} {currency}".rstrip()
    return _number(value)


def _number(value: float) -> str:
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.01 else f"{value:.3g}"
