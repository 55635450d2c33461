"""Bringing a file, and saying how it is to be read."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from crm.services import size_problem

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


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or other text, Excel (.xlsx), Parquet or JSON lines; also packed as .gz or .zip."),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if problem := size_problem(file.size or 0):
            raise forms.ValidationError(problem, code="too_large")
        return file


class ReadingForm(forms.Form):
    """How the file itself is read; a change looks at it anew."""

    delimiter = forms.ChoiceField(label=_("Columns are separated by"), choices=DELIMITERS)
    encoding = forms.ChoiceField(label=_("Characters are encoded as"), choices=ENCODINGS)
    header = forms.BooleanField(label=_("The first line names the columns"), required=False)
    sheet = forms.ChoiceField(label=_("Sheet of the workbook"), required=False)

    def __init__(self, *args: Any, sniff: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """`sniff` is what is known of the file so far: only what can be said of such a file is asked."""
        found = sniff or {}
        if found:
            kwargs.setdefault("initial", found["proposal"]["options"])
        super().__init__(*args, **kwargs)
        sheets = found.get("sheets") or []
        if len(sheets) > 1:
            self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        if found.get("container", "text") != "text":
            del self.fields["delimiter"], self.fields["encoding"]

    def options(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value != ""}
