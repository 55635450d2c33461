"""Forms of the upload pages."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from crm.fields import DATE_FORMATS, TRANSACTIONS
from crm.services import size_problem

LABELS = {field.name: field.label for field in TRANSACTIONS.fields}
DELIMITERS = [
    (",", _("Comma  ,")),
    (";", _("Semicolon  ;")),
    ("\t", _("Tab")),
    ("|", _("Vertical bar  |")),
    (" ", _("White space")),
]
ENCODINGS = [
    ("utf-8", _("UTF-8")),
    ("cp1252", _("Western European (Windows)")),
    ("latin-1", _("Western European (ISO-8859-1)")),
    ("utf-16", _("UTF-16")),
]
DECIMALS = [(".", _("1,234.56 (point)")), (",", _("1.234,56 (comma)"))]
GUESTS = [
    ("guest", _("Guest sales: they count as revenue, not as customers")),
    ("customer_per_order", _("Each order without a customer is a customer of its own")),
]


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("A CSV or text file, also compressed as .gz."))

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if problem := size_problem(file.size or 0):
            raise forms.ValidationError(problem, code="too_large")
        return file


class ReadingForm(forms.Form):
    """How the file itself is read; a change looks at it anew."""

    delimiter = forms.ChoiceField(label=_("Columns are separated by"), choices=DELIMITERS)
    encoding = forms.ChoiceField(label=_("Signs are encoded as"), choices=ENCODINGS)
    header = forms.BooleanField(label=_("The first line names the columns"), required=False)

    def options(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("delimiter", "encoding", "header")}


class MappingForm(forms.Form):
    """Which column is what, and how its values are written."""

    date_format = forms.ChoiceField(
        label=_("Dates are written like"), choices=[("", _("Please choose")), *((name, name) for name in DATE_FORMATS)]
    )
    decimal = forms.ChoiceField(label=_("Numbers are written like"), choices=DECIMALS)
    time_zone = forms.CharField(label=_("Time zone of the times"), help_text=_("Such as Europe/London."))
    guests = forms.ChoiceField(label=_("Lines without a customer are"), choices=GUESTS, widget=forms.RadioSelect)
    cancellation_prefix = forms.CharField(
        label=_("Order numbers of cancellations begin with"),
        required=False,
        max_length=5,
        help_text=_("Left empty: a negative quantity or amount is a return."),
    )

    def __init__(
        self, *args: Any, sniff: dict[str, Any], confirmed: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """`confirmed` is what a person said of this very file before; it stands until they say otherwise."""
        self.sniff = sniff
        proposal, said = sniff["proposal"], confirmed or {}
        columns = said.get("columns") or proposal["columns"]
        initial = {**proposal["options"], **(said.get("options") or {}), **_prefixed(columns)}
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        choices = [("", _("Not in this file")), *((name, name) for name in sniff["columns"])]
        for name in LABELS:
            is_required = name == "ordered_at"
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=LABELS[name], choices=choices, required=is_required, help_text=self._hint(name)
            )

    def _hint(self, name: str) -> str:
        """Why a column was proposed, where that is not already said of the whole table."""
        confidence = self.sniff["confidence"].get(name)
        if self.sniff["format"] or confidence is None:
            return ""
        return _("Likeness of the name: %(percent)d %%.") % {"percent": round(confidence * 100)}

    def column_fields(self) -> list[forms.BoundField]:
        return [self[f"column_{name}"] for name in LABELS]

    def option_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("date_format", "decimal", "time_zone", "cancellation_prefix", "guests")]

    def mapping(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("date_format", "decimal", "time_zone", "guests", "cancellation_prefix")
        return {
            "kind": "transactions",
            "columns": {name: data[f"column_{name}"] for name in TRANSACTIONS.names if data[f"column_{name}"]},
            "options": {name: data[name] for name in names},
        }

    def add_problems(self, problems: list[dict[str, str]]) -> None:
        """Show what the service refused beside the field that it speaks of."""
        for problem in problems:
            name = problem["field"]
            field = name if name in self.fields else f"column_{name}"
            self.add_error(field if field in self.fields else None, problem["sentence"])


def _prefixed(columns: dict[str, str]) -> dict[str, str]:
    return {f"column_{name}": column for name, column in columns.items()}
