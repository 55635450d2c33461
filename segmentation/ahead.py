"""What all present customers together are expected to do, in words and tables: from the snapshot's own totals."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import MISSING, compact_money_text, days_text, number_text
from core.ui import Column
from segmentation.models import Snapshot
from segmentation.wording import value_reason_text

# Nobody sells for more; what says so is no figure.
MOST = 1e15
COLUMNS = (
    Column(gettext_lazy("In the next")),
    Column(gettext_lazy("Purchases"), is_numeric=True),
    Column(gettext_lazy("Range"), is_numeric=True, hint=gettext_lazy("Holds 8 of 10 times")),
    Column(gettext_lazy("Revenue"), is_numeric=True, hint=gettext_lazy("Before returns, not discounted")),
    Column(gettext_lazy("Range"), is_numeric=True, hint=gettext_lazy("Holds 8 of 10 times")),
)


@dataclass(frozen=True)
class Ahead:
    """One horizon of all present customers, as text; a range is "" where there is none."""

    days: str
    purchases: str
    purchases_range: str
    revenue: str
    revenue_range: str


@dataclass(frozen=True)
class AheadOfAll:
    """The horizons, shortest first, and why ranges are missing; no rows for results from before they were computed.

    `past` says how far off the model was on days that it had not seen, which no range holds.
    """

    rows: list[Ahead]
    why: str = ""
    past: str = ""

    @property
    def sentence(self) -> str:
        """The nearest horizon in a sentence; "" without one."""
        if not self.rows or self.rows[0].revenue == MISSING:
            return ""
        values = vars(self.rows[0])
        if not self.rows[0].revenue_range:
            return _("In the next %(days)s your present customers are expected to buy for %(revenue)s.") % values
        return (
            _(
                "In the next %(days)s your present customers are expected to buy for %(revenue)s, and in 8 of 10 such "
                "cases for %(revenue_range)s."
            )
            % values
        )


def ahead_of_all(snapshot: Snapshot | None) -> AheadOfAll:
    found: list[dict[str, Any]] = snapshot.totals.get("ahead", []) if snapshot else []
    codes = {entry.get(name, "") for entry in found for name in ("purchases_reason", "gross_revenue_reason")}
    why = next((str(value_reason_text(code)) for code in sorted(codes) if code), "")
    return AheadOfAll([_row(entry) for entry in found], why, _past(snapshot))


def _past(snapshot: Snapshot | None) -> str:
    report: dict[str, Any] = (snapshot.holdout or {}) if snapshot else {}
    held = report.get(snapshot.fits.get("champion")) if snapshot else None
    if not held or not held["actual_total"]:
        return ""
    values = {
        "days": days_text(report["days"]),
        "expected": _count(held["total"]),
        "made": _count(held["actual_total"]),
    }
    return (
        _(
            "Checked on the last %(days)s, which were kept from it, the model expected %(expected)s purchases, and "
            "%(made)s were made. The ranges hold as long as the model does."
        )
        % values
    )


def _row(entry: dict[str, Any]) -> Ahead:
    return Ahead(
        days=days_text(entry["days"]),
        purchases=_count(_figure(entry, "purchases")),
        purchases_range=_range(entry, "purchases", _count),
        revenue=_money(_figure(entry, "gross_revenue")),
        revenue_range=_range(entry, "gross_revenue", _money),
    )


def _figure(entry: dict[str, Any], name: str) -> float | None:
    """None where the results have none, or one that can't be."""
    try:
        value = float(entry.get(name))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if isfinite(value) and abs(value) < MOST else None


def _range(entry: dict[str, Any], name: str, text: Callable[[float | None], str]) -> str:
    low, high = (_figure(entry, f"{name}_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return _("%(low)s to %(high)s") % {
        "low": text(low).removesuffix(f" {settings.REPORTING_CURRENCY}"),
        "high": text(high),
    }


def _count(value: float | None) -> str:
    return number_text(round(value), 0) if value is not None and value >= 10 else number_text(value, 1)


def _money(value: float | None) -> str:
    return compact_money_text(value, settings.REPORTING_CURRENCY)
