"""Editing rules: conditions added and removed, their thresholds typed or dragged."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.scoring.features import feature
from analytics.scoring.rules import Condition, relax
from loyalty import figures, rules
from segmentation.models import Snapshot

# What a form's row is called, from the way a condition compares.
WORDS = {
    ">=": gettext_lazy("%(label)s at least"),
    "<=": gettext_lazy("%(label)s at most"),
    "top_share": gettext_lazy("among the top share of customers by %(label)s"),
    "in": gettext_lazy("%(label)s is one of"),
}
COMPARISONS = (
    ("", gettext_lazy("as usual for the figure")),
    (">=", gettext_lazy("at least")),
    ("<=", gettext_lazy("at most")),
    ("top_share", gettext_lazy("among the top share")),
)
KINDS = ("entry", "stay")
Key = tuple[str, str]
Pairs = dict[Key, dict[str, Any]]


def pairs_of(entry: Sequence[Condition], stay: Sequence[Condition]) -> Pairs:
    """For each figure and comparison what entry needs and what staying needs."""
    pairs: Pairs = {}
    for kind, rule in (("entry", entry), ("stay", stay)):
        for condition in rule:
            pairs.setdefault((condition["feature"], condition["operator"]), {})[kind] = condition["value"]
    return pairs


def data_of(entry: Sequence[Condition], stay: Sequence[Condition]) -> QueryDict:
    """What the form of these rules would send."""
    data = QueryDict(mutable=True)
    for number, ((name, operator), values) in enumerate(pairs_of(entry, stay).items()):
        _put(data, number, name, operator, {kind: _shown(name, operator, values.get(kind)) for kind in KINDS})
    return data


def _put(data: QueryDict, number: int, name: str, operator: str, texts: Mapping[str, list[str]]) -> None:
    data.appendlist("row", str(number))
    data[f"feature_{number}"], data[f"operator_{number}"] = name, operator
    for kind in KINDS:
        data.setlist(f"{kind}_{number}", texts[kind])


def edited(data: QueryDict, snapshot: Snapshot | None) -> QueryDict:
    """The same form without the row that `remove` names, and with a condition on `new_feature` where `add` asks."""
    changed = QueryDict(mutable=True)
    kept = [row for row in rows_of(data) if row.place != data.get("remove")]
    for number, row in enumerate(kept):
        _put(changed, number, row.feature, row.operator, {kind: data.getlist(f"{kind}_{row.place}") for kind in KINDS})
    added = data.get("new_feature", "")
    if "add" in data and added in rules.CHOICES and snapshot is not None:
        entry, stay = _new_condition(added, data.get("new_operator", ""), snapshot)
        if (added, entry["operator"]) not in {(row.feature, row.operator) for row in kept}:
            texts = {"entry": _shown(added, entry["operator"], entry["value"])}
            texts["stay"] = _shown(added, stay["operator"], stay["value"])
            _put(changed, len(kept), added, entry["operator"], texts)
    return changed


def _new_condition(name: str, operator: str, snapshot: Snapshot) -> tuple[Condition, Condition]:
    if name in rules.LISTS:
        operator = "in"
    elif operator not in {">=", "<=", "top_share"}:
        operator = "<=" if feature(name).good < 0 else ">="
    value = figures.usual_threshold(snapshot, name, operator)
    entry = Condition(feature=name, operator=operator, value=value)
    return entry, relax([entry])[0] if value else entry


@dataclass(frozen=True)
class Place:
    """One row of the form as it was sent; `place` is its number there."""

    place: str
    feature: str
    operator: str


def rows_of(data: Mapping[str, Any]) -> list[Place]:
    """The rows whose figure and comparison exist, each pair once."""
    places = data.getlist("row") if isinstance(data, QueryDict) else []
    found: dict[Key, Place] = {}
    for place in places[: rules.MOST_CONDITIONS]:
        name, operator = data.get(f"feature_{place}", ""), data.get(f"operator_{place}", "")
        if name in rules.CHOICES and operator in WORDS and (operator == "in") == (name in rules.LISTS):
            found.setdefault((name, operator), Place(place, name, operator))
    return list(found.values())


@dataclass(frozen=True)
class Row:
    """A condition for the page: its words, both fields, and the values over which a threshold is dragged."""

    place: str
    feature: str
    operator: str
    text: str
    fields: list[forms.BoundField]
    scale: list[float]
    unit: str

    @property
    def scale_json(self) -> str:
        return json.dumps(self.scale)


class RulesForm(forms.Form):
    """One row for each condition: what entry needs, and what staying needs; an empty field drops the condition."""

    def __init__(self, data: QueryDict, snapshot: Snapshot | None) -> None:
        super().__init__(data)
        self.places, self.snapshot = rows_of(data), snapshot
        for row in self.places:
            for kind, when in (("entry", _("To enter")), ("stay", _("To stay"))):
                self.fields[f"{kind}_{row.place}"] = _field(row, when, snapshot)

    def rows(self) -> list[Row]:
        return [
            Row(
                place=row.place,
                feature=row.feature,
                operator=row.operator,
                text=_first_upper(WORDS[row.operator] % {"label": rules.label(row.feature)}),
                fields=[self[f"{kind}_{row.place}"] for kind in KINDS],
                scale=self._scale(row),
                unit=unit_of(row.feature, row.operator),
            )
            for row in self.places
        ]

    def _scale(self, row: Place) -> list[float]:
        if row.operator == "in" or self.snapshot is None:
            return []
        if row.operator == "top_share":
            return [*(share / 2 for share in range(1, 20)), *range(10, 101)]
        found = figures.spread(self.snapshot, row.feature).values
        return [shown_number(value, row.feature, row.operator) for value in found]

    def rule(self, kind: str) -> list[Condition]:
        """The entry or stay conditions as filled in."""
        found = []
        for row in self.places:
            value = self.cleaned_data.get(f"{kind}_{row.place}")
            if value not in (None, "", []):
                stored = _stored(value, row.feature, row.operator)
                found.append(Condition(feature=row.feature, operator=row.operator, value=stored))
        return found


def _field(row: Place, when: str, snapshot: Snapshot | None) -> forms.Field:
    if row.operator == "in":
        known = figures.choices(snapshot, row.feature) if snapshot is not None else []
        return ListField(label=when, required=False, choices=known)
    unit = unit_of(row.feature, row.operator)
    label = f"{when} ({unit})" if unit else when
    return forms.FloatField(label=label, required=False, widget=forms.NumberInput(attrs={"step": "any"}))


class ListField(forms.MultipleChoiceField):
    """Values to choose from; one that these results don't have stays, for it may be there in others."""

    widget = forms.SelectMultiple

    def valid_value(self, value: Any) -> bool:
        return 0 < len(str(value)) <= 255


