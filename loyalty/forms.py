"""Editing rules as thresholds."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.scoring.features import feature
from analytics.scoring.rules import Condition
from loyalty import rules

# What a form's row is called, from the way a condition compares.
WORDS = {
    ">=": gettext_lazy("%(label)s at least"),
    "<=": gettext_lazy("%(label)s at most"),
    "top_share": gettext_lazy("among the top share (0 to 1) by %(label)s"),
    "in": gettext_lazy("%(label)s is one of (comma between)"),
}


class RulesForm(forms.Form):
    """One row for each condition: what entry needs, and what staying needs; an empty field drops the condition."""

    new_feature = forms.ChoiceField(label=gettext_lazy("Add a condition on"), required=False)
    new_entry = forms.FloatField(label=gettext_lazy("To enter"), required=False)
    new_stay = forms.FloatField(label=gettext_lazy("To stay"), required=False)

    def __init__(self, entry: Sequence[Condition], stay: Sequence[Condition], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.conditions = _pairs(entry, stay)
        for number, (key, values) in enumerate(self.conditions.items()):
            label = WORDS[key[1]] % {"label": rules.label(key[0])}
            for kind, name in (("entry", _("to enter")), ("stay", _("to stay"))):
                field = _field(key[1], f"{_first_upper(label)}, {name}")
                field.initial = _shown(values.get(kind))
                self.fields[f"{kind}_{number}"] = field
        used = {key[0] for key in self.conditions}
        choices = [(name, rules.label(name)) for name in rules.NUMERIC if name not in used]
        self.fields["new_feature"].choices = [("", _("nothing")), *choices]  # type: ignore[attr-defined]

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"entry_{number}"], self[f"stay_{number}"]) for number in range(len(self.conditions))]

    def rule(self, kind: str) -> list[Condition]:
        """The entry or stay conditions as filled in."""
        found = []
        for number, (name, operator) in enumerate(self.conditions):
            value = self.cleaned_data.get(f"{kind}_{number}")
            if value not in (None, "", []):
                found.append(Condition(feature=name, operator=operator, value=_whole(value)))
        added, value = self.cleaned_data.get("new_feature"), self.cleaned_data.get(f"new_{kind}")
        if added and value is not None:
            operator = "<=" if feature(added).good < 0 else ">="
            found.append(Condition(feature=added, operator=operator, value=_whole(value)))
        return found


Pairs = dict[tuple[str, str], dict[str, Any]]


def _pairs(entry: Sequence[Condition], stay: Sequence[Condition]) -> Pairs:
    pairs: Pairs = {}
    for kind, rule in (("entry", entry), ("stay", stay)):
        for condition in rule:
            pairs.setdefault((condition["feature"], condition["operator"]), {})[kind] = condition["value"]
    return pairs


class ListField(forms.CharField):
    """Values with commas between them."""

    def clean(self, value: Any) -> list[str]:
        return [part.strip() for part in super().clean(value).split(",") if part.strip()]


def _field(operator: str, label: str) -> forms.Field:
    if operator == "in":
        return ListField(label=label, required=False)
    return forms.FloatField(label=label, required=False, widget=forms.NumberInput(attrs={"step": "any"}))


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(value: Any) -> Any:
    return ", ".join(str(part) for part in value) if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
