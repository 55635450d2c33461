"""Choosing where rules begin."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import starting
from segmentation.models import Snapshot


class StartForm(forms.Form):
    start = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False)
    amount = forms.FloatField(
        label=gettext_lazy("How many, or how many per cent"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
        help_text=gettext_lazy("For the starting points by revenue."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["start"].choices = [("", _("choose")), *starting.options()]  # type: ignore[attr-defined]


class ProposeForm(forms.Form):
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)

    def __init__(self, snapshot: Snapshot | None) -> None:
        super().__init__()
        found = snapshot.segments if snapshot else []
        names = [(str(each["segment"]), each["name"]) for each in found]
        self.fields["segment"].choices = [("", _("the one of the highest value")), *names]  # type: ignore[attr-defined]
