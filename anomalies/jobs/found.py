"""What a detector hands over: one finding, before it is a row."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Found:
    """One odd thing. `kind` and `key` say which one it is, for ever; the rest is how it looks now."""

    kind: str
    key: str
    detector: str
    severity: float
    anomaly_score: float
    threshold: float
    summary: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    money: Decimal | None = None
    customer_id: int | None = None
    occurred_on: date | None = None


def cents(value: float) -> Decimal:
    """Money of an estimate, to the cent."""
    return Decimal(repr(float(value))).quantize(CENT)


def clipped(severity: float) -> float:
    """Severity as it is kept: 0 to 100 with one decimal."""
    return round(min(max(float(severity), 0.0), 100.0), 1)
