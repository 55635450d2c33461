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
from loyalty.models import Affinity, Programme, Review, RuleVersion
from loyalty.scores import Table
from segmentation.models import Snapshot

LEVEL = 0.95
RANDOM_STATE = 20_101_201
COLUMNS = (
    *("revenue", "revenue_12m", "gross_revenue", "returned_value", "order_count", "orders_12m", "average_order_value"),
    *("days_since_last_purchase", "items", "distinct_items", "return_rate", "country", "rfm_group", "tier", "p_alive"),
    *("clv_12m", "frequency", "recency", "T", "monetary_value", "segment_id"),
)
HIGH, MEDIUM, LOW = "High", "Medium", "Low"

Mask = NDArray[np.bool_]
Answer = dict[str, Any]
Picture = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """Scores by column with masks over their rows; totals are exact money of all accepted lines up to `as_of`.

    `advice` is the content that the page of actions shows.
    """

    programme: Programme
    snapshot: Snapshot
    review: Review | None
    rules: RuleVersion | None
    table: Table
    is_member: Mask
    is_eligible: Mask
    warned: int
    advice: dict[str, Any]
    affinity: Affinity

    @property
    def customers(self) -> int:
        return len(self.table["customer_key"])

    @property
    def members(self) -> int:
        return int(self.is_member.sum())

    @property
    def is_candidate(self) -> Mask:
        """Eligible and no member: who joins at the next review, and who was kept out by chance to compare with."""
        return self.is_eligible & ~self.is_member

    @property
    def is_rest(self) -> Mask:
        return ~self.is_eligible & ~self.is_member

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

    def rules_text(self) -> str:
        return f"rules version {self.rules.number}" if self.rules else "no rules in force"


def day(value: date) -> str:
    return f"{value:%-d %B %Y}"


def money(value: float | Decimal) -> str:
    return money_text(Decimal(str(round(float(value), 2))), settings.REPORTING_CURRENCY)


def currency() -> str:
    return str(settings.REPORTING_CURRENCY)


def decimal(value: float | Decimal) -> str:
    """Estimated money to the cent, in plain notation."""
    return plain(Decimal(str(round(float(value), 2))))


def percent(value: float, digits: int = 1) -> str:
    return f"{value * 100:,.{digits}f} %"


def people(count: int, one: str = "customer", many: str = "customers") -> str:
    return f"{count:,} {one if count == 1 else many}"


def answered(
    question: str,
    answer: str,
    value: Any,
    *,
    basis: str,
    evidence: Sequence[tuple[str, str]],
    change: str,
    grade: str,
    reason: str,
    interval: Sequence[Any] | None = None,
    details: Sequence[str] = (),
    charts: Sequence[Picture] = (),
    tables: Sequence[Picture] = (),
    **more: Any,
) -> Answer:
    """One answer: a sentence, and everything that it rests on. `details` are further sentences, each whole."""
    return {
        "question": question,
        "answer": answer,
        "details": list(details),
        "value": value,
        "interval": None if interval is None else list(interval),
        "level": None if interval is None else LEVEL,
        "basis": basis,
        "evidence": [{"label": label, "url": url} for label, url in evidence],
        "confidence": f"{grade}: {reason}",
        "grade": grade.lower(),
        "what_would_change_it": change,
        "charts": [chart for chart in charts if chart["x"]],
        "tables": [found for found in tables if found["rows"]],
        **more,
    }


def counted(material: Material, question: str, answer: str, value: Any, *, basis: str = "", **more: Any) -> Answer:
    """An answer that was counted, not estimated; `basis` adds to population, rules and model."""
    told = [material.population(), *([basis] if basis else []), material.rules_text(), "no model is in it"]
    reason = "counted from the accepted lines, nothing is estimated."
    return answered(
        question, answer, value, **{"basis": f"Counted: {'; '.join(told)}.", "grade": HIGH, "reason": reason, **more}
    )


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Picture:
    """A table as it is read: the first cell of a row is its heading, the others are figures with their units."""
    return {"caption": caption, "columns": list(columns), "rows": [list(row) for row in rows]}


def chart(
    title: str,
    x: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    kind: str = "bar",
    unit: str = "",
    x_label: str = "",
    band: tuple[str, Sequence[float], Sequence[float]] | None = None,
    is_share: bool = False,
    is_stacked: bool = False,
) -> Picture:
    """A chart as data: values by name over `x`; `band` is a range around the first series."""
    return {
        "kind": kind,
        "title": title,
        "unit": unit,
        "x_label": x_label,
        "x": list(x),
        "series": [{"name": name, "values": [_rounded(value) for value in values]} for name, values in series],
        "band": band
        and {"name": band[0], "low": [_rounded(v) for v in band[1]], "high": [_rounded(v) for v in band[2]]},
        "is_share": is_share,
        "is_stacked": is_stacked,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def median(values: Any) -> float | None:
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return round(float(np.median(known)), 6) if len(known) else None
