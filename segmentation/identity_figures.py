"""What became of segments since the results before, as sentences; and the boundaries of RFM scores as rows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import number_text, share_text
from segmentation.models import Snapshot
from segmentation.wording import Text

MEASURE_NAMES: dict[str, tuple[Text, Text]] = {
    "r": (gettext_lazy("Recency"), gettext_lazy("days since the latest purchase")),
    "f": (gettext_lazy("Frequency"), gettext_lazy("orders")),
    "m": (gettext_lazy("Monetary"), gettext_lazy("net revenue, %(currency)s")),
    "newness": (gettext_lazy("Newness"), gettext_lazy("days since the first purchase")),
}


def identity_notes(snapshot: Snapshot) -> list[str]:
    """Splits, merges and newcomers among the segments; nothing where every segment goes on as it was."""
    names = {entry["segment"]: entry["name"] for entry in snapshot.segments}
    notes = (_note(entry, names) for entry in snapshot.quality.get("identity", []))
    return [note for note in notes if note]


def identity_note(snapshot: Snapshot, segment_id: int) -> str:
    """What became of one segment; "" when it goes on as it was."""
    names = {entry["segment"]: entry["name"] for entry in snapshot.segments}
    entries = [entry for entry in snapshot.quality.get("identity", []) if entry["segment"] == segment_id]
    return _note(entries[0], names) if entries else ""


def _note(entry: dict[str, Any], names: dict[int, str]) -> str:
    name = names.get(entry["segment"], "")
    origins = [share for share in entry["shares"] if share["of_this"] > 0]
    # As they were called then: the one that goes on may have another name by now.
    earlier = [share["name"] or names.get(share["segment"], "") for share in origins]
    if entry["kind"] == "split" and earlier:
        values = {"name": name, "share": share_text(origins[0]["of_previous"], 0), "earlier": earlier[0]}
        return _("%(name)s is a part of what was %(earlier)s: %(share)s of its customers are here now.") % values
    if entry["kind"] == "merged" and len(earlier) > 1:
        values = {"name": name, "earlier": _(" and ").join(earlier)}
        return _("%(name)s was formed from %(earlier)s.") % values
    if entry["kind"] == "new" and earlier:
        return _("%(name)s is new: no earlier segment was like it.") % {"name": name}
    return ""


@dataclass(frozen=True)
class BoundaryRow:
    """One measure with its unit, and the figures between which its scores 1 to 5 lie, as text."""

    label: Text
    unit: str
    ranges: list[str]


def boundary_rows(snapshot: Snapshot) -> list[BoundaryRow]:
    """The visible boundaries of RFM scores; empty for results from before they were kept."""
    found = snapshot.quality.get("rfm_boundaries") or {}
    currency = {"currency": settings.REPORTING_CURRENCY}
    return [
        BoundaryRow(label, str(unit) % currency, [_range(bounds) for bounds in found[name]])
        for name, (label, unit) in MEASURE_NAMES.items()
        if name in found
    ]


def _range(bounds: list[float] | None) -> str:
    if bounds is None:
        return _("nobody")
    low, high = (number_text(value) for value in bounds)
    return low if low == high else f"{low} – {high}"


@dataclass(frozen=True)
class BandRow:
    """The best so many per cent of customers by expected value, and what they hold."""

    label: str
    size: int
    revenue_share: float | None
    value_share: float
    value: float


def band_rows(snapshot: Snapshot) -> list[BandRow]:
    """The value bands; empty for results from before they were kept."""
    return [
        BandRow(
            _("Best %(share)s") % {"share": share_text(float(entry["cut"]), 0)},
            entry["size"],
            entry["share"],
            entry["share_of_value"],
            entry["value"],
        )
        for entry in snapshot.charts.get("value_bands", [])
    ]
