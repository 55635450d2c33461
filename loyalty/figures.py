"""Which figures the results really hold, how they are spread, and what to do where a rule names one that is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.utils.translation import gettext as _

from analytics.scoring.features import feature
from analytics.scoring.rules import Condition, humane
from core.problems import Problem
from loyalty import rules
from segmentation import store
from segmentation.models import Snapshot

# A threshold is dragged over the customers' own values; a sample of this size places each within a fraction of a per
# cent, however many customers there are.
SAMPLE = 50_000
STEPS = 100
MOST_CHOICES = 200
Choice = tuple[str, str]


@dataclass(frozen=True)
class Spread:
    """How a figure is spread: `values`, ascending, at equal shares of the customers who have it."""

    values: list[float]

    def at(self, share: float) -> float:
        return self.values[round(share * (len(self.values) - 1))] if self.values else 0


class FigureLacking(Problem):
    """A rule names a figure that the results don't hold; the message says what to do."""

    def __init__(self, names: Sequence[str]) -> None:
        first = names[0]
        message = _("The results hold no “%(figure)s” for any customer. %(remedy)s") % {
            "figure": rules.label(first),
            "remedy": remedy(first),
        }
        super().__init__("figure_lacking", message, status=409, figures=list(names))


def remedy(name: str) -> str:
    """How a missing figure comes to be there, or what to use instead."""
    column = {"favourite_category": _("category"), "favourite_brand": _("brand"), "country": _("country")}
    parts = {**column, "favourite_category_share": _("category"), "favourite_brand_share": _("brand")}
    parts |= {"discount": _("discount"), "discounted_share": _("discount"), "items_per_order": _("quantity")}
    if name in parts:
        return _("Upload a file that says the %(column)s of its lines, or remove this condition.") % {
            "column": parts[name]
        }
    if name.startswith(("clv", "p_alive", "expected_purchases", "no_purchase", "monetary")):
        return _("No value model could be fitted to these purchases: see Models, or use a counted figure instead.")
    return _("It needs a longer history of purchases: upload more, compute anew, or remove this condition.")


def held_figures(snapshot: Snapshot) -> frozenset[str]:
    """The figures that at least one customer of these results has; remembered, for results never change."""
    key = f"rule-figures-{snapshot.pk}-{snapshot.sha256[:12]}"
    known: frozenset[str] | None = cache.get(key)
    if known is None:
        known = _held(snapshot)
        cache.set(key, known, timeout=None)
    return known


def _held(snapshot: Snapshot) -> frozenset[str]:
    texts = {name for name in rules.CHOICES if store.COLUMNS[name] == "VARCHAR"}
    counts = (f"""count({f"nullif({name}, '')" if name in texts else f'"{name}"'})""" for name in rules.CHOICES)
    with store.connection(snapshot, threads=2) as opened:
        row = opened.execute(f"SELECT {', '.join(counts)} FROM scores").fetchone() or ()
    return frozenset(name for name, count in zip(rules.CHOICES, row, strict=True) if count)


def check_held(snapshot: Snapshot, *conditions: Iterable[Condition]) -> None:
    """Raise FigureLacking where a rule names a figure that no customer has."""
    held = held_figures(snapshot)
    if lacking := [name for name in rules.columns(*conditions) if name not in held]:
        raise FigureLacking(lacking)


def spread(snapshot: Snapshot, name: str) -> Spread:
    """The figure at every hundredth of the customers, as numbers that people would choose; remembered."""
    key = f"rule-spread-{name}-{snapshot.pk}-{snapshot.sha256[:12]}"
    known: Spread | None = cache.get(key)
    if known is None:
        known = Spread(_values(snapshot, name))
        cache.set(key, known, timeout=None)
    return known


def _values(snapshot: Snapshot, name: str) -> list[float]:
    step = 1 + snapshot.customers // SAMPLE
    with store.connection(snapshot, threads=2) as opened:
        found = opened.execute(
            f"""SELECT "{name}"::DOUBLE FROM scores WHERE "{name}" IS NOT NULL AND hash(customer_key) % {step} = 0"""
        ).fetchnumpy()
    (values,) = found.values()
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    cuts = np.quantile(values, np.linspace(0, 1, STEPS + 1), method="nearest")
    is_whole = feature(name).kind in {"count", "days"} and bool(np.all(values == np.round(values)))
    read_well = [float(cut) if is_whole else float(humane(float(cut), -1)) for cut in cuts]
    return sorted(set(read_well))


def choices(snapshot: Snapshot, name: str) -> list[Choice]:
    """The values of a list with their names, the most frequent first; remembered."""
    if name == "segment_id":
        return [(str(each["segment"]), each["name"]) for each in snapshot.segments]
    key = f"rule-choices-{name}-{snapshot.pk}-{snapshot.sha256[:12]}"
    known: list[Choice] | None = cache.get(key)
    if known is None:
        known = [(text, rules.value_name(name, text)) for text in _texts(snapshot, name)]
        cache.set(key, known, timeout=None)
    return known


def _texts(snapshot: Snapshot, name: str) -> list[str]:
    with store.connection(snapshot, threads=2) as opened:
        rows = opened.execute(
            f"""SELECT "{name}"::VARCHAR AS text FROM scores WHERE text <> '' GROUP BY text
            ORDER BY count(*) DESC, text LIMIT {MOST_CHOICES}"""
        ).fetchall()
    return [text for (text,) in rows]


def usual_threshold(snapshot: Snapshot, name: str, operator: str) -> Any:
    """Where a new condition begins: what the better quarter of the customers reach, or the best tenth."""
    if operator == "top_share":
        return 0.1
    if operator == "in":
        return [value for value, _label in choices(snapshot, name)[:1]]
    return spread(snapshot, name).at(0.75 if operator == ">=" else 0.25)
