"""What the list of uploads is narrowed to."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.fields import KINDS

STATES = [
    ("", _("Any state")),
    ("waiting", _("Waiting for a decision")),
    ("working", _("At work")),
    ("published", _("Published")),
    ("imported", _("Imported, not published")),
    ("undone", _("Taken back")),
    ("failed", _("Failed")),
]


class UploadFilterForm(forms.Form):
    name = forms.CharField(label=_("Name contains"), required=False, max_length=255)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    kind = forms.ChoiceField(
        label=_("Holds"),
        required=False,
        choices=[("", _("Any kind")), *((kind.name, kind.label) for kind in KINDS.values())],
    )

    def wanted(self) -> dict[str, Any]:
        """The filters that were understood; what was made up is as good as left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
