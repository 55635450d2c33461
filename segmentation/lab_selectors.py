"""Reads of the lab: entries, choices, and the points of its maps."""

from typing import Any

from django.db.models import QuerySet

from crm.models import Customer
from segmentation import lab_store
from segmentation.models import Comparison, Embedding, SegmentationChoice, SegmentSummary, Snapshot
from segmentation.selectors import scores
from segmentation.services.maps import map_fingerprint

AT_ONCE = 5_000  # keys in one query; databases limit how many values one may carry
OWN = "own"


def comparisons() -> QuerySet[Comparison]:
    """Every comparison that is kept, newest first."""
    return Comparison.objects.select_related("snapshot", "run", "requested_by").order_by("-pk")


def choices(*, latest: int = 10) -> list[SegmentationChoice]:
    """The latest ways that were chosen to form segments, newest first."""
    return list(SegmentationChoice.objects.select_related("chosen_by").order_by("-pk")[:latest])


def current_map(snapshot: Snapshot) -> Embedding | None:
    """The map of the current data, when it has been drawn."""
    return Embedding.objects.filter(fingerprint=map_fingerprint(snapshot)).first()


def drawn_methods(drawing: Embedding | None) -> list[str]:
    return [name for name, how in drawing.methods.items() if "seconds" in how] if drawing else []


def outside_ids(keys: list[int]) -> dict[int, str]:
    """The ids that customers have in the shop's own files."""
    found: dict[int, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        part = Customer.objects.filter(pk__in=keys[start : start + AT_ONCE])
        found |= dict(part.values_list("pk", "external_id"))
    return found


def segment_names(snapshot: Snapshot) -> dict[int, str]:
    return dict(SegmentSummary.objects.filter(snapshot=snapshot).values_list("segment_id", "name"))


def comparison_points(entry: Comparison, number: int, method: str) -> dict[str, Any]:
    """The sample of a comparison for one combination, drawn in its own space or on a map of everybody."""
    group = f"group_{number}"
    if method == OWN:
        held = lab_store.read_columns(entry.path, ["customer_key", group, f"x_{number}", f"y_{number}"])
        return _points(_rows(held), len(entry.results[number]["groups"]))
    drawing = current_map(entry.snapshot)
    held = lab_store.read_columns(entry.path, ["customer_key", group])
    places = _places(drawing, method)
    rows = [(key, label, *places[key]) for key, label in _rows(held) if key in places]
    return _points(rows, len(entry.results[number]["groups"]))


def segment_points(snapshot: Snapshot, method: str) -> dict[str, Any]:
    """The customers of the current map by their segment, in the order in which the snapshot lists segments."""
    order = {entry["segment"]: place for place, entry in enumerate(snapshot.segments)}
    places = _places(current_map(snapshot), method)
    keys = list(places)
    segments: dict[int, int] = {}
    for start in range(0, len(keys), AT_ONCE):
        part = scores(snapshot).filter(customer_id__in=keys[start : start + AT_ONCE])
        segments.update(part.values_list("customer_id", "segment_id"))
    rows = [(key, order[segments[key]], *place) for key, place in places.items() if segments.get(key) in order]
    return _points(rows, len(order))


def _places(drawing: Embedding | None, method: str) -> dict[int, tuple[float, float]]:
    if drawing is None or method not in drawn_methods(drawing):
        return {}
    held = lab_store.read_columns(drawing.path, ["customer_key", f"x_{method}", f"y_{method}"])
    return {key: (x, y) for key, x, y in _rows(held) if x == x and x is not None}  # NaN: not drawn


def _rows(held: dict[str, list[Any]]) -> list[Any]:
    return list(zip(*held.values(), strict=True))


def _points(rows: list[Any], groups: int) -> dict[str, Any]:
    """`points[group]` holds [x, y, place in `ids`]; who is no customer any more is left out."""
    names = outside_ids([row[0] for row in rows])
    ids: list[str] = []
    points: list[list[list[float]]] = [[] for _ in range(groups)]
    for key, group, x, y in rows:
        if key in names:
            points[group].append([x, y, len(ids)])
            ids.append(names[key])
    return {"points": points, "ids": ids}