def unit_of(name: str, operator: str) -> str:
    if operator == "top_share":
        return "%"
    return {"money": settings.REPORTING_CURRENCY, "share": "%", "days": _("days")}.get(feature(name).kind, "")


def _is_percent(name: str, operator: str) -> bool:
    return unit_of(name, operator) == "%"


def shown_number(value: float, name: str, operator: str) -> float:
    return whole(float(round(value * 100, 6)) if _is_percent(name, operator) else value)


def _shown(name: str, operator: str, value: Any) -> list[str]:
    if value is None:
        return [] if operator == "in" else [""]
    if operator == "in":
        return [str(part) for part in value]
    return [str(shown_number(value, name, operator))]


def _stored(value: Any, name: str, operator: str) -> Any:
    if operator == "in":
        return [int(part) if name == "segment_id" and part.isdecimal() else part for part in value]
    return whole(round(value / 100, 8) if _is_percent(name, operator) else value)


def whole(value: float) -> float:
    """Whole numbers as such, so that they read well."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


class NewConditionForm(forms.Form):
    """What another condition is to be about."""

    new_feature = forms.ChoiceField(label=gettext_lazy("Another condition on"), required=False)
    new_operator = forms.ChoiceField(label=gettext_lazy("Compared"), required=False, choices=COMPARISONS)

    def __init__(self, held: Iterable[str]) -> None:
        super().__init__()
        known = set(held)
        groups = (
            (_("Usual"), rules.USUAL),
            (_("Groups and texts"), rules.LISTS),
            (_("Other figures"), sorted(rules.NUMERIC[len(rules.USUAL) :], key=rules.label)),
        )
        found = [(title, [(name, rules.label(name)) for name in names if name in known]) for title, names in groups]
        self.fields["new_feature"].choices = [("", _("choose a figure")), *((t, n) for t, n in found if n)]  # type: ignore[attr-defined]
