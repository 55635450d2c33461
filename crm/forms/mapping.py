"""Which column is what, how its values are written, and what counts as what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from crm.fields import DATE_FORMATS, KINDS, Kind
from crm.forms.choices import CancellationFields, MerchandiseFields, counted_text

DECIMALS = [(".", _("1,234.56 (point)")), (",", _("1.234,56 (comma)"))]
GUESTS = [
    ("guest", _("Guest sales: they count as revenue, not as customers")),
    ("customer_per_order", _("Each order without a customer is a customer of its own")),
]
PURCHASES = [
    ("count", _("Purchases as well: each counts, unless a file of purchases holds it too")),
    ("ignore", _("Events alone: another file brings the purchases")),
]
SPELLINGS = [
    ("as_written", _("As they are written: each spelling is a customer of its own")),
    ("alike", _("One customer where ids differ only in capitals, zeros before them or .0 behind them")),
]
LEAVE, KEEP = "", "+"
# Confidence from which a proposal is called so, with the tone of its badge.
CONFIDENCES = ((0.9, _("Sure"), "good"), (0.7, _("Likely"), "info"), (0.0, _("A guess"), "warning"))


@dataclass(frozen=True)
class Row:
    """One column of the file as the page shows it."""

    name: str
    field: BoundField
    profile: dict[str, Any]
    word: Any = ""
    tone: str = "neutral"
    reason: Any = ""


class MappingForm(CancellationFields, MerchandiseFields, forms.Form):
    """A choice for each column of the file. `confirmed` is what a person said of this file before; it stands."""

    kind = forms.ChoiceField(
        label=_("Each line of this file is"),
        choices=[(kind.name, kind.label) for kind in KINDS.values()],
    )
    shown_kind = forms.CharField(required=False, widget=forms.HiddenInput)
    date_format = forms.ChoiceField(
        label=_("Dates are written like"),
        required=False,
        choices=[("", _("Please choose")), *((name, name) for name in DATE_FORMATS)],
    )
    decimal = forms.ChoiceField(label=_("Numbers are written like"), choices=DECIMALS)
    time_zone = forms.CharField(label=_("Time zone of the times"), help_text=_("Such as Europe/London."))
    guests = forms.ChoiceField(label=_("Lines without a customer are"), choices=GUESTS, widget=forms.RadioSelect)
    purchases = forms.ChoiceField(
        label=_("Purchases among the events are"), choices=PURCHASES, widget=forms.RadioSelect, initial="count"
    )
    customer_ids = forms.ChoiceField(
        label=_("Customer ids count"), choices=SPELLINGS, widget=forms.RadioSelect, required=False
    )
    company = forms.ChoiceField(label=_("Which company to import"), required=False)
    name = forms.CharField(
        label=_("Remember this as"),
        required=False,
        max_length=120,
        help_text=_("The next file with the same columns is set like this one."),
    )

    def __init__(
        self, *args: Any, sniff: dict[str, Any], confirmed: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.sniff = sniff
        proposal, said = sniff["proposal"], confirmed or {}
        self.table: Kind = KINDS[said.get("kind") or proposal["kind"]]
        options = {**proposal["options"], **(said.get("options") or {})}
        columns = said.get("columns") or (proposal["columns"] if self.table.name == proposal["kind"] else {})
        name = said.get("name") or (sniff.get("remembered") or {}).get("name", "")
        kwargs.setdefault(
            "initial",
            {
                "purchases": "count",
                "customer_ids": "as_written",
                **options,
                "name": name,
                "kind": self.table.name,
                "shown_kind": self.table.name,
                **self._choices_of(columns, options),
                **self.initial_cancellation(options),
                **self.initial_merchandise(options),
            },
        )
        super().__init__(*args, **kwargs)
        self._add_columns()
        self.add_cancellation()
        self.add_merchandise()
        self._drop_what_does_not_apply()

    @property
    def choices(self) -> dict[str, Any]:
        """What the look at the file found to choose among."""
        found: dict[str, Any] = self.sniff.get("choices") or {}
        return found

    def _choices_of(self, columns: dict[str, str], options: dict[str, Any]) -> dict[str, str]:
        """The initial choice of each column, by its place in the file."""
        fields = {column: name for name, column in columns.items()}
        kept = set(options.get("attributes") or [])
        return {
            f"column_{place}": fields.get(name) or (KEEP if name in kept else LEAVE)
            for place, name in enumerate(self.sniff["columns"])
        }

    def _add_columns(self) -> None:
        choices = self._field_choices()
        for place, name in enumerate(self.sniff["columns"]):
            label = _("What “%(column)s” is") % {"column": name}
            widget = forms.Select(attrs={"class": "form-select"})
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, widget=widget
            )
        companies = self.choices.get("companies") or []
        self.fields["company"].choices = [  # type: ignore[attr-defined]
            ("", _("All of them")),
            *((item["company"], counted_text(item["company"], item["lines"])) for item in companies),
        ]
        # A company may stand beyond the lines that were looked at.
        chosen = self.initial.get("company")
        if isinstance(chosen, str) and chosen not in {item["company"] for item in companies} and chosen:
            self.fields["company"].choices += [(chosen, chosen)]  # type: ignore[attr-defined]

    def _field_choices(self) -> list[Any]:
        """Fields by how much they are needed."""
        needed = {name for requirement in self.table.required for name in requirement.fields}
        labels = [(field.name, field.label) for field in self.table.fields]
        return [
            (LEAVE, _("Leave out")),
            (KEEP, _("Keep as extra detail")),
            (_("Needed"), [item for item in labels if item[0] in needed]),
            (_("Also useful"), [item for item in labels if item[0] not in needed]),
        ]

    def _drop_what_does_not_apply(self) -> None:
        self.fields["date_format"].required = any(self.table.time in need.fields for need in self.table.required)
        if self.table.name != "events":
            self.fields.pop("purchases", None)
        if not self.choices.get("spellings") and self.initial.get("customer_ids") != "alike":
            self.fields.pop("customer_ids", None)
        if self.table.name != "transactions":
            for name in ("guests", "company", "cancellation", "cancellation_prefix", "services", "more_services"):
                self.fields.pop(name, None)
        elif not self.choices.get("companies"):
            self.fields.pop("company", None)

    # --- what the page shows ---

    @property
    def has_values(self) -> bool:
        """Whether there is a file to show values of, and reasons from; a remembered header has none."""
        return bool(self.sniff.get("profiles"))

    def rows(self) -> Iterator[Row]:
        profiles = {item["name"]: item for item in self.sniff.get("profiles") or []}
        proposed = {column: name for name, column in self.sniff["proposal"]["columns"].items()}
        if self.table.name != self.sniff["proposal"]["kind"]:
            proposed = {}
        for place, name in enumerate(self.sniff["columns"]):
            field = proposed.get(name, "")
            score = self.sniff["confidence"].get(field)
            word, tone = next(((w, t) for s, w, t in CONFIDENCES if score is not None and score >= s), ("", "neutral"))
            reason = self.sniff["reasons"].get(field, "")
            yield Row(name, self[f"column_{place}"], profiles.get(name, {}), word, tone, reason)

    def needs(self) -> Iterator[dict[str, Any]]:
        """What the kind can't do without, in words, with the columns that are it."""
        chosen = self.chosen_columns()
        for requirement in self.table.required:
            alternatives = [
                _(" and ").join(str(self.table.field(name).label) for name in fields)
                for fields in requirement.alternatives
            ]
            met = [chosen[name] for fields in requirement.alternatives for name in fields if name in chosen]
            label = alternatives[0]
            if len(alternatives) > 1:
                either = {"one": alternatives[0].lower(), "other": alternatives[1].lower()}
                label = _("Either %(one)s, or %(other)s") % either
            yield {"label": label, "columns": met, "is_met": requirement.is_met(chosen)}

    def chosen_columns(self) -> dict[str, str]:
        """field -> column as the form stands now."""
        values = {name: self[f"column_{place}"].value() for place, name in enumerate(self.sniff["columns"])}
        return {field: column for column, field in values.items() if field not in (LEAVE, KEEP, None)}

    def writing_fields(self) -> list[BoundField]:
        return [self[name] for name in ("date_format", "decimal", "time_zone")]

    # --- what the form says ---

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        seen: dict[str, str] = {}
        for place, column in enumerate(self.sniff["columns"]):
            field = data.get(f"column_{place}", LEAVE)
            if field in seen:
                label = self.table.field(field).label
                words = {"column": seen[field], "field": str(label).lower()}
                self.add_error(f"column_{place}", _("“%(column)s” is the %(field)s already.") % words)
            elif field not in (LEAVE, KEEP):
                seen[field] = column
        return data

    @property
    def is_other_kind(self) -> bool:
        """Whether a person chose another kind of table than the one whose fields the page showed."""
        return bool(self.data.get("kind")) and self.data.get("kind") != self.data.get("shown_kind")

    def mapping(self) -> dict[str, Any]:
        """What was said, also where the rest is not yet right."""
        data = self.cleaned_data
        fields = {column: data.get(f"column_{place}", LEAVE) for place, column in enumerate(self.sniff["columns"])}
        names = ("date_format", "decimal", "time_zone", "guests", "purchases", "customer_ids", "company")
        options = {name: data[name] for name in names if data.get(name) or (name == "company" and name in data)}
        options["attributes"] = [column for column, field in fields.items() if field == KEEP]
        return {
            "kind": self.table.name,
            "columns": {field: column for column, field in fields.items() if field not in (LEAVE, KEEP)},
            "options": {**options, **self.cancellation_option(), **self.merchandise_option()},
            **({"name": data["name"]} if data.get("name") else {}),
        }

    def add_problems(self, problems: list[dict[str, str]]) -> None:
        """Show what the service refused beside the field that it speaks of."""
        for problem in problems:
            name = problem["field"]
            self.add_error(name if name in self.fields else None, problem["sentence"])
