"""What every answer is made of, and the form that every answer has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from core.formatting import money_text
from core.money import plain
from loyalty.models import Programme, Review, RuleVersion
from loyalty.scores import Table
from segmentation.models import Snapshot

LEVEL = 0.95
RANDOM_STATE = 20_101_201
COLUMNS = (
    *("revenue", "revenue_12m", "gross_revenue", "returned_value", "order_count", "orders_12m", "average_order_value"),
    *("days_since_last_purchase", "items", "distinct_items", "return_rate", "country", "rfm_group", "p_alive"),
    *("clv_12m", "frequency", "recency", "T", "monetary_value"),
)

Mask = NDArray[np.bool_]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """Scores by column with masks over their rows; totals are exact money of all accepted lines up to `as_of`."""

    programme: Programme
    snapshot: Snapshot
    review: Review | None
    rules: RuleVersion | None
    table: Table
    is_member: Mask
    is_eligible: Mask
    is_near: Mask
    warned: int

    @property
    def customers(self) -> int:
        return len(self.table["customer_key"])

    @property
    def members(self) -> int:
        return int(self.is_member.sum())

    @property
    def as_of(self) -> date:
        return self.snapshot.as_of

    def total(self, name: str) -> Decimal:
        return Decimal(self.snapshot.totals[name])

    def population(self) -> str:
        """Whom and what a figure speaks of."""
        return (
            f"{self.customers:,} customers with a purchase up to {day(self.as_of)} (results {self.snapshot.pk}), "
            f"{self.members:,} of them members"
        )


def day(value: date) -> str:
    return f"{value:%-d %B %Y}"


def money(value: float | Decimal) -> str:
    return money_text(Decimal(str(round(float(value), 2))), settings.REPORTING_CURRENCY)


def decimal(value: float | Decimal) -> str:
    """Estimated money to the cent, in plain notation."""
    return plain(Decimal(str(round(float(value), 2))))


def percent(value: float, digits: int = 1) -> str:
    return f"{value * 100:,.{digits}f} %"


def people(count: int, one: str = "customer", many: str = "customers") -> str:
    return f"{count:,} {one if count == 1 else many}"


def counted(
    question: str, answer: str, value: Any, *, basis: str, evidence: Sequence[tuple[str, str]], change: str, **more: Any
) -> Answer:
    """An answer that was counted, not estimated."""
    return {
        "question": question,
        "answer": answer,
        "value": value,
        "interval": None,
        "level": None,
        "basis": f"Counted: {basis}.",
        "evidence": links(evidence),
        "confidence": "High: counted from the accepted lines, nothing is estimated.",
        "what_would_change_it": change,
        **more,
    }


def links(evidence: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "url": url} for label, url in evidence]


def median(values: Any) -> float | None:
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return round(float(np.median(known)), 6) if len(known) else None
