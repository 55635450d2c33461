"""What to compare: a sample, and one form for each combination. Rows are added and removed by the server."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from segmentation.lab_wording import ALGORITHM_WORDS, BUILT_IN_FEATURES, FEATURE_LABELS, SPACE_WORDS, USUAL_FEATURES
from segmentation.models import MOST_SET_ASIDE
from segmentation.services.lab import (
    FEWEST_GROUPS,
    FEWEST_ROWS,
    MOST_COMBINATIONS,
    MOST_GROUPS,
    MOST_ROWS,
    USUAL_ROWS,
)

USUAL_SET_ASIDE = 1.0  # per cent
# Near to the built-in way, and one that looks further.
FIRST_ROWS: tuple[dict[str, Any], ...] = (
    {"algorithm": "kmeans", "space": "scaled", "features": BUILT_IN_FEATURES},
    {"algorithm": "gaussian_mixture", "space": "quantile"},
)


class CombinationForm(forms.Form):
    algorithm = forms.ChoiceField(
        label=_("Algorithm"), choices=[(name, each.label) for name, each in ALGORITHM_WORDS.items()]
    )
    space = forms.ChoiceField(label=_("Space"), choices=[(name, each.label) for name, each in SPACE_WORDS.items()])
    k = forms.IntegerField(
        label=_("Number of groups"),
        required=False,
        min_value=FEWEST_GROUPS,
        max_value=MOST_GROUPS,
        help_text=_("Left empty: found from the data."),
    )
    set_aside = forms.FloatField(
        label=_("Set aside, % of customers"),
        min_value=0,
        max_value=MOST_SET_ASIDE * 100,
        initial=USUAL_SET_ASIDE,
        widget=forms.NumberInput(attrs={"step": "0.5"}),
        help_text=_("The most extreme; they are assigned afterwards."),
    )
    features = forms.MultipleChoiceField(
        label=_("Figures to look at"),
        choices=list(FEATURE_LABELS.items()),
        initial=USUAL_FEATURES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least two figures.")},
    )

    def clean_features(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["features"]
        if len(chosen) < 2:
            raise forms.ValidationError(_("Choose at least two figures."))
        return chosen

    def combination(self) -> dict[str, Any]:
        return {**self.cleaned_data, "set_aside": self.cleaned_data["set_aside"] / 100}

    @property
    def has_unusual_features(self) -> bool:
        """Whether the figures should be open to see: another choice than usual, or something wrong with it."""
        chosen = set(self["features"].value() or ())
        return chosen not in (set(USUAL_FEATURES), set(BUILT_IN_FEATURES)) or "features" in self.errors


class SampleForm(forms.Form):
    sample = forms.IntegerField(
        label=_("Customers to compare on"),
        min_value=FEWEST_ROWS,
        max_value=MOST_ROWS,
        initial=USUAL_ROWS,
        help_text=_("All combinations see the same customers, drawn at random. A method that takes fewer limits all."),
    )


class LabForm:
    """The sample and all rows; `press` tells what the person asked for beside running."""

    def __init__(self, sample: SampleForm, rows: list[CombinationForm]) -> None:
        self.sample, self.rows = sample, rows

    @classmethod
    def again(cls, combinations: list[dict[str, Any]], sample: int) -> "LabForm":
        """Nothing sent yet; rows as they were compared before."""
        return cls._unbound([_initial(each) for each in combinations], sample)

    @classmethod
    def first(cls, present: dict[str, Any] | None) -> "LabForm":
        """Nothing sent yet; the way that segments are formed now beside another."""
        mine = _initial(present) if present else FIRST_ROWS[0]
        other = next(each for each in FIRST_ROWS if _way(each) != _way(mine))
        return cls._unbound([mine, other], None)

    @classmethod
    def _unbound(cls, initial: list[dict[str, Any]], sample: Any) -> "LabForm":
        rows = [CombinationForm(initial=each, prefix=f"row-{place}") for place, each in enumerate(initial)]
        return cls(SampleForm(initial={"sample": sample or USUAL_ROWS}), rows)

    @classmethod
    def sent(cls, data: QueryDict) -> "LabForm":
        rows = [CombinationForm(data, prefix=f"row-{place}") for place in range(_count(data))]
        return cls(SampleForm(data), rows)

    @classmethod
    def changed(cls, data: QueryDict) -> "LabForm":
        """The same rows with one more, or without the one whose button was pressed; nothing is judged yet."""
        initial = [_raw(data, f"row-{place}-") for place in range(_count(data))]
        removed = data.get("remove", "")
        if removed.isdecimal() and len(removed) < 3 and int(removed) < len(initial) > 1:
            del initial[int(removed)]
        elif "add" in data and len(initial) < MOST_COMBINATIONS:
            initial.append(initial[-1] if initial else {})
        return cls._unbound(initial, data.get("sample"))

    def is_valid(self) -> bool:
        return all([self.sample.is_valid(), *(row.is_valid() for row in self.rows)]) and bool(self.rows)

    def combinations(self) -> list[dict[str, Any]]:
        return [row.combination() for row in self.rows]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def has_room(self) -> bool:
        return len(self.rows) < MOST_COMBINATIONS


def is_change(data: QueryDict) -> bool:
    """Whether rows are to be added or removed rather than compared."""
    return "add" in data or "remove" in data


def _count(data: QueryDict) -> int:
    sent = data.get("rows", "")
    return min(int(sent), MOST_COMBINATIONS) if sent.isdecimal() and len(sent) < 3 else 0


def _initial(combination: dict[str, Any]) -> dict[str, Any]:
    return {**combination, "set_aside": round(combination["set_aside"] * 100, 4)}


def _way(row: dict[str, Any]) -> tuple[str, str]:
    return row["algorithm"], row["space"]


def _raw(data: QueryDict, prefix: str) -> dict[str, Any]:
    single = {name: data.get(f"{prefix}{name}", "") for name in ("algorithm", "space", "k", "set_aside")}
    return {**single, "features": data.getlist(f"{prefix}features")}
